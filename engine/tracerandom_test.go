package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/oracle"
)

// As TestNoTrace, of random queries: what the operators hold after a change and its inverse is what they held before. Where a table has no key, and so
// its rows come back with other ids, it has as many entries. TRACE_COUNT is of how many seeds, TRACE_FIRST the first one.
func TestNoTraceOfRandomQueries(t *testing.T) {
	first, count := 1, 15
	for name, n := range map[string]*int{"TRACE_FIRST": &first, "TRACE_COUNT": &count} {
		if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
			*n = v
		}
	}
	for seed := first; seed < first+count; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) { noTrace(t, oracle.NewRandom(uint64(seed))) })
	}
}

func noTrace(t *testing.T, r *oracle.Random) {
	b := newBase(t, engine.Options{})
	b.client.Null = "\x00"
	tables, ddl := r.Tables()
	b.do(strings.Join(ddl, "; "))
	keyed := strings.Count(strings.Join(ddl, ""), "PRIMARY KEY") == len(tables)
	views := map[string]string{}
	for i := range 6 {
		sql, s := r.Query(2)
		name := fmt.Sprintf("v%d", i)
		if i%3 == 2 {
			sql, _, _ = r.Parameterised()
		}
		if _, err := b.client.Exec("CREATE MATERIALIZED VIEW " + name + " AS " + sql); err != nil {
			continue // refused
		}
		views[name] = sql
		if i%3 != 2 {
			r.Created(name, s)
		}
	}
	change := func() {
		for range 1 + r.IntN(5) {
			_, _ = b.client.Exec(r.Change()) // it may fail
		}
	}
	for _, sql := range r.Fill() {
		_, _ = b.client.Exec(sql) // a column may be unique
	}
	for range 4 {
		change()
		rows := b.literals(tables)
		b.rewrite(r.Rand, tables, rows) // rows without a key get new ids
		before := b.held(keyed)
		change()
		b.rewrite(r.Rand, tables, rows)
		after := b.held(keyed)
		if maps.Equal(before, after) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(before)) {
			if before[key] != after[key] {
				t.Errorf("%s\nbefore %s\nafter  %s", key, before[key], after[key])
			}
		}
		for name, sql := range views {
			t.Logf("%s: %s", name, sql)
		}
		t.Fatalf("%d structures before, %d after", len(before), len(after))
	}
}

// held are the contents, of tables without keys only how many entries.
func (b *base) held(keyed bool) map[string]string {
	all := b.contents()
	for key, c := range all {
		if !keyed {
			all[key], _, _ = strings.Cut(c, ",")
		}
	}
	return all
}

// literals are the rows of tables as INSERTs.
func (b *base) literals(tables []string) (inserts []string) {
	b.t.Helper()
	for _, t := range tables {
		r, err := b.client.Exec("SELECT * FROM " + t)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, row := range r.Rows {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = "NULL"
				if v != "\x00" {
					values[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
				}
			}
			inserts = append(inserts, fmt.Sprintf("INSERT INTO %s VALUES (%s)", t, strings.Join(values, ", ")))
		}
	}
	return inserts
}

// rewrite gives tables other rows, in random order and in transactions of random sizes.
func (b *base) rewrite(rng *rand.Rand, tables, inserts []string) {
	b.t.Helper()
	for _, t := range tables {
		b.do("DELETE FROM " + t)
	}
	rng.Shuffle(len(inserts), func(i, k int) { inserts[i], inserts[k] = inserts[k], inserts[i] })
	for rest := inserts; len(rest) > 0; {
		n := 1 + rng.IntN(len(rest))
		b.do("BEGIN; " + strings.Join(rest[:n], "; ") + "; COMMIT")
		rest = rest[n:]
	}
}
