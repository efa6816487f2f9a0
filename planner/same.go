package planner

import (
	"reflect"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/types"
)

// Literal is the value of a literal, of the type that it has by itself: that of a string is unknown.
func Literal(kind ast.ConstKind, s string) (*expr.Const, error) { return bind.Literal(kind, s) }

// Generic tells whether a plan with parameters is, for values that it has as literals, the plan of a statement with these literals: node by node
// the same, and expression by expression when the values are put in. Then it is for any values of the same types, unless one of
// computed fails: expressions of these parameters alone, which the statement with literals may evaluate when it is planned.
func Generic(literal, generic any, own int, values []types.Datum) (computed []expr.Expr, ok bool) {
	c := comparison{own: own, values: values}
	ok = c.same(reflect.ValueOf(literal), reflect.ValueOf(generic))
	return c.computed, ok
}

// comparison walks two plans in step.
type comparison struct {
	own      int
	values   []types.Datum
	computed []expr.Expr
}

var (
	exprType    = reflect.TypeFor[expr.Expr]()
	catalogPath = reflect.TypeFor[catalog.Catalog]().PkgPath()
)

func (c *comparison) same(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || !a.IsValid() {
		return a.Kind() == b.Kind()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		return c.samePointer(a, b)
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[types.Datum]() {
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		for i := range a.NumField() {
			if a.Type().Field(i).Name != "Params" && !c.same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !c.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Func, reflect.Map, reflect.Chan:
		return a.IsNil() && b.IsNil()
	}
	return a.Equal(b)
}

func (c *comparison) samePointer(a, b reflect.Value) bool {
	switch {
	case a.IsNil() || b.IsNil():
		return a.IsNil() && b.IsNil()
	case a.Type() == exprType:
		return c.sameExpr(a.Interface().(expr.Expr), b.Interface().(expr.Expr))
	case a.Kind() == reflect.Pointer && (a.Pointer() == b.Pointer() || a.Type().Elem().PkgPath() == catalogPath):
		return a.Pointer() == b.Pointer()
	}
	return c.same(a.Elem(), b.Elem())
}

// sameExpr puts the values in and folds, as the binder does.
func (c *comparison) sameExpr(a, b expr.Expr) bool {
	put := expr.Map(b, func(e expr.Expr) expr.Expr {
		if p, ok := e.(*expr.Param); ok && p.N > c.own && p.N-c.own <= len(c.values) {
			return &expr.Const{D: c.values[p.N-c.own-1], T: p.T}
		}
		return e
	})
	if a.Type() != b.Type() || expr.Fold(&expr.Ctx{Config: types.DefaultConfig()}, put).String() != a.String() {
		return false
	}
	expr.Walk(b, func(e expr.Expr) bool {
		switch e.(type) {
		case *expr.Const, *expr.Param, *expr.Col:
			return false
		}
		if !c.ofLiterals(e) {
			return true
		}
		if !neverFails(e) {
			c.computed = append(c.computed, e)
		}
		return false
	})
	return true
}

// ofLiterals tells whether an expression has no other leaves than constants and the parameters of literals.
func (c *comparison) ofLiterals(e expr.Expr) bool {
	found, only := false, true
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Const:
		case *expr.Param:
			found = found || e.N > c.own
			only = only && e.N > c.own
		default:
			only = only && len(e.Children()) > 0
		}
		return only
	})
	return found && only
}

// neverFails knows the casts and lists that literals are mostly in.
func neverFails(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Const, *expr.Param:
		return true
	case *expr.Cast:
		return e.Conv != nil && !e.Conv.CanFail && e.To.Mod == -1 && neverFails(e.X)
	case *expr.ArrayExpr:
		for _, x := range e.Elems {
			if !neverFails(x) {
				return false
			}
		}
		return true
	}
	return false
}
