package planner

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/rewrite"
	"github.com/streamsql/streamsql/types"
)

var seed = flag.Uint64("seed", 0, "seed of the random tests; 0: the time")

const oracleDDL = `
CREATE TABLE r (a int PRIMARY KEY, b int, c int);
CREATE TABLE s (a int, b int NOT NULL, d int);
CREATE TABLE k (id int PRIMARY KEY, n int, ref int);
CREATE INDEX s_a ON s (a);
`

// oracleQueries are about everything that rewriting does.
var oracleQueries = []string{
	`SELECT * FROM r WHERE EXISTS (SELECT 1 FROM s WHERE s.a = r.a)`,
	`SELECT * FROM r WHERE EXISTS (SELECT 1 FROM s WHERE s.a = r.b AND s.b > r.c)`,
	`SELECT * FROM r WHERE NOT EXISTS (SELECT 1 FROM s WHERE s.a = r.b)`,
	`SELECT * FROM r WHERE b IN (SELECT a FROM s)`,
	`SELECT * FROM r WHERE b NOT IN (SELECT a FROM s)`,
	`SELECT * FROM r WHERE b NOT IN (SELECT b FROM s)`,
	`SELECT * FROM r WHERE b NOT IN (SELECT d FROM s WHERE s.a = r.c)`,
	`SELECT * FROM r WHERE (b, c) IN (SELECT a, b FROM s)`,
	`SELECT * FROM r WHERE (b, c) NOT IN (SELECT a, d FROM s)`,
	`SELECT * FROM r WHERE b > ALL (SELECT d FROM s)`,
	`SELECT * FROM r WHERE b > ANY (SELECT d FROM s WHERE s.a = r.a)`,
	`SELECT * FROM r WHERE NOT (b > ALL (SELECT d FROM s))`,
	`SELECT * FROM r WHERE NOT (b > ANY (SELECT d FROM s))`,
	`SELECT a, b IN (SELECT a FROM s) FROM r`,
	`SELECT a, b IN (SELECT d FROM s WHERE s.a = r.a) FROM r`,
	`SELECT a, b NOT IN (SELECT d FROM s) FROM r`,
	`SELECT a, b < ALL (SELECT d FROM s WHERE s.a = r.c) FROM r`,
	`SELECT a, EXISTS (SELECT 1 FROM s WHERE s.a = r.b) FROM r`,
	`SELECT a, (SELECT n FROM k WHERE k.id = r.b) FROM r`,
	`SELECT a, (SELECT max(d) FROM s WHERE s.a = r.b) FROM r`,
	`SELECT a, (SELECT count(*) FROM s WHERE s.a = r.b) FROM r`,
	`SELECT a, (SELECT count(*) FROM s WHERE s.a IS NOT DISTINCT FROM r.b) FROM r`,
	`SELECT a, (SELECT count(d) FROM s WHERE s.a > r.b OR r.b IS NULL) FROM r`,
	`SELECT a, (SELECT sum(d) FROM s WHERE s.a = r.b AND s.b = r.c) FROM r`,
	`SELECT a, (SELECT count(*) FROM (SELECT DISTINCT d FROM s WHERE s.a = r.b) x) FROM r`,
	`SELECT a, (SELECT d FROM s WHERE s.a = r.b ORDER BY b, d LIMIT 1) FROM r`,
	`SELECT a, (SELECT d FROM s WHERE s.a = r.b ORDER BY d DESC LIMIT 1 OFFSET 1) FROM r`,
	`SELECT a, ARRAY(SELECT d FROM s WHERE s.a = r.b ORDER BY d DESC, b) FROM r`,
	`SELECT a FROM r WHERE b > (SELECT max(d) FROM s)`,
	`SELECT a FROM r WHERE b = (SELECT max(d) FROM s WHERE s.a = r.a AND EXISTS (SELECT 1 FROM k WHERE k.id = s.b AND k.n = r.c))`,
	`SELECT a, (SELECT count(*) FROM k WHERE k.n = (SELECT max(d) FROM s WHERE s.a = r.b AND s.b = k.id)) FROM r`,
	`SELECT r.a, t.* FROM r, LATERAL (SELECT * FROM s WHERE s.a = r.b ORDER BY d DESC, b LIMIT 2) t`,
	`SELECT r.a, t.* FROM r LEFT JOIN LATERAL (SELECT * FROM s WHERE s.a = r.b ORDER BY d LIMIT 1) t ON true`,
	`SELECT r.a, t.* FROM r LEFT JOIN LATERAL (SELECT sum(d) AS x, count(*) AS n FROM s WHERE s.a = r.b) t ON t.n > 1`,
	`SELECT r.a, t.* FROM r, LATERAL (SELECT sum(d) AS x, count(*) AS n FROM s WHERE s.a = r.b) t WHERE t.n <> 1`,
	`SELECT r.a, t.x FROM r, LATERAL (SELECT s.d AS x FROM s WHERE s.a = r.b UNION SELECT k.n FROM k WHERE k.id = r.c) t`,
	`SELECT r.a, t.x FROM r, LATERAL (SELECT s.d AS x FROM s WHERE s.a = r.b EXCEPT SELECT k.n FROM k WHERE k.ref = r.c) t`,
	`SELECT r.a, t.x FROM r, LATERAL (SELECT s.d AS x FROM s WHERE s.a = r.b INTERSECT ALL SELECT k.n FROM k) t`,
	`SELECT r.a, t.* FROM r, LATERAL (SELECT s.d, k.n FROM s LEFT JOIN k ON k.id = s.b AND k.ref = r.c WHERE s.a = r.b) t`,
	`SELECT r.a, t.* FROM r LEFT JOIN LATERAL (SELECT s.d, k.n FROM s FULL JOIN k ON k.id = s.b WHERE s.a = r.a OR k.ref = r.a) t ON true`,
	`SELECT r.a, g FROM r, LATERAL generate_series(1, r.c) g`,
	`SELECT r.a, (SELECT count(*) FROM generate_series(1, r.c) g WHERE g <> r.b) FROM r`,
	`SELECT r.a, t.x, u.y FROM r, LATERAL (SELECT r.b AS x) t, LATERAL (SELECT t.x AS y WHERE t.x > 1) u`,
	`SELECT r.a, v.x FROM r, LATERAL (VALUES (r.b), (r.c)) v (x)`,
	`SELECT b, count(*), (SELECT max(d) FROM s WHERE s.a = r.b) FROM r GROUP BY b`,
	`SELECT b, sum(c) FROM r GROUP BY b HAVING sum(c) > (SELECT min(d) FROM s WHERE s.b = r.b)`,
	`SELECT sum((SELECT max(d) FROM s WHERE s.a = r.b)) FROM r`,
	`SELECT r.a, s.d, k.n FROM r JOIN s ON s.a = r.a JOIN k ON k.id = s.b WHERE r.b < k.n`,
	`SELECT r.a, s.d, k.n FROM r JOIN s ON s.a = r.b LEFT JOIN k ON k.id = s.b AND k.n > r.c`,
	`SELECT r.a, s.d FROM r FULL JOIN s ON s.a = r.b AND s.b > 1`,
	`SELECT r.a, s.d FROM r RIGHT JOIN s ON s.a = r.a WHERE s.b > 1`,
	`SELECT * FROM r JOIN s USING (a)`,
	`SELECT * FROM r NATURAL FULL JOIN s`,
	`SELECT r.a, x.a FROM r, r x WHERE r.b = x.c AND r.a < x.a`,
	`SELECT r.a, s.b, k.id FROM r, s, k WHERE r.a = s.a AND s.a = k.id`,
	`SELECT r.a, s.b, k.id FROM r, s, k WHERE r.b = k.ref AND s.b = k.n AND r.c = 1`,
	`SELECT r.a, k.id FROM r, k`,
	`SELECT * FROM r LEFT JOIN s ON s.a = r.a WHERE s.d = 1`,
	`SELECT * FROM r LEFT JOIN s ON s.a = r.a WHERE s.d IS NULL`,
	`SELECT DISTINCT b, c FROM r`,
	`SELECT DISTINCT ON (a) a, d, b FROM s ORDER BY a, d DESC, b`,
	`SELECT a, d FROM (SELECT a, d, row_number() OVER (PARTITION BY a ORDER BY d DESC) AS n FROM s) x WHERE n <= 2`,
	`SELECT a, d, n FROM (SELECT a, d, rank() OVER (PARTITION BY a ORDER BY b) AS n FROM s) x WHERE n = 1`,
	`SELECT a, d FROM (SELECT a, d, rank() OVER (ORDER BY b) AS n FROM s) x WHERE n < 4 AND a > 1`,
	`SELECT b, count(*), sum(c), count(DISTINCT c) FROM r GROUP BY b`,
	`SELECT b + 1, max(c) FROM r GROUP BY b + 1 HAVING count(*) > 1`,
	`SELECT count(*) FILTER (WHERE c > 1), min(b) FROM r`,
	`SELECT x.b, x.n FROM (SELECT b, count(*) AS n FROM r GROUP BY b) x WHERE x.b > 1 AND x.n > 1`,
	`SELECT a FROM r UNION SELECT b FROM s`,
	`SELECT a FROM s EXCEPT ALL SELECT b FROM r`,
	`SELECT x FROM (SELECT a AS x FROM s INTERSECT SELECT b FROM r) q WHERE x > 1`,
	`WITH w AS (SELECT a, b FROM r WHERE b > 1) SELECT w.a, v.b FROM w JOIN w v ON w.a = v.b`,
	`SELECT a, CASE WHEN b <> 0 THEN (SELECT max(s.d / r.b) FROM s) END FROM r`,
	`SELECT a, CASE WHEN c = 1 THEN (SELECT d FROM s WHERE s.b = 1 AND s.a = r.a) END FROM r WHERE c <> 1`,
	`SELECT a FROM r WHERE c <> 1 AND (SELECT count(*) FROM s WHERE s.a = r.b) > 0 OR b = 2`,
	`SELECT r.a, s.d FROM r JOIN s ON s.a = r.a WHERE r.b IN (SELECT n FROM k WHERE k.ref = s.d)`,
	`SELECT a, b FROM r WHERE a IN (1, 2, 3) AND (b = 1 OR b IS NULL)`,
	`SELECT r.a, s.b FROM r LEFT JOIN s ON s.a = r.a AND s.b IN (SELECT id FROM k)`,
	`SELECT a FROM r WHERE EXISTS (SELECT 1 FROM s WHERE s.a = r.a GROUP BY s.b HAVING count(*) > 1)`,
	`SELECT a, (SELECT count(*) FROM s GROUP BY s.a HAVING s.a = r.b) FROM r`,
	`SELECT a, b, count(*), sum(d), grouping(a, b) FROM s GROUP BY ROLLUP (a, b)`,
	`SELECT r.a, x.* FROM r, LATERAL (SELECT s.b, count(*) AS n FROM s WHERE s.a = r.b GROUP BY CUBE (s.b)) x WHERE x.n > r.c`,
	`SELECT b, (SELECT count(*) FROM s WHERE s.d = sum(r.c)) FROM r GROUP BY b`,
	`SELECT r.a, s.b FROM r LEFT JOIN s ON s.a = r.b AND s.d > (SELECT count(*) FROM k WHERE k.n = r.c AND k.ref = s.b)`,
	`SELECT r.a, s.b FROM r LEFT JOIN s ON s.d IN (SELECT k.n / s.b FROM k WHERE k.ref = r.c)`,
	`SELECT r.a, s.b FROM r FULL JOIN s ON s.a = r.b AND s.d > (SELECT count(*) FROM k WHERE k.n = r.c)`,
	`SELECT a FROM r WHERE (b, c) >= (SELECT n, ref FROM k WHERE k.id = r.a)`,
	`SELECT a, (b, c) < ALL (SELECT a, d FROM s WHERE s.b = r.a) FROM r`,
}

