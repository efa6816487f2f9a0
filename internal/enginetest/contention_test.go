package enginetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// Of many who insert one key at once, one wins.
func TestOneWinner(t *testing.T) {
	d := open(t)
	a := d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, who int, u int UNIQUE); CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t")
	const clients = 8
	rounds := 50
	var won [clients]atomic.Int64
	d.together(clients, func(i int, c *client) error {
		for k := range rounds {
			sql := fmt.Sprintf("INSERT INTO t VALUES (%d, %d, %d)", k, i, -k)
			if k%2 == 1 { // the unique column alone collides
				sql = fmt.Sprintf("INSERT INTO t VALUES (%d, %d, %d)", k+1000*(i+1), i, -k)
			}
			_, err := c.Exec(sql)
			switch {
			case err == nil:
				won[i].Add(1)
			case sqlerr.CodeOf(err) != sqlerr.UniqueViolation:
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	var all int64
	for i := range won {
		all += won[i].Load()
	}
	if all != int64(rounds) {
		t.Errorf("%d inserts of %d keys were acknowledged", all, rounds)
	}
	a.want("SELECT * FROM v", fmt.Sprint(rounds))
	a.want("SELECT count(*), count(DISTINCT u) FROM t", fmt.Sprintf("%d %d", rounds, rounds))
}

// INSERT ... ON CONFLICT DO UPDATE loses nothing.
func TestUpserts(t *testing.T) {
	d := open(t)
	a := d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS n FROM t")
	const clients = 16
	each := 50
	d.together(clients, func(_ int, c *client) error {
		for i := range each {
			if err := c.run("INSERT INTO t VALUES (%d, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n", i%2); err != nil {
				return err
			}
		}
		return nil
	})
	a.want("SELECT * FROM t", fmt.Sprintf("0 %d, 1 %d", clients*each/2, clients*each/2))
	a.want("SELECT * FROM v", fmt.Sprint(clients*each))
}

// A hot row: single statements never fail and none is lost, and at every read its view agrees with it and never goes back.
func TestHotRow(t *testing.T) {
	d := openWith(t, engine.Options{}) // without a disk to wait for
	a := d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 5)")
	a.do("CREATE MATERIALIZED VIEW v AS SELECT sum(n) - 5 AS n FROM t")
	const clients = 16
	each := 100
	stop := make(chan struct{})
	var readers sync.WaitGroup
	r := d.session()
	var failed error
	readers.Go(func() {
		last := int64(-1)
		for failed == nil {
			select {
			case <-stop:
				return
			default:
			}
			res, err := r.Exec("SELECT t.n, v.n FROM t, v WHERE t.id = 1")
			if err != nil {
				failed = err
				return
			}
			n, err := strconv.ParseInt(res.Rows[0][0], 10, 64)
			if err != nil || len(res.Rows) != 1 || res.Rows[0][0] != res.Rows[0][1] || n < last {
				failed = fmt.Errorf("read %v after %d", res.Rows, last)
			}
			last = n
		}
	})
	d.together(clients, func(_ int, c *client) error {
		for range each {
			if err := c.run("UPDATE t SET n = n + 1 WHERE id = 1"); err != nil {
				return err
			}
		}
		return nil
	})
	close(stop)
	readers.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	a.want("SELECT n FROM v", fmt.Sprint(clients*each))
}

// Blocks that lose a race fail with 40001 and can be tried again until all are done.
func TestRetriedBlocks(t *testing.T) {
	each := 20
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			d := openWith(t, engine.Options{})
			a := d.session()
			a.do("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)")
			d.together(4, func(_ int, c *client) error {
				for done := 0; done < each; {
					err := c.run("BEGIN ISOLATION LEVEL %s; UPDATE t SET n = n + 1 WHERE id = 1; UPDATE t SET n = n - 1 WHERE id = 2; COMMIT", level)
					switch {
					case err == nil:
						done++
					case sqlerr.CodeOf(err) == sqlerr.SerializationFailure:
						if err := c.run("ROLLBACK"); err != nil {
							return err
						}
					default:
						return err
					}
				}
				return nil
			})
			a.want("SELECT * FROM t", fmt.Sprintf("1 %d, 2 %d", 4*each, -4*each))
		})
	}
}

