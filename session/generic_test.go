package session

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

var genericSeed = flag.Uint64("seed", 0, "seed of the random tests; 0: another each time")

const genericDDL = `
CREATE TABLE t (id int4 PRIMARY KEY, s int2, b int8 UNIQUE, n numeric, m numeric(6,2), f float8, r float4, x text, v varchar(3), c char(4), o bool,
	d date, ts timestamp, tz timestamptz, i interval, u uuid, j jsonb, a int4[]);
CREATE TABLE small (k int2, w varchar(4), PRIMARY KEY (k, w), CHECK (k <> 13));
CREATE TABLE g (id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, y int4 NOT NULL DEFAULT 5, z int8 GENERATED ALWAYS AS (y * 2) STORED);
CREATE INDEX t_x ON t (x, d);
CREATE MATERIALIZED VIEW totals AS SELECT s, count(*) AS n, sum(b) AS b FROM t GROUP BY s;
CREATE MATERIALIZED VIEW per AS SELECT x, count(*) AS n, max(d) AS d FROM t WHERE s = $s GROUP BY x ORDER BY x LIMIT 5;
CREATE VIEW plain AS SELECT id, n * 2 AS n2, x FROM t WHERE s > 1;
INSERT INTO t SELECT k, k % 7, k * 1000, k / 4.0, k, k / 8.0, k / 2.0, 'x' || k % 5, 'v' || k % 3, 'c' || k % 3, k % 2 = 0, date '2024-01-01' + k, timestamp '2024-01-01' + k * interval '1 hour',
	timestamptz '2024-01-01' + k * interval '1 day', k * interval '1 minute', null, jsonb_build_object('k', k), ARRAY[k, 5] FROM generate_series(1, 40) k;
INSERT INTO small VALUES (1, 'a'), (2, 'b');
`

