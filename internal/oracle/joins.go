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

// over is a query that refers to the columns of scope, counted under the name of where it stands.
func (g *generator) over(scope []column, depth int, where string) query {
	from, on, inner := g.correlation(scope, depth)
	from, on = " FROM "+from, " WHERE "+on
	both := append(slices.Clone(scope), inner...)
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false
	var q query
	switch g.IntN(7) {
	case 0, 1:
		g.hit(where + " aggregate")
		return g.grouped(from, on, inner)
	case 2:
		g.hit(where + " LIMIT")
		return g.topK(from, on, both)
	case 3:
		g.hit(where + " DISTINCT")
		return g.distinct(from, on, both)
	case 4:
		g.hit(where + " set operation")
		left, right := g.over(scope, 0, where), g.over(scope, 0, where)
		q = query{columns: []column{{name: "c0", kind: text, loose: g.images}, {name: "c1", kind: integer}}}
		arm := func(a query) string {
			c := pick(g, a.columns)
			return fmt.Sprintf("SELECT a.%s::text AS c0, %d AS c1 FROM (%s) a", c.name, g.IntN(2), a.sql)
		}
		if g.images { // its text would tell which image it is
			arm = func(a query) string {
				return fmt.Sprintf("SELECT (a.%s IS NULL)::text AS c0, %d AS c1 FROM (%s) a", pick(g, a.columns).name, g.IntN(2), a.sql)
			}
			q.columns[0].loose = false
		}
		q.sql = fmt.Sprintf("%s %s %s", arm(left), pick(g, []string{"UNION ALL", "UNION", "EXCEPT", "EXCEPT ALL", "INTERSECT", "INTERSECT ALL"}), arm(right))
		return q
	case 5:
		g.hit(where + " window")
		c := pick(g, inner)
		q.sql = fmt.Sprintf("SELECT %s AS c0, (rank() OVER (ORDER BY %s))::int4 AS c1", c.name, c.name) + from + on
		q.columns = []column{{name: "c0", kind: c.kind, loose: c.loose}, {name: "c1", kind: integer}}
		return q
	}
	g.hit(where)
	q.sql = "SELECT " + g.targets(&q, both, 0) + from + on
	return q
}

// lateralValues is rows of what is left of it.
func (g *generator) lateralValues(scope []column) (string, []column) {
	g.hit("LATERAL VALUES")
	c := pick(g, scope)
	var rows []string
	for i := range 1 + g.IntN(3) {
		rows = append(rows, fmt.Sprintf("(%s, %d)", g.sure(func() string { return typed(c.kind, g.expr(c.kind, scope, 1)) }), i))
	}
	g.alias++
	a := fmt.Sprintf("r%d", g.alias)
	return fmt.Sprintf(" CROSS JOIN LATERAL (VALUES %s) %s (c0, c1)", strings.Join(rows, ", "), a),
		[]column{{name: a + ".c0", kind: c.kind, loose: anyLoose(scope) && isImage(c.kind)}, {name: a + ".c1", kind: integer}}
}

// lateral is a subquery that refers to what is left of it.
func (g *generator) lateral(scope []column, depth int) (string, []column) {
	q := g.over(scope, depth, "LATERAL")
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

// computedKey equates numbers, one of which is computed or of another type, and mostly asks for more of the very same expression; "" without
// numbers on both sides.
func (g *generator) computedKey(l, r []column) string {
	number := func(c column) bool {
		return slices.Contains([]kind{integer, short, long, decimal, numeric, double, single}, c.kind)
	}
	var ls, rs []column
	for _, c := range l {
		if number(c) {
			ls = append(ls, c)
		}
	}
	for _, c := range r {
		if number(c) {
			rs = append(rs, c)
		}
	}
	if len(ls) == 0 || len(rs) == 0 {
		return ""
	}
	x, y := pick(g, ls), pick(g, rs)
	key := y.name
	if y.kind == integer && !g.extreme {
		key = "(" + key + " + 1)"
	}
	on := x.name + " = " + key
	if g.oneIn(4) {
		return on
	}
	return on + " AND " + key + pick(g, []string{" = ", " > ", " <= "}) + typed(x.kind, g.constant(x.kind, false))
}
