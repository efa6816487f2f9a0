package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report counts outcomes.
type Report struct {
	Wrong   int
	corpora map[string]map[Mode]*Rate
	by      map[string]map[Mode]*Rate // features
	refused map[string]map[Mode]int   // reason
	wanted  map[string]int
}

// Rate counts the records of one kind.
type Rate struct{ Right, Refused, Wanted, Wrong int }

// Counted is how many there are.
func (r *Rate) Counted() int { return r.Right + r.Refused + r.Wanted + r.Wrong }

// Percent is the share that is right.
func (r *Rate) Percent() float64 {
	return 100 * float64(r.Right+r.Wanted) / float64(max(1, r.Counted()))
}

func (r *Rate) add(o Outcome) {
	switch o {
	case Right:
		r.Right++
	case Refused:
		r.Refused++
	case Wanted:
		r.Wanted++
	case Wrong:
		r.Wrong++
	}
}

// NewReport is an empty one.
func NewReport() *Report {
	return &Report{corpora: map[string]map[Mode]*Rate{}, by: map[string]map[Mode]*Rate{}, refused: map[string]map[Mode]int{}, wanted: map[string]int{}}
}

func rateOf(m map[string]map[Mode]*Rate, name string, mode Mode) *Rate {
	if m[name] == nil {
		m[name] = map[Mode]*Rate{Plain: {}, View: {}, Restart: {}}
	}
	return m[name][mode]
}

// Add counts a result.
func (r *Report) Add(res *Result) {
	mode := res.Task.Mode
	for i := range res.Verdicts {
		v := &res.Verdicts[i]
		if v.Outcome == Uncounted {
			continue
		}
		rateOf(r.corpora, res.Task.Corpus.Name, mode).add(v.Outcome)
		for _, f := range features {
			if f.pattern.MatchString(v.Record.SQL) {
				rateOf(r.by, f.name, mode).add(v.Outcome)
			}
		}
		switch v.Outcome {
		case Refused:
			if r.refused[v.Reason] == nil {
				r.refused[v.Reason] = map[Mode]int{}
			}
			r.refused[v.Reason][mode]++
		case Wanted:
			r.wanted[v.Reason]++
		case Wrong:
			r.Wrong++
		}
	}
}

// Rate is that of a corpus in a mode.
func (r *Report) Rate(corpus string, m Mode) Rate { return *rateOf(r.corpora, corpus, m) }

const preface = `# Conformance

What the public sqllogictest corpora and 16 of PostgreSQL's own regression files get from streamsql, judged by a PostgreSQL 15 that runs the
same statements: an answer is right, refused with 0A000, or wrong. A record counts if PostgreSQL answers as its file wants (the files mean
other systems, too). *plain* runs a file as it is. *view* makes its queries materialized views before the data arrive in random transactions,
with rows changed and changed back, and compares each view on the way and at the end; *restart* also kills the engine in between.

%s writes this page. CI judges the sample in testdata/corpora and holds its rates.

`

// randomQueries heads what other programs found: it stands at the end of the page, and is not this report's.
const randomQueries = "\n## Random queries\n"

// Page is the report as a page that says which command wrote it. It keeps what the page that it replaces says of random queries.
func (r *Report) Page(command, before string) string {
	page := fmt.Sprintf(preface, "`"+command+"`") + r.String()
	if i := strings.Index(before, randomQueries); i >= 0 {
		page += before[i:]
	}
	return page
}

// String is the report's tables in Markdown.
func (r *Report) String() string {
	var b strings.Builder
	b.WriteString("| corpus | mode | counted | right | wanted differences | refused (0A000) | wrong | right, % |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range sortedKeys(r.corpora) {
		for _, m := range Modes {
			if x := r.corpora[c][m]; x.Counted() > 0 {
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %.1f |\n", c, m, x.Counted(), x.Right, x.Wanted, x.Refused, x.Wrong, x.Percent())
			}
		}
	}
	b.WriteString("\n## By operator and feature\n\nRight of counted; a record counts in each line whose words it has.\n\n| | plain | view | restart |\n|---|---|---|---|\n")
	for _, f := range features {
		if x := r.by[f.name]; x != nil {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.name, share(x[Plain]), share(x[View]), share(x[Restart]))
		}
	}
	b.WriteString("\n## What is refused\n\n| reason | plain | view | restart |\n|---|---|---|---|\n")
	sum := func(k string) (n int) {
		for _, c := range r.refused[k] {
			n += c
		}
		return n
	}
	reasons := slices.SortedFunc(maps.Keys(r.refused), func(a, b string) int {
		if d := sum(b) - sum(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, k := range reasons {
		n := r.refused[k]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", k, n[Plain], n[View], n[Restart])
	}
	if len(r.wanted) > 0 {
		b.WriteString("\n## Wanted differences\n\n| why | records |\n|---|---|\n")
		for _, k := range sortedKeys(r.wanted) {
			fmt.Fprintf(&b, "| %s | %d |\n", k, r.wanted[k])
		}
	}
	return b.String()
}

func share(r *Rate) string {
	if r.Counted() == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", r.Right+r.Wanted, r.Counted())
}
