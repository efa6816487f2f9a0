package oracle

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/internal/pgtest"
)

// TestViews compares random views with PostgreSQL after every transaction. ORACLE_SEED runs one seed; ORACLE_COUNT that many,
// from ORACLE_FIRST on; ORACLE_KEEP=1 goes on after a difference.
func TestViews(t *testing.T) {
	// Over tables without statistics PostgreSQL thinks that compiling pays.
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

	first, n := uint64(number("ORACLE_FIRST", 1)), number("ORACLE_COUNT", 60)
	if one := number("ORACLE_SEED", 0); one > 0 {
		first, n = uint64(one), 1
	}
	keep := os.Getenv("ORACLE_KEEP") != ""
	total := newTally()
	for seed := first; seed < first+uint64(n) && (keep || !t.Failed()); seed++ {
		c := newCase(t, conn.PgConn(), seed, total)
		c.run()
	}
	t.Log(total)
	if n >= 60 {
		total.check(t)
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// tally counts what was hit, so that a comparison of nothing is seen.
type tally struct {
	compared, rows, failing       int
	whole, empty                  int // of reads of a whole view
	created                       int
	refused, features, statements map[string]int
}

func newTally() *tally {
	return &tally{refused: map[string]int{}, features: map[string]int{}, statements: map[string]int{}}
}

func (a *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d comparisons of %d rows; %d of %d whole views were empty, %d failed on both sides; %d views", a.compared, a.rows, a.empty, a.whole, a.failing, a.created)
	for name, m := range map[string]map[string]int{"refused": a.refused, "features": a.features, "errors of statements": a.statements} {
		fmt.Fprintf(&b, "\n%s:", name)
		for _, k := range slices.SortedFunc(maps.Keys(m), func(x, y string) int { return m[y] - m[x] }) {
			fmt.Fprintf(&b, " %s=%d", k, m[k])
		}
	}
	return b.String()
}

// check fails where the generator has gone blind.
func (a *tally) check(t *testing.T) {
	t.Helper()
	if a.rows < a.compared || a.empty > a.whole*3/5 || a.failing == 0 {
		t.Error("most comparisons are of nothing")
	}
	for _, f := range []string{"JOIN", "LEFT JOIN", "GROUP BY", "top-k", "DISTINCT ON", "row_number", "LATERAL top-k", "NOT IN", "correlated EXISTS",
		"UNION ALL", "WITH", "view on view", "unnest", "parameter", "may fail", "looked up", "grouping sets", "mode", "percentile_disc", "row comparison", "WITH TIES",
		"SRF in the select list", "outer aggregate"} {
		if a.features[f] == 0 {
			t.Errorf("no view has %s", f)
		}
	}
}
