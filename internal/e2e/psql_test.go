package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// psql runs a text of commands and returns what it prints, errors among it.
func psql(t *testing.T, host, port, input string) string {
	t.Helper()
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Fatal("psql is not installed; `make deps` installs it")
	}
	cmd := exec.Command(path, "-X", "-h", host, "-p", port, "-U", "postgres", "streamsql")
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(cmd.Environ(), "PGSSLMODE=prefer", "PGGSSENCMODE=prefer")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(out)
}

// The story of the project's first page: a timeline that is never stale.
func TestPsqlTimeline(t *testing.T) {
	host, port := start(t)
	got := psql(t, host, port, `
CREATE TABLE users (id int8 PRIMARY KEY, name text);
CREATE TABLE follows (follower_id int8, followee_id int8, PRIMARY KEY (follower_id, followee_id));
CREATE TABLE tweets (id int8 PRIMARY KEY, sender_id int8, text text, time timestamptz);
CREATE MATERIALIZED VIEW timeline AS
SELECT tweets.*, users.* FROM tweets JOIN users ON users.id = tweets.sender_id
JOIN follows ON follows.followee_id = users.id
WHERE follows.follower_id = $user ORDER BY tweets.time DESC LIMIT 100;
INSERT INTO users VALUES (1, 'ann'), (2, 'bob');
INSERT INTO follows VALUES (42, 1);
INSERT INTO tweets VALUES (1, 1, 'hello', '2024-01-01 10:00+00'), (2, 2, 'unheard', '2024-01-01 11:00+00');
\pset format unaligned
\pset tuples_only on
SELECT text, name FROM timeline WHERE "user" = 42;
INSERT INTO follows VALUES (42, 2);
SELECT text, name FROM timeline WHERE "user" = 42;
UPDATE users SET name = 'anna' WHERE id = 1;
DELETE FROM follows WHERE followee_id = 2;
SELECT text, name FROM timeline WHERE "user" = 42;
`)
	want := `CREATE TABLE
CREATE TABLE
CREATE TABLE
NOTICE:  column "id" appears more than once; the second is named "users_id"
CREATE MATERIALIZED VIEW
INSERT 0 2
INSERT 0 1
INSERT 0 2
Output format is unaligned.
hello|ann
INSERT 0 1
unheard|bob
hello|ann
UPDATE 1
DELETE 1
hello|anna
`
	if withoutNotices(got) != withoutNotices(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func withoutNotices(s string) string {
	var kept []string
	for _, line := range strings.SplitAfter(s, "\n") {
		if !strings.HasPrefix(line, "NOTICE:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// What psql shows of errors, COPY, and its own commands.
func TestPsqlCommands(t *testing.T) {
	host, port := start(t)
	got := psql(t, host, port, `
\set VERBOSITY verbose
\pset format unaligned
CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'x' NOT NULL);
SELECT nme FROM t;
COPY t FROM STDIN;
1	one
2	two
\.
\copy (SELECT * FROM t ORDER BY a) TO STDOUT WITH (FORMAT csv, HEADER)
\copy t FROM STDIN WITH (FORMAT csv)
3,three
\.
SELECT * FROM t ORDER BY a \gdesc
SELECT count(*) AS n FROM t \gset
\echo :n rows
BEGIN;
INSERT INTO t VALUES (4);
ROLLBACK;
SELECT b FROM t WHERE a = 1 \g (format=aligned)
\dt
\d t
\l
\dv
\conninfo
`)
	for _, want := range []string{
		"ERROR:  42703: column \"nme\" does not exist\nLINE 1: SELECT nme FROM t;\n               ^\n",
		"COPY 2\n", "a,b\n1,one\n2,two\n", "COPY 1\n", "a|integer\nb|text\n", "3 rows\n", "public|t|table|", "a|integer|", "t_pkey", "streamsql",
		"You are connected to database \"streamsql\" as user \"postgres\"",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(strings.ReplaceAll(got, "ERROR:  42703", ""), "ERROR:") {
		t.Errorf("unexpected errors:\n%s", got)
	}
}
