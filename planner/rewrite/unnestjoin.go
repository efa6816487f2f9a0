package rewrite

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// join moves conditions with subqueries. Those of an inner join go above it. Of an outer join each subquery is computed beside the rows that it is
// about, if it is about one side only and cannot fail there, where it may be in vain; else the right side becomes one that depends on the left:
//
//	x LEFT JOIN y ON p(q)  =>  x LEFT JOIN LATERAL Filter(p(q), y) ON true
func (u *unnester) join(n *plan.Join) (plan.Node, error) {
	subs, on := split(n.On, plan.HasSubquery)
	if n.Kind == plan.Inner {
		return u.filter(&plan.Filter{In: &plan.Join{Kind: plan.Inner, L: n.L, R: n.R, On: on}, Preds: subs})
	}
	out := *n
	out.On = nil
	sides := [...]*plan.Node{&out.L, &out.R}
	for _, e := range n.On {
		x := expr.Map(e, func(e expr.Expr) expr.Expr {
			s, ok := e.(*plan.Subquery)
			if !ok || u.err != nil {
				return e
			}
			side := u.sideOf(n, s)
			if side < 0 {
				u.err = errBothSides
				return e
			}
			u.node = *sides[side]
			x := u.subquery(s, nil)
			*sides[side] = u.node
			return x
		})
		out.On = append(out.On, x)
	}
	switch {
	case u.err == errBothSides && n.Kind == plan.Left:
		u.err = nil
		right, err := Unnest(u.c, &plan.Filter{In: n.R, Preds: n.On})
		return &plan.Apply{Kind: plan.Left, L: n.L, R: right, Pos: posOf(subs[0])}, err
	case u.err == errBothSides:
		return nil, sqlerr.Unsupported(posOf(subs[0]), "a subquery about both sides of a FULL JOIN, or one that can fail, in its condition,")
	case u.err != nil:
		return nil, u.err
	}
	return u.trimmed(&out, n.Cols()), nil
}

// errBothSides: a condition's subquery cannot be computed beside one of the inputs.
var errBothSides = sqlerr.New(sqlerr.InternalError, "a subquery about both sides")

// sideOf is the input of a join, 0 or 1, that a subquery in its condition is about; -1: it has to be computed for pairs.
func (u *unnester) sideOf(n *plan.Join, s *plan.Subquery) int {
	refs := plan.RefsOf(s)
	switch l, r := refs.HasAny(plan.SetOf(n.L.Cols()...)), refs.HasAny(plan.SetOf(n.R.Cols()...)); {
	case l && r || canFailSub(s):
		return -1
	case l:
		return 0
	}
	return 1
}
