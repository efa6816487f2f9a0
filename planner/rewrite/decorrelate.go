package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Decorrelate replaces every Apply by joins, innermost first (Neumann and Kemper, Unnesting Arbitrary Queries, 2015). Four ways, the cheapest that applies:
//
//	Apply(x, q)             => Join(x, q)                      q does not refer to x
//	Apply(x, f(q))          => f(Join(x, q))                   inner, f row by row
//	Apply(x, Filter(p, q))  => Join(p, x, q)                   only filters of q refer to x, lifted to its top
//	Apply(x, q)             => Join(x.o = k, x, q')            each outer column o is equated in q with k; q' carries k through
//	Apply(x, q)             => Join(x.o = d.o, x, q'(d))       d = distinct outer keys of x that pass the guard; q' computes q for all of d
//
// The fourth computes q for keys that x may not have, so q must not fail.
func Decorrelate(c *Ctx, n plan.Node) (plan.Node, error) {
	n, err := mapInputs(n, func(in plan.Node) (plan.Node, error) { return Decorrelate(c, in) })
	if err != nil {
		return nil, err
	}
	a, ok := n.(*plan.Apply)
	if !ok {
		return n, nil
	}
	return c.decorrelate(a)
}

func (c *Ctx) decorrelate(a *plan.Apply) (plan.Node, error) {
	outer := outerRefs(a)
	if _, on := split(a.On, plan.IsTrue); len(on) < len(a.On) {
		b := *a
		b.On = on
		a = &b
	}
	if len(outer) == 0 && a.Guard == nil {
		kind := a.Kind
		if kind == plan.Left && len(a.On) == 0 && oneRow(a.R) {
			kind = plan.Inner
		}
		return &plan.Join{Kind: kind, L: a.L, R: a.R, On: a.On}, nil
	}
	printed := c.printed(a.R, outer)
	if a.Guard == nil {
		if n, ok, err := c.pullUp(a); ok || err != nil {
			return n, err
		}
		if n, ok := c.lift(a); ok {
			return n, nil
		}
		if len(printed) == 0 && (!canFail(a.R) || !canFail(underPosts(a.R)) && whole(a.L)) {
			p := &pusher{c: c, outer: outer}
			r, err := p.push(a.R)
			fills := !a.Kind.LeftOnly() && a.Kind != plan.Full && (a.Kind == plan.Inner || len(a.On) == 0)
			if err == nil && r.covers(outer) && (r.absent == nil || fills) {
				return c.rejoin(a, outer, r)
			}
		}
	}
	if plan.Volatile(a.L) || plan.Volatile(a.R) {
		return nil, sqlerr.Unsupported(a.Pos, "this correlated subquery beside volatile functions")
	}
	if len(printed) > 0 {
		return c.byImage(a, printed)
	}
	p := &pusher{c: c, outer: outer, domain: c.domainOf(a, outer), pos: a.Pos}
	r, err := p.push(a.R)
	if err != nil {
		return nil, err
	}
	if r, err = p.force(r); err != nil {
		return nil, err
	}
	return c.rejoin(a, outer, r)
}

// underPosts is n without the projections above an aggregate that has a row for every key: they are computed behind the join, for the left side's
// rows alone, and may fail there.
func underPosts(n plan.Node) plan.Node {
	in := n
	for p, ok := in.(*plan.Project); ok; p, ok = in.(*plan.Project) {
		in = p.In
	}
	if r, ok := in.(*plan.Reduce); ok && r.Scalar {
		return r
	}
	return n
}

// whole tells whether nothing narrows n's relations down: then a query for all keys that occur is not one for many more than n has.
func whole(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Scan:
		return true
	case *plan.Project:
		return whole(n.In)
	case *plan.Join:
		return !n.Kind.LeftOnly() && whole(n.L) && (n.Kind == plan.Left || whole(n.R))
	}
	return false
}

