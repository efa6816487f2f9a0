package e2e

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A backslash before a line's end makes the end data, in COPY's text format; data may be cut into messages anywhere.
func TestCopyEscapedNewline(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	if _, err := c.Exec(ctx, "CREATE TABLE c (a int PRIMARY KEY, b text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PgConn().CopyFrom(ctx, strings.NewReader("1\tx\\\ny\n2\tz\\\\\n3\t\\N\n"), "COPY c FROM STDIN"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := c.PgConn().CopyTo(ctx, &out, "COPY (SELECT * FROM c ORDER BY a) TO STDOUT"); err != nil {
		t.Fatal(err)
	}
	if want := "1\tx\\ny\n2\tz\\\\\n3\t\\N\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// What a client sends after \. is not looked at, but COPY ends with the client's end: a client that goes back on it is heard.
func TestCopyReadsToTheEnd(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	if _, err := c.Exec(ctx, "CREATE TABLE c (a text)"); err != nil {
		t.Fatal(err)
	}
	raw, err := c.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Conn.Close()
	f := raw.Frontend
	for _, m := range []pgproto3.FrontendMessage{&pgproto3.CopyDone{}, &pgproto3.CopyFail{Message: "no"}} {
		f.Send(&pgproto3.Query{String: "COPY c FROM STDIN (FORMAT csv)"})
		f.Send(&pgproto3.CopyData{Data: []byte("x\n\\.\nmore\n")})
		f.Send(&pgproto3.CopyData{Data: []byte("and more\n")})
		f.Send(m)
		if err := f.Flush(); err != nil {
			t.Fatal(err)
		}
		got := ""
		for got == "" {
			m, err := f.Receive()
			if err != nil {
				t.Fatal(err)
			}
			switch m := m.(type) {
			case *pgproto3.CommandComplete:
				got = string(m.CommandTag)
			case *pgproto3.ErrorResponse:
				got = m.Code
			}
		}
		want := "COPY 1"
		if _, fails := m.(*pgproto3.CopyFail); fails {
			want = "57014"
		}
		if got != want {
			t.Errorf("%T: got %s, want %s", m, got, want)
		}
		if m, err := f.Receive(); err != nil {
			t.Fatal(err)
		} else if _, ready := m.(*pgproto3.ReadyForQuery); !ready {
			t.Errorf("got %T after the end", m)
		}
	}
}

// The first line says how lines end; another end is no data that is taken away.
func TestCopyLineEnds(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	if _, err := c.Exec(ctx, "CREATE TABLE c (a int, b text)"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ data, options, want string }{
		{"1\tx\n2\ty\n", "", "COPY 2"},
		{"1\tx\r\n2\ty\r\n3\tz", "", "COPY 3"},
		{"1\tx\n2\ty\r\n", "", "literal carriage return found in data"},
		{"1\tx\r\n2\ty\n", "", "literal newline found in data"},
		{"1,x\n2,\"y\r\"\n", "(FORMAT csv)", "COPY 2"},
		{"1,x\n2,y\r\n", "(FORMAT csv)", "unquoted carriage return found in data"},
		{"1,x\r\n2,y\n", "(FORMAT csv)", "unquoted newline found in data"},
	} {
		tag, err := c.PgConn().CopyFrom(ctx, strings.NewReader(x.data), "COPY c FROM STDIN "+x.options)
		got := tag.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, x.want) {
			t.Errorf("%q: got %s, want %s", x.data, got, x.want)
		}
	}
}
