package oracle

import (
	"fmt"
	"strings"
)

// query is a random SELECT with output columns c0, c1, ...
type query struct {
	sql     string
	columns []column // unqualified
}

// query makes a SELECT of at most the given nesting.
func (g *generator) query(depth int) query {
	if depth > 0 && g.oneIn(7) {
		return g.setOperation(depth)
	}
	from, scope := g.from(depth)
	where := ""
	if g.oneIn(2) {
		where = " WHERE " + g.predicate(scope, 2)
	}
	if depth > 0 && g.oneIn(5) {
		conj := " WHERE "
		if where != "" {
			conj = " AND "
		}
		where += conj + g.subquery(scope, depth-1)
	}
	switch g.IntN(6) {
	case 0, 1:
		return g.grouped(from, where, scope)
	case 2:
		return g.topK(from, where, scope)
	case 3:
		return g.distinct(from, where, scope)
	}
	var q query
	q.sql = "SELECT " + g.targets(&q, scope) + from + where
	return q
}

// targets are one to four computed columns.
func (g *generator) targets(q *query, scope []column) string {
	var out []string
	for i := range 1 + g.IntN(4) {
		k := kind(g.IntN(int(numKinds)))
		out = append(out, fmt.Sprintf("%s AS c%d", typed(k, g.expr(k, scope, 2)), i))
		q.columns = append(q.columns, column{fmt.Sprintf("c%d", i), k})
	}
	return strings.Join(out, ", ")
}

// source is a table or a derived table under a new alias.
func (g *generator) source(depth int) (string, []column) {
	g.alias++
	a := fmt.Sprintf("r%d", g.alias)
	sql, cols := "", []column(nil)
	if depth > 0 && g.oneIn(4) {
		q := g.query(depth - 1)
		sql, cols = "("+q.sql+")", q.columns
	} else {
		t := pick(g, g.tables)
		sql, cols = t.name, t.columns
	}
	scope := make([]column, len(cols))
	for i, c := range cols {
		scope[i] = column{a + "." + c.name, c.kind}
	}
	return sql + " " + a, scope
}

