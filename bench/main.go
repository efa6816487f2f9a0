// Command bench measures streamsql: each benchmark prints a table, and ratios against something measured in the same run.
//
//	go run ./bench [-smoke] [groupby|timeline|wire|commit|memory|tpch|nexmark|join10|state|recursive|all]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
)

// smoke makes everything small: does it run at all?
var smoke = flag.Bool("smoke", false, "run each benchmark on a small input")

// divide makes everything smaller, to find out where time goes.
var divide = flag.Int("divide", 1, "divide the inputs' sizes by this")

// verbose prints more lines.
var verbose = flag.Bool("v", false, "print details")

// profile is a file for a CPU profile of this process.
var profile = flag.String("cpuprofile", "", "write a CPU profile to this file")

var benchmarks = []struct {
	name string
	run  func(*report) error
}{
	{"groupby", groupBy},
	{"timeline", timeline},
	{"wire", wire},
	{"commit", commitLatency},
	{"memory", memory},
	{"tpch", tpchBench},
	{"nexmark", nexmarkBench},
	{"join10", join10},
	{"state", state},
	{"recursive", recursive},
}

func main() {
	flag.Parse()
	names := flag.Args()
	if len(names) == 0 {
		names = []string{"all"}
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	known := false
	for _, b := range benchmarks {
		if !slices.Contains(names, b.name) && !slices.Contains(names, "all") {
			continue
		}
		known = true
		r := newReport(b.name)
		if err := b.run(r); err != nil {
			pprof.StopCPUProfile()
			fmt.Fprintf(os.Stderr, "%s: %v\n", b.name, err)
			os.Exit(1)
		}
		r.print()
	}
	if !known {
		fmt.Fprintln(os.Stderr, "no such benchmark; see the comment of command bench")
		os.Exit(2)
	}
}

// sized is full, or a hundredth of it in a smoke run.
func sized(full int) int {
	if *smoke {
		return max(full/100, 10)
	}
	return max(full / *divide, 10)
}

// report collects the lines of a benchmark.
type report struct {
	name  string
	start time.Time
	rows  [][2]string
}

func newReport(name string) *report { return &report{name: name, start: time.Now()} }

func (r *report) add(what, format string, args ...any) {
	r.rows = append(r.rows, [2]string{what, fmt.Sprintf(format, args...)})
}

func (r *report) print() {
	fmt.Printf("\n%s (%s)\n", r.name, time.Since(r.start).Round(time.Second))
	w := tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', 0)
	for _, row := range r.rows {
		fmt.Fprintf(w, "  %s\t%s\n", row[0], row[1])
	}
	_ = w.Flush() // the terminal's errors are nobody's
}

// latencies of operations.
type latencies []time.Duration

func (l latencies) at(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return l[min(len(l)-1, int(q*float64(len(l))))]
}

func (l latencies) mean() time.Duration {
	var sum time.Duration
	for _, d := range l {
		sum += d
	}
	return sum / time.Duration(max(len(l), 1))
}

func (l latencies) String() string {
	return fmt.Sprintf("p50 %v  p99 %v  max %v", l.at(0.5).Round(time.Microsecond), l.at(0.99).Round(time.Microsecond), l.at(1).Round(time.Microsecond))
}

// perSecond is a rate in words.
func perSecond(n int, d time.Duration) string {
	rate := float64(n) / d.Seconds()
	switch {
	case rate >= 1e6:
		return fmt.Sprintf("%.2f M/s", rate/1e6)
	case rate >= 1e3:
		return fmt.Sprintf("%.1f k/s", rate/1e3)
	}
	return fmt.Sprintf("%.0f /s", rate)
}

// openEngine opens an engine in a directory of its own, its log synced, with a client.
func openEngine() (e *engine.Engine, c *sqltest.Client, closeEngine func(), err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	if e, err = engine.Open(context.Background(), sqltest.Options(dir)); err != nil {
		return nil, nil, nil, err
	}
	if c, err = sqltest.NewClient(e); err != nil {
		e.Close()
		return nil, nil, nil, err
	}
	return e, c, func() {
		c.Close()
		e.Close()
		os.RemoveAll(dir)
	}, nil
}
