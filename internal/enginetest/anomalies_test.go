package enginetest

import (
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

const (
	rc = "READ COMMITTED"
	rr = "REPEATABLE READ"
	sr = "SERIALIZABLE"
)

var levels = []string{rc, rr, sr}

// pair is two transactions at a level over a table of two rows.
func pair(t *testing.T, level string) (d *db, a, b *client) {
	d = open(t)
	a, b = d.session(), d.session()
	a.do("CREATE TABLE test (id int PRIMARY KEY, value int)")
	a.do("CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(value) AS value FROM test")
	a.do("INSERT INTO test VALUES (1, 10), (2, 20)")
	a.do("BEGIN ISOLATION LEVEL " + level)
	b.do("BEGIN ISOLATION LEVEL " + level)
	return d, a, b
}

// each runs a test at every level.
func each(t *testing.T, levels []string, f func(t *testing.T, level string)) {
	for _, l := range levels {
		t.Run(l, func(t *testing.T) { f(t, l) })
	}
}

// loses commits a transaction that lost a race which PostgreSQL would have found at the statement; here it is COMMIT that fails.
func (c *client) loses() {
	c.t.Helper()
	c.fails(sqlerr.SerializationFailure, "COMMIT")
}

// G0: writes of two transactions are not mixed.
func TestDirtyWrite(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		w := d.waits(b, "UPDATE test SET value = 12 WHERE id = 1")
		a.do("UPDATE test SET value = 21 WHERE id = 2")
		a.do("COMMIT")
		d.session().want("SELECT * FROM test", "1 11, 2 21")
		if level != rc {
			w.fails(sqlerr.SerializationFailure)
			b.do("ROLLBACK")
			d.session().want("SELECT * FROM total", "2 32")
			return
		}
		w.done()
		b.do("UPDATE test SET value = 22 WHERE id = 2; COMMIT")
		d.session().want("SELECT * FROM test", "1 12, 2 22")
		d.session().want("SELECT * FROM total", "2 34")
	})
}

// G1a, G1b: neither aborted nor intermediate values are read.
func TestDirtyRead(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		_, a, b := pair(t, level)
		a.do("UPDATE test SET value = 101 WHERE id = 1")
		b.want("SELECT * FROM test", "1 10, 2 20")
		b.want("SELECT * FROM total", "2 30")
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		b.want("SELECT * FROM test", "1 10, 2 20")
		a.do("ROLLBACK")
		b.want("SELECT * FROM test", "1 10, 2 20")
		b.want("SELECT * FROM total", "2 30")
		b.do("COMMIT")
	})
}

// G1c: no circular flow of information.
func TestCircularFlow(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		_, a, b := pair(t, level)
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		b.do("UPDATE test SET value = 22 WHERE id = 2")
		a.want("SELECT * FROM test WHERE id = 2", "2 20")
		b.want("SELECT * FROM test WHERE id = 1", "1 10")
		a.do("COMMIT")
		if level == sr {
			b.loses()
		} else {
			b.do("COMMIT")
		}
	})
}

// OTV: a transaction's effects do not vanish again.
func TestObservedTransactionVanishes(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		c := d.session()
		c.do("BEGIN ISOLATION LEVEL " + level)
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		a.do("UPDATE test SET value = 19 WHERE id = 2")
		w := d.waits(b, "UPDATE test SET value = 12 WHERE id = 1")
		a.do("COMMIT")
		if level != rc {
			w.fails(sqlerr.SerializationFailure)
			b.do("ROLLBACK")
			c.want("SELECT * FROM test", "1 11, 2 19")
			return
		}
		w.done()
		c.want("SELECT * FROM test WHERE id = 1", "1 11")
		b.do("UPDATE test SET value = 18 WHERE id = 2")
		c.want("SELECT * FROM test WHERE id = 2", "2 19")
		b.do("COMMIT")
		c.want("SELECT * FROM test", "1 12, 2 18")
		c.do("COMMIT")
	})
}

// PMP: a predicate read many rows and then more.
func TestPhantom(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		_, a, b := pair(t, level)
		a.want("SELECT * FROM test WHERE value = 30", "")
		a.want("SELECT * FROM total", "2 30")
		b.do("INSERT INTO test VALUES (3, 30)")
		b.do("COMMIT")
		if level == rc {
			a.want("SELECT * FROM test WHERE value % 3 = 0", "3 30")
			a.want("SELECT * FROM total", "3 60")
		} else {
			a.want("SELECT * FROM test WHERE value % 3 = 0", "")
			a.want("SELECT * FROM total", "2 30")
		}
		a.do("COMMIT")
	})
}