// genericStatements are shapes; ? is a literal of any kind, # a number, ~ a small whole number.
var genericStatements = []string{
	"SELECT * FROM t WHERE id = ?", "SELECT id FROM t WHERE s = ? ORDER BY id", "SELECT id, b FROM t WHERE b = ?", "SELECT id FROM t WHERE n = ? ORDER BY 1",
	"SELECT id FROM t WHERE m < ? ORDER BY 1", "SELECT id FROM t WHERE f >= ? AND r < ? ORDER BY 1", "SELECT id FROM t WHERE x = ? ORDER BY id",
	"SELECT id FROM t WHERE v = ? OR c = ? ORDER BY id", "SELECT id FROM t WHERE o = ? ORDER BY id", "SELECT id FROM t WHERE d > ? ORDER BY id LIMIT ~",
	"SELECT id FROM t WHERE ts BETWEEN ? AND ? ORDER BY id", "SELECT id FROM t WHERE tz <> ? ORDER BY id", "SELECT id FROM t WHERE i = ? ORDER BY id",
	"SELECT id FROM t WHERE u = ?", "SELECT id FROM t WHERE j = ?", "SELECT id FROM t WHERE a = ? ORDER BY id", "SELECT id FROM t WHERE id IN (?, ?, ?) ORDER BY id",
	"SELECT id FROM t WHERE x NOT IN (?, ?) ORDER BY id", "SELECT id FROM t WHERE x LIKE ? ORDER BY id", "SELECT id FROM t WHERE id + ? > # ORDER BY id",
	"SELECT id FROM t WHERE # / s = ~ ORDER BY id", "SELECT id, ~ FROM t WHERE id % # = ~ ORDER BY 2, 1", "SELECT id FROM t WHERE d - ? > ~ ORDER BY 1",
	"SELECT id FROM t WHERE ts + ? < ? ORDER BY 1", "SELECT id FROM t WHERE d = ?::date ORDER BY 1", "SELECT id FROM t WHERE id = ?::int8",
	"SELECT id FROM t WHERE x = ?::varchar(2) ORDER BY 1", "SELECT id FROM t WHERE (s, id) < (~, ~) ORDER BY 1", "SELECT id FROM t WHERE NOT (s = ~ AND x < ?) ORDER BY 1",
	"SELECT s, count(*) FROM t WHERE id > # GROUP BY s HAVING count(*) > ~ ORDER BY 1", "SELECT * FROM totals WHERE s = ?", "SELECT n FROM totals WHERE s = ? AND b > #",
	"SELECT * FROM per WHERE s = ?", "SELECT * FROM per(~) WHERE n > ~", "SELECT * FROM plain WHERE n2 > # ORDER BY id",
	"SELECT t.id FROM t JOIN totals z ON z.s = t.s AND z.n > # WHERE t.id < # ORDER BY 1", "SELECT t.id FROM t LEFT JOIN small ON small.k = t.s AND small.w = ? WHERE small.k IS NULL ORDER BY 1",
	"SELECT id FROM t WHERE EXISTS (SELECT 1 FROM small WHERE k = t.s AND k > ~) ORDER BY 1", "SELECT id FROM t WHERE s = (SELECT max(k) FROM small WHERE k < #) ORDER BY 1",
	"WITH q AS (SELECT id, s FROM t WHERE s = ~) SELECT * FROM q WHERE id > # ORDER BY 1", "SELECT id FROM t WHERE id = ~ UNION ALL SELECT k FROM small WHERE k = ~ ORDER BY 1",
	"SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY s ORDER BY id) AS rn FROM t) q WHERE rn <= ~ ORDER BY 1",
	"SELECT x, (SELECT count(*) FROM small WHERE k = t.id + ~) FROM t WHERE id < # GROUP BY x, t.id + ~ ORDER BY 1, 2", "SELECT id FROM t WHERE s IS DISTINCT FROM ? ORDER BY 1",
	"SELECT id FROM t WHERE lower(x) = ? ORDER BY 1", "SELECT id FROM t WHERE j ->> 'k' = ? ORDER BY 1", "SELECT id FROM t WHERE 1 / (s - ~) > # ORDER BY 1",
	"SELECT ? , ~ + ~", "SELECT id FROM nowhere WHERE a = ?", "SELECT id FROM t WHERE nothing = ?", "SELECT id FROM t WHERE id = ? FOR nothing",
	"INSERT INTO small VALUES (?, ?)", "INSERT INTO small (w, k) VALUES (?, ~), (?, #) RETURNING *", "INSERT INTO small VALUES (~, ?) ON CONFLICT (k, w) DO UPDATE SET k = small.k + ~ WHERE small.k < # RETURNING k",
	"INSERT INTO small VALUES (~, ?) ON CONFLICT DO NOTHING", "INSERT INTO g (y) VALUES (?) RETURNING y, z", "INSERT INTO g VALUES (~, #)", "INSERT INTO g VALUES (~, #) RETURNING id",
	"INSERT INTO t (id, s, m, v, c, d, a) VALUES (~, #, #, ?, ?, ?, ?)", "INSERT INTO t (id, tz, i, o, u, j) VALUES (#, ?, ?, ?, ?, ?) RETURNING tz, i, o, u, j",
	"UPDATE t SET s = s + ~ WHERE id = ?", "UPDATE t SET x = ?, m = ? WHERE id = ~ RETURNING x, m", "UPDATE t SET v = ? WHERE s = ~ AND id < # RETURNING id", "UPDATE t SET id = id + # WHERE id = ~",
	"UPDATE t SET b = ~ FROM small WHERE small.k = t.s AND small.w = ? RETURNING t.id", "DELETE FROM small WHERE k = ? AND w = ?", "DELETE FROM t WHERE id > # AND s = ? RETURNING id",
	"DELETE FROM t USING small WHERE small.k = t.s AND t.id = ~", "BEGIN", "COMMIT", "ROLLBACK", "SET timezone = 'UTC'", "SET timezone = 'Asia/Tokyo'", "SET datestyle = 'german'",
	"CREATE INDEX t_s ON t (s, id)", "DROP INDEX t_s", "DROP TABLE late", "CREATE TABLE late (a int2, b text)", "CREATE TABLE late (a numeric, c int4)", "INSERT INTO late VALUES (~, ?) RETURNING *",
	"SELECT * FROM late WHERE a = ?",
}

var (
	someNumbers = strings.Fields("0 1 2 3 5 7 13 17 -1 -3 40 300 1.5 -2.25 .5 1e2 0.1 32768 40000 99999 3000000000 5000000000 -2147483648 9223372036854775808 123456789012345678901 1_0 007")
	someStrings = strings.Split("5|-7| 3 |x1|x2|v1|c1|c1  |abcdef|abc   ||t|off|2024-01-05|2024-02-30|01.02.2024|2024-01-05 10:00|2024-01-07 00:00+00|infinity|1 day|01:30|P1D|"+
		"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|{}|{1,5}|{\"k\": 3}|[|NaN|1.50|1e400|99999999999|x%|%\\|it''s|ä|null", "|")
)

