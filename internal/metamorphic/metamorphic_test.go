package metamorphic

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/internal/oracle"
	"github.com/streamsql/streamsql/sqlerr"
)

// TestRelations compares what must be the same. METAMORPHIC_SEED runs one seed, METAMORPHIC_COUNT that many from METAMORPHIC_FIRST on;
// METAMORPHIC_KEEP=1 goes on after a difference.
func TestRelations(t *testing.T) {
	first, n := number("METAMORPHIC_FIRST", 61), number("METAMORPHIC_COUNT", 60)
	if one := number("METAMORPHIC_SEED", 0); one > 0 {
		first, n = one, 1
	}
	keep := os.Getenv("METAMORPHIC_KEEP") != ""
	total := tally{compared: map[string]int{}, refused: map[string]int{}}
	for seed := first; seed < first+n && (keep || !t.Failed()); seed++ {
		c := &testCase{t: t, seed: seed, r: oracle.NewRandom(uint64(seed)), tally: &total, relations: relations}
		if err := c.run(); err != nil {
			t.Errorf("seed %d: %v\nagain: METAMORPHIC_SEED=%d go test ./internal/metamorphic", seed, err, seed)
		}
	}
	t.Logf("seeds %d to %d: %s", first, first+n-1, &total)
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

// TestSeesDifferences gives the judge a relation that does not hold: it finds that, and how little it takes.
func TestSeesDifferences(t *testing.T) {
	wrong := func(r *oracle.Random) relation {
		names, _ := r.Tables()
		all := "SELECT k FROM " + names[0]
		return relation{"wrong", [][]string{side(all), side(all+" WHERE k > 0", all+" WHERE NOT k > 0")}, oracle.Scope{}}
	}
	c := &testCase{t: t, seed: 1, r: oracle.NewRandom(1), tally: &tally{compared: map[string]int{}, refused: map[string]int{}},
		relations: []func(*oracle.Random) relation{wrong}}
	err := c.run()
	if err == nil {
		t.Fatal("a NULL was not missed")
	}
	const most = 6 // a table, three views, a row, and one that cannot be told from it
	if steps := strings.Count(err.Error(), ";\n"); !strings.HasPrefix(err.Error(), "wrong\n") || steps > most {
		t.Errorf("%d steps are left:\n%v", steps, err)
	}
}

// tally counts, so that a comparison of nothing is seen.
type tally struct {
	views, rows, failed int
	compared, refused   map[string]int
}

func (a *tally) String() string {
	var b strings.Builder
	sum := 0
	for _, n := range a.compared {
		sum += n
	}
	fmt.Fprintf(&b, "%d comparisons of %d rows, %d of errors; %d views", sum, a.rows, a.failed, a.views)
	for name, m := range map[string]map[string]int{"compared": a.compared, "refused": a.refused} {
		fmt.Fprintf(&b, "\n%s:", name)
		for _, k := range slices.SortedFunc(maps.Keys(m), func(x, y string) int { return m[y] - m[x] }) {
			fmt.Fprintf(&b, " %s=%d", k, m[k])
		}
	}
	return b.String()
}

// check fails where the judge has gone blind.
func (a *tally) check(t *testing.T) {
	t.Helper()
	if a.rows == 0 || a.failed == 0 {
		t.Error("the comparisons are of nothing")
	}
	for _, name := range []string{"view and query", "parameter", "order of transactions", "predicate split three ways", "join split three ways",
		"groups split three ways", "order of joins", "left join in parts", "full join in parts", "mirrored left join ", "mirrored full join ", "EXISTS is a count",
		"NOT EXISTS is a count", "IN is = ANY", "NOT IN is <> ALL", "EXCEPT ALL and INTERSECT ALL", "UNION is DISTINCT"} {
		if a.compared[name] == 0 {
			t.Errorf("nothing was compared: %s", name)
		}
	}
}

// testCase is a seed's tables, relations and transactions.
type testCase struct {
	*tally
	t         *testing.T
	seed      int
	r         *oracle.Random
	db        *database
	relations []func(*oracle.Random) relation
	tables    []string
	steps     []string // so far
	checks    []check
	views     []string
	values    []func() check // of parameterised views
}

// check is two sides that must be the same.
type check struct {
	name     string
	one, two []string
}

func (c *testCase) run() (err error) {
	dir := ""
	if c.r.IntN(8) == 0 {
		dir = c.t.TempDir()
	}
	if c.db, err = open(dir); err != nil {
		return err
	}
	defer func() {
		if e := c.db.close(); err == nil {
			err = e
		}
	}()
	tables, ddl := c.r.Tables()
	c.tables = tables
	for _, sql := range ddl {
		if err := c.do(sql); err != nil {
			return err
		}
	}
	if c.r.IntN(2) == 0 {
		c.transaction()
	}
	for i := range 6 {
		k := c.r.IntN(len(c.relations))
		if i == 0 {
			k = 0 // always one with queries that may fail
		}
		if err := c.relate(c.relations[k](c.r)); err != nil {
			return err
		}
	}
	for range 2 {
		c.parameterised()
	}
	for round := range 5 {
		c.transaction()
		if dir != "" && c.r.IntN(3) == 0 {
			if err := c.do(crash); err != nil {
				return err
			}
		}
		if err := c.compare(); err != nil {
			return err
		}
		if round%2 == 1 {
			if err := c.otherOrder(); err != nil {
				return err
			}
		}
	}
	return nil
}

// do takes a step and keeps it.
func (c *testCase) do(step string) error {
	c.steps = append(c.steps, step)
	return c.db.do(step)
}

// transaction changes the tables, or fails as a whole.
func (c *testCase) transaction() {
	changes := c.r.Fill()
	changes = changes[:c.r.IntN(len(changes)+1)]
	for range 1 + c.r.IntN(4) {
		changes = append(changes, c.r.Change())
	}
	_ = c.do(strings.Join(changes, "; ")) // a key may be there already
}

// relate makes each query of a relation a view. A query that is refused takes the relation with it.
func (c *testCase) relate(r relation) error {
	var names [][]string
	codes := map[sqlerr.Code]int{}
	before := len(c.steps)
	for _, queries := range r.sides {
		var views []string
		for _, q := range queries {
			name := fmt.Sprintf("v%d", c.tally.views)
			err := c.do("CREATE MATERIALIZED VIEW " + name + " AS " + q)
			codes[sqlerr.CodeOf(err)]++
			if code := sqlerr.CodeOf(err); code == sqlerr.FeatureNotSupported || code == sqlerr.AmbiguousColumn { // the generator does not know all of USING
				c.refused[sqlerr.From(err).Message]++
				return nil
			}
			c.tally.views++
			views = append(views, "SELECT * FROM "+name)
			c.checks = append(c.checks, check{"view and query", side(views[len(views)-1]), side(q)})
		}
		names = append(names, views)
	}
	if codes[""] == 0 { // what the generator wrote is wrong
		c.steps, c.checks = c.steps[:before], c.checks[:0]
		return fmt.Errorf("%s: no view could be made: %v\n%s", r.name, codes, strings.Join(r.sides[0], "\n"))
	}
	if len(codes) > 1 {
		return fmt.Errorf("%s: not all views could be made: %v\n%s", r.name, codes, strings.Join(c.steps[before:], ";\n"))
	}
	c.views = append(c.views, slices.Concat(names...)...)
	for _, two := range names[1:] {
		c.checks = append(c.checks, check{r.name, names[0], two})
	}
	if len(names[0]) == 1 && r.scope.Len() > 0 {
		c.r.Created(strings.TrimPrefix(names[0][0], "SELECT * FROM "), r.scope)
	}
	return nil
}

// parameterised makes a view with a parameter: with a value it is its query with the value put in.
func (c *testCase) parameterised() {
	sql, s, value := c.r.Parameterised()
	name := fmt.Sprintf("p%d", c.tally.views)
	if err := c.do("CREATE MATERIALIZED VIEW " + name + " AS " + sql); err != nil {
		c.refused[sqlerr.From(err).Message]++
		return
	}
	c.tally.views++
	c.values = append(c.values, func() check {
		v := value()
		read := fmt.Sprintf("SELECT %s FROM %s(%s)", strings.Join(s.Names(), ", "), name, v)
		if c.r.IntN(3) == 0 && !strings.HasPrefix(v, "NULL") {
			read = fmt.Sprintf("SELECT %s FROM %s WHERE p = %s", strings.Join(s.Names(), ", "), name, v)
		}
		return check{"parameter", side(read), side(strings.ReplaceAll(sql, "$p", v))}
	})
}

// compare looks at everything that must be the same now.
func (c *testCase) compare() error {
	checks := slices.Clone(c.checks)
	for _, v := range c.values {
		for range 2 {
			checks = append(checks, v())
		}
	}
	for _, k := range checks {
		one, two := c.db.ask(k.one), c.db.ask(k.two)
		c.compared[k.name]++
		c.rows += len(one.rows)
		if one.code != "" {
			c.failed++
		}
		if !one.equal(two) {
			return c.differs(k)
		}
	}
	return nil
}

// otherOrder takes transactions that have nothing to do with each other, makes the tables what they were, and takes them in another order: the
// answers are the same.
func (c *testCase) otherOrder() error {
	size := func() int { return 1 + c.r.IntN(4) }
	restore, err := c.db.refill(c.tables, c.r.Shuffle, size)
	if err != nil {
		return err
	}
	was := c.answers()
	apart := c.r.Apart()
	for _, sql := range apart {
		if err := c.do(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	one := c.answers()
	for _, sql := range restore {
		if err := c.do(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := c.sameAnswers("a change and its inverse", was, c.answers()); err != nil {
		return err
	}
	c.r.Shuffle(len(apart), func(i, k int) { apart[i], apart[k] = apart[k], apart[i] })
	for _, sql := range merged(apart, size) {
		if err := c.do(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return c.sameAnswers("order of transactions", one, c.answers())
}

func (c *testCase) answers() (out []answer) {
	for _, v := range c.views {
		out = append(out, c.db.ask(side(v)))
	}
	return out
}

func (c *testCase) sameAnswers(name string, one, two []answer) error {
	for i := range one {
		c.compared[name]++
		if !one[i].equal(two[i]) {
			return fmt.Errorf("%s\n%s;\n-- %s\n-- one: %s\n-- two: %s", name, strings.Join(c.steps, ";\n"), c.views[i], one[i], two[i])
		}
	}
	return nil
}

// differs makes the case smaller and tells it.
func (c *testCase) differs(k check) error {
	steps := c.steps
	for n := len(steps) / 2; n > 0; n /= 2 {
		for i := len(steps) - n; i >= 0; i -= n {
			without := slices.Delete(slices.Clone(steps), i, i+n)
			if _, _, differ := c.replay(without, k); differ {
				steps = without
			}
		}
	}
	one, two, _ := c.replay(steps, k)
	return fmt.Errorf("%s\n%s;\n-- one: %s\n-- %s\n-- two: %s\n-- %s", k.name, strings.Join(steps, ";\n"), strings.Join(k.one, "\n--   "), one,
		strings.Join(k.two, "\n--   "), two)
}

// replay takes steps in a new database, in which a check must find what it found: rows that differ, or one side that fails on data.
func (c *testCase) replay(steps []string, k check) (one, two answer, differ bool) {
	dir := ""
	if slices.Contains(steps, crash) {
		dir = c.t.TempDir()
	}
	db, err := open(dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range steps {
		_ = db.do(s) // as it failed, or not, before
	}
	one, two = db.ask(k.one), db.ask(k.two)
	if err := db.close(); err != nil {
		c.t.Error(err)
	}
	missing := one.code == sqlerr.UndefinedTable || two.code == sqlerr.UndefinedTable
	return one, two, !missing && !one.equal(two)
}
