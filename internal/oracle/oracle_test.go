package oracle

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/internal/pgtest"
)

// TestViews compares random views with PostgreSQL after every transaction. ORACLE_SEED runs one seed; ORACLE_COUNT that many,
// from ORACLE_FIRST on; ORACLE_DISTINCT ends the run when that many distinct queries were compared as views; ORACLE_WORKERS cases run side by
// side; ORACLE_KEEP=1 goes on after a difference; ORACLE_TALLY is a file in which runs go on with the tally and the seeds of those before; an
// interrupt ends the run where it is, with what it has found.
func TestViews(t *testing.T) {
	// Over tables without statistics PostgreSQL thinks that compiling pays.
	pg, err := pgtest.Start(pgtest.Options{Extra: []string{"jit=off", "autovacuum_naptime=20s", "statement_timeout=30s"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	}()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // databases that live for a second
	r := &run{first: number("ORACLE_FIRST", 1), keep: os.Getenv("ORACLE_KEEP") != "", distinct: number("ORACLE_DISTINCT", math.MaxInt), total: newTally()}
	tally := os.Getenv("ORACLE_TALLY")
	if tally != "" {
		before, err := load(tally)
		if err != nil {
			t.Fatal(err)
		}
		r.first, r.total = max(r.first, before.Next), before.Total
	}
	count := number("ORACLE_COUNT", 60)
	if one := number("ORACLE_SEED", 0); one > 0 {
		r.first, count = one, 1
	}
	if r.distinct < math.MaxInt {
		count = max(count, r.distinct)
	}
	r.end = r.first + count
	r.next.Store(int64(r.first))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r.ctx = ctx
	t.Run("cases", func(t *testing.T) {
		for w := range number("ORACLE_WORKERS", 1) {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				r.work(t, pg, w)
			})
		}
	})
	t.Logf("seeds %d to %d: %v", r.first, r.next.Load()-1, r.total)
	if count >= 60 {
		r.total.check(t)
	}
	if tally != "" {
		if err := (&kept{Next: int(r.next.Load()), Total: r.total}).save(tally); err != nil {
			t.Error(err)
		}
	}
}

// run is seeds that workers share.
type run struct {
	ctx        context.Context // until the run ends
	first, end int
	keep       bool
	distinct   int // how many are enough

	next   atomic.Int64
	failed atomic.Bool
	mu     sync.Mutex
	total  *tally
}

// work takes seeds until there are none, each worker in a database of its own.
func (r *run) work(t *testing.T, pg *pgtest.Server, w int) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pg.DSN())
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("worker%d", w)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	conn.Close(ctx)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(pg.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.Database = name
	if conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for r.more() {
		seed := int(r.next.Add(1) - 1)
		if seed >= r.end {
			r.next.Store(int64(r.end))
			return
		}
		if os.Getenv("ORACLE_TRACE") != "" {
			fmt.Fprintln(os.Stderr, "seed", seed)
		}
		total := newTally()
		if !newCase(t, conn.PgConn(), uint64(seed), total).run() {
			r.failed.Store(true)
		}
		if os.Getenv("ORACLE_TRACE") != "" {
			fmt.Fprintln(os.Stderr, "done", seed)
		}
		r.mu.Lock()
		r.total.add(total)
		r.mu.Unlock()
	}
}

func (r *run) more() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ctx.Err() == nil && len(r.total.Queries) < r.distinct && (r.keep || !r.failed.Load())
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
