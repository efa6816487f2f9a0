package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/streamsql/streamsql/internal/sqltest"
)

// joined is how many tables join10 joins.
const joined = 10

// join10 keeps a view over a chain of ten tables, where each row meets one of the next, and measures what the change of one row costs, by the
// table that it is in: the mean over transactions of a thousand changes, and commits of one change, with their fsync.
func join10(r *report) error {
	e, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	rows := sized(1_000_000)
	for t := range joined {
		name := fmt.Sprintf("d%d", t)
		if _, err := c.Exec("CREATE TABLE " + name + " (id int8 PRIMARY KEY, next int8 NOT NULL, v int8 NOT NULL)"); err != nil {
			return err
		}
		if err := loadChain(c, name, rows); err != nil {
			return err
		}
	}
	before := e.Resident()
	start := time.Now()
	if _, err := c.Exec(chainView()); err != nil {
		return err
	}
	r.add(fmt.Sprintf("hydration, %d tables of %d rows", joined, rows), "%v, pages %d MiB and %d MiB for the view", time.Since(start).Round(time.Millisecond),
		before>>20, (e.Resident()-before)>>20)
	for _, t := range []int{0, 4, 9} {
		if err := changeChain(r, c, t, rows); err != nil {
			return err
		}
	}
	res, err := c.Exec("SELECT count(*), sum(total) = (SELECT sum(v) FROM (" + chainSums() + ") s) FROM chain")
	if err != nil {
		return err
	}
	if got, want := strings.Join(res.Rows[0], " "), fmt.Sprintf("%d t", rows); got != want {
		return fmt.Errorf("the view has %s, want %s", got, want)
	}
	return nil
}

func chainView() string {
	var from, total strings.Builder
	for t := range joined {
		if t == 0 {
			from.WriteString("d0")
			total.WriteString("d0.v")
			continue
		}
		fmt.Fprintf(&from, " JOIN d%d ON d%d.id = d%d.next", t, t, t-1)
		fmt.Fprintf(&total, " + d%d.v", t)
	}
	return "CREATE MATERIALIZED VIEW chain AS SELECT d0.id, d9.id AS last, " + total.String() + " AS total FROM " + from.String()
}

func chainSums() string {
	var parts []string
	for t := range joined {
		parts = append(parts, fmt.Sprintf("SELECT v FROM d%d", t))
	}
	return strings.Join(parts, " UNION ALL ")
}

// loadChain fills a table; next is a permutation of the ids.
func loadChain(c *sqltest.Client, name string, rows int) error {
	step := 7_368_787 % rows
	for gcd(step, rows) != 1 {
		step++
	}
	for at := 0; at < rows; at += 100_000 {
		var b strings.Builder
		for i := at; i < min(at+100_000, rows); i++ {
			fmt.Fprintf(&b, "%d\t%d\t%d\n", i, i*step%rows, i%1000)
		}
		if _, err := c.Exec("COPY "+name+" FROM STDIN", b.String()); err != nil {
			return err
		}
	}
	return nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func changeChain(r *report, c *sqltest.Client, t, rows int) error {
	const size, rounds = 1000, 10
	var wall latencies
	cpu := cpuTime()
	for round := range rounds {
		ids := make([]string, size)
		for i := range ids {
			ids[i] = fmt.Sprint((i*7919*rounds + round) % rows)
		}
		start := time.Now()
		if _, err := c.Exec(fmt.Sprintf("UPDATE d%d SET v = v + 1 WHERE id IN (%s)", t, strings.Join(ids, ","))); err != nil {
			return err
		}
		wall = append(wall, time.Since(start))
	}
	used := cpuTime() - cpu
	r.add(fmt.Sprintf("a change in table %d of %d", t+1, joined), "%.1f us (CPU %.1f us) of a thousand", wall.at(0.5).Seconds()*1e6/size, used.Seconds()*1e6/size/rounds)
	var single latencies
	for i := range 200 {
		start := time.Now()
		if _, err := c.Exec(fmt.Sprintf("UPDATE d%d SET v = v + 1 WHERE id = %d", t, i*rows/200)); err != nil {
			return err
		}
		single = append(single, time.Since(start))
	}
	r.add("  by itself, parsed, planned, committed", "%v", single)
	return nil
}
