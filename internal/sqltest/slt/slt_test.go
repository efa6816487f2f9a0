package slt

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRead(t *testing.T) {
	dir := write(t, "x.test", `onlyif mssql
halt

# a comment
statement ok
CREATE TABLE t (a int,
  b int);

skipif postgresql
statement ok
not for us

query II rowsort label-1
SELECT a, b
FROM t
----
1
2

connection other
statement error (?i)no such
SELECT 1

query I colnames,rowsort
SELECT a FROM t
----
a
2
10

halt

statement ok
never
`)
	records, err := Read(dir, "x.test")
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{
		{Line: 5, Kind: StatementOK, SQL: "CREATE TABLE t (a int,\n  b int)"},
		{Line: 13, Kind: Query, SQL: "SELECT a, b\nFROM t", Sort: "rowsort", Types: "II"},
		{Line: 21, Kind: StatementError, SQL: "SELECT 1", Session: "other"},
		{Line: 24, Kind: Query, SQL: "SELECT a FROM t", Session: "other", Sort: "rowsort", Names: true},
	}
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d: %+v", len(records), len(want), records)
	}
	for i, w := range want {
		r := records[i]
		if r.Line != w.Line || r.Kind != w.Kind || r.SQL != w.SQL || r.Session != w.Session || r.Names != w.Names || w.Sort != "" && r.Sort != w.Sort {
			t.Errorf("got %+v\nwant %+v", r, w)
		}
	}
	q := records[3]
	for _, c := range []struct {
		names []string
		rows  [][]string
		match bool
	}{
		{[]string{"a"}, [][]string{{"2"}, {"10"}}, true},
		{[]string{"a"}, [][]string{{"10"}, {"2"}}, true},
		{[]string{"b"}, [][]string{{"10"}, {"2"}}, false},
		{[]string{"a"}, [][]string{{"10"}, {"3"}}, false},
		{[]string{"a"}, [][]string{{"10"}}, false},
	} {
		if q.Matches(c.names, c.rows, "NULL") != c.match {
			t.Errorf("%v %v matches: %v", c.names, c.rows, !c.match)
		}
	}
}

func TestHash(t *testing.T) {
	r := Record{File: "x.test", Types: "I", Sort: "nosort", Want: []string{"3 values hashing to c0710d6b4f15dfa88f600b0e6b624077"}}
	if !r.Matches(nil, [][]string{{"1"}, {"2"}, {"3"}}, "NULL") || r.Matches(nil, [][]string{{"1"}, {"3"}, {"2"}}, "NULL") {
		t.Error("the hash is of other values")
	}
}

func TestReadScript(t *testing.T) {
	dir := write(t, "x.sql", "-- a comment; with a semicolon\nSELECT ';' AS \"a;b\"; /* ; */ SELECT\n  2; \\set x\nINSERT INTO t VALUES ($$;$$)")
	records, err := ReadScript(dir, "x.sql")
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{{Line: 2, SQL: `SELECT ';' AS "a;b"`}, {Line: 2, SQL: "SELECT\n  2"}, {Line: 4, SQL: "INSERT INTO t VALUES ($$;$$)"}}
	if len(records) != len(want) {
		t.Fatalf("%+v", records)
	}
	for i, w := range want {
		if r := records[i]; r.Line != w.Line || r.SQL != w.SQL || r.IsQuery() != (i < 2) {
			t.Errorf("got %+v, want %+v", r, w)
		}
	}
}
