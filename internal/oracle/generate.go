// Package oracle compares streamsql with a real PostgreSQL: random schemas, random queries as materialized views, random
// transactions, and after every transaction the same rows on both sides.
package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// table of a random schema.
type table struct {
	name    string
	columns []column // unqualified names
	key     bool     // the first column is the primary key
	nextKey int
	unique  string // a column with a UNIQUE index
}

// generator makes everything from one seed.
type generator struct {
	*rand.Rand
	tables    []*table
	views     []query // that exist and can be read from; name is set
	parameter []parameter
	alias     int
	// images: the pools hold equal values that print differently.
	images bool
	// failing: the outputs of views may raise an error on some row, all of one SQLSTATE, as which of several comes first is open.
	failing failure
	// extreme: the pools hold values that overflow; expressions leave arithmetic out.
	extreme bool
	// mayFail is set while such an output is made; it divides by a column.
	mayFail bool
	// heavy is the weight of a query that reads enough tables.
	heavy int
	// guarded is an integer column that is never 0 where such an output is computed; "": none.
	guarded string
	// asValue: a condition is a part of an expression. PostgreSQL 15 then takes NULL = ANY ('{}') for NULL when it plans outer joins.
	asValue bool
	// weight counts the tables that the query under construction reads, those of its views among them.
	weight int
	// used are the features of the query under construction.
	used map[string]bool
}

func newGenerator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), heavy: heavy, used: map[string]bool{}}
	g.images = g.oneIn(4)
	if g.oneIn(4) {
		g.failing = 1 + failure(g.IntN(int(numFailures-1)))
	} else {
		g.extreme = g.oneIn(6)
	}
	for i := range 2 + g.IntN(2) {
		t := &table{name: fmt.Sprintf("t%d", i), key: g.IntN(3) > 0}
		if t.key {
			t.columns = append(t.columns, column{name: "id", kind: integer, stored: true})
		}
		for j := range 2 + g.IntN(4) {
			k := kind(g.IntN(int(numKinds)))
			if g.oneIn(3) {
				k = pick(g, []kind{integer, text})
			}
			t.columns = append(t.columns, column{name: fmt.Sprintf("%c", 'a'+j), kind: k, stored: true})
		}
		t.columns = append(t.columns, column{name: "k", kind: integer, stored: true}) // every table can be joined
		if g.oneIn(12) {
			t.unique = t.columns[len(t.columns)-2].name
		}
		g.tables = append(g.tables, t)
	}
	return g
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

// hit records that the query uses a feature.
func (g *generator) hit(feature string) { g.used[feature] = true }

func pick[T any](g *generator, xs []T) T { return xs[g.IntN(len(xs))] }

// ddl creates a table and its indexes.
func (g *generator) ddl(t *table) []string {
	var cols []string
	for i, c := range t.columns {
		def := c.name + " " + typeNames[c.kind]
		if i == 0 && t.key {
			def += " PRIMARY KEY"
		}
		cols = append(cols, def)
	}
	out := []string{fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(cols, ", "))}
	if t.unique != "" {
		out = append(out, fmt.Sprintf("CREATE UNIQUE INDEX ON %s (%s)", t.name, t.unique))
	}
	if g.oneIn(3) {
		out = append(out, fmt.Sprintf("CREATE INDEX ON %s (%s, %s)", t.name, t.columns[len(t.columns)-1].name, t.columns[0].name))
	}
	return out
}

// constant of a kind, NULL now and then.
func (g *generator) constant(k kind, nulls bool) string {
	if nulls && g.oneIn(6) {
		return "NULL"
	}
	v := pick(g, values[k])
	if g.images && images[k] != nil && g.oneIn(3) {
		v = pick(g, images[k])
	}
	if g.extreme && extremes[k] != nil && g.oneIn(4) {
		v = pick(g, extremes[k])
	}
	if k != integer && k != boolean && k != text && k != decimal {
		return v + "::" + typeNames[k]
	}
	return v
}

// insert fills a table.
func (g *generator) insert(t *table) string { return g.changeOf(t, 0) }

// change is one DML statement.
func (g *generator) change() string {
	t := pick(g, g.tables)
	if g.oneIn(5) {
		return g.wideChange(t)
	}
	return g.changeOf(t, g.IntN(20))
}

// changeOf makes the n-th kind of change.
func (g *generator) changeOf(t *table, n int) string {
	scope := t.columns
	switch {
	case n < 10:
		conflict := ""
		if t.key && g.oneIn(4) {
			c := pick(g, t.columns[1:])
			conflict = pick(g, []string{" ON CONFLICT DO NOTHING", " ON CONFLICT (id) DO NOTHING",
				fmt.Sprintf(" ON CONFLICT (id) DO UPDATE SET %s = excluded.%s", c.name, c.name)})
		}
		var rows []string
		for range 1 + g.IntN(6) {
			var vs []string
			for i, c := range t.columns {
				if i == 0 && t.key {
					t.nextKey++
					id := t.nextKey
					if conflict != "" || g.oneIn(60) {
						id = max(1, id-g.IntN(3)*3)
					}
					vs = append(vs, fmt.Sprint(id))
				} else {
					vs = append(vs, g.constant(c.kind, true))
				}
			}
			rows = append(rows, "("+strings.Join(vs, ", ")+")")
			if strings.Contains(conflict, "UPDATE") {
				break // a row is not updated twice
			}
		}
		return fmt.Sprintf("INSERT INTO %s VALUES %s%s", t.name, strings.Join(rows, ", "), conflict)
	case n < 14:
		c := t.columns[len(t.columns)-1-g.IntN(len(t.columns)-1)]
		value := g.constant(c.kind, true)
		if c.name != t.unique && g.oneIn(3) {
			value = g.expr(c.kind, scope, 1)
		}
		return fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", t.name, c.name, value, g.where(t))
	case n < 15: // nothing changes, or a row comes back as it was
		return fmt.Sprintf("UPDATE %s SET k = k WHERE %s", t.name, g.where(t))
	case n < 18:
		return fmt.Sprintf("DELETE FROM %s WHERE %s", t.name, g.where(t))
	case n < 19 && g.oneIn(3):
		return "DELETE FROM " + t.name
	default:
		u := pick(g, g.tables)
		return fmt.Sprintf("DELETE FROM %s WHERE k IN (SELECT k FROM %s WHERE %s)", t.name, u.name, g.where(u))
	}
}

// where of a change touches a part of the table.
func (g *generator) where(t *table) string {
	c := pick(g, t.columns)
	switch g.IntN(8) {
	case 0:
		return c.name + " IS NULL"
	case 1:
		return g.predicate(t.columns, 1)
	}
	if t.key && g.oneIn(2) {
		return fmt.Sprintf("id = %d", 1+g.IntN(t.nextKey+1))
	}
	return fmt.Sprintf("%s = %s", c.name, typed(c.kind, g.constant(c.kind, false)))
}

// growth inserts twenty rows that are always the same for a seed, and leaves the generator as it is.
func (g *generator) growth(t *table, seed uint64) string {
	of := *g
	of.Rand = rand.New(rand.NewPCG(seed, 2))
	var rows []string
	for id := range 20 {
		var values []string
		for i, c := range t.columns {
			if i == 0 && t.key {
				values = append(values, fmt.Sprint(id+1))
			} else {
				values = append(values, of.constant(c.kind, true))
			}
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return fmt.Sprintf("INSERT INTO %s VALUES %s ON CONFLICT DO NOTHING", t.name, strings.Join(rows, ", "))
}
