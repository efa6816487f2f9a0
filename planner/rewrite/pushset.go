package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/planner/plan"
)

// values: rows that refer to outer columns become one projection each over the row without columns.
func (p *pusher) values(n *plan.Values) (pushed, error) {
	u := &plan.Union{IDs: n.IDs}
	for _, row := range n.Rows {
		q := &plan.Project{In: plan.One()}
		var m []int
		for i, e := range row {
			id := p.c.Meta.Add(p.c.Meta.Name(n.IDs[i]), p.c.Meta.Type(n.IDs[i]))
			q.Items, m = append(q.Items, plan.Item{ID: id, Expr: e}), append(m, id)
		}
		u.Ins, u.Maps = append(u.Ins, q), append(u.Maps, m)
	}
	return p.union(u)
}

func (p *pusher) union(n *plan.Union) (pushed, error) {
	out := &plan.Union{IDs: slices.Clone(n.IDs)}
	res := pushed{cols: map[int]int{}}
	for _, o := range p.outer {
		id := p.c.Meta.Add(p.c.Meta.Name(o), p.c.Meta.Type(o))
		res.cols[o] = id
		out.IDs = append(out.IDs, id)
	}
	for k, in := range n.Ins {
		r, err := p.plain(in)
		if err == nil {
			r, err = p.force(r)
		}
		if err != nil {
			return r, err
		}
		res.nullable = res.nullable || r.nullable
		out.Ins, out.Maps = append(out.Ins, r.node), append(out.Maps, append(slices.Clone(n.Maps[k]), r.values(p.outer)...))
	}
	res.node = out
	return res, nil
}

func (p *pusher) setOp(n *plan.SetOp) (pushed, error) {
	out := *n
	res := pushed{cols: map[int]int{}}
	out.IDs = slices.Clone(n.IDs)
	for _, o := range p.outer {
		id := p.c.Meta.Add(p.c.Meta.Name(o), p.c.Meta.Type(o))
		res.cols[o] = id
		out.IDs = append(out.IDs, id)
	}
	for i, side := range []struct {
		node *plan.Node
		cols *[]int
	}{{&out.L, &out.LMap}, {&out.R, &out.RMap}} {
		r, err := p.plain(*side.node)
		if err == nil {
			// The right side of EXCEPT may have no value that the left one has.
			r, err = p.force(r)
		}
		if err != nil {
			return r, err
		}
		if i == 0 {
			res.nullable = r.nullable
		}
		*side.node, *side.cols = r.node, append(slices.Clone(*side.cols), r.values(p.outer)...)
	}
	res.node = &out
	return res, nil
}
