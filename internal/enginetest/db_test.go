package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// db is a database and the sessions of a test.
type db struct {
	t       testing.TB
	options engine.Options
	engine  *engine.Engine
	mu      sync.Mutex
	clients []*client
}

// client is a session whose errors end the test, but for those that are asked for.
type client struct {
	t testing.TB
	*sqltest.Client
}

// open makes a database in a folder.
func open(t testing.TB) *db { return openWith(t, engine.Options{Dir: t.TempDir()}) }

func openWith(t testing.TB, o engine.Options) *db {
	t.Helper()
	d := &db{t: t, options: o}
	d.start()
	t.Cleanup(func() {
		d.end()
		if err := d.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *db) start() {
	d.t.Helper()
	e, err := engine.Open(context.Background(), d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	d.engine = e
}

// end closes all sessions.
func (d *db) end() {
	for _, c := range d.clients {
		c.Client.Close()
	}
	d.clients = nil
}

// crash ends the engine without a checkpoint and opens it again.
func (d *db) crash() {
	d.t.Helper()
	d.end()
	d.engine.Crash()
	d.start()
}

func (d *db) session() *client {
	d.t.Helper()
	c, err := sqltest.NewClient(d.engine)
	if err != nil {
		d.t.Fatal(err)
	}
	out := &client{d.t, c}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clients = append(d.clients, out)
	return out
}

// do runs statements.
func (c *client) do(sql string, copyIn ...string) *sqltest.Result {
	c.t.Helper()
	r, err := c.Exec(sql, copyIn...)
	if err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return r
}

// get is the result of a query as one line: rows in the order of their text, columns parted by spaces.
func (c *client) get(sql string) string {
	c.t.Helper()
	return lines(c.do(sql))
}

func lines(r *sqltest.Result) string {
	var rows []string
	for _, row := range r.Rows {
		rows = append(rows, strings.Join(row, " "))
	}
	slices.Sort(rows)
	return strings.Join(rows, ", ")
}

func (c *client) want(sql, rows string) {
	c.t.Helper()
	if got := c.get(sql); got != rows {
		c.t.Fatalf("%s\n got %s\nwant %s", sql, got, rows)
	}
}

// fails runs statements that must fail with code, and gives the error.
func (c *client) fails(code sqlerr.Code, sql string) *sqlerr.Error {
	c.t.Helper()
	_, err := c.Exec(sql)
	if sqlerr.CodeOf(err) != code {
		c.t.Fatalf("%s: got %v, want %s", sql, err, code)
	}
	return sqlerr.From(err)
}

// same checks that every view has what its query gives.
func (c *client) same(views ...string) {
	c.t.Helper()
	for _, v := range views {
		r := c.do("SELECT definition FROM pg_catalog.pg_matviews WHERE matviewname = '" + v + "'")
		if len(r.Rows) != 1 {
			c.t.Fatalf("no view %s", v)
		}
		query := strings.TrimSuffix(strings.TrimSpace(r.Rows[0][0]), ";")
		c.do("BEGIN ISOLATION LEVEL REPEATABLE READ")
		got, want := c.get("SELECT * FROM "+v), c.get(query)
		c.do("COMMIT")
		if got != want {
			c.t.Fatalf("view %s\n has %.1000s\nwant %.1000s", v, got, want)
		}
	}
}

// together runs f n times at once and waits; an error ends the test.
func (d *db) together(n int, f func(i int, c *client) error) {
	d.t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		c := d.session()
		wg.Go(func() { errs[i] = f(i, c) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			d.t.Fatalf("client %d: %v", i, err)
		}
	}
}

// run is do for goroutines: it gives the error back.
func (c *client) run(format string, args ...any) error {
	sql := fmt.Sprintf(format, args...)
	if _, err := c.Exec(sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// discard is a result.Writer that keeps nothing.
type discard struct{}

func (discard) Columns([]result.Column) error               { return nil }
func (discard) Rows(*batch.Batch) error                     { return nil }
func (discard) Complete(string) error                       { return nil }
func (discard) Empty() error                                { return nil }
func (discard) Notice(*sqlerr.Error) error                  { return nil }
func (discard) Parameter(string, string) error              { return nil }
func (discard) CopyOut(int, bool) error                     { return nil }
func (discard) CopyDone() error                             { return nil }
func (discard) CopyData([]byte) error                       { return nil }
func (discard) CopyIn(int, bool) (result.CopyReader, error) { return nil, errors.New("no COPY here") }
