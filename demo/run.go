package demo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// app is one of the six applications.
type app struct {
	name  string
	about string // a sentence
	// load fills the tables.
	load func(l *loader) error
	// event is the next thing that happens: a statement with its arguments.
	event func(r *rand.Rand, n int64) (sql string, args []any)
	// read is what the application shows.
	read func(r *rand.Rand) (sql string, args []any)
	// try is what to type in psql.
	try []string
}

var apps = []app{timeline, pageviews, posts, wiki, search, cart}

// Names of the demos; the first is the default.
func Names() []string {
	names := make([]string, len(apps))
	for i, a := range apps {
		names[i] = a.name
	}
	return names
}

// Find tells whether there is a demo of that name; "" is the default one.
func Find(name string) (string, error) {
	if name == "" {
		return apps[0].name, nil
	}
	if !slices.Contains(Names(), name) {
		return "", fmt.Errorf("there is no demo %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return name, nil
}

// Options of a run.
type Options struct {
	Name string
	DSN  string // of the server
	Psql string // how to connect, as printed
	Out  io.Writer
	// Rate is how many events a second there are at most.
	Rate int
	// Small loads a hundredth of the data (tests).
	Small bool
	// Every is how often a line of rates is printed; Lines ends the run after so many, 0: never.
	Every time.Duration
	Lines int
}

// Run creates the demo's tables and views, loads its data, and keeps events flowing until ctx ends.
func Run(ctx context.Context, o Options) error {
	i := slices.IndexFunc(apps, func(a app) bool { return a.name == o.Name })
	if i < 0 {
		return fmt.Errorf("there is no demo %q", o.Name)
	}
	a := apps[i]
	conn, err := pgx.Connect(ctx, o.DSN)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	schema, err := Schema(a.name)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, schema); err != nil {
		return fmt.Errorf("creating tables and views: %w", err)
	}
	fmt.Fprintf(o.Out, "%s: %s\n", a.name, a.about)
	start := time.Now()
	l := &loader{ctx: ctx, conn: conn, rng: rand.New(rand.NewPCG(1, 1)), began: start, small: o.Small}
	if err := a.load(l); err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	fmt.Fprintf(o.Out, "loaded %d rows in %.1f s; the views were right all the time\n\n", l.rows, time.Since(start).Seconds())
	fmt.Fprintf(o.Out, "In another terminal:\n\n    %s\n\nand then, for example:\n\n", o.Psql)
	for _, t := range a.try {
		fmt.Fprintf(o.Out, "    %s\n", t)
	}
	fmt.Fprint(o.Out, "\nIn psql, \\watch 1 repeats the last query every second. Ctrl-C here ends the demo.\n\n")
	err = flow(ctx, o, a)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// flow makes events on one connection and reads on another, and prints a line now and then.
func flow(ctx context.Context, o Options, a app) error {
	reader, err := pgx.Connect(ctx, o.DSN)
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	reads := make(chan []time.Duration, 1)
	failed := make(chan error, 1)
	var reading sync.WaitGroup
	defer reading.Wait() // before its connection is closed
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	reading.Go(func() { failed <- readLoop(stop, reader, a, reads) })
	reads <- nil
	writer, err := pgx.Connect(ctx, o.DSN)
	if err != nil {
		return err
	}
	defer writer.Close(context.WithoutCancel(ctx))
	rng := rand.New(rand.NewPCG(3, 3))
	pace := time.NewTicker(time.Second / time.Duration(o.Rate))
	defer pace.Stop()
	line := time.NewTicker(o.Every)
	defer line.Stop()
	var writes []time.Duration
	for n, lines := int64(0), 0; o.Lines == 0 || lines < o.Lines; {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-line.C:
			r := <-reads
			reads <- nil
			fmt.Fprintf(o.Out, "%6.0f events/s  commit %s   %6.0f reads/s  %s\n",
				float64(len(writes))/o.Every.Seconds(), quantiles(writes), float64(len(r))/o.Every.Seconds(), quantiles(r))
			writes = writes[:0]
			lines++
		case <-pace.C:
			n++
			sql, args := a.event(rng, n)
			begin := time.Now()
			if _, err := writer.Exec(ctx, sql, args...); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			writes = append(writes, time.Since(begin))
		}
	}
	return nil
}

// readLoop reads what the application shows; the latencies go to whoever takes the list out of reads.
func readLoop(ctx context.Context, conn *pgx.Conn, a app, reads chan []time.Duration) error {
	rng := rand.New(rand.NewPCG(4, 4))
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
		sql, args := a.read(rng)
		begin := time.Now()
		rows, err := conn.Query(ctx, sql, args...)
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: %w", sql, err)
		}
		reads <- append(<-reads, time.Since(begin))
	}
}

func quantiles(l []time.Duration) string {
	if len(l) == 0 {
		return "-"
	}
	slices.Sort(l)
	at := func(q float64) float64 { return float64(l[int(q*float64(len(l)-1))].Microseconds()) / 1000 }
	return fmt.Sprintf("p50 %5.2f ms p99 %5.2f ms", at(0.5), at(0.99))
}

// loader copies made-up rows into tables.
type loader struct {
	ctx   context.Context
	conn  *pgx.Conn
	rng   *rand.Rand
	began time.Time
	small bool
	rows  int
}

// size is full, or a hundredth in a small run.
func (l *loader) size(full int) int {
	if l.small {
		return max(full/100, 10)
	}
	return full
}

// copy loads n rows; row gives the values of row i, from 0.
func (l *loader) copy(table string, n int, row func(i int) []any) error {
	conn := l.conn.PgConn()
	pr, pw := io.Pipe()
	go func() {
		for i := range n {
			cells := row(i)
			for k, c := range cells {
				if k > 0 {
					fmt.Fprint(pw, "\t")
				}
				if c == nil {
					c = `\N`
				}
				fmt.Fprint(pw, c)
			}
			fmt.Fprint(pw, "\n")
		}
		_ = pw.Close() // a pipe's Close does not fail
	}()
	tag, err := conn.CopyFrom(l.ctx, pr, "COPY "+table+" FROM STDIN")
	_ = pr.Close() // ends the writer if COPY failed
	l.rows += int(tag.RowsAffected())
	return err
}

// zipf draws from 0..n-1, small numbers most often.
func zipf(r *rand.Rand, n int) func() int {
	z := rand.NewZipf(r, 1.3, 8, uint64(n-1))
	return func() int { return int(z.Uint64()) }
}

var words = strings.Fields(`time year people way day man thing woman life child world school state family student group country problem hand
part place case week company system program question work government number night point home water room mother area money story fact month lot
right study book eye job word business issue side kind head house service friend father power hour game line end member law car city community
name president team minute idea body information back parent face others level office door health person art war history party result change
morning reason research girl guy moment air teacher force education`)

// phrase is n random words.
func phrase(r *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = words[r.IntN(len(words))]
	}
	return strings.Join(out, " ")
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

// before is a timestamp n seconds before the demo began.
func (l *loader) before(n int) string {
	return l.began.Add(-time.Duration(n) * time.Second).UTC().Format("2006-01-02 15:04:05Z07:00")
}
