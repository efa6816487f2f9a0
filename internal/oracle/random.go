package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Random gives other judges what the generator makes of a seed: tables, changes, and the parts that queries are put together of.
type Random struct {
	*rand.Rand
	g *generator
}

// NewRandom is that of a seed.
func NewRandom(seed uint64) *Random {
	g := newGenerator(seed)
	g.heavy = light
	return &Random{g.Rand, g}
}

// Images tells whether there are equal values that print differently.
func (r *Random) Images() bool { return r.g.images }

// Scope is columns that an expression can refer to.
type Scope struct {
	columns []column
	weight  int // of the query
}

// And are the columns of both.
func (s Scope) And(t Scope) Scope {
	return Scope{append(append([]column(nil), s.columns...), t.columns...), s.weight + t.weight}
}

// Of are the output columns of a subquery under an alias.
func (s Scope) Of(alias string) Scope { return Scope{qualified(alias, s.columns), s.weight} }

// Len is how many there are.
func (s Scope) Len() int { return len(s.columns) }

// List are the columns in a select list, as c<first>, c<first+1>, ...
func (s Scope) List(first int) string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = fmt.Sprintf("%s AS c%d", c.name, first+i)
	}
	return strings.Join(out, ", ")
}

// Renamed are the outputs of List(0).
func (s Scope) Renamed() Scope {
	out := Scope{append([]column(nil), s.columns...), s.weight}
	for i := range out.columns {
		out.columns[i].name = fmt.Sprintf("c%d", i)
	}
	return out
}

// Nulls is List of a row of them that is missing.
func (s Scope) Nulls(first int) string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = fmt.Sprintf("NULL::%s AS c%d", typeNames[c.kind], first+i)
	}
	return strings.Join(out, ", ")
}

// Names are those of the columns.
func (s Scope) Names() []string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = c.name
	}
	return out
}

// Tables are the statements that create the tables.
func (r *Random) Tables() (names, ddl []string) {
	for _, t := range r.g.tables {
		names = append(names, t.name)
		ddl = append(ddl, r.g.ddl(t)...)
	}
	return names, ddl
}

// Fill inserts rows into each table.
func (r *Random) Fill() (statements []string) {
	for _, t := range r.g.tables {
		statements = append(statements, r.g.insert(t))
	}
	return statements
}

// Change is a statement that changes a table, and may fail.
func (r *Random) Change() string { return r.g.change() }

// Apart are statements of which none fails, and none finds what another one has done: they may come in any order.
func (r *Random) Apart() (statements []string) {
	g := r.g
	for _, t := range g.tables {
		if t.unique != "" {
			continue
		}
		ids := g.Perm(t.nextKey + 1)
		for range 1 + g.IntN(5) {
			switch c := pick(g, t.columns[1:]); {
			case !t.key || g.oneIn(3):
				var values []string
				for i, c := range t.columns {
					if i == 0 && t.key {
						t.nextKey++
						values = append(values, fmt.Sprint(t.nextKey))
						continue
					}
					values = append(values, g.constant(c.kind, true))
				}
				statements = append(statements, fmt.Sprintf("INSERT INTO %s VALUES (%s)", t.name, strings.Join(values, ", ")))
			case len(ids) == 0:
			case g.oneIn(2):
				statements = append(statements, fmt.Sprintf("DELETE FROM %s WHERE id = %d", t.name, ids[0]))
				ids = ids[1:]
			default:
				statements = append(statements, fmt.Sprintf("UPDATE %s SET %s = %s WHERE id = %d", t.name, c.name, g.constant(c.kind, true), ids[0]))
				ids = ids[1:]
			}
		}
	}
	return statements
}

// Query is a SELECT of a view: some of its outputs may fail on some row.
func (r *Random) Query(depth int) (sql string, s Scope) {
	q := r.g.top(depth)
	return q.sql, Scope{q.columns, q.weight}
}

// Parameterised is a query with $p; value gives one for it.
func (r *Random) Parameterised() (sql string, s Scope, value func() string) {
	q, k := r.g.parameterised()
	return q.sql, Scope{q.columns, q.weight}, func() string {
		v := r.g.constant(k, true)
		if strings.Contains(v, "::") {
			return v
		}
		return v + "::" + typeNames[k]
	}
}

// Created lets later queries read a view.
func (r *Random) Created(name string, s Scope) {
	r.g.views = append(r.g.views, query{name: name, columns: s.columns, weight: max(s.weight, 1)})
}

// Source is a table, a view or a subquery, under an alias of its own.
func (r *Random) Source(depth int) (sql string, s Scope) {
	sql, columns := r.g.source(depth)
	return sql, Scope{columns, r.g.weight}
}

// Test is a condition on columns, now and then with a subquery.
func (r *Random) Test(s Scope) string {
	if r.g.oneIn(3) {
		return r.g.subquery(s.columns, 0)
	}
	return r.g.predicate(s.columns, 2)
}

// On is a condition that joins two scopes.
func (r *Random) On(left, right Scope) string {
	return r.g.joinCondition(left.columns, right.columns, left.And(right).columns)
}

// Pair are a column of each scope of the same kind; false if there is none.
func (r *Random) Pair(left, right Scope) (x, y string, ok bool) {
	for _, i := range r.g.Perm(len(left.columns)) {
		for _, j := range r.g.Perm(len(right.columns)) {
			if l, m := left.columns[i], right.columns[j]; l.kind == m.kind && isOrdered(l.kind) {
				return l.name, m.name, true
			}
		}
	}
	return "", "", false
}
