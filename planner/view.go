package planner

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/planner/rewrite"
	"github.com/streamsql/streamsql/sqlerr"
)

// PlanView plans CREATE [MATERIALIZED] VIEW.
func PlanView(env *Env, s *ast.CreateView) (*View, error) {
	if s.NoData {
		return nil, unsupportedAt(s.Pos, "WITH NO DATA")
	}
	return planView(env, s.Query, s.Cols, s.Materialized, int(s.Pos))
}

// ReplanView plans a stored view again, as after a restart; same catalog, same plan.
func ReplanView(env *Env, v *catalog.View) (*View, error) {
	q, err := bind.ParseView(v)
	if err != nil {
		return nil, err
	}
	return planView(bind.ViewEnv(env, v), q, v.ColumnNames, v.Materialized, -1)
}

func planView(env *Env, q *ast.Query, names []string, materialized bool, pos int) (*View, error) {
	b := newBinder(env)
	if materialized {
		b.ForView()
	}
	bound, err := b.Query(q)
	if err != nil {
		return nil, err
	}
	if _, err := b.Params(); err != nil {
		return nil, err
	}
	if len(b.ViewParams) > 0 {
		if err := rewrite.CheckParams(b.Meta, b.Parameters()); err != nil {
			return nil, err
		}
	}
	if !materialized {
		if err := b.NameView(bound, names, pos, false); err != nil {
			return nil, err
		}
		return &View{Columns: columns(bound.Cols, nil, plan.Props{}), DependsOn: b.Reads}, nil
	}
	bound, err = materialize(env, b, bound, q)
	if err != nil {
		return nil, err
	}
	if err := b.NameView(bound, names, pos, true); err != nil {
		return nil, err
	}
	o := output(bound)
	if o.Node, err = rewritten(env, b, &o, nil); err != nil {
		return nil, err
	}
	out := &View{DependsOn: b.Reads}
	for _, p := range b.ViewParams {
		out.ParamNames = append(out.ParamNames, p.Name)
	}
	props := plan.PropsOf(o.Node)
	all := bound.Cols
	for _, id := range o.Columns()[len(o.Cols):] {
		all = append(all, bind.OutCol{Name: "#order" + itoa(len(all)), ID: id, T: b.Meta.Type(id)})
	}
	out.Columns = columns(all, o.Cols, props)
	o.Names = nil
	for _, c := range out.Columns {
		o.Names = append(o.Names, c.Name)
	}
	out.Physical, err = (&physical.Builder{Catalog: env.Catalog, Meta: b.Meta}).View(o, len(b.ViewParams))
	return out, err
}

// materialize makes the query a plain relation: LIMIT becomes a top-k (per value of the parameters), parameters become leading columns.
func materialize(env *Env, b *bind.Binder, q *bind.Query, src *ast.Query) (*bind.Query, error) {
	n, err := b.Limited(q, src)
	if err != nil {
		return nil, err
	}
	out := &bind.Query{Node: n, Cols: q.Cols, Order: q.Order}
	if len(b.ViewParams) == 0 {
		return out, nil
	}
	keep := output(q).Columns()
	c := &rewrite.Ctx{Meta: b.Meta, Config: configOf(env)}
	r, err := rewrite.Parameterise(c, n, keep, b.Parameters())
	if err != nil {
		return nil, err
	}
	if r.Absent != nil && !bind.ScalarShape(src) {
		return nil, sqlerr.Unsupported(b.ViewParams[0].Pos, "a view parameter below an aggregate without groups in this place")
	}
	out.Node, out.Cols = r.Node, nil
	for i, p := range b.ViewParams {
		out.Cols = append(out.Cols, bind.OutCol{Name: p.Name, ID: r.Params[i], T: b.Meta.Type(r.Params[i])})
	}
	out.Cols = append(out.Cols, q.Cols...)
	return out, nil
}

// columns are a view's columns; those beyond visible only serve its order.
func columns(cols []bind.OutCol, visible []int, props plan.Props) []catalog.Column {
	var out []catalog.Column
	for i, c := range cols {
		out = append(out, catalog.Column{Name: c.Name, Type: c.T, NotNull: props.NotNull.Has(c.ID), Hidden: visible != nil && i >= len(visible)})
	}
	return out
}
