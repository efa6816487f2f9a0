package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/simdisk"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// machine is a database that crashes. Its disk loses what was not synced.
type machine struct {
	t    *testing.T
	dir  string
	disk *simdisk.Disk
	*engine.Engine
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "data"), disk: &simdisk.Disk{}}
	m.open()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *machine) open() {
	m.t.Helper()
	e, err := engine.OpenChecked(context.Background(), engine.Options{Dir: m.dir, Segments: m.disk})
	if err != nil {
		m.t.Fatal(err)
	}
	m.Engine = e
}

func (m *machine) crash() {
	m.t.Helper()
	m.Crash()
	m.disk = m.disk.Restart(true)
	m.open()
}

func (m *machine) client() *sqltest.Client {
	m.t.Helper()
	c, err := sqltest.NewClient(m.Engine)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// do runs statements in a session of their own and gives the rows as one line.
func (m *machine) do(sql string) string {
	m.t.Helper()
	out, err := m.try(sql)
	if err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func (m *machine) try(sql string) (string, error) {
	m.t.Helper()
	c := m.client()
	defer c.Close()
	r, err := c.Exec(sql)
	if err != nil {
		return "", err
	}
	return strings.Join(r.Sorted(), " "), nil
}

func (m *machine) want(sql, rows string) {
	m.t.Helper()
	if got := m.do(sql); got != rows {
		m.t.Fatalf("%s\n got %s\nwant %s", sql, got, rows)
	}
}

// TestRecovery runs scripts; after each of their statements comes a crash, and in a second run a checkpoint before it.
func TestRecovery(t *testing.T) {
	for name, script := range map[string]struct {
		steps       []string
		query, want string
	}{
		"definitions and rows in one transaction": {[]string{
			"BEGIN; CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t; COMMIT",
			"INSERT INTO t VALUES (3)", "DELETE FROM t WHERE a = 1", "UPDATE t SET a = 7 WHERE a = 2",
		}, "SELECT n, (SELECT sum(a) FROM t) FROM v", "(2, 10)"},
		"rows of a table dropped in the same transaction": {[]string{
			"CREATE TABLE t (a int)",
			"BEGIN; CREATE TABLE u (a int); INSERT INTO u VALUES (1); DROP TABLE u; INSERT INTO t VALUES (1); COMMIT",
			"BEGIN; INSERT INTO t VALUES (2); DROP TABLE t; COMMIT", "CREATE TABLE t (a int)", "INSERT INTO t VALUES (5)",
		}, "SELECT * FROM t", "(5)"},
		"numbers are handed out once": {[]string{
			"CREATE TABLE t (id serial PRIMARY KEY, a int)", "INSERT INTO t (a) VALUES (1), (2)", "INSERT INTO t (a) VALUES (3)", "INSERT INTO t (a) VALUES (4)",
		}, "SELECT count(*), count(DISTINCT id) FROM t", "(4, 4)"},
		"rows without a key": {[]string{
			"CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "CREATE MATERIALIZED VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a", "INSERT INTO t VALUES (1)",
		}, "SELECT * FROM v", "(1, 3)"},
		"a view over a view, dropped and made again": {[]string{
			"CREATE TABLE t (a int PRIMARY KEY, b int)", "INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 5000) AS g(i)",
			"CREATE MATERIALIZED VIEW v AS SELECT b, sum(a) AS s FROM t GROUP BY b", "CREATE MATERIALIZED VIEW w AS SELECT t.b, max(s) AS m FROM t JOIN v ON t.b = v.b GROUP BY t.b",
			"CREATE INDEX i ON v (s)", "DROP MATERIALIZED VIEW w", "CREATE MATERIALIZED VIEW w AS SELECT count(*) AS n, sum(s) AS s FROM v", "DELETE FROM t WHERE a > 10", "TRUNCATE t", "INSERT INTO t VALUES (1, 1)",
		}, "SELECT n, s FROM w", "(1, 1)"},
	} {
		for _, checkpoints := range []string{"none", "each", "some"} {
			t.Run(name+"/"+checkpoints, func(t *testing.T) {
				m := newMachine(t)
				for i, s := range script.steps {
					m.do(s)
					if checkpoints == "each" || checkpoints == "some" && i%2 == 1 {
						m.do("CHECKPOINT")
					}
					m.crash()
				}
				m.want(script.query, script.want)
				m.crash()
			})
		}
	}
}

// TestPowerFails lets the power fail at a random write under concurrent transactions, with checkpoints between them.
func TestPowerFails(t *testing.T) {
	const writers = 4
	m := newMachine(t)
	m.do("CREATE TABLE t (w int, n int, PRIMARY KEY (w, n)); CREATE MATERIALIZED VIEW v AS SELECT w, count(*) AS n, max(n) AS hi FROM t GROUP BY w")
	var acked [writers]int
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		m.disk.CutAfter(1 + rng.IntN(60))
		var wg sync.WaitGroup
		var tried [writers]int
		for w := range writers {
			wg.Go(func() {
				for n := acked[w] + 1; ; n++ {
					tried[w] = n
					if _, err := m.try(fmt.Sprintf("INSERT INTO t VALUES (%d, %d)", w, n)); err != nil {
						return
					}
					acked[w] = n
				}
			})
		}
		wg.Go(func() {
			for m.Checkpoint(context.Background()) == nil {
			}
		})
		wg.Wait()
		m.Crash()
		m.disk = m.disk.Restart(rng.IntN(2) == 0)
		m.open()
		for w := range writers {
			var n, hi int
			got := m.do(fmt.Sprintf("SELECT count(*), coalesce(max(n), 0) FROM t WHERE w = %d", w))
			if _, err := fmt.Sscanf(got, "(%d, %d)", &n, &hi); err != nil || n != hi || hi < acked[w] || hi > tried[w] {
				t.Fatalf("seed %d: writer %d has %s, acknowledged %d, tried %d (%v)", seed, w, got, acked[w], tried[w], err)
			}
			acked[w] = hi
		}
		m.want("SELECT w, count(*) AS n, max(n) AS hi FROM t GROUP BY w", m.do("SELECT * FROM v"))
	}
	if slices.Max(acked[:]) == 0 {
		t.Fatal("nothing was acknowledged")
	}
}

// TestAcknowledgedWhenSynced looks at the order: the entry's write ends, then the client hears of its commit and readers see it.
func TestAcknowledgedWhenSynced(t *testing.T) {
	m := newMachine(t)
	m.do("CREATE TABLE t (a int PRIMARY KEY)")
	m.Crash()
	m.disk = m.disk.Restart(false)
	m.open()
	m.disk.Began, m.disk.Hold = make(chan struct{}), make(chan struct{})
	for i := range 5 {
		acked := make(chan error, 1)
		go func() {
			_, err := m.try(fmt.Sprintf("INSERT INTO t VALUES (%d)", i))
			acked <- err
		}()
		<-m.disk.Began // and nothing is durable before it may go on
		m.want("SELECT count(*) FROM t", fmt.Sprintf("(%d)", i))
		select {
		case err := <-acked:
			t.Fatalf("row %d was acknowledged before it was synced: %v", i, err)
		default:
		}
		m.disk.Hold <- struct{}{}
		if err := <-acked; err != nil {
			t.Fatal(err)
		}
	}
	m.disk.Began, m.disk.Hold = nil, nil
}

// TestDiskFull refuses writes while the disk is full, and nothing else.
func TestDiskFull(t *testing.T) {
	m := newMachine(t)
	m.do("CREATE TABLE t (a int PRIMARY KEY); CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t; INSERT INTO t VALUES (1)")
	for round := range 3 {
		m.disk.SetFull(true)
		for _, s := range []string{"INSERT INTO t VALUES (100)", "DELETE FROM t", "CREATE TABLE u (a int)"} {
			if _, err := m.try(s); sqlerr.CodeOf(err) != sqlerr.DiskFull {
				t.Fatalf("%s: %v", s, err)
			}
		}
		m.want("SELECT n FROM v", fmt.Sprintf("(%d)", round+1))
		m.disk.SetFull(false)
		m.do(fmt.Sprintf("INSERT INTO t VALUES (%d)", round+2))
	}
	m.crash()
	m.want("SELECT n, (SELECT count(*) FROM t) FROM v", "(4, 4)")
}
