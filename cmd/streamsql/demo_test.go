package main

import (
	"context"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/demo"
)

// TestDemos runs each demo and types what it prints, as a new user would: nothing fails, and each query shows something.
func TestDemos(t *testing.T) {
	for _, name := range demo.Names() {
		t.Run(name, func(t *testing.T) {
			p := runInBackground(t, "demo", name, "--small", "--listen", "127.0.0.1:0")
			p.waitFor(t, &p.out, "(Ctrl-C here)")
			text := p.out.String()
			host, port := connectsTo(t, text)
			ctx := context.Background()
			conn, err := pgx.Connect(ctx, "host="+host+" port="+port+" user=new dbname=streamsql sslmode=disable")
			if err != nil {
				t.Fatal(err)
			}
			statements := regexp.MustCompile(`(?m)^    (.*);$`).FindAllStringSubmatch(text, -1)
			if len(statements) < 2 {
				t.Fatalf("nothing to type in\n%s", text)
			}
			for _, s := range statements {
				tag, err := conn.Exec(ctx, s[1])
				if err != nil {
					t.Errorf("%s: %v", s[1], err)
				}
				if strings.HasPrefix(s[1], "SELECT") && tag.RowsAffected() == 0 {
					t.Errorf("%s: no rows", s[1])
				}
			}
			if err := conn.Close(ctx); err != nil {
				t.Error(err)
			}
			p.waitFor(t, &p.out, "(events/s  commit p50)")
			p.stop(t)
			if log := p.log.String(); log != "" {
				t.Errorf("a demo's watcher reads\n%s", log)
			}
		})
	}
}

// connectsTo finds the psql command in what a demo prints.
func connectsTo(t *testing.T, text string) (host, port string) {
	t.Helper()
	m := regexp.MustCompile(`psql -h (\S+) -p (\d+) streamsql`).FindStringSubmatch(text)
	if m == nil || net.ParseIP(m[1]) == nil {
		t.Fatalf("no way to connect in\n%s", text)
	}
	return m[1], m[2]
}
