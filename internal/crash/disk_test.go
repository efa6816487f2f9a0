package crash

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/servertest"
	"github.com/streamsql/streamsql/internal/simdisk"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// smallDisk is a database on a disk that fills up: a server's on a small file system, or one in this process on a simulated disk.
type smallDisk interface {
	fill() // to the last byte
	free()
	restart(t *testing.T)
	// session runs statements; code is the SQLSTATE of an error.
	session(t *testing.T) func(sql string) (rows, code string)
}

// TestFullDisk lets the disk fill up under load: every writer gets 53100, reads go on, what was acknowledged is there, also after a crash, and
// with space writes go on.
func TestFullDisk(t *testing.T) {
	var d smallDisk
	dir, err := mountSmall(t)
	if err == nil {
		d = &mounted{dir: dir}
	} else {
		t.Logf("NO REAL DISK: a small file system cannot be mounted here (%v); the full disk is a simulated one", err)
		d = &simulated{dir: filepath.Join(t.TempDir(), "data"), disk: &simdisk.Disk{}}
	}
	d.restart(t)
	do := d.session(t)
	must(t, do, "CREATE TABLE t (id int8 PRIMARY KEY, g int8)", "")
	must(t, do, "CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM t GROUP BY g", "")

	acked := writeUntilFull(t, d)
	check := func(when string) {
		t.Helper()
		for g, n := range acked {
			// The last transaction of a writer may have been made durable although the client heard an error; all before it are there.
			got, code := do(fmt.Sprintf("SELECT n FROM v WHERE g = %d AND n = (SELECT count(*) FROM t WHERE g = %d) AND n BETWEEN %d AND %d", g, g, n, n+1))
			if code != "" || got == "" {
				now, _ := do(fmt.Sprintf("SELECT * FROM v WHERE g = %d", g))
				t.Fatalf("%s, writer %d: %s acknowledged %d, the view has %q", when, g, code, n, now)
			}
		}
	}
	check("full")
	must(t, do, "INSERT INTO t VALUES (-1, -1)", "53100")
	must(t, do, "CREATE TABLE u (a int)", "53100")
	if m, ok := d.(*mounted); ok {
		m.refusesToOpen(t)
	}
	d.free()
	d.restart(t)
	do = d.session(t)
	check("restarted")
	must(t, do, "INSERT INTO t VALUES (-1, -1)", "")
	d.fill()
	must(t, do, "INSERT INTO t VALUES (-2, -1)", "53100")
	d.free()
	must(t, do, "INSERT INTO t VALUES (-3, -1)", "")
	d.restart(t)
	do = d.session(t)
	check("restarted again")
	if got, _ := do("SELECT n FROM v WHERE g = -1"); got != "2" {
		t.Fatalf("%s rows of 2 are there", got)
	}
}

func must(t *testing.T, do func(string) (string, string), sql, code string) {
	t.Helper()
	if _, got := do(sql); got != code {
		t.Fatalf("%s: error %q, not %q", sql, got, code)
	}
}

// writeUntilFull has some writers commit one row after the other while the disk fills up, and gives how many each was acknowledged.
func writeUntilFull(t *testing.T, d smallDisk) (acked []int) {
	const writers, before = 4, 100
	acked = make([]int, writers)
	var wg sync.WaitGroup
	var underway sync.WaitGroup
	underway.Add(writers)
	for g := range writers {
		do := d.session(t)
		wg.Go(func() {
			for i := 0; ; i++ {
				if i == before {
					underway.Done()
				}
				_, code := do(fmt.Sprintf("INSERT INTO t VALUES (%d, %d)", i*writers+g, g))
				if code == "" {
					acked[g]++
					continue
				}
				if code != "53100" {
					t.Errorf("writer %d: error %s", g, code)
				}
				if i < before {
					t.Errorf("writer %d ended at row %d", g, i)
					underway.Done()
				}
				return
			}
		})
	}
	underway.Wait()
	d.fill()
	wg.Wait()
	return acked
}

// TestFilledByItself lets a database fill its disk with its own rows. What takes data away goes on, and makes room.
func TestFilledByItself(t *testing.T) {
	dir, err := mountSmall(t)
	if err != nil {
		t.Logf("NO REAL DISK: a small file system cannot be mounted here (%v); how a simulated one is refused tests TestFullDisk", err)
		return
	}
	m := &mounted{dir: dir}
	m.restart(t)
	do := m.session(t)
	inOrder := func(n int64) int64 { return n }
	for _, round := range []struct {
		key  func(int64) int64
		take string
	}{{inOrder, "DELETE FROM t WHERE n >= 0"}, {scattered, "DELETE FROM t WHERE n >= 0"}, {inOrder, "TRUNCATE t"}, {scattered, "DROP TABLE t"}} {
		take := round.take
		if take != "TRUNCATE t" { // which leaves the table of the round before
			must(t, do, "CREATE TABLE IF NOT EXISTS t (n int8 PRIMARY KEY, x text)", "")
		}
		rows := m.copyUntilFull(t, round.key)
		if got, code := do("SELECT count(*) FROM t"); got != fmt.Sprint(rows) {
			t.Fatalf("%s rows of %d, error %s", got, rows, code)
		}
		must(t, do, take, "")
		const patience = 600 // times 100 ms: space comes back when a checkpoint and a compaction have run
		for i := 0; ; i++ {
			_, code := do("CREATE TABLE IF NOT EXISTS after (a int); INSERT INTO after VALUES (1)")
			if code == "" {
				break
			}
			if code != "53100" || i == patience {
				t.Fatalf("after %s: error %s", take, code)
			}
			pause(100 * time.Millisecond)
		}
	}
}

