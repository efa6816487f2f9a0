// Package planner turns a statement into a physical plan: bind names and types, rewrite, choose arrangements.
//
// Its layers are packages: bind (syntax tree to logical plan), plan (the logical algebra), rewrite (rules), physical (what runs). This one joins them and
// prints plans. A wrong plan is found by plan.Format between the phases of rewrite.Phases.
package planner

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/types"
)

// Env is what planning depends on.
type Env = bind.Env

// VirtualTable is a relation computed when it is planned.
type VirtualTable = bind.VirtualTable

// Statement is the plan of a SELECT, INSERT, UPDATE or DELETE: *Query, *Insert, *Update or *Delete.
type Statement interface{ header() *Head }

// Head is what the plans of all statements have. Of a stage it is Columns and Needs.
type Head struct {
	Columns []result.Column // of the rows that it returns; nil: it returns none
	Params  []types.Type
	Reads   []catalog.ID // relations read, for plan cache invalidation and transactions
	Clock   bool         // a literal such as 'now' was read when it was planned: the plan is of that moment
	// Stages are parts of the statement that run by themselves. Needs are the indexes of those whose rows it reads itself, and Slots is how many
	// relations of rows it makes for its queries (physical.Given).
	Stages []Stage
	Needs  []int
	Slots  int
}

func (h *Head) header() *Head { return h }

// HeadOf is the head of a plan.
func HeadOf(s Statement) *Head { return s.header() }

// Reads tells whether a statement does nothing but read: it neither changes rows nor locks any.
func Reads(s Statement) bool {
	q, ok := s.(*Query)
	return ok && len(q.Locks) == 0 && !slices.ContainsFunc(q.Stages, func(st Stage) bool { return !Reads(st.Plan) })
}

// Changes tells whether a statement changes rows.
func Changes(s Statement) bool {
	_, ok := s.(*Query)
	return !ok || slices.ContainsFunc(HeadOf(s).Stages, func(st Stage) bool { return Changes(st.Plan) })
}

// Values is how many of the stages are values.
func (h *Head) Values() (n int) {
	for i := range h.Stages {
		if h.Stages[i].Value != nil {
			n++
		}
	}
	return n
}

// Stage is a part of a statement that runs by itself, and sees what the statement sees: a data-modifying WITH query, which runs once, whether its rows
// are read or not, a query within that locks rows (*Query), which runs once if they are, or a value.
type Stage struct {
	Name string
	Slot int // of the rows that it returns
	Plan Statement
	// Value, if set, is the parameter, behind those of the client, that gets the value of the query: it runs before all else.
	Value *expr.Param
	// Numbered: the rows are given with their number as one more column.
	Numbered bool
}

// Derived is a query over rows that the statement has made, to be given in a slot; the last of their columns numbers them, and the query keeps
// that order.
type Derived struct {
	Slot  int
	Types []types.Type
	Query *physical.Query
}

// Query is a planned SELECT. Physical may output more columns than the head has: the keys of rows to lock.
type Query struct {
	Physical *physical.Query
	Locks    []Lock
	Head
}

// Lock is what FOR UPDATE and its kin ask for of a table: rows are locked in order as far as OFFSET and LIMIT need them.
type Lock struct {
	Table    *catalog.Table
	Key      []int // Physical's columns that are the table's primary key
	Strength rowlock.Strength
	Wait     Wait
}

// Wait is what to do about rows that another transaction holds.
type Wait = bind.Wait

const (
	Block      = bind.Block
	SkipLocked = bind.SkipLocked
	NoWait     = bind.NoWait
)

// View is a planned CREATE [MATERIALIZED] VIEW.
type View struct {
	Physical   *physical.View // nil for a plain view
	Columns    []catalog.Column
	ParamNames []string
	DependsOn  []catalog.ID
}

// Insert is a planned INSERT. Its source yields, per row, the values of columns Targets, coerced; the others get Defaults.
type Insert struct {
	Table   *catalog.Table
	Source  *physical.Query // nil: DEFAULT VALUES
	Values  [][]expr.Expr   // VALUES with nothing but scalar expressions: the source without a dataflow (Source is nil then)
	Targets []int
	// Defaults by column; nil: NULL. They may call nextval and volatile functions. That of a generated column is computed last, over the new
	// row's columns; it is never a target.
	Defaults []expr.Expr
	Conflict *Conflict
	Write
}

// Conflict is ON CONFLICT. Expressions see the existing row's columns, then the proposed row's (excluded).
type Conflict struct {
	Arbiters []catalog.ID // unique indexes, 0 the primary key; empty: any
	Nothing  bool
	Set      []expr.Expr // the whole new row, by column
	Where    expr.Expr   // nil: none
	// Computed gives Where, if there is one, and Set, where one of them has a subquery: else nil.
	Computed *Derived
}

// Update is a planned UPDATE. Its source yields the old row's columns, then those of FROM; Set gives the whole new row over them. A row
// of the table comes once at most.
type Update struct {
	Table  *catalog.Table
	Source *physical.Query
	Set    []expr.Expr
	Write
}

// Delete is a planned DELETE. Its source yields the old row's columns, then those of USING; a row of the table once at most.
type Delete struct {
	Table  *catalog.Table
	Source *physical.Query
	Write
}

// Write is what the three have in common.
type Write struct {
	// Checks over the new row's columns: false fails with 23514. Generated columns are computed before, in Set and Defaults.
	Checks []BoundCheck
	// Returning over the new row's columns (DELETE: the old row's), then the other columns of the source; nil: none.
	Returning []expr.Expr
	// Returned gives what RETURNING says, over the same rows, where it has subqueries: Returning is nil then.
	Returned *Derived
	Head
}

// BoundCheck is a CHECK constraint ready to evaluate.
type BoundCheck struct {
	Name string
	Expr expr.Expr
}
