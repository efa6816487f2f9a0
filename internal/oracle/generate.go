// Package oracle compares streamsql with a real PostgreSQL: random schemas, random queries as materialized views, random
// transactions, and after every transaction the same rows on both sides.
package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// kind is a family of types that the generator's expressions move in.
type kind int

const (
	integer kind = iota
	text
	decimal // numeric(8,2): of one scale, so that equal values print alike
	boolean
	double
	instant // timestamp
	numKinds
)

var typeNames = [numKinds]string{"int4", "text", "numeric(8,2)", "bool", "float8", "timestamp"}

// values are the pools of constants: small, so that keys collide, with the extremes among them.
var values = [numKinds][]string{
	{"0", "1", "2", "3", "-1", "7"},
	{"'a'", "'b'", "'A'", "''", "'ab'", "'b c'"},
	{"0.00", "1.00", "2.50", "-1.25", "3.00"},
	{"true", "false"},
	{"0", "1.5", "-2.25", "1e10", "'NaN'", "'Infinity'"},
	{"'2024-01-01 00:00:00'", "'2024-01-01 10:30:00'", "'2024-02-29 23:59:59.5'", "'1999-12-31'"},
}

// column is something that an expression can refer to.
type column struct {
	name string // qualified
	kind kind
}

// table of a random schema.
type table struct {
	name    string
	columns []column // unqualified names
	key     bool     // the first column is the primary key
	nextKey int
}

// generator makes everything from one seed.
type generator struct {
	*rand.Rand
	tables []*table
	alias  int
	// failing allows expressions that may raise an error on some row.
	failing bool
}

func newGenerator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range 2 + g.IntN(2) {
		t := &table{name: fmt.Sprintf("t%d", i), key: g.IntN(3) > 0}
		if t.key {
			t.columns = append(t.columns, column{"id", integer})
		}
		for j := range 2 + g.IntN(3) {
			t.columns = append(t.columns, column{fmt.Sprintf("%c", 'a'+j), kind(g.IntN(int(numKinds)))})
		}
		t.columns = append(t.columns, column{"k", integer}) // every table can be joined
		g.tables = append(g.tables, t)
	}
	return g
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, xs []T) T { return xs[g.IntN(len(xs))] }

// ddl creates a table.
func (t *table) ddl() string {
	var cols []string
	for i, c := range t.columns {
		def := c.name + " " + typeNames[c.kind]
		if i == 0 && t.key {
			def += " PRIMARY KEY"
		}
		cols = append(cols, def)
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(cols, ", "))
}

// constant of a kind, NULL now and then.
func (g *generator) constant(k kind, nulls bool) string {
	if nulls && g.oneIn(6) {
		return "NULL"
	}
	v := pick(g, values[k])
	switch k {
	case double:
		return v + "::float8"
	case instant:
		return v + "::timestamp"
	}
	return v
}

// change is one DML statement.
func (g *generator) change() string {
	t := pick(g, g.tables)
	switch n := g.IntN(10); {
	case n < 6:
		var rows []string
		for range 1 + g.IntN(4) {
			var vs []string
			for i, c := range t.columns {
				if i == 0 && t.key {
					t.nextKey++
					vs = append(vs, fmt.Sprint(t.nextKey))
				} else {
					vs = append(vs, g.constant(c.kind, true))
				}
			}
			rows = append(rows, "("+strings.Join(vs, ", ")+")")
		}
		return fmt.Sprintf("INSERT INTO %s VALUES %s", t.name, strings.Join(rows, ", "))
	case n < 8:
		c := t.columns[len(t.columns)-1-g.IntN(len(t.columns)-1)]
		return fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", t.name, c.name, g.constant(c.kind, true), g.where(t))
	default:
		return fmt.Sprintf("DELETE FROM %s WHERE %s", t.name, g.where(t))
	}
}

// where of a change touches a part of the table.
func (g *generator) where(t *table) string {
	c := pick(g, t.columns)
	if g.oneIn(8) {
		return c.name + " IS NULL"
	}
	return fmt.Sprintf("%s = %s", c.name, g.constant(c.kind, false))
}

