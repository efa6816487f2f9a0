package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// merged joins two sources by columns of the same name: NATURAL or USING. It shows the merged columns and some of the others.
func (g *generator) merged(depth int) (string, []column) {
	l, left := g.source(depth)
	r, right := g.source(depth)
	bare := func(name string) string { return name[strings.Index(name, ".")+1:] }
	var common, others []column
	natural := true
	for _, x := range left {
		i := slices.IndexFunc(right, func(y column) bool { return bare(y.name) == bare(x.name) })
		if i < 0 {
			others = append(others, x)
			continue
		}
		same := right[i].kind == x.kind
		natural = natural && same
		if same && (len(common) == 0 || g.oneIn(3)) {
			common = append(common, column{name: bare(x.name), kind: x.kind, loose: g.images && isImage(x.kind)})
		}
	}
	for _, y := range right {
		if !slices.ContainsFunc(left, func(x column) bool { return bare(x.name) == bare(y.name) }) {
			others = append(others, y)
		}
	}
	join := pick(g, []string{"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"})
	using := ""
	switch {
	case len(common) == 0:
		return l, left
	case natural && g.oneIn(2):
		join = "NATURAL " + join
		g.hit(join)
	default:
		g.hit(join + " USING")
		var names []string
		for _, c := range common {
			names = append(names, c.name)
		}
		using = " USING (" + strings.Join(names, ", ") + ")"
	}
	var out []string
	var cols []column
	for _, c := range append(common, others...) {
		if len(cols) < 6 {
			name := fmt.Sprintf("c%d", len(cols))
			out = append(out, c.name+" AS "+name)
			cols = append(cols, column{name: name, kind: c.kind, loose: c.loose})
		}
	}
	g.alias++
	a := fmt.Sprintf("r%d", g.alias)
	return fmt.Sprintf("(SELECT %s FROM %s %s %s%s) %s", strings.Join(out, ", "), l, join, r, using, a), qualified(a, cols)
}

// lateral is a subquery that refers to what is left of it.
func (g *generator) lateral(scope []column, depth int) (string, []column) {
	from, on, inner := g.correlation(scope, depth)
	from, on = " FROM "+from, " WHERE "+on
	both := append(slices.Clone(scope), inner...)
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false
	var q query
	switch g.IntN(5) {
	case 0, 1:
		g.hit("LATERAL aggregate")
		q = g.grouped(from, on, inner)
	case 2:
		g.hit("LATERAL LIMIT")
		q = g.topK(from, on, both)
	case 3:
		g.hit("LATERAL DISTINCT")
		q = g.distinct(from, on, both)
	default:
		g.hit("LATERAL")
		q.sql = "SELECT " + g.targets(&q, both, 0) + from + on
	}
	g.alias++
	a := fmt.Sprintf("r%d", g.alias)
	join, cond := " CROSS JOIN LATERAL ", ""
	cols := qualified(a, q.columns)
	switch g.IntN(4) {
	case 0:
		join, cond = " LEFT JOIN LATERAL ", " ON true"
	case 1:
		join, cond = " LEFT JOIN LATERAL ", " ON "+g.predicate(append(slices.Clone(scope), cols...), 1)
	case 2:
		join, cond = " JOIN LATERAL ", " ON "+g.joinCondition(scope, cols, append(slices.Clone(scope), cols...))
	}
	return join + "(" + q.sql + ") " + a + cond, cols
}
