package oracle

import (
	"fmt"
	"strings"
)

// expr is an expression of kind k over the columns in scope.
func (g *generator) expr(k kind, scope []column, depth int) string {
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	if depth <= 0 || g.oneIn(3) {
		if len(of) > 0 && !g.oneIn(6) {
			return pick(g, of)
		}
		return typed(k, g.constant(k, g.oneIn(4)))
	}
	sub := func(k kind) string { return typed(k, g.expr(k, scope, depth-1)) }
	switch g.IntN(7) {
	case 0:
		g.hit("CASE")
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", sub(boolean), sub(k), sub(k))
	case 1:
		return fmt.Sprintf("coalesce(%s, %s)", sub(k), sub(k))
	case 2:
		if !g.images || !isImage(k) {
			return fmt.Sprintf("nullif(%s, %s)", sub(k), sub(k))
		}
	}
	switch k {
	case integer:
		return g.integer(scope, sub)
	case text:
		return g.text(sub)
	case decimal:
		return fmt.Sprintf("(%s %s %s)", sub(decimal), pick(g, []string{"+", "-"}), sub(decimal))
	case numeric:
		e := fmt.Sprintf("(%s %s %s)", sub(numeric), pick(g, []string{"+", "-", "*"}), sub(pick(g, []kind{numeric, integer, long})))
		if g.oneIn(4) {
			e = fmt.Sprintf("%s(%s)", pick(g, []string{"abs", "floor", "ceil", "sign"}), sub(numeric))
		}
		if !g.images {
			return "trim_scale(" + e + ")"
		}
		return e
	case long:
		return g.arithmetic(long, sub)
	case double:
		if g.extreme {
			return fmt.Sprintf("abs(%s)", sub(double))
		}
		return fmt.Sprintf("(%s * %s + 0)", sub(double), pick(g, []string{"2", "0.5", "-1"}))
	case single:
		return fmt.Sprintf("greatest(%s, %s)", sub(single), sub(single))
	case short:
		return fmt.Sprintf("least(greatest(%s, -99), 99)::int2", sub(integer))
	case instant:
		switch g.IntN(4) {
		case 0:
			if !g.extreme {
				return fmt.Sprintf("(%s + %s)", sub(date), sub(span))
			}
		case 1:
			return fmt.Sprintf("(%s AT TIME ZONE 'UTC')", sub(moment))
		}
		return fmt.Sprintf("date_trunc('%s', %s)", pick(g, []string{"hour", "day", "month"}), sub(instant))
	case moment:
		if g.oneIn(2) {
			return fmt.Sprintf("(%s AT TIME ZONE 'UTC')", sub(instant))
		}
		return fmt.Sprintf("date_trunc('%s', %s)", pick(g, []string{"hour", "day", "year"}), sub(moment))
	case clock:
		if g.oneIn(2) {
			return fmt.Sprintf("(%s %s %s)", sub(clock), pick(g, []string{"+", "-"}), sub(span))
		}
		return fmt.Sprintf("least(%s, %s)", sub(clock), sub(clock))
	case date:
		if g.extreme {
			return fmt.Sprintf("greatest(%s, %s)", sub(date), sub(date))
		}
		return fmt.Sprintf("(%s + %s)", sub(date), g.sure(func() string { return sub(integer) })) // 22008, where another row has 22003
	case bytes:
		switch g.IntN(3) {
		case 0:
			return fmt.Sprintf("convert_to(%s, 'UTF8')", sub(text))
		case 1:
			return fmt.Sprintf("substr(%s, %d)", sub(bytes), 1+g.IntN(2))
		}
		return fmt.Sprintf("(%s || %s)", sub(bytes), sub(bytes))
	case padded:
		return fmt.Sprintf("%s::char(3)", sub(text))
	case identifier:
		return fmt.Sprintf("md5(%s)::uuid", sub(text))
	case document:
		switch g.IntN(4) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", sub(document), "->", pick(g, []string{"'a'", "'b'", "0", "1", "-1"}))
		case 1:
			return fmt.Sprintf("jsonb_build_object('n', %s, 't', %s)", sub(integer), sub(pick(g, []kind{text, date, words, identifier})))
		case 2:
			return fmt.Sprintf("(%s || %s)", sub(document), sub(document))
		}
		return fmt.Sprintf("to_jsonb(%s)", sub(pick(g, []kind{integer, text, list, boolean, instant, long})))
	case list:
		switch g.IntN(4) {
		case 0:
			return fmt.Sprintf("ARRAY[%s, %s]", sub(integer), sub(integer))
		case 1:
			return fmt.Sprintf("array_remove(%s, %s)", sub(list), sub(integer))
		case 2:
			return fmt.Sprintf("(%s)[%d:2]", sub(list), g.IntN(3))
		}
		return fmt.Sprintf("(%s || %s)", sub(list), sub(pick(g, []kind{list, integer})))
	case words:
		return pick(g, []string{fmt.Sprintf("string_to_array(%s, ' ')", sub(text)), fmt.Sprintf("array_append(%s, %s)", sub(words), sub(text))})
	case span:
		return sub(span)
	default:
		defer g.value()()
		return g.predicate(scope, depth)
	}
}

