package engine_test

import (
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// The commit of one client needs nobody else: were it to wait for the ticker or the log's goroutine, it would wait forever.
func TestSessionRunsItsOwnTick(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do("CREATE TABLE t (id int PRIMARY KEY, n int)")
	b.do("CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS n FROM t")
	for range 2 {
		b.WithoutTicker(func() {
			b.do("INSERT INTO t VALUES (1, 10), (2, 20)")
			b.do("BEGIN; UPDATE t SET n = 5 WHERE id = 1; DELETE FROM t WHERE id = 2; COMMIT")
			b.want("SELECT n FROM v", "(5)")
		})
		b.crash()
		b.want("SELECT n FROM v", "(5)")
		b.do("DELETE FROM t")
	}
}

// A tick that cannot go on ends all writing, not the server.
func TestTickPanics(t *testing.T) {
	b := &base{t: t, options: engine.Options{Dir: t.TempDir()}}
	b.open()
	b.do("CREATE TABLE t (id int PRIMARY KEY)")
	b.do("INSERT INTO t VALUES (1)")
	b.WithoutTicker(func() {
		b.BreakTick()
		if _, err := b.client.Exec("INSERT INTO t VALUES (2)"); sqlerr.CodeOf(err) != sqlerr.TransactionResolutionUnknown {
			t.Errorf("the transaction of the tick: %v", err)
		}
	})
	if _, err := b.client.Exec("INSERT INTO t VALUES (3)"); sqlerr.CodeOf(err) != sqlerr.InternalError {
		t.Errorf("another one: %v", err)
	}
	b.want("SELECT id FROM t", "(1)")
	b.crash()
	b.want("SELECT id FROM t", "(1) (2)")
	b.client.Close()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