// from joins one to three sources.
func (g *generator) from(depth int) (string, []column) {
	sql, scope := g.source(depth)
	sql = " FROM " + sql
	for range []int{0, 0, 1, 1, 2}[g.IntN(5)] {
		other, cols := g.source(depth)
		kindOf := pick(g, []string{"JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "CROSS JOIN"})
		sql += " " + kindOf + " " + other
		both := append(append([]column(nil), scope...), cols...)
		if kindOf != "CROSS JOIN" {
			sql += " ON " + g.joinCondition(scope, cols, both)
		}
		scope = both
	}
	return sql, scope
}

// joinCondition equates a pair of columns of one kind, and now and then asks for more.
func (g *generator) joinCondition(l, r, both []column) string {
	type pair struct{ a, b string }
	var pairs []pair
	for _, x := range l {
		for _, y := range r {
			if x.kind == y.kind && x.kind != double {
				pairs = append(pairs, pair{x.name, y.name})
			}
		}
	}
	if len(pairs) == 0 {
		return g.predicate(both, 1)
	}
	p := pick(g, pairs)
	on := p.a + " = " + p.b
	if g.oneIn(4) {
		on += " AND " + g.predicate(both, 1)
	}
	return on
}

// subquery is an uncorrelated IN, NOT IN, EXISTS or scalar comparison.
func (g *generator) subquery(scope []column, depth int) string {
	c := pick(g, scope)
	q := g.query(depth)
	col := ""
	for _, x := range q.columns {
		if x.kind == c.kind {
			col = x.name
		}
	}
	if col == "" || g.oneIn(4) {
		return fmt.Sprintf("%sEXISTS (%s)", pick(g, []string{"", "NOT "}), q.sql)
	}
	if g.oneIn(3) {
		return fmt.Sprintf("%s <= (SELECT max(s.%s::text) FROM (%s) s)::%s", c.name, col, q.sql, typeNames[c.kind])
	}
	return fmt.Sprintf("%s %sIN (SELECT s.%s FROM (%s) s)", c.name, pick(g, []string{"", "", "NOT "}), col, q.sql)
}

// grouped is GROUP BY with aggregates.
func (g *generator) grouped(from, where string, scope []column) query {
	var q query
	var keys, out []string
	add := func(sql string, k kind) {
		c := fmt.Sprintf("c%d", len(q.columns))
		out = append(out, sql+" AS "+c)
		q.columns = append(q.columns, column{c, k})
	}
	for range g.IntN(3) {
		c := pick(g, scope)
		keys = append(keys, c.name)
		add(c.name, c.kind)
	}
	for range 1 + g.IntN(3) {
		sql, k := g.aggregate(scope)
		add(sql, k)
	}
	q.sql = "SELECT " + strings.Join(out, ", ") + from + where
	if len(keys) > 0 {
		q.sql += " GROUP BY " + strings.Join(keys, ", ")
	}
	if g.oneIn(4) {
		q.sql += fmt.Sprintf(" HAVING count(*) %s %d", pick(g, []string{">", "<=", "<>"}), g.IntN(3))
	}
	return q
}

// aggregate is a call whose result does not depend on the order of ties.
func (g *generator) aggregate(scope []column) (string, kind) {
	c := pick(g, scope)
	x := c.name
	filter := ""
	if g.oneIn(4) {
		filter = " FILTER (WHERE " + g.predicate(scope, 1) + ")"
	}
	distinct := ""
	if g.oneIn(4) {
		distinct = "DISTINCT "
	}
	switch g.IntN(7) {
	case 0:
		return "count(*)" + filter + "::int4", integer
	case 1:
		return fmt.Sprintf("count(%s%s)%s::int4", distinct, x, filter), integer
	case 2:
		return fmt.Sprintf("string_agg(%s%s::text, ',' ORDER BY %s::text)%s", distinct, x, x, filter), text
	case 3:
		if c.kind == boolean {
			return fmt.Sprintf("%s(%s)%s", pick(g, []string{"bool_and", "bool_or"}), x, filter), boolean
		}
		fallthrough
	case 4:
		if c.kind != boolean {
			return fmt.Sprintf("%s(%s)%s", pick(g, []string{"min", "max"}), x, filter), c.kind
		}
		fallthrough
	case 5:
		if c.kind == integer || c.kind == decimal {
			return fmt.Sprintf("%s(%s%s)%s::text", pick(g, []string{"sum", "avg"}), distinct, x, filter), text
		}
		fallthrough
	default:
		return fmt.Sprintf("(array_agg(%s::text ORDER BY %s::text DESC)%s)::text", x, x, filter), text
	}
}

// ordinals are the output columns as ORDER BY items, in random directions.
func (g *generator) ordinals(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i + 1)
		if g.oneIn(2) {
			out[i] += " DESC"
		}
		if g.oneIn(4) {
			out[i] += pick(g, []string{" NULLS FIRST", " NULLS LAST"})
		}
	}
	return strings.Join(out, ", ")
}

// topK orders by everything that it shows, so that ties are alike.
func (g *generator) topK(from, where string, scope []column) query {
	var q query
	q.sql = "SELECT " + g.targets(&q, scope) + from + where
	q.sql += fmt.Sprintf(" ORDER BY %s LIMIT %d", g.ordinals(len(q.columns)), 1+g.IntN(5))
	if g.oneIn(3) {
		q.sql += fmt.Sprintf(" OFFSET %d", g.IntN(3))
	}
	return q
}

// distinct is DISTINCT or DISTINCT ON.
func (g *generator) distinct(from, where string, scope []column) query {
	var q query
	targets := g.targets(&q, scope)
	if g.oneIn(2) {
		q.sql = "SELECT DISTINCT " + targets + from + where
		return q
	}
	inner := "SELECT " + targets + from + where
	q.sql = fmt.Sprintf("SELECT DISTINCT ON (c0) * FROM (%s) u ORDER BY c0, %s", inner, g.ordinals(len(q.columns)))
	return q
}

// setOperation is UNION ALL.
func (g *generator) setOperation(depth int) query {
	l := g.query(depth - 1)
	r := g.query(depth - 1)
	var lt, rt []string
	for i, c := range l.columns {
		lt = append(lt, fmt.Sprintf("l.%s AS c%d", c.name, i))
		other := fmt.Sprintf("NULL::%s", typeNames[c.kind])
		for _, d := range r.columns {
			if d.kind == c.kind {
				other = "r." + d.name
			}
		}
		rt = append(rt, other)
	}
	return query{
		sql:     fmt.Sprintf("SELECT %s FROM (%s) l UNION ALL SELECT %s FROM (%s) r", strings.Join(lt, ", "), l.sql, strings.Join(rt, ", "), r.sql),
		columns: l.columns,
	}
}
