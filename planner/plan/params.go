package plan

import "github.com/streamsql/streamsql/expr"

// Param is a parameter $name of a view: a column that no relation makes.
type Param struct {
	Name string
	ID   int
	Pos  int
}

// Parameterised is a view's query for all values of its parameters that occur.
type Parameterised struct {
	Node Node
	// Params are the columns of the parameters, in order.
	Params []int
	// Absent are the columns asked for where a value does not occur, over the parameters' ids: those of an aggregate over no rows. nil: no row.
	Absent []expr.Expr
}
