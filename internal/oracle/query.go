package oracle

import (
	"fmt"
	"maps"
	"strings"
)

// query is a random SELECT with output columns c0, c1, ...
type query struct {
	sql     string
	name    string   // of its view
	columns []column // unqualified
	ordered bool     // by all its columns
	used    map[string]bool
	weight  int
}

// heavy is when a query reads enough tables: views of views would multiply without end. Who cannot say beforehand how many rows a query makes
// keeps to light.
const heavy, light = 10, 6

// top makes a query for a view.
func (g *generator) top(depth int) query {
	g.used, g.weight = map[string]bool{}, 0
	q, ok := query{}, false
	if g.oneIn(4) {
		q, ok = g.lookedUp(nil)
	}
	if !ok {
		if g.oneIn(4) {
			depth++
		}
		q = g.query(depth, true)
	}
	q.used, q.weight = maps.Clone(g.used), max(g.weight, 1)
	return q
}

// query makes a SELECT of at most the given nesting. outer: its outputs are those of the view.
func (g *generator) query(depth int, outer bool) query {
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false
	if depth > 0 && g.oneIn(8) {
		return g.setOperation(depth)
	}
	if depth > 0 && g.oneIn(9) {
		return g.with(depth)
	}
	if depth > 0 && g.oneIn(12) {
		return g.ranked(depth)
	}
	if depth > 0 && g.oneIn(12) {
		return g.windowed(depth)
	}
	from, scope := g.from(depth)
	where := ""
	if g.oneIn(3) {
		where = " WHERE " + g.predicate(scope, 2)
	}
	if depth > 0 && g.oneIn(4) {
		conj := " WHERE "
		if where != "" {
			conj = " AND "
		}
		where += conj + g.subquery(scope, depth-1)
	}
	if g.failing != none && outer && where == "" && strings.Count(from, " ") == 3 && g.oneIn(4) { // of a table alone: nothing else decides which rows it sees
		if e := g.fail(scope, func(k kind) string { return typed(k, g.expr(k, scope, 0)) }); e != "" {
			g.hit("may fail in WHERE")
			where = fmt.Sprintf(" WHERE %s <> %s", e, g.constant(integer, false))
		}
	}
	g.mayFail = g.failing != none && outer
	if c := g.ofKind(scope, integer); c != "" && g.failing == division && outer && g.oneIn(4) {
		if where == "" {
			where, g.guarded = " WHERE "+c+" <> 0", c
		}
	}
	defer func() { g.guarded = "" }()
	switch g.IntN(8) {
	case 7:
		return g.ties(from, where, scope)
	case 0, 1:
		if g.oneIn(10) {
			return g.groupWindows(from, where, scope)
		}
		return g.grouped(from, where, scope)
	case 2:
		return g.topK(from, where, scope)
	case 3:
		return g.distinct(from, where, scope)
	}
	var q query
	q.sql = "SELECT " + g.targets(&q, scope, depth)
	if g.failing == none && g.oneIn(8) {
		q.sql += g.series(&q, scope)
	}
	q.sql += from + where
	return q
}

// targets are one to four computed columns.
func (g *generator) targets(q *query, scope []column, depth int) string {
	var out []string
	for i := range 1 + g.IntN(4) {
		name := fmt.Sprintf("c%d", i)
		if depth > 0 && g.oneIn(8) {
			sql, k := g.subqueryValue(scope, depth-1)
			out = append(out, sql+" AS "+name)
			q.columns = append(q.columns, column{name: name, kind: k, loose: g.images && isImage(k)})
			continue
		}
		k := kind(g.IntN(int(numKinds)))
		if g.oneIn(2) {
			k = pick(g, scope).kind
		}
		if g.mayFail && g.oneIn(2) {
			k = integer
		}
		out = append(out, fmt.Sprintf("%s AS %s", typed(k, g.expr(k, scope, 2)), name))
		q.columns = append(q.columns, column{name: name, kind: k, loose: anyLoose(scope) && isImage(k)})
	}
	return strings.Join(out, ", ")
}

func anyLoose(scope []column) bool {
	for _, c := range scope {
		if c.loose {
			return true
		}
	}
	return false
}

