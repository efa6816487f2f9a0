package oracle

import (
	"fmt"
	"strings"
)

// windowed is window functions over another query's rows, ordered by all columns, so that ties are alike.
func (g *generator) windowed(depth int) query {
	g.hit("window")
	inner := g.query(depth-1, false)
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
