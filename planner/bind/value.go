package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// array binds ARRAY[...]; elem, if given, is the type asked for by a cast around it.
func (b *Binder) array(c *context, e *ast.Array, elem types.Type) (expr.Expr, error) {
	want := elem != (types.Type{})
	if len(e.Elems) == 0 {
		if !want {
			return nil, sqlerr.New(sqlerr.IndeterminateDatatype, "cannot determine type of empty array").At(int(e.Pos)).
				WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
		}
		return &expr.Const{D: types.NewArray(types.Array{Elem: elem}), T: types.ArrayOf(elem)}, nil
	}
	xs, pos := make([]expr.Expr, len(e.Elems)), make([]ast.Pos, len(e.Elems))
	nested := false // elements that are arrays become a dimension
	for i, x := range e.Elems {
		var err error
		if a, ok := x.(*ast.Array); ok {
			xs[i], err = b.array(c, a, elem)
		} else {
			xs[i], err = b.scalar(c, x)
		}
		if err != nil {
			return nil, err
		}
		pos[i] = loc(x)
		nested = nested || xs[i].Type().Array
	}
	if !want {
		xs, t, err := b.unify(xs, pos, "ARRAY")
		if err != nil {
			return nil, err
		}
		if !t.Array {
			t = types.ArrayOf(t)
		}
		return b.fold(&expr.ArrayExpr{Elems: xs, T: t}), nil
	}
	t := types.ArrayOf(elem)
	if nested {
		elem = t
	}
	for i := range xs {
		var err error
		if xs[i], err = b.must(xs[i], elem, types.Explicit, pos[i]); err != nil {
			return nil, err
		}
	}
	return b.fold(&expr.ArrayExpr{Elems: xs, T: t}), nil
}

// sqlValues are the words that stand for a value without parentheses: the function behind each, and the type that its value is cast to.
var sqlValues = map[string]struct {
	fn   string
	cast types.Kind
}{
	"current_timestamp": {"now", types.Timestamptz}, "localtimestamp": {"now", types.Timestamp},
	"current_date": {"now", types.Date}, "localtime": {"now", types.Time},
	"current_user": {"current_user", types.Name}, "current_role": {"current_user", types.Name}, "user": {"current_user", types.Name},
	"session_user": {"session_user", types.Name}, "current_catalog": {"current_database", types.Name}, "current_schema": {"current_schema", types.Name},
}

func (b *Binder) sqlValue(e *ast.SQLValue) (expr.Expr, error) {
	v, ok := sqlValues[e.Name]
	if !ok {
		return nil, unsupported(e, "%s", e.Name)
	}
	x, err := b.call(v.fn, false, nil, nil, e.Pos)
	if err != nil {
		return nil, err
	}
	if v.cast != types.Name {
		if x, err = b.must(x, types.Of(v.cast), types.Explicit, e.Pos); err != nil {
			return nil, err
		}
	}
	if e.Prec < 0 {
		return x, nil
	}
	return withMod(x, x.Type().WithMod(int32(min(e.Prec, 6))), types.Explicit, e.Pos), nil
}

func (b *Binder) collate(c *context, e *ast.Collate) (expr.Expr, error) {
	switch e.Name.Last() {
	case "C", "POSIX", "default", "ucs_basic":
		x, err := b.scalar(c, e.X)
		if err != nil {
			return nil, err
		}
		if t := x.Type(); !t.Collatable() {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "collations are not supported by type %s", t.Base()).At(int(e.Pos))
		}
		return x, nil
	}
	return nil, unsupported(e, "collation %q", e.Name.Last())
}