// Transfers between accounts: every state that a reader sees adds up, through tables and views, alone and in a block.
func TestTransfers(t *testing.T) {
	d := open(t)
	a := d.session()
	const accounts = 2000
	transfers := 100_000
	a.do(`CREATE TABLE account (id int PRIMARY KEY, branch int, balance int8 NOT NULL);
		CREATE TABLE transfer (src int, dst int, amount int8);
		CREATE MATERIALIZED VIEW credits AS SELECT dst AS id, sum(amount) AS amount FROM transfer GROUP BY dst;
		CREATE MATERIALIZED VIEW debits AS SELECT src AS id, sum(amount) AS amount FROM transfer GROUP BY src;
		CREATE MATERIALIZED VIEW balance AS SELECT c.id, c.amount - d.amount AS balance FROM credits c JOIN debits d ON d.id = c.id;
		CREATE MATERIALIZED VIEW total AS SELECT sum(balance) AS total FROM balance;
		CREATE MATERIALIZED VIEW branches AS SELECT branch, sum(balance) AS balance FROM account GROUP BY branch;
		CREATE MATERIALIZED VIEW pairs AS SELECT a.id, a.balance - b.balance AS diff FROM account a JOIN balance b ON b.id = a.id;
		CREATE MATERIALIZED VIEW wrong AS SELECT id FROM pairs WHERE diff <> 0`)
	a.do(fmt.Sprintf("INSERT INTO account SELECT i, i %% 7, 0 FROM generate_series(0, %d) AS i", accounts-1))
	a.do(fmt.Sprintf("INSERT INTO transfer SELECT i, (i + 1) %% %d, 0 FROM generate_series(0, %d) AS i", accounts, accounts-1))
	var left atomic.Int64
	left.Store(int64(transfers))
	const writers, readers = 4, 3
	var reads atomic.Int64
	check := func(c *client, sql, want string) error {
		r, err := c.Exec(sql)
		if err != nil {
			return err
		}
		reads.Add(1)
		if got := lines(r); got != want {
			return fmt.Errorf("%s: got %s, want %s", sql, got, want)
		}
		return nil
	}
	d.together(writers+readers, func(i int, c *client) error {
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		for left.Load() > 0 {
			if i >= writers {
				err := errors.Join(
					check(c, "SELECT * FROM total", "0"),
					check(c, "SELECT * FROM wrong", ""),
					check(c, "SELECT sum(balance) FROM branches", "0"),
					check(c, "SELECT sum(a.balance) - sum(b.balance) FROM account a JOIN balance b USING (id)", "0"),
					c.run("BEGIN ISOLATION LEVEL REPEATABLE READ"),
					check(c, "SELECT (SELECT sum(balance) FROM account) + (SELECT total FROM total)", "0"),
					check(c, "SELECT b.id FROM balance b JOIN account a USING (id) WHERE a.balance <> b.balance", ""),
					c.run("COMMIT"))
				if err != nil {
					return err
				}
				continue
			}
			// One statement moves many amounts, so that 200,000 take seconds; its block is tried again when it lost a race.
			const many = 200
			src, step, amount := rng.IntN(accounts), rng.IntN(accounts-1)+1, rng.IntN(100)
			err := c.run(`BEGIN; INSERT INTO transfer SELECT (%d + i) %% %d, (%d + i + %d) %% %d, %d FROM generate_series(1, %d) AS i;
				UPDATE account SET balance = balance + m.amount FROM
					(SELECT id, sum(amount) AS amount FROM (SELECT (%d + i) %% %d AS id, -%d AS amount FROM generate_series(1, %d) AS i
						UNION ALL SELECT (%d + i + %d) %% %d, %d FROM generate_series(1, %d) AS i) x GROUP BY id) m
					WHERE m.id = account.id AND m.amount <> 0; COMMIT`,
				src, accounts, src, step, accounts, amount, many, src, accounts, amount, many, src, step, accounts, amount, many)
			switch {
			case err == nil:
				left.Add(-many)
			case sqlerr.CodeOf(err) == sqlerr.SerializationFailure:
				if err := c.run("ROLLBACK"); err != nil {
					return err
				}
			default:
				return err
			}
		}
		return nil
	})
	if reads.Load() < 100 {
		t.Errorf("only %d reads", reads.Load())
	}
	a.want("SELECT * FROM wrong", "")
	a.same("credits", "debits", "balance", "total", "branches", "pairs")
	d.crash()
	a = d.session()
	a.want("SELECT * FROM total", "0")
	a.same("credits", "debits", "balance", "total", "branches", "pairs")
}
