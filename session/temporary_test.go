package session

import (
	"context"
	"testing"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// TestTemporaryEnds: a temporary relation is its session's alone, and goes with it; what a crash left goes at the next start.
func TestTemporaryEnds(t *testing.T) {
	ctx := context.Background()
	e, err := engine.Open(ctx, engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	server := NewServer(e)
	open := func() *Session {
		s, err := server.Open(ctx, map[string]string{"user": "test"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	run := func(s *Session, sql string, want sqlerr.Code) {
		t.Helper()
		if got := sqlerr.CodeOf(s.Query(ctx, sql, &told{})); got != want {
			t.Fatalf("%s: got %q, want %q", sql, got, want)
		}
	}
	left := func() (n int) {
		sn := e.Snapshot()
		defer sn.Close()
		for _, schema := range sn.Catalog.Schemas() {
			if catalog.IsTemporary(schema) {
				n++
			}
		}
		return n
	}
	one, two := open(), open()
	run(one, "CREATE TEMP TABLE t (a serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES; CREATE INDEX ON t (a); CREATE TEMP VIEW v AS SELECT * FROM t", "")
	run(two, "SELECT * FROM t", sqlerr.UndefinedTable)
	run(two, "SELECT * FROM "+one.temp+".t", sqlerr.FeatureNotSupported)
	run(two, "CREATE TEMP TABLE t (b text); SELECT b FROM t", "")
	if n := left(); n != 2 {
		t.Errorf("two sessions have %d schemas", n)
	}
	run(one, "CREATE MATERIALIZED VIEW m AS SELECT * FROM v", sqlerr.FeatureNotSupported)
	run(one, "CREATE TEMP MATERIALIZED VIEW m AS SELECT 1", sqlerr.SyntaxError)
	one.Close()
	if n := left(); n != 1 {
		t.Errorf("a session ended, and %d schemas are left", n)
	}
	two.temp = "" // it crashes
	two.Close()
	if err := server.DropTemporary(ctx); err != nil || left() != 0 {
		t.Errorf("%d schemas are left (%v)", left(), err)
	}
}
