package rewrite

import (
	"maps"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// apart renames the values on the right that the left carries in columns of the same ids: a domain is a copy of the left side's plan.
func (p *pusher) apart(l, r pushed) pushed {
	left := plan.SetOf(l.node.Cols()...)
	if !slices.ContainsFunc(r.values(p.outer), left.Has) {
		return r
	}
	proj := &plan.Project{In: r.node}
	for _, id := range r.node.Cols() {
		if !left.Has(id) {
			proj.Items = append(proj.Items, plan.Pass(p.c.Meta, []int{id})...)
		}
	}
	cols := map[int]int{}
	for _, o := range p.outer {
		id, ok := r.cols[o]
		if ok && left.Has(id) {
			other := p.c.Meta.Add(p.c.Meta.Name(id), p.c.Meta.Type(id))
			proj.Items = append(proj.Items, plan.Item{ID: other, Expr: p.c.Meta.Col(id)})
			id = other
		}
		if ok {
			cols[o] = id
		}
	}
	r.node, r.cols = proj, cols
	return r
}

// same conditions that two sides carry the same values.
func (p *pusher) same(l, r pushed) ([]expr.Expr, error) {
	var on []expr.Expr
	for _, o := range p.outer {
		a, ok1 := l.cols[o]
		b, ok2 := r.cols[o]
		if !ok1 || !ok2 {
			continue
		}
		eq, err := p.c.equal(a, b, !l.nullable || !r.nullable || plan.PropsOf(l.node).NotNull.Has(a))
		if err != nil {
			return nil, at(err, p.pos)
		}
		on = append(on, eq)
	}
	return on, nil
}

func (p *pusher) join(n *plan.Join) (pushed, error) {
	if n.Kind == plan.Inner {
		return p.innerJoin(n)
	}
	l, err := p.plain(n.L)
	if err != nil {
		return l, err
	}
	r, err := p.push(n.R)
	if err != nil {
		return r, err
	}
	if r.absent != nil {
		if r, err = p.force(r); err != nil {
			return r, err
		}
	}
	if lacks := p.lacks(l, r, n.On); lacks && n.Kind == plan.Semi && p.domain == nil {
		return p.semiFromRight(n, l, r)
	} else if lacks || n.Kind == plan.Full && !l.covers(p.outer) {
		if l, err = p.force(l); err != nil {
			return l, err
		}
	}
	if n.Kind == plan.Full {
		return p.fullJoin(n, l, r)
	}
	r = p.apart(l, r)
	eqs, err := p.same(l, r)
	if err != nil {
		return l, err
	}
	on, err := p.subAll(l, n.On)
	if err != nil {
		return l, err
	}
	j := joinWith(&plan.Apply{Kind: n.Kind, L: l.node, On: on}, r.node, eqs)
	l.node = j
	return l, nil
}

// lacks tells whether the left side of a join is without a value that the right side or the condition has.
func (p *pusher) lacks(l, r pushed, on []expr.Expr) bool {
	refs := plan.RefsOf(on...)
	for _, o := range p.outer {
		_, right := r.cols[o]
		if _, left := l.cols[o]; !left && (right || refs.Has(o)) {
			return true
		}
	}
	return false
}

func (p *pusher) innerJoin(n *plan.Join) (pushed, error) {
	l, err := p.push(n.L)
	if err != nil {
		return l, err
	}
	r, err := p.push(n.R)
	if err != nil {
		return r, err
	}
	for _, side := range []*pushed{&l, &r} {
		if side.absent != nil {
			if *side, err = p.force(*side); err != nil {
				return *side, err
			}
		}
	}
	r = p.apart(l, r)
	eqs, err := p.same(l, r)
	if err != nil {
		return l, err
	}
	out := pushed{node: &plan.Join{Kind: plan.Inner, L: l.node, R: r.node, On: eqs}, cols: maps.Clone(l.cols), nullable: l.nullable || r.nullable}
	for o, id := range r.cols {
		if _, ok := out.cols[o]; !ok {
			out.cols[o] = id
		}
	}
	rest := p.equate(&out, n.On)
	on, err := p.subAll(out, rest)
	if err != nil || p.domain != nil && !out.covers(p.outer) {
		if out, err = p.force(out); err != nil {
			return out, err
		}
		if on, err = p.subAll(out, n.On); err != nil {
			return out, err
		}
	}
	out.node = filtered(out.node, on)
	return out, nil
}

// semiFromRight: where only the right side of a semi join knows the values, each left row is there once per value that its matches have.
//
//	Semi(l.a = r.b, l, r) => Join(l.a = r.b, l, Distinct(r.b, values))
func (p *pusher) semiFromRight(n *plan.Join, l, r pushed) (pushed, error) {
	if !equalities(n.On) || len(l.cols) > 0 || !r.covers(p.outer) || p.refers(n.On...) || slices.ContainsFunc(n.On, expr.CanFail) {
		return l, p.fail()
	}
	lcols, rcols := plan.SetOf(l.node.Cols()...), plan.SetOf(n.R.Cols()...)
	proj := &plan.Project{In: r.node}
	res := pushed{cols: map[int]int{}}
	for _, o := range p.outer {
		id := p.c.Meta.Add(p.c.Meta.Name(o), p.c.Meta.Type(o))
		proj.Items = append(proj.Items, plan.Item{ID: id, Expr: p.c.Meta.Col(r.cols[o])})
		res.cols[o] = id
	}
	var on []expr.Expr
	for _, e := range n.On {
		a, b, _ := plan.Equality(e)
		if rcols.HasAll(plan.RefsOf(a)) {
			a, b = b, a
		}
		if !lcols.HasAll(plan.RefsOf(a)) || !rcols.HasAll(plan.RefsOf(b)) || len(plan.RefsOf(b)) == 0 {
			return l, p.fail()
		}
		id := p.c.Meta.Add("key", b.Type())
		proj.Items = append(proj.Items, plan.Item{ID: id, Expr: b})
		c := *e.(*expr.Call)
		if rcols.HasAll(plan.RefsOf(c.Args[0])) {
			c.Args = []expr.Expr{p.c.Meta.Col(id), a}
		} else {
			c.Args = []expr.Expr{a, p.c.Meta.Col(id)}
		}
		on = append(on, &c)
	}
	res.node = &plan.Join{Kind: plan.Inner, L: l.node, R: &plan.Distinct{In: proj}, On: on}
	return res, nil
}

// fullJoin: a value may be on one side only.
func (p *pusher) fullJoin(n *plan.Join, l, r pushed) (pushed, error) {
	var err error
	if !r.covers(p.outer) {
		if r, err = p.force(r); err != nil {
			return r, err
		}
	}
	r = p.apart(l, r)
	eqs, err := p.same(l, r)
	if err != nil {
		return l, err
	}
	if l.nullable && r.nullable && slices.ContainsFunc(eqs, func(e expr.Expr) bool { _, d := e.(*expr.IsDistinct); return d }) {
		return l, sqlerr.Unsupported(p.pos, "a correlated FULL JOIN over a column that may be NULL")
	}
	on, err := p.subAll(l, n.On)
	if err != nil {
		return l, err
	}
	j := &plan.Join{Kind: plan.Full, L: l.node, R: r.node, On: append(eqs, on...)}
	out := &plan.Project{In: j, Items: plan.Pass(p.c.Meta, j.Cols())}
	res := pushed{node: out, cols: map[int]int{}, nullable: l.nullable}
	for _, o := range p.outer {
		a, b := p.c.Meta.Col(l.cols[o]), p.c.Meta.Col(r.cols[o])
		id := p.c.Meta.Add(p.c.Meta.Name(o), a.T)
		out.Items = append(out.Items, plan.Item{ID: id, Expr: &expr.Coalesce{Args: []expr.Expr{a, b}, T: a.T}})
		res.cols[o] = id
	}
	return res, nil
}
