package engine_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
)

// An index on a view whose tree holds less than its rows is complete when CREATE INDEX returns, although what feeds it begins empty; and so is one that
// came with its view.
func TestIndexOnFinishedViewIsComplete(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE u (id int PRIMARY KEY, name text); INSERT INTO u SELECT i, 'n' || i FROM generate_series(1, 100) AS i;
		CREATE TABLE t (id int PRIMARY KEY, at int); INSERT INTO t SELECT i, i % 1000 FROM generate_series(1, 150000) AS i`)
	const query = `SELECT t.id, t.at, u.name FROM t JOIN u ON u.id = t.id % 100 ORDER BY t.at DESC`
	b.do("CREATE MATERIALIZED VIEW v AS " + query)
	b.do("CREATE INDEX ON v (name)")
	b.want("SELECT count(*), max(id) FROM v WHERE name = 'n7'", "(1500, 149907)")
	b.do("BEGIN; CREATE MATERIALIZED VIEW w AS " + query + "; CREATE INDEX ON w (name); COMMIT")
	b.want("SELECT count(*), max(id) FROM w WHERE name = 'n7'", "(1500, 149907)")
	if err := b.Checkpoint(t.Context()); err != nil { // without one the views are made again, in the background
		t.Fatal(err)
	}
	b.crash()
	b.want("SELECT count(*), max(id) FROM v WHERE name = 'n7'", "(1500, 149907)")
	b.want("SELECT count(*), max(id) FROM w WHERE name = 'n7'", "(1500, 149907)")
}

// A row that failed may stand before any other in a limit: a read by more than the parameter fails, too.
func TestErrorsOfFinishedLimit(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE e (id int PRIMARY KEY, who int, at int, d int);
		CREATE MATERIALIZED VIEW v AS SELECT id, at, 10 / d AS q FROM e WHERE who = $who ORDER BY at LIMIT 1;
		INSERT INTO e VALUES (1, 1, 3, 0), (2, 1, 5, 1), (3, 2, 5, 1)`)
	for _, where := range []string{"who = 1", "who = 1 AND at = 5", "who = 1 AND id = 2", "who = 1 AND at > 4", "id + 0 = 2 AND who < 2"} {
		b.fails(sqlerr.DivisionByZero, "SELECT * FROM v WHERE "+where)
	}
	b.fails(sqlerr.DivisionByZero, "SELECT count(*) FROM v WHERE at = 5")
	b.want("SELECT * FROM v WHERE who = 2", "(2, 3, 5, 10)")
	b.do("UPDATE e SET d = 2 WHERE id = 1")
	b.want("SELECT * FROM v WHERE at = 3", "(1, 1, 3, 5)")
}