// printed are the outer columns whose equal values may print differently and that n does more with than compare.
func (c *Ctx) printed(n plan.Node, outer []int) []int {
	var out []int
	for _, o := range outer {
		if Ambiguous(c.Meta.Type(o)) && usesImage(n, o) {
			out = append(out, o)
		}
	}
	return out
}

// usesImage tells whether something in n refers to a column other than as an operand of a comparison.
func usesImage(n plan.Node, col int) bool {
	found := false
	for _, e := range plan.Exprs(n) {
		expr.Walk(e, func(x expr.Expr) bool {
			switch x := x.(type) {
			case *expr.Col:
				found = found || x.ID == col
			case *expr.Call:
				switch x.Fn.Name {
				case "=", "<>", "<", "<=", ">", ">=":
					for _, a := range x.Args {
						if _, isCol := a.(*expr.Col); !isCol {
							found = found || plan.RefsOf(a).Has(col)
						}
					}
					return false
				}
			}
			return !found
		})
	}
	return found || slices.ContainsFunc(n.Inputs(), func(in plan.Node) bool { return usesImage(in, col) })
}

// byImage makes the text of such columns outer keys as well, so that 1.0 and 1.00 are two keys: the domain is distinct by equality.
func (c *Ctx) byImage(a *plan.Apply, printed []int) (plan.Node, error) {
	l := &plan.Project{In: a.L, Items: plan.Pass(c.Meta, a.L.Cols())}
	outer := outerRefs(a)
	for _, o := range printed {
		text := types.Of(types.Text)
		conv := types.FindCast(c.Meta.Type(o).Base(), text)
		if conv == nil {
			return nil, sqlerr.Unsupported(a.Pos, "a subquery that depends on a column of type %s", c.Meta.Type(o))
		}
		id := c.Meta.Add(c.Meta.Name(o), text)
		l.Items = append(l.Items, plan.Item{ID: id, Expr: &expr.Cast{X: c.Meta.Col(o), To: text, Conv: conv, Pos: -1}})
		outer = append(outer, id)
	}
	b := *a
	b.L = l
	p := &pusher{c: c, outer: outer, domain: c.domainOf(&b, outer), pos: a.Pos}
	r, err := p.push(a.R)
	if err != nil {
		return nil, err
	}
	if r, err = p.force(r); err != nil {
		return nil, err
	}
	n, err := c.rejoin(&b, outer, r)
	if err != nil {
		return nil, err
	}
	return &plan.Project{In: n, Items: plan.Pass(c.Meta, a.Cols())}, nil
}

// outerRefs are the columns of a's left side that its right side refers to, in the order of the left side's columns.
func outerRefs(a *plan.Apply) []int {
	free := plan.Free(a.R)
	var out []int
	for _, id := range a.L.Cols() {
		if free.Has(id) {
			out = append(out, id)
		}
	}
	return out
}

// oneRow tells whether n always has exactly one row.
func oneRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Reduce:
		return n.Scalar
	case *plan.Project:
		return oneRow(n.In)
	case *plan.Values:
		return len(n.Rows) == 1
	}
	return false
}

// pullUp moves row-by-row operators of the right side of an inner apply above it.
func (c *Ctx) pullUp(a *plan.Apply) (plan.Node, bool, error) {
	if a.Kind != plan.Inner {
		return nil, false, nil
	}
	again := func(r plan.Node) (plan.Node, error) {
		if plan.IsOne(r) {
			return filtered(a.L, nil), nil
		}
		return c.decorrelate(&plan.Apply{Kind: plan.Inner, L: a.L, R: r, Pos: a.Pos})
	}
	switch r := a.R.(type) {
	case *plan.Filter:
		in, err := again(r.In)
		if err != nil {
			return nil, false, err
		}
		return filtered(in, append(slices.Clone(r.Preds), a.On...)), true, nil
	case *plan.Project:
		in, err := again(r.In)
		if err != nil {
			return nil, false, err
		}
		items := append(plan.Pass(c.Meta, a.L.Cols()), r.Items...)
		return filtered(&plan.Project{In: in, Items: items}, a.On), true, nil
	case *plan.FlatMap:
		in, err := again(r.In)
		if err != nil {
			return nil, false, err
		}
		m := *r
		m.In = in
		return filtered(&m, a.On), true, nil
	}
	return nil, false, nil
}

