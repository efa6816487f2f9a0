package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/engine"
)

// finishedViews are views whose trees hold less than their rows: the view, and the same as a query, of one user for those with a parameter.
var finishedViews = []struct{ name, query string }{
	{"timeline", `SELECT t.*, u.* FROM t JOIN u ON u.id = t.owner JOIN f ON f.b = u.id WHERE f.a = $who ORDER BY t.at DESC LIMIT 3`},
	{"page", `SELECT u.name, t.body, t.id AS tid FROM t JOIN u ON u.id = t.owner JOIN f ON f.b = u.id WHERE f.a = $who ORDER BY t.at, u.x DESC LIMIT 2 OFFSET 1`},
	{"friends", `SELECT f.a, f.b, u.name, u.x FROM f LEFT JOIN u ON u.id = f.b`},
	{"top", `SELECT t.*, u.name FROM t JOIN u ON u.id = t.owner ORDER BY t.at LIMIT 4 OFFSET 2`},
	{"all_by_time", `SELECT t.id AS tid, u.* FROM t JOIN u ON u.id = t.owner ORDER BY t.at DESC`},
	{"pairs", `SELECT x.body, y.body AS other, x.at FROM t x JOIN t y ON y.at = x.at WHERE x.id < y.id ORDER BY x.at`},
	{"plain", `SELECT t.body FROM t JOIN f ON f.b = t.owner`},
	{"full_join", `SELECT t.id AS tid, t.at, u.name, f.a FROM f FULL JOIN u ON u.id = f.b JOIN t ON t.at = f.a`},
	{"bodies", `SELECT body FROM t WHERE at = $who ORDER BY id LIMIT 2`},
}

// readers are what is asked of the views besides their rows; $v is the view's name, and for comparison the query.
var readers = []string{
	`SELECT count(*) FROM $v AS v`,
	`SELECT * FROM $v AS v LIMIT 1000000`,
}

