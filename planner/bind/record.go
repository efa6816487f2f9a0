package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Records are rows as values: ROW(...), and a relation's row by its name. The type record says nothing of their fields; fieldsOf finds these.

// rowElems are the elements of ROW(...), with t.* written out.
func (b *Binder) rowElems(c *context, row *ast.Row) ([]ast.Expr, error) {
	var out []ast.Expr
	for _, e := range row.Elems {
		st, ok := e.(*ast.Star)
		if !ok || len(st.Qual) == 0 {
			out = append(out, e)
			continue
		}
		cols, err := b.star(c.sc, st)
		if err != nil {
			return nil, err
		}
		for _, col := range cols {
			out = append(out, &ast.ColRef{Pos: st.Pos, Parts: append(slices.Clone(st.Qual), col.name)})
		}
	}
	return out, nil
}

// rows are the elements of two expressions if both are rows that are written out.
func (b *Binder) rows(c *context, l, r ast.Expr) (xs, ys []ast.Expr, ok bool, err error) {
	x, xok := l.(*ast.Row)
	y, yok := r.(*ast.Row)
	if !xok || !yok {
		return nil, nil, false, nil
	}
	if xs, err = b.rowElems(c, x); err == nil {
		ys, err = b.rowElems(c, y)
	}
	return xs, ys, true, err
}

// row binds ROW(...).
func (b *Binder) row(c *context, e *ast.Row) (expr.Expr, error) {
	elems, err := b.rowElems(c, e)
	if err != nil {
		return nil, err
	}
	args, _, err := b.scalars(c, elems)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(args))
	for i := range args {
		names[i] = types.FieldName(i)
	}
	return makeRow(names, args, e.Pos), nil
}

func makeRow(names []string, args []expr.Expr, pos ast.Pos) expr.Expr {
	fields := make([]types.Field, len(args))
	for i, a := range args {
		fields[i] = types.Field{Name: names[i], Type: a.Type().Base()}
	}
	return &expr.Call{Fn: expr.MakeRow(fields), Args: args, T: types.Of(types.Record), Pos: int(pos)}
}

// wholeRow is a relation's row: NULL where an outer join has none of it. That of a function of plain values is the value.
func (b *Binder) wholeRow(r *rel, e ast.Expr) (expr.Expr, error) {
	args := b.columnsOf(r, e)
	if r.plain {
		return args[0], nil
	}
	row := makeRow(r.fields, args, ast.Pos(e.Position()))
	switch {
	case !r.nullable:
		return row, nil
	case r.present == 0:
		return nil, unsupported(e, "the row of a relation beyond an outer join in this place")
	}
	there := &expr.IsNull{X: b.Meta.Col(r.present), Not: true}
	return &expr.Case{Whens: []expr.When{{Cond: there, Then: row}}, T: row.Type()}, nil
}

// columnsOf are references to the columns of a relation.
func (b *Binder) columnsOf(r *rel, e ast.Expr) []expr.Expr {
	var out []expr.Expr
	for _, col := range r.cols {
		x := b.Meta.Col(col.id)
		b.refs[x] = colRef{int(e.Position()), r.name + "." + col.name}
		out = append(out, x)
	}
	return out
}

// presence is something that is NULL where x is: of a row its fields do not matter.
func presence(x expr.Expr) expr.Expr {
	switch e := x.(type) {
	case *expr.Call:
		if e.Fn.Fields != nil {
			return expr.Bool(true)
		}
	case *expr.Case:
		if e.Else == nil && len(e.Whens) == 1 && e.T.Is(types.Record) {
			then := presence(e.Whens[0].Then)
			return &expr.Case{Whens: []expr.When{{Cond: e.Whens[0].Cond, Then: then}}, T: then.Type()}
		}
	}
	return x
}

// namedRel is the relation that an expression names, as itself or as rel.*; nil if it is something else.
func (b *Binder) namedRel(c *context, e ast.Expr) *rel {
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
		return nil
	}
	r, _ := b.findRel(c.sc, parts, ast.Pos(e.Position()))
	return r
}

