package oracle

import (
	"fmt"
	"strings"
)

// combined puts conditions with subqueries together.
func (g *generator) combined(scope []column, depth int) string {
	g.hit("subqueries combined")
	defer g.value()()
	one := g.subquery(scope, depth)
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("(NOT (%s))", one)
	case 1:
		return fmt.Sprintf("((%s) IS %s)", one, pick(g, []string{"NULL", "NOT NULL", "TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN"}))
	case 2:
		return fmt.Sprintf("((%s) %s %s)", one, pick(g, []string{"AND", "OR"}), g.predicate(scope, 1))
	case 3:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.predicate(scope, 1), one, g.predicate(scope, 1))
	}
	return fmt.Sprintf("((%s) %s (%s))", one, pick(g, []string{"AND", "OR"}), g.subquery(scope, 0))
}

// nested is a condition with subqueries in one another, each over a table, that refer to any of what is around them.
func (g *generator) nested(scope []column, levels int) string {
	if levels == 0 || g.weight > g.heavy {
		return g.predicate(scope, 1)
	}
	g.hit(fmt.Sprintf("nested %d deep", levels))
	g.alias++
	g.weight++
	t := pick(g, g.tables)
	a := fmt.Sprintf("o%d", g.alias)
	inner := qualified(a, t.columns)
	all := append(append([]column(nil), inner...), scope...)
	on := g.nested(all, levels-1)
	if g.oneIn(2) {
		on = g.joinCondition(scope, inner, all) + pick(g, []string{" AND ", " AND ", " OR "}) + on
	}
	from := fmt.Sprintf("FROM %s %s WHERE %s", t.name, a, on)
	of := g.ofKind(scope, integer)
	if of == "" || g.oneIn(3) {
		return fmt.Sprintf("%sEXISTS (SELECT %s)", pick(g, []string{"", "NOT "}), from)
	}
	k := g.ofKind(inner, integer)
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s %s (SELECT %s(%s) %s))", of, pick(g, comparisons), pick(g, []string{"min", "max", "count", "sum"}), k, from)
	case 1:
		return fmt.Sprintf("(%s %s %s (SELECT %s %s))", of, pick(g, comparisons), pick(g, []string{"ANY", "ALL"}), k, from)
	case 2:
		return fmt.Sprintf("(%s %s ANY (ARRAY(SELECT coalesce(%s, %s) %s) || 1))", of, pick(g, comparisons), k, of, from)
	}
	return fmt.Sprintf("(%s %sIN (SELECT %s %s))", of, pick(g, []string{"", "NOT "}), k, from)
}

// subqueryValue is a subquery as an output: a value, an array, a condition that may be unknown, or a part of an expression.
func (g *generator) subqueryValue(scope []column, depth int) (string, kind) {
	switch g.IntN(7) {
	case 0:
		return g.array(scope, depth)
	case 1, 2:
		defer func(f bool) { g.mayFail = f }(g.mayFail)
		g.mayFail = false
		g.hit("condition with a subquery as an output")
		return "(" + g.subquery(scope, depth) + ")", boolean
	case 3:
		sql, k := g.scalar(scope, depth)
		defer func(f bool) { g.mayFail = f }(g.mayFail)
		g.mayFail = false
		g.hit("subquery in an expression")
		return pick(g, []string{fmt.Sprintf("coalesce(%s, %s)", sql, typed(k, g.expr(k, scope, 1))),
			fmt.Sprintf("CASE WHEN %s THEN %s END", g.predicate(scope, 1), sql)}), k
	}
	return g.scalar(scope, depth)
}

// tree is a join in parentheses, to be joined as a whole.
func (g *generator) tree(depth int) (string, []column) {
	g.hit("join of a join")
	l, left := g.source(depth)
	r, right := g.source(depth)
	both := append(append([]column(nil), left...), right...)
	return fmt.Sprintf("(%s %s %s ON %s)", l, pick(g, []string{"JOIN", "LEFT JOIN", "RIGHT JOIN"}), r, g.joinCondition(left, right, both)), both
}

// usingChain merges the column k of three tables, which is NULL only where none of them has it, and shows it with one of each.
func (g *generator) usingChain() (string, []column) {
	g.hit("chain of USING")
	g.alias++
	name := fmt.Sprintf("r%d", g.alias)
	var from string
	out := []string{"k AS c0"}
	cols := []column{{name: "c0", kind: integer}}
	for i := range 3 {
		g.alias++
		g.weight++
		t, a := pick(g, g.tables), fmt.Sprintf("r%d", g.alias)
		if i > 0 {
			from += pick(g, []string{" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "})
		}
		from += t.name + " " + a
		if i > 0 {
			from += " USING (k)"
		}
		c := pick(g, t.columns)
		cols = append(cols, column{name: fmt.Sprintf("c%d", len(cols)), kind: c.kind})
		out = append(out, fmt.Sprintf("%s.%s AS c%d", a, c.name, len(out)))
	}
	where := ""
	if g.oneIn(3) {
		where = " WHERE " + g.predicate([]column{{name: "k", kind: integer}}, 1)
	}
	return fmt.Sprintf("(SELECT %s FROM %s%s) %s", strings.Join(out, ", "), from, where, name), qualified(name, cols)
}

// correlatedQuery is a condition with a whole query in it that refers to what is around.
func (g *generator) correlatedQuery(scope []column, depth int) string {
	q := g.over(scope, min(depth, 1), "correlated query")
	g.alias++
	s := fmt.Sprintf("s%d", g.alias)
	for _, c := range qualified(s, q.columns) {
		same := g.ofKind(scope, c.kind)
		if same == "" || c.loose || !isOrdered(c.kind) {
			continue
		}
		switch g.IntN(4) {
		case 0:
			return fmt.Sprintf("(%s %sIN (SELECT %s FROM (%s) %s))", same, pick(g, []string{"", "NOT "}), c.name, q.sql, s)
		case 1:
			return fmt.Sprintf("(%s %s %s (SELECT %s FROM (%s) %s))", same, pick(g, comparisons), pick(g, []string{"ANY", "ALL"}), c.name, q.sql, s)
		case 2:
			return fmt.Sprintf("(%s %s (SELECT max(%s) FROM (%s) %s))", same, pick(g, comparisons), c.name, q.sql, s)
		}
	}
	return fmt.Sprintf("%sEXISTS (%s)", pick(g, []string{"", "NOT "}), q.sql)
}
