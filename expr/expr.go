// Package expr is typed scalar expressions, the functions and aggregates of SQL, and their evaluation a batch at a
// time.
//
// The same Expr serves in logical plans, where a Col names a column by its plan-wide id, and in operators, where it
// names a position of the input batch; Map converts. A row on which an expression fails does not fail the batch: its
// error is recorded beside (Ctx.Fail), to become data.
package expr

import (
	"github.com/streamsql/streamsql/types"
)

// Expr is an immutable expression tree: *Col, *Const, *Param, *Call, *Cast, *And, *Or, *Case, *Coalesce, *IsNull, *AnyAll, *ArrayExpr,
// and, inside the planner only, its own subquery nodes.
type Expr interface {
	Type() types.Type
	// Children are the sub-expressions in evaluation order; WithChildren makes a copy with others.
	Children() []Expr
	WithChildren(c []Expr) Expr
	// String is a canonical text, the same for the same expression in every process: plans are compared by it.
	String() string
}

type (
	// Col is a column: an id in logical plans, a position in operators.
	Col struct {
		ID int
		T  types.Type
	}
	// Const is a literal; a NULL has its type too.
	Const struct {
		D types.Datum
		T types.Type
	}
	// Param is a parameter of a prepared statement, 1-based.
	Param struct {
		N int
		T types.Type
	}
	// Call applies a function or operator; NOT, comparison and arithmetic are calls too.
	Call struct {
		Fn   *Func
		Args []Expr
		T    types.Type // Fn.Ret with polymorphism resolved
		Pos  int        // byte offset in the statement, -1 unknown; not part of String
	}
	// Cast converts X to To.
	Cast struct {
		X        Expr
		To       types.Type
		Explicit bool
		// Conv is the conversion; nil where only the modifier changes (types.ApplyMod).
		Conv *types.Cast
		Pos  int
	}
	// And and Or evaluate left to right and only as far as needed, row by row, by SQL's three-valued logic.
	And struct{ Args []Expr }
	Or  struct{ Args []Expr }
	// Case is CASE WHEN; CASE x WHEN v is bound as comparisons. Arms run only on the rows that reach them.
	Case struct {
		Whens []When
		Else  Expr // nil: NULL
		T     types.Type
	}
	When struct{ Cond, Then Expr }
	// Coalesce is the first non-null argument; later ones run only where needed.
	Coalesce struct {
		Args []Expr
		T    types.Type
	}
	// IsNull is X IS [NOT] NULL.
	IsNull struct {
		X   Expr
		Not bool
	}
	// IsTrue is X IS [NOT] TRUE / FALSE (Want).
	IsTrue struct {
		X         Expr
		Not, Want bool
	}
	// IsDistinct is L IS [NOT] DISTINCT FROM R.
	IsDistinct struct {
		L, R Expr
		Eq   *Func // the equality operator
		Not  bool
	}
	// AnyAll is X op ANY|ALL (array); IN (list) is bound as Eq ANY over constants, or as Or.
	AnyAll struct {
		X, Array Expr
		Op       *Func
		All      bool
	}
	// ArrayExpr is ARRAY[...] of elements of one type.
	ArrayExpr struct {
		Elems []Expr
		T     types.Type
	}
)

func (e *Col) Type() types.Type       { return e.T }
func (e *Const) Type() types.Type     { return e.T }
func (e *Param) Type() types.Type     { return e.T }
func (e *Call) Type() types.Type      { return e.T }
func (e *Cast) Type() types.Type      { return e.To }
func (*And) Type() types.Type         { return types.Of(types.Bool) }
func (*Or) Type() types.Type          { return types.Of(types.Bool) }
func (e *Case) Type() types.Type      { return e.T }
func (e *Coalesce) Type() types.Type  { return e.T }
func (*IsNull) Type() types.Type      { return types.Of(types.Bool) }
func (*IsTrue) Type() types.Type      { return types.Of(types.Bool) }
func (*IsDistinct) Type() types.Type  { return types.Of(types.Bool) }
func (*AnyAll) Type() types.Type      { return types.Of(types.Bool) }
func (e *ArrayExpr) Type() types.Type { return e.T }

// Bool is the constant true or false.
func Bool(v bool) *Const { return &Const{D: types.NewBool(v), T: types.Of(types.Bool)} }

// Null is the NULL of type t.
func Null(t types.Type) *Const { return &Const{T: t} }
