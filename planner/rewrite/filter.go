package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// movable tells whether a predicate may run on rows that it was not meant for: it cannot fail, and gives the same answer each time.
func movable(e expr.Expr) bool {
	return !expr.CanFail(e) && expr.VolatilityOf(e) != types.Volatile
}

// imageSafe tells whether e has the same value for all values that are equal: it compares, or no type in it has values that are equal and
// print differently.
func imageSafe(e expr.Expr, m *plan.Meta) bool {
	if c, ok := e.(*expr.Call); ok && len(c.Args) == 2 {
		switch c.Fn.Name {
		case "=", "<>", "<", "<=", ">", ">=":
			if bare(c.Args[0]) && bare(c.Args[1]) {
				return true
			}
		}
	}
	if a, ok := e.(*expr.AnyAll); ok && bare(a.X) && bare(a.Array) {
		return true
	}
	if n, ok := e.(*expr.IsNull); ok && bare(n.X) {
		return true
	}
	for id := range plan.RefsOf(e) {
		if Ambiguous(m.Type(id)) {
			return false
		}
	}
	return true
}

func bare(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Col, *expr.Const, *expr.Param:
		return true
	}
	return false
}

// Ambiguous tells whether equal values of t may print differently.
func Ambiguous(t types.Type) bool {
	switch t.Kind {
	case types.Numeric, types.Float4, types.Float8, types.Interval, types.BPChar, types.JSONB:
		return true
	}
	return false
}

// MergeFilters fuses stacked filters, so that later rules see the whole conjunction.
//
//	Filter(p, Filter(q, x)) => Filter(q AND p, x)
//
// q stays first: it may guard p, as in q: b <> 0, p: a/b > 1.
func MergeFilters(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	in, ok := f.In.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	return &plan.Filter{In: in.In, Preds: append(slices.Clone(in.Preds), f.Preds...)}, true, nil
}

// FoldFilter takes away what is constant.
//
//	Filter(true AND p, x) => Filter(p, x);  Filter((), x) => x;  Filter(false AND p, x) => nothing;  c IS NOT NULL => true where x says so
//
// A false makes an end of predicates that would fail on a row, as in PostgreSQL, but not of a constant one that fails for certain.
func FoldFilter(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	if len(f.Preds) == 0 {
		return f.In, true, nil
	}
	var keep []expr.Expr
	seen := map[string]bool{}
	changed := false
	known := knownNotNull(f)
	for _, p := range f.Preds {
		if a, ok := p.(*expr.And); ok {
			keep = append(keep, plan.Conjuncts(a)...)
			changed = true
			continue
		}
		if plan.IsFalse(p) && !expr.FailsForCertain(f.Preds) {
			return plan.Empty(f.Cols()), true, nil
		}
		if x, ok := p.(*expr.IsNull); plan.IsTrue(p) || ok && x.Not && plainNotNull(x.X, known) {
			changed = true
			continue
		}
		if s := p.String(); movable(p) && seen[s] {
			changed = true
			continue
		} else {
			seen[s] = true
		}
		keep = append(keep, p)
	}
	if !changed {
		return n, false, nil
	}
	return &plan.Filter{In: f.In, Preds: keep}, true, nil
}

// knownNotNull are the columns of a filter's input that cannot be NULL, where it asks.
func knownNotNull(f *plan.Filter) plan.ColSet {
	for _, p := range f.Preds {
		if x, ok := p.(*expr.IsNull); ok && x.Not {
			return plan.PropsOf(f.In).NotNull
		}
	}
	return nil
}

// PushFilterThroughProject evaluates a filter on what its columns are computed from.
//
//	Filter(p, Project(es, x)) => Project(es, Filter(p[es], x))
//
// The filter runs on the same rows as before; the projection on fewer.
func PushFilterThroughProject(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	p, ok := f.In.(*plan.Project)
	if !ok || volatileItems(p) {
		return n, false, nil
	}
	with := substitution(p)
	preds := make([]expr.Expr, len(f.Preds))
	for i, e := range f.Preds {
		preds[i] = plan.Replace(e, with)
	}
	return &plan.Project{In: &plan.Filter{In: p.In, Preds: preds}, Items: p.Items}, true, nil
}

func substitution(p *plan.Project) map[int]expr.Expr {
	with := map[int]expr.Expr{}
	for _, it := range p.Items {
		if c, ok := it.Expr.(*expr.Col); ok && c.ID == it.ID {
			continue
		}
		with[it.ID] = it.Expr
	}
	return with
}

func volatileItems(p *plan.Project) bool {
	for _, it := range p.Items {
		if _, ok := it.Expr.(*expr.Col); !ok && expr.VolatilityOf(it.Expr) == types.Volatile {
			return true
		}
	}
	return false
}

