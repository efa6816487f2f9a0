package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/engine"
)

// traceViews use each operator.
var traceViews = []string{
	`SELECT t.id, u.s FROM t JOIN u ON u.t = t.id`,
	`SELECT t.id, u.s FROM t LEFT JOIN u ON u.t = t.g AND u.id > t.id`,
	`SELECT t.id, u.id AS uid FROM t FULL JOIN u ON u.t = t.g`,
	`SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t = t.g) AND g NOT IN (SELECT t FROM u WHERE t IS NOT NULL)`,
	`SELECT g, count(*), count(DISTINCT s) AS strings, sum(x), avg(n), min(s), max(x), bool_or(g > 2), stddev(x), var_pop(n) FROM t GROUP BY g`,
	`SELECT g, array_agg(id ORDER BY x DESC), string_agg(s, ',' ORDER BY id), jsonb_agg(n ORDER BY id), jsonb_object_agg(id, s ORDER BY id) FROM t GROUP BY g`,
	`SELECT g, percentile_cont(0.3) WITHIN GROUP (ORDER BY x), percentile_disc(0.7) WITHIN GROUP (ORDER BY n), mode() WITHIN GROUP (ORDER BY s) FROM t GROUP BY g`,
	`SELECT g, s, count(*) FROM t GROUP BY CUBE (g, s)`,
	`SELECT sum(x) AS x, sum(n) AS n FROM t`,
	`SELECT DISTINCT n, x FROM t`,
	`SELECT DISTINCT ON (g) g, id, s FROM t ORDER BY g, x DESC, id`,
	`SELECT id, x FROM t ORDER BY x DESC LIMIT 3`,
	`SELECT g, id FROM (SELECT g, id, row_number() OVER (PARTITION BY g ORDER BY x) AS k FROM t) AS q WHERE k <= 2`,
	`SELECT t.*, u.s AS us FROM t JOIN u ON u.t = t.g WHERE t.g = $g ORDER BY t.x LIMIT 2`,
	`SELECT s FROM t INTERSECT ALL SELECT s FROM u`,
	`SELECT s FROM t EXCEPT SELECT s FROM u`,
	`SELECT s FROM t UNION SELECT s FROM u`,
	`SELECT t.id, (SELECT max(s) FROM u WHERE u.t = t.g) AS m, ARRAY(SELECT u.id FROM u WHERE u.t = t.id ORDER BY 1) AS ids FROM t`,
	`SELECT w, count(*) FROM t, regexp_split_to_table(s, '') AS w GROUP BY w`,
	`SELECT id, 10 / g AS quotient FROM t`,
	`SELECT a.id, b.id AS other FROM t a JOIN t b ON a.g = b.g AND a.id < b.id`,
	`SELECT id FROM t WHERE x > (SELECT avg(x) FROM t)`,
	`SELECT a.id, b.id AS other, c.n FROM t a JOIN t b ON b.id = a.g JOIN t c ON c.g = b.id AND c.x > a.x`,
	`SELECT a.id, b.s, c.s AS more FROM t a JOIN u b ON b.t = a.id JOIN u c ON c.id = b.t`,
	`WITH RECURSIVE r(n) AS (SELECT id FROM t WHERE g = 1 UNION SELECT u.id FROM r JOIN u ON u.t = r.n) SELECT r.n, t.s FROM r LEFT JOIN t ON t.id = r.n`,
	`WITH RECURSIVE r(n, s) AS (SELECT id, n FROM t UNION SELECT u.t, r.s FROM r JOIN u ON u.id = r.n WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = u.t)) SELECT * FROM r`,
	`WITH RECURSIVE r(n, k) AS (SELECT id, 0 FROM t UNION ALL SELECT u.id, k + 1 FROM r JOIN u ON u.t = r.n AND u.id > r.n) SELECT n, count(*), sum(10 / k) FROM r GROUP BY n`,
}

