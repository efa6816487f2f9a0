package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Rows are no values here: what stands for their comparison is made of comparisons of their fields.

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
	return nil, unsupported(e, "operator %s on rows", e.Name)
}

// compareRowSubquery compares a row with that of a subquery: NULL without one, 21000 with more.
//
//	(a, b) < (SELECT c, d ...) => (SELECT (a, b) < (q.c, q.d) FROM (SELECT c, d ...) q)
func (b *Binder) compareRowSubquery(c *context, e *ast.Op, row []ast.Expr, q *ast.SubQuery) (expr.Expr, error) {
	xs, xpos, err := b.scalars(c, row)
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

func (b *Binder) rowIn(c *context, e *ast.In, row *ast.Row) (expr.Expr, error) {
	var args []expr.Expr
	for _, item := range e.List {
		r, ok := item.(*ast.Row)
		if !ok {
			return nil, unsupported(item, "comparing a row with this")
		}
		x, err := b.compareRows(c, &ast.Op{Pos: e.Pos, Name: "="}, row.Elems, r.Elems)
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

// rowIsNull: a row is null if all its fields are, not null if none is.
func (b *Binder) rowIsNull(c *context, e *ast.Is, row *ast.Row) (expr.Expr, error) {
	var args []expr.Expr
	for _, el := range row.Elems {
		x, err := b.typedScalar(c, el)
		if err != nil {
			return nil, err
		}
		args = append(args, &expr.IsNull{X: x, Not: e.Not})
	}
	if len(args) == 0 {
		return expr.Bool(true), nil
	}
	return b.fold(conj(args)), nil
}

// counted are the arguments of an aggregate. count() takes rows, too: the fields of one, which is not NULL whatever they are (row); of a
// relation that an outer join may have none of, its primary key.
func (b *Binder) counted(c *context, e *ast.Func, name string) (args []ast.Expr, row bool, err error) {
	if name != "count" || len(e.Args) != 1 {
		return e.Args, false, nil
	}
	if x, ok := e.Args[0].(*ast.Row); ok {
		return x.Elems, true, nil
	}
	r, qual := b.wholeRow(c, e.Args[0])
	if r == nil {
		return e.Args, false, nil
	}
	column := func(name string) ast.Expr {
		return &ast.ColRef{Pos: ast.Pos(e.Args[0].Position()), Parts: append(qual[:len(qual):len(qual)], name)}
	}
	if !r.nullable {
		for _, col := range r.cols {
			args = append(args, column(col.name))
		}
		return args, true, nil
	}
	key, err := b.presence(r, e.Args[0])
	if err != nil {
		return nil, false, err
	}
	if e.Distinct && len(r.table.PrimaryKey) > 1 {
		return nil, false, unsupported(e.Args[0], "count(DISTINCT) of the rows of a relation with a primary key of several columns")
	}
	return []ast.Expr{column(key.name)}, false, nil
}

// wholeRow is the relation that an expression names, with its name; nil if it is something else.
func (b *Binder) wholeRow(c *context, e ast.Expr) (*rel, []string) {
	var parts []string
	switch x := e.(type) {
	case *ast.ColRef:
		if _, err := b.findColumn(c.sc, x); err != nil {
			parts = x.Parts
		}
	case *ast.Star:
		parts = x.Qual
	}
	if len(parts) == 0 {
		return nil, nil
	}
	r, err := b.findRel(c.sc, parts, ast.Pos(e.Position()))
	if err != nil {
		return nil, nil
	}
	return r, parts
}

// presence is a column that is NULL only where an outer join has no row of a relation.
func (b *Binder) presence(r *rel, e ast.Expr) (*col, error) {
	if r.table != nil && r.table.PrimaryKeyName != "" {
		for _, col := range r.cols {
			if col.id == r.ids[r.table.PrimaryKey[0]] {
				return col, nil
			}
		}
	}
	return nil, unsupported(e, "the row of a relation without a primary key, beyond an outer join,")
}

// rowToJSON binds row_to_json(t) and its kin, for a relation or ROW(...); nil if the argument is neither.
func (b *Binder) rowToJSON(c *context, name string, arg ast.Expr) (expr.Expr, error) {
	var names []string
	var fields []expr.Expr
	var absent *col
	if row, ok := arg.(*ast.Row); ok {
		for i, el := range row.Elems {
			x, err := b.typedScalar(c, el)
			if err != nil {
				return nil, err
			}
			names, fields = append(names, "f"+itoa(i+1)), append(fields, x)
		}
	} else {
		r, _ := b.wholeRow(c, arg)
		if r == nil {
			return nil, nil
		}
		for _, col := range r.cols {
			x := b.Meta.Col(col.id)
			b.refs[x] = colRef{int(arg.Position()), r.name + "." + col.name}
			names, fields = append(names, col.name), append(fields, x)
		}
		if r.nullable {
			var err error
			if absent, err = b.presence(r, arg); err != nil {
				return nil, err
			}
		}
	}
	var out expr.Expr
	if name == "to_jsonb" || name == "jsonb_agg" {
		var args []expr.Expr
		for i, f := range fields {
			args = append(args, &expr.Const{D: types.NewString(names[i]), T: types.Of(types.Text)}, f)
		}
		x, err := b.call("jsonb_build_object", false, args, make([]ast.Pos, len(args)), ast.Pos(arg.Position()))
		if err != nil {
			return nil, err
		}
		out = x
	} else {
		out = &expr.Call{Fn: expr.RowToJSON(names, typesOf(fields)), Args: fields, T: types.Of(types.JSON), Pos: int(arg.Position())}
	}
	if absent != nil {
		t := out.Type()
		out = &expr.Case{Whens: []expr.When{{Cond: &expr.IsNull{X: b.Meta.Col(absent.id), Not: true}, Then: out}}, T: t}
	}
	return out, nil
}

// relNull binds t IS [NOT] NULL for a relation: all of its columns are, or none is.
func (b *Binder) relNull(c *context, e *ast.Is) (expr.Expr, bool) {
	ref, ok := e.X.(*ast.ColRef)
	if !ok {
		return nil, false
	}
	if _, err := b.findColumn(c.sc, ref); err == nil {
		return nil, false
	}
	r, err := b.findRel(c.sc, ref.Parts, ref.Pos)
	if err != nil {
		return nil, false
	}
	var args []expr.Expr
	for _, col := range r.cols {
		x := b.Meta.Col(col.id)
		b.refs[x] = colRef{int(ref.Pos), r.name + "." + col.name}
		args = append(args, &expr.IsNull{X: x, Not: e.Not})
	}
	if len(args) == 0 {
		return expr.Bool(true), true
	}
	return conj(args), true
}