// Which of equal rows a limit takes is decided by their images, and keys that the query does not output are not part of them: the view, the query,
// the view in a transaction of its own writes, an index and a view over it agree.
func TestTiesOfFinishedLimit(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE u (id int PRIMARY KEY, name text); CREATE TABLE p (id int PRIMARY KEY, who int, at int, o int, y int);
		INSERT INTO u VALUES (1, 'a'), (2, NULL); INSERT INTO p VALUES (1, 1, 1, 9, 5), (2, 1, 1, 1, NULL), (3, 2, 1, 2, 4), (4, 2, 1, 9, 4), (5, 2, 2, 1, 7)`)
	const query = "SELECT u.name, p.y FROM p LEFT JOIN u ON u.id = p.o WHERE p.who = $who ORDER BY p.at LIMIT "
	check := func(v, limit string) {
		t.Helper()
		for _, who := range []string{"1", "2"} {
			want := b.do(strings.ReplaceAll(query, "$who", who) + limit)
			for _, from := range []string{v + "(" + who + ")", v + "_over WHERE who = " + who, v + " WHERE who = " + who + " AND y > 0 OR who = " + who} {
				b.want("SELECT name, y FROM "+from, want)
			}
		}
	}
	for v, limit := range map[string]string{"v1": "1", "v2": "1 OFFSET 1", "v3": "2 OFFSET 1"} {
		b.do("CREATE MATERIALIZED VIEW " + v + " AS " + query + limit + "; CREATE MATERIALIZED VIEW " + v + "_over AS SELECT * FROM " + v)
		check(v, limit)
		b.do("BEGIN; INSERT INTO p VALUES (77, 77, 1, 1, 1)")
		check(v, limit)
		b.do("ROLLBACK; CREATE INDEX ON " + v + " (y)")
		check(v, limit)
	}
	b.do("CREATE MATERIALIZED VIEW plain AS SELECT u.name, p.y FROM p LEFT JOIN u ON u.id = p.o WHERE p.who = 1 ORDER BY p.at")
	want := b.do("SELECT u.name, p.y FROM p LEFT JOIN u ON u.id = p.o WHERE p.who = 1 ORDER BY p.at LIMIT 1")
	b.want("SELECT name, y FROM plain ORDER BY 1 + 1 LIMIT 1", want)
	b.do("BEGIN; INSERT INTO p VALUES (77, 77, 1, 1, 1)")
	b.want("SELECT name, y FROM plain ORDER BY 1 + 1 LIMIT 1", want)
	b.do("ROLLBACK")
}

// A part of a view is read in slices, over ties: each goes on where the last one ended.
func TestSlicesOfFinishedView(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE u (id int PRIMARY KEY, name text); INSERT INTO u SELECT i, 'n' || i FROM generate_series(1, 100) AS i;
		CREATE TABLE t (id int PRIMARY KEY, at int); INSERT INTO t SELECT i, i % 2 FROM generate_series(1, 40000) AS i;
		CREATE MATERIALIZED VIEW v AS SELECT t.id, t.at, u.name FROM t LEFT JOIN u ON u.id = t.id % 200 ORDER BY t.at;
		CREATE MATERIALIZED VIEW w AS SELECT t.at, u.name FROM t LEFT JOIN u ON u.id = t.id % 200 ORDER BY t.at DESC LIMIT 10000;
		CREATE MATERIALIZED VIEW x AS SELECT t.at, u.name FROM t LEFT JOIN u ON u.id = t.id % 200 ORDER BY t.at DESC LIMIT 10001`)
	b.want("SELECT count(*), count(name), count(DISTINCT name), sum(id) FROM v WHERE at = 1", "(20000, 10000, 50, 400000000)")
	b.want("SELECT count(*), count(name), count(DISTINCT name), sum(id) FROM v", "(40000, 20000, 100, 800020000)")
	b.want("SELECT count(*) FROM v FULL JOIN (SELECT DISTINCT at FROM v) AS o ON o.at = v.at", "(40000)")
	b.want("SELECT count(*), count(name), count(DISTINCT name) FROM w WHERE at > 0", "(10000, 10000, 50)")
	b.want("SELECT count(*), count(name), count(DISTINCT name) FROM x WHERE at > 0", "(10001, 10000, 50)")
	b.want("SELECT count(*) FROM v JOIN w ON w.at = v.at WHERE v.id < 4", "(20000)")
}

// doomed panics once it is armed.
type doomed struct {
	operators.Operator
	armed *atomic.Bool
}

func (d *doomed) Finish(out operators.Out) error {
	if d.armed.Load() {
		panic("doomed")
	}
	return d.Operator.Finish(out)
}

// Where what fills a view's tree fails, what is built over the view has failed with it, before a restart as after it. Where only what feeds those
// fails, the view goes on.
func TestFailedFinishedView(t *testing.T) {
	for name, nth := range map[string]int{"core": 1, "whole": 2} {
		t.Run(name, func(t *testing.T) {
			var armed atomic.Bool
			n := 0
			wrap := func(o operators.Operator) operators.Operator {
				if o.Name() == "left join" {
					if n++; n == nth {
						return &doomed{o, &armed}
					}
				}
				return o
			}
			b := newBase(t, engine.Wrapped(engine.Options{Dir: t.TempDir()}, wrap))
			b.do(`CREATE TABLE u (id int PRIMARY KEY, name text); CREATE TABLE t (id int PRIMARY KEY, o int);
				CREATE MATERIALIZED VIEW v AS SELECT t.id, u.name FROM t LEFT JOIN u ON u.id = t.o;
				CREATE MATERIALIZED VIEW over AS SELECT name, count(*) FROM v GROUP BY name; CREATE INDEX ON v (name);
				INSERT INTO u VALUES (1, 'a'); INSERT INTO t VALUES (1, 1), (2, 1)`)
			b.want("SELECT * FROM over", "(a, 2)")
			armed.Store(true)
			b.do("INSERT INTO t VALUES (3, 2)")
			armed.Store(false)
			check := func() {
				t.Helper()
				b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM over")
				if nth == 1 {
					b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM v")
					b.fails(sqlerr.ObjectNotInPrerequisiteState, "SELECT * FROM v WHERE name = 'a'")
				} else {
					b.want("SELECT * FROM v", "(1, a) (2, a) (3, NULL)")
					b.want("SELECT * FROM v WHERE name = 'a'", "(1, a) (2, a)")
				}
			}
			check()
			b.restart()
			check()
			b.do("INSERT INTO t VALUES (4, 1); DROP MATERIALIZED VIEW v CASCADE")
			b.do("CREATE MATERIALIZED VIEW v AS SELECT t.id, u.name FROM t LEFT JOIN u ON u.id = t.o; CREATE MATERIALIZED VIEW over AS SELECT name, count(*) FROM v GROUP BY name")
			b.want("SELECT * FROM over", "(NULL, 1) (a, 3)")
		})
	}
}
