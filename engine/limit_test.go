package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// At its memory limit the server refuses what would add, goes on reading, and takes again when rows were deleted.
func TestMemoryLimit(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir(), MemoryLimit: 24 << 20})
	b.do("CREATE TABLE t (id int PRIMARY KEY, g int, text text); CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM t GROUP BY g")
	rows := 0
	var err error
	for rows < 1_000_000 && err == nil {
		_, err = b.client.Exec(fmt.Sprintf("INSERT INTO t SELECT i, i %% 7, repeat('x', 100) FROM generate_series(%d, %d) AS i", rows+1, rows+2000))
		if err == nil {
			rows += 2000
		}
	}
	if sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Fatalf("after %d rows: %v", rows, err)
	}
	t.Logf("refused after %d rows: %v", rows, err)
	b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows))
	b.want("SELECT count(*), sum(id) FROM t", fmt.Sprintf("(%d, %d)", rows, rows*(rows+1)/2))
	b.want("SELECT id, g FROM t WHERE id = 77", "(77, 0)")
	b.fails(sqlerr.OutOfMemory, fmt.Sprintf("INSERT INTO t SELECT i, 1, repeat('y', 100) FROM generate_series(%d, %d) AS i", rows+1, rows+50000))
	for _, refused := range []string{"CREATE MATERIALIZED VIEW w AS SELECT id, text || text AS text FROM t", "CREATE INDEX ON t (g)", "UPDATE t SET text = text || text"} {
		b.fails(sqlerr.OutOfMemory, refused)
		b.usage() // what it has left is freed
	}
	b.do(fmt.Sprintf("DELETE FROM t WHERE id > %d", rows/2))
	b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows/2))
	b.usage() // what was deleted is freed
	b.do("INSERT INTO t SELECT -i, i % 7, repeat('x', 100) FROM generate_series(1, 2000) AS i")
	b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows/2+2000))
	b.crash()
	b.want("SELECT sum(n) FROM v", fmt.Sprintf("(%d)", rows/2+2000))
	b.do("TRUNCATE t")
	b.want("SELECT * FROM v", "")
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
