package rewrite

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// bound is a comparison with all rows of a subquery that its least and greatest value decide.
type bound struct {
	x, k expr.Expr // the outer operand; the subquery's, over its output
	test *expr.Call
	// least and greatest tell which of the two the outer operand is compared with.
	least, greatest bool
}

// boundOf takes apart x op ANY|ALL (q) where the extremes of q decide: an order's operator, = ALL and <> ANY.
func boundOf(s *plan.Subquery) (bound, bool) {
	if len(s.Cond) != 1 {
		return bound{}, false
	}
	c, ok := s.Cond[0].(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return bound{}, false
	}
	b := bound{x: c.Args[0], k: c.Args[1], test: c}
	any := s.Kind == plan.AnySub
	switch c.Fn.Name {
	case "<", "<=":
		b.greatest, b.least = any, !any
	case ">", ">=":
		b.least, b.greatest = any, !any
	case "=":
		b.least, b.greatest = !any, !any
	case "<>":
		b.least, b.greatest = any, any
	}
	out := plan.SetOf(s.Out...)
	inner := plan.RefsOf(b.k)
	if !b.least && !b.greatest || plan.RefsOf(b.x).HasAny(out) || !out.HasAll(inner) || expr.CanFail(b.k) || plan.HasSubquery(b.x) {
		return bound{}, false
	}
	_, ok = extreme("min", b.k)
	return b, ok
}

// extreme is min or max over an expression, if it has them without a conversion.
func extreme(name string, k expr.Expr) (*expr.AggCall, bool) {
	fn, coerce, ret, err := expr.LookupAgg(name, []types.Type{k.Type().Base()})
	if err != nil || fn == nil || coerce[0] != (types.Type{}) || ret != k.Type().Base() {
		return nil, false
	}
	return &expr.AggCall{Fn: fn, Args: []expr.Expr{k}, T: ret}, true
}

// bounded is x op ANY|ALL (q) by the extremes of q, how many rows it has and how many NULLs: a change of q that leaves these as they are costs
// nothing outside.
//
//	x < ANY q => CASE WHEN n = 0 THEN false WHEN x < max THEN true  WHEN x IS NULL OR nulls > 0 THEN NULL ELSE false END
//	x < ALL q => CASE WHEN n = 0 THEN true  WHEN NOT x < min THEN false WHEN x IS NULL OR nulls > 0 THEN NULL ELSE true END
func (u *unnester) bounded(a *plan.Apply, right plan.Node, b bound, all bool) expr.Expr {
	n, nulls := u.count(nil), u.count(&expr.IsNull{X: b.k})
	aggs := []plan.Agg{n, nulls}
	var tests []expr.Expr
	for _, e := range []struct {
		name string
		used bool
	}{{"min", b.least}, {"max", b.greatest}} {
		if !e.used {
			continue
		}
		call, _ := extreme(e.name, b.k)
		id := u.c.Meta.Add(e.name, call.T)
		aggs = append(aggs, plan.Agg{ID: id, Call: call})
		test := *b.test
		test.Args = []expr.Expr{b.x, u.c.Meta.Col(id)}
		tests = append(tests, &expr.IsTrue{X: &test, Want: !all})
	}
	a.R = &plan.Reduce{In: right, Aggs: aggs, Scalar: true}
	u.node = a
	decides := tests[0]
	if len(tests) > 1 {
		decides = &expr.Or{Args: tests}
	}
	t := types.Of(types.Bool)
	unknown := &expr.Or{Args: []expr.Expr{&expr.IsNull{X: b.x}, u.positive(nulls)}}
	return &expr.Case{T: t, Whens: []expr.When{
		{Cond: &expr.IsTrue{X: u.positive(n), Not: true, Want: true}, Then: expr.Bool(all)},
		{Cond: decides, Then: expr.Bool(!all)},
		{Cond: unknown, Then: expr.Null(t)},
	}, Else: expr.Bool(all)}
}
