package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
)

// What multiplies inside a tick is ended: a new view is refused, one that stands fails, and what was there goes on.
func TestTickThatMultiplies(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir(), MemoryLimit: 64 << 20})
	b.do(`CREATE TABLE a (x int8); CREATE TABLE b (y int8); INSERT INTO a SELECT i FROM generate_series(1, 30000) AS i;
		CREATE MATERIALIZED VIEW n AS SELECT count(*) FROM a; CREATE MATERIALIZED VIEW m AS SELECT x, y FROM a, b; INSERT INTO b VALUES (1)`)
	for _, refused := range []string{"SELECT a.x, c.x AS y FROM a, a AS c", "SELECT i, j FROM generate_series(1, 30000) AS i, generate_series(1, 30000) AS j"} {
		b.fails(sqlerr.OutOfMemory, "CREATE MATERIALIZED VIEW w AS "+refused)
	}
	b.want("SELECT count(*) FROM m", "(30000)")
	b.do("INSERT INTO b SELECT i FROM generate_series(2, 10000) AS i")
	b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT count(*) FROM m")
	b.want("SELECT * FROM n", "(30000)")
	b.want("SELECT count(*) FROM b", "(10000)")
	b.crash()
	b.want("SELECT * FROM n", "(30000)")
}

// bell calls what it is told to when its operator begins to work.
type bell struct {
	operators.Operator
	rings func()
}

func (o *bell) Step(port int, in *batch.Batch, out operators.Out) error {
	o.rings()
	return o.Operator.Step(port, in, out)
}

func (o *bell) Finish(out operators.Out) error {
	o.rings()
	return o.Operator.Finish(out)
}

// A view of which a tick would take for ever is not waited for any more: it ends, and leaves nothing.
func TestHydrationIsCancelled(t *testing.T) {
	rings := func() {}
	b := newBase(t, engine.Wrapped(engine.Options{Dir: t.TempDir()}, func(o operators.Operator) operators.Operator {
		if strings.HasSuffix(o.Name(), "join") || o.Name() == "flat map" {
			return &bell{o, func() { rings() }}
		}
		return o
	}))
	b.do("CREATE TABLE a (x int8); INSERT INTO a SELECT i FROM generate_series(1, 200000) AS i; CREATE MATERIALIZED VIEW n AS SELECT count(*) FROM a")
	before := b.usage()
	for _, query := range []string{"SELECT count(*) FROM a, a AS c WHERE a.x + c.x < 0", "SELECT a.x, c.x AS y FROM a LEFT JOIN a AS c ON a.x + c.x > 0",
		"SELECT count(*) FROM generate_series(1, 1000000) AS i, generate_series(i, 1000000) AS j"} {
		ctx, cancel := context.WithCancel(t.Context())
		rings = cancel
		if _, err := b.client.ExecContext(ctx, "CREATE MATERIALIZED VIEW w AS "+query); sqlerr.CodeOf(err) != sqlerr.QueryCanceled {
			t.Errorf("%s: %v", query, err)
		}
		rings = func() {}
		b.want("SELECT * FROM n", "(200000)")
		b.fails(sqlerr.UndefinedTable, "SELECT * FROM w")
	}
	if after := b.usage(); after.Maps != before.Maps {
		t.Errorf("%d structures are left of %d", after.Maps, before.Maps)
	}
}
