package oracle

import (
	"fmt"
	"strings"
)

// windowed is window functions over another query's rows, ordered by all columns, so that ties are alike.
func (g *generator) windowed(depth int) query {
	g.hit("window")
	inner := g.query(depth-1, false)
	if g.oneIn(3) {
		return g.peers(inner)
	}
	q := query{}
	var out, order []string
	for _, c := range inner.columns {
		order = append(order, "u."+c.name+pick(g, []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}))
		q.add(&out, "u."+c.name, c.kind)
	}
	over := "ORDER BY " + strings.Join(order, ", ")
	if g.oneIn(2) {
		over = "PARTITION BY u." + pick(g, inner.columns).name + " " + over
	}
	for range 1 + g.IntN(2) {
		e, k := g.windowFunction(pick(g, inner.columns), over)
		q.add(&out, e, k)
	}
	g.loosen(&q)
	q.sql = fmt.Sprintf("SELECT %s FROM (%s) u", strings.Join(out, ", "), inner.sql)
	return q
}

// add is another output column.
func (q *query) add(out *[]string, sql string, k kind) {
	name := fmt.Sprintf("c%d", len(*out))
	*out = append(*out, sql+" AS "+name)
	q.columns = append(q.columns, column{name: name, kind: k})
}

func (g *generator) windowFunction(c column, over string) (string, kind) {
	x := "u." + c.name
	framed := fmt.Sprintf(" OVER (%s%s)", over, g.frame())
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s() OVER (%s))::int4", pick(g, []string{"row_number", "rank", "dense_rank"}), over), integer
	case 1:
		return fmt.Sprintf("%s() OVER (%s)", pick(g, []string{"percent_rank", "cume_dist"}), over), double
	case 2:
		return fmt.Sprintf("ntile(%d) OVER (%s)", 1+g.IntN(4), over), integer
	case 3:
		return fmt.Sprintf("%s(%s, %d) OVER (%s)", pick(g, []string{"lag", "lead"}), x, g.IntN(4)-1, over), c.kind
	case 4:
		return fmt.Sprintf("nth_value(%s, %d)%s", x, 1+g.IntN(3), framed), c.kind
	case 5:
		return fmt.Sprintf("%s(%s)%s", pick(g, []string{"first_value", "last_value"}), x, framed), c.kind
	case 6:
		if c.kind == integer || c.kind == long || c.kind == decimal {
			return fmt.Sprintf("(%s(%s)%s)::numeric", pick(g, []string{"sum", "min", "max"}), x, framed), numeric
		}
	}
	filter := ""
	if g.oneIn(3) {
		filter = fmt.Sprintf(" FILTER (WHERE %s IS NOT NULL)", x)
	}
	return fmt.Sprintf("(count(%s)%s%s)::int4", pick(g, []string{"*", x}), filter, framed), integer
}

// frame is a frame clause, or none.
func (g *generator) frame() string {
	if g.oneIn(3) {
		return ""
	}
	unit := pick(g, []string{"ROWS", "GROUPS", "RANGE"})
	bounds := []string{"UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "3 FOLLOWING", "UNBOUNDED FOLLOWING"}
	if unit == "RANGE" {
		bounds = []string{bounds[0], bounds[3], bounds[6]}
	}
	start := g.IntN(len(bounds) - 1)
	end := start + g.IntN(len(bounds)-start)
	if end == 0 {
		end = 1
	}
	exclude := []string{"", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}
	if bounds[start] == "1 FOLLOWING" || bounds[start] == "3 FOLLOWING" || strings.HasSuffix(bounds[end], "PRECEDING") {
		exclude = exclude[:4] // PostgreSQL's first_value takes the current row for one of a frame without it
	}
	return fmt.Sprintf(" %s BETWEEN %s AND %s%s", unit, bounds[start], bounds[end], pick(g, exclude))
}

// peers is window functions over rows that are ordered by a part of what they show: of those that are equal by it, all get the same.
func (g *generator) peers(inner query) query {
	g.hit("window over peers")
	q := query{}
	var out []string
	for _, c := range inner.columns {
		q.add(&out, "u."+c.name, c.kind)
	}
	by := pick(g, inner.columns)
	var over []string
	for range 1 + g.IntN(2) {
		w := "ORDER BY u." + by.name + pick(g, []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"})
		if g.oneIn(2) {
			w = "PARTITION BY u." + pick(g, inner.columns).name + " " + w
		}
		over = append(over, w)
	}
	for i, w := range over {
		x := pick(g, inner.columns)
		frame := pick(g, []string{"", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW", " GROUPS BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
			" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP"})
		if by.kind == integer && !g.extreme && g.oneIn(3) {
			g.hit("RANGE of values")
			frame = pick(g, []string{" RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING", " RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING", " RANGE 2 PRECEDING"})
		}
		e, k := fmt.Sprintf("(%s() OVER (%s))::int4", pick(g, []string{"rank", "dense_rank"}), w), integer
		switch g.IntN(5) {
		case 0:
			e = fmt.Sprintf("(count(u.%s) OVER (%s%s))::int4", x.name, w, frame)
		case 1:
			if x.kind == integer || x.kind == decimal {
				e, k = fmt.Sprintf("(%s(u.%s) OVER (%s%s))::numeric", pick(g, []string{"sum", "min", "max"}), x.name, w, frame), numeric
			}
		case 2:
			e, k = fmt.Sprintf("%s() OVER (%s)", pick(g, []string{"percent_rank", "cume_dist"}), w), double
		case 3:
			e = fmt.Sprintf("(count(*) OVER w%d)::int4", i)
		}
		q.add(&out, e, k)
	}
	g.loosen(&q)
	q.sql = fmt.Sprintf("SELECT %s FROM (%s) u WINDOW w0 AS (%s), w1 AS (%s)", strings.Join(out, ", "), inner.sql, over[0], over[len(over)-1])
	return q
}

// groupWindows is window functions over groups, some of their aggregates.
func (g *generator) groupWindows(from, where string, scope []column) query {
	g.hit("window over groups")
	key := pick(g, scope)
	q := query{}
	var out []string
	q.add(&out, key.name, key.kind)
	q.add(&out, "count(*)::int4", integer)
	partition := ""
	if g.oneIn(3) {
		partition = "PARTITION BY count(*) "
	}
	over := fmt.Sprintf("(%sORDER BY %s)", partition, pick(g, []string{key.name, key.name + " DESC", "count(*)", "count(*) DESC", "count(*), " + key.name}))
	q.add(&out, fmt.Sprintf("(sum(count(*)) OVER %s)::int4", over), integer)
	q.add(&out, fmt.Sprintf("(rank() OVER %s)::int4", over), integer)
	g.loosen(&q)
	q.sql = "SELECT " + strings.Join(out, ", ") + from + where + " GROUP BY 1"
	return q
}