// split divides predicates by a test.
func split(preds []expr.Expr, test func(expr.Expr) bool) (yes, no []expr.Expr) {
	for _, p := range preds {
		if test(p) {
			yes = append(yes, p)
		} else {
			no = append(no, p)
		}
	}
	return yes, no
}

// within tells whether e refers to columns of cols only; a view's parameters count as constants.
func (c *Ctx) within(e expr.Expr, cols plan.ColSet) bool {
	for id := range plan.RefsOf(e) {
		if !cols.Has(id) && !c.Params.Has(id) {
			return false
		}
	}
	return true
}

func filtered(n plan.Node, preds []expr.Expr) plan.Node {
	if len(preds) == 0 {
		return n
	}
	return &plan.Filter{In: n, Preds: preds}
}

// PushFilterThroughJoin moves predicates of one preserved side to that side, and makes the rest part of an inner join's condition.
//
//	Filter(p(l), Join(l, r)) => Join(Filter(p, l), r)            inner, left, semi, anti
//	Filter(p(r), Join(l, r)) => Join(l, Filter(p, r))            inner
//	Filter(p(l, r), InnerJoin(on, l, r)) => InnerJoin(on AND p, l, r)
//
// What can fail goes no lower than the join's condition, behind what stood there.
func PushFilterThroughJoin(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	j, ok := f.In.(*plan.Join)
	if !ok || j.Kind == plan.Full {
		return n, false, nil
	}
	lcols, rcols := plan.SetOf(j.L.Cols()...), plan.SetOf(j.R.Cols()...)
	left, rest := split(f.Preds, func(e expr.Expr) bool { return movable(e) && c.within(e, lcols) })
	out := *j
	out.L = filtered(j.L, left)
	if j.Kind != plan.Inner {
		if len(left) == 0 {
			return n, false, nil
		}
		return filtered(&out, rest), true, nil
	}
	right, rest := split(rest, func(e expr.Expr) bool { return movable(e) && c.within(e, rcols) })
	out.R = filtered(j.R, right)
	keep, on := split(rest, func(e expr.Expr) bool { return expr.VolatilityOf(e) == types.Volatile })
	if len(left)+len(right)+len(on) == 0 {
		return n, false, nil
	}
	out.On = append(slices.Clone(j.On), on...)
	return filtered(&out, keep), true, nil
}

// PushJoinCondition moves conditions of one side to that side, where only matching is concerned.
//
//	Join(p(r) AND q, l, r) => Join(q, l, Filter(p, r))           all but full
//	Join(p(l) AND q, l, r) => Join(q, Filter(p, l), r)           inner, semi
//
// NOT IN keeps a condition on the right side that may be NULL: there unknown is a match.
func PushJoinCondition(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	j, ok := n.(*plan.Join)
	if !ok || j.Kind == plan.Full || j.Kind == plan.AntiNull {
		return n, false, nil
	}
	lcols, rcols := plan.SetOf(j.L.Cols()...), plan.SetOf(j.R.Cols()...)
	on := make([]expr.Expr, 0, len(j.On))
	for _, e := range j.On {
		if !plan.IsTrue(e) {
			on = append(on, plan.Conjuncts(e)...)
		}
	}
	changed := len(on) != len(j.On)
	right, on := split(on, func(e expr.Expr) bool { return movable(e) && c.within(e, rcols) })
	var left []expr.Expr
	if j.Kind == plan.Inner || j.Kind == plan.Semi {
		left, on = split(on, func(e expr.Expr) bool { return movable(e) && c.within(e, lcols) })
	}
	if len(left)+len(right) == 0 && !changed {
		return n, false, nil
	}
	return &plan.Join{Kind: j.Kind, L: filtered(j.L, left), R: filtered(j.R, right), On: on}, true, nil
}

// SimplifyOuterJoin drops null-extended rows that a filter above drops anyway.
//
//	Filter(p, LeftJoin(l, r)) => Filter(p, InnerJoin(l, r))      p is not true where r's columns are NULL
//	Filter(p, FullJoin(l, r)) => left, swapped left or inner likewise
func SimplifyOuterJoin(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	j, ok := f.In.(*plan.Join)
	if !ok || j.Kind != plan.Left && j.Kind != plan.Full {
		return n, false, nil
	}
	reject := plan.ColSet{}
	for _, p := range f.Preds {
		plan.RejectsNull(p, reject)
	}
	onRight := reject.HasAny(plan.SetOf(j.R.Cols()...))
	onLeft := reject.HasAny(plan.SetOf(j.L.Cols()...))
	out := *j
	switch {
	case onRight && (j.Kind == plan.Left || onLeft):
		out.Kind = plan.Inner
	case j.Kind == plan.Full && onLeft:
		out.Kind = plan.Left
	case j.Kind == plan.Full && onRight:
		out.Kind, out.L, out.R = plan.Left, j.R, j.L
	default:
		return n, false, nil
	}
	return &plan.Filter{In: &out, Preds: f.Preds}, true, nil
}

