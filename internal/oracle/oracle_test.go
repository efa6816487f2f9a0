package oracle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// TestViews compares random views with PostgreSQL after every transaction. ORACLE_SEED runs one seed, ORACLE_COUNT that many.
func TestViews(t *testing.T) {
	pg, err := pgtest.Start(pgtest.Options{})
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

	first, n := uint64(1), number("ORACLE_COUNT", 60)
	if one := number("ORACLE_SEED", 0); one > 0 {
		first, n = uint64(one), 1
	}
	refused := map[string]int{}
	var compared int
	for seed := first; seed < first+uint64(n) && !t.Failed(); seed++ {
		c := &comparison{t: t, seed: seed, g: newGenerator(seed), pg: conn.PgConn(), refused: refused}
		c.run()
		compared += c.compared
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("%d comparisons; views refused: %v", compared, refused)
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// comparison is one schema with its views on both sides.
type comparison struct {
	t        *testing.T
	seed     uint64
	g        *generator
	pg       *pgconn.PgConn
	engine   *engine.Engine
	client   *sqltest.Client
	script   []string
	views    []query
	refused  map[string]int
	compared int
}

func (c *comparison) run() {
	e, err := engine.Open(context.Background(), sqltest.Options(c.t.TempDir()))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			c.t.Errorf("seed %d: closing: %v", c.seed, err)
		}
	}()
	if c.client, err = sqltest.NewClient(e); err != nil {
		c.t.Fatal(err)
	}
	defer c.client.Close()
	c.engine = e
	c.reference("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	for _, table := range c.g.tables {
		c.both(table.ddl())
	}
	for range c.g.IntN(3) {
		c.both(c.g.change())
	}
	for len(c.views) < 3 {
		if !c.view() {
			return
		}
	}
	for range 4 {
		var changes []string
		for range 1 + c.g.IntN(4) {
			changes = append(changes, c.g.change())
		}
		c.both(strings.Join(changes, "; "))
		for i, v := range c.views {
			if !c.compare(fmt.Sprintf("v%d", i), fmt.Sprintf("SELECT * FROM v%d", i), v.sql) || !c.compare("ad hoc", v.sql, v.sql) {
				return
			}
		}
	}
}

// view creates a random view; false: the two sides disagree whether it is valid.
func (c *comparison) view() bool {
	q := c.g.query(2)
	ddl := fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS %s", len(c.views), q.sql)
	_, err := c.client.Exec(ddl)
	if err == nil {
		c.script = append(c.script, ddl)
		c.views = append(c.views, q)
		return true
	}
	if sqlerr.CodeOf(err) == sqlerr.FeatureNotSupported {
		c.refused[sqlerr.From(err).Message]++
		return true
	}
	_, want := c.reference(q.sql)
	if got := string(sqlerr.CodeOf(err)); got != want {
		c.fail(ddl, err.Error(), "SQLSTATE "+want)
		return false
	}
	return true
}

// both runs a statement on both sides, which must agree on the error.
func (c *comparison) both(sql string) {
	c.script = append(c.script, sql)
	_, err := c.client.Exec(sql)
	_, want := c.reference(sql)
	if got := string(sqlerr.CodeOf(err)); got != want {
		c.fail(sql, fmt.Sprint(err), "SQLSTATE "+want)
	}
}

// reference runs SQL on PostgreSQL; the rows as lines, or the SQLSTATE.
func (c *comparison) reference(sql string) (rows map[string]int, code string) {
	results, err := c.pg.Exec(context.Background(), sql).ReadAll()
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return nil, pe.Code
	}
	if err != nil {
		c.t.Fatal(err)
	}
	rows = map[string]int{}
	for _, row := range results[len(results)-1].Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = "NULL"
			if v != nil {
				cells[i] = string(v)
			}
		}
		rows["("+strings.Join(cells, ", ")+")"]++
	}
	return rows, ""
}

// compare reads on both sides.
func (c *comparison) compare(name, sql, reference string) bool {
	c.compared++
	r, err := c.client.Exec(sql)
	want, code := c.reference(reference)
	if got := string(sqlerr.CodeOf(err)); got != code {
		c.fail(name+": "+reference, fmt.Sprint(err), fmt.Sprintf("SQLSTATE %q %s", code, lines(want)))
		return false
	}
	got := map[string]int{}
	if err == nil {
		for _, line := range r.Sorted() {
			got[line]++
		}
	}
	if err == nil && !maps.Equal(got, want) {
		c.fail(name+": "+reference, lines(got), lines(want))
		return false
	}
	return true
}

func lines(rows map[string]int) string {
	var b strings.Builder
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "\n    %d x %s", rows[row], row)
	}
	return b.String()
}

func (c *comparison) fail(what, got, want string) {
	c.t.Errorf("seed %d\n%s;\n-- %s\n-- got %s\n-- want %s\n-- again: ORACLE_SEED=%d go test ./internal/oracle -run TestViews",
		c.seed, strings.Join(c.script, ";\n"), what, got, want, c.seed)
}
