package oracle

import (
	"fmt"
	"strings"
)

// source is a table, a view or a derived table under a new alias.
func (g *generator) source(depth int) (string, []column) {
	g.alias++
	a := fmt.Sprintf("r%d", g.alias)
	sql, cols := "", []column(nil)
	var light []query
	for _, v := range g.views {
		if g.failing == none && g.weight+v.weight <= g.heavy {
			light = append(light, v)
		}
	}
	switch {
	case g.weight > g.heavy:
		t := pick(g, g.tables)
		sql, cols = t.name, t.columns
	case depth > 0 && g.oneIn(12):
		return g.merged(depth - 1)
	case depth > 0 && g.oneIn(12):
		return g.tree(depth - 1)
	case depth > 0 && g.oneIn(16):
		return g.usingChain()
	case g.failing == none && g.weight+recursiveWeight <= g.heavy && g.oneIn(24):
		return g.recursive()
	case depth > 0 && g.oneIn(4):
		q := g.query(depth-1, false)
		sql, cols = "("+q.sql+")", q.columns
	case len(light) > 0 && g.oneIn(4):
		g.hit("view on view")
		v := pick(g, light)
		g.weight += v.weight
		sql, cols = v.name, v.columns
	case g.oneIn(20) && g.failing == none: // PostgreSQL computes what is constant, and may fail, when it plans
		g.hit("VALUES")
		cols = []column{{name: "c0", kind: integer}, {name: "c1", kind: text}}
		var rows []string
		for range 1 + g.IntN(3) {
			rows = append(rows, fmt.Sprintf("(%s, %s)", typed(integer, g.constant(integer, true)), typed(text, g.constant(text, true))))
		}
		return fmt.Sprintf("(VALUES %s) %s (c0, c1)", strings.Join(rows, ", "), a), qualified(a, cols)
	default:
		t := pick(g, g.tables)
		g.weight++
		sql, cols = t.name, t.columns
	}
	return sql + " " + a, qualified(a, cols)
}

func qualified(alias string, cols []column) []column {
	scope := make([]column, len(cols))
	for i, c := range cols {
		scope[i] = c
		scope[i].name = alias + "." + c.name
	}
	return scope
}

