package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tally counts what was hit, so that a comparison of nothing is seen.
type tally struct {
	Created, Cases  int // views, and databases
	Compared, Rows  int
	Whole, Empty    int // of reads of a whole view
	Changed         int // statements that wrote
	Failing         map[string]int
	Features        map[string]int
	Refused, Errors map[string]int // statements that were not run; that failed, by SQLSTATE
	// Queries that were compared as views, each once however often it came.
	Queries map[uint64]bool
}

func newTally() *tally {
	return &tally{Failing: map[string]int{}, Features: map[string]int{}, Refused: map[string]int{}, Errors: map[string]int{}, Queries: map[uint64]bool{}}
}

func (a *tally) add(b *tally) {
	a.Created, a.Cases, a.Compared, a.Rows = a.Created+b.Created, a.Cases+b.Cases, a.Compared+b.Compared, a.Rows+b.Rows
	a.Whole, a.Empty, a.Changed = a.Whole+b.Whole, a.Empty+b.Empty, a.Changed+b.Changed
	for i, to := range a.maps() {
		for k, n := range b.maps()[i].counts {
			to.counts[k] += n
		}
	}
	maps.Copy(a.Queries, b.Queries)
}

var alias = regexp.MustCompile(`\b[forsw]\d+`)

// identity of a query: its text, whatever the numbers of its aliases. Queries of the same text over different tables count as one.
func identity(sql string) uint64 {
	numbers := map[string]int{}
	h := fnv.New64a()
	h.Write([]byte(alias.ReplaceAllStringFunc(sql, func(s string) string {
		n, ok := numbers[s]
		if !ok {
			n = len(numbers)
			numbers[s] = n
		}
		return fmt.Sprintf("%c%d", s[0], n)
	})))
	return h.Sum64()
}

// kept is a tally that runs add to, and the seed after the last one.
type kept struct {
	Next  int
	Total *tally
}

// load reads what runs before have left in a file; it may not exist yet.
func load(path string) (*kept, error) {
	k := &kept{Total: newTally()}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err == nil {
		err = json.Unmarshal(text, k)
	}
	return k, err
}

func (k *kept) save(path string) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

type counts struct {
	title  string
	counts map[string]int
}

func (a *tally) maps() []counts {
	return []counts{{"errors compared, by SQLSTATE", a.Failing}, {"errors of statements", a.Errors}, {"views with", a.Features}, {"refused", a.Refused}}
}

func (a *tally) String() string {
	failing := 0
	for _, n := range a.Failing {
		failing += n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d random queries as views, %d of them distinct, over %d databases, %d statements of changes, %d comparisons (%d of a whole view, %d of them of none) of %d rows and %d errors",
		a.Created, len(a.Queries), a.Cases, a.Changed, a.Compared, a.Whole, a.Empty, a.Rows, failing)
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
	if a.Rows < a.Compared || a.Empty > a.Whole*3/5 || len(a.Failing) < 3 {
		t.Error("most comparisons are of nothing")
	}
	for _, f := range []string{"JOIN", "LEFT JOIN", "FULL JOIN", "JOIN USING", "NATURAL JOIN", "join without a key", "LATERAL", "LATERAL aggregate", "LATERAL top-k",
		"GROUP BY", "grouping sets", "HAVING", "subquery in HAVING", "FILTER", "DISTINCT count", "mode", "percentile_disc", "outer aggregate",
		"top-k", "DISTINCT ON", "row_number", "window", "WITH TIES", "subquery in ORDER BY", "UNION ALL", "EXCEPT", "INTERSECT ALL", "nested set operations", "WITH", "VALUES",
		"NOT IN", "op ALL", "correlated EXISTS", "correlated NOT IN", "correlated op ANY", "scalar subquery", "ARRAY(SELECT)", "row comparison", "row IN",
		"unnest", "SRF in the select list", "view on view", "recursive UNION", "recursive UNION ALL", "parameter", "may fail", "looked up"} {
		if a.Features[f] == 0 {
			t.Errorf("no view has %s", f)
		}
	}
}
