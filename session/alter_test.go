package session

import (
	"context"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// clients are sessions of one engine, for tests of what one does while another looks.
type clients struct {
	*testing.T
	dir    string
	engine *engine.Engine
	server *Server
}

func newClients(t *testing.T) *clients {
	c := &clients{T: t, dir: t.TempDir()}
	c.start()
	t.Cleanup(func() { c.engine.Close() })
	return c
}

func (c *clients) start() {
	c.Helper()
	var err error
	if c.engine, err = engine.Open(context.Background(), engine.Options{Dir: c.dir}); err != nil {
		c.Fatal(err)
	}
	c.server = NewServer(c.engine)
}

func (c *clients) open() *Session {
	c.Helper()
	s, err := c.server.Open(context.Background(), map[string]string{"user": "test"})
	if err != nil {
		c.Fatal(err)
	}
	return s
}

// run runs a text and gives what it says; it ends as want says.
func (c *clients) run(s *Session, sql string, want sqlerr.Code) string {
	c.Helper()
	w := &told{config: func() *types.Config { return types.DefaultConfig() }}
	if err := s.Query(context.Background(), sql, w); sqlerr.CodeOf(err) != want {
		c.Fatalf("%s: got %v, want %q", sql, err, want)
	}
	return w.b.String()
}

// has checks that an answer has a row, once.
func (c *clients) has(s *Session, sql, row string) {
	c.Helper()
	if got := c.run(s, sql, ""); !strings.Contains(got, row+"1\n") {
		c.Errorf("%s: got %s, want %s", sql, got, row)
	}
}

// TestAlterBeneathViews: what changes no view may be altered beneath it, also across a restart; the rest is refused.
func TestAlterBeneathViews(t *testing.T) {
	c := newClients(t)
	s := c.open()
	c.run(s, `CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, c int); CREATE TABLE o (x int NOT NULL);
		CREATE MATERIALIZED VIEW m AS SELECT a, count(*) AS n FROM t GROUP BY a;
		CREATE MATERIALIZED VIEW missing AS SELECT x FROM o WHERE x NOT IN (SELECT a FROM t);
		CREATE VIEW v AS SELECT id, a FROM t; INSERT INTO t VALUES (1, 5, 6, 7); INSERT INTO o VALUES (4), (5)`, "")
	for _, sql := range []string{"ALTER TABLE t RENAME a TO z", "ALTER TABLE t RENAME TO u", "ALTER TABLE t DROP COLUMN a", "ALTER TABLE t ALTER a DROP NOT NULL",
		"ALTER TABLE t ADD COLUMN d int"} {
		c.run(s, sql, sqlerr.FeatureNotSupported)
	}
	c.run(s, "ALTER TABLE t RENAME c TO cc; ALTER TABLE t DROP COLUMN b; ALTER TABLE t ALTER a SET DEFAULT 8; ALTER TABLE t ADD CHECK (cc > 0)", "")
	check := func(n string) {
		t.Helper()
		c.has(s, "SELECT * FROM m WHERE a = 8", "8|"+n+"|")
		c.has(s, "SELECT * FROM v WHERE id = 1", "1|5|")
		c.has(s, "SELECT * FROM missing", "4|")
	}
	c.run(s, "INSERT INTO t (id, cc) VALUES (2, 9)", "")
	check("1")
	if err := c.engine.Close(); err != nil {
		t.Fatal(err)
	}
	c.start()
	s = c.open()
	check("1")
	c.run(s, "INSERT INTO t (id, cc) VALUES (3, 9)", "")
	c.run(s, "INSERT INTO t (id, cc) VALUES (4, -9)", sqlerr.CheckViolation)
	check("2")
}

// TestAlterInTransaction: a transaction's rows are of the table as it has altered it.
func TestAlterInTransaction(t *testing.T) {
	c := newClients(t)
	s := c.open()
	c.run(s, "CREATE TABLE k (b int, a text); INSERT INTO k VALUES (1, 'one')", "")
	c.run(s, "BEGIN; ALTER TABLE k RENAME COLUMN b TO bb; INSERT INTO k (bb) VALUES (100)", "")
	c.has(s, "SELECT bb FROM k WHERE bb > 1", "100|")
	c.run(s, "ROLLBACK", "")
	c.run(s, "SELECT bb FROM k", sqlerr.UndefinedColumn)

	c.run(s, "BEGIN; INSERT INTO k VALUES (200, 'mine'); ALTER TABLE k ADD COLUMN z int DEFAULT 0; INSERT INTO k VALUES (201, 'mine', 5)", "")
	c.has(s, "SELECT * FROM k WHERE b = 200", "200|mine|0|")
	c.run(s, "COMMIT", "")
	c.has(s, "SELECT * FROM k WHERE b = 1", "1|one|0|")
	c.has(s, "SELECT * FROM k WHERE b = 200", "200|mine|0|")
	c.has(s, "SELECT * FROM k WHERE b = 201", "201|mine|5|")

	c.run(s, "BEGIN; ALTER TABLE k ALTER z SET NOT NULL; ALTER TABLE k ALTER z DROP DEFAULT; INSERT INTO k (b, z) VALUES (300, 3); COMMIT", "")
	c.run(s, "INSERT INTO k (b) VALUES (301)", sqlerr.NotNullViolation)
	c.has(s, "SELECT b, z FROM k WHERE b = 300", "300|3|")
}

// TestAlterRaces: what ALTER TABLE found of the rows holds at its COMMIT, and rows made for the table of before do not get into it.
func TestAlterRaces(t *testing.T) {
	c := newClients(t)
	one, two := c.open(), c.open()
	c.run(one, "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY, a int); INSERT INTO u VALUES (1, 1)", "")
	c.run(one, "BEGIN; ALTER TABLE t ALTER a SET NOT NULL", "")
	c.run(two, "INSERT INTO t VALUES (1, NULL)", "")
	c.run(one, "COMMIT", sqlerr.SerializationFailure)

	c.run(one, "BEGIN; ALTER TABLE u ADD COLUMN b int DEFAULT 2", "")
	c.run(two, "INSERT INTO u VALUES (2, 2)", "")
	c.run(one, "COMMIT", sqlerr.SerializationFailure)
	c.run(one, "ALTER TABLE u ADD COLUMN b int DEFAULT 2", "")
	c.has(one, "SELECT * FROM u WHERE id = 2", "2|2|2|")

	c.run(one, "DELETE FROM t", "")
	c.run(one, "BEGIN; INSERT INTO t VALUES (5, NULL)", "")
	c.run(two, "ALTER TABLE t ALTER a SET NOT NULL", "")
	c.run(one, "COMMIT", sqlerr.SerializationFailure)
	c.run(one, "INSERT INTO t VALUES (5, NULL)", sqlerr.NotNullViolation)
}

// TestCommentStays: a comment is stored, of a materialized view that goes on, too.
func TestCommentStays(t *testing.T) {
	c := newClients(t)
	s := c.open()
	c.run(s, `CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;
		COMMENT ON MATERIALIZED VIEW m IS 'how many'; COMMENT ON COLUMN m.n IS 'the number'`, "")
	c.run(s, "COMMENT ON SCHEMA public IS 'x'", sqlerr.FeatureNotSupported)
	c.run(s, "INSERT INTO t VALUES (1)", "")
	if err := c.engine.Close(); err != nil {
		t.Fatal(err)
	}
	c.start()
	s = c.open()
	c.run(s, "INSERT INTO t VALUES (2)", "")
	c.has(s, "SELECT n, obj_description('m'::regclass, 'pg_class'), col_description('m'::regclass, 1) FROM m", "2|how many|the number|")
}