// A change and its inverse leave no trace: not in answers, not in what operators hold, to the byte.
func TestNoTrace(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE t (id int PRIMARY KEY, g int, x float8, n numeric, s text); CREATE TABLE u (id int PRIMARY KEY, t int, s text)`)
	for i, v := range traceViews {
		b.do(fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS %s", i, v))
	}
	for range 10 {
		b.do(randomRows(rng))
	}
	for round := range 6 {
		before, rows, answers := b.contents(), b.tables(), b.answers()
		for range 1 + rng.IntN(5) {
			b.do(randomRows(rng))
		}
		if round == 3 {
			b.crash()
		}
		b.restore(rng, rows)
		if is := b.answers(); !slices.Equal(is, answers) {
			t.Errorf("seed %d, round %d\nbefore %v\nafter  %v", seed, round, answers, is)
		}
		after := b.contents()
		for _, key := range slices.Sorted(maps.Keys(before)) {
			if before[key] != after[key] {
				t.Errorf("seed %d, round %d: %s\nbefore %s\nafter  %s", seed, round, key, before[key], after[key])
			}
		}
		if len(after) != len(before) {
			t.Errorf("seed %d, round %d: %d structures before, %d after", seed, round, len(before), len(after))
		}
	}
	b.do("DELETE FROM t; DELETE FROM u")
	empty := b.contents()
	for key, c := range empty {
		if !strings.HasPrefix(c, "0 entries") && !slices.Contains(scalarState, strings.SplitN(c, ",", 2)[0]) {
			t.Errorf("seed %d: of nothing is left %s: %s", seed, key, c)
		}
	}
}

// scalarState is what may be left over empty tables: an aggregate without groups has a row, a read one its cursor.
var scalarState = []string{"1 entries"}

func (b *base) contents() map[string]string {
	b.t.Helper()
	all, err := b.Contents()
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// answers are what the views say, or the error.
func (b *base) answers() (out []string) {
	b.t.Helper()
	for i := range traceViews {
		r, err := b.client.Exec(fmt.Sprintf("SELECT * FROM v%d", i))
		out = append(out, fmt.Sprint(r.Sorted(), err))
	}
	return out
}

// randomRows is a change of the tables. Values have many representations: floats that do not add up, numerics of several scales.
func randomRows(rng *rand.Rand) string {
	id, g := rng.IntN(30), rng.IntN(5)
	x := []string{"0.1", "1e300", "-1e300", "1e-300", "'NaN'", "'-0'", "0", "NULL", "3"}[rng.IntN(9)]
	n := []string{"1", "1.0", "1.00", "-0.5", "NULL", "12345678901234567890.123"}[rng.IntN(6)]
	s := []string{"'a'", "'ab'", "''", "NULL", "'ba'"}[rng.IntN(5)]
	return []string{
		fmt.Sprintf("INSERT INTO t SELECT i, %d, %s, %s, %s FROM generate_series(%d, %d) AS i ON CONFLICT DO NOTHING", g, x, n, s, id, id+rng.IntN(6)),
		fmt.Sprintf("INSERT INTO u SELECT i, %d, %s FROM generate_series(%d, %d) AS i ON CONFLICT DO NOTHING", g, s, id, id+rng.IntN(6)),
		fmt.Sprintf("UPDATE t SET g = %d, x = %s, n = %s WHERE id %% 5 = %d", g, x, n, id%5),
		fmt.Sprintf("UPDATE u SET t = %d, s = %s WHERE id %% 5 = %d", id, s, g),
		fmt.Sprintf("DELETE FROM t WHERE id < %d", id),
		fmt.Sprintf("DELETE FROM u WHERE id > %d", id),
	}[rng.IntN(6)]
}

// tables are the rows of the tables as literals, by table.
func (b *base) tables() map[string][]string {
	b.t.Helper()
	out := map[string][]string{}
	for _, table := range []string{"t", "u"} {
		r, err := b.client.Exec("SELECT * FROM " + table)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, row := range r.Rows {
			for i, v := range row {
				if v != "NULL" {
					row[i] = "'" + v + "'"
				}
			}
			out[table] = append(out[table], "("+strings.Join(row, ", ")+")")
		}
	}
	return out
}

// restore makes the rows of the tables what they were: what is not as it was is deleted and what is missing inserted, in random order.
func (b *base) restore(rng *rand.Rand, was map[string][]string) {
	b.t.Helper()
	is := b.tables()
	var deletes, inserts []string
	for table, rows := range is {
		for _, row := range rows {
			if !slices.Contains(was[table], row) {
				deletes = append(deletes, fmt.Sprintf("DELETE FROM %s WHERE id = %s", table, row[1:strings.Index(row, ",")]))
			}
		}
	}
	for table, rows := range was {
		for _, row := range rows {
			if !slices.Contains(is[table], row) {
				inserts = append(inserts, fmt.Sprintf("INSERT INTO %s VALUES %s", table, row))
			}
		}
	}
	for _, list := range [][]string{deletes, inserts} {
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for len(list) > 0 {
			n := 1 + rng.IntN(len(list))
			b.do("BEGIN; " + strings.Join(list[:n], "; ") + "; COMMIT")
			list = list[n:]
		}
	}
}
