package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/types"
)

// groupBy feeds events (a tenth of them retractions of earlier ones) to a table with one aggregate view, in process: log synced, base table and
// served view maintained, a reader beside.
func groupBy(r *report) error {
	for _, groups := range []int{10_000, 1_000_000} {
		if err := groupByGroups(r, sized(10_000_000), sized(groups)); err != nil {
			return err
		}
	}
	return nil
}

func groupByGroups(r *report, events, groups int) error {
	ctx := context.Background()
	e, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	if _, err := c.Exec(`CREATE TABLE events (id int8 PRIMARY KEY, k int8 NOT NULL, v int8 NOT NULL);
		CREATE MATERIALIZED VIEW totals AS SELECT k, count(*) AS n, sum(v) AS total, max(v) AS top FROM events GROUP BY k`); err != nil {
		return err
	}
	sn := e.Snapshot()
	table := sn.Catalog.Lookup("public", "events").(*catalog.Table)
	sn.Close()

	stop := make(chan struct{})
	var reads latencies
	var reader sync.WaitGroup
	reader.Go(func() { reads = readBeside(e, groups, stop) })
	start := time.Now()
	if err := feed(ctx, e, table, events, groups); err != nil {
		return err
	}
	took := time.Since(start)
	close(stop)
	reader.Wait()
	r.add(fmt.Sprintf("%d events, %d groups", events, groups), "%s", perSecond(events, took))
	r.add("  read of one group beside", "%d reads, %v", len(reads), reads)
	res, err := c.Exec("SELECT sum(n), (SELECT count(*) FROM events) FROM totals")
	if err != nil {
		return err
	}
	if res.Rows[0][0] != res.Rows[0][1] {
		return fmt.Errorf("the view counts %s rows, the table has %s", res.Rows[0][0], res.Rows[0][1])
	}
	return nil
}

// feed commits events in transactions of a thousand, a few in flight.
func feed(ctx context.Context, e *engine.Engine, table *catalog.Table, events, groups int) error {
	const size, inFlight = 1000, 32
	errs := make(chan error, inFlight)
	for range inFlight {
		errs <- nil
	}
	rng := rand.New(rand.NewPCG(1, 1))
	ts := []types.Type{types.Of(types.Int8), types.Of(types.Int8), types.Of(types.Int8)}
	key := func(id int) int64 { return int64(uint64(id) * 0x9E3779B97F4A7C15 >> 11 % uint64(groups)) }
	gone := map[int]bool{}
	for id := 0; id < events; {
		if err := <-errs; err != nil {
			return err
		}
		first := id
		b := batch.New(ts, size)
		w := e.NewWrites()
		for n := 0; n < size && id < events; n++ {
			// Retractions take rows that were acknowledged long ago.
			if old := rng.IntN(max(first-inFlight*size*2, 1)); n%10 == 9 && first > inFlight*size*4 && !gone[old] && old%10 != 9 {
				gone[old] = true
				if err := w.Delete(table, []types.Datum{types.NewInt(int64(old)), types.NewInt(key(old)), types.NewInt(int64(old % 1000))}); err != nil {
					return err
				}
				id++
				continue
			}
			b.Cols[0].AppendInt(int64(id))
			b.Cols[1].AppendInt(key(id))
			b.Cols[2].AppendInt(int64(id % 1000))
			b.W = append(b.W, 1)
			if n%10 == 9 {
				gone[id] = true // keeps retractions off what may be a gap
			}
			id++
		}
		if err := w.InsertBatch(table, b); err != nil {
			return err
		}
		go func() { errs <- e.Commit(ctx, engine.Commit{Writes: w}) }()
	}
	for range inFlight {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// readBeside reads single groups until stopped.
func readBeside(e *engine.Engine, groups int, stop chan struct{}) latencies {
	c, err := sqltest.NewClient(e)
	if err != nil {
		return nil
	}
	defer c.Close()
	var l latencies
	for i := 0; ; i++ {
		select {
		case <-stop:
			return l
		case <-time.After(time.Millisecond):
		}
		start := time.Now()
		if _, err := c.Exec(fmt.Sprintf("SELECT * FROM totals WHERE k = %d", i%groups)); err != nil {
			return l
		}
		l = append(l, time.Since(start))
	}
}
