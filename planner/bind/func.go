package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func (b *Binder) function(c *context, e *ast.Func) (expr.Expr, error) {
	name := e.Name.Last()
	if len(e.Name) == 2 && e.Name[0] == "information_schema" {
		return nil, unsupported(e, "function %s", joinName(e.Name))
	}
	if len(e.Name) > 2 || len(e.Name) == 2 && e.Name[0] != "pg_catalog" {
		return nil, sqlerr.New(sqlerr.UndefinedFunction, "function %s() does not exist", joinName(e.Name)).At(int(e.Pos)).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	if e.Over != nil || e.OverName != "" {
		return b.window(c, e, name)
	}
	if len(e.Within) > 0 {
		return b.withinGroup(c, e, name)
	}
	if expr.IsWindow(name) {
		return nil, b.withoutOver(c, e, name)
	}
	if fn, err := b.aggregate(c, e, name); fn != nil || err != nil {
		return fn, err
	}
	switch {
	case e.Star, e.Distinct, len(e.Order) > 0, e.Filter != nil:
		what := "DISTINCT"
		if e.Star {
			if _, err := b.call(name, false, nil, nil, e.Pos); err != nil {
				return nil, err
			}
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name).At(int(e.Pos))
		}
		if len(e.Order) > 0 {
			what = "ORDER BY"
		}
		if e.Filter != nil {
			what = "FILTER"
		}
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name).At(int(e.Pos))
	}
	if x, err := b.sequenceCall(c, e, name); x != nil || err != nil {
		return x, err
	}
	if n := len(e.Args); n > 0 {
		if v, ok := e.Args[n-1].(*ast.Variadic); ok {
			return b.variadic(c, e, name, append(slices.Clone(e.Args[:n-1]), v.X))
		}
	}
	args, pos, err := b.scalars(c, e.Args)
	if err != nil {
		return nil, err
	}
	if x, err := b.setReturning(c, e, name, args, pos); x != nil || err != nil {
		return x, err
	}
	if t, ok := castFunction(name, args); ok {
		x, ok, err := b.coerce(args[0], t, types.Explicit, pos[0])
		if ok || err != nil {
			return x, err
		}
	}
	if name == "pg_typeof" && len(args) == 1 && types.Named(b.fieldsOf(args[0])) {
		return nil, unsupported(e.Args[0], "the type of a relation's row")
	}
	return b.call(name, false, args, pos, e.Pos)
}

// variadic binds f(..., VARIADIC array).
func (b *Binder) variadic(c *context, e *ast.Func, name string, list []ast.Expr) (expr.Expr, error) {
	args, pos, err := b.scalars(c, list)
	if err != nil {
		return nil, err
	}
	fn, coerce, ret, err := expr.LookupVariadic(name, typesOf(args))
	if err != nil {
		return nil, at(err, e.Pos)
	}
	return b.apply(fn, coerce, ret, args, pos, e.Pos)
}

// castFunction recognises type names used as functions of one argument: int4(x), text(x).
func castFunction(name string, args []expr.Expr) (types.Type, bool) {
	if len(args) != 1 {
		return types.Type{}, false
	}
	switch name {
	case "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "date", "timestamptz", "timestamp", "interval", "json", "jsonb", "uuid":
		t, err := types.FromName(name, nil, 0)
		return t, err == nil
	}
	return types.Type{}, false
}

// typesOf are argument types for a lookup.
func typesOf(args []expr.Expr) []types.Type {
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type().Base()
	}
	return ts
}

func (b *Binder) sortKey(c *context, it *ast.SortItem) (expr.SortKey, error) {
	x, err := b.typedScalar(c, it.Expr)
	if err != nil {
		return expr.SortKey{}, err
	}
	return b.direction(it, x)
}

// direction reads DESC, NULLS and USING.
func (b *Binder) direction(it *ast.SortItem, x expr.Expr) (expr.SortKey, error) {
	k := expr.SortKey{Expr: x, Desc: it.Desc}
	switch it.Using {
	case "", "<":
	case ">":
		k.Desc = true
	default:
		return k, sqlerr.New(sqlerr.WrongObjectType, "operator %s is not a valid ordering operator", it.Using).At(int(it.Pos)).
			WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families.")
	}
	switch it.Nulls {
	case "first":
		k.NullsFirst = true
	case "last":
	default:
		k.NullsFirst = k.Desc
	}
	switch t := x.Type(); {
	case !t.Array && t.Kind == types.JSON:
		return k, sqlerr.New(sqlerr.UndefinedFunction, "could not identify an ordering operator for type %s", t).At(int(loc(it.Expr))).
			WithHint("Use an explicit ordering operator or modify the query.")
	}
	return k, nil
}

// special binds what looks like a function but is syntax.
func (b *Binder) special(c *context, e *ast.Special) (expr.Expr, error) {
	inner := *c
	switch e.Name {
	case "coalesce":
		inner.srfs = nil
		xs, pos, err := b.scalars(&inner, e.Args)
		if err != nil {
			return nil, err
		}
		xs, t, err := b.unify(xs, pos, "COALESCE")
		if err != nil {
			return nil, err
		}
		if len(xs) == 1 {
			return xs[0], nil
		}
		return b.fold(&expr.Coalesce{Args: xs, T: t}), nil
	case "greatest", "least":
		xs, pos, err := b.scalars(c, e.Args)
		if err != nil {
			return nil, err
		}
		what := map[string]string{"greatest": "GREATEST", "least": "LEAST"}[e.Name]
		xs, _, err = b.unify(xs, pos, what)
		if err != nil {
			return nil, err
		}
		return b.call(e.Name, false, xs, pos, e.Pos)
	case "nullif":
		return b.nullif(c, e)
	case "grouping":
		return b.grouping(c, e)
	}
	if list := e.Args; len(list) > 0 {
		if e.Name == "overlaps" {
			list = nil
			for _, a := range e.Args {
				row, ok := a.(*ast.Row)
				if !ok || len(row.Elems) != 2 {
					return nil, unsupported(a, "this period of OVERLAPS")
				}
				list = append(list, row.Elems...)
			}
		}
		args, pos, err := b.scalars(c, list)
		if err != nil {
			return nil, err
		}
		return b.call(e.Name, false, args, pos, e.Pos)
	}
	return nil, unsupported(e, "%s", e.Name)
}

// nullif is NULL where the arguments are equal, else the first one, as the comparison takes it.
func (b *Binder) nullif(c *context, e *ast.Special) (expr.Expr, error) {
	xs, pos, err := b.scalars(c, e.Args)
	if err != nil {
		return nil, err
	}
	if xs[0].Type().Is(types.Unknown) && xs[1].Type().Is(types.Unknown) {
		for i := range xs {
			if xs[i], err = b.known(xs[i], pos[i]); err != nil {
				return nil, err
			}
		}
	}
	fn, coerce, ret, err := expr.Lookup("=", true, []types.Type{xs[0].Type(), xs[1].Type()})
	if err != nil {
		return nil, at(err, e.Pos)
	}
	if xs, err = b.coerceArgs(xs, coerce, pos); err != nil {
		return nil, err
	}
	eq, err := b.apply(fn, coerce, ret, xs, pos, e.Pos)
	if err != nil {
		return nil, err
	}
	first := xs[0]
	t := first.Type()
	return b.fold(&expr.Case{Whens: []expr.When{{Cond: eq, Then: expr.Null(t)}}, Else: first, T: t}), nil
}
