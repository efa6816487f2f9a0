package rewrite

import (
	"maps"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// pusher carries outer columns through a query: the result computes the query for many values of them at once, with each value as
// columns of its own.
type pusher struct {
	c     *Ctx
	outer []int
	// domain makes the relation of the values asked for. nil: only values that the query itself equates with a column are there.
	domain func() (plan.Node, []int)
	pos    int
}

// pushed is a query for many values.
type pushed struct {
	node plan.Node
	// cols says which column of node holds which outer column; some may be missing without a domain.
	cols map[int]int
	// nullable: NULL values are among those computed (from a domain).
	nullable bool
	// absent, without a domain: a value that does not occur has a row nevertheless, with these columns; posts are the projections above
	// the aggregate, not applied yet, innermost first.
	absent []absentCol
	posts  [][]plan.Item
}

// absentCol is an aggregate: column from in the pushed node becomes id, with the aggregate's value over no rows where there is none.
type absentCol struct {
	id, from int
	empty    expr.Expr // NULL constant: as it comes
}

func (a absentCol) value(m *plan.Meta) expr.Expr {
	if k, ok := a.empty.(*expr.Const); ok && k.D.IsNull() {
		return m.Col(a.from)
	}
	return &expr.Coalesce{Args: []expr.Expr{m.Col(a.from), a.empty}, T: m.Type(a.id)}
}

func (r pushed) covers(outer []int) bool {
	for _, o := range outer {
		if _, ok := r.cols[o]; !ok {
			return false
		}
	}
	return true
}

func (p *pusher) correlated(n plan.Node) bool { return plan.Free(n).HasAny(plan.SetOf(p.outer...)) }

func (p *pusher) refers(es ...expr.Expr) bool {
	return plan.RefsOf(es...).HasAny(plan.SetOf(p.outer...))
}

// fail says that the query cannot be computed for all values without a domain.
func (p *pusher) fail() error {
	return sqlerr.Unsupported(p.pos, "this correlation")
}

// force makes sure that the domain's values are in r.
func (p *pusher) force(r pushed) (pushed, error) {
	if r.covers(p.outer) && r.absent == nil {
		return r, nil
	}
	if p.domain == nil {
		return r, p.fail()
	}
	d, cols := p.domain()
	out := pushed{node: &plan.Join{Kind: plan.Inner, L: d, R: r.node}, cols: map[int]int{}, nullable: true}
	for i, o := range p.outer {
		out.cols[o] = cols[i]
	}
	return out, nil
}

// sub replaces outer columns by those of r.
func (p *pusher) sub(r pushed, e expr.Expr) expr.Expr {
	with := map[int]expr.Expr{}
	for _, o := range p.outer {
		if id, ok := r.cols[o]; ok {
			with[o] = p.c.Meta.Col(id)
		}
	}
	return plan.Replace(e, with)
}

func (p *pusher) subAll(r pushed, es []expr.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = p.sub(r, e)
	}
	if p.refers(out...) {
		return nil, p.fail()
	}
	return out, nil
}

// push computes n for many values. What does not refer to them comes back as it is, without columns for them.
func (p *pusher) push(n plan.Node) (pushed, error) {
	if !p.correlated(n) {
		return pushed{node: n, cols: map[int]int{}}, nil
	}
	switch n := n.(type) {
	case *plan.Filter:
		return p.filter(n)
	case *plan.Project:
		return p.project(n)
	case *plan.Join:
		return p.join(n)
	case *plan.Values:
		return p.values(n)
	case *plan.Union:
		return p.union(n)
	case *plan.SetOp:
		return p.setOp(n)
	case *plan.Reduce:
		return p.reduce(n)
	case *plan.FlatMap:
		r, err := p.input(n.In, n.Args)
		if err != nil {
			return r, err
		}
		m := *n
		m.In = r.node
		m.Args, err = p.subAll(r, n.Args)
		r.node = &m
		return r, err
	case *plan.Distinct:
		r, err := p.exactly(n.In)
		r.node = &plan.Distinct{In: r.node}
		return r, err
	case *plan.TopK:
		r, err := p.exactly(n.In)
		k := *n
		k.In, k.Partition = r.node, append(slices.Clone(n.Partition), r.values(p.outer)...)
		r.node = &k
		return r, err
	case *plan.Window:
		return p.window(n)
	case *plan.Single:
		r, err := p.plain(n.In)
		r.node = &plan.Single{In: r.node, Key: append(slices.Clone(n.Key), r.values(p.outer)...)}
		return r, err
	}
	return pushed{}, p.fail()
}

// values are the columns of the outer columns, in their order.
func (r pushed) values(outer []int) []int {
	var out []int
	for _, o := range outer {
		if id, ok := r.cols[o]; ok {
			out = append(out, id)
		}
	}
	return out
}

