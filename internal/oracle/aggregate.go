package oracle

import (
	"fmt"
	"strings"
)

// grouped is GROUP BY with aggregates.
func (g *generator) grouped(from, where string, scope []column) query {
	var q query
	var keys, texts, out []string
	add := func(sql string, k kind) {
		c := fmt.Sprintf("c%d", len(q.columns))
		out = append(out, sql+" AS "+c)
		q.columns = append(q.columns, column{name: c, kind: k})
	}
	sets := g.oneIn(4)
	n := g.IntN(3)
	if sets && g.oneIn(3) {
		n = 3
	}
	for range n {
		c := pick(g, scope)
		e := c.name
		if !sets && g.oneIn(4) { // PostgreSQL 15 orders and filters by a constant as if no grouping set left it out
			e = typed(c.kind, g.expr(c.kind, scope, 1))
		}
		keys, texts = append(keys, fmt.Sprint(len(out)+1)), append(texts, e)
		add(e, c.kind)
	}
	if len(keys) == 0 {
		g.hit("scalar aggregate")
	} else {
		g.hit("GROUP BY")
	}
	for range 1 + g.IntN(3) {
		sql, k := g.aggregate(scope)
		if g.oneIn(12) {
			sql, k = g.outerAggregate(scope)
		}
		add(sql, k)
	}
	q.sql = "SELECT " + strings.Join(out, ", ") + from + where
	if len(keys) > 0 {
		by := strings.Join(keys, ", ")
		if sets {
			g.hit("grouping sets")
			by = g.groupingSets(keys)
			if g.oneIn(2) {
				c := fmt.Sprintf("c%d", len(q.columns))
				q.sql = "SELECT " + strings.Join(append(out, "grouping("+strings.Join(texts, ", ")+") AS "+c), ", ") + from + where
				q.columns = append(q.columns, column{name: c, kind: integer})
			}
		}
		q.sql += " GROUP BY " + by
	}
	if g.oneIn(4) {
		g.hit("HAVING")
		than := fmt.Sprint(g.IntN(3))
		if g.oneIn(3) {
			g.hit("subquery in HAVING")
			than, _ = g.outerAggregate(scope)
		}
		q.sql += fmt.Sprintf(" HAVING count(*) %s %s", pick(g, []string{">", "<=", "<>"}), than)
	}
	if sets && len(keys) > 0 { // PostgreSQL 15 sorts what is around it as if columns that were equal below stayed so
		q.sql = "WITH m AS MATERIALIZED (" + q.sql + ") SELECT * FROM m"
	}
	g.loosen(&q)
	return q
}

// groupingSets is what may stand for plain keys.
func (g *generator) groupingSets(keys []string) string {
	list := strings.Join(keys, ", ")
	switch g.IntN(8) {
	case 5:
		return fmt.Sprintf("GROUPING SETS (ROLLUP (%s), CUBE (%s), ())", list, pick(g, keys))
	case 6:
		return fmt.Sprintf("ROLLUP (%s), CUBE (%s)", list, pick(g, keys))
	case 7:
		return fmt.Sprintf("%s, GROUPING SETS ((), (%s))", pick(g, keys), list)
	case 0:
		return "ROLLUP (" + list + ")"
	case 1:
		return "CUBE (" + list + ")"
	case 2:
		return fmt.Sprintf("GROUPING SETS ((%s), %s, ())", list, pick(g, keys))
	case 3:
		return fmt.Sprintf("GROUPING SETS ((%s), %s)", list, pick(g, keys))
	}
	return fmt.Sprintf("DISTINCT %s, ROLLUP (%s)", pick(g, keys), list)
}

// orderedSet is an ordered-set aggregate over a column, with a FILTER or none.
func (g *generator) orderedSet(x, filter string, k kind) (string, kind) {
	desc := pick(g, []string{"", " DESC"})
	part := pick(g, []string{"0", "0.25", "0.5", "0.9", "1"})
	switch {
	case g.oneIn(4):
		name := pick(g, []string{"rank", "dense_rank", "percent_rank", "cume_dist"})
		g.hit(name + " of a hypothetical row")
		return fmt.Sprintf("(%s(%s) WITHIN GROUP (ORDER BY %s%s)%s)::text", name, typed(k, g.constant(k, true)), x, desc, filter), text
	case g.oneIn(3):
		g.hit("mode")
		return fmt.Sprintf("mode() WITHIN GROUP (ORDER BY %s%s)%s", x, desc, filter), k
	case g.oneIn(2) && (k == double || k == span):
		g.hit("percentile_cont")
		return fmt.Sprintf("percentile_cont(%s) WITHIN GROUP (ORDER BY %s%s)%s", part, x, desc, filter), k
	case g.oneIn(4) && (k == integer || k == text):
		g.hit("percentiles")
		return fmt.Sprintf("(percentile_disc(ARRAY[%s, 0.5, NULL]) WITHIN GROUP (ORDER BY %s%s)%s)::text", part, x, desc, filter), text
	}
	g.hit("percentile_disc")
	return fmt.Sprintf("percentile_disc(%s) WITHIN GROUP (ORDER BY %s%s)%s", part, x, desc, filter), k
}

