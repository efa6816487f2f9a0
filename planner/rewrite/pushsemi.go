package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// PushSemiJoinThroughJoin asks of one input of inner joins alone what is asked of it behind them.
//
//	Semi(l.a = s.b, Join(on, l, r), s) => Join(on, Semi(l.a = s.b, l, s), r)      anti, too
//
// Only where the columns asked about hold a key of that input: then it is asked once per row of it, and never more often than behind the joins
// for want of what they would have filtered. Not past conditions that can fail.
func PushSemiJoinThroughJoin(_ *Ctx, n plan.Node) (plan.Node, bool, error) {
	s, ok := n.(*plan.Join)
	if !ok || s.Kind != plan.Semi && s.Kind != plan.Anti || slices.ContainsFunc(s.On, expr.CanFail) {
		return n, false, nil
	}
	left := plan.SetOf(s.L.Cols()...)
	asked := plan.ColSet{}
	var keys []int
	for _, e := range s.On {
		for id := range plan.RefsOf(e) {
			if left.Has(id) {
				asked.Add(id)
			}
		}
		a, b, _ := plan.Equality(e)
		for _, x := range []expr.Expr{a, b} {
			if c, ok := x.(*expr.Col); ok && left.Has(c.ID) {
				keys = append(keys, c.ID)
			}
		}
	}
	in, ok := pushSemi(s, s.L, asked, keys)
	return in, ok, nil
}

// pushSemi puts s on the input of the joins n that has the columns asked about.
func pushSemi(s *plan.Join, n plan.Node, asked plan.ColSet, keys []int) (plan.Node, bool) {
	j, ok := n.(*plan.Join)
	if !ok || j.Kind != plan.Inner {
		if n == s.L || !plan.PropsOf(n).UniqueOn(keys) {
			return s, false
		}
		return s.WithInputs([]plan.Node{n, s.R}), true
	}
	if slices.ContainsFunc(j.On, expr.CanFail) {
		return s, false
	}
	for i, in := range j.Inputs() {
		if !plan.SetOf(in.Cols()...).HasAll(asked) {
			continue
		}
		below, ok := pushSemi(s, in, asked, keys)
		if !ok {
			return s, false
		}
		ins := slices.Clone(j.Inputs())
		ins[i] = below
		return j.WithInputs(ins), true
	}
	return s, false
}