// expr is an expression of kind k over the columns in scope.
func (g *generator) expr(k kind, scope []column, depth int) string {
	var of []string
	for _, c := range scope {
		if c.kind == k {
			of = append(of, c.name)
		}
	}
	if depth <= 0 || g.oneIn(3) {
		if len(of) > 0 && !g.oneIn(5) {
			return pick(g, of)
		}
		return g.constant(k, g.oneIn(4)) + map[bool]string{true: "::" + typeNames[k], false: ""}[g.oneIn(3)]
	}
	sub := func(k kind) string { return g.expr(k, scope, depth-1) }
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", sub(boolean), typed(k, sub(k)), sub(k))
	case 1:
		return fmt.Sprintf("coalesce(%s, %s)", typed(k, sub(k)), sub(k))
	}
	switch k {
	case integer:
		switch g.IntN(7) {
		case 0:
			return fmt.Sprintf("length(%s)", typed(text, sub(text)))
		case 1:
			return fmt.Sprintf("abs(%s)", typed(integer, sub(integer)))
		case 2:
			if g.failing {
				return fmt.Sprintf("(%s / %s)", typed(integer, sub(integer)), sub(integer))
			}
			fallthrough
		case 3:
			return fmt.Sprintf("extract(day from %s)::int4", typed(instant, sub(instant)))
		}
		return fmt.Sprintf("(%s %s %s)", typed(integer, sub(integer)), pick(g, []string{"+", "-", "*"}), sub(integer))
	case text:
		switch g.IntN(4) {
		case 0:
			return fmt.Sprintf("%s(%s)", pick(g, []string{"lower", "upper", "reverse", "btrim"}), typed(text, sub(text)))
		case 1:
			return fmt.Sprintf("substr(%s, %d)", typed(text, sub(text)), 1+g.IntN(2))
		case 2:
			return fmt.Sprintf("(%s)::text", typed(integer, sub(integer)))
		}
		return fmt.Sprintf("(%s || %s)", typed(text, sub(text)), sub(text))
	case decimal:
		return fmt.Sprintf("(%s %s %s)", typed(decimal, sub(decimal)), pick(g, []string{"+", "-"}), typed(decimal, sub(decimal)))
	case double:
		return fmt.Sprintf("(%s * %s)", typed(double, sub(double)), pick(g, []string{"2", "0.5", "-1"}))
	case instant:
		return fmt.Sprintf("date_trunc('%s', %s)", pick(g, []string{"hour", "day", "month"}), typed(instant, sub(instant)))
	default:
		return g.predicate(scope, depth)
	}
}

// typed makes the type of an expression certain where a bare NULL or literal would leave it open.
func typed(k kind, e string) string {
	if strings.HasPrefix(e, "NULL") || strings.HasPrefix(e, "'") {
		return e + "::" + typeNames[k]
	}
	return e
}

// predicate is a boolean expression.
func (g *generator) predicate(scope []column, depth int) string {
	k := kind(g.IntN(int(numKinds)))
	x := func() string { return typed(k, g.expr(k, scope, depth-1)) }
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("(%s IS %sNULL)", x(), pick(g, []string{"", "NOT "}))
	case 1:
		return fmt.Sprintf("(%s %s %s)", g.predicate(scope, depth-2), pick(g, []string{"AND", "OR"}), g.predicate(scope, depth-2))
	case 2:
		return fmt.Sprintf("(NOT %s)", g.predicate(scope, depth-2))
	case 3:
		return fmt.Sprintf("(%s %sIN (%s, %s))", x(), pick(g, []string{"", "NOT "}), g.constant(k, false), g.constant(k, g.oneIn(4)))
	case 4:
		return fmt.Sprintf("(%s LIKE %s)", typed(text, g.expr(text, scope, depth-1)), pick(g, []string{"'a%'", "'%b'", "'_'", "'%'"}))
	case 5:
		return fmt.Sprintf("(%s IS %sDISTINCT FROM %s)", x(), pick(g, []string{"", "NOT "}), x())
	case 6:
		return fmt.Sprintf("(%s BETWEEN %s AND %s)", x(), x(), x())
	}
	return fmt.Sprintf("(%s %s %s)", x(), pick(g, []string{"=", "<>", "<", "<=", ">", ">="}), x())
}
