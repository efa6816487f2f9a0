package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// PruneColumns takes away columns that nothing above needs, from the root down to the scans. A TopK keeps all that can break its ties; a Window and
// operators that compare whole rows keep all that they have.
func PruneColumns(c *Ctx, n plan.Node) (plan.Node, error) {
	p := pruner{c}
	return p.prune(n, plan.SetOf(n.Cols()...)), nil
}

type pruner struct{ c *Ctx }

func (p pruner) prune(n plan.Node, need plan.ColSet) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		keep := slices.DeleteFunc(slices.Clone(n.Keep), func(k int) bool { return !need.Has(n.IDs[k]) })
		if len(keep) == len(n.Keep) {
			return n
		}
		out := *n
		out.Keep = keep
		return &out
	case *plan.Values:
		return p.values(n, need)
	case *plan.Project:
		var items []plan.Item
		for _, it := range n.Items {
			if need.Has(it.ID) {
				items = append(items, it)
			}
		}
		out := &plan.Project{Items: items}
		out.In = p.prune(n.In, plan.RefsOf(plan.Exprs(out)...))
		return out
	case *plan.Filter:
		return &plan.Filter{In: p.prune(n.In, with(need, n.Preds)), Preds: n.Preds}
	case *plan.Join:
		out := *n
		all := with(need, n.On)
		out.L, out.R = p.prune(n.L, all), p.prune(n.R, all)
		return &out
	case *plan.FlatMap:
		out := *n
		out.In = p.prune(n.In, with(need, n.Args))
		return &out
	case *plan.Reduce:
		return p.reduce(n, need)
	case *plan.Window:
		return p.window(n, need)
	case *plan.Union:
		return p.union(n, need)
	case *plan.SetOp:
		out := *n
		out.L, out.R = p.exact(n.L, n.LMap), p.exact(n.R, n.RMap)
		return &out
	case *plan.Single:
		all := with(need, nil)
		all.Add(n.Key...)
		return &plan.Single{In: p.prune(n.In, all), Key: n.Key}
	case *plan.TopK:
		return p.topK(n, need)
	}
	// Distinct and Window look at whole rows.
	out, _ := mapInputs(n, func(in plan.Node) (plan.Node, error) { return p.prune(in, plan.SetOf(in.Cols()...)), nil })
	return out
}

func with(need plan.ColSet, es []expr.Expr) plan.ColSet {
	all := plan.RefsOf(es...)
	for c := range need {
		all.Add(c)
	}
	return all
}

// exact prunes an input whose columns are used by position: what else it has is projected away.
func (p pruner) exact(in plan.Node, cols []int) plan.Node {
	set := plan.SetOf(cols...)
	out := p.prune(in, set)
	if len(out.Cols()) == len(set) {
		return out
	}
	var uniq []int
	for _, c := range cols {
		if !slices.Contains(uniq, c) {
			uniq = append(uniq, c)
		}
	}
	return &plan.Project{In: out, Items: plan.Pass(p.c.Meta, uniq)}
}

func (p pruner) values(n *plan.Values, need plan.ColSet) plan.Node {
	var keep []int
	for i, id := range n.IDs {
		if need.Has(id) {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(n.IDs) {
		return n
	}
	out := &plan.Values{Rows: make([][]expr.Expr, len(n.Rows))}
	for _, i := range keep {
		out.IDs = append(out.IDs, n.IDs[i])
		for r := range n.Rows {
			out.Rows[r] = append(out.Rows[r], n.Rows[r][i])
		}
	}
	return out
}

func (p pruner) reduce(n *plan.Reduce, need plan.ColSet) plan.Node {
	out := &plan.Reduce{Keys: n.Keys, Scalar: n.Scalar}
	for _, a := range n.Aggs {
		if need.Has(a.ID) {
			out.Aggs = append(out.Aggs, a)
		}
	}
	all := plan.RefsOf(plan.Exprs(out)...)
	all.Add(n.Keys...)
	out.In = p.prune(n.In, all)
	return out
}

// window computes what is needed, over all columns.
func (p pruner) window(n *plan.Window, need plan.ColSet) plan.Node {
	out := *n
	out.Calls = slices.DeleteFunc(slices.Clone(n.Calls), func(c plan.WindowItem) bool { return !need.Has(c.ID) })
	if len(out.Calls) == 0 {
		return p.prune(n.In, need)
	}
	out.In = p.prune(n.In, plan.SetOf(n.In.Cols()...))
	return &out
}

func (p pruner) union(n *plan.Union, need plan.ColSet) plan.Node {
	out := &plan.Union{}
	var keep []int
	for i, id := range n.IDs {
		if need.Has(id) {
			keep = append(keep, i)
			out.IDs = append(out.IDs, id)
		}
	}
	for k, in := range n.Ins {
		var m []int
		for _, i := range keep {
			m = append(m, n.Maps[k][i])
		}
		out.Ins, out.Maps = append(out.Ins, p.prune(in, plan.SetOf(m...))), append(out.Maps, m)
	}
	return out
}
