package judge

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/internal/sqltest/slt"
)

// Mode is how a file is run.
type Mode string

// The modes.
const (
	Plain   Mode = "plain"
	View    Mode = "view"
	Restart Mode = "restart"
)

// Modes are all.
var Modes = []Mode{Plain, View, Restart}

// Options of a run.
type Options struct {
	Seed     uint64
	Wire     bool // our server in a process of its own, over the protocol
	Line     int  // only this record is a view, or with plain only it is reported; 0: all
	Sample   int  // so many queries of a file become views, at most; 0: all
	Records  int  // so many of a file's records are run, at most; 0: all
	Parallel int
}

// Task is a file in a mode.
type Task struct {
	Corpus Corpus
	File   string
	Mode   Mode
}

// Result is what became of a task.
type Result struct {
	Task     Task
	Seed     uint64
	Verdicts []Verdict
}

// Again is the command that runs a record again.
func (r *Result) Again(line int) string {
	return fmt.Sprintf("go run ./internal/sqltest/conformance -corpus %s -file %s -mode %s -seed %d -line %d",
		r.Task.Corpus.Name, r.Task.File, r.Task.Mode, r.Seed, line)
}

// Run judges tasks in parallel, beside one PostgreSQL; each result is given to report as it comes, one at a time. It begins no task once ctx
// has ended.
func Run(ctx context.Context, tasks []Task, o Options, report func(Result)) error {
	pg, err := pgtest.Start(pgtest.Options{Extra: []string{"jit=off", "autovacuum=off"}})
	if err != nil {
		return err
	}
	queue := make(chan Task)
	failures := make([]error, o.Parallel)
	var one sync.Mutex
	var workers sync.WaitGroup
	for i := range o.Parallel {
		workers.Go(func() {
			failures[i] = prepare(pg, fmt.Sprintf("judge_%d", i))
			for t := range queue {
				r, err := runTask(pg, t, o, fmt.Sprintf("judge_%d", i))
				if err != nil {
					failures[i] = errors.Join(failures[i], fmt.Errorf("%s %s: %w", t.File, t.Mode, err))
					continue
				}
				one.Lock()
				report(r)
				one.Unlock()
			}
		})
	}
	for _, t := range tasks {
		select {
		case queue <- t:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	return errors.Join(append(failures, pg.Stop())...)
}

// runTask runs a file in databases of its own.
func runTask(pg *pgtest.Server, t Task, o Options, name string) (r Result, err error) {
	r = Result{Task: t, Seed: o.Seed}
	records, err := t.Corpus.Read(t.File)
	if err != nil {
		return r, err
	}
	if o.Records > 0 && len(records) > o.Records {
		records = records[:o.Records]
	}
	dir, err := os.MkdirTemp("", "judge")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ours, err := open(dir, o.Wire)
	if err != nil {
		return r, err
	}
	p := newPair(strings.Replace(pg.DSN(), "dbname=postgres", "dbname="+name, 1), ours)
	defer func() { err = errors.Join(err, p.close()) }()
	if a := p.pg.exec("", reset); a.failed() {
		return r, fmt.Errorf("emptying PostgreSQL: %s", a.Message)
	}
	if t.Mode == Plain {
		r.Verdicts = p.plain(records)
	} else {
		r.Verdicts, err = p.views(records, t, o)
	}
	return r, err
}

// prepare makes a worker's database.
func prepare(pg *pgtest.Server, name string) error {
	c, err := pgconn.Connect(context.Background(), pg.DSN())
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	_, err = c.Exec(context.Background(), "CREATE DATABASE "+name).ReadAll()
	return err
}

// reset empties it; a DROP DATABASE for each file would wait for a checkpoint each time.
const reset = `DO $$ DECLARE s name; BEGIN
	FOR s IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' LOOP
		EXECUTE 'DROP SCHEMA ' || quote_ident(s) || ' CASCADE';
	END LOOP;
END $$; CREATE SCHEMA public`

// open starts our side in a directory.
func open(dir string, wire bool) (database, error) {
	if wire {
		d := &wireDatabase{sessions: map[string]*pgconn.PgConn{}}
		return d, d.start(dir)
	}
	d := &processDatabase{dir: dir}
	return d, d.open()
}

// seedOf makes a number of a run's seed and of what else a choice depends on.
func seedOf(seed uint64, parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, seed)
	fmt.Fprint(h, parts...)
	return h.Sum64()
}

// lineOf says whether a record is asked for.
func (o *Options) wants(r *slt.Record) bool { return o.Line == 0 || o.Line == r.Line }
