package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// FactorDisjunctions takes out of the arms of an OR what they have in common, so that equalities among it become join keys, and says of each
// input of a join what the arms say of it alone, so that its rows can be filtered before they are joined.
//
//	(a AND b) OR (a AND c)                  =>  a AND (b OR c)
//	(x.p AND y.q) OR (x.r AND y.s)          =>  (x.p OR x.r) AND (y.q OR y.s) AND the same
//
// Only where no arm can fail. It is a pass, not a rule: a restriction that was pushed down would be added again and again.
func FactorDisjunctions(c *Ctx, n plan.Node) (plan.Node, error) {
	switch f := n.(type) {
	case *plan.Filter:
		var leaves []plan.ColSet
		if j, ok := f.In.(*plan.Join); ok {
			leaves = inputsOf(j, nil)
		}
		n = &plan.Filter{In: f.In, Preds: c.factorAll(f.Preds, leaves)}
	case *plan.Join:
		var leaves []plan.ColSet
		if f.Kind == plan.Inner {
			leaves = inputsOf(f, nil)
		}
		out := *f
		out.On = c.factorAll(f.On, leaves)
		n = &out
	}
	return mapInputs(n, func(in plan.Node) (plan.Node, error) { return FactorDisjunctions(c, in) })
}

// inputsOf are the columns of what a cluster of inner joins joins.
func inputsOf(n plan.Node, to []plan.ColSet) []plan.ColSet {
	if j, ok := n.(*plan.Join); ok && j.Kind == plan.Inner {
		return inputsOf(j.R, inputsOf(j.L, to))
	}
	return append(to, plan.SetOf(n.Cols()...))
}

func (c *Ctx) factorAll(preds []expr.Expr, leaves []plan.ColSet) []expr.Expr {
	var out []expr.Expr
	for _, p := range preds {
		if or, ok := p.(*expr.Or); ok && !expr.CanFail(or) && expr.VolatilityOf(or) != types.Volatile {
			es := factor(or, leaves)
			if len(es) > 1 || es[0] != p {
				c.Fired = append(c.Fired, "FactorDisjunctions")
			}
			out = append(out, es...)
			continue
		}
		out = append(out, p)
	}
	return out
}

// factor is the conjunction that an OR becomes.
func factor(or *expr.Or, leaves []plan.ColSet) []expr.Expr {
	arms := make([][]expr.Expr, len(or.Args))
	for i, a := range or.Args {
		arms[i] = plan.Conjuncts(a)
	}
	var common []expr.Expr
	for _, e := range arms[0] {
		text := e.String()
		same := func(x expr.Expr) bool { return x.String() == text }
		if slices.ContainsFunc(arms, func(arm []expr.Expr) bool { return !slices.ContainsFunc(arm, same) }) {
			continue
		}
		if !slices.ContainsFunc(common, same) {
			common = append(common, e)
		}
		for i, arm := range arms[1:] {
			arms[i+1] = slices.DeleteFunc(arm, same)
		}
	}
	arms[0] = slices.DeleteFunc(slices.Clone(arms[0]), func(e expr.Expr) bool { return slices.Contains(common, e) })
	if slices.ContainsFunc(arms, func(arm []expr.Expr) bool { return len(arm) == 0 }) {
		return common // an arm asks for nothing more: the others are included in it
	}
	out := common
	if len(leaves) > 1 {
		for _, leaf := range leaves {
			if e := restriction(arms, leaf); e != nil {
				out = append(out, e)
			}
		}
	}
	if len(common) == 0 {
		return append(out, or)
	}
	return append(out, disjoin(arms))
}

// restriction is what the arms say of one input: nil, if one of them says nothing, or all of them speak of nothing else.
func restriction(arms [][]expr.Expr, leaf plan.ColSet) expr.Expr {
	var own [][]expr.Expr
	whole := true
	for _, arm := range arms {
		var es []expr.Expr
		for _, e := range arm {
			if refs := plan.RefsOf(e); len(refs) > 0 && leaf.HasAll(refs) {
				es = append(es, e)
			}
		}
		if len(es) == 0 {
			return nil
		}
		whole = whole && len(es) == len(arm)
		own = append(own, es)
	}
	if whole {
		return nil
	}
	return disjoin(own)
}

func disjoin(arms [][]expr.Expr) expr.Expr {
	or := &expr.Or{}
	for _, arm := range arms {
		or.Args = append(or.Args, plan.Conjoin(arm))
	}
	return or
}
