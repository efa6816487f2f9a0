package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// FilterRowNumber keeps the first rows of each partition instead of numbering all.
//
//	Filter(n <= k AND p, Window(n := row_number() per c order o, x)) => Filter(p, Window(n := ..., TopK(per c, o, limit k, x)))
//
// rank() <= k is k WITH TIES. Where k is 1 all is known and the window goes. n = k bounds, too, and stays. Not beside a function that sees rows
// behind its own.
func FilterRowNumber(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	w, ok := f.In.(*plan.Window)
	if !ok || slices.ContainsFunc(w.Calls, func(it plan.WindowItem) bool { return !it.Call.Fn.Preceding }) {
		return n, false, nil
	}
	for _, it := range w.Calls {
		ranks := it.Call.Fn.Name == "rank"
		if !ranks && it.Call.Fn.Name != "row_number" {
			continue
		}
		var rest []expr.Expr
		limit := int64(-1)
		for _, p := range f.Preds {
			k, exact := upperBound(p, it.ID)
			if k >= 0 && (limit < 0 || k < limit) {
				limit = k
			}
			if k < 0 || !exact {
				rest = append(rest, p)
			}
		}
		k := &plan.TopK{In: w.In, Partition: w.Partition, Order: w.Order, Limit: limit, WithTies: ranks}
		if limit < 0 || within(w.In, k) {
			continue
		}
		if limit > 1 {
			return filtered(w.WithInputs([]plan.Node{k}), rest), true, nil
		}
		items := plan.Pass(c.Meta, w.In.Cols())
		for _, it := range w.Calls {
			items = append(items, plan.Item{ID: it.ID, Expr: &expr.Const{D: types.NewInt(1), T: types.Of(types.Int8)}})
		}
		return filtered(&plan.Project{In: k, Items: items}, rest), true, nil
	}
	return n, false, nil
}

// within tells whether n is bounded already as k would bound it.
func within(n plan.Node, k *plan.TopK) bool {
	b, ok := n.(*plan.TopK)
	return ok && b.Limit >= 0 && b.Limit <= k.Limit && b.Offset == 0 && (k.WithTies || !b.WithTies) &&
		slices.Equal(b.Partition, k.Partition) && slices.Equal(b.Order, k.Order)
}

// upperBound recognises n <= k, n < k, n = k and their mirror images for a constant k; -1: no bound. exact: it says no more than n <= k, of numbers
// from 1 on.
func upperBound(p expr.Expr, id int) (k int64, exact bool) {
	c, ok := p.(*expr.Call)
	if !ok || len(c.Args) != 2 {
		return -1, false
	}
	op := c.Fn.Name
	l, r := c.Args[0], c.Args[1]
	if _, ok := l.(*expr.Const); ok {
		l, r = r, l
		op = map[string]string{">": "<", ">=": "<=", "=": "=", "<": ">", "<=": ">="}[op]
	}
	col, ok1 := l.(*expr.Col)
	bound, ok2 := r.(*expr.Const)
	if !ok1 || !ok2 || col.ID != id || bound.D.IsNull() || bound.T.Rep() != types.RepInt {
		return -1, false
	}
	switch v := bound.D.Int(); op {
	case "<=":
		return max(v, 0), true
	case "<":
		return max(v, 1) - 1, true
	case "=":
		return max(v, 0), v <= 1
	}
	return -1, false
}
