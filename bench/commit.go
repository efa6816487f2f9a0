package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/streamsql/streamsql/internal/servertest"
)

// commitLatency compares a one-row commit with a view over the table to the raw fsync of the same disk, alone, among 256 clients, and beside
// a COPY.
func commitLatency(r *report) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	raw, err := rawSync(dir)
	if err != nil {
		return err
	}
	r.add("raw write and fsync of 100 bytes", "%v", raw)
	s, err := servertest.Start(filepath.Join(dir, "data"), "--max-connections", "400")
	if err != nil {
		return err
	}
	defer s.Kill()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, q := range []string{
		"CREATE TABLE events (id int8 PRIMARY KEY, k int8, v int8)",
		"CREATE MATERIALIZED VIEW totals AS SELECT k, count(*), sum(v) FROM events GROUP BY k",
		"CREATE TABLE bulk (id int8 PRIMARY KEY, k int8, v text)",
		"CREATE MATERIALIZED VIEW loads AS SELECT k, count(*) FROM bulk GROUP BY k",
	} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	for _, clients := range []int{1, 256} {
		l, n, d, err := commits(ctx, s.DSN(), clients, int64(clients)<<40, nil)
		if err != nil {
			return err
		}
		r.add(fmt.Sprintf("INSERT of one row, %d clients", clients), "%v  %s  p50 over raw %.1f", l, perSecond(n, d), float64(l.at(0.5))/float64(raw.at(0.5)))
	}
	for i, how := range []string{"", " WITH (batch 10000)"} {
		if err := besideCopy(ctx, r, s.DSN(), int64(i), how); err != nil {
			return err
		}
	}
	return nil
}

// rawSync writes and syncs a file as a log would.
func rawSync(dir string) (latencies, error) {
	f, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, 4<<20)); err != nil {
		return nil, err
	}
	var l latencies
	p := make([]byte, 100)
	for i := range 500 {
		start := time.Now()
		if _, err := f.WriteAt(p, int64(i*100)); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		l = append(l, time.Since(start))
	}
	return l, nil
}

// commits inserts single rows for some seconds, or until stop is closed.
func commits(ctx context.Context, dsn string, clients int, first int64, stop chan struct{}) (latencies, int, time.Duration, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, 0, 0, err
	}
	cfg.MaxConns = int32(clients)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, 0, 0, err
	}
	defer pool.Close()
	var mu sync.Mutex
	var all latencies
	next := first
	start := time.Now()
	_, err = drive(ctx, pool, clients, func(c *pgx.Conn, _ int) (int, error) {
		mu.Lock()
		next++
		id := next
		mu.Unlock()
		begin := time.Now()
		_, err := c.Exec(ctx, "INSERT INTO events VALUES ($1, $2, 1)", id, id%1000)
		mu.Lock()
		all = append(all, time.Since(begin))
		mu.Unlock()
		return 1, err
	})
	for stop != nil && err == nil {
		select {
		case <-stop:
			return all, len(all), time.Since(start), err
		default:
		}
		begin := time.Now()
		next++
		_, err = pool.Exec(ctx, "INSERT INTO events VALUES ($1, $2, 1)", next, next%1000)
		all = append(all, time.Since(begin))
	}
	return all, len(all), time.Since(start), err
}

// besideCopy measures commits while a COPY of a million rows runs.
func besideCopy(ctx context.Context, r *report, dsn string, i int64, how string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	n := sized(1_000_000)
	var data strings.Builder
	for k := range n {
		fmt.Fprintf(&data, "%d\t%d\tsixteen bytes...\n", int64(k)+i*10_000_000, k%1000)
	}
	stop := make(chan struct{})
	var copied error
	var took time.Duration
	go func() {
		start := time.Now()
		_, copied = conn.PgConn().CopyFrom(ctx, strings.NewReader(data.String()), "COPY bulk FROM STDIN"+how)
		took = time.Since(start)
		close(stop)
	}()
	l, _, _, err := commits(ctx, dsn, 1, (i+10)<<50, stop)
	if err != nil {
		return err
	}
	<-stop
	if copied != nil {
		return copied
	}
	r.add(fmt.Sprintf("INSERT of one row beside COPY%s of %d rows (%s)", how, n, perSecond(n, took)), "%v", l)
	return nil
}
