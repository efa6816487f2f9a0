package enginetest

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// waiter is a statement that waits for a row.
type waiter struct {
	c    *client
	sql  string
	over chan error
	r    *sqltest.Result
}

// waits runs a statement in a goroutine of its own, and returns when it waits for a row that another transaction holds.
func (d *db) waits(c *client, sql string) *waiter { return d.waitsIn(context.Background(), c, sql) }

func (d *db) waitsIn(ctx context.Context, c *client, sql string) *waiter {
	c.t.Helper()
	w := &waiter{c: c, sql: sql, over: make(chan error, 1)}
	n := d.engine.Locks().Waiting()
	go func() {
		var err error
		w.r, err = c.ExecContext(ctx, sql)
		w.over <- err
	}()
	for d.engine.Locks().Waiting() == n {
		select {
		case err := <-w.over:
			c.t.Fatalf("%s did not wait: %v", sql, err)
		default:
			runtime.Gosched()
		}
	}
	return w
}

// done waits for its end.
func (w *waiter) done() *sqltest.Result {
	w.c.t.Helper()
	if err := <-w.over; err != nil {
		w.c.t.Fatalf("%s: %v", w.sql, err)
	}
	return w.r
}

func (w *waiter) fails(code sqlerr.Code) {
	w.c.t.Helper()
	if err := <-w.over; sqlerr.CodeOf(err) != code {
		w.c.t.Fatalf("%s: got %v, want %s", w.sql, err, code)
	}
}

// jobs is a queue, and two workers in it.
func jobs(t *testing.T) (d *db, a, b *client) {
	d = open(t)
	a, b = d.session(), d.session()
	a.do("CREATE TABLE jobs (id int PRIMARY KEY, state text, n int UNIQUE)")
	a.do("CREATE MATERIALIZED VIEW states AS SELECT state, count(*) AS n FROM jobs GROUP BY state")
	a.do("INSERT INTO jobs SELECT i, 'new', 10 * i FROM generate_series(1, 9) AS i")
	return d, a, b
}

// Two workers take different jobs, and the second one does not wait.
func TestSkipLocked(t *testing.T) {
	_, a, b := jobs(t)
	const take = "BEGIN; SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED"
	a.want(take, "1, 2")
	b.want(take, "3, 4")
	b.want("SELECT id FROM jobs WHERE state = 'new' ORDER BY id DESC LIMIT 1 OFFSET 1 FOR NO KEY UPDATE SKIP LOCKED", "8")
	a.want("SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP LOCKED", "1, 2, 5, 6, 7")
	a.do("UPDATE jobs SET state = 'done' WHERE id < 3; COMMIT")
	b.want("SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED", "3, 4, 5, 6")
	b.do("ROLLBACK")
	a.want(take, "3, 4")
	a.do("COMMIT")
	a.want("SELECT * FROM states", "done 2, new 7")
}

// The same in one statement, in its usual shapes: many workers take each job once.
func TestWorkers(t *testing.T) {
	for i, take := range []string{
		"UPDATE jobs SET state = 'done' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
		"WITH next AS (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE jobs SET state = 'done' FROM next WHERE jobs.id = next.id RETURNING jobs.id",
		"DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'new' LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
		"BEGIN; SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			d, a, _ := jobs(t)
			a.do("INSERT INTO jobs SELECT i, 'new', 10 * i FROM generate_series(10, 200) AS i")
			taken := make([][]string, 4)
			d.together(len(taken), func(i int, c *client) error {
				for {
					r, err := c.Exec(take)
					if err != nil {
						return err
					}
					if strings.HasPrefix(take, "BEGIN") {
						then := "COMMIT"
						if len(r.Rows) > 0 {
							then = "UPDATE jobs SET state = 'done' WHERE id = " + r.Rows[0][0] + "; COMMIT"
						}
						if err := c.run("%s", then); err != nil {
							return err
						}
					}
					if len(r.Rows) == 0 {
						return nil
					}
					taken[i] = append(taken[i], r.Rows[0][0])
				}
			})
			by := map[string]int{}
			for i, ids := range taken {
				for _, id := range ids {
					if other, twice := by[id]; twice {
						t.Errorf("job %s was taken by %d and %d", id, other, i)
					}
					by[id] = i
				}
			}
			if len(by) != 200 {
				t.Errorf("%d jobs were taken", len(by))
			}
			if d.engine.Locks().Any() {
				t.Error("locks are left")
			}
		})
	}
}

