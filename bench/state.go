package main

import (
	"fmt"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/internal/tpch"
)

// state measures what a row of an arranged join input takes of pages, beside the size of its image: of wide rows (lineitem by l_partkey, all
// columns) and of narrow ones (three int8). The views over them are a single row.
func state(r *report) error {
	g := tpch.Generator{Scale: 0.1 / float64(*divide)}
	if *smoke {
		g.Scale = 0.01
	}
	wide := func(c *sqltest.Client) error {
		if _, err := c.Exec(tpch.Schema); err != nil {
			return err
		}
		for part := range parts(g, "lineitem") {
			if _, err := c.Exec(tpch.Copy("lineitem"), part); err != nil {
				return err
			}
		}
		return nil
	}
	rows := sized(1_000_000)
	narrow := func(c *sqltest.Client) error {
		if _, err := c.Exec("CREATE TABLE d0 (id int8 PRIMARY KEY, next int8 NOT NULL, v int8 NOT NULL); CREATE TABLE d1 (id int8 PRIMARY KEY)"); err != nil {
			return err
		}
		return loadChain(c, "d0", rows)
	}
	for _, s := range []struct {
		what, table, view string
		fill              func(*sqltest.Client) error
	}{
		{"lineitem by l_partkey", "lineitem", `SELECT sum(length(concat(l_orderkey, l_partkey, l_suppkey, l_linenumber, l_quantity, l_extendedprice, l_discount,
			l_tax, l_returnflag, l_linestatus, l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode, l_comment)))
			FROM lineitem JOIN part ON p_partkey = l_partkey`, wide},
		{"three int8 by the second", "d0", "SELECT sum(d0.id + d0.next + d0.v) FROM d0 JOIN d1 ON d1.id = d0.next", narrow},
	} {
		if err := stateOf(r, s.what, s.table, s.view, s.fill); err != nil {
			return err
		}
	}
	return nil
}

func stateOf(r *report, what, table, view string, fill func(*sqltest.Client) error) error {
	e, c, closeEngine, err := openEngine()
	if err != nil {
		return err
	}
	defer closeEngine()
	if err := fill(c); err != nil {
		return err
	}
	rows, images := imageSizes(e, table)
	before := e.Resident()
	if _, err := c.Exec("CREATE MATERIALIZED VIEW v AS " + view); err != nil {
		return err
	}
	size, taken := float64(images)/float64(rows), float64(e.Resident()-before)/float64(rows)
	r.add(fmt.Sprintf("%d rows of %s", rows, what), "image %.1f bytes, arranged %.1f, ratio %.2f", size, taken, taken/size)
	return nil
}

// imageSizes are the number of a table's rows and the bytes of their images.
func imageSizes(e *engine.Engine, table string) (rows, bytes int64) {
	sn := e.Snapshot()
	defer sn.Close()
	it := sn.Store.Iter(sn.Catalog.Lookup("public", table).(*catalog.Table).Tree)
	defer it.Close()
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		rows++
		bytes += int64(len(it.Value()))
	}
	return rows, bytes
}
