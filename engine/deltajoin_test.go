package engine_test

import (
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
)

// A join of many tables keeps nothing but arrangements of keys, which views share, and DROP frees them to the byte.
func TestDeltaJoin(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE a (id int PRIMARY KEY, b int, v int); CREATE TABLE b (id int PRIMARY KEY, c int, v int); CREATE TABLE c (id int PRIMARY KEY, v int);
		INSERT INTO a SELECT i, i % 3000, i FROM generate_series(1, 5000) AS i;
		INSERT INTO b SELECT i, i % 100, i FROM generate_series(1, 2000) AS i;
		INSERT INTO c SELECT i, i FROM generate_series(0, 50) AS i`)
	const chain = "SELECT a.id, a.v + b.v + c.v AS total FROM a JOIN b ON b.id = a.b JOIN c ON c.id = b.c"
	const others = "SELECT c.v, count(*) AS n FROM c JOIN b ON b.c = c.id JOIN a ON a.b = b.id WHERE a.v > b.v GROUP BY c.v"
	const self = "SELECT x.id AS x, z.id AS z FROM a x JOIN a y ON y.id = x.b JOIN a z ON z.id = y.b"
	same := func() {
		t.Helper()
		for view, query := range map[string]string{"one": chain, "two": others, "three": self} {
			b.want("SELECT count(*) FROM (SELECT * FROM "+view+" EXCEPT ALL ("+query+")) x", "(0)")
			b.want("SELECT count(*) FROM (("+query+") EXCEPT ALL SELECT * FROM "+view+") x", "(0)")
		}
	}
	empty := b.usage()
	b.do("CREATE MATERIALIZED VIEW one AS " + chain)
	one := b.usage()
	if one.Flows != empty.Flows+3 {
		t.Errorf("the view, a by b and b by c: from %d to %d flows", empty.Flows, one.Flows)
	}
	b.do("CREATE MATERIALIZED VIEW two AS " + others + "; CREATE MATERIALIZED VIEW three AS " + self)
	if u := b.usage(); u.Flows != one.Flows+2 {
		t.Errorf("two views, and nothing else: from %d to %d flows", one.Flows, u.Flows)
	}
	plan := b.do("EXPLAIN SELECT * FROM one") + b.do("EXPLAIN CREATE MATERIALIZED VIEW four AS "+chain)
	for _, want := range []string{"Delta Join of a, b, c", "Arrangement by b.c of b, keys alone", "Shared with: one, two, three", "Shared with: one, two"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	same()
	b.do(`UPDATE a SET b = b + 1 WHERE id % 7 = 0; DELETE FROM b WHERE id % 5 = 0; UPDATE c SET v = v + 1; INSERT INTO c VALUES (60, 60), (70, 70);
		BEGIN; DELETE FROM a WHERE id < 100; INSERT INTO a SELECT i, i, i FROM generate_series(1, 80) AS i; UPDATE b SET c = c + 1 WHERE id < 500; COMMIT`)
	same()
	b.crash()
	same()
	b.do("UPDATE a SET v = v + 1; UPDATE b SET v = v - 1 WHERE id % 2 = 0; DELETE FROM c WHERE id % 3 = 0")
	same()
	b.restart()
	b.do("UPDATE a SET b = NULL WHERE id % 11 = 0")
	same()
	b.do("DROP MATERIALIZED VIEW one; DROP MATERIALIZED VIEW two; DROP MATERIALIZED VIEW three")
	if u := b.usage(); u.Flows != empty.Flows || u.Maps != empty.Maps {
		t.Errorf("before %+v, after %+v", empty, u)
	}
}