// What was read FOR UPDATE is what is written over: nothing is lost that is computed outside, whoever else writes.
func TestReadForUpdate(t *testing.T) {
	d, a, _ := jobs(t)
	each := 30
	d.together(6, func(i int, c *client) error {
		for range each {
			if i%3 == 0 { // who knows nothing of locks
				if err := c.run("UPDATE jobs SET n = n + 1 WHERE id = 9"); err != nil {
					return err
				}
				continue
			}
			r, err := c.Exec("BEGIN; SELECT n FROM jobs WHERE id = 9 FOR UPDATE")
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(r.Rows[0][0])
			if err != nil {
				return err
			}
			if err := c.run("UPDATE jobs SET n = %d WHERE id = 9; COMMIT", n+1); err != nil {
				return err
			}
		}
		return nil
	})
	a.want("SELECT n FROM jobs WHERE id = 9", fmt.Sprint(90+6*each))
}

// Blocks of READ COMMITTED that change the same rows wait for each other and all commit.
func TestBlocksWait(t *testing.T) {
	d, a, _ := jobs(t)
	each := 30
	d.together(6, func(_ int, c *client) error {
		for range each {
			if err := c.run("BEGIN; UPDATE jobs SET n = n + 1 WHERE id = 9; INSERT INTO jobs (id, n) VALUES (9, 0) ON CONFLICT (id) DO UPDATE SET n = jobs.n + 1; COMMIT"); err != nil {
				return err
			}
		}
		return nil
	})
	a.want("SELECT n FROM jobs WHERE id = 9", fmt.Sprint(90+2*6*each))
}

// A locked row is waited for by who locks it, changes it, deletes it or inserts over it; who reads does not wait, nor who shares it.
func TestLockedRow(t *testing.T) {
	d, a, b := jobs(t)
	for _, sql := range []string{
		"SELECT id, n FROM jobs WHERE id = 5 FOR UPDATE",
		"SELECT id, n FROM jobs WHERE id = 5 FOR KEY SHARE",
		"UPDATE jobs SET state = 'b' WHERE id = 5 RETURNING id, n",
		"DELETE FROM jobs WHERE id = 5 RETURNING id, n",
		"INSERT INTO jobs VALUES (5, 'b', 1) ON CONFLICT (id) DO UPDATE SET state = 'b' RETURNING id, n",
	} {
		a.do("BEGIN; SELECT 1 FROM jobs WHERE id = 5 FOR UPDATE")
		w := d.waits(b, sql)
		d.session().want("SELECT id FROM jobs WHERE id = 5", "5")
		a.do("UPDATE jobs SET n = n + 1 WHERE id = 5; COMMIT")
		if got := lines(w.done()); !strings.HasPrefix(got, "5 51") {
			t.Errorf("%s: %s", sql, got)
		}
		a.do("DELETE FROM jobs WHERE id = 5; INSERT INTO jobs VALUES (5, 'new', 50)")
	}
	a.do("BEGIN; SELECT 1 FROM jobs WHERE id = 5 FOR SHARE")
	b.want("BEGIN; SELECT id FROM jobs WHERE id = 5 FOR SHARE", "5")
	b.want("SELECT id FROM jobs WHERE id = 5 FOR KEY SHARE", "5")
	b.do("ROLLBACK")
	w := d.waits(b, "UPDATE jobs SET state = 'x' WHERE id = 5")
	a.do("ROLLBACK")
	w.done()
	a.do("BEGIN; SELECT 1 FROM jobs WHERE id = 5 FOR KEY SHARE")
	b.do("UPDATE jobs SET state = 'y' WHERE id = 5") // the keys stay
	w = d.waits(b, "UPDATE jobs SET n = 77 WHERE id = 5")
	a.do("COMMIT")
	w.done()
	b.want("SELECT * FROM jobs WHERE id = 5", "5 y 77")
	a.do("BEGIN; SELECT 1 FROM jobs FOR KEY SHARE")
	w = d.waits(b, "TRUNCATE jobs")
	a.do("COMMIT")
	w.done()
	a.want("SELECT * FROM states", "")
}

// Ties with the last row are locked, too, and returned.
func TestLockedTies(t *testing.T) {
	_, a, b := jobs(t)
	a.do("UPDATE jobs SET state = 'tie' WHERE id IN (4, 5, 6)")
	a.want("BEGIN; SELECT id FROM jobs ORDER BY state DESC OFFSET 1 FETCH FIRST 1 ROW WITH TIES FOR UPDATE", "5, 6")
	b.want("SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP LOCKED", "1, 2, 3, 7, 8, 9")
	a.do("ROLLBACK")
}

