package enginetest

import (
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// Definitions belong to their transaction: it sees them, others do not, and ROLLBACK takes them back.
func TestDDLInTransaction(t *testing.T) {
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		t.Run(end, func(t *testing.T) {
			d := open(t)
			a, b := d.session(), d.session()
			a.do("CREATE TABLE old (id int PRIMARY KEY, v int); INSERT INTO old VALUES (1, 5), (2, 6)")
			a.do("BEGIN; CREATE TABLE t (id int PRIMARY KEY, old int, n serial)")
			a.do("INSERT INTO t (id, old) VALUES (1, 1), (2, 1), (3, 2)")
			a.do("CREATE VIEW plain AS SELECT o.v, t.n FROM t JOIN old o ON o.id = t.old")
			a.do("CREATE MATERIALIZED VIEW sums AS SELECT v, sum(n) AS n FROM plain GROUP BY v")
			a.do("CREATE INDEX ON t (old)")
			a.do("INSERT INTO t (id, old) VALUES (4, 2)")
			a.want("SELECT * FROM t", "1 1 1, 2 1 2, 3 2 3, 4 2 4")
			a.want("SELECT id FROM t WHERE old = 2", "3, 4")
			a.want("SELECT * FROM plain", "5 1, 5 2, 6 3, 6 4")
			a.want("SELECT * FROM sums", "5 3, 6 7")
			a.do("SAVEPOINT s; DROP MATERIALIZED VIEW sums; ROLLBACK TO s")
			a.want("SELECT * FROM sums WHERE v = 6", "6 7")
			b.fails(sqlerr.UndefinedTable, "SELECT * FROM t")
			b.fails(sqlerr.UndefinedTable, "SELECT * FROM sums")
			a.do(end)
			if end == "ROLLBACK" {
				for _, c := range []*client{a, b} {
					c.fails(sqlerr.UndefinedTable, "SELECT * FROM t")
					c.fails(sqlerr.UndefinedTable, "SELECT * FROM sums")
				}
				a.do("CREATE TABLE t (other text)")
				return
			}
			b.want("SELECT * FROM sums", "5 3, 6 7")
			b.do("INSERT INTO t (id, old) VALUES (5, 1)")
			a.want("SELECT * FROM sums", "5 8, 6 7")
			d.crash()
			a = d.session()
			a.want("SELECT * FROM sums", "5 8, 6 7")
			a.same("sums")
			a.want("SELECT id FROM t WHERE old = 2", "3, 4")
		})
	}
}

