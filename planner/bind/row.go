package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// A comparison of two rows that are written out is one of their fields; other rows are records (record.go).

func (b *Binder) compareRows(c *context, e *ast.Op, l, r []ast.Expr) (expr.Expr, error) {
	if len(l) != len(r) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "unequal number of entries in row expressions").At(int(e.Pos))
	}
	if len(l) == 0 {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot compare rows of zero length").At(int(e.Pos))
	}
	xs, xpos, err := b.scalars(c, l)
	if err != nil {
		return nil, err
	}
	ys, ypos, err := b.scalars(c, r)
	if err != nil {
		return nil, err
	}
	return b.compareFields(e, xs, ys, xpos, ypos)
}

// compareFields compares rows of the same length, field by field.
func (b *Binder) compareFields(e *ast.Op, xs, ys []expr.Expr, xpos, ypos []ast.Pos) (expr.Expr, error) {
	cmp := func(op string, i int) (expr.Expr, error) {
		x, err := b.call(op, true, []expr.Expr{xs[i], ys[i]}, []ast.Pos{xpos[i], ypos[i]}, e.Pos)
		if err == nil && !x.Type().Is(types.Bool) {
			err = sqlerr.New(sqlerr.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", x.Type()).At(int(e.Pos))
		}
		return x, err
	}
	name := opName(e.Name)
	last := len(xs) - 1
	if last == 0 {
		return cmp(name, 0)
	}
	switch name {
	case "=", "<>":
		args := make([]expr.Expr, len(xs))
		for i := range xs {
			var err error
			if args[i], err = cmp(name, i); err != nil {
				return nil, err
			}
		}
		if name == "=" {
			return b.fold(conj(args)), nil
		}
		return b.fold(&expr.Or{Args: args}), nil
	case "<", "<=", ">", ">=":
		// (a, b) < (c, d) is a < c OR a = c AND b < d: three-valued logic gives NULL where the first difference is unknown.
		out, err := cmp(name, last)
		if err != nil {
			return nil, err
		}
		for i := last - 1; i >= 0; i-- {
			lt, err := cmp(name[:1], i)
			if err != nil {
				return nil, err
			}
			eq, err := cmp("=", i)
			if err != nil {
				return nil, err
			}
			out = &expr.Or{Args: []expr.Expr{lt, &expr.And{Args: []expr.Expr{eq, out}}}}
		}
		return b.fold(out), nil
	}
	if _, err := cmp(name, 0); err != nil {
		return nil, err
	}
	return nil, unsupported(e, "operator %s on rows", e.Name)
}

// compareRowSubquery compares a row with that of a subquery: NULL without one, 21000 with more.
//
//	(a, b) < (SELECT c, d ...) => (SELECT (a, b) < (q.c, q.d) FROM (SELECT c, d ...) q)
func (b *Binder) compareRowSubquery(c *context, e *ast.Op, row *ast.Row, q *ast.SubQuery) (expr.Expr, error) {
	elems, err := b.rowElems(c, row)
	if err != nil {
		return nil, err
	}
	xs, xpos, err := b.scalars(c, elems)
	if err != nil {
		return nil, err
	}
	sub, err := b.nested(c, q.Query)
	if err != nil {
		return nil, err
	}
	if err := sameWidth(len(xs), sub, q.Pos); err != nil {
		return nil, err
	}
	n, err := b.limited(sub, q.Query)
	if err != nil {
		return nil, err
	}
	ys, ypos := make([]expr.Expr, len(xs)), make([]ast.Pos, len(xs))
	for i, col := range sub.Cols {
		ys[i], ypos[i] = b.Meta.Col(col.ID), q.Pos
	}
	x, err := b.compareFields(e, xs, ys, xpos, ypos)
	if err != nil {
		return nil, err
	}
	t := types.Of(types.Bool)
	id := b.Meta.Add("?column?", t)
	n = &plan.Project{In: n, Items: []plan.Item{{ID: id, Expr: x}}}
	return &plan.Subquery{Kind: plan.ScalarSub, Plan: n, Out: []int{id}, T: t, Pos: int(q.Pos)}, nil
}

// sameWidth refuses a subquery that has not as many columns as what it is compared with.
func sameWidth(n int, sub *Query, pos ast.Pos) error {
	switch {
	case len(sub.Cols) < n:
		return sqlerr.New(sqlerr.SyntaxError, "subquery has too few columns").At(int(pos))
	case len(sub.Cols) > n:
		return sqlerr.New(sqlerr.SyntaxError, "subquery has too many columns").At(int(pos))
	}
	return nil
}

// rowIn binds ROW(...) IN (list): one comparison for each item, be it a row that is written out or another record.
func (b *Binder) rowIn(c *context, e *ast.In) (expr.Expr, error) {
	var args []expr.Expr
	for _, item := range e.List {
		x, err := b.rowEquals(c, e, item)
		if err != nil {
			return nil, err
		}
		args = append(args, x)
	}
	var out expr.Expr = &expr.Or{Args: args}
	if len(args) == 1 {
		out = args[0]
	}
	if e.Not {
		return b.not(out, e.Pos)
	}
	return b.fold(out), nil
}

// rowEquals compares with one item of a list, where a subquery is a value: its one column is a record.
func (b *Binder) rowEquals(c *context, e *ast.In, item ast.Expr) (expr.Expr, error) {
	op := &ast.Op{Pos: e.Pos, Name: "=", L: e.X, R: item}
	if _, ok := item.(*ast.SubQuery); !ok {
		return b.operator(c, op)
	}
	xs, _, err := b.scalars(c, []ast.Expr{e.X, item})
	if err != nil {
		return nil, err
	}
	return b.binary("=", xs[0], xs[1], op)
}

// recordIsNull binds IS [NOT] NULL of a record: all of its fields are NULL, or none is.
func (b *Binder) recordIsNull(c *context, e *ast.Is, x expr.Expr) expr.Expr {
	var args []expr.Expr
	row, ok := x.(*expr.Call)
	switch r := b.namedRel(c, e.X); {
	case r != nil: // its columns are NULL where there is none of it
		args = b.columnsOf(r, e.X)
	case ok && row.Fn.Fields != nil:
		args = row.Args
	default:
		return &expr.Call{Fn: expr.RecordIsNull(e.Not), Args: []expr.Expr{x}, T: types.Of(types.Bool), Pos: int(e.Pos)}
	}
	if len(args) == 0 {
		return expr.Bool(true)
	}
	tests := make([]expr.Expr, len(args))
	for i, a := range args {
		tests[i] = &expr.IsNull{X: a, Not: e.Not}
	}
	return b.fold(conj(tests))
}
