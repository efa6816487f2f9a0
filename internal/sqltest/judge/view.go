package judge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

// viewRun is a segment in view or restart mode.
type viewRun struct {
	*pair
	*rand.Rand
	o       Options
	file    string
	crashes int // still to come
	ticks   int // transactions so far
	live    []*liveView
	failure error // of the harness: our side did not open again
}

// liveView is a query that stands as a materialized view.
type liveView struct {
	name    string
	verdict *Verdict
}

// views makes the queries of each segment views and lets the data come.
func (p *pair) views(records []slt.Record, t Task, o Options) ([]Verdict, error) {
	var out []*Verdict
	wanted := sampled(records, o, t.File)
	for i, s := range segments(records) {
		run := &viewRun{pair: p, Rand: rand.New(rand.NewPCG(o.Seed, seedOf(o.Seed, t.File, i))), o: o, file: t.File}
		if t.Mode == Restart {
			run.crashes = 1 + run.IntN(2)
		}
		out = append(out, run.segment(s, wanted)...)
		if run.failure != nil {
			return nil, run.failure
		}
	}
	verdicts := make([]Verdict, len(out))
	for i, v := range out {
		verdicts[i] = v.settled()
	}
	return verdicts, nil
}

// sampled are the lines of the queries that become views.
func sampled(records []slt.Record, o Options, file string) map[int]bool {
	wanted := map[int]bool{}
	queries := 0
	for i := range records {
		if records[i].IsQuery() {
			queries++
		}
	}
	for i := range records {
		r := &records[i]
		if r.IsQuery() && (o.Sample == 0 || seedOf(o.Seed, file, r.Line)%uint64(queries) < uint64(o.Sample)) && o.wants(r) {
			wanted[r.Line] = true
		}
	}
	return wanted
}

func (v *viewRun) segment(s *segment, wanted map[int]bool) (out []*Verdict) {
	for _, r := range s.before {
		v.both(r.SQL)
	}
	held := v.takeAway(slices.ContainsFunc(s.queries, func(r *slt.Record) bool { return wanted[r.Line] }))
	for _, r := range s.creates {
		v.both(r.SQL)
	}
	for _, r := range s.queries {
		if !wanted[r.Line] {
			continue
		}
		if verdict := v.create(r); verdict.Outcome != Uncounted {
			out = append(out, verdict)
		}
	}
	v.flow(held, s.data)
	v.compare(1)
	for _, l := range v.live {
		v.ours.exec("", "DROP MATERIALIZED VIEW "+l.name)
	}
	return out
}

// temporary is how a table begins that no materialized view may read, in PostgreSQL either: in these modes it is an ordinary one.
var temporary = regexp.MustCompile(`(?i)^(\s*create\s+)(local\s+)?temp(orary)?\s+(table|view|sequence)\b`)

var settings = regexp.MustCompile(`(?i)^\s*(set|reset)\s`)

// both gives a statement to both sides.
func (v *viewRun) both(sql string) (want, got Answer) {
	sql = temporary.ReplaceAllString(sql, "$1$4")
	want = v.pg.exec("", materialized.ReplaceAllString(sql, "VIEW"))
	got = v.ours.exec("", sql)
	if got.failed() && !want.failed() {
		v.remember(sql, got.Message)
		v.dirty = true
	} else if !got.failed() {
		v.forget(sql)
		if settings.MatchString(sql) {
			v.set = append(v.set, sql)
		}
	}
	return want, got
}

// takeAway empties the tables of earlier segments; their rows come again once the views are there.
func (v *viewRun) takeAway(needed bool) map[string][]row {
	held := map[string][]row{}
	if !needed {
		return held
	}
	v.synchronize()
	for _, t := range v.tables() {
		rows, failed := t.contents(v.pg)
		if failed != nil || len(rows) == 0 {
			continue
		}
		if a := v.pg.exec("", "DELETE FROM "+t.name); a.failed() {
			continue
		}
		held[t.name] = rows
		v.ours.exec("", "DELETE FROM "+t.name)
	}
	v.synchronize()
	return held
}

// create makes a query a materialized view, if PostgreSQL takes it as a view.
func (v *viewRun) create(r *slt.Record) *Verdict {
	verdict := &Verdict{Record: r}
	columns := v.pg.columns(r.SQL)
	if columns == 0 || catalogs.MatchString(r.SQL) {
		return verdict
	}
	names := make([]string, columns)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	definition := fmt.Sprintf("(%s) AS %s", strings.Join(names, ", "), r.SQL)
	if a := v.pg.exec("", "CREATE VIEW judged"+definition+"\n; DROP VIEW judged; EXPLAIN "+r.SQL); a.failed() {
		return verdict
	}
	l := &liveView{name: fmt.Sprintf("judged_%d", r.Line), verdict: verdict}
	a := v.ours.exec("", "CREATE MATERIALIZED VIEW "+l.name+definition)
	reason, lost := v.needsLost(r.SQL)
	switch {
	case !a.failed():
		verdict.Outcome = Right
		v.live = append(v.live, l)
	case a.refused():
		verdict.Outcome, verdict.Reason = Refused, a.Message
	case lost:
		verdict.Outcome, verdict.Reason = Refused, reason
	default:
		verdict.Outcome, verdict.Detail = Wrong, fmt.Sprintf("CREATE MATERIALIZED VIEW: %s", show(&a))
	}
	return verdict
}

// columns is how many a query gives; 0 if it is none.
func (d *wireDatabase) columns(sql string) int {
	c, err := d.session("")
	if err != nil {
		return 0
	}
	s, err := c.Prepare(context.Background(), "", sql, nil)
	if err != nil {
		return 0
	}
	return len(s.Fields)
}

// compare reads one of share views, and its query in PostgreSQL.
func (v *viewRun) compare(share uint64) {
	for _, l := range v.live {
		line := l.verdict.Record.Line
		if l.verdict.Outcome != Right || seedOf(v.o.Seed, line, v.ticks)%share != 0 {
			continue
		}
		sql := l.verdict.Record.SQL
		want := v.pg.exec("", sql)
		if want.Code == "57014" {
			continue
		}
		got := v.ours.exec("", "SELECT * FROM "+l.name)
		if !got.failed() && !want.failed() {
			got.Columns = want.Columns
		}
		detail := v.judgedBag(sql, &want, &got)
		if detail == "" {
			continue
		}
		if choosing.MatchString(sql) { // PostgreSQL's choice is as good as ours, if ours is that of the query
			if adhoc := v.ours.exec("", sql); !adhoc.failed() && !got.failed() && sameRows(&adhoc, &got, false) && len(got.Rows) == len(want.Rows) {
				continue
			}
		}
		l.verdict.Outcome = Wrong
		l.verdict.Detail = fmt.Sprintf("after %d transactions\n%s", v.ticks, detail)
	}
}

// judgedBag is judged without the order of rows, which reading a view does not promise.
func (v *viewRun) judgedBag(sql string, want, got *Answer) string {
	if !want.failed() && !got.failed() && sameRows(want, got, false) {
		return ""
	}
	return v.judged(sql, want, got)
}
