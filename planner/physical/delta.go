package physical

import (
	"cmp"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// delta plans a cluster as a delta join: each table's changes look the other tables up, by primary keys where it can be and by thin arrangements,
// which all views share, elsewhere. It keeps nothing of its own. Only for tables, joined by equal columns, whose conditions cannot fail: on the way
// along one path a row may meet a condition before it is known whether it has partners, on another one afterwards.
//
// ok: it can be. cost is that of the arrangements that do not stand.
func (b *Builder) delta(g *graph, parts []part, need plan.ColSet) (r rel, cost float64, ok bool) {
	d := deltaBuilder{b: b, g: g, parts: parts, made: map[string]bool{}}
	if len(parts) < 3 || b.AdHoc || slices.ContainsFunc(parts, func(p part) bool {
		return p.base == nil || p.base.Table == nil || slices.ContainsFunc(p.filter, expr.CanFail)
	}) {
		return rel{}, 0, false
	}
	var routes []route
	for i := range parts {
		rt, ok := d.route(i)
		if !ok {
			return rel{}, 0, false
		}
		routes = append(routes, rt)
		for _, h := range rt.hops {
			cost += d.cost(h)
		}
	}
	// What is scanned when the view is made should meet little more than what it makes.
	first := slices.MinFunc(routes, func(a, b route) int { return cmp.Compare(a.many, b.many) })
	order := []int{first.from}
	for i := range parts {
		if i != first.from {
			order = append(order, i)
		}
	}
	n := &Delta{}
	var cols []int
	for _, i := range order {
		n.Tables = append(n.Tables, b.bareScan(parts[i].base))
		cols = append(cols, parts[i].base.IDs...)
	}
	out := rel{n, cols}
	for _, i := range order {
		n.Paths = append(n.Paths, d.path(routes[i], order, out))
	}
	if fails := slices.DeleteFunc(slices.Clone(g.others), func(e expr.Expr) bool { return !expr.CanFail(e) }); len(fails) > 0 {
		out.node = &Filter{In: n, Pred: out.place(plan.Conjoin(fails))}
	}
	return b.trim(out, need), cost, true
}

type deltaBuilder struct {
	b     *Builder
	g     *graph
	parts []part
	made  map[string]bool // thin arrangements that were counted
}

// route is the order in which the changes of a part look the other ones up.
type route struct {
	from int
	hops []hop
	many int // look-ups that may find several rows
}

// hop looks a part up in an arrangement by columns of the parts before it. rest are the equalities that the key leaves.
type hop struct {
	part int
	in   *Arrange
	key  []int // column ids
	rest []expr.Expr
	once bool
}

// route chooses, one after the other, what filters, then what is met once, then what is found in a table's own order, then the rest.
func (d *deltaBuilder) route(from int) (route, bool) {
	r := route{from: from}
	bound := plan.SetOf(d.parts[from].base.IDs...)
	left := make([]int, 0, len(d.parts))
	for i := range d.parts {
		if i != from {
			left = append(left, i)
		}
	}
	for len(left) > 0 {
		var best hop
		bestRank, at := 0, -1
		for k, i := range left {
			h, ok := d.hop(i, bound)
			if !ok {
				continue
			}
			rank := 3
			switch {
			case h.once && d.parts[i].filtered:
				rank = 0
			case h.once:
				rank = 1
			case !h.in.Thin:
				rank = 2
			}
			if at < 0 || rank < bestRank {
				best, bestRank, at = h, rank, k
			}
		}
		if at < 0 {
			return r, false
		}
		if !best.once {
			r.many++
		}
		r.hops = append(r.hops, best)
		bound.Add(d.parts[best.part].base.IDs...)
		left = slices.Delete(left, at, at+1)
	}
	return r, true
}

// hop looks part i up by what is bound: by as much of the primary key as there is, else by all columns.
func (d *deltaBuilder) hop(i int, bound plan.ColSet) (hop, bool) {
	s := d.parts[i].base
	by := map[int]int{} // column of the table -> column that it equals
	of := map[int]int{} // -> its class
	var first []int     // of each class, the first column
	for n, class := range d.g.classes {
		have := slices.IndexFunc(class, bound.Has)
		if have < 0 {
			continue
		}
		found := false
		for pos, id := range s.IDs {
			if slices.Contains(class, id) {
				by[pos], of[pos] = class[have], n
				if !found {
					first = append(first, pos)
				}
				found = true
			}
		}
	}
	if len(by) == 0 {
		return hop{}, false
	}
	slices.Sort(first)
	key := s.Table.PrimaryKey
	for n, pos := range key {
		if _, ok := by[pos]; !ok {
			key = key[:n]
			break
		}
	}
	if len(key) == 0 || len(key) < len(first) && d.b.stands(s, first) {
		key = first
	}
	h := hop{part: i, in: &Arrange{In: d.b.bareScan(s), Key: key, Thin: d.b.thin(s, key)}}
	var ids []int
	used := map[int]bool{}
	for _, pos := range key {
		h.key, ids, used[of[pos]] = append(h.key, by[pos]), append(ids, s.IDs[pos]), true
	}
	h.once = d.parts[i].props.UniqueOn(ids)
	for _, pos := range first {
		if !used[of[pos]] {
			h.rest = append(h.rest, d.g.equality(d.g.classes[of[pos]], by[pos], s.IDs[pos]))
		}
	}
	return h, true
}

// path is a route over the positions of out; tables lie in it in the given order.
func (d *deltaBuilder) path(r route, order []int, out rel) DeltaPath {
	p := DeltaPath{Where: out.place(plan.Conjoin(d.parts[r.from].filter))}
	bound := plan.SetOf(d.parts[r.from].base.IDs...)
	decided := make([]bool, len(d.g.others))
	for _, h := range r.hops {
		part := d.parts[h.part]
		bound.Add(part.base.IDs...)
		where := append(slices.Clone(h.rest), part.filter...)
		for i, e := range d.g.others {
			if !decided[i] && !expr.CanFail(e) && bound.HasAll(plan.RefsOf(e)) {
				decided[i], where = true, append(where, e)
			}
		}
		p.Steps = append(p.Steps, DeltaStep{Table: slices.Index(order, h.part), In: h.in, Key: out.positions(h.key), Where: out.place(plan.Conjoin(where))})
	}
	return p
}

// cost is that of the arrangement of a hop, if it has to be made and was not counted yet.
func (d *deltaBuilder) cost(h hop) float64 {
	text := Fingerprint(h.in)
	if d.made[text] {
		return 0
	}
	d.made[text] = true
	return d.b.bytes(h.in, d.parts[h.part])
}

// stands tells whether a thin arrangement is there already.
func (b *Builder) stands(s *plan.Scan, key []int) bool {
	return b.Stands != nil && s.Table != nil && b.Stands(s.Table.ID, key)
}
