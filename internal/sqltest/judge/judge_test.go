package judge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

const sampleRoot = "../../../testdata/corpora/slt"

// TestSample judges the fixed sample in testdata/corpora and our own scripts in testdata/slt: nothing is wrong, and no rate is below its floor
// in floors.txt. The whole corpora are for `make conformance`.
func TestSample(t *testing.T) {
	report := NewReport()
	if err := Run(t.Context(), sampleTasks(t), Options{Seed: 1, Parallel: 2}, func(r Result) {
		report.Add(&r)
		for _, v := range r.Verdicts {
			if v.Outcome == Wrong {
				t.Errorf("%s:%d %s, seed %d\n%s\n%s\nagain: %s -corpora testdata/corpora/slt", r.Task.File, v.Record.Line, r.Task.Mode, r.Seed,
					v.Record.SQL, v.Detail, r.Again(v.Record.Line))
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	for _, f := range floors(t) {
		if rate := report.Rate(f.corpus, f.mode); rate.Percent() < f.percent {
			t.Errorf("%s %s: %.1f %% right, %.1f %% before", f.corpus, f.mode, rate.Percent(), f.percent)
		}
	}
}

// sampleTasks are the files of the sample in the modes; every second one is restarted.
func sampleTasks(t *testing.T) (tasks []Task) {
	t.Helper()
	for _, c := range append(Corpora(sampleRoot), Own("../../../testdata/slt")) {
		files, err := c.Files()
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", c.Root, err)
		}
		for i, f := range files {
			tasks = append(tasks, Task{c, f, Plain}, Task{c, f, View})
			if i%2 == 0 {
				tasks = append(tasks, Task{c, f, Restart})
			}
		}
	}
	return tasks
}

// TestOverTheWire runs a file of each corpus against the server's own process; restart mode kills it.
func TestOverTheWire(t *testing.T) {
	files := []string{"batch/aggregate/array_agg.slt.part", "logic_test/union", "sql/select_implicit.sql", "evidence/in1.test"}
	var tasks []Task
	for i, c := range Corpora(sampleRoot) {
		tasks = append(tasks, Task{c, files[i], Plain}, Task{c, files[i], Restart})
	}
	right := 0
	if err := Run(t.Context(), tasks, Options{Seed: 1, Parallel: 2, Wire: true}, func(r Result) {
		for _, v := range r.Verdicts {
			switch v.Outcome {
			case Right:
				right++
			case Wrong:
				t.Errorf("%s:%d %s\n%s\n%s\nagain: %s -wire -corpora testdata/corpora/slt", r.Task.File, v.Record.Line, r.Task.Mode, v.Record.SQL,
					v.Detail, r.Again(v.Record.Line))
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if right < 100 {
		t.Errorf("only %d records are right", right)
	}
}

type floor struct {
	corpus  string
	mode    Mode
	percent float64
}

func floors(t *testing.T) (out []floor) {
	t.Helper()
	text, err := os.ReadFile("floors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var f floor
		if _, err := fmt.Sscan(line, &f.corpus, &f.mode, &f.percent); err != nil {
			t.Fatalf("floors.txt: %q: %v", line, err)
		}
		out = append(out, f)
	}
	return out
}

// forgetful is a database whose answers to what contains a text lack their last row.
type forgetful struct {
	database
	of string
}

func (d *forgetful) exec(session, sql string) Answer {
	a := d.database.exec(session, sql)
	if strings.Contains(sql, d.of) && len(a.Rows) > 0 {
		a.Rows = a.Rows[:len(a.Rows)-1]
	}
	return a
}

// TestJudgeSeesWrongAnswers gives the judge a database that loses rows.
func TestJudgeSeesWrongAnswers(t *testing.T) {
	dir := t.TempDir()
	text := "statement ok\nCREATE TABLE t (a int)\n\nquery I rowsort\nSELECT a FROM t\n----\n\n" +
		"statement ok\nINSERT INTO t VALUES (1), (2)\n\nquery I rowsort\nSELECT a FROM t WHERE a > 0\n----\n1\n2\n"
	if err := os.WriteFile(filepath.Join(dir, "case.slt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	records, err := slt.Read(dir, "case.slt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode Mode
		of   string
		line int
	}{{Plain, "a > 0", 11}, {View, "judged_4", 4}, {Restart, "judged_11", 11}, {View, "nothing", 0}} {
		got := wrongLines(t, records, c.mode, c.of)
		if c.line == 0 && got != nil || c.line > 0 && (len(got) != 1 || got[0] != c.line) {
			t.Errorf("%s, rows of %q lost: wrong are the lines %v, want %d", c.mode, c.of, got, c.line)
		}
	}
}

// wrongLines runs records with a forgetful database of ours.
func wrongLines(t *testing.T, records []slt.Record, mode Mode, of string) (lines []int) {
	t.Helper()
	pg, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := open(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(pg.DSN(), &forgetful{ours, of})
	verdicts := p.plain
	if mode != Plain {
		verdicts = func(r []slt.Record) []Verdict {
			v, err := p.views(r, Task{Mode: mode}, Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	for _, v := range verdicts(records) {
		if v.Outcome == Wrong {
			lines = append(lines, v.Record.Line)
		}
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
	if err := pg.Stop(); err != nil {
		t.Error(err)
	}
	return lines
}
