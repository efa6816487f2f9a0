package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/internal/tpch"
)

// scale is TPC-H's; -divide makes it smaller, too.
var scale = flag.Float64("scale", 0.1, "scale factor of tpch")

// pairs is how many pairs of refresh functions run.
var pairs = flag.Int("pairs", 7, "pairs of refresh functions of tpch")

// tpchBench keeps the 22 queries as views together and compares the cost of a pair of refresh functions with that of the 22 queries in
// PostgreSQL, which has the same rows, the primary keys and indexes on the foreign ones. All answers are compared after each pair.
func tpchBench(r *report) error {
	s := *scale / float64(*divide)
	if *smoke {
		s = 0.001
	}
	g := tpch.Generator{Scale: max(s, 0.01)}
	pg, err := newPostgresTPCH(g)
	if err != nil {
		return err
	}
	defer pg.stop()
	once, onceCPU, err := pg.queries()
	if err != nil {
		return err
	}
	r.add(fmt.Sprintf("PostgreSQL, the 22 queries once, scale %g", g.Scale), "%v (CPU of its processes %v)", once.Round(time.Millisecond), onceCPU)

	e, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	if err := hydrateTPCH(r, e, c, g); err != nil {
		return err
	}
	return refreshTPCH(r, c, pg, g, once, onceCPU)
}

// hydrateTPCH loads the tables and makes the views.
func hydrateTPCH(r *report, e *engine.Engine, c *sqltest.Client, g tpch.Generator) error {
	if _, err := c.Exec(tpch.Schema); err != nil {
		return err
	}
	start, cpu := time.Now(), cpuTime()
	for _, t := range tpch.Tables {
		for part := range parts(g, t) {
			if _, err := c.Exec(tpch.Copy(t), part); err != nil {
				return err
			}
		}
	}
	r.add("load without views", "%v (CPU %v), pages %d MiB", time.Since(start).Round(time.Millisecond), cpuTime()-cpu, e.Resident()>>20)
	for _, n := range []int{5, 8} {
		var l latencies
		for range 20 {
			start := time.Now()
			if _, err := c.Exec("EXPLAIN " + tpch.Definition(n)); err != nil {
				return err
			}
			l = append(l, time.Since(start))
		}
		r.add(fmt.Sprintf("planning Q%d, with parsing", n), "%v", l)
	}
	start, cpu = time.Now(), cpuTime()
	for n := 1; n <= tpch.Queries; n++ {
		one := time.Now()
		if _, err := c.Exec(tpch.Definition(n)); err != nil {
			return fmt.Errorf("query %d: %w", n, err)
		}
		if *verbose {
			r.add(fmt.Sprintf("hydration of Q%d", n), "%v, pages %d MiB", time.Since(one).Round(time.Millisecond), e.Resident()>>20)
		}
	}
	r.add("hydration of the 22 views", "%v (CPU %v), pages %d MiB", time.Since(start).Round(time.Millisecond), cpuTime()-cpu, e.Resident()>>20)
	return nil
}

func refreshTPCH(r *report, c *sqltest.Client, pg *postgresTPCH, g tpch.Generator, once, onceCPU time.Duration) error {
	if err := compareTPCH(c, pg, "loaded"); err != nil {
		return err
	}
	var wall, cpu latencies
	for n := range *pairs {
		p := g.Refresh(n)
		start, before := time.Now(), cpuTime()
		for _, f := range []struct{ sql, rows string }{{tpch.Copy("orders"), p.Orders}, {tpch.Copy("lineitem"), p.Lines}, {p.Delete, ""}} {
			if _, err := c.Exec(f.sql, f.rows); err != nil {
				return err
			}
		}
		wall, cpu = append(wall, time.Since(start)), append(cpu, cpuTime()-before)
		if err := pg.refresh(p); err != nil {
			return err
		}
		if err := compareTPCH(c, pg, fmt.Sprintf("pair %d", n+1)); err != nil {
			return err
		}
	}
	r.add("views and queries right after each pair", "22 of 22, %d pairs", len(wall))
	r.add("RF1 and RF2", "%v", wall)
	r.add("CPU of it", "%v", cpu)
	r.add("PostgreSQL's 22 queries over that, median", "%.0f (CPU %.0f)", once.Seconds()/wall.at(0.5).Seconds(), onceCPU.Seconds()/cpu.at(0.5).Seconds())
	return nil
}