// Waiting ends with NOWAIT, lock_timeout, cancellation and a deadlock; what the others want goes on.
func TestWaitEnds(t *testing.T) {
	d, a, b := jobs(t)
	a.do("BEGIN; SELECT 1 FROM jobs WHERE id = 5 FOR UPDATE")
	e := b.fails(sqlerr.LockNotAvailable, "SELECT 1 FROM jobs ORDER BY id FOR UPDATE NOWAIT")
	if e.Message != `could not obtain lock on row in relation "jobs"` {
		t.Error(e.Message)
	}
	b.do("SET lock_timeout = '1ms'")
	e = b.fails(sqlerr.LockNotAvailable, "UPDATE jobs SET state = 'x' WHERE id = 5")
	if e.Message != "canceling statement due to lock timeout" {
		t.Error(e.Message)
	}
	b.do("SET lock_timeout = 0; SET statement_timeout = '1ms'")
	b.fails(sqlerr.QueryCanceled, "UPDATE jobs SET state = 'x' WHERE id = 5")
	b.do("SET statement_timeout = 0; BEGIN; SELECT 1 FROM jobs WHERE id = 6 FOR UPDATE")
	ctx, cancel := context.WithCancel(context.Background())
	w := d.waitsIn(ctx, b, "DELETE FROM jobs WHERE id = 5")
	cancel()
	w.fails(sqlerr.QueryCanceled)
	a.want("SELECT id FROM jobs WHERE id = 6 FOR UPDATE NOWAIT", "6") // its transaction has failed
	b.do("ROLLBACK; BEGIN; UPDATE jobs SET state = 'b' WHERE id = 7")
	w = d.waits(a, "UPDATE jobs SET state = 'a' WHERE id = 7")
	b.fails(sqlerr.DeadlockDetected, "DELETE FROM jobs WHERE id = 6")
	w.done()
	a.do("COMMIT")
	b.do("ROLLBACK")
	a.want("SELECT * FROM jobs WHERE id BETWEEN 5 AND 7", "5 new 50, 6 new 60, 7 a 70")
}

// Locks end with their transaction, however it ends, and those of after a savepoint with that.
func TestLocksEnd(t *testing.T) {
	d, a, b := jobs(t)
	free := func(id int) {
		t.Helper()
		b.want(fmt.Sprintf("SELECT id FROM jobs WHERE id = %d FOR UPDATE NOWAIT", id), fmt.Sprint(id))
	}
	held := func(id int) {
		t.Helper()
		b.fails(sqlerr.LockNotAvailable, fmt.Sprintf("SELECT id FROM jobs WHERE id = %d FOR UPDATE NOWAIT", id))
	}
	a.do("SELECT * FROM jobs FOR UPDATE") // a transaction of its own
	free(1)
	a.do("BEGIN; SELECT 1 FROM jobs WHERE id = 1 FOR UPDATE; SAVEPOINT s; SELECT 1 FROM jobs WHERE id = 2 FOR UPDATE; UPDATE jobs SET state = 'x' WHERE id = 3")
	held(2)
	held(3)
	a.do("ROLLBACK TO s; DELETE FROM jobs WHERE id = 3")
	free(2)
	held(3)
	a.fails(sqlerr.DivisionByZero, "SELECT 1 / 0")
	free(3)
	held(1)
	a.do("ROLLBACK")
	free(1)
	c := d.session()
	c.do("BEGIN; SELECT 1 FROM jobs WHERE id = 1 FOR UPDATE")
	held(1)
	c.Close()
	free(1)
	a.do("BEGIN; CREATE TABLE own (k int PRIMARY KEY); INSERT INTO own VALUES (1), (2); UPDATE own SET k = 3 WHERE k = 2; DELETE FROM own WHERE k = 1")
	a.want("SELECT * FROM own FOR UPDATE", "3")
	a.do("INSERT INTO jobs VALUES (10, 'new', 100); UPDATE jobs SET state = 'x' WHERE id = 10")
	a.want("SELECT id FROM jobs WHERE id > 8 ORDER BY id DESC FOR UPDATE", "10, 9")
	a.do("COMMIT")
	if d.engine.Locks().Any() {
		t.Error("locks are left")
	}
}

// What a transaction has locked is as its snapshot has it, or REPEATABLE READ and SERIALIZABLE say that it is not.
func TestLockedSnapshot(t *testing.T) {
	each(t, []string{rr, sr}, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.want("SELECT * FROM test FOR UPDATE", "1 10, 2 20")
		b.want("SELECT count(*) FROM test", "2")
		w := d.waits(b, "SELECT * FROM test WHERE id = 1 FOR UPDATE")
		a.do("UPDATE test SET value = 11 WHERE id = 1; COMMIT")
		w.fails(sqlerr.SerializationFailure)
		b.do("ROLLBACK; BEGIN ISOLATION LEVEL " + level)
		b.want("SELECT value FROM test WHERE id = 1", "11")
		a.do("BEGIN; SELECT 1 FROM test WHERE id = 1 FOR UPDATE")
		w = d.waits(b, "UPDATE test SET value = 12 WHERE id = 1")
		a.do("ROLLBACK") // nothing has changed
		w.done()
		b.do("COMMIT")
		a.want("SELECT value FROM test WHERE id = 1", "12")
	})
}
