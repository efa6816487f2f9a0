package physical

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// graph is the conditions of an inner join's cluster. Columns that must be equal form classes: a = b and b = c let a and c be joined
// without b. What is joined satisfies all equalities within its classes, so that one pair per class is enough for the next join; an input
// with several columns of a class is made so by within.
type graph struct {
	b       *Builder
	classes [][]int      // column ids
	equal   []*expr.Call // the equalities that made the classes
	others  []expr.Expr  // every other condition, in the order written
}

func newGraph(b *Builder, on []expr.Expr) *graph {
	g := &graph{b: b}
	for _, e := range on {
		l, r, ok := plan.Equality(e)
		lc, ok1 := l.(*expr.Col)
		rc, ok2 := r.(*expr.Col)
		if !ok || !ok1 || !ok2 || lc.T.Base() != rc.T.Base() {
			g.others = append(g.others, e)
			continue
		}
		g.equal = append(g.equal, e.(*expr.Call))
		g.equate(lc.ID, rc.ID)
	}
	return g
}

// within filters an input by the equalities among its own columns.
//
//	Join(a.x = b.y AND a.z = b.y, a, b) => Join(a.x = b.y, Filter(a.x = a.z, a), b)
func (g *graph) within(n plan.Node) plan.Node {
	cols := plan.SetOf(n.Cols()...)
	var preds []expr.Expr
	for _, class := range g.classes {
		first := -1
		for _, id := range class {
			switch {
			case !cols.Has(id):
			case first < 0:
				first = id
			default:
				preds = append(preds, g.equality(class, first, id))
			}
		}
	}
	if len(preds) == 0 {
		return n
	}
	if f, ok := n.(*plan.Filter); ok {
		n, preds = f.In, append(slices.Clone(f.Preds), preds...)
	}
	return &plan.Filter{In: n, Preds: preds}
}

// equality of two columns of a class, by the operator of one that made the class: all are of one type.
func (g *graph) equality(class []int, a, z int) expr.Expr {
	i := slices.IndexFunc(g.equal, func(e *expr.Call) bool { return slices.Contains(class, e.Args[0].(*expr.Col).ID) })
	eq := *g.equal[i]
	eq.Args = []expr.Expr{g.b.Meta.Col(a), g.b.Meta.Col(z)}
	return &eq
}

func (g *graph) equate(a, b int) {
	i := slices.IndexFunc(g.classes, func(c []int) bool { return slices.Contains(c, a) })
	j := slices.IndexFunc(g.classes, func(c []int) bool { return slices.Contains(c, b) })
	switch {
	case i < 0 && j < 0:
		g.classes = append(g.classes, []int{a, b})
	case i < 0:
		g.classes[j] = append(g.classes[j], a)
	case j < 0:
		g.classes[i] = append(g.classes[i], b)
	case i != j:
		g.classes[i] = append(g.classes[i], g.classes[j]...)
		g.classes = slices.Delete(g.classes, j, j+1)
	}
}

// classKeys are the key pairs that the classes give for two parts.
func (g *graph) classKeys(l, r part) []key {
	var out []key
	for _, c := range g.classes {
		var a, z *expr.Col
		for _, id := range c {
			if a == nil && slices.Contains(l.cols, id) {
				a = g.b.Meta.Col(id)
			}
			if z == nil && slices.Contains(r.cols, id) {
				z = g.b.Meta.Col(id)
			}
		}
		if a != nil && z != nil {
			out = append(out, key{a, g.preferKey(r, c, z)})
		}
	}
	return out
}

// preferKey picks, among a class's columns in r, one of r's keys.
func (g *graph) preferKey(r part, class []int, z *expr.Col) *expr.Col {
	for _, k := range r.props.Keys {
		for _, id := range k {
			if slices.Contains(class, id) && slices.Contains(r.cols, id) {
				return g.b.Meta.Col(id)
			}
		}
	}
	return z
}

