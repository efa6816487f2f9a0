package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// recursive keeps views of what a node reaches, of a tree and of a graph of three edges a node, and measures what a changed edge costs beside the
// query run anew: the commits of an edge that moves and moves back, without waiting for the log.
func recursive(r *report) error {
	nodes := sized(100_000)
	for _, degree := range []int{1, 3} {
		if err := reachable(r, nodes, degree); err != nil {
			return err
		}
	}
	return nil
}

func reachable(r *report, nodes, degree int) error {
	_, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	rng := rand.New(rand.NewPCG(1, 1))
	// Edge i leads to node i, the first one of each from a node before it: all are reached.
	var edges strings.Builder
	for i := range nodes * degree {
		from := rng.IntN(nodes)
		if i < nodes {
			from = rng.IntN(max(i, 1))
		}
		fmt.Fprintf(&edges, "%d\t%d\t%d\n", i, from, i%nodes)
	}
	if _, err := c.Exec("SET synchronous_commit = off; CREATE TABLE edge (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL); COPY edge FROM STDIN", edges.String()); err != nil {
		return err
	}
	const query = "WITH RECURSIVE r(n) AS (SELECT 0 UNION SELECT e.b FROM r JOIN edge e ON e.a = r.n) SELECT n FROM r"
	start := time.Now()
	if _, err := c.Exec("CREATE MATERIALIZED VIEW reached AS " + query); err != nil {
		return err
	}
	made := time.Since(start)
	start = time.Now()
	res, err := c.Exec("SELECT count(*) FROM (" + query + ") AS q")
	if err != nil {
		return err
	}
	anew := time.Since(start)
	var wall latencies
	for range 1000 {
		i := rng.IntN(nodes*degree-1) + 1
		for _, sql := range []string{"UPDATE edge SET a = a + %d WHERE id = %d", "UPDATE edge SET a = a - %d WHERE id = %d"} {
			start := time.Now()
			if _, err := c.Exec(fmt.Sprintf(sql, nodes, i)); err != nil {
				return err
			}
			wall = append(wall, time.Since(start))
		}
	}
	is, err := c.Exec("SELECT count(*) FROM reached")
	if err != nil {
		return err
	}
	if got, want := is.Rows[0][0], res.Rows[0][0]; got != want {
		return fmt.Errorf("the view has %s nodes, want %s", got, want)
	}
	r.add(fmt.Sprintf("%d nodes, %d edges", nodes, nodes*degree), "view made in %v, query %v, %s reached", made.Round(time.Millisecond), anew.Round(time.Millisecond), res.Rows[0][0])
	r.add("  an edge goes, or comes back", "%v, mean %v, 1/%d of the query", wall, wall.mean().Round(time.Microsecond), anew/wall.mean())
	return nil
}