// value makes conditions whose value is looked at until what it returns is called.
func (g *generator) value() (end func()) {
	before := g.asValue
	g.asValue = true
	return func() { g.asValue = before }
}

func (g *generator) text(sub func(kind) string) string {
	printed := []kind{integer, decimal, boolean, instant, list, words, bytes, identifier, moment, clock, short, long, date, padded}
	switch g.IntN(9) {
	case 7:
		g.hit("record")
		return fmt.Sprintf("ROW(%s, %s)::text", sub(pick(g, printed)), sub(text))
	case 0:
		return fmt.Sprintf("%s(%s)", pick(g, []string{"lower", "upper", "reverse", "btrim", "md5", "initcap"}), sub(text))
	case 1:
		return fmt.Sprintf("substr(%s, %d)", sub(text), 1+g.IntN(2))
	case 2:
		return fmt.Sprintf("(%s)::text", sub(pick(g, printed)))
	case 3:
		if !g.images {
			return fmt.Sprintf("(%s ->> 'a')", sub(document))
		}
	case 4:
		return fmt.Sprintf("encode(%s, 'hex')", sub(bytes))
	case 5:
		return fmt.Sprintf("jsonb_typeof(%s)", sub(document))
	case 6:
		return fmt.Sprintf("%s(%s, %s, %s)", pick(g, []string{"replace", "concat", "translate"}), sub(text), sub(text), sub(text))
	}
	return fmt.Sprintf("(%s || %s)", sub(text), sub(text))
}

func (g *generator) integer(scope []column, sub func(kind) string) string {
	if g.mayFail {
		if e := g.fail(scope, sub); e != "" {
			return e
		}
	}
	switch g.IntN(16) {
	case 0:
		return fmt.Sprintf("length(%s)", sub(pick(g, []kind{text, bytes})))
	case 1:
		if g.extreme {
			return g.arithmetic(integer, sub)
		}
		return fmt.Sprintf("(%s / nullif(%s, 0))", sub(integer), sub(pick(g, []kind{integer, short})))
	case 2:
		return fmt.Sprintf("extract(%s from %s)::int4", pick(g, []string{"day", "month", "dow"}), sub(date))
	case 3:
		return fmt.Sprintf("cardinality(%s)", sub(pick(g, []kind{list, words})))
	case 4:
		return fmt.Sprintf("(%s)[1]", sub(list))
	case 5:
		return fmt.Sprintf("extract(%s from %s)::int4", pick(g, []string{"minute", "hour"}), sub(clock))
	case 6:
		return fmt.Sprintf("strpos(%s, %s)", sub(text), sub(text))
	case 7:
		return fmt.Sprintf("array_position(%s, %s)", sub(words), sub(text))
	case 8:
		return fmt.Sprintf("%s(%s, %s)", pick(g, []string{"least", "greatest"}), sub(integer), sub(pick(g, []kind{integer, short})))
	case 9:
		return fmt.Sprintf("(%s %s %s)", sub(integer), pick(g, []string{"&", "|", "#"}), sub(integer))
	case 10:
		return fmt.Sprintf("CASE %s WHEN %s THEN %s WHEN %s THEN %s END", sub(text), sub(text), sub(integer), sub(text), sub(integer))
	case 11:
		return fmt.Sprintf("(%s IS NOT NULL)::int4", sub(pick(g, []kind{bytes, identifier, moment, single, document, span})))
	}
	return g.arithmetic(integer, sub)
}

