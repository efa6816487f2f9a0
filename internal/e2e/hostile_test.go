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
