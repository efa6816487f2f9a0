package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// MergeProjects fuses stacked projections.
//
//	Project(es, Project(fs, x)) => Project(es[fs], x)
//
// Not where that would compute an expression of fs more than once, or a volatile one at another time.
func MergeProjects(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	p, ok := n.(*plan.Project)
	if !ok {
		return n, false, nil
	}
	in, ok := p.In.(*plan.Project)
	if !ok || volatileItems(in) {
		return n, false, nil
	}
	uses := map[int]int{}
	for _, it := range p.Items {
		expr.Walk(it.Expr, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Col); ok {
				uses[c.ID]++
			}
			if s, ok := e.(*plan.Subquery); ok {
				for id := range plan.Free(s.Plan) {
					uses[id] += 2
				}
			}
			return true
		})
	}
	for _, it := range in.Items {
		if !bare(it.Expr) && uses[it.ID] > 1 {
			return n, false, nil
		}
	}
	with := substitution(in)
	out := &plan.Project{In: in.In, Items: make([]plan.Item, len(p.Items))}
	for i, it := range p.Items {
		out.Items[i] = plan.Item{ID: it.ID, Expr: plan.Replace(it.Expr, with)}
	}
	return out, true, nil
}

// RemoveProject: Project(all columns as they are, x) => x.
func RemoveProject(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	p, ok := n.(*plan.Project)
	if !ok {
		return n, false, nil
	}
	cols := p.In.Cols()
	if len(cols) != len(p.Items) {
		return n, false, nil
	}
	for i, it := range p.Items {
		c, ok := it.Expr.(*expr.Col)
		if !ok || c.ID != it.ID || cols[i] != it.ID {
			return n, false, nil
		}
	}
	return p.In, true, nil
}

// FlattenUnion: Union(a, Union(b, c)) => Union(a, b, c).
func FlattenUnion(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	u, ok := n.(*plan.Union)
	if !ok {
		return n, false, nil
	}
	out := &plan.Union{IDs: u.IDs}
	changed := false
	for k, in := range u.Ins {
		sub, ok := in.(*plan.Union)
		if !ok {
			out.Ins, out.Maps = append(out.Ins, in), append(out.Maps, u.Maps[k])
			continue
		}
		changed = true
		for j, x := range sub.Ins {
			m := make([]int, len(u.IDs))
			for i, id := range u.Maps[k] {
				m[i] = sub.Maps[j][slices.Index(sub.IDs, id)]
			}
			out.Ins, out.Maps = append(out.Ins, x), append(out.Maps, m)
		}
	}
	return out, changed, nil
}

// SimplifyNullSafe: a IS NOT DISTINCT FROM b => a = b in a join's condition, where one side is never NULL.
func SimplifyNullSafe(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	j, ok := n.(*plan.Join)
	if !ok {
		return n, false, nil
	}
	var known plan.ColSet
	out := *j
	out.On = slices.Clone(j.On)
	changed := false
	for i, e := range j.On {
		d, ok := e.(*expr.IsDistinct)
		if !ok || !d.Not {
			continue
		}
		if known == nil {
			known = plan.SetOf()
			for _, in := range j.Inputs() {
				for c := range plan.PropsOf(in).NotNull {
					known.Add(c)
				}
			}
		}
		if plainNotNull(d.L, known) || plainNotNull(d.R, known) {
			out.On[i] = &expr.Call{Fn: d.Eq, Args: []expr.Expr{d.L, d.R}, T: types.Of(types.Bool), Pos: -1}
			changed = true
		}
	}
	return &out, changed, nil
}

// DropDistinct: Distinct(x) => x where x has a key.
func DropDistinct(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	d, ok := n.(*plan.Distinct)
	if !ok || !plan.PropsOf(d.In).UniqueOn(d.In.Cols()) {
		return n, false, nil
	}
	return d.In, true, nil
}

// DropEmptyLimit: TopK(limit 0, x) => no rows. PostgreSQL does not run x, so that nothing in it fails.
func DropEmptyLimit(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	k, ok := n.(*plan.TopK)
	if !ok || k.Limit != 0 {
		return n, false, nil
	}
	return &plan.Values{IDs: k.Cols()}, true, nil
}

// DropEmptyReduce: Reduce(no keys, no aggregates, x) => one row. PostgreSQL does not run x, so that nothing in it fails.
func DropEmptyReduce(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	r, ok := n.(*plan.Reduce)
	if !ok || !r.Scalar || len(r.Keys)+len(r.Aggs) > 0 {
		return n, false, nil
	}
	return plan.One(), true, nil
}

// DropSingle: Single(key, x) => x where the key is one.
func DropSingle(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	s, ok := n.(*plan.Single)
	if !ok || !plan.PropsOf(s.In).UniqueOn(s.Key) {
		return n, false, nil
	}
	return s.In, true, nil
}