// PMP for writes: what a predicate chose was changed meanwhile.
func TestPredicateWrite(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.do("UPDATE test SET value = value + 10")
		b.want("SELECT * FROM test WHERE value = 20", "2 20")
		// PostgreSQL looks at the row again that it waited for, and at no other one: it deletes nothing. Here the statement sees what there is now.
		late(d, level, a, b, "DELETE FROM test WHERE value = 20", "1 20, 2 30", "2 30")
	})
}

// late has b write what a has written, and a commit then: READ COMMITTED goes on, and the others fail. What the table is then is first or both.
func late(d *db, level string, a, b *client, write, first, both string) {
	w := d.waits(b, write)
	a.do("COMMIT")
	if level != rc {
		w.fails(sqlerr.SerializationFailure)
		d.session().want("SELECT * FROM test", first)
		return
	}
	w.done()
	b.do("COMMIT")
	d.session().want("SELECT * FROM test", both)
}

// P4: of two that read and write one row, the second fails; READ COMMITTED writes over what it has not read.
func TestLostUpdate(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.want("SELECT * FROM test WHERE id = 1", "1 10")
		b.want("SELECT * FROM test WHERE id = 1", "1 10")
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		late(d, level, a, b, "UPDATE test SET value = 12 WHERE id = 1", "1 11, 2 20", "1 12, 2 20")
	})
}

// P4 where the first has committed before the second writes: READ COMMITTED updates the new row, the others must not.
func TestLateUpdate(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		b.want("SELECT * FROM test WHERE id = 1", "1 10")
		a.do("UPDATE test SET value = value + 1 WHERE id = 1; COMMIT")
		if level == rc {
			b.do("UPDATE test SET value = value + 1 WHERE id = 1; COMMIT")
			d.session().want("SELECT * FROM test WHERE id = 1", "1 12")
			return
		}
		b.fails(sqlerr.SerializationFailure, "UPDATE test SET value = value + 1 WHERE id = 1")
		d.session().want("SELECT * FROM test WHERE id = 1", "1 11")
	})
}

// G-single: two reads of one transaction belong together.
func TestReadSkew(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		_, a, b := pair(t, level)
		a.want("SELECT * FROM test WHERE id = 1", "1 10")
		b.want("SELECT * FROM test", "1 10, 2 20")
		b.do("UPDATE test SET value = 12 WHERE id = 1")
		b.do("UPDATE test SET value = 18 WHERE id = 2")
		b.do("COMMIT")
		if level == rc {
			a.want("SELECT * FROM test", "1 12, 2 18")
		} else {
			a.want("SELECT * FROM test WHERE id = 2", "2 20")
			a.want("SELECT * FROM test WHERE value % 5 = 0", "1 10, 2 20")
			a.want("SELECT * FROM total", "2 30")
		}
		a.do("COMMIT")
	})
}

// G-single with a write by predicate.
func TestReadSkewWrite(t *testing.T) {
	each(t, []string{rr, sr}, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.want("SELECT * FROM test WHERE id = 1", "1 10")
		b.do("UPDATE test SET value = 12 WHERE id = 1; UPDATE test SET value = 18 WHERE id = 2; COMMIT")
		a.fails(sqlerr.SerializationFailure, "DELETE FROM test WHERE value = 20")
		d.session().want("SELECT * FROM test", "1 12, 2 18")
	})
}

// G2-item: each reads what the other writes.
func TestWriteSkew(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		_, a, b := pair(t, level)
		a.want("SELECT * FROM test", "1 10, 2 20")
		b.want("SELECT * FROM test", "1 10, 2 20")
		a.do("UPDATE test SET value = 11 WHERE id = 1")
		b.do("UPDATE test SET value = 21 WHERE id = 2")
		a.do("COMMIT")
		if level == sr {
			b.loses()
			return
		}
		b.do("COMMIT")
	})
}

// G2: each reads a predicate into which the other writes; also when it is read through a view.
func TestWriteSkewByPredicate(t *testing.T) {
	for name, q := range map[string]string{"table": "SELECT * FROM test WHERE value % 3 = 0", "view": "SELECT * FROM total WHERE value > 100"} {
		t.Run(name, func(t *testing.T) {
			each(t, levels, func(t *testing.T, level string) {
				d, a, b := pair(t, level)
				a.want(q, "")
				b.want(q, "")
				a.do("INSERT INTO test VALUES (3, 30)")
				b.do("INSERT INTO test VALUES (4, 42)")
				a.do("COMMIT")
				if level == sr {
					b.loses()
					d.session().want("SELECT * FROM total", "3 60")
					return
				}
				b.do("COMMIT")
				d.session().want("SELECT * FROM total", "4 102")
			})
		})
	}
}

