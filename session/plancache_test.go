package session

import (
	"strings"
	"testing"
)

// A text that is repeated is planned anew when its meaning has changed: after DDL, and where it names the time.
func TestRepeatedText(t *testing.T) {
	s := newSession(t, "CREATE TABLE t (a int4 PRIMARY KEY); CREATE TABLE stamps (k int4 PRIMARY KEY, at timestamptz); INSERT INTO t VALUES (1); INSERT INTO stamps VALUES (1)")
	ask := func(sql, want string) {
		t.Helper()
		if got := say(s, sql); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	for range 3 {
		ask("SELECT * FROM t WHERE a < 5", "SELECT 1")
		ask("SELECT * FROM t WHERE a = 1", "SELECT 1")
	}
	ask("DROP TABLE t; CREATE TABLE t (b text, a text PRIMARY KEY); INSERT INTO t VALUES ('x', '1')", "INSERT 0 1")
	ask("SELECT * FROM t WHERE a < '5'", "x|1|")
	ask("SELECT * FROM t WHERE a < 5", "operator does not exist: text < integer")
	ask("SELECT * FROM t", "x|1|")
	ask("DROP TABLE t; CREATE TABLE t (a int4 PRIMARY KEY)", "CREATE TABLE")
	ask("SELECT * FROM t", "{a integer")

	last := ""
	for _, sql := range []string{"SELECT 'now'::timestamptz", "UPDATE stamps SET at = 'now' WHERE k = 1 RETURNING at", "SELECT a[1] FROM (SELECT '{now}'::timestamptz[]) x(a)"} {
		for range 4 {
			got := say(s, sql)
			if got == last {
				t.Errorf("%s says the same again: %s", sql, got)
			}
			last = got
		}
	}
}
