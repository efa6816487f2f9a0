package e2e

import (
	"strings"
	"testing"
)

const described = `
CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'x' NOT NULL UNIQUE, c numeric(10,2) CHECK (c > 0), d timestamptz DEFAULT now(), e varchar(3)[]);
CREATE INDEX t_c ON t (c DESC, d);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE MATERIALIZED VIEW m AS SELECT b, count(*) AS n FROM t GROUP BY b;
CREATE INDEX m_n ON m (n);
CREATE MATERIALIZED VIEW mine AS SELECT t.a, t.c FROM t WHERE t.b = $name ORDER BY t.c LIMIT 10;
CREATE SEQUENCE sq;
CREATE TABLE s (id serial PRIMARY KEY, g int GENERATED ALWAYS AS IDENTITY);
CREATE SCHEMA sch;
CREATE TABLE sch.u (x int[]);
`

// \d of each kind of relation prints what PostgreSQL's does.
func TestPsqlDescribe(t *testing.T) {
	host, port := start(t)
	got := psql(t, host, port, described+`
\d t
\d v
\d m
\d mine
\d t_c
\d t_pkey
\d sq
\d s_id_seq
\d sch.u
SELECT 't'::regclass, 'sch.u'::regclass, 'pg_class'::regclass, 'sch'::regnamespace, relname::regclass FROM pg_class WHERE relname = 'm';
SELECT conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
SELECT pg_get_serial_sequence('s', 'id');
`)
	for _, want := range []string{`
                           Table "public.t"
 Column |           Type           | Collation | Nullable | Default 
--------+--------------------------+-----------+----------+---------
 a      | integer                  |           | not null | 
 b      | text                     |           | not null | 'x'
 c      | numeric(10,2)            |           |          | 
 d      | timestamp with time zone |           |          | now()
 e      | character varying(3)[]   |           |          | 
Indexes:
    "t_pkey" PRIMARY KEY, btree (a)
    "t_b_key" UNIQUE CONSTRAINT, btree (b)
    "t_c" btree (c DESC, d)
Check constraints:
    "t_c_check" CHECK (c > 0)
`, `
                 View "public.v"
 Column |  Type   | Collation | Nullable | Default 
--------+---------+-----------+----------+---------
 a      | integer |           |          | 
 b      | text    |           |          | 
`, `
           Materialized view "public.m"
 Column |  Type  | Collation | Nullable | Default 
--------+--------+-----------+----------+---------
 b      | text   |           |          | 
 n      | bigint |           |          | 
Indexes:
    "m_n" btree (n)
`, `
            Materialized view "public.mine"
 Column |     Type      | Collation | Nullable | Default 
--------+---------------+-----------+----------+---------
 name   | text          |           |          | 
 a      | integer       |           |          | 
 c      | numeric(10,2) |           |          | 
`, `
                     Index "public.t_c"
 Column |           Type           | Key? | Definition 
--------+--------------------------+------+------------
 c      | numeric(10,2)            | yes  | c
 d      | timestamp with time zone | yes  | d
btree, for table "public.t"
`, `
primary key, btree, for table "public.t"
`, `
                             Sequence "public.sq"
  Type  | Start | Minimum |       Maximum       | Increment | Cycles? | Cache 
--------+-------+---------+---------------------+-----------+---------+-------
 bigint |     1 |       1 | 9223372036854775807 |         1 | no      |     1
`, `
Sequence for identity column: public.s.id
`, `
                  Table "sch.u"
 Column |   Type    | Collation | Nullable | Default 
--------+-----------+-----------+----------+---------
 x      | integer[] |           |          | 
`, `
 t        | sch.u    | pg_class | sch          | m
`, `
  conname  | pg_get_constraintdef | pg_get_constraintdef 
-----------+----------------------+----------------------
 t_b_key   | UNIQUE (b)           | UNIQUE (b)
 t_c_check | CHECK ((c > 0))      | CHECK (c > 0)
 t_pkey    | PRIMARY KEY (a)      | PRIMARY KEY (a)
`, `
 public.s_id_seq
`} {
		if !strings.Contains(unindented(got), unindented(want)) {
			t.Errorf("no %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// unindented takes away what centres the titles.
func unindented(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimLeft(line, " "))
	}
	return b.String()
}

// No backslash command that lists something fails, whatever there is to list.
func TestPsqlLists(t *testing.T) {
	host, port := start(t)
	got := psql(t, host, port, described+`
\d
\d+
\d+ t
\d+ v
\d+ m
\d pg_class
\dt *.*
\dt+
\di+
\ds+
\dv+
\dm+
\dn+
\df
\da
\du+
\l+
\dT
\dp
\db+
\dx
\dD
\do
\dC
\dA
\dc
\dy
\dconfig
\dconfig *
\ddp
\drds
\des
\det
\dew
\deu
\dF
\dFd
\dFp
\dFt
\dRp
\dRs
\dP
\dX
\z
\sv v
\encoding
`)
	for line := range strings.Lines(got) {
		if strings.Contains(line, "ERROR:") {
			t.Error(line)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
