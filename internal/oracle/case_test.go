package oracle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/simdisk"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// step is one thing that happens on both sides.
type step struct {
	op        string // both, view, read, restart, crash, checkpoint
	sql       string // ours
	reference string // PostgreSQL's, where it is another
	columns   []column
	ordered   bool
	whole     bool // reads all of a view
}

// sides are a database of each kind.
type sides struct {
	t      *testing.T
	pg     *pgconn.PgConn
	dir    string // "": a temporary database, which opens at once and cannot be opened again
	disk   *simdisk.Disk
	engine *engine.Engine
	client *sqltest.Client
	total  *tally
	// everyRow: PostgreSQL reads all rows, as one behind those that it needs may have an error.
	everyRow bool
}

// testCase is a seed's schema, views and transactions.
type testCase struct {
	*sides
	seed  uint64
	g     *generator
	steps []step
	made  int
}

func newCase(t *testing.T, pg *pgconn.PgConn, seed uint64, total *tally) *testCase {
	g := newGenerator(seed)
	return &testCase{sides: &sides{t: t, pg: pg, total: total, everyRow: g.failing != none}, seed: seed, g: g}
}

// errDone ends a case that has differed.
var errDone = errors.New("differs")

// run says whether the sides never differed.
func (c *testCase) run() (ok bool) {
	defer func() {
		if r := recover(); r != nil && r != errDone { //nolint:errorlint // panics with the value itself
			panic(r)
		}
	}()
	g := c.g
	durable := g.oneIn(6)
	dir := ""
	if durable {
		dir = c.t.TempDir()
	}
	c.open(dir)
	defer c.close()
	c.total.Cases++
	for _, table := range g.tables {
		for _, ddl := range g.ddl(table) {
			c.do(step{op: "both", sql: ddl})
		}
	}
	if g.oneIn(2) {
		for _, t := range g.tables {
			c.do(step{op: "both", sql: g.insert(t)})
		}
	}
	for range g.IntN(4) {
		c.do(step{op: "both", sql: g.change()})
	}
	for range 15 {
		c.view()
	}
	for range 3 {
		c.parameters()
	}
	const rounds = 4
	for round := range rounds {
		c.transaction(round == 0)
		if durable {
			switch g.IntN(3) {
			case 0:
				c.do(step{op: "restart"})
			case 1:
				c.do(step{op: "crash"})
			case 2:
				c.do(step{op: "checkpoint"})
			}
		}
		c.compareAll()
		if round < rounds-1 {
			c.view() // over data
		}
	}
	return true
}

// do takes a step and ends the case where the sides differ.
func (c *testCase) do(s step) (refused bool) {
	c.steps = append(c.steps, s)
	diff, refused := c.take(s)
	if diff == "" {
		return refused
	}
	steps := c.shrink(diff)
	var b strings.Builder
	for _, s := range steps[:len(steps)-1] {
		if s.op == "both" || s.op == "view" {
			fmt.Fprintf(&b, "%s;\n", s.sql)
		} else {
			fmt.Fprintf(&b, "-- %s %s\n", s.op, s.sql)
		}
	}
	c.t.Errorf("seed %d\n%s-- %s: %s\n-- reference: %s\n%s\n-- again: ORACLE_SEED=%d go test ./internal/oracle -run TestViews",
		c.seed, b.String(), s.op, s.sql, s.reference, diff, c.seed)
	panic(errDone)
}

// view creates a random view.
func (c *testCase) view() {
	q := c.affordable(func() query { return c.g.top(2) }, nil)
	q.name = fmt.Sprintf("v%d", c.made)
	c.made++
	if c.do(step{op: "view", sql: fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS %s", q.name, q.sql),
		reference: fmt.Sprintf("CREATE VIEW %s AS %s", q.name, q.sql)}) {
		return
	}
	c.g.views = append(c.g.views, q)
	c.created(q)
}

// created counts a view, and makes an index on it now and then.
func (c *testCase) created(q query) {
	c.total.Created++
	for f := range q.used {
		c.total.Features[f]++
	}
	c.index(q)
}

// index makes an index on a view now and then.
func (c *testCase) index(v query) {
	if c.g.oneIn(3) {
		c.do(step{op: "own", sql: fmt.Sprintf("CREATE INDEX ON %s (%s %s)", v.name, pick(c.g, v.columns).name, pick(c.g, []string{"", "DESC", "NULLS FIRST"})),
			reference: "SELECT 1"})
	}
}

// parameters creates a view with $p; it is compared at once and after each later transaction by compareAll.
func (c *testCase) parameters() {
	var k kind
	q := c.affordable(func() (q query) { q, k = c.g.parameterised(); return q }, func(sql string) string {
		return strings.ReplaceAll(sql, "$p", values[k][0]+"::"+typeNames[k])
	})
	q.name = fmt.Sprintf("p%d", c.made)
	c.made++
	if c.do(step{op: "own", sql: fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS %s", q.name, q.sql),
		reference: strings.ReplaceAll(q.sql, "$p", "NULL::"+typeNames[k])}) {
		return
	}
	c.g.parameter = append(c.g.parameter, parameter{q, k})
	c.created(q)
}

