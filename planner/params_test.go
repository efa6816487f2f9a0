package planner

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/types"
)

// paramViews are views of one parameter.
var paramViews = []string{
	`SELECT * FROM s WHERE a = $p`,
	`SELECT * FROM s WHERE a = $p ORDER BY d DESC LIMIT 2`,
	`SELECT * FROM s WHERE a = $p ORDER BY b, d LIMIT 2 OFFSET 1`,
	`SELECT b, count(*), sum(d) FROM s WHERE a = $p GROUP BY b HAVING count(*) > 1`,
	`SELECT count(*) FROM s WHERE a = $p`,
	`SELECT count(*) + 1 AS n, max(d) FROM s WHERE a = $p`,
	`SELECT n + 1 AS m FROM (SELECT count(d) AS n FROM s WHERE a = $p) x`,
	`SELECT DISTINCT d FROM s WHERE a = $p`,
	`SELECT DISTINCT ON (b) b, d FROM s WHERE a = $p ORDER BY b, d DESC`,
	`SELECT r.a, s.d FROM r JOIN s ON s.a = r.a WHERE s.b = $p`,
	`SELECT r.a, s.d FROM r LEFT JOIN s ON s.a = r.a AND s.b = $p WHERE r.b = $p`,
	`SELECT r.a, s.d FROM r LEFT JOIN s ON s.a = r.a WHERE r.b = $p AND s.d IS NULL`,
	`SELECT a FROM r WHERE b = $p UNION SELECT d FROM s WHERE a = $p`,
	`SELECT a FROM r WHERE b = $p EXCEPT SELECT d FROM s WHERE a = $p`,
	`SELECT d FROM s WHERE a = $p INTERSECT ALL SELECT a FROM r WHERE c = $p`,
	`SELECT a FROM r WHERE b IN (SELECT d FROM s WHERE a = $p)`,
	`SELECT a FROM r WHERE c = $p AND b NOT IN (SELECT d FROM s WHERE a = $p)`,
	`SELECT a FROM r WHERE c = $p AND NOT EXISTS (SELECT 1 FROM s WHERE s.a = $p AND s.d = r.b)`,
	`SELECT a, (SELECT count(*) FROM s WHERE s.a = r.a AND s.b = $p) FROM r WHERE b = $p`,
	`SELECT r.a, t.d FROM r, LATERAL (SELECT d FROM s WHERE s.a = r.a ORDER BY d LIMIT 1) t WHERE r.b = $p`,
	`SELECT r.a, t.d FROM r, LATERAL (SELECT d FROM s WHERE s.a = r.a AND s.b = $p ORDER BY d LIMIT 1) t`,
	`SELECT a, $p AS me FROM r WHERE b = $p AND c < $p`,
	`SELECT x.a, y.a AS z FROM r x FULL JOIN s y ON x.a = y.a WHERE x.b = $p`,
	`WITH w AS (SELECT a FROM r WHERE b = $p) SELECT w.a, v.a AS x FROM w, w v`,
}

// TestParameterisedViews: v(p) is the query with p put in, for present and absent values and NULL.
func TestParameterisedViews(t *testing.T) {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./planner -run TestParameterisedViews -seed %d", s)
	rnd := rand.New(rand.NewPCG(s, 0))
	for _, sql := range paramViews {
		w := newWorld()
		if err := w.define(oracleDDL); err != nil {
			t.Fatal(err)
		}
		if err := w.define("CREATE MATERIALIZED VIEW v AS " + sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		v := w.cat.Lookup("public", "v").(*catalog.View)
		plan, err := ReplanView(w.env(), v)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for range 25 {
			in := &interp{data: randomData(w.cat, rnd), ctx: &expr.Ctx{Config: types.DefaultConfig()}}
			in.data[v.ID] = in.phys(rowsOf(plan.Physical))
			for _, p := range []string{"0", "1", "2", "3", "4", "99", "NULL"} {
				want := mustPlan(t, w, strings.ReplaceAll(sql, "$p", p))
				got := mustPlan(t, w, "SELECT * FROM v("+p+")")
				a := printRows(in.result(want.Root, want.Visible, 0), want.Root.Types())
				b := printRows(in.result(got.Root, got.Visible, 1), got.Root.Types()[1:])
				if want.Limit == nil && a != b {
					t.Fatalf("%s\np = %s\nquery:\n%s\nview:\n%s\nplan:\n%s", sql, p, a, b, strings.Join(ExplainView(plan.Physical, w.cat, nil), "\n"))
				}
				if want.Limit != nil {
					a = printRows(in.limited(want), want.Root.Types())
					if a != b {
						t.Fatalf("%s\np = %s\nquery:\n%s\nview:\n%s", sql, p, a, b)
					}
				}
			}
		}
	}
}

// rowsOf is the plan of a view's rows.
func rowsOf(v *physical.View) physical.Node {
	if v.Whole != nil {
		return v.Whole
	}
	return v.Root
}