// A row of a view is what its query says, whatever the view's tree holds of it: under changes, ties and NULLs, restarts, in indexes, in views over
// it and in the own transaction.
func TestFinishedViews(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE u (id int PRIMARY KEY, name text, x int); CREATE TABLE t (id int PRIMARY KEY, owner int, at int, body text);
		CREATE TABLE f (a int, b int, PRIMARY KEY (a, b))`)
	for _, v := range finishedViews {
		b.do("CREATE MATERIALIZED VIEW " + v.name + " AS " + v.query)
	}
	b.do(`CREATE INDEX ON timeline (name); CREATE MATERIALIZED VIEW over AS SELECT who, count(*) AS n, max(body) AS body, min(name) AS name FROM timeline GROUP BY who`)
	for step := range 150 {
		b.do(randomChange(rng))
		switch {
		case step%40 == 20:
			b.crash()
		case step%40 == 30:
			b.restart()
		}
		if step%3 == 0 {
			compareFinished(t, b, rng, seed, step)
		}
		if step == 60 { // over what is there
			b.do(`DROP MATERIALIZED VIEW over; DROP MATERIALIZED VIEW timeline; CREATE MATERIALIZED VIEW timeline AS ` + finishedViews[0].query)
			b.do(`CREATE INDEX ON timeline (name); CREATE MATERIALIZED VIEW over AS
				SELECT who, count(*) AS n, max(body) AS body, min(name) AS name FROM timeline GROUP BY who`)
		}
	}
	b.do("BEGIN; UPDATE u SET name = 'mine'; DELETE FROM t WHERE id % 2 = 0")
	compareFinished(t, b, rng, seed, -1)
	b.do("ROLLBACK")
	b.do("TRUNCATE u")
	b.want("SELECT count(*) FROM timeline", "(0)")
}

func randomChange(rng *rand.Rand) string {
	text := func() string {
		if rng.IntN(3) == 0 {
			return "NULL"
		}
		return fmt.Sprintf("'%c'", 'a'+rng.IntN(4))
	}
	id, n := rng.IntN(12), rng.IntN(5)
	return []string{
		fmt.Sprintf("INSERT INTO u VALUES (%d, %s, %d) ON CONFLICT (id) DO UPDATE SET name = excluded.name", id, text(), n),
		fmt.Sprintf("UPDATE u SET name = %s, x = %d WHERE id < %d", text(), n, id),
		fmt.Sprintf("DELETE FROM u WHERE id = %d", id),
		fmt.Sprintf("INSERT INTO t SELECT i, i %% 7, %d, %s FROM generate_series(%d, %d) AS i ON CONFLICT DO NOTHING", n, text(), id, id+5),
		fmt.Sprintf("UPDATE t SET body = %s WHERE at = %d", text(), n),
		fmt.Sprintf("UPDATE t SET owner = %d, at = at + 1 WHERE id = %d", n, id),
		fmt.Sprintf("DELETE FROM t WHERE id = %d", id),
		fmt.Sprintf("INSERT INTO f SELECT i, %d FROM generate_series(0, %d) AS i ON CONFLICT DO NOTHING", n, id),
		fmt.Sprintf("DELETE FROM f WHERE a = %d", id),
		fmt.Sprintf("UPDATE u SET id = (SELECT max(id) + 1 FROM u) WHERE id = %d", id),
	}[rng.IntN(10)]
}

// compareFinished compares views with their queries.
func compareFinished(t *testing.T, b *base, rng *rand.Rand, seed uint64, step int) {
	t.Helper()
	same := func(view, query string) {
		t.Helper()
		if got, want := b.do(view), b.do(query); got != want {
			t.Fatalf("seed %d, step %d\n%s\n%s\ngot  %s\nwant %s", seed, step, view, query, got, want)
		}
	}
	for _, v := range finishedViews {
		name, query := v.name, v.query
		if strings.Contains(query, "$who") {
			who := fmt.Sprint(rng.IntN(6))
			name, query = v.name+"("+who+")", "SELECT "+who+" AS who, q.* FROM ("+strings.ReplaceAll(query, "$who", who)+") AS q"
		}
		for _, r := range readers {
			same(strings.ReplaceAll(r, "$v", name), strings.ReplaceAll(r, "$v", "("+query+")"))
		}
	}
	name := fmt.Sprintf("%c", 'a'+rng.IntN(4))
	same("SELECT * FROM timeline WHERE name = '"+name+"'", "SELECT * FROM timeline WHERE name || '' = '"+name+"'")
	same("SELECT * FROM over", "SELECT who, count(*), max(body), min(name) FROM timeline GROUP BY who")
	same("SELECT x.b, v.* FROM f AS x JOIN timeline AS v ON v.who = x.b WHERE x.a = 1", "SELECT x.b, v.* FROM f AS x JOIN timeline AS v ON v.who + 0 = x.b WHERE x.a = 1")
	same("SELECT a, b FROM f WHERE EXISTS (SELECT 1 FROM timeline AS v WHERE v.who = f.a AND v.name > 'b' AND v.x > f.b)",
		"SELECT a, b FROM f WHERE EXISTS (SELECT 1 FROM (SELECT * FROM timeline OFFSET 0) AS v WHERE v.who = f.a AND v.name > 'b' AND v.x > f.b)")
	same("SELECT name, max(body), count(*) FILTER (WHERE x > 1) FROM timeline GROUP BY name",
		"SELECT name, max(body), count(*) FILTER (WHERE x > 1) FROM (SELECT DISTINCT * FROM timeline) AS v GROUP BY name")
	for _, dir := range []string{"", "DESC"} {
		same(fmt.Sprintf("SELECT id, at FROM timeline WHERE who = 2 ORDER BY at %s, id LIMIT 2", dir), fmt.Sprintf("SELECT id, at FROM (SELECT * FROM timeline(2)) AS q ORDER BY at + 0 %s, id LIMIT 2", dir))
		same(fmt.Sprintf("SELECT tid, at FROM full_join WHERE at > 1 ORDER BY tid %s", dir), "SELECT tid, at FROM full_join WHERE at + 0 > 1")
	}
}

// An entry of a timeline is small: what finds its row, whatever the texts are. Measured with the tweets themselves.
func TestTimelineEntry(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL, bio text NOT NULL DEFAULT '');
		CREATE TABLE follows (follower_id int8, followee_id int8, PRIMARY KEY (follower_id, followee_id));
		CREATE TABLE tweets (id int8 PRIMARY KEY, sender_id int8 NOT NULL, time timestamptz NOT NULL, text text NOT NULL);
		INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 2000) AS i;
		INSERT INTO follows SELECT i, (i * 7919 + j * j * 31) % 2000 + 1 FROM generate_series(1, 2000) AS i, generate_series(1, 20) AS j ON CONFLICT DO NOTHING;
		CREATE MATERIALIZED VIEW timeline AS
		SELECT tweets.*, users.* FROM tweets JOIN users ON users.id = tweets.sender_id
		JOIN follows ON follows.followee_id = users.id
		WHERE follows.follower_id = $user ORDER BY tweets.time DESC LIMIT 100`)
	before := b.usage()
	for k := range 80 {
		b.do(fmt.Sprintf(`INSERT INTO tweets SELECT i, (i * 7907) %% 2000 + 1, timestamptz '2024-01-01' + i * interval '1 second', 'tweet number ' || i || ' of this run'
			FROM generate_series(%d, %d) AS i`, k*100, k*100+99))
	}
	after := b.usage()
	var entries int64
	if _, err := fmt.Sscanf(b.do("SELECT count(*) FROM timeline"), "(%d)", &entries); err != nil {
		t.Fatal(err)
	}
	size := (after.Bytes - before.Bytes) / entries
	t.Logf("%d bytes for each of %d entries", size, entries)
	if size > 48 {
		t.Errorf("an entry takes %d bytes", size)
	}
}
