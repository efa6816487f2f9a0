package enginetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// recursiveViews are over edges that may go round, and over links that do not.
var recursiveViews = map[string]string{
	"reach": `WITH RECURSIVE r AS (SELECT a, b FROM edge UNION SELECT r.a, e.b FROM r JOIN edge e ON e.a = r.b) SELECT * FROM r`,
	"from1": `WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT e.b FROM r, edge e WHERE e.a = r.n) SELECT n FROM r`,
	"roots": `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM edge e JOIN r ON e.a = r.n AND e.b > r.n - 5) SELECT n FROM r`,
	"named": `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM r JOIN edge e ON e.a = r.n) SELECT r.n, count(e.b), sum(e.b) FROM r LEFT JOIN edge e ON e.a = r.n GROUP BY r.n`,
	"allowed": `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM r JOIN edge e ON e.a = r.n
		WHERE NOT EXISTS (SELECT 1 FROM shut s WHERE s.n = e.b) AND e.b NOT IN (SELECT n FROM shut WHERE n < 3)) SELECT n FROM r`,
	"two": `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM r JOIN edge e ON e.a = r.n),
		back(n) AS (SELECT n FROM r WHERE n > 8 UNION SELECT e.a FROM back JOIN edge e ON e.b = back.n JOIN r ON r.n = e.a) SELECT n FROM back`,
	"outside": `SELECT n FROM root WHERE n NOT IN (WITH RECURSIVE r(n) AS (SELECT 2 UNION SELECT e.b FROM r JOIN edge e ON e.a = r.n) SELECT n FROM r)`,
	"numbers": `WITH RECURSIVE r(n) AS (SELECT w FROM edge WHERE a = 1 UNION SELECT e.w FROM r JOIN edge e ON e.a::numeric = r.n) SELECT n FROM r`,
	"pairs":   `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT x.b FROM r, LATERAL (SELECT b FROM edge e WHERE e.a = r.n ORDER BY b DESC LIMIT 2) AS x) SELECT n FROM r`,
	"best":    `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT (SELECT max(b) FROM edge e WHERE e.a = r.n) FROM r) SELECT n FROM r`,
	"ranked":  `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM (SELECT n, row_number() OVER (ORDER BY n) AS k FROM r) AS q JOIN edge e ON e.a = q.n WHERE k <= 2) SELECT n FROM r`,
	"top":     `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT e.b FROM (SELECT n FROM r ORDER BY n LIMIT 2) AS q JOIN edge e ON e.a = q.n) SELECT n FROM r`,
	"paths":   `WITH RECURSIVE r AS (SELECT a, b, 1 AS steps FROM link UNION ALL SELECT r.a, l.b, steps + 1 FROM r JOIN link l ON l.a = r.b) SELECT a, b, steps, count(*) FROM r GROUP BY a, b, steps`,
	"parts":   `WITH RECURSIVE r(part, n) AS (SELECT n, 1::numeric FROM root UNION ALL SELECT l.b, r.n * l.n FROM r JOIN link l ON l.a = r.part) SELECT part, sum(n) FROM r GROUP BY part`,
	"padded":  `WITH RECURSIVE r(n, k) AS (SELECT n, 0 FROM root UNION ALL SELECT l.b, k + 1 FROM r LEFT JOIN link l ON l.a = r.n WHERE k < 4) SELECT n, k FROM r`,
	"each":    `WITH RECURSIVE r(n, k) AS (SELECT n, 0 FROM root UNION ALL SELECT DISTINCT l.b, k + 1 FROM r JOIN link l ON l.a = r.n) SELECT n, k FROM r`,
	"path":    `WITH RECURSIVE r(n, path) AS (SELECT n, n::text FROM root UNION SELECT l.b, path || '/' || l.b FROM r JOIN link l ON l.a = r.n) SELECT n, path FROM r`,
	"counts":  `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 7) SELECT r.n, e.b FROM r JOIN edge e ON e.a = r.n`,
	"failing": `WITH RECURSIVE r(n) AS (SELECT n FROM root UNION SELECT 12 / (e.b - 7) FROM r JOIN edge e ON e.a = r.n) SELECT n FROM r`,
}