// TestRewriteKeepsResults runs each query as bound and as planned on small random tables with NULLs, ties and empty inputs.
func TestRewriteKeepsResults(t *testing.T) {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./planner -run TestRewriteKeepsResults -seed %d", s)
	rnd := rand.New(rand.NewPCG(s, 0))
	w := newWorld()
	if err := w.define(oracleDDL); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		d := randomData(w.cat, rnd)
		for _, sql := range oracleQueries {
			compare(t, w, d, sql)
			if t.Failed() {
				return
			}
		}
	}
}

// lookupQueries are answered by a tree.
var lookupQueries = []string{
	`SELECT * FROM r WHERE a = 3`,
	`SELECT b FROM r WHERE a = 3 AND b = 1`,
	`SELECT a, b FROM r WHERE a > 1 AND a <= 4 ORDER BY a DESC`,
	`SELECT a FROM r ORDER BY a`,
	`SELECT b, d FROM s WHERE a = 2`,
	`SELECT b, d FROM s WHERE a = 2 ORDER BY a`,
	`SELECT b, d FROM s WHERE a = NULL`,
	`SELECT a, d FROM s WHERE a >= 1 AND a < 3 AND d IS NOT NULL ORDER BY a`,
	`SELECT a, d FROM s ORDER BY a DESC`,
	`SELECT a, d FROM s ORDER BY a DESC NULLS LAST`,
	`SELECT a, d FROM s WHERE a BETWEEN 1 AND 3 ORDER BY a DESC, d`,
	`SELECT n FROM k WHERE 2 < id AND n = 1`,
}

