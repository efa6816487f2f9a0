// Package planner turns a statement into a physical plan: bind names and types, rewrite, choose arrangements.
//
// Its layers are packages: bind (syntax tree to logical plan), plan (the logical algebra), rewrite (rules), physical (what runs). This one joins them and
// prints plans. A wrong plan is found by plan.Format between the phases of rewrite.Phases.
package planner

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/types"
)

// Env is what planning depends on.
type Env = bind.Env

// VirtualTable is a relation computed when it is planned.
type VirtualTable = bind.VirtualTable

// Query is a planned SELECT.
type Query struct {
	Physical *physical.Query
	Columns  []result.Column
	Params   []types.Type
	Reads    []catalog.ID // relations read, for plan cache invalidation and transactions
	Clock    bool         // a literal such as 'now' was read when it was planned: the plan is of that moment
}

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
	Where    expr.Expr
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
	Columns   []result.Column
	Params    []types.Type
	Reads     []catalog.ID
	Clock     bool // as Query's
}

// BoundCheck is a CHECK constraint ready to evaluate.
type BoundCheck struct {
	Name string
	Expr expr.Expr
}