// G2, two edges: the reader between two writers must not see what only the second explains.
func TestReadOnlyAnomaly(t *testing.T) {
	d, a, b := pair(t, sr)
	a.want("SELECT * FROM test", "1 10, 2 20")
	b.do("UPDATE test SET value = value + 5 WHERE id = 2; COMMIT")
	c := d.session()
	c.do("BEGIN ISOLATION LEVEL SERIALIZABLE")
	c.want("SELECT * FROM test", "1 10, 2 25")
	c.do("COMMIT")
	a.do("UPDATE test SET value = 0 WHERE id = 1")
	a.loses()
}

// What a transaction did not write but decided not to write was read, too.
func TestWriteSkewByConflict(t *testing.T) {
	_, a, b := pair(t, sr)
	a.do("INSERT INTO test VALUES (1, 0) ON CONFLICT DO NOTHING")
	b.want("SELECT * FROM test WHERE id = 9", "")
	b.do("DELETE FROM test WHERE id = 1")
	b.do("COMMIT")
	a.do("INSERT INTO test VALUES (9, 90)") // as (1, 10) is there
	a.loses()
}

// A unique key is taken by one of two, at every level.
func TestSameKey(t *testing.T) {
	each(t, levels, func(t *testing.T, level string) {
		d, a, b := pair(t, level)
		a.do("INSERT INTO test VALUES (3, 1)")
		b.do("INSERT INTO test VALUES (3, 2)")
		a.do("COMMIT")
		if level == sr { // an INSERT looks for its key
			b.loses()
			return
		}
		e := b.fails(sqlerr.UniqueViolation, "COMMIT")
		if e.Constraint != "test_pkey" || e.Detail != "Key (id)=(3) already exists." {
			t.Errorf("%+v", e)
		}
		d.session().want("SELECT * FROM test WHERE id = 3", "3 1")
	})
}

func TestSavepoints(t *testing.T) {
	_, a, b := pair(t, rc)
	a.do("INSERT INTO test VALUES (3, 1)")
	a.do("SAVEPOINT s; INSERT INTO test VALUES (4, 1); UPDATE test SET value = 0 WHERE id = 3")
	a.want("SELECT * FROM total", "4 31")
	a.do("SAVEPOINT s; DELETE FROM test WHERE id < 3")
	a.want("SELECT * FROM total", "2 1")
	a.do("ROLLBACK TO s")
	a.want("SELECT * FROM total", "4 31")
	a.do("DELETE FROM test WHERE id = 1; ROLLBACK TO s") // a savepoint outlives ROLLBACK TO it
	a.want("SELECT * FROM total", "4 31")
	a.do("RELEASE s; ROLLBACK TO s") // the outer one
	a.want("SELECT * FROM test", "1 10, 2 20, 3 1")
	a.want("SELECT * FROM total", "3 31")
	a.do("SAVEPOINT t; SAVEPOINT u; INSERT INTO test VALUES (5, 5); RELEASE t")
	a.fails(sqlerr.InvalidSavepoint, "ROLLBACK TO u")
	a.fails(sqlerr.InFailedTransaction, "SELECT 1")
	a.do("ROLLBACK TO s")
	a.fails(sqlerr.DivisionByZero, "SELECT 1 / 0")
	a.fails(sqlerr.InFailedTransaction, "INSERT INTO test VALUES (6, 6)")
	a.do("ROLLBACK TO SAVEPOINT s; INSERT INTO test VALUES (7, 7)")
	a.fails(sqlerr.UniqueViolation, "INSERT INTO test VALUES (7, 8)")
	a.do("ROLLBACK TO s; INSERT INTO test VALUES (8, 8); COMMIT")
	b.want("SELECT * FROM test", "1 10, 2 20, 3 1, 8 8")
	b.want("SELECT * FROM total", "4 39")
	a.fails(sqlerr.NoActiveTransaction, "SAVEPOINT s")
	a.fails(sqlerr.NoActiveTransaction, "ROLLBACK TO s")
	a.fails(sqlerr.NoActiveTransaction, "RELEASE s")
}

// A transaction that has failed commits nothing.
func TestFailedTransaction(t *testing.T) {
	_, a, b := pair(t, rc)
	a.do("INSERT INTO test VALUES (3, 1)")
	a.fails(sqlerr.DivisionByZero, "SELECT 1 / 0")
	if r := a.do("COMMIT"); r.Tags[0] != "ROLLBACK" {
		t.Errorf("COMMIT says %s", r.Tags[0])
	}
	b.want("SELECT * FROM test", "1 10, 2 20")
}
