package rewrite

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// ComputeOnce has what a view's filter computes for each row of a table, and the projection above it again, computed once, below both.
//
//	Project(e(f(x)), Filter(p(f(x)), Scan))  =>  Project(e(y), Filter(p(y), Project(x, f(x) AS y, Scan)))
//
// f is worth it if it is costly (a regular expression, say), and may move as it cannot fail. Over a table only: an error that comes
// from below knows x, by which the filter may drop it, but not y.
func ComputeOnce(c *Ctx, n plan.Node) plan.Node {
	n, _ = mapInputs(n, func(in plan.Node) (plan.Node, error) { return ComputeOnce(c, in), nil })
	p, ok := n.(*plan.Project)
	if !ok {
		return n
	}
	f, ok := p.In.(*plan.Filter)
	if !ok || len(f.Preds) == 0 {
		return n
	}
	s, ok := f.In.(*plan.Scan)
	if !ok || s.Table == nil {
		return n
	}
	above := map[string]bool{}
	for _, it := range p.Items {
		expr.Walk(it.Expr, func(e expr.Expr) bool {
			if worthOnce(e) {
				above[e.String()] = true
			}
			return true
		})
	}
	once := map[string]*expr.Col{}
	below := plan.Pass(c.Meta, s.Cols())
	alwaysComputed(f.Preds[0], func(e expr.Expr) {
		text := ""
		if worthOnce(e) {
			text = e.String()
		}
		if above[text] && once[text] == nil {
			id := c.Meta.Add("", e.Type())
			once[text] = c.Meta.Col(id)
			below = append(below, plan.Item{ID: id, Expr: e})
		}
	})
	if len(once) == 0 {
		return n
	}
	replaced := func(e expr.Expr) expr.Expr {
		return expr.Map(e, func(e expr.Expr) expr.Expr {
			if worthOnce(e) {
				if y := once[e.String()]; y != nil {
					return y
				}
			}
			return e
		})
	}
	filter := &plan.Filter{In: &plan.Project{In: s, Items: below}}
	for _, e := range f.Preds {
		filter.Preds = append(filter.Preds, replaced(e))
	}
	out := &plan.Project{In: filter}
	for _, it := range p.Items {
		out.Items = append(out.Items, plan.Item{ID: it.ID, Expr: replaced(it.Expr)})
	}
	return out
}

// worthOnce tells whether e is a call that costs more than a column of its own, gives the same each time, and cannot fail.
func worthOnce(e expr.Expr) bool {
	call, ok := e.(*expr.Call)
	return ok && call.Costly() && expr.VolatilityOf(e) == types.Immutable && !expr.CanFail(e)
}

// alwaysComputed calls f with those parts of e that are computed whatever the others give.
func alwaysComputed(e expr.Expr, f func(expr.Expr)) {
	f(e)
	parts := e.Children()
	switch e.(type) {
	case *expr.And, *expr.Or, *expr.Case, *expr.Coalesce:
		parts = parts[:min(1, len(parts))]
	}
	for _, x := range parts {
		alwaysComputed(x, f)
	}
}
