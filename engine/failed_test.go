package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// base is a database whose operators may be broken and whose usage is looked at.
type base struct {
	t       *testing.T
	options engine.Options
	*engine.Engine
	client *sqltest.Client
}

func newBase(t *testing.T, o engine.Options) *base {
	b := &base{t: t, options: o}
	b.open()
	t.Cleanup(func() {
		b.client.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *base) open() {
	b.t.Helper()
	var err error
	if b.Engine, err = engine.Open(context.Background(), b.options); err != nil {
		b.t.Fatal(err)
	}
	if b.client, err = sqltest.NewClient(b.Engine); err != nil {
		b.t.Fatal(err)
	}
}

func (b *base) crash() {
	b.t.Helper()
	b.client.Close()
	b.Crash()
	b.open()
}

func (b *base) restart() {
	b.t.Helper()
	b.client.Close()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

func (b *base) do(sql string) string {
	b.t.Helper()
	r, err := b.client.Exec(sql)
	if err != nil {
		b.t.Fatalf("%s: %v (%s)", sql, err, sqlerr.From(err).Detail)
	}
	return strings.Join(r.Sorted(), " ")
}

func (b *base) want(sql, rows string) {
	b.t.Helper()
	if got := b.do(sql); got != rows {
		b.t.Fatalf("%s\n got %s\nwant %s", sql, got, rows)
	}
}

func (b *base) fails(code sqlerr.Code, sql string) *sqlerr.Error {
	b.t.Helper()
	_, err := b.client.Exec(sql)
	if sqlerr.CodeOf(err) != code {
		b.t.Fatalf("%s: got %v, want %s", sql, err, code)
	}
	return sqlerr.From(err)
}

func (b *base) usage() engine.Usage {
	b.t.Helper()
	u, err := b.Still()
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// fuse is an operator that panics when a row with the value 666 comes to it.
type fuse struct {
	operators.Operator
	armed *atomic.Bool
}

func (f *fuse) Step(port int, in *batch.Batch, out operators.Out) error {
	if f.armed.Load() && f.Name() == "reduce" {
		for _, c := range in.Cols {
			for i := range in.Len() {
				if !c.IsNull(i) && c.Type.Rep() == types.RepInt && c.Datum(i).Int() == 666 {
					panic("the fuse has blown")
				}
			}
		}
	}
	return f.Operator.Step(port, in, out)
}

const failingSchema = `
	CREATE TABLE t (id int PRIMARY KEY, g int, v int);
	CREATE TABLE other (id int PRIMARY KEY, g int);
	CREATE MATERIALIZED VIEW good AS SELECT id, v FROM t WHERE v > 10;
	CREATE MATERIALIZED VIEW bad AS SELECT g, sum(v) AS v FROM t GROUP BY g;
	CREATE MATERIALIZED VIEW above AS SELECT o.id, b.v FROM other o JOIN bad b ON b.g = o.g;
	CREATE MATERIALIZED VIEW beside AS SELECT o.id, t.v FROM other o JOIN t ON t.g = o.g;
	CREATE INDEX bad_v ON bad (v);
	INSERT INTO t VALUES (1, 1, 5), (2, 1, 20), (3, 2, 30);
	INSERT INTO other VALUES (1, 1), (2, 2)`

// A view whose operator panics has failed, with what reads it; everything else goes on, over restarts, and DROP frees it.
func TestFailedView(t *testing.T) {
	var armed atomic.Bool
	wrap := func(o operators.Operator) operators.Operator { return &fuse{o, &armed} }
	b := newBase(t, engine.Wrapped(engine.Options{Dir: t.TempDir()}, wrap))
	b.do(failingSchema)
	b.want("SELECT * FROM above", "(1, 25) (2, 30)")
	armed.Store(true)
	b.do("INSERT INTO t VALUES (4, 2, 666)")
	check := func() {
		t.Helper()
		for _, v := range []string{"bad", "above"} {
			e := b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM "+v)
			if e.Message != `materialized view "`+v+`" has failed` || !strings.Contains(e.Detail, "the fuse has blown") {
				t.Errorf("%s: %s (%.200s)", v, e.Message, e.Detail)
			}
		}
		b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM bad WHERE v = 25")
	}
	check()
	b.want("SELECT * FROM good", "(2, 20) (3, 30) (4, 666)")
	b.want("SELECT * FROM beside", "(1, 20) (1, 5) (2, 30) (2, 666)")
	b.do("INSERT INTO t VALUES (5, 2, 50)")
	b.want("SELECT * FROM good", "(2, 20) (3, 30) (4, 666) (5, 50)")
	b.crash() // replay blows the fuse again
	check()
	b.restart() // and now it is in the checkpoint
	check()
	b.do("DELETE FROM t WHERE id = 5; UPDATE t SET v = 7 WHERE id = 1")
	b.want("SELECT * FROM good", "(2, 20) (3, 30) (4, 666)")
	b.want("SELECT * FROM beside", "(1, 20) (1, 7) (2, 30) (2, 666)")
	if _, err := b.client.Exec("CREATE MATERIALIZED VIEW late AS SELECT max(v) AS v FROM bad"); err == nil {
		t.Error("a view could be made over a failed one")
	}
	if _, err := b.client.Exec("CREATE INDEX late ON bad (g)"); err == nil {
		t.Error("an index could be made on a failed view")
	}
	b.fails(sqlerr.UndefinedTable, "SELECT * FROM late")
	b.fails(sqlerr.DependentObjectsExist, "DROP MATERIALIZED VIEW bad")
	b.do("DROP MATERIALIZED VIEW bad CASCADE")
	b.fails(sqlerr.UndefinedTable, "SELECT * FROM above")
	armed.Store(false)
	b.do("CREATE MATERIALIZED VIEW bad AS SELECT g, sum(v) AS v FROM t GROUP BY g")
	b.want("SELECT * FROM bad", "(1, 27) (2, 696)")
	b.crash()
	b.want("SELECT * FROM bad", "(1, 27) (2, 696)")
}

// What a failed view had is freed at once, also arrangements that it alone used; those that others share stay.
func TestFailedViewIsFreed(t *testing.T) {
	var armed atomic.Bool
	wrap := func(o operators.Operator) operators.Operator { return &fuse{o, &armed} }
	b := newBase(t, engine.Wrapped(engine.Options{Dir: t.TempDir()}, wrap))
	b.do(failingSchema)
	b.do("INSERT INTO t SELECT i, i % 10, i FROM generate_series(1000, 20000) AS i")
	b.do("INSERT INTO t VALUES (4, 2, 666); DELETE FROM t WHERE id = 4") // what it leaves behind is not counted below
	before := b.usage()
	b.do("CREATE MATERIALIZED VIEW more AS SELECT a.v, count(*) AS n, sum(b.id) AS ids FROM t a JOIN t b ON b.v = a.id GROUP BY a.v")
	if u := b.usage(); u.Flows < before.Flows+2 || u.Bytes < before.Bytes+1<<20 {
		t.Fatalf("from %+v to %+v: the view uses too little for this test", before, u)
	}
	armed.Store(true)
	b.do("INSERT INTO t VALUES (4, 2, 666), (666, 2, 4)")
	b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM more")
	b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM bad")
	armed.Store(false)
	b.do("DELETE FROM t WHERE id IN (4, 666)")
	if u := b.usage(); u.Bytes > before.Bytes || u.Maps > before.Maps {
		t.Errorf("from %+v to %+v", before, u)
	}
	b.do("CREATE MATERIALIZED VIEW again AS SELECT a.v, count(*) AS n FROM t a JOIN t b ON b.v = a.id GROUP BY a.v")
	b.want("SELECT count(*), sum(n) FROM again", "(19001, 19001)")
}

// A view that fails while it is hydrated: CREATE says so, and nothing is left of it.
func TestFailingHydration(t *testing.T) {
	var armed atomic.Bool
	wrap := func(o operators.Operator) operators.Operator { return &fuse{o, &armed} }
	b := newBase(t, engine.Wrapped(engine.Options{Dir: t.TempDir()}, wrap))
	b.do("CREATE TABLE t (id int PRIMARY KEY, g int, v int); INSERT INTO t SELECT i, i, i FROM generate_series(1, 1000) AS i")
	before := b.usage()
	armed.Store(true)
	e := b.fails(sqlerr.InternalError, "CREATE MATERIALIZED VIEW bad AS SELECT g, sum(v) AS v FROM t GROUP BY g")
	if !strings.Contains(e.Detail, "the fuse has blown") {
		t.Errorf("%+v", e)
	}
	b.fails(sqlerr.UndefinedTable, "SELECT * FROM bad")
	if after := b.usage(); after != before {
		t.Errorf("from %+v to %+v", before, after)
	}
	b.crash()
	b.want("SELECT count(*) FROM t", "(1000)")
	b.fails(sqlerr.UndefinedTable, "SELECT * FROM bad")
}

func (b *base) session() *sqltest.Client {
	b.t.Helper()
	c, err := sqltest.NewClient(b.Engine)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}