// TestLookupKeepsResults: what a Lookup reads is what the plan that it replaces computes, and in its order.
func TestLookupKeepsResults(t *testing.T) {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./planner -run TestLookupKeepsResults -seed %d", s)
	rnd := rand.New(rand.NewPCG(s, 0))
	w := newWorld()
	if err := w.define(oracleDDL); err != nil {
		t.Fatal(err)
	}
	in := &interp{ctx: &expr.Ctx{Config: types.DefaultConfig()}}
	looked := 0
	for range 50 {
		in.data = randomData(w.cat, rnd)
		for _, sql := range lookupQueries {
			q := mustPlan(t, w, sql)
			if q.Lookup == nil {
				continue
			}
			looked++
			ts := q.Root.Types()
			got := in.lookup(w.cat, q.Lookup)
			if want := in.phys(q.Root); printRows(got, ts) != printRows(want, ts) {
				t.Fatalf("%s\nlookup:\n%s\nplan:\n%s", sql, printRows(got, ts), printRows(want, ts))
			}
			if q.Lookup.Sorted && !ordered(got, ts, q.Order) {
				t.Fatalf("%s\nnot in order:\n%v", sql, got)
			}
		}
	}
	if looked < 400 {
		t.Errorf("only %d lookups", looked)
	}
}

