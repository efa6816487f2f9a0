package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/nexmark"
)

// only names queries.
var only = flag.String("only", "", "queries of nexmark to run, parted by spaces")

// nexmarkBench feeds the events of Nexmark in process, log synced, to the three tables under one view at a time, and once under none. The events
// are made before.
func nexmarkBench(r *report) error {
	events := sized(500_000)
	feed := nexmarkEvents(events)
	if err := nexmarkView(r, nexmark.Query{Name: "no view"}, feed, events); err != nil {
		return err
	}
	for _, q := range nexmark.Queries {
		if *only != "" && !slices.Contains(strings.Fields(*only), q.Name) {
			continue
		}
		if err := nexmarkView(r, q, feed, events); err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
	}
	return nil
}

// nexmarkEvents are the rows in transactions of about a thousand, by table.
func nexmarkEvents(events int) (out [][3]*batch.Batch) {
	g := nexmark.NewGenerator()
	for n := 0; n < events; {
		var tx [3]*batch.Batch
		for k := range tx {
			tx[k] = batch.New(nexmark.Columns[k], 1024)
		}
		for end := min(n+1024, events); n < end; n++ {
			kind, row := g.Event(int64(n))
			tx[kind].AppendRow(row, 1)
		}
		out = append(out, tx)
	}
	return out
}

func nexmarkView(r *report, q nexmark.Query, feed [][3]*batch.Batch, events int) error {
	e, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	ddl := nexmark.Schema
	if q.SQL != "" {
		ddl += "; CREATE MATERIALIZED VIEW " + q.Name + " AS " + q.SQL
	}
	if _, err := c.Exec(ddl); err != nil {
		return err
	}
	sn := e.Snapshot()
	var tables [3]*catalog.Table
	for k, name := range nexmark.Tables {
		tables[k] = sn.Catalog.Lookup("public", name).(*catalog.Table)
	}
	sn.Close()
	start, cpu := time.Now(), cpuTime()
	if err := feedNexmark(e, tables, feed); err != nil {
		return err
	}
	took, used := time.Since(start), cpuTime()-cpu
	r.add(q.Name, "%s, CPU %.2f us an event, pages %d MiB", perSecond(events, took), used.Seconds()*1e6/float64(events), e.Resident()>>20)
	if q.SQL == "" {
		return nil
	}
	res, err := c.Exec("SELECT (SELECT count(*) FROM " + q.Name + "), (SELECT count(*) FROM (" + q.SQL + ") AS x)")
	if err != nil {
		return err
	}
	if res.Rows[0][0] != res.Rows[0][1] {
		return fmt.Errorf("the view has %s rows, the query %s", res.Rows[0][0], res.Rows[0][1])
	}
	return nil
}

// feedNexmark commits the transactions, a few in flight.
func feedNexmark(e *engine.Engine, tables [3]*catalog.Table, feed [][3]*batch.Batch) error {
	const inFlight = 32
	errs := make(chan error, inFlight)
	for range inFlight {
		errs <- nil
	}
	for _, tx := range feed {
		if err := <-errs; err != nil {
			return err
		}
		w := e.NewWrites()
		for k, b := range tx {
			if err := w.InsertBatch(tables[k], b); err != nil {
				return err
			}
		}
		go func() { errs <- e.Commit(context.Background(), engine.Commit{Writes: w}) }()
	}
	for range inFlight {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}
