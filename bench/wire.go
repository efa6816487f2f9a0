package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/servertest"
)

// side is a server under measurement.
type side struct {
	name string
	dsn  string
	stop func()
}

// sides starts streamsql and, durable and on TCP as it, PostgreSQL.
func sides() ([]side, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	s, err := servertest.Start(dir)
	if err != nil {
		return nil, err
	}
	pg, err := pgtest.Start(pgtest.Options{Durable: true, Port: 15433})
	if err != nil {
		s.Kill()
		return nil, err
	}
	return []side{
		{"streamsql", s.DSN(), func() { s.Kill(); os.RemoveAll(dir) }},
		{"postgres", fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", pg.Port), func() { _ = pg.Stop() }},
	}, nil
}

// wire compares point reads, INSERTs and COPY over the protocol with PostgreSQL. streamsql keeps an aggregate view over the table that is
// inserted into; PostgreSQL has the plain table.
func wire(r *report) error {
	both, err := sides()
	if err != nil {
		return err
	}
	for _, s := range both {
		defer s.stop()
	}
	rates := map[string][]float64{}
	var order []string
	for i, s := range both {
		if err := prepareWire(s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		note := func(what string, rate float64) {
			if i == 0 {
				order = append(order, what)
			}
			rates[what] = append(rates[what], rate)
		}
		for _, conns := range []int{1, 16} {
			if err := measureWire(s, conns, note); err != nil {
				return fmt.Errorf("%s, %d connections: %w", s.name, conns, err)
			}
		}
		rate, err := measureCopy(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		note("COPY FROM, rows", rate)
	}
	for _, what := range order {
		a, b := rates[what][0], rates[what][1]
		r.add(what, "streamsql %8.0f/s   postgres %8.0f/s   ratio %.2f", a, b, a/b)
	}
	return nil
}

func prepareWire(s side) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	ddl := []string{
		"CREATE TABLE points (id int8 PRIMARY KEY, a int8 NOT NULL, b text NOT NULL)",
		"CREATE TABLE events (id int8 PRIMARY KEY, k int8 NOT NULL, v int8 NOT NULL)",
		"CREATE TABLE loaded (id int8 PRIMARY KEY, k int8 NOT NULL, v text NOT NULL)",
	}
	if s.name == "streamsql" {
		ddl = append(ddl,
			"CREATE MATERIALIZED VIEW totals AS SELECT k, count(*) AS n, sum(v) AS total FROM events GROUP BY k",
			"CREATE MATERIALIZED VIEW loads AS SELECT k, count(*) AS n FROM loaded GROUP BY k")
	}
	for _, q := range ddl {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	var data strings.Builder
	for i := range sized(100_000) {
		fmt.Fprintf(&data, "%d\t%d\tsome text of a row\n", i, i%100)
	}
	_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader(data.String()), "COPY points FROM STDIN")
	return err
}

func measureWire(s side, conns int, note func(string, float64)) error {
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(s.dsn)
	if err != nil {
		return err
	}
	cfg.MaxConns = int32(conns)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	name := fmt.Sprintf("%d connections: ", conns)
	points := sized(100_000)
	var mu sync.Mutex
	next := int64(conns) * 1_000_000_000
	id := func() int64 { mu.Lock(); defer mu.Unlock(); next++; return next }
	run := func(what string, f func(c *pgx.Conn, i int) (int, error)) error {
		rate, err := drive(ctx, pool, conns, f)
		note(name+what, rate)
		return err
	}
	if err := run("prepared point reads", func(c *pgx.Conn, i int) (int, error) {
		var a int64
		var b string
		return 1, c.QueryRow(ctx, "SELECT a, b FROM points WHERE id = $1", i*7919%points).Scan(&a, &b)
	}); err != nil {
		return err
	}
	if err := run("simple point reads", func(c *pgx.Conn, i int) (int, error) {
		_, err := c.PgConn().Exec(ctx, fmt.Sprintf("SELECT a, b FROM points WHERE id = %d", i*7919%points)).ReadAll()
		return 1, err
	}); err != nil {
		return err
	}
	if err := run("prepared INSERTs", func(c *pgx.Conn, i int) (int, error) {
		_, err := c.Exec(ctx, "INSERT INTO events VALUES ($1, $2, $3)", id(), i%1000, i)
		return 1, err
	}); err != nil {
		return err
	}
	return run("pipelined INSERTs", func(c *pgx.Conn, i int) (int, error) {
		b := &pgx.Batch{}
		for range 100 {
			b.Queue("INSERT INTO events VALUES ($1, $2, $3)", id(), i%1000, i)
		}
		return 100, c.SendBatch(ctx, b).Close()
	})
}

// drive runs f on every connection for some seconds and returns operations per second.
func drive(ctx context.Context, pool *pgxpool.Pool, conns int, f func(c *pgx.Conn, i int) (int, error)) (float64, error) {
	d := 3 * time.Second
	if *smoke {
		d = 100 * time.Millisecond
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var total int
	var failed error
	start := time.Now()
	for w := range conns {
		wg.Go(func() {
			c, err := pool.Acquire(ctx)
			n := 0
			if err == nil {
				defer c.Release()
				for i := w * 1000; time.Since(start) < d && err == nil; i++ {
					var k int
					k, err = f(c.Conn(), i)
					n += k
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total += n
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return float64(total) / time.Since(start).Seconds(), failed
}

func measureCopy(s side) (float64, error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	n := sized(1_000_000)
	var data strings.Builder
	for i := range n {
		fmt.Fprintf(&data, "%d\t%d\tsixteen bytes...\n", i, i%1000)
	}
	start := time.Now()
	if _, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(data.String()), "COPY loaded FROM STDIN"); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(start).Seconds(), nil
}