// loosen marks the columns of a query that shows one of equal images.
func (g *generator) loosen(q *query) {
	if g.images {
		for i := range q.columns {
			q.columns[i].loose = isImage(q.columns[i].kind)
		}
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

// beforeConstants is an item of ORDER BY that is no constant, where a WHERE may fail. PostgreSQL drops an order by constants alone, and with a LIMIT
// it then leaves it open which rows it looks at.
func (g *generator) beforeConstants(where string, scope []column) string {
	if !g.mayFail || where == "" {
		return ""
	}
	return scope[0].name + ", "
}

// topK orders by everything that it shows, so that ties are alike.
func (g *generator) topK(from, where string, scope []column) query {
	g.hit("top-k")
	var q query
	q.sql = "SELECT " + g.targets(&q, scope, 0) + from + where
	q.sql += " ORDER BY "
	if g.failing == none && g.oneIn(8) {
		g.hit("subquery in ORDER BY")
		e, _ := g.scalar(scope, 0)
		q.sql += e + pick(g, []string{"", " DESC", " NULLS FIRST"}) + ", "
	}
	q.sql += g.beforeConstants(where, scope) + g.ordinals(len(q.columns))
	q.ordered = !g.images
	if !g.oneIn(6) {
		q.sql += fmt.Sprintf(" LIMIT %d", g.IntN(20)%7)
	}
	if g.oneIn(3) {
		g.hit("OFFSET")
		q.sql += fmt.Sprintf(" OFFSET %d", g.IntN(3))
	}
	g.loosen(&q)
	return q
}

// distinct is DISTINCT or DISTINCT ON.
func (g *generator) distinct(from, where string, scope []column) query {
	var q query
	targets := g.targets(&q, scope, 0)
	if g.oneIn(2) {
		g.hit("DISTINCT")
		q.sql = "SELECT DISTINCT " + targets + from + where
		g.loosen(&q)
		return q
	}
	g.hit("DISTINCT ON")
	inner := "SELECT " + targets + from + where
	on := "c0"
	if len(q.columns) > 1 && g.oneIn(3) {
		on = pick(g, []string{"c0, c1", "c1, c0"})
	}
	q.sql = fmt.Sprintf("SELECT DISTINCT ON (%s) * FROM (%s) u ORDER BY %s", on, inner, g.ordinals(len(q.columns)))
	g.loosen(&q)
	return q
}

// ranked is the first rows of each key, by row_number() or LATERAL.
func (g *generator) ranked(depth int) query {
	inner := g.query(depth-1, false)
	var names, order []string
	for i, c := range inner.columns {
		names = append(names, fmt.Sprintf("s.%s AS c%d", c.name, i))
		order = append(order, "u."+c.name+pick(g, []string{"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}))
	}
	q := query{columns: append([]column(nil), inner.columns...)}
	for i := range q.columns {
		q.columns[i].name = fmt.Sprintf("c%d", i)
	}
	g.loosen(&q)
	key := pick(g, inner.columns)
	if g.oneIn(2) {
		g.hit("row_number")
		n := ""
		if g.oneIn(2) {
			n = fmt.Sprintf(", s.n::int4 AS c%d", len(q.columns))
			q.columns = append(q.columns, column{name: fmt.Sprintf("c%d", len(q.columns)), kind: integer})
		}
		q.sql = fmt.Sprintf("SELECT %s%s FROM (SELECT u.*, row_number() OVER (PARTITION BY u.%s ORDER BY %s) AS n FROM (%s) u) s WHERE s.n <= %d",
			strings.Join(names, ", "), n, key.name, strings.Join(order, ", "), inner.sql, 1+g.IntN(3))
		return q
	}
	g.hit("LATERAL top-k")
	t := pick(g, g.tables)
	var outer []column
	for _, c := range t.columns {
		if c.kind == key.kind {
			outer = append(outer, c)
		}
	}
	on := "true"
	if len(outer) > 0 {
		on = fmt.Sprintf("u.%s = o.%s", key.name, pick(g, outer).name)
	}
	q.sql = fmt.Sprintf("SELECT %s, o.k AS c%d FROM %s o %s LATERAL (SELECT * FROM (%s) u WHERE %s ORDER BY %s LIMIT %d) s %s",
		strings.Join(names, ", "), len(q.columns), t.name, pick(g, []string{"JOIN", "LEFT JOIN"}), inner.sql, on,
		strings.Join(order, ", "), 1+g.IntN(3), "ON true")
	q.columns = append(q.columns, column{name: fmt.Sprintf("c%d", len(q.columns)), kind: integer})
	return q
}

// with is a CTE that may be read twice.
func (g *generator) with(depth int) query {
	g.hit("WITH")
	before := g.weight
	inner := g.query(depth-1, false)
	twice := func() { g.weight += g.weight - before }
	g.alias++
	name := fmt.Sprintf("w%d", g.alias)
	x, y := pick(g, inner.columns), pick(g, inner.columns)
	q := query{columns: []column{{name: "c0", kind: x.kind, loose: x.loose || g.images}, {name: "c1", kind: y.kind, loose: y.loose || g.images}}}
	if g.oneIn(4) {
		g.hit("WITH twice")
		twice()
		of := qualified("l", inner.columns)
		second := g.grouped(" FROM "+name+" l", "", of)
		if g.oneIn(2) {
			second = g.distinct(" FROM "+name+" l", "", of)
		}
		z := pick(g, second.columns)
		q.columns = append(q.columns, column{name: "c2", kind: z.kind, loose: z.loose || g.images})
		q.sql = fmt.Sprintf("WITH %[1]s AS %[2]s(%[3]s), %[1]sb AS (%[4]s) SELECT l.%[5]s AS c0, l.%[6]s AS c1, r.%[7]s AS c2 FROM %[1]s l %[8]s %[1]sb r ON %[9]s", name,
			pick(g, []string{"", "MATERIALIZED ", "NOT MATERIALIZED "}), inner.sql, second.sql, x.name, y.name, z.name, pick(g, []string{"JOIN", "LEFT JOIN"}),
			g.joinCondition(of, qualified("r", second.columns), of))
		return q
	}
	if g.oneIn(2) {
		q.sql = fmt.Sprintf("WITH %s AS (%s) SELECT l.%s AS c0, l.%s AS c1 FROM %s l", name, inner.sql, x.name, y.name, name)
		if g.oneIn(3) {
			g.hit("WITH in a subquery")
			twice()
			q.sql += pick(g, []string{
				fmt.Sprintf(" WHERE l.%s %sIN (SELECT r.%s FROM %s r WHERE r.%s IS NOT NULL)", x.name, pick(g, []string{"", "NOT "}), x.name, name, y.name),
				fmt.Sprintf(" WHERE %sEXISTS (SELECT FROM %s r WHERE r.%s = l.%s AND r.%s IS DISTINCT FROM l.%s)", pick(g, []string{"", "NOT "}), name, x.name, x.name, y.name, y.name),
				fmt.Sprintf(" WHERE (SELECT count(*) FROM %s r WHERE r.%s = l.%s) %s 1", name, y.name, y.name, pick(g, comparisons))})
		}
		return q
	}
	twice()
	q.sql = fmt.Sprintf("WITH %s AS (%s) SELECT l.%s AS c0, r.%s AS c1 FROM %s l %s %s r ON l.%s = r.%s", name, inner.sql, x.name, y.name, name,
		pick(g, []string{"JOIN", "LEFT JOIN"}), name, x.name, x.name)
	return q
}

// setOperation is UNION, INTERSECT or EXCEPT, with and without ALL.
func (g *generator) setOperation(depth int) query {
	l := g.query(depth-1, false)
	var first []string
	q := query{}
	for i, c := range l.columns {
		name := fmt.Sprintf("c%d", i)
		first = append(first, fmt.Sprintf("l.%s AS %s", c.name, name))
		q.columns = append(q.columns, column{name: name, kind: c.kind, loose: g.images && isImage(c.kind)})
	}
	arm := func() string {
		op := pick(g, []string{"UNION ALL", "UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"})
		g.hit(op)
		r := g.query(depth-1, false)
		var out []string
		for _, c := range l.columns {
			other := fmt.Sprintf("NULL::%s", typeNames[c.kind])
			for _, d := range r.columns {
				if d.kind == c.kind {
					other = "r." + d.name
				}
			}
			out = append(out, other)
		}
		return fmt.Sprintf(" %s SELECT %s FROM (%s) r", op, strings.Join(out, ", "), r.sql)
	}
	q.sql = fmt.Sprintf("SELECT %s FROM (%s) l%s", strings.Join(first, ", "), l.sql, arm())
	switch g.IntN(5) {
	case 0:
		g.hit("nested set operations")
		q.sql += arm()
	case 1:
		g.hit("nested set operations")
		q.sql = "(" + q.sql + ")" + arm()
	}
	if g.oneIn(5) {
		g.hit("set operation LIMIT")
		q.sql += fmt.Sprintf(" ORDER BY %s LIMIT %d", g.ordinals(len(q.columns)), 1+g.IntN(5))
	}
	return q
}