// mayBeAbsent marks the relations of a side of an outer join, which may have none of their rows. If the row of one is asked for, a column of the
// side tells whether it is there.
func (b *Binder) mayBeAbsent(sc *scope, s *source) {
	var items []plan.Item
	for _, r := range s.rels {
		if !r.nullable && sc.mentioned[r.name] {
			r.present = b.Meta.Add(r.name, types.Of(types.Bool))
			items = append(items, plan.Item{ID: r.present, Expr: expr.Bool(true)})
		}
		r.nullable = true
	}
	if items != nil {
		s.node = &plan.Project{In: s.node, Items: append(plan.Pass(b.Meta, s.node.Cols()), items...)}
	}
}

// fieldsOf are the fields of the records that an expression makes; nil where that is not known.
func (b *Binder) fieldsOf(e expr.Expr) []types.Field {
	switch x := e.(type) {
	case *expr.Call:
		return x.Fn.Fields
	case *expr.Col:
		return b.Meta.Fields(x.ID)
	case *expr.Case:
		fields := b.fieldsOf(x.Whens[0].Then)
		for _, w := range x.Whens[1:] {
			if !slices.Equal(fields, b.fieldsOf(w.Then)) {
				return nil
			}
		}
		if x.Else != nil && !slices.Equal(fields, b.fieldsOf(x.Else)) {
			return nil
		}
		return fields
	case *plan.Subquery:
		if x.Kind == plan.ScalarSub {
			return b.Meta.Fields(x.Out[0])
		}
	}
	return nil
}

// newColumn makes a column for an expression.
func (b *Binder) newColumn(name string, e expr.Expr) int {
	id := b.Meta.Add(name, e.Type())
	if e.Type().Is(types.Record) {
		b.Meta.SetFields(id, b.fieldsOf(e))
	}
	return id
}

// selectField takes a field out of a record.
func (b *Binder) selectField(x expr.Expr, fields []types.Field, i int, pos ast.Pos) expr.Expr {
	if c, ok := x.(*expr.Call); ok && c.Fn.Fields != nil {
		return c.Args[i]
	}
	return &expr.Call{Fn: expr.FieldOf(fields, i), Args: []expr.Expr{x}, T: fields[i].Type, Pos: int(pos)}
}

// composite binds what a field is taken of, with its fields.
func (b *Binder) composite(c *context, e ast.Expr, of ast.Expr, name string) (expr.Expr, []types.Field, error) {
	x, err := b.typedScalar(c, e)
	if err != nil {
		return nil, nil, err
	}
	if !x.Type().Is(types.Record) {
		return nil, nil, sqlerr.New(sqlerr.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, x.Type()).At(int(loc(e)))
	}
	fields := b.fieldsOf(x)
	if _, sub := x.(*plan.Subquery); sub && fields != nil && !types.Named(fields) { // PostgreSQL knows those of a relation's row only
		return nil, nil, sqlerr.New(sqlerr.UndefinedColumn, "could not identify column %q in record data type", name).At(int(of.Position()))
	}
	if fields == nil {
		return nil, nil, unsupported(of, "selecting a field of this composite value")
	}
	return x, fields, nil
}

// similar refuses records whose fields, as far as they are known, do not compare.
func similar(x, y []types.Field) error {
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i].Type != y[i].Type {
			return sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", x[i].Type, y[i].Type, i+1)
		}
	}
	if x != nil && y != nil && len(x) != len(y) {
		return sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return nil
}

// sure makes a comparison of records one that cannot fail, where both have the same fields and each of these has an order.
func (b *Binder) sure(fn *expr.Func, args []expr.Expr) *expr.Func {
	if len(args) != 2 || !fn.CanFail || len(fn.Args) != 2 || !fn.Args[0].Is(types.Record) || !fn.Args[1].Is(types.Record) {
		return fn
	}
	x, y := b.fieldsOf(args[0]), b.fieldsOf(args[1])
	same := func(f, g types.Field) bool {
		return f.Type == g.Type && f.Type.Kind != types.JSON && f.Type.Kind != types.Unknown && f.Type.Kind != types.Record
	}
	if x == nil || y == nil || !slices.EqualFunc(x, y, same) {
		return fn
	}
	return expr.SureToCompare(fn)
}
