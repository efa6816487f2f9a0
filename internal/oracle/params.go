package oracle

import (
	"fmt"
	"maps"
	"strings"
)

// parameterised makes a view with $p, equated with a column of its first source.
func (g *generator) parameterised() (q query, k kind) {
	g.used, g.weight = map[string]bool{}, 0
	q, k = g.withParameter()
	g.hit("parameter")
	q.used, q.weight = maps.Clone(g.used), g.weight
	return q, k
}

func (g *generator) withParameter() (q query, k kind) {
	if g.oneIn(3) {
		if q, ok := g.lookedUp(func(alias string) string { return alias + ".k = $p" }); ok {
			return q, integer
		}
	}
	first, scope := g.source(1)
	p := pick(g, scope)
	for range 10 {
		if isImage(p.kind) || p.kind == boolean {
			p = pick(g, scope)
		}
	}
	from := " FROM " + first
	for range []int{0, 0, 1, 2}[g.IntN(4)] {
		other, cols := g.source(1)
		both := append(append([]column(nil), scope...), cols...)
		from += pick(g, []string{" JOIN ", " JOIN ", " LEFT JOIN "}) + other + " ON " + g.joinCondition(scope, cols, both)
		scope = both
	}
	where := " WHERE " + p.name + " = $p"
	if g.oneIn(3) {
		where = " WHERE " + g.predicate(scope, 1) + " AND $p = " + p.name
	}
	if g.oneIn(3) {
		where += " AND " + g.subquery(scope, 0)
	}
	switch g.IntN(7) {
	case 0, 1:
		q = g.grouped(from, where, scope)
	case 2, 3:
		q = g.topK(from, where, scope)
	case 4:
		q = g.distinct(from, where, scope)
	default:
		q.sql = "SELECT " + g.targets(&q, scope, 1) + from + where
	}
	if g.oneIn(6) {
		g.parameterInBoth(&q, p.kind)
	}
	if g.oneIn(5) {
		g.hit("parameter below")
		q.sql = fmt.Sprintf("SELECT count(*)::int4 AS c0, max(s.c0::text) AS c1 FROM (%s) s", q.sql)
		q.columns = []column{{name: "c0", kind: integer}, {name: "c1", kind: text}}
		if g.images {
			q.sql, q.columns = strings.Replace(q.sql, "max(s.c0::text) AS c1 ", "1 AS c1 ", 1), []column{{name: "c0", kind: integer}, {name: "c1", kind: integer}}
		}
	}
	return q, p.kind
}

// parameterInBoth adds to a query with $p a set operation with rows of a table that have it, too.
func (g *generator) parameterInBoth(q *query, k kind) {
	for _, t := range g.tables {
		if equal := g.ofKind(t.columns, k); equal != "" {
			var left, right []string
			for i, c := range q.columns {
				left = append(left, fmt.Sprintf("l.%s AS c%d", c.name, i))
				right = append(right, typed(c.kind, g.expr(c.kind, t.columns, 1)))
				q.columns[i] = column{name: fmt.Sprintf("c%d", i), kind: c.kind, loose: g.images && isImage(c.kind)}
			}
			g.hit("parameter in both arms")
			q.ordered = false
			q.sql = fmt.Sprintf("SELECT %s FROM (%s) l %s SELECT %s FROM %s WHERE %s = $p", strings.Join(left, ", "), q.sql,
				pick(g, []string{"UNION ALL", "UNION", "EXCEPT", "INTERSECT"}), strings.Join(right, ", "), t.name, equal)
			return
		}
	}
}

// parameter is a view with $p of a kind.
type parameter struct {
	query
	kind kind
}
