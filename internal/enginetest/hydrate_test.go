package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

const bigSchema = `
	CREATE TABLE big (id int PRIMARY KEY, g int, v int);
	CREATE TABLE dim (g int PRIMARY KEY, name text);
	INSERT INTO dim SELECT i, 'name ' || i FROM generate_series(0, 99) AS i;
	INSERT INTO big SELECT i, i % 100, i % 1000 FROM generate_series(1, 200000) AS i`

// fill makes a table of 200 k rows, and a small one beside it.
func fill(d *db) *client {
	a := d.session()
	a.do(bigSchema)
	return a
}

// writing runs two writers until stop is called.
func (d *db) writing() (stop func() error) {
	var done atomic.Bool
	var wg sync.WaitGroup
	var errs [2]error
	for i := range errs {
		c := d.session()
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(11, uint64(i)))
			for n := 0; !done.Load(); n++ {
				id := rng.IntN(200_000) + 1
				var err error
				switch n % 5 {
				case 0:
					err = c.run("INSERT INTO big VALUES (%d, %d, %d) ON CONFLICT (id) DO NOTHING", 200_001+rng.IntN(100_000), rng.IntN(100), rng.IntN(1000))
				case 1:
					err = c.run("DELETE FROM big WHERE id BETWEEN %d AND %d", id, id+20)
				case 2:
					err = c.run("UPDATE dim SET name = name || 'x' WHERE g = %d", rng.IntN(100))
				case 3:
					err = c.run("UPDATE big SET id = -id WHERE id = %d", id)
				default:
					err = c.run("UPDATE big SET g = %d, v = v + 1 WHERE id BETWEEN %d AND %d", rng.IntN(100), id, id+20)
				}
				if err != nil && sqlerr.CodeOf(err) != sqlerr.UniqueViolation {
					errs[i] = err
					return
				}
			}
		})
	}
	return func() error {
		done.Store(true)
		wg.Wait()
		return errors.Join(errs[:]...)
	}
}

var bigViews = map[string]string{
	"sums":  "SELECT g, count(*) AS n, sum(v) AS v, max(v) AS top FROM big GROUP BY g",
	"named": "SELECT b.id, d.name, b.v FROM big b JOIN dim d ON d.g = b.g WHERE b.v < 100",
	"outer": "SELECT d.g, d.name, b.id FROM dim d LEFT JOIN big b ON b.v = d.g AND b.id % 2 = 0",
	"twice": "SELECT a.id, b.id AS other FROM big a JOIN big b ON b.v = a.id WHERE a.id < 1000",
	"anti":  "SELECT id FROM big b WHERE NOT EXISTS (SELECT 1 FROM big o WHERE o.id = b.id + 1)",
	"chain": "SELECT a.id, b.id AS other, d.name FROM big a JOIN big b ON b.id = a.v JOIN big c ON c.id = b.v JOIN dim d ON d.g = c.g",
	"reach": "WITH RECURSIVE r (id) AS (SELECT id FROM big WHERE g = 7 UNION SELECT b.id FROM r JOIN big b ON b.v = r.id AND b.id % 3 = 0) SELECT r.id, d.name FROM r JOIN big b USING (id) JOIN dim d USING (g)",
	"top":   "SELECT id, v FROM big ORDER BY v DESC, id LIMIT 10",
}

// Views are hydrated while writers go on, and right when CREATE returns.
func TestHydrateBesideWriters(t *testing.T) {
	d := open(t)
	a := fill(d)
	stop := d.writing()
	var views []string
	for name, query := range bigViews {
		views = append(views, name+"s")
		a.do("CREATE MATERIALIZED VIEW " + name + "s AS " + query)
	}
	a.same(views...)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	a.same(views...)
	d.crash()
	d.session().same(views...)
}

// Two views of one transaction, of which one reads the other.
func TestHydrateChain(t *testing.T) {
	d := open(t)
	a := fill(d)
	stop := d.writing()
	a.do(`BEGIN;
		CREATE MATERIALIZED VIEW one AS SELECT g, count(*) AS n, sum(v) AS v FROM big GROUP BY g;
		CREATE MATERIALIZED VIEW two AS SELECT d.name, o.n, o.v FROM dim d JOIN one o ON o.g = d.g;
		CREATE MATERIALIZED VIEW three AS SELECT max(n) AS n FROM two;
		COMMIT`)
	a.same("one", "two", "three")
	a.do("CREATE MATERIALIZED VIEW four AS SELECT t.name, b.id FROM two t JOIN one o ON o.n = t.n JOIN big b ON b.g = o.g WHERE b.v < 10")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	a.same("one", "two", "three", "four")
}

