package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// together runs f on n connections at the same time.
func together(t *testing.T, host, port string, n int, f func(i int, c *pgx.Conn) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		c := connect(t, host, port, "")
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := f(i, c); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
}

// A statement that loses a race runs again: nobody sees 40001 or 23505 of a single statement that would succeed alone.
func TestLostRaces(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	if _, err := c.Exec(ctx, `CREATE TABLE r (id int PRIMARY KEY, n int);
		CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM r`); err != nil {
		t.Fatal(err)
	}
	const clients, rounds = 8, 40
	together(t, host, port, clients, func(_ int, c *pgx.Conn) error {
		for round := range rounds {
			if _, err := c.Exec(ctx, "INSERT INTO r VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = r.n + 1", round%3); err != nil {
				return err
			}
			if _, err := c.Exec(ctx, "UPDATE r SET n = n + 1 WHERE id = $1", round%3); err != nil {
				return err
			}
			if _, err := c.Exec(ctx, "INSERT INTO r VALUES ($1, 0) ON CONFLICT DO NOTHING", 100+round); err != nil {
				return err
			}
		}
		return nil
	})
	var n int
	if err := c.QueryRow(ctx, "SELECT n FROM total").Scan(&n); err != nil || n != 2*clients*rounds {
		t.Errorf("total is %d, want %d (%v)", n, 2*clients*rounds, err)
	}
	together(t, host, port, clients, func(i int, c *pgx.Conn) error {
		for round := range 5 {
			name := fmt.Sprintf("d%d_%d", i, round)
			if _, err := c.Exec(ctx, "CREATE TABLE "+name+" (a int PRIMARY KEY)"); err != nil {
				return err
			}
			if _, err := c.Exec(ctx, "CREATE MATERIALIZED VIEW v"+name+" AS SELECT count(*) AS n FROM "+name); err != nil {
				return err
			}
			if _, err := c.Exec(ctx, "CREATE INDEX ON "+name+" (a)"); err != nil {
				return err
			}
			if _, err := c.Exec(ctx, "DROP TABLE "+name+" CASCADE"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Keys move within one UPDATE in any order, and those that collide fail at their statement, in a block and outside.
func TestMovedKeys(t *testing.T) {
	host, port := start(t)
	ctx := context.Background()
	c := connect(t, host, port, "")
	exec := func(sql string) error {
		_, err := c.Exec(ctx, sql)
		return err
	}
	ids := func() string {
		rows, err := c.Query(ctx, "SELECT id || ':' || n FROM m ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(got)
	}
	for _, sql := range []string{
		"CREATE TABLE m (id int PRIMARY KEY, n int UNIQUE)",
		"INSERT INTO m VALUES (1, 10), (2, 20), (3, 30)",
		"UPDATE m SET id = id + 1",
		"UPDATE m SET id = 6 - id, n = 40 - n",
	} {
		if err := exec(sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	if got := ids(); got != "[2:10 3:20 4:30]" {
		t.Error(got)
	}
	for _, block := range []bool{false, true} {
		for _, sql := range []string{
			"UPDATE m SET id = 3 WHERE id = 2",
			"UPDATE m SET n = 20 WHERE id = 2",
			"UPDATE m SET id = 9",
			"INSERT INTO m VALUES (2, 99) ON CONFLICT (id) DO UPDATE SET n = 30",
			"INSERT INTO m VALUES (2, 99) ON CONFLICT (id) DO UPDATE SET id = 4",
			"INSERT INTO m VALUES (77, 10) ON CONFLICT (id) DO NOTHING",
		} {
			if block {
				if err := exec("BEGIN"); err != nil {
					t.Fatal(err)
				}
			}
			wantCode(t, exec(sql), "23505")
			if block {
				if err := exec("ROLLBACK"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if got := ids(); got != "[2:10 3:20 4:30]" {
		t.Error(got)
	}
}