// Two transactions create one name: the second fails, and takes nothing with it.
func TestDDLRace(t *testing.T) {
	d := open(t)
	a, b := d.session(), d.session()
	a.do("CREATE TABLE base (id int)")
	a.do("BEGIN; CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
	b.do("BEGIN; CREATE TABLE t (b text); INSERT INTO base VALUES (7)")
	a.do("COMMIT")
	b.fails(sqlerr.DuplicateTable, "COMMIT")
	b.want("SELECT * FROM base", "")
	b.want("SELECT a FROM t", "1")

	a.do("BEGIN; CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
	b.do("DROP TABLE t")
	a.fails(sqlerr.SerializationFailure, "COMMIT")
	a.do("BEGIN; INSERT INTO base VALUES (1)")
	b.do("DROP TABLE base; CREATE TABLE base (id int)")
	a.fails(sqlerr.SerializationFailure, "COMMIT")
	a.want("SELECT * FROM base", "")

	a.do("BEGIN; DROP TABLE base")
	b.do("CREATE VIEW w AS SELECT id FROM base")
	a.fails(sqlerr.DependentObjectsExist, "COMMIT")
	a.want("SELECT * FROM w", "")
}

// A unique index made in a transaction holds for the transaction's own rows, too.
func TestUniqueIndexOverOwnRows(t *testing.T) {
	d := open(t)
	a := d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL), (4, NULL)")
	a.do("BEGIN; INSERT INTO t VALUES (5, 1); CREATE UNIQUE INDEX ON t (k)")
	a.fails(sqlerr.UniqueViolation, "COMMIT")
	a.do("BEGIN; UPDATE t SET k = 2 WHERE id = 1; CREATE UNIQUE INDEX ON t (k)")
	a.fails(sqlerr.UniqueViolation, "COMMIT")
	a.do("BEGIN; INSERT INTO t VALUES (5, 5), (6, 5); CREATE UNIQUE INDEX ON t (k)")
	a.fails(sqlerr.UniqueViolation, "COMMIT")
	a.do("BEGIN; UPDATE t SET k = 3 WHERE id = 1; INSERT INTO t VALUES (5, 1); CREATE UNIQUE INDEX u ON t (k); INSERT INTO t VALUES (6, NULL); COMMIT")
	a.want("SELECT * FROM t", "1 3, 2 2, 3 NULL, 4 NULL, 5 1, 6 NULL")
	a.fails(sqlerr.UniqueViolation, "INSERT INTO t VALUES (7, 3)")
	a.fails(sqlerr.UniqueViolation, "UPDATE t SET k = 1 WHERE id = 3")
	a.do("UPDATE t SET k = NULL WHERE id = 1; INSERT INTO t VALUES (7, 3)")
	a.do("CREATE UNIQUE INDEX two ON t (k, id)")
	a.do("INSERT INTO t VALUES (8, NULL)")
	a.do("DELETE FROM t WHERE k = 3; INSERT INTO t VALUES (9, 3)")
	a.do("BEGIN; UPDATE t SET k = k + 1 WHERE id = 9; INSERT INTO t VALUES (10, 3); COMMIT") // what is given up can be taken
	a.want("SELECT id, k FROM t WHERE k >= 3", "10 3, 9 4")
}

// Own writes are seen in tables and views of all kinds, through indexes too; others see them at COMMIT and not before.
func TestOwnWrites(t *testing.T) {
	d := open(t)
	a, b := d.session(), d.session()
	a.do(`CREATE TABLE item (id int PRIMARY KEY, kind int, price int);
		CREATE TABLE kind (id int PRIMARY KEY, name text);
		CREATE INDEX item_kind ON item (kind);
		CREATE UNIQUE INDEX kind_name ON kind (name);
		CREATE MATERIALIZED VIEW cheap AS SELECT id, kind, price FROM item WHERE price < 100;
		CREATE MATERIALIZED VIEW sums AS SELECT kind, count(*) AS n, sum(price) AS price, max(price) AS top FROM cheap GROUP BY kind;
		CREATE MATERIALIZED VIEW named AS SELECT k.name, s.n, s.price, s.top FROM kind k LEFT JOIN sums s ON s.kind = k.id;
		CREATE MATERIALIZED VIEW top AS SELECT id, price FROM item ORDER BY price DESC, id LIMIT 2;
		CREATE VIEW over AS SELECT name, n FROM named WHERE n > 1;
		CREATE INDEX named_name ON named (name);
		INSERT INTO kind VALUES (1, 'a'), (2, 'b');
		INSERT INTO item VALUES (1, 1, 10), (2, 1, 20), (3, 2, 300)`)
	before := [][2]string{
		{"SELECT * FROM item WHERE kind = 1", "1 1 10, 2 1 20"},
		{"SELECT * FROM cheap", "1 1 10, 2 1 20"},
		{"SELECT * FROM sums", "1 2 30 20"},
		{"SELECT * FROM named", "a 2 30 20, b NULL NULL NULL"},
		{"SELECT * FROM named WHERE name = 'b'", "b NULL NULL NULL"},
		{"SELECT * FROM top", "2 20, 3 300"},
		{"SELECT * FROM over", "a 2"},
		{"SELECT id FROM kind WHERE name = 'c'", ""},
		{"SELECT i.id, k.name FROM item i JOIN kind k ON k.id = i.kind WHERE i.id = 1", "1 a"},
	}
	after := []string{
		"2 1 120, 4 1 40, 5 1 5",
		"3 2 30, 4 1 40, 5 1 5",
		"1 2 45 40, 2 1 30 30",
		"a 2 45 40, c 1 30 30",
		"",
		"2 120, 4 40",
		"a 2",
		"2",
		"",
	}
	a.do("BEGIN")
	for _, w := range before {
		a.want(w[0], w[1])
	}
	a.do(`INSERT INTO item VALUES (4, 1, 40), (5, 1, 5);
		UPDATE item SET price = price + 100 WHERE id = 2;
		UPDATE item SET price = 30 WHERE kind = 2;
		DELETE FROM item WHERE id = 1;
		UPDATE kind SET name = 'c' WHERE name = 'b'`)
	for i, w := range before {
		a.want(w[0], after[i])
		b.want(w[0], w[1])
	}
	a.do("COMMIT")
	for i, w := range before {
		b.want(w[0], after[i])
		a.want(w[0], after[i])
	}
	a.same("cheap", "sums", "named", "top")
}

// After COMMIT every session has it at once.
func TestReadYourWrites(t *testing.T) {
	d := open(t)
	a, b := d.session(), d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, g int); CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM t GROUP BY g")
	for i := range 200 {
		if i%2 == 0 {
			a.do("INSERT INTO t VALUES (" + fmt.Sprint(i) + ", 0)")
		} else {
			a.do("BEGIN; INSERT INTO t VALUES (" + fmt.Sprint(i) + ", 0); COMMIT")
		}
		b.want("SELECT n FROM v", fmt.Sprint(i+1))
	}
}