// otherKeys are the key pairs among the other conditions that l and r decide; idx are their numbers.
func (g *graph) otherKeys(l, r part) (keys []key, idx []int) {
	ls, rs := plan.SetOf(l.cols...), plan.SetOf(r.cols...)
	for i, e := range g.others {
		if ks, ok := g.b.asKeys(e, ls, rs); ok {
			keys, idx = append(keys, ks...), append(idx, i)
		}
	}
	return keys, idx
}

// The ranks of two parts that could be joined next, the best first.
const (
	filters    = iota // one is met at most once, and it is filtered: it filters the other
	meetsOnce         // one is met at most once
	single            // one has at most a row
	multiplies        // both may be met often
	unconnected
)

// best chooses the next two parts: the best rank, then those written first.
func (g *graph) best(parts []part) (int, int) {
	bi, bj, bestRank := 0, 1, unconnected+1
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			if r := g.rank(parts[i], parts[j]); r < bestRank {
				bi, bj, bestRank = i, j, r
			}
		}
	}
	return bi, bj
}

func (g *graph) rank(l, r part) int {
	keys := g.classKeys(l, r)
	more, _ := g.otherKeys(l, r)
	keys = append(keys, more...)
	if len(keys) == 0 {
		if l.atMostOne() || r.atMostOne() {
			return single
		}
		return unconnected
	}
	lOnce, rOnce := l.props.UniqueOn(keyCols(keys, true)), r.props.UniqueOn(keyCols(keys, false))
	switch {
	case lOnce && l.filtered || rOnce && r.filtered:
		return filters
	case lOnce || rOnce:
		return meetsOnce
	}
	return multiplies
}

func (p part) atMostOne() bool { return len(p.props.Keys) > 0 && len(p.props.Keys[0]) == 0 }

func keyCols(keys []key, left bool) []int {
	var out []int
	for _, k := range keys {
		e := k.r
		if left {
			e = k.l
		}
		if c, ok := e.(*expr.Col); ok {
			out = append(out, c.ID)
		}
	}
	return out
}

// take removes the conditions that the join of l and r decides: keys, and the rest as residual.
func (g *graph) take(l, r part, last bool) ([]key, []expr.Expr) {
	keys := g.classKeys(l, r)
	more, idx := g.otherKeys(l, r)
	keys = append(keys, more...)
	both := plan.SetOf(append(slices.Clone(l.cols), r.cols...)...)
	var residual, left []expr.Expr
	for i, e := range g.others {
		switch {
		case slices.Contains(idx, i):
		case last || both.HasAll(plan.RefsOf(e)) && !expr.CanFail(e):
			residual = append(residual, e)
		default:
			left = append(left, e)
		}
	}
	g.others = left
	return keys, residual
}

// wanted are the columns that later joins and what is above need of the join of parts i and j.
func (g *graph) wanted(need plan.ColSet, parts []part, i, j int) plan.ColSet {
	out := plan.RefsOf(g.others...)
	for c := range need {
		out.Add(c)
	}
	for _, class := range g.classes {
		for k, p := range parts {
			if k != i && k != j && slices.ContainsFunc(class, func(id int) bool { return slices.Contains(p.cols, id) }) {
				out.Add(class...)
				break
			}
		}
	}
	return out
}

// props of a join: a side that is unique on the keys keeps the other's keys.
func (g *graph) props(l, r part, keys []key) plan.Props {
	p := plan.Props{NotNull: plan.ColSet{}}
	if r.props.UniqueOn(keyCols(keys, false)) {
		p.Keys = append(p.Keys, l.props.Keys...)
	}
	if l.props.UniqueOn(keyCols(keys, true)) {
		p.Keys = append(p.Keys, r.props.Keys...)
	}
	if len(p.Keys) == 0 {
		for _, a := range l.props.Keys {
			for _, b := range r.props.Keys {
				p.Keys = append(p.Keys, append(slices.Clone(a), b...))
				return p
			}
		}
	}
	return p
}
