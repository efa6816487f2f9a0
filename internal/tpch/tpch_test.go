package tpch

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is a database here and one in PostgreSQL, with the same tables.
type pair struct {
	t        *testing.T
	dir      string
	engine   *engine.Engine
	client   *sqltest.Client
	postgres *pgconn.PgConn
}

func newPair(t *testing.T) *pair {
	t.Helper()
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	p := &pair{t: t, dir: t.TempDir(), postgres: conn.PgConn()}
	p.open()
	t.Cleanup(func() {
		p.client.Close()
		if err := p.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	p.both(Schema)
	return p
}

func (p *pair) open() {
	p.t.Helper()
	var err error
	if p.engine, err = engine.Open(p.t.Context(), engine.Options{Dir: p.dir}); err != nil {
		p.t.Fatal(err)
	}
	if p.client, err = sqltest.NewClient(p.engine); err != nil {
		p.t.Fatal(err)
	}
}

// crash ends the engine without a checkpoint and opens it again.
func (p *pair) crash() {
	p.t.Helper()
	p.client.Close()
	p.engine.Crash()
	p.open()
}

func (p *pair) here(sql string, copyIn ...string) *sqltest.Result {
	p.t.Helper()
	r, err := p.client.Exec(sql, copyIn...)
	if err != nil {
		p.t.Fatalf("%.200s: %v", sql, err)
	}
	return r
}

// both runs statements in both databases.
func (p *pair) both(sql string) {
	p.t.Helper()
	p.here(sql)
	if _, err := p.postgres.Exec(p.t.Context(), sql).ReadAll(); err != nil {
		p.t.Fatalf("PostgreSQL: %.200s: %v", sql, err)
	}
}

func (p *pair) copy(table, rows string) {
	p.t.Helper()
	p.here(Copy(table), rows)
	if _, err := p.postgres.CopyFrom(p.t.Context(), strings.NewReader(rows), Copy(table)); err != nil {
		p.t.Fatalf("PostgreSQL: %s: %v", table, err)
	}
}

func (p *pair) refresh(r Refresh) {
	p.t.Helper()
	p.copy("orders", r.Orders)
	p.copy("lineitem", r.Lines)
	p.both(r.Delete)
}

// want is what PostgreSQL answers, in the order of the lines.
func (p *pair) want(sql string) []string {
	p.t.Helper()
	results, err := p.postgres.Exec(p.t.Context(), sql).ReadAll()
	if err != nil {
		p.t.Fatalf("PostgreSQL: %.200s: %v", sql, err)
	}
	var lines []string
	for _, row := range results[0].Rows {
		values := make([]string, len(row))
		for i, v := range row {
			if values[i] = string(v); v == nil {
				values[i] = "NULL"
			}
		}
		lines = append(lines, "("+strings.Join(values, ", ")+")")
	}
	slices.Sort(lines)
	return lines
}

// check compares all views, and the queries, with PostgreSQL.
func (p *pair) check(when string) {
	p.t.Helper()
	for n := 1; n <= Queries; n++ {
		want := p.want(Query(n))
		for what, sql := range map[string]string{"view": "SELECT * FROM " + View(n), "query": Query(n)} {
			if got := p.here(sql).Sorted(); !slices.Equal(got, want) {
				p.t.Errorf("%s: %s %d\n got %v\nwant %v", when, what, n, got, want)
			}
		}
	}
}

// rows are those of the tables at scale 0.01: dbgen's, from the folder of public corpora beside the project, or generated where that is not there.
func rows(t *testing.T) map[string]string {
	t.Helper()
	const folder = "shared/corpora/tpch/sf-0.01"
	out := make(map[string]string)
	for up := ".."; len(up) < 24; up += "/.." {
		if dir := filepath.Join(up, folder); exists(dir) {
			for _, table := range Tables {
				out[table] = dbgen(t, dir, table)
			}
			return out
		}
	}
	t.Logf("%s is not there: the rows are generated", folder)
	for _, table := range Tables {
		out[table] = generated(table)
	}
	return out
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func generated(table string) string {
	return strings.Join(slices.Collect(Generator{Scale: 0.01}.Rows(table)), "\n") + "\n"
}

// dbgen's lines end in a delimiter that COPY does not want.
func dbgen(t *testing.T, dir, table string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, table+".tbl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "|\n", "\n")
}

// The 22 queries are views together, from before the first row on, through refreshes and a crash, and once more when all rows are there.
func TestViews(t *testing.T) {
	p := newPair(t)
	data := rows(t)
	for n := 1; n <= Queries; n++ {
		p.here(Definition(n))
	}
	for _, table := range Tables {
		p.copy(table, data[table])
	}
	if _, err := p.postgres.Exec(t.Context(), ForeignIndexes+"; ANALYZE").ReadAll(); err != nil {
		t.Fatal(err)
	}
	p.check("loaded")
	g := Generator{Scale: 0.01}
	for n := range 2 {
		p.refresh(g.Refresh(n))
		p.check("refreshed")
	}
	p.crash()
	p.check("after a crash")
	for n := 1; n <= Queries; n++ {
		p.here("DROP MATERIALIZED VIEW " + View(n))
	}
	for n := 1; n <= Queries; n++ {
		p.here(Definition(n))
	}
	p.refresh(g.Refresh(2))
	p.check("made over what was there")
}

// Generated rows fit the tables, and each query finds some.
func TestGenerator(t *testing.T) {
	p := newPair(t)
	g := Generator{Scale: 0.01}
	for _, table := range Tables {
		p.copy(table, generated(table))
	}
	for sql, want := range map[string]string{
		"SELECT count(*) FROM orders":                                                           "(15000)",
		"SELECT count(*) FROM partsupp":                                                         "(8000)",
		"SELECT count(*) FROM orders WHERE o_custkey % 3 = 0":                                   "(0)",
		"SELECT count(*) FROM lineitem WHERE l_orderkey NOT IN (SELECT o_orderkey FROM orders)": "(0)",
		"SELECT count(*) FROM lineitem l WHERE NOT EXISTS (SELECT FROM partsupp WHERE ps_partkey = l_partkey AND ps_suppkey = l_suppkey)": "(0)",
	} {
		if got := p.here(sql).Sorted(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %v, want %s", sql, got, want)
		}
	}
	before := p.want("SELECT count(*) FROM orders")
	for n := range 4 {
		p.refresh(g.Refresh(n))
	}
	if got := p.want("SELECT count(*) FROM orders"); !slices.Equal(got, before) {
		t.Errorf("RF1 and RF2 leave %v orders of %v", got, before)
	}
}
