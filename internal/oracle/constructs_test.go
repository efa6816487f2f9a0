package oracle

import (
	"context"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/sqlerr"
)

// construct is a query of testdata/constructs.sql. refused: we do not support it, and must say so with 0A000.
type construct struct {
	sql, view string
	refused   bool
	noView    bool // only ad hoc
	done      bool
}

// TestConstructs runs every construct that we know of, ad hoc and as a view that was made before any data arrived, and compares
// both with PostgreSQL after each of a number of changes. testdata/constructs.sql has a query a line and, indented by "change:", the
// changes; "refused:" stands before a query that we refuse and PostgreSQL does not.
func TestConstructs(t *testing.T) {
	schema, queries, changes := constructs(t)
	pg, err := pgtest.Start(pgtest.Options{Extra: []string{"jit=off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := pgx.Connect(context.Background(), pg.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	s := &sides{t: t, pg: conn.PgConn(), total: newTally()}
	s.open(t.TempDir())
	defer s.close()
	for _, sql := range schema {
		if diff, _ := s.take(step{op: "both", sql: sql}); diff != "" {
			t.Fatal(sql, diff)
		}
	}
	for i := range queries {
		s.create(&queries[i], i)
	}
	for _, sql := range changes {
		if diff, _ := s.take(step{op: "both", sql: sql}); diff != "" {
			t.Fatal(sql, diff)
		}
		for i := range queries {
			s.compare(&queries[i], sql)
		}
	}
}

// constructs reads the file.
func constructs(t *testing.T) (schema []string, queries []construct, changes []string) {
	path := "testdata/constructs.sql"
	if p := os.Getenv("ORACLE_CONSTRUCTS"); p != "" { // other queries over the same tables
		path = p
	}
	for _, name := range []string{"testdata/constructs-data.sql", path} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			sql, isChange := strings.CutPrefix(line, "change: ")
			refused, isRefused := strings.CutPrefix(line, "refused: ")
			switch {
			case line == "" || strings.HasPrefix(line, "--"):
			case isChange:
				changes = append(changes, sql)
			case strings.HasPrefix(line, "CREATE "):
				schema = append(schema, line)
			case isRefused:
				queries = append(queries, construct{sql: refused, refused: true})
			default:
				queries = append(queries, construct{sql: line})
			}
		}
	}
	return schema, queries, changes
}

// create makes a query's view. What PostgreSQL refuses must be refused alike.
func (s *sides) create(c *construct, i int) {
	c.view = fmt.Sprintf("v%d", i)
	_, err := s.client.Exec(fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS %s", c.view, c.sql))
	_, want := s.query(c.sql)
	got := string(sqlerr.CodeOf(err))
	switch {
	case c.refused:
		c.done = true
		if want != "" || got != string(sqlerr.FeatureNotSupported) {
			s.t.Errorf("%s\n-- got %v, PostgreSQL %q: it is no longer only refused", c.sql, err, want)
		}
	case err != nil && got == want:
		c.noView = true
	case err != nil:
		c.done = true
		s.t.Errorf("%s\n-- got %v\n-- want SQLSTATE %q", c.sql, err, want)
	}
}

var orderedAtEnd = regexp.MustCompile(`ORDER BY [^()]*$`)

// compare compares a query's answers, ad hoc and of its view, after a change.
func (s *sides) compare(c *construct, change string) {
	if c.done {
		return
	}
	rows, code := s.query(c.sql)
	for _, sql := range []string{c.sql, "SELECT * FROM " + c.view} {
		if c.noView && sql != c.sql {
			continue
		}
		r, err := s.client.Exec(sql)
		if got := string(sqlerr.CodeOf(err)); got != code {
			c.done = true
			s.t.Errorf("%s\n-- after %.60s: %s\n-- got %v\n-- want SQLSTATE %q", c.sql, change, sql, err, code)
			return
		}
		got, want := textLines(r.Rows), textLines(rows)
		if sql != c.sql || !orderedAtEnd.MatchString(c.sql) {
			slices.Sort(got)
			slices.Sort(want)
		}
		if err == nil && !slices.EqualFunc(got, want, sameLine) {
			c.done = true
			s.t.Errorf("%s\n-- after %.60s: %s\n-- got  %s\n-- want %s", c.sql, change, sql, got, want)
			return
		}
	}
}

func textLines(rows [][]string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = "(" + strings.Join(r, ", ") + ")"
	}
	return out
}

var number64 = regexp.MustCompile(`-?\d+\.\d+(e[-+]\d+)?`)

// sameLine compares rows, floats to the last few units: PostgreSQL's sums depend on the order.
func sameLine(a, b string) bool {
	if a == b {
		return true
	}
	if number64.ReplaceAllString(a, "#") != number64.ReplaceAllString(b, "#") {
		return false
	}
	x, y := number64.FindAllString(a, -1), number64.FindAllString(b, -1)
	for i := range x {
		p, _ := strconv.ParseFloat(x[i], 64)
		q, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(p-q) > 1e-13*math.Max(math.Abs(p), math.Abs(q)) {
			return false
		}
	}
	return true
}