// lift brings the predicates of the right side that refer to the left to the right side's top, through operators for which that changes nothing, and makes
// them the join's condition.
func (c *Ctx) lift(a *plan.Apply) (plan.Node, bool) {
	if a.Kind == plan.Full {
		return nil, false
	}
	l := &lifter{c: c, outer: plan.SetOf(outerRefs(a)...)}
	right, ok := l.lift(a.R)
	if !ok {
		return nil, false
	}
	if !a.Kind.LeftOnly() && len(right.Cols()) != len(a.R.Cols()) {
		j := &plan.Join{Kind: a.Kind, L: a.L, R: right, On: append(l.preds, a.On...)}
		return &plan.Project{In: j, Items: plan.Pass(c.Meta, a.Cols())}, true
	}
	return joinWith(a, right, l.preds), true
}

// joinWith makes the join of an apply with conditions of correlation. NOT IN compares its own conditions by could-be-equal, but not these.
func joinWith(a *plan.Apply, right plan.Node, preds []expr.Expr) plan.Node {
	if a.Kind == plan.AntiNull && len(preds) > 0 {
		test := plan.Conjoin(a.On)
		preds = append(preds, &expr.IsTrue{X: test, Not: true, Want: false})
		return &plan.Join{Kind: plan.Anti, L: a.L, R: right, On: preds}
	}
	return &plan.Join{Kind: a.Kind, L: a.L, R: right, On: append(preds, a.On...)}
}

type lifter struct {
	c     *Ctx
	outer plan.ColSet
	preds []expr.Expr
}

// lift gives n without its correlated filters, whose predicates it collects; their columns stay in the output. ok is false where something else is
// correlated.
func (l *lifter) lift(n plan.Node) (plan.Node, bool) {
	if !plan.Free(n).HasAny(l.outer) {
		return n, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		in, ok := l.lift(n.In)
		if !ok {
			return nil, false
		}
		var keep []expr.Expr
		for i, e := range n.Preds {
			if plan.RefsOf(e).HasAny(l.outer) {
				l.preds = append(l.preds, e)
				continue
			}
			// What can fail must not run before what stood in front of it.
			if expr.CanFail(e) && i > 0 && len(l.preds) > 0 {
				l.preds = append(l.preds, e)
				continue
			}
			keep = append(keep, e)
		}
		return filtered(in, keep), true
	case *plan.Project:
		if plan.RefsOf(plan.Exprs(n)...).HasAny(l.outer) {
			return nil, false
		}
		in, ok := l.lift(n.In)
		if !ok {
			return nil, false
		}
		if slices.ContainsFunc(plan.Exprs(n), expr.CanFail) {
			return nil, false
		}
		items := slices.Clone(n.Items)
		have := plan.SetOf(n.Cols()...)
		for id := range sortedRefs(l.preds) {
			if slices.Contains(in.Cols(), id) && !have.Has(id) {
				items = append(items, plan.Item{ID: id, Expr: l.c.Meta.Col(id)})
			}
		}
		return &plan.Project{In: in, Items: items}, true
	case *plan.Join:
		return l.join(n)
	}
	return nil, false
}

func (l *lifter) join(n *plan.Join) (plan.Node, bool) {
	if n.Kind != plan.Inner && (plan.Free(n.R).HasAny(l.outer) || plan.RefsOf(n.On...).HasAny(l.outer)) || n.Kind == plan.Full {
		return nil, false
	}
	lin, ok := l.lift(n.L)
	if !ok {
		return nil, false
	}
	rin, ok := l.lift(n.R)
	if !ok {
		return nil, false
	}
	var on []expr.Expr
	for _, e := range n.On {
		if plan.RefsOf(e).HasAny(l.outer) {
			l.preds = append(l.preds, e)
		} else {
			on = append(on, e)
		}
	}
	return &plan.Join{Kind: n.Kind, L: lin, R: rin, On: on}, true
}

