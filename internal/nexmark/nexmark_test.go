package nexmark

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/types"
)

const events = 20_000

// text is events as COPY reads them, by kind.
func text(from, to int64) (out [3]strings.Builder) {
	g := NewGenerator()
	for n := from; n < to; n++ {
		kind, row := g.Event(n)
		b := &out[kind]
		for i, d := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.Write(types.AppendText(nil, types.DefaultConfig(), Columns[kind][i], d))
		}
		b.WriteByte('\n')
	}
	return out
}

// Each query is a view before the first event; after some thousands of them, and after some were deleted, it is what PostgreSQL answers.
func TestViews(t *testing.T) {
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	conn, err := pgx.Connect(t.Context(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	e, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c, err := sqltest.NewClient(e)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	here := func(sql string, copyIn ...string) *sqltest.Result {
		t.Helper()
		r, err := c.Exec(sql, copyIn...)
		if err != nil {
			t.Fatalf("%.300s: %v", sql, err)
		}
		return r
	}
	both := func(sql string) {
		t.Helper()
		here(sql)
		if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatalf("PostgreSQL: %s: %v", sql, err)
		}
	}
	compare := func(when string) {
		t.Helper()
		for _, q := range Queries {
			cols := q.Decided
			if cols == "" {
				cols = "*"
			}
			results, err := conn.PgConn().Exec(t.Context(), "SELECT "+cols+" FROM ("+q.SQL+") AS x").ReadAll()
			if err != nil {
				t.Fatalf("PostgreSQL: %s: %v", q.Name, err)
			}
			want := make([]string, len(results[0].Rows))
			for i, row := range results[0].Rows {
				values := make([]string, len(row))
				for k, v := range row {
					if values[k] = string(v); v == nil {
						values[k] = "NULL"
					}
				}
				want[i] = "(" + strings.Join(values, ", ") + ")"
			}
			slices.Sort(want)
			got := here("SELECT " + cols + " FROM " + q.Name).Sorted()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s: got %d rows, want %d\n got %.2000v\nwant %.2000v", when, q.Name, len(got), len(want), got, want)
			}
			if len(want) == 0 {
				t.Errorf("%s: %s finds nothing", when, q.Name)
			}
		}
	}
	both(Schema)
	for _, q := range Queries {
		here("CREATE MATERIALIZED VIEW " + q.Name + " AS " + q.SQL)
	}
	const part = events / 4
	for from := int64(0); from < events; from += part {
		rows := text(from, from+part)
		for kind, table := range Tables {
			sql := "COPY " + table + " FROM STDIN"
			here(sql, rows[kind].String())
			if _, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader(rows[kind].String()), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	compare("loaded")
	both("DELETE FROM bid WHERE price % 7 = 3; DELETE FROM auction WHERE id % 10 = 4; UPDATE person SET state = 'OR' WHERE id % 5 = 1")
	compare("changed")
}

// The generator has the benchmark's shares and skews.
func TestGenerator(t *testing.T) {
	const n = 100_000
	g := NewGenerator()
	var kinds [3]int
	bytes, hotBids, hotBidders := 0, 0, 0
	for i := range int64(n) {
		kind, row := g.Event(i)
		kinds[kind]++
		if len(row) != len(Columns[kind]) {
			t.Fatalf("event %d has %d columns", i, len(row))
		}
		if kind != Bid {
			continue
		}
		for _, d := range row {
			bytes += max(8, len(d.Bytes()))
		}
		if (row[0].Int()-firstAuction)%hotGroup == 0 {
			hotBids++
		}
		if (row[1].Int()-firstPerson)%hotGroup == 1 {
			hotBidders++
		}
	}
	if kinds != [3]int{n / 50, n / 50 * 3, n / 50 * 46} {
		t.Errorf("kinds: %v", kinds)
	}
	between := func(what string, got, lo, hi float64) {
		if got < lo || got > hi {
			t.Errorf("%s: %g, want %g to %g", what, got, lo, hi)
		}
	}
	bids := float64(kinds[Bid])
	between("bytes of a bid", float64(bytes)/bids, 95, 140)
	between("share of hot auctions", float64(hotBids)/bids, 0.48, 0.53)
	between("share of hot bidders", float64(hotBidders)/bids, 0.73, 0.78)
}