// TRUNCATE empties the views, too; in a transaction it can be taken back.
func TestTruncate(t *testing.T) {
	d := open(t)
	a, b := d.session(), d.session()
	a.do("CREATE TABLE t (id int PRIMARY KEY, g int, u int UNIQUE); CREATE TABLE hidden (x int)")
	a.do("CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM t GROUP BY g")
	a.do("CREATE MATERIALIZED VIEW j AS SELECT t.id, h.x FROM t LEFT JOIN hidden h ON h.x = t.g")
	a.do("CREATE MATERIALIZED VIEW c AS SELECT count(*) AS n FROM t")
	a.do("INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 100000) AS i; INSERT INTO hidden VALUES (1), (1), (2)")
	want := a.get("SELECT * FROM v")
	a.do("BEGIN; TRUNCATE t; INSERT INTO t VALUES (5, 2, 5), (6, 2, 7)")
	a.want("SELECT * FROM v", "2 2")
	a.want("SELECT * FROM j", "5 2, 6 2")
	b.want("SELECT * FROM v", want)
	b.want("SELECT * FROM c", "100000")
	a.do("ROLLBACK")
	a.want("SELECT * FROM v", want)
	a.do("BEGIN; TRUNCATE t, hidden; INSERT INTO t VALUES (5, 2, 5), (6, 2, 7); SAVEPOINT s; TRUNCATE t; ROLLBACK TO s; INSERT INTO hidden VALUES (2); COMMIT")
	b.want("SELECT * FROM v", "2 2")
	b.want("SELECT * FROM j", "5 2, 6 2")
	b.want("SELECT * FROM c", "2")
	b.fails(sqlerr.UniqueViolation, "INSERT INTO t VALUES (8, 8, 7)")
	d.crash()
	b = d.session()
	b.want("SELECT * FROM t", "5 2 5, 6 2 7")
	b.same("v", "j", "c")
	b.do("TRUNCATE t")
	b.want("SELECT * FROM c", "0")
	b.same("v", "j", "c")
}

// Many rows, over two tables, arrive in one commit.
func TestLargeCommit(t *testing.T) {
	d := open(t)
	a, b := d.session(), d.session()
	const rows = 300_000 // of several ticks and groups of the log
	a.do("CREATE TABLE t (id int PRIMARY KEY, g int); CREATE TABLE s (id int PRIMARY KEY, n int)")
	a.do("CREATE MATERIALIZED VIEW v AS SELECT t.g, count(*) AS n, sum(s.n) AS sum FROM t JOIN s ON s.id = t.g GROUP BY t.g")
	a.do("INSERT INTO s SELECT i, 1 FROM generate_series(0, 9) AS i")
	a.do("BEGIN")
	a.do(fmt.Sprintf("INSERT INTO t SELECT i, i %% 10 FROM generate_series(1, %d) AS i", rows))
	a.do("UPDATE s SET n = 2")
	b.want("SELECT * FROM v", "")
	a.do("COMMIT")
	b.want("SELECT count(*), min(n), max(n), sum(sum) FROM v", fmt.Sprintf("10 %d %d %d", rows/10, rows/10, 2*rows))
	b.do("BEGIN; UPDATE s SET n = 3; DELETE FROM t WHERE id > 100; COMMIT")
	a.want("SELECT count(*), min(n), max(n), sum(sum) FROM v", "10 10 10 300")
	a.same("v")
}

// An error is data: it fails the reads of its key alone, and goes with its cause.
func TestErrorsAreData(t *testing.T) {
	d := open(t)
	a := d.session()
	a.do(`CREATE TABLE t (id int PRIMARY KEY, g int, d int);
		CREATE TABLE name (g int PRIMARY KEY, name text);
		CREATE MATERIALIZED VIEW q AS SELECT id, g, 100 / d AS v FROM t;
		CREATE MATERIALIZED VIEW sums AS SELECT g, sum(100 / d) AS v FROM t GROUP BY g;
		CREATE MATERIALIZED VIEW j AS SELECT n.g, n.name, s.v FROM name n JOIN sums s ON s.g = n.g;
		INSERT INTO name VALUES (1, 'a'), (2, 'b');
		INSERT INTO t VALUES (1, 1, 10), (2, 1, 20), (3, 2, 50)`)
	a.want("SELECT * FROM j", "1 a 15, 2 b 2")
	a.do("INSERT INTO t VALUES (4, 1, 0)")
	for _, v := range []string{"q", "sums", "j"} {
		a.fails(sqlerr.DivisionByZero, "SELECT * FROM "+v)
	}
	a.want("SELECT v FROM sums WHERE g = 2", "2")
	a.want("SELECT * FROM t WHERE id = 4", "4 1 0")
	d.crash()
	a = d.session()
	a.fails(sqlerr.DivisionByZero, "SELECT * FROM sums WHERE g = 1")
	a.want("SELECT v FROM sums WHERE g = 2", "2")
	a.do("CREATE MATERIALIZED VIEW late AS SELECT max(v) AS v FROM q")
	a.fails(sqlerr.DivisionByZero, "SELECT * FROM late")
	a.do("INSERT INTO t VALUES (5, 1, 0)") // twice the cause: one alone does not end it
	a.do("UPDATE t SET d = 4 WHERE id = 4")
	a.fails(sqlerr.DivisionByZero, "SELECT * FROM sums")
	a.do("DELETE FROM t WHERE id = 5")
	a.want("SELECT * FROM j", "1 a 40, 2 b 2")
	a.want("SELECT * FROM late", "25")
	a.same("q", "sums", "j", "late")
}