// An index is used only when it has everything, also while writers go on.
func TestCreateIndexBesideWriters(t *testing.T) {
	d := open(t)
	a := fill(d)
	a.do("CREATE MATERIALIZED VIEW named AS SELECT b.id, b.g, d.name FROM big b JOIN dim d ON d.g = b.g")
	stop := d.writing()
	a.do("CREATE INDEX big_v ON big (v)")
	check := func() {
		t.Helper()
		a.do("BEGIN ISOLATION LEVEL REPEATABLE READ")
		a.want("SELECT (SELECT count(*) FROM big WHERE v = 7) - (SELECT count(*) FROM big WHERE v + 0 = 7)", "0")
		a.want("SELECT (SELECT count(*) FROM big WHERE v > 990) - (SELECT count(*) FROM big WHERE v + 0 > 990)", "0")
		a.want("SELECT (SELECT count(*) FROM named WHERE id = 77) - (SELECT count(*) FROM named WHERE id + 0 = 77)", "0")
		a.want("SELECT (SELECT count(*) FROM named WHERE id < 7777) - (SELECT count(*) FROM named WHERE id + 0 < 7777)", "0")
		a.do("COMMIT")
	}
	check()
	a.do("CREATE INDEX named_id ON named (id)")
	check()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	check()
	d.crash()
	a = d.session()
	check()
}

// A unique index is refused over duplicates, and holds from the moment that it is there.
func TestUniqueIndexBesideWriters(t *testing.T) {
	d := open(t)
	a := fill(d)
	e := a.fails(sqlerr.UniqueViolation, "CREATE UNIQUE INDEX big_v ON big (v)")
	if e.Message != `could not create unique index "big_v"` {
		t.Error(e.Message)
	}
	a.do("UPDATE big SET v = id")
	b := d.session()
	var wg sync.WaitGroup
	began := make(chan struct{})
	var dup error
	wg.Go(func() {
		close(began)
		for i := 1; dup == nil; i++ { // fails as soon as the index is there
			_, dup = b.Exec(fmt.Sprintf("BEGIN; INSERT INTO big VALUES (-%d, 0, 200000); DELETE FROM big WHERE id = -%d; INSERT INTO big VALUES (-%d, 0, %d); COMMIT", i, i, i, 300_000+i))
		}
	})
	<-began
	a.do("CREATE UNIQUE INDEX big_v ON big (v)")
	a.fails(sqlerr.UniqueViolation, "INSERT INTO big VALUES (0, 0, 199999)")
	a.fails(sqlerr.UniqueViolation, "UPDATE big SET v = 199999 WHERE id = 5")
	wg.Wait()
	if sqlerr.CodeOf(dup) != sqlerr.UniqueViolation {
		t.Errorf("got %v", dup)
	}
	a.want("SELECT count(*) - count(DISTINCT v) FROM big", "0")
}

