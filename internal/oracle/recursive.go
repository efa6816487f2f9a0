package oracle

import (
	"fmt"
	"strings"
)

// recursiveWeight is that of a recursive query: a step may find many rows for each.
const recursiveWeight = light - 1

// recursive is a query of WITH RECURSIVE as a source: what rows lead to by an integer column, of which another column goes along. UNION ends, as no
// value is made; UNION ALL counts its steps.
func (g *generator) recursive() (string, []column) {
	g.alias += 4
	g.weight += recursiveWeight
	w, base, by, out := fmt.Sprintf("w%d", g.alias-3), fmt.Sprintf("r%d", g.alias-2), fmt.Sprintf("r%d", g.alias-1), fmt.Sprintf("r%d", g.alias)
	first, next := pick(g, g.tables), pick(g, g.tables)
	from, to := qualified(base, first.columns), qualified(by, next.columns)
	along := pick(g, from)
	for isImage(along.kind) {
		along = pick(g, from)
	}
	cols := []column{{name: "c0", kind: integer}, {name: "c1", kind: along.kind}}
	names := "c0, c1"
	all, count, start, add := "", "", "", ""
	if g.oneIn(3) {
		g.hit("recursive UNION ALL")
		all, start, add, names = " ALL", ", 1", ", c2 + 1", "c0, c1, c2"
		count = fmt.Sprintf("c2 < %d", 2+g.IntN(2))
		cols = append(cols, column{name: "c2", kind: integer})
	} else {
		g.hit("recursive UNION")
	}
	init := fmt.Sprintf("SELECT %s, %s%s FROM %s %s", g.ofKind(from, integer), along.name, start, first.name, base)
	if g.oneIn(2) {
		init += " WHERE " + g.predicate(from, 1)
	}
	self := qualified(w, cols[:2])
	goes := g.ofKind(to, along.kind)
	if goes == "" || g.oneIn(2) {
		goes = w + ".c1"
	}
	join, where := g.step(w, next, by, self, to)
	if strings.Contains(join, " "+by) {
		join = fmt.Sprintf("SELECT %s%s, %s%s FROM %s", pick(g, []string{"", "", "", "DISTINCT "}), g.ofKind(to, integer), goes, add, join)
	} else {
		join = fmt.Sprintf("SELECT (SELECT max(%s) FROM %s %s WHERE %s = %s.c0), c1%s FROM %s", g.ofKind(to, integer), next.name, by, g.ofKind(to, integer), w, add, w)
	}
	if count != "" {
		where = append(where, count)
	}
	if len(where) > 0 {
		join += " WHERE " + strings.Join(where, " AND ")
	}
	return fmt.Sprintf("(WITH RECURSIVE %s (%s) AS (%s UNION%s %s) SELECT * FROM %s) %s", w, names, init, all, join, w, out), qualified(out, cols)
}

// step is what a step reads: its own query under the name w and most often a table, joined by an integer column.
func (g *generator) step(w string, next *table, by string, self, to []column) (from string, where []string) {
	if g.oneIn(10) {
		return w, nil
	}
	both := append(append([]column(nil), self...), to...)
	on := fmt.Sprintf("%s = %s.c0", g.ofKind(to, integer), w)
	if g.oneIn(4) {
		on += " AND " + g.predicate(both, 1)
	}
	switch g.IntN(6) {
	case 0:
		from = fmt.Sprintf("%s %s JOIN %s ON %s", next.name, by, w, on)
	case 1:
		from = fmt.Sprintf("%s LEFT JOIN %s %s ON %s", w, next.name, by, on)
	case 2:
		from, where = fmt.Sprintf("%s, %s %s", w, next.name, by), []string{on}
	case 3:
		from = fmt.Sprintf("%s CROSS JOIN LATERAL (SELECT * FROM %s %s WHERE %s) %s", w, next.name, by, on, by)
	default:
		from = fmt.Sprintf("%s JOIN %s %s ON %s", w, next.name, by, on)
	}
	if g.oneIn(4) {
		g.hit("subquery in a recursive step")
		where = append(where, g.correlated(both, 0))
	} else if g.oneIn(4) {
		where = append(where, g.predicate(both, 1))
	}
	return from, where
}