func randomData(cat *catalog.Catalog, rnd *rand.Rand) data {
	d := data{}
	for _, o := range cat.Objects() {
		tab, ok := o.(*catalog.Table)
		if !ok {
			continue
		}
		size := rnd.IntN(9)
		for i := range size {
			var row datums
			for j, c := range tab.Columns {
				switch {
				case c.Hidden || slices.Contains(tab.PrimaryKey, j):
					row = append(row, types.NewInt(int64(i)))
				case !c.NotNull && rnd.IntN(5) == 0:
					row = append(row, types.Null)
				default:
					row = append(row, types.NewInt(int64(rnd.IntN(5))))
				}
			}
			d[tab.ID] = append(d[tab.ID], row)
		}
	}
	return d
}

func compare(t *testing.T, w *world, d data, sql string) {
	t.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	b := newBinder(w.env())
	bound, err := b.Query(stmts[0].Stmt.(*ast.Query))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	o := output(bound)
	in := &interp{data: d, meta: b.Meta, ctx: &expr.Ctx{Config: types.DefaultConfig()}}
	want, wantErr := run(func() []datums {
		return pick(in.rows(o.Node, nil), o.Node.Cols(), o.Cols)
	})
	o2 := o
	if o2.Node, err = rewrite.Rewrite(&rewrite.Ctx{Meta: b.Meta, Config: configOf(w.env()), View: true}, o.Node, o.Columns()); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, adhoc := range []bool{false, true} {
		node, err := (&physical.Builder{Catalog: w.cat, Meta: b.Meta, AdHoc: adhoc}).Build(o2.Node)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		got, gotErr := run(func() []datums { return pick(in.phys(node), positions(len(node.Types())), positions(len(o.Cols))) })
		ts := in.typesOf(o.Cols)
		if (wantErr != nil) != (gotErr != nil) {
			t.Errorf("%s\nas bound: %v\nas planned: %v", sql, wantErr, gotErr)
			return
		}
		if wantErr == nil && printRows(got, ts) != printRows(want, ts) {
			t.Errorf("%s\nas bound:\n%s\nas planned:\n%s\ndata %v\nplan:\n%s", sql, printRows(want, ts), printRows(got, ts), d, ExplainView(&physical.View{Root: node}, nil, nil))
			return
		}
	}
}