// sortedRefs yields the columns of preds in ascending order, so that plans do not depend on the order of a map.
func sortedRefs(preds []expr.Expr) func(func(int) bool) {
	refs := plan.RefsOf(preds...)
	ids := make([]int, 0, len(refs))
	for id := range refs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Values(ids)
}

// domainOf makes, each time it is called, the distinct outer keys under new column ids: cols[i] is that of outer[i]. Where they are a key of a table, they
// are its rows, and its own tree serves.
func (c *Ctx) domainOf(a *plan.Apply, outer []int) func() (plan.Node, []int) {
	scan, isTable := a.L.(*plan.Scan)
	isTable = isTable && scan.Table != nil && a.Guard == nil && plan.PropsOf(scan).UniqueOn(outer)
	return func() (plan.Node, []int) {
		var cols []int
		if isTable {
			s := *scan
			s.IDs, s.Keep = c.fresh(scan.IDs), nil
			for _, o := range outer {
				s.Keep = append(s.Keep, slices.Index(scan.IDs, o))
			}
			return &s, s.Cols()
		}
		in := a.L
		if a.Guard != nil {
			in = &plan.Filter{In: in, Preds: plan.Conjuncts(a.Guard)}
		}
		p := &plan.Project{In: in}
		for _, o := range outer {
			id := c.Meta.Add(c.Meta.Name(o), c.Meta.Type(o))
			cols = append(cols, id)
			p.Items = append(p.Items, plan.Item{ID: id, Expr: c.Meta.Col(o)})
		}
		return &plan.Distinct{In: p}, cols
	}
}

// rejoin joins the left side with the right side computed for all keys.
func (c *Ctx) rejoin(a *plan.Apply, outer []int, r pushed) (plan.Node, error) {
	known := plan.PropsOf(a.L).NotNull
	var on []expr.Expr
	if a.Guard != nil {
		on = append(on, plan.Conjuncts(a.Guard)...)
	}
	for _, o := range outer {
		eq, err := c.equal(o, r.cols[o], known.Has(o) || !r.nullable)
		if err != nil {
			return nil, at(err, a.Pos)
		}
		on = append(on, eq)
	}
	j := joinWith(a, r.node, on)
	if r.absent == nil {
		if a.Kind.LeftOnly() {
			return j, nil
		}
		return &plan.Project{In: j, Items: plan.Pass(c.Meta, a.Cols())}, nil
	}
	out := &plan.Join{Kind: plan.Left, L: a.L, R: r.node, On: on}
	return c.fillAbsent(out, a, r), nil
}

// fillAbsent gives the aggregates of keys without rows their value over no rows, then computes what stood above them.
func (c *Ctx) fillAbsent(j plan.Node, a *plan.Apply, r pushed) plan.Node {
	pass := plan.Pass(c.Meta, a.L.Cols())
	items := slices.Clone(pass)
	for _, ab := range r.absent {
		items = append(items, plan.Item{ID: ab.id, Expr: ab.value(c.Meta)})
	}
	var n plan.Node = &plan.Project{In: j, Items: items}
	for _, post := range r.posts {
		n = &plan.Project{In: n, Items: append(slices.Clone(pass), post...)}
	}
	return &plan.Project{In: filtered(n, a.On), Items: plan.Pass(c.Meta, a.Cols())}
}

// equal is a = b, or IS NOT DISTINCT FROM where NULLs must meet.
func (c *Ctx) equal(a, b int, notNull bool) (expr.Expr, error) {
	l, r := c.Meta.Col(a), c.Meta.Col(b)
	var err error
	eq := c.compare("=", l, r, &err)
	if err != nil {
		return nil, err
	}
	if notNull {
		return eq, nil
	}
	return &expr.IsDistinct{L: l, R: r, Eq: eq.(*expr.Call).Fn, Not: true}, nil
}

func at(err error, pos int) error {
	e := *sqlerr.From(err)
	if e.Position == 0 {
		e.At(pos)
	}
	return &e
}
