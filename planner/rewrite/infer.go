package rewrite

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// InferConstants carries a constant over to the other side of an equality, so that both sides of a join are small.
//
//	Join(a = b, Filter(a = k, l), r) => Join(a = b, Filter(a = k, l), Filter(b = k, r))     inner, left, semi
//
// For columns of one type only: then b = k holds for exactly the rows that can match.
func InferConstants(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	j, ok := n.(*plan.Join)
	if !ok || j.Kind == plan.Full || j.Kind == plan.AntiNull {
		return n, false, nil
	}
	lk, rk := constants(j.L), constants(j.R)
	if len(lk) == 0 && (len(rk) == 0 || j.Kind != plan.Inner && j.Kind != plan.Semi) {
		return n, false, nil
	}
	out := *j
	changed := false
	for _, e := range j.On {
		a, b, ok := plan.Equality(e)
		ac, ok1 := a.(*expr.Col)
		bc, ok2 := b.(*expr.Col)
		if !ok || !ok1 || !ok2 || ac.T.Base() != bc.T.Base() {
			continue
		}
		if _, in := rk[ac.ID]; in {
			ac, bc = bc, ac
		} else if _, in := lk[bc.ID]; in {
			ac, bc = bc, ac
		}
		if k, has := lk[ac.ID]; has && rk[bc.ID] == nil {
			if out.R, ok = c.addConstant(out.R, bc, k); ok {
				changed = true
			}
		} else if k, has := rk[bc.ID]; has && lk[ac.ID] == nil && (j.Kind == plan.Inner || j.Kind == plan.Semi) {
			if out.L, ok = c.addConstant(out.L, ac, k); ok {
				changed = true
			}
		}
	}
	return &out, changed, nil
}

// constants are the columns of n that a filter equates with a constant or parameter, with that predicate.
func constants(n plan.Node) map[int]*expr.Call {
	out := map[int]*expr.Call{}
	switch n := n.(type) {
	case *plan.Filter:
		out = constants(n.In) // else two that are added in turn would hide each other, without end
		for _, e := range n.Preds {
			l, r, ok := plan.Equality(e)
			if !ok {
				continue
			}
			if c, isCol := l.(*expr.Col); isCol && constant(r) && c.T.Base() == r.Type().Base() {
				out[c.ID] = e.(*expr.Call)
			}
		}
	case *plan.Join:
		if n.Kind == plan.Full {
			return out
		}
		for k, v := range constants(n.L) {
			out[k] = v
		}
		if n.Kind == plan.Inner {
			for k, v := range constants(n.R) {
				out[k] = v
			}
		}
	}
	return out
}

func constant(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Const:
		return !e.D.IsNull()
	case *expr.Param:
		return true
	}
	return false
}

// addConstant filters n by col = k, unless it is filtered so already.
func (c *Ctx) addConstant(n plan.Node, col *expr.Col, k *expr.Call) (plan.Node, bool) {
	if constants(n)[col.ID] != nil || !c.within(col, plan.SetOf(n.Cols()...)) {
		return n, false
	}
	eq := *k
	eq.Args = []expr.Expr{col, k.Args[1]}
	return &plan.Filter{In: n, Preds: []expr.Expr{&eq}}, true
}
