package physical

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// rangeKey is the expression over p's columns, by itself in a list, in whose order a join without equal columns finds the rows of p within the bounds that a
// row of the other side gives: one that a standing tree is in the order of, else the one with most bounds. nil: nothing bounds any.
func (b *Builder) rangeKey(p, other part, on []expr.Expr) []expr.Expr {
	mine, others := plan.SetOf(p.cols...), plan.SetOf(other.cols...)
	ranks := map[string]int{}
	var best []expr.Expr
	for _, cond := range on {
		e := bounded(cond, mine, others)
		if e == nil {
			if expr.CanFail(cond) {
				return nil // it is about rows out of bounds, too
			}
			continue
		}
		by, text := []expr.Expr{e}, e.String()
		if ranks[text]++; b.servesBase(p, by) != nil {
			ranks[text] += len(on)
		}
		if best == nil || ranks[text] > ranks[best[0].String()] {
			best = by
		}
	}
	return best
}

// bounded is the side of an inequality that is over the columns mine; nil if the other one is not over others, or the types differ.
func bounded(cond expr.Expr, mine, others plan.ColSet) expr.Expr {
	c, ok := cond.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return nil
	}
	switch c.Fn.Name {
	case "<", "<=", ">", ">=":
	default:
		return nil
	}
	l, r := c.Args[0], c.Args[1]
	if l.Type().Base() != r.Type().Base() {
		return nil
	}
	for range 2 {
		lr, rr := plan.RefsOf(l), plan.RefsOf(r)
		if len(lr) > 0 && len(rr) > 0 && mine.HasAll(lr) && others.HasAll(rr) && !expr.CanFail(l) && expr.VolatilityOf(l) != types.Volatile {
			return l
		}
		l, r = r, l
	}
	return nil
}

// replaced puts another expression in the place of the computed key of an arrangement.
func replaced(on, by []expr.Expr, with func() expr.Expr) []expr.Expr {
	if len(by) == 0 {
		return on
	}
	if _, isCol := by[0].(*expr.Col); isCol {
		return on
	}
	text := by[0].String()
	out := make([]expr.Expr, len(on))
	for i, e := range on {
		out[i] = expr.Map(e, func(x expr.Expr) expr.Expr {
			if x.Type() == by[0].Type() && x.String() == text {
				return with()
			}
			return x
		})
	}
	return out
}

// without is conditions without the computed key, which is a column by itself.
func without(on, by []expr.Expr) []expr.Expr {
	return replaced(on, by, func() expr.Expr { return expr.Null(by[0].Type()) })
}
