package e2e

import (
	"bytes"
	"context"
	"strings"
	"testing"
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