// A CREATE that is cancelled leaves nothing behind: the name is free, and everything else of it is gone.
func TestCancelHydration(t *testing.T) {
	d := open(t)
	a := fill(d)
	stop := d.writing()
	b := d.session()
	ctx, cancel := context.WithCancel(context.Background())
	began := make(chan struct{})
	var wg sync.WaitGroup
	var err error
	wg.Go(func() {
		close(began)
		err = b.Session.Query(ctx, "CREATE MATERIALIZED VIEW v AS SELECT a.g, count(*) AS n FROM big a JOIN big b ON b.g = a.g AND b.v = a.v GROUP BY a.g", discard{})
	})
	<-began
	for seen := false; !seen; { // until it is under way
		sn := d.engine.Snapshot()
		seen = sn.Catalog.Lookup("public", "v") != nil
		sn.Close()
	}
	cancel()
	wg.Wait()
	switch {
	case err == nil: // it was quicker than the cancellation
		a.do("DROP MATERIALIZED VIEW v")
	case sqlerr.CodeOf(err) != sqlerr.QueryCanceled:
		t.Fatalf("got %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	a.fails(sqlerr.UndefinedTable, "SELECT * FROM v")
	a.do("CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM big GROUP BY g")
	a.same("v")
}

// A CREATE that is cancelled in a transaction with other effects does not undo half of them: its COMMIT has happened.
func TestCancelHydrationInTransaction(t *testing.T) {
	d := open(t)
	a := fill(d)
	b := d.session()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var err error
	wg.Go(func() {
		err = b.Session.Query(ctx, `BEGIN; CREATE TABLE other (a int); INSERT INTO other VALUES (1); DELETE FROM big WHERE id < 10;
			CREATE MATERIALIZED VIEW v AS SELECT a.g, count(*) AS n FROM big a JOIN big b ON b.g = a.g AND b.v = a.v GROUP BY a.g; COMMIT`, discard{})
	})
	for seen := false; !seen; { // until it is under way
		sn := d.engine.Snapshot()
		seen = sn.Catalog.Lookup("public", "v") != nil
		sn.Close()
	}
	cancel()
	wg.Wait()
	if err != nil {
		t.Fatalf("it is committed, and the client hears %v", err)
	}
	a.do("INSERT INTO other VALUES (2)")
	for hydrating := true; hydrating; {
		a.do("UPDATE big SET v = v + 1 WHERE id = 20")
		sn := d.engine.Snapshot()
		hydrating = sn.Catalog.Lookup("public", "v").(*catalog.View).State == catalog.Hydrating
		sn.Close()
	}
	a.same("v")
}

// A crash in the middle of a hydration: what was there is there, and the view either is not there or becomes right.
func TestCrashInHydration(t *testing.T) {
	for name, query := range map[string]string{
		"join":      "SELECT a.g, count(*) AS n FROM big a JOIN big b ON b.g = a.g AND b.v = a.v GROUP BY a.g",
		"recursive": "SELECT name, count(*) AS n FROM (" + bigViews["reach"] + ") AS r GROUP BY name",
	} {
		t.Run(name, func(t *testing.T) { crashInHydration(t, query) })
	}
}

func crashInHydration(t *testing.T, query string) {
	d := open(t)
	a := fill(d)
	a.do("CREATE MATERIALIZED VIEW sums AS " + bigViews["sums"])
	b := d.session()
	var wg sync.WaitGroup
	var err error
	wg.Go(func() {
		_, err = b.Exec("CREATE MATERIALIZED VIEW v AS " + query)
	})
	for seen := false; !seen; {
		sn := d.engine.Snapshot()
		seen = sn.Catalog.Lookup("public", "v") != nil
		sn.Close()
	}
	old := d.engine
	old.Crash()
	wg.Wait()
	acknowledged := err == nil // it was quicker than the crash: then the view is there
	d.end()
	d.start()
	a = d.session()
	a.same("sums")
	a.do("UPDATE big SET v = v + 1 WHERE id < 100")
	a.same("sums")
	if _, err := a.Exec("CREATE MATERIALIZED VIEW w AS SELECT n FROM v"); err == nil { // waits for v
		a.same("v", "w")
	} else if sqlerr.CodeOf(err) != sqlerr.UndefinedTable || acknowledged {
		t.Error(err)
	}
}

// What the engine answers when it ends: nobody waits for ever.
func TestEndBesideClients(t *testing.T) {
	for _, how := range []string{"close", "crash"} {
		t.Run(how, func(t *testing.T) {
			e, err := engine.Open(context.Background(), engine.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			d := &db{t: t, engine: e}
			defer d.end()
			a := d.session()
			a.do("CREATE TABLE t (id serial PRIMARY KEY, n int)")
			var wg sync.WaitGroup
			var working sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				c := d.session()
				working.Add(1)
				wg.Go(func() {
					for n := 0; errs[i] == nil; n++ {
						switch {
						case i == 0:
							errs[i] = e.Checkpoint(context.Background())
						case i == 1:
							_, errs[i] = c.Exec("CREATE TABLE x (id int); DROP TABLE x")
						default:
							_, errs[i] = c.Exec("INSERT INTO t (n) VALUES (1)")
						}
						if n == 3 {
							working.Done()
						}
					}
				})
			}
			working.Wait()
			if how == "close" {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			} else {
				e.Crash()
			}
			wg.Wait()
			for _, err := range errs {
				if c := sqlerr.CodeOf(err); c != sqlerr.AdminShutdown && c != sqlerr.TransactionResolutionUnknown {
					t.Error(err)
				}
			}
		})
	}
}