// Views of recursive queries are what their queries give, under changes that close circles and open them, also those made late, and after a crash.
func TestRecursiveViews(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	d := open(t)
	c := d.session()
	c.do(`CREATE TABLE edge (id int PRIMARY KEY, a int, b int, w numeric); CREATE TABLE link (a int, b int, n int);
		CREATE TABLE root (n int); CREATE TABLE shut (n int)`)
	names := slices.Sorted(maps.Keys(recursiveViews))
	made := names[:0:0]
	for i, name := range names {
		if i%2 == 0 {
			c.do("CREATE MATERIALIZED VIEW " + name + " AS " + recursiveViews[name])
			made = append(made, name)
		}
	}
	for round := range 60 {
		c.do("BEGIN")
		for range 1 + rng.IntN(4) {
			c.do(randomEdges(rng))
		}
		if name := made[rng.IntN(len(made))]; name != "failing" { // a transaction sees its own changes, and an error ends it
			c.answersAlike(name)
		}
		c.do("COMMIT")
		if round == 20 {
			for i, name := range names {
				if i%2 == 1 {
					c.do("CREATE MATERIALIZED VIEW " + name + " AS " + recursiveViews[name])
					made = append(made, name)
				}
			}
		}
		if round%25 == 24 {
			d.crash()
			c = d.session()
		}
		for _, name := range made {
			c.answersAlike(name)
		}
	}
}

// answersAlike checks that a recursive view has what its query gives, also where that is an error.
func (c *client) answersAlike(view string) {
	c.t.Helper()
	if got, want := c.answer("SELECT * FROM "+view), c.answer(recursiveViews[view]); got != want {
		c.t.Fatalf("view %s\n has %.1000s\nwant %.1000s", view, got, want)
	}
}

// answer is the result of a query as one line, or the code of its error.
func (c *client) answer(sql string) string {
	r, err := c.Exec(sql)
	if err != nil {
		return string(sqlerr.CodeOf(err))
	}
	return lines(r)
}

// randomEdges is a change of few nodes' edges, links and roots.
func randomEdges(rng *rand.Rand) string {
	id, a, b := rng.IntN(40), 1+rng.IntN(12), 1+rng.IntN(12)
	lo, hi := min(a, b), max(a, b)+1
	w := []string{"2", "2.0", "3.00", "4", "4.0", "1"}[rng.IntN(6)]
	return []string{
		fmt.Sprintf("INSERT INTO edge VALUES (%d, %d, %d, %s) ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b", id, a, b, w),
		fmt.Sprintf("INSERT INTO edge VALUES (%d, %d, %d, %s) ON CONFLICT (id) DO UPDATE SET b = excluded.b, w = excluded.w", id, a, b, w),
		fmt.Sprintf("DELETE FROM edge WHERE id BETWEEN %d AND %d", id, id+2),
		fmt.Sprintf("UPDATE edge SET b = %d WHERE a = %d", b, a),
		fmt.Sprintf("INSERT INTO link VALUES (%d, %d, %d)", lo, hi, 1+rng.IntN(3)),
		fmt.Sprintf("DELETE FROM link WHERE a = %d", lo),
		fmt.Sprintf("UPDATE link SET b = %d WHERE a = %d", hi, lo),
		fmt.Sprintf("INSERT INTO root VALUES (%d)", a),
		fmt.Sprintf("DELETE FROM root WHERE n = %d", a),
		fmt.Sprintf("INSERT INTO shut VALUES (%d)", a),
		fmt.Sprintf("DELETE FROM shut WHERE n = %d", a),
	}[rng.IntN(11)]
}

// A circle is the end of a view of UNION ALL, whose query has no end then, and of no other one.
func TestRecursiveViewWithoutEnd(t *testing.T) {
	const paths = "CREATE MATERIALIZED VIEW paths AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT l.b FROM r JOIN link l ON l.a = r.n) SELECT n FROM r"
	c := open(t).session()
	c.do(`CREATE TABLE link (a int, b int); INSERT INTO link VALUES (1, 2), (1, 2), (2, 3);
		CREATE MATERIALIZED VIEW reached AS WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT l.b FROM r JOIN link l ON l.a = r.n) SELECT n FROM r`)
	c.do(paths)
	c.want("SELECT n FROM paths", "1, 2, 2, 3, 3")
	c.do("INSERT INTO link VALUES (3, 1)")
	c.want("SELECT n FROM reached", "1, 2, 3")
	const detail, hint = `recursive query "r" has too many rows`, "Where rows go round in a circle, UNION ALL has no end; UNION has."
	check := func(code sqlerr.Code, sql string) {
		if err := c.fails(code, sql); err.Detail != detail || err.Hint != hint {
			t.Errorf("%s: %v, detail %q, hint %q", sql, err, err.Detail, err.Hint)
		}
	}
	check(sqlerr.ObjectNotInPrerequisiteState, "SELECT n FROM paths")
	c.do("DROP MATERIALIZED VIEW paths")
	check(sqlerr.ProgramLimitExceeded, paths)
	c.do("DELETE FROM link WHERE a = 1")
	c.want("SELECT n FROM reached", "1")
	c.do(paths)
	c.want("SELECT n FROM paths", "1")
}