// from joins one to four sources.
func (g *generator) from(depth int) (string, []column) {
	if g.failing == none && g.weight+3 <= g.heavy && g.oneIn(8) {
		return g.chain()
	}
	sql, scope := g.source(depth)
	sql = " FROM " + sql
	for range []int{0, 0, 0, 1, 1, 1, 2, 3}[g.IntN(8)] {
		if g.weight > g.heavy {
			break
		}
		if g.oneIn(6) {
			fn, cols := g.function(scope)
			sql += fn
			scope = append(append([]column(nil), scope...), cols...)
			continue
		}
		if depth > 0 && g.oneIn(10) {
			sub, cols := g.lateral(scope, depth-1)
			if g.oneIn(5) {
				sub, cols = g.lateralValues(scope)
			}
			sql += sub
			scope = append(append([]column(nil), scope...), cols...)
			continue
		}
		other, cols := g.source(depth)
		kindOf := pick(g, []string{"JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "CROSS JOIN", "RIGHT JOIN", "FULL JOIN"})
		g.hit(kindOf)
		sql += " " + kindOf + " " + other
		both := append(append([]column(nil), scope...), cols...)
		switch kindOf {
		case "CROSS JOIN":
		case "FULL JOIN": // PostgreSQL wants a condition that it can merge or hash
			on := ""
			for _, x := range scope {
				for _, y := range cols {
					if x.kind == integer && y.kind == integer && (on == "" || g.oneIn(3)) {
						on = x.name + " = " + y.name
					}
				}
			}
			switch {
			case on == "":
				on = "true"
			case g.oneIn(3):
				g.hit("FULL JOIN with a residual predicate")
				on += " AND " + g.predicate(both, 1)
			}
			sql += " ON " + on
		default:
			sql += " ON " + g.joinCondition(scope, cols, both)
			if depth > 0 && g.oneIn(12) {
				g.hit(kindOf + " with a subquery")
				sql += " AND " + g.subquery(both, 0)
			}
		}
		scope = both
	}
	return sql, scope
}

// function is a set-returning function, most often over columns to its left.
func (g *generator) function(scope []column) (string, []column) {
	g.alias++
	a := fmt.Sprintf("f%d", g.alias)
	join := pick(g, []string{" CROSS JOIN LATERAL ", ", LATERAL ", " LEFT JOIN LATERAL ", " JOIN LATERAL "})
	if strings.HasPrefix(join, ",") {
		join = " CROSS JOIN LATERAL "
	}
	on := ""
	if !strings.Contains(join, "CROSS") {
		on = " ON true"
	}
	x := func(k kind) string { return typed(k, g.expr(k, scope, 1)) }
	call, cols, alias := "", []column(nil), a+" (x)"
	one := func(k kind) []column {
		return []column{{name: a + ".x", kind: k, loose: anyLoose(scope) && isImage(k)}}
	}
	name := ""
	switch g.IntN(11) {
	case 7:
		name, call, cols = "jsonb_object_keys", fmt.Sprintf("jsonb_object_keys(CASE WHEN jsonb_typeof(%[1]s) = 'object' THEN %[1]s END)", x(document)), one(text)
	case 8:
		name, call = "unnest of two", fmt.Sprintf("unnest(%s, %s)", x(list), x(words))
		alias = a + " (x, y)"
		cols = []column{{name: a + ".x", kind: integer}, {name: a + ".y", kind: text}}
	case 9:
		name, call, cols = "generate_series of dates", "generate_series('2024-02-28'::timestamp, '2024-03-01', '1 day')", one(instant)
	case 10:
		name, call, cols = "generate_series with a step", fmt.Sprintf("generate_series(%s %% 4, -2, -1)", x(integer)), one(integer)
	case 0:
		name, call, cols = "unnest", fmt.Sprintf("unnest(%s)", x(list)), one(integer)
	case 1:
		name, call, cols = "unnest", fmt.Sprintf("unnest(%s)", x(words)), one(text)
	case 2:
		name, call, cols = "generate_series", fmt.Sprintf("generate_series(1, least(%s, 4))", x(integer)), one(integer)
	case 3:
		name, call, cols = "regexp_split_to_table", fmt.Sprintf("regexp_split_to_table(%s, '[b ]')", x(text)), one(text)
	case 4:
		name, call, cols = "string_to_table", fmt.Sprintf("string_to_table(%s, ' ')", x(text)), one(text)
	case 5:
		d := x(document)
		name, call, cols = "jsonb_array_elements", fmt.Sprintf("jsonb_array_elements(CASE WHEN jsonb_typeof(%s) = 'array' THEN %s ELSE '[]' END)", d, d), one(document)
	case 6:
		d := x(document)
		name, call = "jsonb_each", fmt.Sprintf("jsonb_each(CASE WHEN jsonb_typeof(%s) = 'object' THEN %s ELSE '{}' END)", d, d)
		alias = a + " (x, y)"
		cols = []column{{name: a + ".x", kind: text}, {name: a + ".y", kind: document, loose: anyLoose(scope)}}
	}
	if len(cols) == 1 && g.oneIn(4) {
		g.hit("ORDINALITY")
		call += " WITH ORDINALITY"
		alias = a + " (x, n)"
		cols = append(cols, column{name: a + ".n", kind: long})
	}
	g.hit(name)
	return join + call + " " + alias + on, cols
}

// joinCondition equates pairs of columns of one kind, and now and then asks for more.
func (g *generator) joinCondition(l, r, both []column) string {
	type pair struct{ a, b string }
	var pairs, keys []pair
	for _, x := range l {
		for _, y := range r {
			if x.kind == y.kind {
				pairs = append(pairs, pair{x.name, y.name})
				if x.kind == integer {
					keys = append(keys, pair{x.name, y.name})
				}
			}
		}
	}
	if len(pairs) == 0 || g.oneIn(12) {
		g.hit("join without a key")
		return g.predicate(both, 1)
	}
	if g.oneIn(8) {
		if on := g.computedKey(l, r); on != "" {
			g.hit("computed key")
			return on
		}
	}
	if len(keys) > 0 && g.oneIn(2) {
		pairs = keys
	}
	p := pick(g, pairs)
	on := p.a + pick(g, []string{" = ", " = ", " = ", " = ", " = ", " IS NOT DISTINCT FROM "}) + p.b
	if g.oneIn(5) {
		p := pick(g, pairs)
		on += " AND " + p.a + " = " + p.b
	}
	if g.oneIn(3) {
		g.hit("residual predicate")
		on += " AND " + g.predicate(both, 1)
	}
	return on
}

// subquery is a condition with a subquery: IN, NOT IN, EXISTS or a comparison, correlated or not.
func (g *generator) subquery(scope []column, depth int) string {
	switch {
	case g.oneIn(8):
		return g.combined(scope, depth)
	case g.oneIn(8):
		return g.nested(scope, 2+g.IntN(2))
	case g.oneIn(8):
		return g.correlatedQuery(scope, depth)
	}
	c := pick(g, scope)
	if g.oneIn(6) {
		if test := g.rowSubquery(scope, depth); test != "" {
			return test
		}
	}
	if g.oneIn(2) {
		return g.correlated(scope, depth)
	}
	q := g.query(depth, false)
	col := ""
	for _, x := range q.columns {
		if x.kind == c.kind && !x.loose {
			col = x.name
		}
	}
	not := pick(g, []string{"", "", "NOT "})
	if col == "" || g.oneIn(5) {
		g.hit(not + "EXISTS")
		return fmt.Sprintf("%sEXISTS (%s)", not, q.sql)
	}
	op := pick(g, comparisons)
	switch {
	case g.oneIn(12):
		g.hit(not + "IN (VALUES)")
		return fmt.Sprintf("%s %sIN (VALUES (%s), (%s))", c.name, not, typed(c.kind, g.constant(c.kind, true)), typed(c.kind, g.constant(c.kind, true)))
	case isOrdered(c.kind) && c.kind != list && c.kind != words && g.oneIn(4):
		g.hit("scalar comparison")
		return fmt.Sprintf("%s %s (SELECT %s(s.%s) FROM (%s) s)", c.name, op, pick(g, []string{"min", "max"}), col, q.sql)
	case isOrdered(c.kind) && g.oneIn(4):
		quantifier := pick(g, []string{"ANY", "ALL"})
		g.hit("op " + quantifier)
		return fmt.Sprintf("%s %s %s (SELECT s.%s FROM (%s) s)", c.name, op, quantifier, col, q.sql)
	}
	g.hit(not + "IN")
	return fmt.Sprintf("%s %sIN (SELECT s.%s FROM (%s) s)", c.name, not, col, q.sql)
}

// correlation is a source and a condition that ties it to the outer scope.
func (g *generator) correlation(scope []column, depth int) (from, on string, inner []column) {
	from, inner = g.source(depth)
	both := append(append([]column(nil), scope...), inner...)
	return from, g.joinCondition(scope, inner, both), inner
}

// correlated is a condition with a correlated subquery.
func (g *generator) correlated(scope []column, depth int) string {
	from, on, inner := g.correlation(scope, depth)
	not := pick(g, []string{"", "NOT "})
	if g.oneIn(3) {
		for _, x := range inner {
			for _, c := range scope {
				if x.kind == c.kind && isOrdered(c.kind) && !x.loose && g.oneIn(4) {
					quantifier := pick(g, []string{"ANY", "ALL"})
					g.hit("correlated op " + quantifier)
					return fmt.Sprintf("(%s %s %s (SELECT %s FROM %s WHERE %s)) IS %s", c.name, pick(g, comparisons), quantifier,
						x.name, from, on, pick(g, []string{"TRUE", "NOT TRUE", "NOT FALSE", "NULL"}))
				}
				if x.kind == c.kind && g.oneIn(2) {
					g.hit("correlated " + not + "IN")
					return fmt.Sprintf("%s %sIN (SELECT %s FROM %s WHERE %s)", c.name, not, x.name, from, on)
				}
			}
		}
	}
	if g.oneIn(3) {
		g.hit("correlated comparison")
		agg, k := g.aggregate(inner)
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s) %s", agg, from, on, map[bool]string{true: pick(g, []string{"> 1", "= 0", "<= 2"}),
			false: pick(g, []string{"IS NULL", "IS NOT NULL"})}[k == integer])
	}
	if g.oneIn(4) {
		g.hit("OR EXISTS")
		return fmt.Sprintf("(%s OR %sEXISTS (SELECT FROM %s WHERE %s))", g.predicate(scope, 1), not, from, on)
	}
	g.hit("correlated " + not + "EXISTS")
	return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s WHERE %s)", not, from, on)
}

// scalar is a subquery as a value: an aggregate, correlated or not, or the first row of an order.
func (g *generator) scalar(scope []column, depth int) (string, kind) {
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false
	from, on, inner := g.correlation(scope, depth)
	if g.oneIn(3) {
		on = g.predicate(inner, 1)
	}
	if g.oneIn(3) {
		g.hit("scalar LIMIT 1")
		c := pick(g, inner)
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s ORDER BY 1 LIMIT 1)", c.name, from, on), c.kind
	}
	g.hit("scalar subquery")
	agg, k := g.aggregate(inner)
	return fmt.Sprintf("(SELECT %s FROM %s WHERE %s)", agg, from, on), k
}
