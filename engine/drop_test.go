package engine_test

import (
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/sqlerr"
)

// Views over the same inputs share arrangements, within a view and across views, and DROP frees what nobody else uses, to the byte.
func TestSharing(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do(`CREATE TABLE a (id int PRIMARY KEY, g int, v int); CREATE TABLE c (id int PRIMARY KEY, g int, name text);
		INSERT INTO a SELECT i, i % 100, i FROM generate_series(1, 20000) AS i;
		INSERT INTO c SELECT i, i % 100, 'name ' || i FROM generate_series(1, 500) AS i`)
	empty := b.usage()
	b.do("CREATE MATERIALIZED VIEW one AS SELECT a.id, c.name FROM a JOIN c ON c.g = a.g")
	one := b.usage()
	if one.Flows != empty.Flows+3 {
		t.Errorf("the view, and two arrangements: from %d to %d flows", empty.Flows, one.Flows)
	}
	b.do("CREATE MATERIALIZED VIEW two AS SELECT a.id + 1 AS next, c.name FROM c JOIN a ON c.g = a.g")
	b.do("CREATE MATERIALIZED VIEW three AS SELECT x.id, y.id AS other FROM a x JOIN c y ON y.id = x.g") // c has its primary key
	three := b.usage()
	if three.Flows != one.Flows+2 {
		t.Errorf("two views, and nothing else: from %d to %d flows", one.Flows, three.Flows)
	}
	want := b.do("SELECT count(*), sum(id) FROM one")
	b.do("DROP MATERIALIZED VIEW three; DROP MATERIALIZED VIEW two")
	if u := b.usage(); u != one {
		t.Errorf("with one view %+v, with three %+v, with one %+v", one, three, u)
	}
	b.want("SELECT count(*), sum(id) FROM one", want)
	const reached = "WITH RECURSIVE r (id) AS (SELECT 7 UNION SELECT a.id FROM r JOIN a ON a.g = r.id AND a.id > 99) SELECT %s FROM r JOIN c ON c.g = r.id"
	b.do("CREATE MATERIALIZED VIEW four AS " + fmt.Sprintf(reached, "r.id, c.name"))
	four := b.usage()
	b.do("CREATE MATERIALIZED VIEW five AS " + fmt.Sprintf(reached, "c.id"))
	if five := b.usage(); five.Flows != four.Flows+1 {
		t.Errorf("the view, as what is reached stands: from %d to %d flows", four.Flows, five.Flows)
	}
	b.do("DROP MATERIALIZED VIEW four; DROP MATERIALIZED VIEW five")
	if u := b.usage(); u != one {
		t.Errorf("with one view %+v, after two recursive ones %+v", one, u)
	}
	b.do("UPDATE a SET g = g + 1 WHERE id < 100; UPDATE a SET g = g - 1 WHERE id < 100")
	b.want("SELECT count(*), sum(id) FROM one", want)
	b.do("DROP MATERIALIZED VIEW one")
	if u := b.usage(); u.Flows != empty.Flows || u.Maps != empty.Maps {
		t.Errorf("before %+v, after %+v", empty, u)
	}
	b.do(`CREATE INDEX a_g ON a (g); CREATE MATERIALIZED VIEW one AS SELECT a.id, c.name FROM a JOIN c ON c.g = a.g;
		CREATE MATERIALIZED VIEW two AS SELECT name, count(*) AS n FROM one GROUP BY name; CREATE INDEX two_n ON two (n); CREATE VIEW plain AS SELECT n FROM two`)
	b.crash()
	b.fails(sqlerr.DependentObjectsExist, "DROP TABLE a")
	b.do("DROP TABLE a CASCADE")
	b.fails(sqlerr.UndefinedTable, "SELECT * FROM plain")
	b.want("SELECT count(*) FROM c", "(500)")
	b.do("DROP TABLE c")
	if u := b.usage(); u.Flows != 0 || u.Maps != 0 || u.Bytes != 0 {
		t.Errorf("of nothing is left %+v", u)
	}
	b.restart()
	if u := b.usage(); u.Flows != 0 || u.Maps != 0 {
		t.Errorf("after a restart, of nothing is left %+v", u)
	}
}

// A rolled back or refused CREATE leaves nothing.
func TestRefusedCreate(t *testing.T) {
	b := newBase(t, engine.Options{Dir: t.TempDir()})
	b.do("CREATE TABLE a (id int PRIMARY KEY, g int); INSERT INTO a SELECT i, i % 10 FROM generate_series(1, 1000) AS i")
	before := b.usage()
	b.do("BEGIN; CREATE TABLE x (id int); CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM a GROUP BY g; ROLLBACK")
	b.fails(sqlerr.UniqueViolation, "CREATE UNIQUE INDEX ON a (g)")
	b.fails(sqlerr.UniqueViolation, "BEGIN; CREATE MATERIALIZED VIEW v AS SELECT g, count(*) AS n FROM a GROUP BY g; CREATE UNIQUE INDEX ON a (g); COMMIT")
	if after := b.usage(); after != before {
		t.Errorf("from %+v to %+v", before, after)
	}
}