// compareTPCH compares all views with PostgreSQL.
func compareTPCH(c *sqltest.Client, pg *postgresTPCH, when string) error {
	for n := 1; n <= tpch.Queries; n++ {
		want, err := pg.rows(tpch.Query(n))
		if err != nil {
			return err
		}
		got, err := c.Exec("SELECT * FROM " + tpch.View(n))
		if err != nil {
			return err
		}
		if !slices.Equal(got.Sorted(), want) {
			return fmt.Errorf("%s: view %d differs\n got %.300v\nwant %.300v", when, n, got.Sorted(), want)
		}
	}
	return nil
}

// parts are the rows of a table, some tens of thousands at a time.
func parts(g tpch.Generator, table string) func(func(string) bool) {
	return func(yield func(string) bool) {
		var b strings.Builder
		for l := range g.Rows(table) {
			b.WriteString(l)
			b.WriteByte('\n')
			if b.Len() > 8<<20 {
				if !yield(b.String()) {
					return
				}
				b.Reset()
			}
		}
		if b.Len() > 0 {
			yield(b.String())
		}
	}
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Round(time.Millisecond)
}

// postgresTPCH is a PostgreSQL with the same rows.
type postgresTPCH struct {
	server *pgtest.Server
	conn   *pgconn.PgConn
}

func newPostgresTPCH(g tpch.Generator) (*postgresTPCH, error) {
	ctx := context.Background()
	server, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		return nil, err
	}
	p := &postgresTPCH{server: server}
	conn, err := pgx.Connect(ctx, server.DSN())
	if err == nil {
		p.conn = conn.PgConn()
		_, err = p.rows(tpch.Schema)
	}
	for _, t := range tpch.Tables {
		for part := range parts(g, t) {
			if err == nil {
				_, err = p.conn.CopyFrom(ctx, strings.NewReader(part), tpch.Copy(t))
			}
		}
	}
	for _, sql := range []string{tpch.ForeignIndexes, "VACUUM ANALYZE"} {
		if err == nil {
			_, err = p.rows(sql)
		}
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *postgresTPCH) stop() { _ = p.server.Stop() } // its directory goes with the machine's temporary files

// queries runs the 22 queries twice and measures the second time.
func (p *postgresTPCH) queries() (wall, cpu time.Duration, err error) {
	for range 2 {
		start, before := time.Now(), p.cpu()
		for n := 1; n <= tpch.Queries; n++ {
			if _, err := p.rows(tpch.Query(n)); err != nil {
				return 0, 0, err
			}
		}
		wall, cpu = time.Since(start), p.cpu()-before
	}
	return wall, cpu, nil
}

func (p *postgresTPCH) refresh(r tpch.Refresh) error {
	for _, f := range []struct{ sql, rows string }{{tpch.Copy("orders"), r.Orders}, {tpch.Copy("lineitem"), r.Lines}} {
		if _, err := p.conn.CopyFrom(context.Background(), strings.NewReader(f.rows), f.sql); err != nil {
			return err
		}
	}
	_, err := p.rows(r.Delete)
	return err
}

// rows are the answer's rows in the order of their text.
func (p *postgresTPCH) rows(sql string) ([]string, error) {
	results, err := p.conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %.100s: %w", sql, err)
	}
	lines := []string{}
	for _, row := range results[0].Rows {
		values := make([]string, len(row))
		for i, v := range row {
			if values[i] = string(v); v == nil {
				values[i] = "NULL"
			}
		}
		lines = append(lines, "("+strings.Join(values, ", ")+")")
	}
	slices.Sort(lines)
	return lines, nil
}

// cpu is what the connection's process has used and, of the server's processes, the parallel workers that have ended; in ticks of 10 ms. 0
// where the system does not tell.
func (p *postgresTPCH) cpu() time.Duration {
	own := processStat(int(p.conn.PID()))
	if own == nil {
		return 0
	}
	ticks := own[11] + own[12]
	if server := processStat(own[1]); server != nil {
		ticks += server[13] + server[14]
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// processStat is what the system says of a process, from its state on; what is no number is 0. nil: nothing.
func processStat(pid int) []int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	var out []int
	for _, f := range strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) {
		n, _ := strconv.Atoi(f)
		out = append(out, n)
	}
	return out
}
