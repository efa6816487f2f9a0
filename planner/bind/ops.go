package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// operator binds an operator's application; rows are compared field by field.
func (b *Binder) operator(c *context, e *ast.Op) (expr.Expr, error) {
	if e.L == nil {
		x, err := b.scalar(c, e.R)
		if err != nil {
			return nil, err
		}
		return b.call(e.Name, true, []expr.Expr{x}, []ast.Pos{loc(e.R)}, e.Pos)
	}
	if l, r, ok, err := b.rows(c, e.L, e.R); ok {
		if err != nil {
			return nil, err
		}
		return b.compareRows(c, e, l, r)
	}
	if row, ok := e.L.(*ast.Row); ok {
		if sub, ok := e.R.(*ast.SubQuery); ok {
			return b.compareRowSubquery(c, e, row, sub)
		}
	}
	x, err := b.scalar(c, e.L)
	if err != nil {
		return nil, err
	}
	y, err := b.scalar(c, e.R)
	if err != nil {
		return nil, err
	}
	return b.binary(opName(e.Name), x, y, e)
}

// opName is the name under which an operator is known.
func opName(name string) string {
	if name == "!=" {
		return "<>"
	}
	return name
}

func (b *Binder) binary(name string, x, y expr.Expr, e *ast.Op) (expr.Expr, error) {
	return b.call(name, true, []expr.Expr{x, y}, []ast.Pos{loc(e.L), loc(e.R)}, e.Pos)
}

func (b *Binder) isDistinct(c *context, e *ast.IsDistinct) (expr.Expr, error) {
	if l, r, ok, err := b.rows(c, e.L, e.R); ok {
		if err != nil {
			return nil, err
		}
		if len(l) != len(r) {
			return nil, sqlerr.New(sqlerr.SyntaxError, "unequal number of entries in row expressions").At(int(e.Pos))
		}
		var args []expr.Expr
		for i := range l {
			x, err := b.isDistinct(c, &ast.IsDistinct{Pos: e.Pos, L: l[i], R: r[i], Not: e.Not})
			if err != nil {
				return nil, err
			}
			args = append(args, x)
		}
		if len(args) == 1 || e.Not {
			return b.fold(conj(args)), nil
		}
		return b.fold(&expr.Or{Args: args}), nil
	}
	xs, pos, err := b.scalars(c, []ast.Expr{e.L, e.R})
	if err != nil {
		return nil, err
	}
	// As in PostgreSQL, a NULL literal makes it IS [NOT] NULL.
	for i, x := range xs {
		if k, ok := x.(*expr.Const); ok && k.D.IsNull() && k.T.Is(types.Unknown) {
			o, err := b.known(xs[1-i], pos[1-i])
			if err != nil {
				return nil, err
			}
			return b.fold(&expr.IsNull{X: o, Not: !e.Not}), nil
		}
	}
	eq, xs, err := b.comparison("=", xs, pos, e.Pos)
	if err != nil {
		return nil, err
	}
	return b.fold(&expr.IsDistinct{L: xs[0], R: xs[1], Eq: eq, Not: e.Not}), nil
}

