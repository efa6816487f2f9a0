// Package physical is the plan that runs: relational operators over positional columns, with every arrangement explicit.
//
// A Node is a value: two nodes with the same Fingerprint compute the same relation, in this process and after a restart.
// The engine shares state by it (one arrangement for all views that need it) and finds a view's state again by it.
package physical

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// Node is an operator of a physical plan. Expressions refer to the input's columns by position (expr.Col.ID).
type Node interface {
	// Types are the output columns' types.
	Types() []types.Type
	Inputs() []Node
	// text is the node's Fingerprint, given those of its inputs.
	text(Texts) string
}

type (
	// Scan is a relation of the catalog: a base table or a materialized view (which then is shared as it stands).
	Scan struct {
		Relation catalog.ID
		Name     string   // for EXPLAIN,
		Names    []string // and its columns'
		Cols     []types.Type
	}
	// Constant is a fixed relation: VALUES, or a SELECT without FROM (one row without columns).
	Constant struct {
		Rows [][]types.Datum
		Cols []types.Type
	}
	// Recursive is the rows of Init, then those of Step over the rows that came last, until none come; without All only rows that are new. Level
	// is in how many steps of others it stands. In a view, Step's last column is the round of the working row that a row is made of.
	Recursive struct {
		Name       string
		Names      []string // of the columns, for EXPLAIN
		Init, Step Node
		All        bool
		Level      int
	}
	// Working is what the step of the recursive query at a level reads: the rows that came last, in a view with their round.
	Working struct {
		Name  string   // for EXPLAIN,
		Names []string // and its columns'
		Cols  []types.Type
		Level int
	}
	// Given is the rows that an earlier part of the statement has made. Slot counts these parts.
	Given struct {
		Name  string   // for EXPLAIN,
		Names []string // and its columns'
		Cols  []types.Type
		Slot  int
	}
	// Filter keeps the rows for which Pred is true.
	Filter struct {
		In   Node
		Pred expr.Expr
	}
	// Project computes Exprs.
	Project struct {
		In    Node
		Exprs []expr.Expr
	}
	// FlatMap puts behind each input row the rows of a set-returning function; Outer keeps rows without any (NULLs).
	FlatMap struct {
		In         Node
		Fn         *expr.SRF
		Args       []expr.Expr
		Ordinality bool
		Outer      bool
	}
	// Arrange indexes a relation by the equality key of columns Key. Over a Scan whose primary key starts with Key the
	// table's own tree serves. Thin: it is a whole table whose tree does not, and keeps keys alone; the tree has the rows.
	Arrange struct {
		In   Node
		Key  []int
		Thin bool
	}
	// Join joins two arrangements on equal keys, the first Keys columns of both (NULL never matches); Residual is evaluated over left ++ right columns
	// and decides, too, which rows of an outer join match. Output: left ++ right columns; Semi and Anti: left columns. No keys: a cross join. Where
	// Residual bounds the column of an arrangement's key behind these, rows within the bounds alone are met.
	Join struct {
		Kind     JoinKind
		L, R     *Arrange
		Keys     int
		Residual expr.Expr // nil: true
	}
	// Delta is an inner join of three tables and more that keeps nothing between them. Output: the columns of all, in order. A changed row of a table
	// goes its path; Keys and conditions are over the output's columns, and a condition cannot fail.
	Delta struct {
		Tables []*Scan
		Paths  []DeltaPath // by table
	}
	DeltaPath struct {
		Where expr.Expr // nil: true
		Steps []DeltaStep
	}
	// DeltaStep looks a table up in an arrangement of it by columns Key of the tables before.
	DeltaStep struct {
		Table int
		In    *Arrange
		Key   []int
		Where expr.Expr // what can be decided from here on; nil: true
	}
	// Reduce groups by columns Keys; output: keys ++ aggregates. Without keys one row always exists (Scalar), even over no input.
	Reduce struct {
		In     Node
		Keys   []int
		Aggs   []*expr.AggCall // over In's columns
		Scalar bool
	}
	// Distinct keeps one copy of each row, by equality of all columns; the smallest image shows.
	Distinct struct{ In Node }
	// TopK keeps, per value of the Partition columns, rows Offset..Offset+Limit in the total order Order, then the images of the
	// remaining columns. Limit < 0: all. WithTies as FETCH ... WITH TIES.
	TopK struct {
		In            Node
		Partition     []int
		Order         []OrderCol
		Limit, Offset int64
		WithTies      bool
	}
	// Window puts the values of Calls behind each row: of the row among those of its partition, in the total order Order, then the images of
	// the remaining columns.
	Window struct {
		In        Node
		Partition []int
		Order     []OrderCol
		Calls     []*expr.WindowCall // over In's columns
	}
	// Union is UNION ALL.
	Union struct{ Ins []Node }
	// SetOp is EXCEPT or INTERSECT, with or without ALL, by equality of rows.
	SetOp struct {
		Except, All bool
		L, R        Node
	}
	// Single fails (21000) per value of the columns Key with more than one row: a scalar subquery's guard.
	Single struct {
		In  Node
		Key []int
	}
)

// JoinKind is the kind of a join.
type JoinKind uint8

const (
	Inner JoinKind = iota
	Left
	Full
	Semi
	Anti
	// AntiNull is NOT IN: a left row stays if no right row is equal or could be (NULLs on either side).
	AntiNull
)

// OrderCol is a column of an order.
type OrderCol struct {
	Col        int
	Desc       bool
	NullsFirst bool
}

// View is the plan of a materialized view: its relation and the order in which it is served.
type View struct {
	// Root is what the view's tree holds; with Finish less than its rows.
	Root Node
	// Finish is what a read has yet to do, Whole then the plan of the rows themselves, for what is built over the view. nil: nothing.
	Finish *catalog.Finish
	Whole  Node
	// Names of the columns. The first Params columns are the values of the view's parameters.
	Names  []string
	Params int
	// Order is the order of the view's tree: parameters first, then ORDER BY; then the image decides.
	Order []OrderCol
}

// Query is the plan of an ad-hoc SELECT: relation, then order, limit and the visible columns.
type Query struct {
	Root    Node
	Names   []string
	Visible int        // the first Visible columns are output; the rest only serve the order
	Order   []OrderCol // then images
	// Limit and Offset are applied at the root, after Order; nil: none. They may hold parameters.
	Limit, Offset expr.Expr
	WithTies      bool
	// Lookup, if set, replaces Root: the rows come straight from a tree.
	Lookup *Lookup
}

// Lookup reads a relation's tree by a key prefix and range, in the tree's order or backwards: no dataflow.
type Lookup struct {
	Relation catalog.ID
	Index    catalog.ID // 0: the relation's own tree
	Via      string     // the index's name, for EXPLAIN
	// Eq are values for the tree's first columns (constants, parameters); rows for NULL: none.
	Eq []expr.Expr
	// Lo and Hi bound the next tree column from below and above, in the order of its type whatever the tree's direction; nil: no bound (then
	// NULLs are in range, else not).
	Lo, Hi         expr.Expr
	LoOpen, HiOpen bool
	Backward       bool
	// Sorted: the tree's order is the query's, so that Limit stops the read. Ties: but rows that are equal by the query's Order still have to
	// be put in the order of their images, run by run. A query without ORDER BY takes the tree's order.
	Sorted, Ties bool
	Filter       expr.Expr   // over the relation's columns, nil: true
	Project      []expr.Expr // over the relation's columns, nil: all
}