// mounted is a server on a small file system of its own.
type mounted struct {
	dir    string
	server *servertest.Server
}

func (m *mounted) fill() {
	f, err := os.Create(filepath.Join(m.dir, "filler"))
	if err != nil {
		panic(err)
	}
	for err == nil { // ends where the disk does, at the speed of a fast one
		_, err = f.Write(make([]byte, 1<<20))
		pause(time.Millisecond)
	}
	if cerr := f.Close(); cerr != nil {
		panic(cerr)
	}
}

func (m *mounted) free() {
	if err := os.Remove(filepath.Join(m.dir, "filler")); err != nil {
		panic(err)
	}
}

// restart kills the server that runs.
func (m *mounted) restart(t *testing.T) {
	t.Helper()
	if m.server != nil {
		m.server.Kill()
	} else {
		t.Cleanup(func() {
			m.server.Kill()
			if t.Failed() {
				t.Log(m.server.Log())
			}
		})
	}
	var err error
	if m.server, err = servertest.Start(filepath.Join(m.dir, "data")); err != nil {
		t.Fatal(err)
	}
}

// refusesToOpen restarts the server on the full disk: it says why it does not start.
func (m *mounted) refusesToOpen(t *testing.T) {
	t.Helper()
	m.server.Kill()
	s, err := servertest.Start(filepath.Join(m.dir, "data"))
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), "SIG") {
		s.Kill()
		t.Fatalf("on a full disk: %v", err)
	}
}

func (m *mounted) session(t *testing.T) func(sql string) (rows, code string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, m.server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) }) // the server may be gone
	return func(sql string) (string, string) {
		results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		return firstColumn(results), pgCode(err)
	}
}

// scattered puts each number somewhere else, so that a checkpoint finds the new rows on pages that are stored already.
func scattered(n int64) int64 { return n * 0x1E3779B97F4A7C15 & math.MaxInt64 }

// copyUntilFull fills the disk with rows that cannot be compressed.
func (m *mounted) copyUntilFull(t *testing.T, key func(int64) int64) (rows int) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, m.server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	const perCopy = 2000
	for {
		n := 0
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"n", "x"}, pgx.CopyFromFunc(func() ([]any, error) {
			if n++; n > perCopy {
				return nil, nil
			}
			text := make([]byte, 2000)
			_, _ = rand.Read(text) // never fails
			return []any{key(int64(rows + n)), hex.EncodeToString(text)}, nil
		}))
		switch {
		case pgCode(err) == "53100":
			return rows
		case err != nil:
			t.Fatal(err)
		}
		rows += perCopy
	}
}

func pgCode(err error) string {
	var pe *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &pe):
		return pe.Code
	}
	return err.Error()
}

func firstColumn(results []*pgconn.Result) string {
	var out []string
	for _, r := range results {
		for _, row := range r.Rows {
			out = append(out, string(row[0]))
		}
	}
	return strings.Join(out, " ")
}

// simulated is an engine of this process whose log is on a simulated disk.
type simulated struct {
	dir  string
	disk *simdisk.Disk
	e    *engine.Engine
}

func (s *simulated) fill() { s.disk.SetFull(true) }
func (s *simulated) free() { s.disk.SetFull(false) }

func (s *simulated) restart(t *testing.T) {
	t.Helper()
	if s.e != nil {
		s.e.Crash()
		s.disk = s.disk.Restart(false)
	} else {
		t.Cleanup(func() { s.e.Crash() })
	}
	var err error
	if s.e, err = engine.Open(context.Background(), engine.Options{Dir: s.dir, Segments: s.disk}); err != nil {
		t.Fatal(err)
	}
}

func (s *simulated) session(t *testing.T) func(sql string) (rows, code string) {
	t.Helper()
	c, err := sqltest.NewClient(s.e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return func(sql string) (string, string) {
		r, err := c.Exec(sql)
		if err != nil {
			return "", string(sqlerr.CodeOf(err))
		}
		return strings.Join(slices.Concat(r.Rows...), " "), ""
	}
}