// transaction changes the tables, and now and then looks at the views before it ends. fill: it puts rows into all of them.
func (c *testCase) transaction(fill bool) {
	g := c.g
	var changes []string
	if fill {
		for _, t := range g.tables {
			changes = append(changes, g.insert(t))
		}
	}
	for range 1 + g.IntN(4) {
		changes = append(changes, g.change())
	}
	if g.oneIn(2) {
		changes = append(changes, g.insert(pick(g, g.tables)))
	}
	if g.failing != none || !g.oneIn(4) {
		c.do(step{op: "both", sql: strings.Join(changes, "; ")})
		return
	}
	c.do(step{op: "both", sql: "BEGIN"})
	failed := false
	for _, ch := range changes {
		c.do(step{op: "both", sql: ch})
		if _, code := c.query("SELECT 1"); code != "" {
			failed = true
			break
		}
	}
	if !failed && len(g.views) > 0 {
		v := pick(g, g.views)
		c.do(step{op: "read", sql: "SELECT * FROM " + v.name, columns: v.columns, whole: true})
	}
	c.do(step{op: "both", sql: pick(g, []string{"COMMIT", "COMMIT", "ROLLBACK"})})
}

// compareAll reads every view, and some of their queries.
func (c *testCase) compareAll() {
	g := c.g
	for _, v := range g.views {
		c.judge(step{op: "read", sql: "SELECT * FROM " + v.name, columns: v.columns, whole: true}, v)
		if g.oneIn(3) {
			c.do(step{op: "read", sql: v.sql, columns: v.columns, ordered: v.ordered})
		}
		if g.failing != none || !g.oneIn(3) {
			continue
		}
		col := pick(g, v.columns)
		value := typed(col.kind, g.constant(col.kind, g.oneIn(3)))
		if g.oneIn(2) {
			c.do(step{op: "read", sql: fmt.Sprintf("SELECT * FROM %s WHERE %s = %s", v.name, col.name, value), columns: v.columns})
		} else if !g.images {
			c.do(step{op: "read", sql: fmt.Sprintf("SELECT * FROM %s WHERE %s %s %s ORDER BY %s LIMIT 3", v.name, col.name,
				pick(g, []string{"<=", ">", "<>"}), value, g.ordinals(len(v.columns))), columns: v.columns, ordered: true})
		}
	}
	for _, p := range g.parameter {
		value := g.constant(p.kind, true)
		if !strings.Contains(value, "::") {
			value += "::" + typeNames[p.kind]
		}
		var names []string
		for _, col := range p.columns {
			names = append(names, col.name)
		}
		sql := fmt.Sprintf("SELECT %s FROM %s(%s)", strings.Join(names, ", "), p.name, value)
		if g.oneIn(3) && !strings.HasPrefix(value, "NULL") {
			sql = fmt.Sprintf("SELECT %s FROM %s WHERE p = %s", strings.Join(names, ", "), p.name, value)
		}
		c.judge(step{op: "read", sql: sql, reference: strings.ReplaceAll(p.sql, "$p", value), columns: p.columns}, p.query)
	}
}

// judge compares what a view has; its query then counts as compared.
func (c *testCase) judge(s step, v query) {
	before := c.total.Compared
	c.do(s)
	if c.total.Compared > before {
		c.total.Queries[identity(v.sql)] = true
	}
}

// shrink leaves out what is not needed for the last step to differ.
func (c *testCase) shrink(diff string) []step {
	steps := c.steps
	last := steps[len(steps)-1]
	for n := len(steps) / 2; n > 0; n /= 2 {
		for i := len(steps) - 1 - n; i >= 0; i -= n {
			without := slices.Delete(slices.Clone(steps), i, i+n)
			if differs(c.sides, without, last, diff) {
				steps = without
			}
		}
	}
	return steps
}

// differs replays steps and says whether the last one, and only that, differs.
func differs(old *sides, steps []step, last step, as string) bool {
	s := &sides{t: old.t, pg: old.pg, total: newTally(), everyRow: old.everyRow}
	dir := ""
	if old.dir != "" {
		dir = old.t.TempDir()
	}
	s.open(dir)
	defer s.close()
	for i, st := range steps {
		if diff, _ := s.take(st); diff != "" {
			return i == len(steps)-1 && st.sql == last.sql && kindOf(diff) == kindOf(as)
		}
	}
	return false
}

// kindOf tells rows that differ from an error.
func kindOf(diff string) string {
	first, _, _ := strings.Cut(diff, "\n")
	return first
}

