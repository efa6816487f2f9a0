package session

import (
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// A value that would take more memory than a value may is refused before that memory is asked for, however it is made, and so is a column of them.
func TestLargeValues(t *testing.T) {
	s := newSession(t, "CREATE TABLE t (id int4 PRIMARY KEY, a text, n int4); INSERT INTO t VALUES (1, 'aaa', 5), (2, 'b', 6)")
	const large = "repeat('a', 100000)"
	for _, e := range []string{
		"repeat(a, 1000000000)", "lpad(a, 2000000000)", "rpad(a, 2000000000)", "format('%2000000000s', a)", "format(repeat('%1000000s', 100), VARIADIC array_fill(a, ARRAY[100]))",
		"replace(" + large + ", 'a', " + large + " || a)", "regexp_replace(" + large + ", 'a', " + large + " || a, 'g')",
		`regexp_replace(` + large + `, '.*', repeat('\&', 1000) || a)`, "concat_ws(" + large + ", VARIADIC array_fill(a, ARRAY[1000]))",
		"array_to_string(array_fill(a, ARRAY[1000]), " + large + ")", "repeat(a, 11000000) || repeat(a, 11500000)", "array_fill(a, ARRAY[20000000])",
		"jsonb_pretty((repeat('[', 6000) || n || repeat(']', 6000))::jsonb)",
	} {
		for _, sql := range []string{"SELECT " + e + " FROM t WHERE id <= 2", "UPDATE t SET n = 1 WHERE " + e + " IS NULL"} {
			if got := say(s, sql); !strings.Contains(got, string(sqlerr.ProgramLimitExceeded)) {
				t.Errorf("%s: %.200s", sql, got)
			}
		}
	}
	for _, sql := range []string{
		"SELECT sum(length(repeat(a || g, 1000000))) FROM t, generate_series(1, 400) g",
	} {
		if got := say(s, sql); !strings.Contains(got, string(sqlerr.OutOfMemory)) {
			t.Errorf("%s: %.200s", sql, got)
		}
	}
	if got := say(s, "SELECT a, length(repeat(a, 5000000)) FROM t WHERE id = 1"); !strings.Contains(got, "aaa|15000000|") {
		t.Errorf("what fits: %.200s", got)
	}

	// A view that meets such a row fails, as it cannot know what to show; the others go on.
	say(s, "CREATE MATERIALIZED VIEW v AS SELECT id, length(replace(repeat('a', n * 200000), 'a', repeat('b', n))) AS l FROM t; CREATE MATERIALIZED VIEW w AS SELECT sum(n) AS s FROM t")
	if got := say(s, "UPDATE t SET n = 60 WHERE id = 2; SELECT * FROM w"); !strings.Contains(got, "65|") {
		t.Error(got)
	}
	if got := say(s, "SELECT * FROM v"); !strings.Contains(got, string(sqlerr.ObjectNotInPrerequisiteState)) || !strings.Contains(got, "maximum size of 64 MB") {
		t.Error(got)
	}
}

// pg_sleep waits, and not longer than its statement may.
func TestSleep(t *testing.T) {
	s := newSession(t, "CREATE TABLE t (id int4 PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
	if got := say(s, "SELECT pg_sleep(0.001), pg_sleep(-1), pg_sleep(NULL), id FROM t WHERE id = 2"); !strings.Contains(got, "2|") {
		t.Error(got)
	}
	say(s, "SET statement_timeout = '10ms'")
	for _, sql := range []string{"SELECT pg_sleep(1e9)", "SELECT pg_sleep(1e300) FROM t WHERE id = 1", "DELETE FROM t WHERE pg_sleep(1e9) IS NULL"} {
		if got := say(s, sql); !strings.Contains(got, string(sqlerr.QueryCanceled)) {
			t.Errorf("%s: %s", sql, got)
		}
	}
}
