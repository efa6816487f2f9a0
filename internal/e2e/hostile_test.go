package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// dial opens a connection without a word said.
func dial(t *testing.T, host, port string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func startup(t *testing.T) []byte {
	t.Helper()
	m := pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersionNumber, Parameters: map[string]string{"user": "postgres"}}
	b, err := m.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Garbage, half of a startup, silence and a client that reads nothing harm only themselves.
func TestHostileConnections(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	rnd := rand.New(rand.NewSource(1))
	for range 50 {
		garbage := make([]byte, 1+rnd.Intn(200))
		rnd.Read(garbage)
		dial(t, host, port).Write(garbage)

		s := dial(t, host, port)
		s.Write(startup(t))
		s.Write(garbage)
	}
	dial(t, host, port)
	dial(t, host, port).Write(startup(t)[:7])
	dial(t, host, port).Write([]byte("GET / HTTP/1.1\r\n\r\n"))

	deaf := dial(t, host, port)
	q, err := (&pgproto3.Query{String: "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"}).Encode(startup(t))
	if err != nil {
		t.Fatal(err)
	}
	deaf.Write(q)
	gone := dial(t, host, port)
	gone.Write(q)
	gone.Close()
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM generate_series(1, 100)").Scan(&n); err != nil || n != 100 {
		t.Fatal(n, err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != code {
		if text := fmt.Sprint(err); len(text) > 200 {
			err = errors.New(text[:200])
		}
		t.Errorf("want %s, got %v", code, err)
	}
}

// Statements that are too long or too deep, texts that are none, and messages that do not fit get an error; the connection goes on.
func TestHostileStatements(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	var n int
	if err := c.QueryRow(ctx, "SELECT length('"+strings.Repeat("x", 10<<20)+"')", pgx.QueryExecModeSimpleProtocol).Scan(&n); err != nil || n != 10<<20 {
		t.Error(n, err)
	}
	pc := c.PgConn()
	run := func(sql string) error {
		_, err := pc.Exec(ctx, sql).ReadAll()
		return err
	}
	params := func(sql string, values ...[]byte) error {
		_, err := pc.ExecParams(ctx, sql, values, nil, nil, nil).Close()
		return err
	}
	deep := 100_000
	wantCode(t, run("SELECT "+strings.Repeat("(", deep)+"1"+strings.Repeat(")", deep)), "54001")
	wantCode(t, run("SELECT "+strings.Repeat("(SELECT ", deep)+"1"+strings.Repeat(")", deep)), "54001")
	wantCode(t, run("SELECT "+strings.Repeat("NOT ", deep)+"true"), "54001")
	wantCode(t, run("SELECT "+strings.Repeat("ARRAY[", deep)+"1"+strings.Repeat("]", deep)), "54001")
	wantCode(t, run("SELECT 'bad \xff utf-8'"), "22021")
	wantCode(t, run(`SELECT E'\000'`), "22021")
	wantCode(t, params("SELECT $1::text", []byte("a\x00b")), "22021")
	wantCode(t, params("SELECT $1::text", []byte("a\xc3\x28b")), "22021")
	wantCode(t, params("SELECT $1::int", []byte("1"), []byte("2")), "08P01")
	wantCode(t, params("SELECT $1::int + $2::int", []byte("1")), "08P01")
	wantCode(t, params("SELECT $1::int", []byte("x")), "22P02")
	wantCode(t, params("SELECT $2::int", []byte("1"), []byte("2")), "42P18")
	if err := run("SELECT " + strings.Repeat("1+", 1000) + "1"); err != nil {
		t.Error(err)
	}
	if err := run("SELECT 1"); err != nil {
		t.Fatal(err)
	}
}

// A bad line ends a COPY, is named, and leaves nothing of it; a row that a view cannot compute fails the reads that need it, and only while it is
// there.
func TestBadData(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	exec := func(sql string) {
		t.Helper()
		if _, err := c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	wantOne := func(sql, want string) {
		t.Helper()
		var got string
		if err := c.QueryRow(ctx, sql, pgx.QueryExecModeSimpleProtocol).Scan(&got); err != nil || got != want {
			t.Fatalf("%s: got %q, %v, want %q", sql, got, err, want)
		}
	}
	exec("CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL)")
	exec("CREATE MATERIALIZED VIEW tenths AS SELECT a, 10 / b AS x FROM t")
	exec("INSERT INTO t VALUES (100, 5)")
	for _, x := range []struct{ options, data, code, where string }{
		{"", "1\t1\n2\tx\n3\t3\n", "22P02", `COPY t, line 2, column b: "x"`},
		{"", "1\t1\n2\n", "22P04", `COPY t, line 2: "2"`},
		{"", "1\t1\n2\t2\t2\n", "22P04", "COPY t, line 2: \"2\t2\t2\""},
		{"", "1\t1\n2\t99999999999\n", "22003", `COPY t, line 2, column b: "99999999999"`},
		{"", "1\t1\n2\t\\N\n", "23502", "COPY t, line 2: \"2\t\\N\""},
		{"", "1\t1\n1\t2\n", "23505", "COPY t, line 2"},
		{"", "1\t1\n2\t\xff\n", "22021", "COPY t, line 2"},
		{"", "1\t1\n2\t\x00\n", "22021", "COPY t, line 2"},
		{"(FORMAT csv)", "1,1\n2,\"3\n", "22P04", `COPY t, line 3: "2,"3`},
	} {
		_, err := c.PgConn().CopyFrom(ctx, strings.NewReader(x.data), "COPY t FROM STDIN "+x.options)
		wantCode(t, err, x.code)
		if e := new(pgconn.PgError); !errors.As(err, &e) || !strings.HasPrefix(e.Where, x.where) {
			t.Errorf("%q: where is %q, not %q", x.data, e.Where, x.where)
		}
		wantOne("SELECT count(*)::text FROM t", "1")
		wantOne("SELECT count(*)::text FROM tenths", "1")
	}
	exec("INSERT INTO t VALUES (200, 0)")
	wantCode(t, func() error { _, err := c.Exec(ctx, "SELECT * FROM tenths"); return err }(), "22012")
	wantOne("SELECT x::text FROM tenths WHERE a = 100", "2")
	exec("DELETE FROM t WHERE a = 200")
	wantOne("SELECT string_agg(x::text, ' ') FROM tenths", "2")

	for sql, hint := range map[string]string{
		"SELECT bb FROM t":          `Perhaps you meant to reference the column "t.b".`,
		"SELECT * FROM tenth":       `Perhaps you meant the relation "tenths".`,
		"INSERT INTO tt VALUES (1)": `Perhaps you meant the relation "t".`,
	} {
		_, err := c.Exec(ctx, sql)
		if e := new(pgconn.PgError); !errors.As(err, &e) || e.Hint != hint || e.Position == 0 {
			t.Errorf("%s: %v, hint %q, position %d", sql, err, e.Hint, e.Position)
		}
	}
}