func (s *sides) open(dir string) {
	s.dir, s.disk = dir, &simdisk.Disk{}
	s.reference("ROLLBACK")
	s.reference("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
	for _, sorted := range []string{"indexscan", "indexonlyscan", "incremental_sort"} {
		s.reference(fmt.Sprintf("SET enable_%s = %t", sorted, !s.everyRow))
	}
	s.start()
}

func (s *sides) start() {
	o := sqltest.Options(s.dir)
	o.MemoryLimit = 1 << 30 // what goes beyond its budget is refused
	if s.dir != "" {
		o.Segments = s.disk // a log in memory: what a database costs is starting it
	}
	e, err := engine.Open(context.Background(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.engine = e
	if s.client, err = sqltest.NewClient(e); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sides) close() {
	s.client.Close()
	if err := s.engine.Close(); err != nil {
		s.t.Errorf("closing: %v", err)
	}
}

// take runs a step on both sides; the difference, if there is one. refused: ours does not support it.
func (s *sides) take(st step) (diff string, refused bool) {
	switch st.op {
	case "restart":
		s.close()
		s.disk = s.disk.Restart(false)
		s.start()
	case "crash":
		s.client.Close()
		s.engine.Crash()
		s.disk = s.disk.Restart(false)
		s.start()
	case "checkpoint":
		if err := s.engine.Checkpoint(context.Background()); err != nil {
			return err.Error(), false
		}
	case "read":
		return s.read(st), false
	case "own":
		_, err := s.client.Exec(st.sql)
		if code := sqlerr.CodeOf(err); err != nil && code != sqlerr.FeatureNotSupported {
			if _, want := s.query(st.reference); want != string(code) {
				return fmt.Sprintf("-- got %v\n-- want SQLSTATE %q", err, want), true
			}
		} else if err != nil {
			s.total.Refused[sqlerr.From(err).Message]++
		}
		return "", err != nil
	case "view":
		_, err := s.client.Exec(st.sql)
		if sqlerr.CodeOf(err) == sqlerr.FeatureNotSupported {
			s.total.Refused[sqlerr.From(err).Message]++
			return "", true
		}
		_, want := s.query(st.reference)
		if err == nil && want == string(sqlerr.FeatureNotSupported) {
			s.total.Refused["by PostgreSQL"]++
			_, err = s.client.Exec("DROP MATERIALIZED VIEW " + strings.Fields(st.sql)[3])
			return "", err == nil
		}
		if got := string(sqlerr.CodeOf(err)); got != want {
			return fmt.Sprintf("-- got %v\n-- want SQLSTATE %s", err, want), false
		}
		if err != nil {
			s.total.Errors["view "+want]++
		}
		return "", err != nil
	default:
		_, err := s.client.Exec(st.sql)
		_, want := s.query(st.sql)
		if got := string(sqlerr.CodeOf(err)); got != want {
			return fmt.Sprintf("-- got %v\n-- want SQLSTATE %q", err, want), false
		}
		s.total.Changed++
		if want != "" {
			s.total.Errors[want]++
		}
	}
	return "", false
}

// query runs SQL on PostgreSQL; the rows, or the SQLSTATE.
func (s *sides) query(sql string) (rows [][]string, code string) {
	results, err := s.pg.Exec(context.Background(), sql).ReadAll()
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return nil, pe.Code
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range results[len(results)-1].Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = "NULL"
			if v != nil {
				cells[i] = string(v)
			}
		}
		rows = append(rows, cells)
	}
	return rows, ""
}

func (s *sides) reference(sql string) { s.query(sql) }

// read compares the rows of a query, or who errors and how.
func (s *sides) read(st step) string {
	if st.reference == "" {
		st.reference = st.sql
	}
	r, err := s.client.Exec(st.sql)
	want, code := s.query(st.reference)
	if !st.whole && sqlerr.CodeOf(err) == sqlerr.FeatureNotSupported { // a view may have lost what is refused, to LIMIT 0
		s.total.Refused["ad hoc: "+sqlerr.From(err).Message]++
		return ""
	}
	if code == "57014" {
		s.total.Refused["PostgreSQL took too long"]++
		return ""
	}
	s.total.Compared++
	if got := string(sqlerr.CodeOf(err)); got != code {
		return fmt.Sprintf("-- got %v %s\n-- want SQLSTATE %q %s", err, lines(r.Rows, st), code, lines(want, st))
	}
	if err != nil {
		s.total.Failing[code]++
		return ""
	}
	s.total.Rows += len(want)
	if st.whole {
		s.total.Whole++
		if len(want) == 0 {
			s.total.Empty++
		}
	}
	if g, w := lines(r.Rows, st), lines(want, st); g != w {
		return fmt.Sprintf("-- got %s\n-- want %s", g, w)
	}
	return ""
}

// lines prints rows; sorted, if their order means nothing.
func lines(rows [][]string, st step) string {
	out := make([]string, len(rows))
	for i, row := range rows {
		cells := slices.Clone(row)
		for j := range cells {
			if j < len(st.columns) {
				cells[j] = normal(cells[j], st.columns[j])
			}
		}
		out[i] = "\n--   (" + strings.Join(cells, ", ") + ")"
	}
	if !st.ordered {
		slices.Sort(out)
	}
	return strings.Join(out, "")
}