// aggregate is a call whose result does not depend on the order of ties.
func (g *generator) aggregate(scope []column) (string, kind) {
	c := pick(g, scope)
	x := c.name
	if g.oneIn(3) {
		x = typed(c.kind, g.expr(c.kind, scope, 1))
	}
	if c.kind == integer && g.failing == none && g.oneIn(20) {
		g.hit("subquery in an aggregate")
		t := pick(g, g.tables)
		g.alias++
		x = fmt.Sprintf("(SELECT max(o%d.k) FROM %s o%d WHERE o%d.k %s %s)", g.alias, t.name, g.alias, g.alias, pick(g, []string{"=", "<", "<>"}), c.name)
	}
	filter := ""
	if g.oneIn(4) {
		g.hit("FILTER")
		filter = " FILTER (WHERE " + g.predicate(scope, 1) + ")"
	}
	distinct := ""
	if g.oneIn(4) {
		distinct = "DISTINCT "
	}
	order := pick(g, []string{"", " DESC", " NULLS FIRST"})
	texts := c.kind == integer || c.kind == text || c.kind == decimal || c.kind == boolean || c.kind == instant || c.kind == date || c.kind == long || c.kind == list ||
		c.kind == bytes || c.kind == identifier || c.kind == moment || c.kind == clock || c.kind == short
	call := func(name, args string) string {
		g.hit(distinct + name)
		return name + "(" + args + ")" + filter
	}
	switch g.IntN(16) {
	case 13:
		if c.kind == integer || c.kind == text {
			return call("array_agg", fmt.Sprintf("%s%s ORDER BY %s%s", distinct, x, x, order)), map[kind]kind{integer: list, text: words}[c.kind]
		}
	case 14:
		if c.kind == integer && !g.extreme {
			y := g.ofKind(scope, integer)
			name := pick(g, []string{"corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy"})
			return fmt.Sprintf("trim_scale(round((%s)::numeric, 6))", call(name, x+", "+y)), numeric
		}
	case 15:
		if c.kind == bytes {
			return call("string_agg", fmt.Sprintf("%s%s, '\\x2c'::bytea ORDER BY %s%s", distinct, x, x, order)), bytes
		}
	case 11, 12:
		if isOrdered(c.kind) {
			return g.orderedSet(x, filter, c.kind)
		}
	case 0:
		return "count(*)" + filter + "::int4", integer
	case 1:
		return call("count", distinct+x) + "::int4", integer
	case 2:
		if texts {
			return call("string_agg", fmt.Sprintf("%s%s::text, ',' ORDER BY %s::text%s", distinct, x, x, order)), text
		}
	case 3:
		if c.kind == boolean {
			return call(pick(g, []string{"bool_and", "bool_or", "every"}), x), boolean
		}
	case 4:
		if texts {
			return call("array_agg", fmt.Sprintf("%s%s::text ORDER BY %s::text%s", distinct, x, x, order)), words
		}
	case 5:
		if c.kind == integer || c.kind == text || c.kind == boolean {
			return call("jsonb_agg", fmt.Sprintf("%s%s ORDER BY %s%s", distinct, x, x, order)), document
		}
	case 6:
		if c.kind == text {
			return fmt.Sprintf("jsonb_object_agg(%s, %s) FILTER (WHERE %s IS NOT NULL)", x, x, x), document
		}
	case 7, 8:
		distinct = ""
		switch c.kind {
		case integer, decimal, numeric, long, double, short:
			name := pick(g, []string{"sum", "avg"})
			if g.extreme && c.kind == double { // PostgreSQL's avg fails where the squares, which it does not need, overflow
				name = "sum"
			}
			if c.kind == double || c.kind == numeric || c.kind == decimal {
				k := c.kind
				if k == decimal {
					k = numeric
				}
				e := call(name, x)
				if k == numeric && !g.images {
					e = "trim_scale(" + e + ")"
				}
				return e, k
			}
			return "(" + call(name, distinct+x) + ")::text", text
		case span:
			if g.images {
				return call("sum", x), span
			}
		}
	case 9:
		if c.kind == integer || c.kind == long || c.kind == short {
			name := pick(g, []string{"stddev", "variance", "var_pop", "var_samp", "stddev_pop", "bit_or", "bit_and", "bit_xor"})
			return "(" + call(name, x) + ")::text", text
		}
	}
	if isOrdered(c.kind) && c.kind != boolean {
		distinct = ""
		return call(pick(g, []string{"min", "max"}), x), c.kind
	}
	return call("count", distinct+x) + "::int4", integer
}