func fillIn(r *rand.Rand, shape string) string {
	var b strings.Builder
	for _, c := range shape {
		switch {
		case c == '~':
			fmt.Fprint(&b, r.IntN(8))
		case c == '#', c == '?' && r.IntN(2) == 0:
			b.WriteString(someNumbers[r.IntN(len(someNumbers))])
		case c == '?':
			b.WriteString("'" + someStrings[r.IntN(len(someStrings))] + "'")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// told is a result.Writer that keeps what a statement says, as text.
type told struct {
	result.Writer
	config func() *types.Config
	b      strings.Builder
}

func (w *told) Columns(cols []result.Column) error { fmt.Fprintln(&w.b, cols); return nil }
func (w *told) Complete(tag string) error          { fmt.Fprintln(&w.b, tag); return nil }
func (w *told) Notice(n *sqlerr.Error) error {
	fmt.Fprintln(&w.b, "notice", n.Code, n.Message)
	return nil
}
func (w *told) Parameter(string, string) error { return nil }
func (w *told) Rows(b *batch.Batch) error {
	for i := range b.Len() {
		for _, c := range b.Cols {
			if c.IsNull(i) {
				w.b.WriteString("null|")
			} else {
				fmt.Fprintf(&w.b, "%s|", types.AppendText(nil, w.config(), c.Type, c.Datum(i)))
			}
		}
		fmt.Fprintln(&w.b, b.W[i])
	}
	return nil
}

// say is all that a client hears of a text.
func say(s *Session, sql string) string {
	w := &told{config: s.Config}
	if err := s.Query(context.Background(), sql, w); err != nil {
		e := sqlerr.From(err)
		fmt.Fprintf(&w.b, "%s at %d: %s (%s; %s) %s %s %s", e.Code, e.Position, e.Message, e.Detail, e.Hint, e.Table, e.Column, e.Constraint)
	}
	return w.b.String() + string(s.Status())
}

// ask is say by the extended protocol.
func ask(s *Session, sql string) string {
	ctx := context.Background()
	w := &told{config: s.Config}
	run := func() error {
		if err := s.Prepare(ctx, "", sql, nil); err != nil {
			return err
		}
		st, err := s.DescribeStatement(ctx, "")
		if err != nil {
			return err
		}
		fmt.Fprintln(&w.b, st.Params, st.Columns)
		if err := s.Bind(ctx, "", "", nil); err != nil {
			return err
		}
		_, err = s.Execute(ctx, "", 0, true, w)
		return err
	}
	err := run()
	if serr := s.Sync(ctx, err != nil); err == nil {
		err = serr
	}
	if err != nil {
		e := sqlerr.From(err)
		fmt.Fprintf(&w.b, "%s at %d: %s (%s; %s) %s %s %s", e.Code, e.Position, e.Message, e.Detail, e.Hint, e.Table, e.Column, e.Constraint)
	}
	return w.b.String() + string(s.Status())
}

func newSession(t *testing.T, ddl string) *Session {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(e).Open(context.Background(), map[string]string{"user": "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if out := say(s, ddl); !strings.HasSuffix(out, "\nI") {
		t.Fatal(out)
	}
	return s
}

// TestGenericPlans runs statements that differ in literals in two databases: one shares plans among them, one plans each. Nobody can tell them
// apart, by results, types, or errors and their positions.
func TestGenericPlans(t *testing.T) {
	seed := *genericSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./session -run TestGenericPlans -seed %d", seed)
	t.Run("simple", func(t *testing.T) { genericPlans(t, seed, say) })
	t.Run("extended", func(t *testing.T) { genericPlans(t, seed, ask) })
}

func genericPlans(t *testing.T, seed uint64, say func(*Session, string) string) {
	r := rand.New(rand.NewPCG(seed, 0))
	shared, each := newSession(t, genericDDL), newSession(t, genericDDL)
	const uncached = 8 << 10 // a longer text is not remembered
	used := map[*genericPlan]bool{}
	shape := ""
	for step := range 5000 {
		if step == 0 || r.IntN(6) == 0 {
			shape = genericStatements[r.IntN(len(genericStatements))]
		}
		sql := fillIn(r, shape)
		got, want := say(shared, sql), say(each, sql+strings.Repeat(" ", uncached))
		if got != want {
			t.Fatalf("step %d: %s\n got %s\nwant %s", step, sql, got, want)
		}
		for _, list := range shared.plans.generic {
			for _, g := range list {
				if g.plan != nil && !g.unfit {
					used[g] = true
				}
			}
		}
	}
	if len(used) < 60 {
		t.Errorf("%d generic plans were used", len(used))
	}
}