// arithmetic of integers; of extreme ones what does not overflow.
func (g *generator) arithmetic(k kind, sub func(kind) string) string {
	if g.extreme {
		return fmt.Sprintf("(%s %s %s)", sub(k), pick(g, []string{"&", "|", "#"}), sub(k))
	}
	if k == integer && g.oneIn(4) {
		return fmt.Sprintf("%s(%s)", pick(g, []string{"abs", "-", "sign"}), sub(integer)) + "::int4"
	}
	ops := []string{"+", "-", "*"}
	if k == long { // products of products would overflow
		ops = ops[:2]
	}
	return fmt.Sprintf("(%s %s %s)", sub(k), pick(g, ops), sub(pick(g, []kind{k, integer})))
}

// sure is a part of an expression that does not fail.
func (g *generator) sure(part func() string) string {
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false
	return part()
}

// typed makes the type of an expression certain where a bare NULL or literal would leave it open.
func typed(k kind, e string) string {
	if strings.HasPrefix(e, "NULL") && !strings.HasPrefix(e, "NULL::") || strings.HasPrefix(e, "'") && !strings.Contains(e, "::") {
		return e + "::" + typeNames[k]
	}
	if k == decimal && !strings.ContainsAny(e, "(:abcdefghijklmnopqrstuvwxyz") {
		return e + "::numeric(8,2)"
	}
	return e
}

var comparisons = []string{"=", "<>", "<", "<=", ">", ">="}

// predicate is a boolean expression.
func (g *generator) predicate(scope []column, depth int) string {
	defer func(f bool) { g.mayFail = f }(g.mayFail)
	g.mayFail = false // AND and OR may be reordered
	k := kind(g.IntN(int(numKinds)))
	if len(scope) > 0 && !g.oneIn(6) {
		k = pick(g, scope).kind
	}
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	first := true // the first operand is a column, if there is one
	x := func() string {
		if first && len(of) > 0 && !g.oneIn(4) {
			first = false
			return pick(g, of)
		}
		return typed(k, g.expr(k, scope, depth-1))
	}
	switch g.IntN(12) {
	case 11:
		if len(scope) > 0 {
			return g.rowTest(scope, depth)
		}
	case 0:
		return fmt.Sprintf("(%s IS %sNULL)", x(), pick(g, []string{"", "NOT "}))
	case 1:
		return fmt.Sprintf("(%s %s %s)", g.predicate(scope, depth-2), pick(g, []string{"AND", "OR"}), g.predicate(scope, depth-2))
	case 2:
		return fmt.Sprintf("(NOT %s)", g.predicate(scope, depth-2))
	case 3:
		return fmt.Sprintf("(%s %sIN (%s, %s))", x(), pick(g, []string{"", "NOT "}), typed(k, g.constant(k, false)), typed(k, g.constant(k, g.oneIn(4))))
	case 4:
		return fmt.Sprintf("(%s %s %s)", typed(text, g.expr(text, scope, depth-1)), pick(g, []string{"LIKE", "NOT LIKE", "ILIKE"}),
			pick(g, []string{"'a%'", "'%b'", "'_'", "'%'"}))
	case 5:
		return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", x(), pick(g, []string{"", "NOT "}), x())
	case 6:
		return fmt.Sprintf("(%s BETWEEN %s AND %s)", x(), x(), x())
	case 7:
		switch g.IntN(3) {
		case 0:
			return fmt.Sprintf("(%s @> %s)", typed(document, g.expr(document, scope, depth-1)), `'{"a": 1}'::jsonb`)
		case 1:
			array := typed(list, g.expr(list, scope, depth-1))
			if g.asValue {
				array = "(" + array + ") || 1"
			}
			return fmt.Sprintf("(%s %s %s(%s))", typed(integer, g.expr(integer, scope, depth-1)), pick(g, comparisons), pick(g, []string{"ANY", "ALL"}), array)
		}
		return fmt.Sprintf("(%s && %s)", typed(words, g.expr(words, scope, depth-1)), "'{a}'::text[]")
	}
	return fmt.Sprintf("(%s %s %s)", x(), pick(g, []string{"=", "<>", "<>", "<", "<=", ">", ">="}), x())
}