// comparison resolves an operator for two operands and coerces them, without building the call.
func (b *Binder) comparison(op string, xs []expr.Expr, pos []ast.Pos, at0 ast.Pos) (*expr.Func, []expr.Expr, error) {
	fn, coerce, ret, err := expr.Lookup(op, true, []types.Type{xs[0].Type(), xs[1].Type()})
	if err != nil {
		return nil, nil, at(err, at0)
	}
	if !ret.Is(types.Bool) {
		return nil, nil, sqlerr.New(sqlerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean").At(int(at0))
	}
	xs, err = b.coerceArgs(xs, coerce, pos)
	return b.sure(fn, xs), xs, err
}

func (b *Binder) between(c *context, e *ast.Between) (expr.Expr, error) {
	test := func(lo, hi ast.Expr) (expr.Expr, error) {
		ge, err := b.operator(c, &ast.Op{Pos: e.Pos, Name: ">=", L: e.X, R: lo})
		if err != nil {
			return nil, err
		}
		le, err := b.operator(c, &ast.Op{Pos: e.Pos, Name: "<=", L: e.X, R: hi})
		if err != nil {
			return nil, err
		}
		return &expr.And{Args: []expr.Expr{ge, le}}, nil
	}
	x, err := test(e.Lo, e.Hi)
	if err != nil {
		return nil, err
	}
	if e.Symmetric {
		y, err := test(e.Hi, e.Lo)
		if err != nil {
			return nil, err
		}
		x = &expr.Or{Args: []expr.Expr{x, y}}
	}
	if e.Not {
		return b.not(x, e.Pos)
	}
	return b.fold(x), nil
}

func (b *Binder) in(c *context, e *ast.In) (expr.Expr, error) {
	if e.Sub != nil {
		return b.inSubquery(c, e)
	}
	if _, ok := e.X.(*ast.Row); ok {
		return b.rowIn(c, e)
	}
	x, err := b.scalar(c, e.X)
	if err != nil {
		return nil, err
	}
	items, pos, err := b.scalars(c, e.List)
	if err != nil {
		return nil, err
	}
	op, all := "=", false
	if e.Not {
		op, all = "<>", true
	}
	if len(items) > 1 {
		if r, ok, err := b.inArray(x, items, pos, e, op, all); ok || err != nil {
			return r, err
		}
	}
	var args []expr.Expr
	for i := range items {
		y, err := b.call(op, true, []expr.Expr{x, items[i]}, []ast.Pos{loc(e.X), pos[i]}, e.Pos)
		if err != nil {
			return nil, err
		}
		args = append(args, y)
	}
	if len(args) == 1 {
		return args[0], nil
	}
	if all {
		return b.fold(&expr.And{Args: args}), nil
	}
	return b.fold(&expr.Or{Args: args}), nil
}

// inArray makes IN over plain values one array comparison, where the values have a type in common with x.
func (b *Binder) inArray(x expr.Expr, items []expr.Expr, pos []ast.Pos, e *ast.In, op string, all bool) (expr.Expr, bool, error) {
	for _, it := range items {
		switch it.(type) {
		case *expr.Const, *expr.Param:
		default:
			return nil, false, nil
		}
	}
	t, err := b.common(append([]expr.Expr{x}, items...), append([]ast.Pos{loc(e.X)}, pos...), "IN")
	if err != nil || t.Array {
		return nil, false, nil
	}
	vals := make([]expr.Expr, len(items))
	for i := range items {
		v, ok, err := b.coerce(items[i], t.Base(), types.Implicit, pos[i])
		if err != nil {
			return nil, false, err
		}
		if !ok {
			return nil, false, nil
		}
		vals[i] = v
	}
	fn, xs, err := b.comparison(op, []expr.Expr{x, vals[0]}, []ast.Pos{loc(e.X), pos[0]}, e.Pos)
	if err != nil {
		return nil, false, err
	}
	if xs[1].Type().Base() != t.Base() {
		for i := range vals {
			if vals[i], err = b.must(vals[i], xs[1].Type().Base(), types.Implicit, pos[i]); err != nil {
				return nil, false, err
			}
		}
	}
	arr := b.fold(&expr.ArrayExpr{Elems: vals, T: types.ArrayOf(vals[0].Type().Base())})
	return b.fold(&expr.AnyAll{X: xs[0], Array: arr, Op: fn, All: all}), true, nil
}

func (b *Binder) like(c *context, e *ast.Like) (expr.Expr, error) {
	name := map[string]string{"like": "~~", "ilike": "~~*", "similar": "~"}[e.Kind]
	if e.Not {
		name = "!" + name
	}
	x, err := b.scalar(c, e.X)
	if err != nil {
		return nil, err
	}
	pat, err := b.scalar(c, e.Pat)
	if err != nil {
		return nil, err
	}
	pos := []ast.Pos{loc(e.X), loc(e.Pat)}
	if e.Kind == "similar" || e.Esc != nil {
		args, apos := []expr.Expr{pat}, []ast.Pos{loc(e.Pat)}
		if e.Esc != nil {
			esc, err := b.scalar(c, e.Esc)
			if err != nil {
				return nil, err
			}
			args, apos = append(args, esc), append(apos, loc(e.Esc))
		}
		fn := "like_escape"
		if e.Kind == "similar" {
			fn = "similar_to_escape"
		}
		if pat, err = b.call(fn, false, args, apos, e.Pos); err != nil {
			return nil, err
		}
	}
	return b.call(name, true, []expr.Expr{x, pat}, pos, e.Pos)
}

func (b *Binder) anyAll(c *context, e *ast.AnyAll) (expr.Expr, error) {
	_, rows := e.Array.(*ast.ArraySub)
	if rows = rows || e.Sub != nil; rows && e.All && opName(e.Op) == "<>" { // NOT IN
		in := *e
		in.Op, in.All = "=", false
		x, err := b.anyAll(c, &in)
		if err != nil {
			return nil, err
		}
		return b.not(x, e.Pos)
	}
	if e.Sub != nil {
		return b.quantified(c, e.X, e.Sub, opName(e.Op), e.All, e.Pos)
	}
	x, err := b.scalar(c, e.X)
	if err != nil {
		return nil, err
	}
	arr, err := b.scalar(c, e.Array)
	if err != nil {
		return nil, err
	}
	pos := []ast.Pos{loc(e.X), loc(e.Array)}
	elem := types.Of(types.Unknown)
	if !arr.Type().Is(types.Unknown) {
		if !arr.Type().Array {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "op ANY/ALL (array) requires array on right side").At(int(e.Pos))
		}
		elem = arr.Type().Elem().Base()
	}
	fn, coerce, ret, err := expr.Lookup(opName(e.Op), true, []types.Type{x.Type(), elem})
	if err != nil {
		return nil, at(err, e.Pos)
	}
	if !ret.Is(types.Bool) {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean").At(int(e.Pos))
	}
	right := elem
	if len(coerce) > 1 && coerce[1] != (types.Type{}) {
		right = coerce[1]
	} else if elem.Is(types.Unknown) {
		right = fn.Args[1]
	}
	if arr, err = b.must(arr, types.ArrayOf(right.Base()), types.Implicit, pos[1]); err != nil {
		return nil, err
	}
	if len(coerce) > 0 {
		xs, err := b.coerceArgs([]expr.Expr{x}, coerce[:1], pos[:1])
		if err != nil {
			return nil, err
		}
		x = xs[0]
	}
	if s, ok := arr.(*plan.Subquery); ok && s.Kind == plan.ArraySub && !b.Meta.Type(s.Out[0]).Array {
		return b.anyOfRows(s, x, fn, e.All), nil
	}
	return b.fold(&expr.AnyAll{X: x, Array: arr, Op: fn, All: e.All}), nil
}

// anyOfRows makes x op ANY (ARRAY(query)) x op ANY (query): an array of all rows would be carried to each x.
func (b *Binder) anyOfRows(array *plan.Subquery, x expr.Expr, fn *expr.Func, all bool) expr.Expr {
	s := *array
	s.Kind, s.Order, s.T = plan.AnySub, nil, types.Of(types.Bool)
	if all {
		s.Kind = plan.AllSub
	}
	s.Cond = []expr.Expr{&expr.Call{Fn: fn, Args: []expr.Expr{x, b.Meta.Col(s.Out[0])}, T: s.T, Pos: s.Pos}}
	return &s
}
