package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// tally counts what was hit, so that a comparison of nothing is seen.
type tally struct {
	created, cases  int // views, and databases
	compared, rows  int
	whole, empty    int // of reads of a whole view
	changed         int // statements that wrote
	failing         map[string]int
	features        map[string]int
	refused, errors map[string]int // statements that were not run; that failed, by SQLSTATE
}

func newTally() *tally {
	return &tally{failing: map[string]int{}, features: map[string]int{}, refused: map[string]int{}, errors: map[string]int{}}
}

func (a *tally) add(b *tally) {
	a.created, a.cases, a.compared, a.rows = a.created+b.created, a.cases+b.cases, a.compared+b.compared, a.rows+b.rows
	a.whole, a.empty, a.changed = a.whole+b.whole, a.empty+b.empty, a.changed+b.changed
	for i, to := range a.maps() {
		for k, n := range b.maps()[i].counts {
			to.counts[k] += n
		}
	}
}

type counts struct {
	title  string
	counts map[string]int
}

func (a *tally) maps() []counts {
	return []counts{{"errors compared, by SQLSTATE", a.failing}, {"errors of statements", a.errors}, {"views with", a.features}, {"refused", a.refused}}
}

func (a *tally) String() string {
	failing := 0
	for _, n := range a.failing {
		failing += n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d random queries as views over %d databases, %d statements of changes, %d comparisons (%d of a whole view, %d of them of none) of %d rows and %d errors",
		a.created, a.cases, a.changed, a.compared, a.whole, a.empty, a.rows, failing)
	for _, m := range a.maps() {
		fmt.Fprintf(&b, "\n%s:", m.title)
		for _, k := range slices.SortedFunc(maps.Keys(m.counts), func(x, y string) int { return m.counts[y] - m.counts[x] }) {
			fmt.Fprintf(&b, " %s=%d", k, m.counts[k])
		}
	}
	return b.String()
}

// check fails where the generator has gone blind.
func (a *tally) check(t *testing.T) {
	t.Helper()
	if a.rows < a.compared || a.empty > a.whole*3/5 || len(a.failing) < 3 {
		t.Error("most comparisons are of nothing")
	}
	for _, f := range []string{"JOIN", "LEFT JOIN", "FULL JOIN", "JOIN USING", "NATURAL JOIN", "join without a key", "LATERAL", "LATERAL aggregate", "LATERAL top-k",
		"GROUP BY", "grouping sets", "HAVING", "subquery in HAVING", "FILTER", "DISTINCT count", "mode", "percentile_disc", "outer aggregate",
		"top-k", "DISTINCT ON", "row_number", "window", "WITH TIES", "subquery in ORDER BY", "UNION ALL", "EXCEPT", "INTERSECT ALL", "nested set operations", "WITH", "VALUES",
		"NOT IN", "op ALL", "correlated EXISTS", "correlated NOT IN", "correlated op ANY", "scalar subquery", "ARRAY(SELECT)", "row comparison", "row IN",
		"unnest", "SRF in the select list", "view on view", "parameter", "may fail", "looked up"} {
		if a.features[f] == 0 {
			t.Errorf("no view has %s", f)
		}
	}
}