// pushBelow moves the predicates that pass test below a node with one input.
func pushBelow(f *plan.Filter, in plan.Node, test func(expr.Expr) bool) (plan.Node, bool, error) {
	yes, no := split(f.Preds, test)
	if len(yes) == 0 {
		return f, false, nil
	}
	below := &plan.Filter{In: in.Inputs()[0], Preds: yes}
	return filtered(in.WithInputs([]plan.Node{below}), no), true, nil
}

// PushFilterThroughReduce filters groups by filtering their rows.
//
//	Filter(p(keys), Reduce(keys, x)) => Reduce(keys, Filter(p, x))
//
// Not for a Reduce without keys, which has a row even over none; not where p could tell apart the equal keys of a group.
func PushFilterThroughReduce(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	r, ok := f.In.(*plan.Reduce)
	if !ok || r.Scalar || len(r.Keys) == 0 {
		return n, false, nil
	}
	keys := plan.SetOf(r.Keys...)
	return pushBelow(f, r, func(e expr.Expr) bool { return movable(e) && c.within(e, keys) && imageSafe(e, c.Meta) })
}

// PushFilterThroughDistinct: Filter(p, Distinct(x)) => Distinct(Filter(p, x)), where p takes equal rows alike.
func PushFilterThroughDistinct(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	d, ok := f.In.(*plan.Distinct)
	if !ok {
		return n, false, nil
	}
	return pushBelow(f, d, func(e expr.Expr) bool { return movable(e) && imageSafe(e, c.Meta) })
}

// PushFilterThroughTopK: Filter(p(partition), TopK(x)) => TopK(Filter(p, x)): whole partitions go.
func PushFilterThroughTopK(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	var part []int
	switch k := f.In.(type) {
	case *plan.TopK:
		part = k.Partition
	case *plan.Window:
		part = k.Partition
	default:
		return n, false, nil
	}
	set := plan.SetOf(part...)
	return pushBelow(f, f.In, func(e expr.Expr) bool {
		return movable(e) && len(part) > 0 && c.within(e, set) && len(plan.RefsOf(e)) > 0 && imageSafe(e, c.Meta)
	})
}

// PushFilterThroughSingle: Filter(p(key), Single(key, x)) => Single(key, Filter(p, x)).
func PushFilterThroughSingle(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	s, ok := f.In.(*plan.Single)
	if !ok {
		return n, false, nil
	}
	set := plan.SetOf(s.Key...)
	return pushBelow(f, s, func(e expr.Expr) bool {
		return movable(e) && len(plan.RefsOf(e)) > 0 && c.within(e, set) && imageSafe(e, c.Meta)
	})
}

// PushFilterThroughFlatMap: Filter(p(x), FlatMap(x)) => FlatMap(Filter(p, x)).
func PushFilterThroughFlatMap(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	m, ok := f.In.(*plan.FlatMap)
	if !ok {
		return n, false, nil
	}
	set := plan.SetOf(m.In.Cols()...)
	return pushBelow(f, m, func(e expr.Expr) bool { return movable(e) && c.within(e, set) })
}

// PushFilterThroughUnion: Filter(p, Union(xs)) => Union(Filter(p, x) for x of xs).
func PushFilterThroughUnion(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	u, ok := f.In.(*plan.Union)
	if !ok {
		return n, false, nil
	}
	out := *u
	out.Ins = make([]plan.Node, len(u.Ins))
	for k, in := range u.Ins {
		out.Ins[k] = &plan.Filter{In: in, Preds: renamed(c, f.Preds, u.IDs, u.Maps[k])}
	}
	return &out, true, nil
}

func renamed(c *Ctx, preds []expr.Expr, from, to []int) []expr.Expr {
	with := map[int]expr.Expr{}
	for i, id := range from {
		with[id] = c.Meta.Col(to[i])
	}
	out := make([]expr.Expr, len(preds))
	for i, p := range preds {
		out[i] = plan.Replace(p, with)
	}
	return out
}

// PushFilterThroughSetOp: Filter(p, l EXCEPT r) => Filter(p, l) EXCEPT Filter(p, r), and INTERSECT, where p takes equal rows alike.
func PushFilterThroughSetOp(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	s, ok := f.In.(*plan.SetOp)
	if !ok {
		return n, false, nil
	}
	yes, no := split(f.Preds, func(e expr.Expr) bool { return movable(e) && imageSafe(e, c.Meta) })
	if len(yes) == 0 {
		return n, false, nil
	}
	out := *s
	out.L = &plan.Filter{In: s.L, Preds: renamed(c, yes, s.IDs, s.LMap)}
	out.R = &plan.Filter{In: s.R, Preds: renamed(c, yes, s.IDs, s.RMap)}
	return filtered(&out, no), true, nil
}