// plain pushes an input under which no absent rows may be left open.
func (p *pusher) plain(n plan.Node) (pushed, error) {
	r, err := p.push(n)
	if err != nil {
		return r, err
	}
	if r.absent != nil || p.domain != nil && !r.covers(p.outer) {
		return p.force(r)
	}
	return r, nil
}

// input pushes an input on top of which es are computed: what they refer to must be there.
func (p *pusher) input(n plan.Node, es []expr.Expr) (pushed, error) {
	r, err := p.plain(n)
	if err != nil {
		return r, err
	}
	if _, err := p.subAll(r, es); err != nil {
		return p.force(r)
	}
	return r, nil
}

// exactly pushes an input and leaves n's columns and the outer ones, nothing else: for operators on whole rows.
func (p *pusher) exactly(n plan.Node) (pushed, error) {
	r, err := p.plain(n)
	if err != nil {
		return r, err
	}
	return p.only(r, n.Cols()), nil
}

// only leaves the columns cols and the outer ones.
func (p *pusher) only(r pushed, cols []int) pushed {
	for _, v := range r.values(p.outer) {
		if !slices.Contains(cols, v) {
			cols = append(slices.Clone(cols), v)
		}
	}
	if !slices.Equal(cols, r.node.Cols()) {
		r.node = &plan.Project{In: r.node, Items: plan.Pass(p.c.Meta, cols)}
	}
	return r
}

// window makes the outer columns part of the partition.
func (p *pusher) window(n *plan.Window) (pushed, error) {
	r, err := p.input(n.In, plan.Exprs(n))
	if err != nil {
		return r, err
	}
	if _, err = p.subAll(r, plan.Exprs(n)); err != nil {
		return r, err
	}
	r = p.only(r, n.In.Cols())
	k := *n
	k.In, k.Partition = r.node, append(slices.Clone(n.Partition), r.values(p.outer)...)
	r.node = plan.MapExprs(&k, func(e expr.Expr) expr.Expr { return p.sub(r, e) })
	return r, nil
}

func (p *pusher) filter(n *plan.Filter) (pushed, error) {
	r, err := p.plain(n.In)
	if err != nil {
		return r, err
	}
	preds := p.equate(&r, n.Preds)
	preds, err = p.subAll(r, preds)
	if err != nil {
		if r, err = p.force(r); err != nil {
			return r, err
		}
		if preds, err = p.subAll(r, n.Preds); err != nil {
			return r, err
		}
	}
	r.node = filtered(r.node, preds)
	return r, nil
}

// equate finds predicates o = x for outer columns that r does not have yet: x then is that column. NULLs go, as the predicate
// would have it. It gives the predicates that are left.
func (p *pusher) equate(r *pushed, preds []expr.Expr) []expr.Expr {
	var rest []expr.Expr
	have := plan.SetOf(r.node.Cols()...)
	r.cols = maps.Clone(r.cols)
	for _, e := range preds {
		o, x, ok := p.equated(e, have)
		if _, known := r.cols[o]; !ok || known {
			rest = append(rest, e)
			continue
		}
		c, plain := x.(*expr.Col)
		id := 0
		if plain && !slices.Contains(r.values(p.outer), c.ID) {
			id = c.ID
		} else {
			id = p.c.Meta.Add(p.c.Meta.Name(o), x.Type())
			r.node = &plan.Project{In: r.node, Items: append(plan.Pass(p.c.Meta, r.node.Cols()), plan.Item{ID: id, Expr: x})}
		}
		r.cols[o] = id
		rest = append(rest, &expr.IsNull{X: p.c.Meta.Col(id), Not: true})
	}
	return rest
}

// equated recognises o = x, o an outer column, x of a type that fits into o's over columns of have.
func (p *pusher) equated(e expr.Expr, have plan.ColSet) (o int, x expr.Expr, ok bool) {
	l, r, ok := plan.Equality(e)
	if !ok {
		return 0, nil, false
	}
	for range 2 {
		c, isCol := l.(*expr.Col)
		if isCol && slices.Contains(p.outer, c.ID) {
			x, fits := widened(r, c.T)
			if !fits {
				l, r = r, l
				continue
			}
			r = x
			if refs := plan.RefsOf(r); len(refs) > 0 && have.HasAll(refs) && !expr.CanFail(r) {
				return c.ID, r, true
			}
		}
		l, r = r, l
	}
	return 0, nil, false
}

