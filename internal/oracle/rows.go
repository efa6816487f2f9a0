package oracle

import (
	"fmt"
	"strings"
)

// rowTest compares rows of two or three fields.
func (g *generator) rowTest(scope []column, depth int) string {
	var l, r, m []string
	for range 2 + g.IntN(2) {
		c := pick(g, scope)
		l, r = append(l, c.name), append(r, typed(c.kind, g.expr(c.kind, scope, depth-1)))
		m = append(m, typed(c.kind, g.constant(c.kind, true)))
	}
	row := func(e []string) string { return "(" + strings.Join(e, ", ") + ")" }
	g.hit("row comparison")
	if g.oneIn(3) {
		return g.nestedTest(scope, depth)
	}
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s IS %sNULL)", row(l), pick(g, []string{"", "NOT "}))
	case 1:
		return fmt.Sprintf("(%s %sIN (%s, %s))", row(l), pick(g, []string{"", "NOT "}), row(r), row(m))
	case 2:
		return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", row(l), pick(g, []string{"", "NOT "}), row(r))
	}
	return fmt.Sprintf("(%s %s %s)", row(l), pick(g, comparisons), row(r))
}

// nestedTest compares rows with a record in them, whose NULLs are equal and above everything; its fields are of the same types on both sides.
func (g *generator) nestedTest(scope []column, depth int) string {
	k, l := pick(g, scope).kind, pick(g, scope).kind
	row := func() string {
		return fmt.Sprintf("(%s, ROW(%s, %s))", typed(integer, g.expr(integer, scope, depth-1)), typed(k, g.expr(k, scope, depth-1)), typed(l, g.expr(l, scope, depth-1)))
	}
	g.hit("nested row")
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s %sIN (%s, %s))", row(), pick(g, []string{"", "NOT "}), row(), row())
	case 1:
		return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", row(), pick(g, []string{"", "NOT "}), row())
	}
	return fmt.Sprintf("(%s %s %s)", row(), pick(g, []string{"=", "<>", "<", "<=", ">", ">="}), row())
}

// rowSubquery compares two columns with those of a subquery, correlated or not; "" where it finds none of the same kinds.
func (g *generator) rowSubquery(scope []column, depth int) string {
	from, on, inner := g.correlation(scope, depth)
	if g.oneIn(2) {
		on = g.predicate(inner, 1)
	}
	var l, r []string
	for range 8 {
		x, y := pick(g, scope), pick(g, inner)
		if x.kind == y.kind && !y.loose && len(l) < 2 {
			l, r = append(l, x.name), append(r, y.name)
		}
	}
	if len(l) < 2 {
		return ""
	}
	left, right := strings.Join(l, ", "), strings.Join(r, ", ")
	op := pick(g, comparisons)
	switch g.IntN(3) {
	case 0:
		not := pick(g, []string{"", "NOT "})
		g.hit("row " + not + "IN")
		return fmt.Sprintf("(%s) %sIN (SELECT %s FROM %s WHERE %s)", left, not, right, from, on)
	case 1:
		quantifier := pick(g, []string{"ANY", "ALL"})
		g.hit("row " + quantifier)
		return fmt.Sprintf("(%s) %s %s (SELECT %s FROM %s WHERE %s)", left, op, quantifier, right, from, on)
	}
	g.hit("row against a subquery")
	return fmt.Sprintf("(%s) %s (SELECT %s FROM %s WHERE %s ORDER BY 1, 2 LIMIT 1)", left, op, right, from, on)
}

// series are set-returning functions in a select list: one or two side by side.
func (g *generator) series(q *query, scope []column) string {
	out := ""
	for range 1 + g.IntN(2) {
		c := column{name: fmt.Sprintf("c%d", len(q.columns)), kind: integer}
		x := func(k kind) string { return typed(k, g.expr(k, scope, 1)) }
		call := ""
		switch g.IntN(4) {
		case 0:
			call = fmt.Sprintf("unnest(%s)", x(list))
		case 1:
			call, c.kind = fmt.Sprintf("unnest(%s)", x(words)), text
		case 2:
			call = fmt.Sprintf("generate_series(1, generate_series(1, least(%s, 3)))", x(integer))
		default:
			call = fmt.Sprintf("generate_series(1, least(%s, 3))", x(integer))
		}
		g.hit("SRF in the select list")
		q.columns = append(q.columns, c)
		out += ", " + call + " AS " + c.name
	}
	return out
}

// ties is the first rows of an order with all that are equal to the last of them.
func (g *generator) ties(from, where string, scope []column) query {
	g.hit("WITH TIES")
	var q query
	q.sql = "SELECT " + g.targets(&q, scope, 0) + from + where
	n := 1 + g.IntN(len(q.columns))
	if g.mayFail { // else it is open of which rows PostgreSQL computes what it need not order by
		n = len(q.columns)
	}
	q.sql += " ORDER BY " + g.beforeConstants(where, scope) + g.ordinals(n)
	if n == len(q.columns) && g.oneIn(3) { // else it is open which of equal rows are passed over
		q.sql += fmt.Sprintf(" OFFSET %d", g.IntN(3))
	}
	q.sql += fmt.Sprintf(" FETCH FIRST %d ROWS WITH TIES", 1+g.IntN(3))
	g.loosen(&q)
	return q
}

// array is the sorted rows of a subquery.
func (g *generator) array(scope []column, depth int) (string, kind) {
	from, on, inner := g.correlation(scope, depth)
	c := pick(g, inner)
	e, k := c.name, words
	switch {
	case c.loose || isImage(c.kind):
		return g.scalar(scope, depth)
	case c.kind == integer:
		k = list
	case c.kind != text:
		e += "::text"
	}
	g.hit("ARRAY(SELECT)")
	return fmt.Sprintf("ARRAY(SELECT %s FROM %s WHERE %s ORDER BY 1%s)", e, from, on, pick(g, []string{"", " DESC", " NULLS FIRST", " LIMIT 2"})), k
}

// outerAggregate is a subquery over a group that uses an aggregate of it.
func (g *generator) outerAggregate(scope []column) (string, kind) {
	g.hit("outer aggregate")
	t := pick(g, g.tables)
	g.alias++
	c := pick(g, scope)
	e := fmt.Sprintf("count(%s)", c.name)
	if c.kind == integer {
		e = pick(g, []string{"sum", "max", "count"}) + "(" + c.name + ")"
	}
	return fmt.Sprintf("(SELECT count(*)::int4 FROM %s o%d WHERE o%d.k %s %s)", t.name, g.alias, g.alias, pick(g, []string{"=", "<", "<>"}), e), integer
}
