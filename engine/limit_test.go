package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// State outgrows memory: pages leave it and come back. What one transaction cannot have in memory is refused, and what was there goes on.
func TestMemoryLimit(t *testing.T) {
	const limit, rows = 24 << 20, 300_000
	b := newBase(t, engine.Options{Dir: t.TempDir(), MemoryLimit: limit})
	b.do("CREATE TABLE t (id int PRIMARY KEY, g int, text text); CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM t GROUP BY g")
	most := int64(0)
	look := func() { most = max(most, b.Resident()) }
	for i := 0; i < rows; i += 2000 {
		b.do(fmt.Sprintf("INSERT INTO t SELECT i, i %% 7, repeat('x', 100) FROM generate_series(%d, %d) AS i", i+1, i+2000))
		if i%20000 == 0 {
			look()
		}
	}
	right := func() {
		t.Helper()
		b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows))
		b.want("SELECT count(*), sum(id), sum(length(text)) FROM t", fmt.Sprintf("(%d, %d, %d)", rows, rows*(rows+1)/2, 100*rows))
		b.want("SELECT id, g FROM t WHERE id = 77", "(77, 0)")
		look()
	}
	right()
	b.fails(sqlerr.OutOfMemory, fmt.Sprintf("INSERT INTO t SELECT i, 1, repeat('y', 100) FROM generate_series(%d, %d) AS i", rows+1, rows+100000))
	b.fails(sqlerr.OutOfMemory, "UPDATE t SET text = text || text")
	right()
	b.do("CREATE MATERIALIZED VIEW w AS SELECT id, text || 'y' AS text FROM t")
	b.want("SELECT count(*), sum(length(text)) FROM w", fmt.Sprintf("(%d, %d)", rows, 101*rows))
	look()
	b.do("UPDATE t SET g = g + 7 WHERE id % 500 = 1") // of rows that lie apart
	b.want("SELECT sum(n) FROM v WHERE g >= 7", fmt.Sprintf("(%d)", rows/500))
	b.crash()
	right()
	for i := 0; i < rows; i += 20000 {
		b.do(fmt.Sprintf("DELETE FROM t WHERE id BETWEEN %d AND %d AND id %% 2 = 0", i+1, i+20000))
	}
	b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows/2))
	b.do("DROP MATERIALIZED VIEW w; TRUNCATE t")
	b.want("SELECT * FROM v", "")
	if most > limit*5/4 {
		t.Errorf("%d MiB of pages at a limit of %d", most>>20, limit>>20)
	}
}

// Numbers of a sequence: none twice, over sessions and restarts.
func TestSequence(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE SEQUENCE s; CREATE SEQUENCE small MAXVALUE 3; CREATE SEQUENCE down INCREMENT -2 MINVALUE -5 MAXVALUE 0 START 0;
		CREATE SEQUENCE round MINVALUE 1 MAXVALUE 3 CYCLE; CREATE SEQUENCE back INCREMENT -1 MINVALUE 1 MAXVALUE 3 CYCLE;
		CREATE SEQUENCE edge START 9223372036854775806`)
	next := func(name string, n int) string {
		t.Helper()
		var out []string
		for range n {
			out = append(out, strings.Trim(b.do("SELECT nextval('"+name+"')"), "()"))
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct{ name, want string }{
		{"small", "1 2 3"}, {"down", "0 -2 -4"}, {"round", "1 2 3 1 2 3 1"}, {"back", "3 2 1 3 2"}, {"edge", "9223372036854775806 9223372036854775807"},
	} {
		if got := next(c.name, strings.Count(c.want, " ")+1); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	exhausted := func() {
		t.Helper()
		for name, want := range map[string]string{
			"small": `nextval: reached maximum value of sequence "small" (3)`,
			"down":  `nextval: reached minimum value of sequence "down" (-5)`,
			"edge":  `nextval: reached maximum value of sequence "edge" (9223372036854775807)`,
		} {
			if e := b.fails(sqlerr.SequenceGeneratorLimitExceeded, "SELECT nextval('"+name+"')"); e.Message != want {
				t.Errorf("%s: %s", name, e.Message)
			}
		}
	}
	exhausted()
	seen := map[string]bool{}
	take := func(n int) {
		t.Helper()
		for _, v := range strings.Fields(next("s", n)) {
			if seen[v] {
				t.Fatalf("%s twice", v)
			}
			seen[v] = true
		}
	}
	for i := range 6 {
		take(40)
		if i%2 == 0 {
			b.crash()
		} else {
			b.restart()
		}
	}
	exhausted()
	b.do("DROP SEQUENCE s")
	b.restart()
	b.fails(sqlerr.UndefinedTable, "SELECT nextval('s')")
	b.do("CREATE SEQUENCE s START 7")
	if got := next("s", 2); got != "7 8" {
		t.Error(got)
	}
}

// Identity columns of many sessions at once: each number once, over a crash, too.
func TestIdentity(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who int)")
	for round := range 2 {
		errs := make(chan error, 8)
		for who := range cap(errs) {
			c := b.session()
			go func() {
				var err error
				for i := 0; i < 50 && err == nil; i++ {
					_, err = c.Exec(fmt.Sprintf("INSERT INTO t (who) VALUES (%d), (%d)", who, who))
				}
				c.Close()
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		b.want("SELECT count(*), count(DISTINCT id) FROM t", fmt.Sprintf("(%d, %d)", 800*(round+1), 800*(round+1)))
		b.crash()
	}
	b.fails(sqlerr.GeneratedAlways, "INSERT INTO t (id, who) VALUES (1, 1)")
	ids := strings.Fields(b.do("INSERT INTO t (who) SELECT i FROM generate_series(1, 3) AS i RETURNING id"))
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Error(ids)
	}
}