// widened makes e a value of type t where that loses nothing: the types are the same, or e's fits into t.
func widened(e expr.Expr, t types.Type) (expr.Expr, bool) {
	from, to := e.Type().Base(), t.Base()
	if from == to {
		return e, true
	}
	size := map[types.Kind]int{types.Int2: 2, types.Int4: 4, types.Int8: 8}
	if from.Array || to.Array || size[from.Kind] == 0 || size[from.Kind] > size[to.Kind] {
		return nil, false
	}
	conv := types.FindCast(from, to)
	return &expr.Cast{X: e, To: to, Conv: conv, Pos: -1}, conv != nil
}

func (p *pusher) project(n *plan.Project) (pushed, error) {
	r, err := p.push(n.In)
	if err != nil {
		return r, err
	}
	if r.absent != nil {
		r.posts = append(slices.Clone(r.posts), n.Items)
		return r, nil
	}
	es, err := p.subAll(r, plan.Exprs(n))
	if err != nil || p.domain != nil && !r.covers(p.outer) {
		if r, err = p.force(r); err != nil {
			return r, err
		}
		if es, err = p.subAll(r, plan.Exprs(n)); err != nil {
			return r, err
		}
	}
	out := &plan.Project{In: r.node}
	for i, it := range n.Items {
		out.Items = append(out.Items, plan.Item{ID: it.ID, Expr: es[i]})
	}
	r.node = p.c.keep(out, &r, p.outer)
	return r, nil
}

// keep adds the outer columns to a projection, under new ids where it has the old ones already.
func (c *Ctx) keep(n *plan.Project, r *pushed, outer []int) plan.Node {
	have := plan.SetOf(n.Cols()...)
	r.cols = maps.Clone(r.cols)
	for _, o := range outer {
		id, ok := r.cols[o]
		if !ok {
			continue
		}
		if have.Has(id) {
			// Passed through already: then it holds the same value.
			if slices.ContainsFunc(n.Items, func(it plan.Item) bool { col, ok := it.Expr.(*expr.Col); return it.ID == id && ok && col.ID == id }) {
				continue
			}
			fresh := c.Meta.Add(c.Meta.Name(id), c.Meta.Type(id))
			n.Items = append(n.Items, plan.Item{ID: fresh, Expr: c.Meta.Col(id)})
			r.cols[o] = fresh
			continue
		}
		n.Items = append(n.Items, plan.Item{ID: id, Expr: c.Meta.Col(id)})
		have.Add(id)
	}
	return n
}

// reduce groups by the outer columns, too. An aggregate without groups has a row for each value, also where no input row has it.
func (p *pusher) reduce(n *plan.Reduce) (pushed, error) {
	r, err := p.input(n.In, plan.Exprs(n))
	if err != nil {
		return r, err
	}
	if !r.covers(p.outer) {
		return r, p.fail()
	}
	out := &plan.Reduce{In: r.node, Keys: slices.Clone(n.Keys)}
	for _, v := range r.values(p.outer) {
		if !slices.Contains(out.Keys, v) {
			out.Keys = append(out.Keys, v)
		}
	}
	var absent []absentCol
	for _, a := range n.Aggs {
		id := a.ID
		if n.Scalar {
			id = p.c.Meta.Add(p.c.Meta.Name(a.ID), a.Call.T)
			absent = append(absent, absentCol{id: a.ID, from: id, empty: &expr.Const{D: a.Call.Fn.Empty, T: a.Call.T}})
		}
		out.Aggs = append(out.Aggs, plan.Agg{ID: id, Call: plan.MapAgg(a.Call, func(e expr.Expr) expr.Expr { return p.sub(r, e) })})
	}
	r.node = out
	if !n.Scalar {
		return r, nil
	}
	if p.domain == nil {
		r.absent = absent
		if absent == nil {
			r.absent = []absentCol{}
		}
		return r, nil
	}
	return p.fillDomain(r, absent)
}

// fillDomain joins the domain's values with their groups; those without one get the aggregate over no rows.
func (p *pusher) fillDomain(r pushed, absent []absentCol) (pushed, error) {
	d, cols := p.domain()
	j := &plan.Join{Kind: plan.Left, L: d, R: r.node}
	known := plan.PropsOf(d).NotNull
	for i, o := range p.outer {
		eq, err := p.c.equal(cols[i], r.cols[o], known.Has(cols[i]) || !r.nullable)
		if err != nil {
			return r, at(err, p.pos)
		}
		j.On = append(j.On, eq)
	}
	out := &plan.Project{In: j, Items: plan.Pass(p.c.Meta, cols)}
	for _, ab := range absent {
		out.Items = append(out.Items, plan.Item{ID: ab.id, Expr: ab.value(p.c.Meta)})
	}
	res := pushed{node: out, cols: map[int]int{}, nullable: true}
	for i, o := range p.outer {
		res.cols[o] = cols[i]
	}
	return res, nil
}
