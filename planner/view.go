package planner

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/planner/rewrite"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
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
	if len(bound.Locks) > 0 || slices.ContainsFunc(b.Stages, func(st *bind.Stage) bool { return st.Query != nil }) {
		return nil, sqlerr.Unsupported(pos, "a view that locks rows, or that has a subquery in LIMIT or OFFSET,")
	}
	if len(b.Stages) > 0 {
		what := "views must not contain"
		if materialized {
			what = "materialized views must not use"
		}
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "%s data-modifying statements in WITH", what).At(pos)
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
	if o.Node, err = rewritten(env, b, &o); err != nil {
		return nil, err
	}
	out := &View{DependsOn: b.Reads}
	for _, p := range b.ViewParams {
		out.ParamNames = append(out.ParamNames, p.Name)
	}
	props := plan.PropsOf(o.Node)
	out.Physical = physical.NewView(o, len(b.ViewParams))
	cols, err := split(env, b, &o, out.Physical)
	if err != nil {
		return nil, err
	}
	all := bound.Cols
	for _, id := range cols[len(o.Cols):] {
		all = append(all, bind.OutCol{Name: "#" + b.Meta.Name(id) + itoa(len(all)), ID: id, T: b.Meta.Type(id)})
	}
	out.Columns = columns(all, o.Cols, props)
	out.Physical.Names = nil
	for _, c := range out.Columns {
		out.Physical.Names = append(out.Physical.Names, c.Name)
	}
	return out, nil
}

// split makes the plan of what the view's tree holds, and says what is left to a read. It gives the view's columns, the hidden ones too.
func split(env *Env, b *bind.Binder, o *physical.Output, v *physical.View) (cols []int, err error) {
	cols = o.Columns()
	limit, in, limited := rewrite.TakeLimit(o.Node, cols[:v.Params], o.Order)
	if !limited {
		in = o.Node
	}
	held := plan.SetOf()
	for _, c := range v.Order {
		held.Add(cols[c.Col])
	}
	c := &rewrite.Ctx{Meta: b.Meta, Config: configOf(env), View: true}
	core, cols, late, err := rewrite.DeferColumns(c, in, cols, held)
	if err != nil {
		return nil, err
	}
	pb := &physical.Builder{Catalog: env.Catalog, Meta: b.Meta}
	if v.Root, err = pb.Build(rewrite.ComputeOnce(c, core)); err != nil || !limited && len(late) == 0 {
		return cols, err
	}
	v.Finish = &catalog.Finish{Limit: -1, Late: lateColumns(cols, late)}
	for _, o := range v.Order {
		if b.Meta.Type(cols[o.Col]).Rep() == types.RepInt && !slices.Contains(v.Finish.Keyed, o.Col) {
			v.Finish.Keyed = append(v.Finish.Keyed, o.Col)
		}
	}
	if limited {
		v.Finish.Limit, v.Finish.Offset = limit.Limit, limit.Offset
	}
	all, err := rewrite.PruneColumns(c, whole(b.Meta, o, cols))
	if err != nil {
		return nil, err
	}
	v.Whole, err = pb.Build(rewrite.ComputeOnce(c, all))
	return cols, err
}

// whole is the plan of a view's rows. The keys among cols that the query has not are NULL in it, as for every reader: they must not count where the
// order of images does.
func whole(m *plan.Meta, o *physical.Output, cols []int) plan.Node {
	own := o.Columns()
	if len(cols) == len(own) {
		return o.Node
	}
	items := plan.Pass(m, own)
	for _, id := range cols[len(own):] {
		items = append(items, plan.Item{ID: m.Add(m.Name(id), m.Type(id)), Expr: expr.Null(m.Type(id))})
	}
	return &plan.Project{In: o.Node, Items: items}
}

// lateColumns are the deferred columns by position among the view's columns cols.
func lateColumns(cols []int, deferred []rewrite.Deferred) []catalog.Late {
	var out []catalog.Late
	for _, d := range deferred {
		l := catalog.Late{Table: d.Table.ID}
		for _, id := range d.Key {
			l.Key = append(l.Key, slices.Index(cols, id))
		}
		for i, id := range cols {
			if from, ok := d.Cols[id]; ok {
				l.Cols, l.From = append(l.Cols, i), append(l.From, from)
			}
		}
		out = append(out, l)
	}
	return out
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
