package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// TestLimits feeds what is too long or too deep: an answer within seconds, 54001 where it is too much, and no crash.
func TestLimits(t *testing.T) {
	const n = 100_000
	nest := func(open, inner, close string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(close, n)
	}
	for _, c := range []struct {
		name, sql string
		want      sqlerr.Code // "" if it is accepted
	}{
		{"10 MB of values", "insert into t values (1, 'abcdefgh')" + strings.Repeat(", (1, 'abcdefgh')", 10<<20/17), ""},
		{"10 MB of one string", "select '" + strings.Repeat("x", 10<<20) + "'", ""},
		{"a long IN", "select 1 where a in (1" + strings.Repeat(", 1", n) + ")", ""},
		{"a long AND", "select 1 where a" + strings.Repeat(" and a", n), ""},
		{"a chain of + that is not too long", "select 1" + strings.Repeat(" + 1", maxChain-1), ""},
		{"parentheses that are not too deep", "select " + strings.Repeat("(", maxDepth/3) + "1" + strings.Repeat(")", maxDepth/3), ""},
		{"subqueries that are not too deep", strings.Repeat("select * from (", maxDepth/8) + "select 1" + strings.Repeat(") t", maxDepth/8), ""},
		{"65 MB", "select '" + strings.Repeat("x", 65<<20) + "'", sqlerr.StatementTooComplex},
		{"parentheses", "select " + nest("(", "1", ")"), sqlerr.StatementTooComplex},
		{"parentheses without end", "select " + strings.Repeat("(", n), sqlerr.StatementTooComplex},
		{"subqueries", "select " + nest("(select ", "1", ")"), sqlerr.StatementTooComplex},
		{"subqueries in FROM", nest("select * from (", "select 1", ") t"), sqlerr.StatementTooComplex},
		{"parenthesised queries", nest("(", "select 1", ")"), sqlerr.StatementTooComplex},
		{"joins in parentheses", "select * from " + nest("(", "a cross join b", ")"), sqlerr.StatementTooComplex},
		{"a chain of joins", "select * from a" + strings.Repeat(" cross join a", n), sqlerr.StatementTooComplex},
		{"a chain of +", "select 1" + strings.Repeat(" + 1", n), sqlerr.StatementTooComplex},
		{"a chain of unions", "select 1" + strings.Repeat(" union select 1", n), sqlerr.StatementTooComplex},
		{"a chain of casts", "select 1" + strings.Repeat("::int", n), sqlerr.StatementTooComplex},
		{"a chain of subscripts", "select a" + strings.Repeat("[1]", n), sqlerr.StatementTooComplex},
		{"minus signs", "select " + strings.Repeat("- ", n) + "1", sqlerr.StatementTooComplex},
		{"NOT", "select " + strings.Repeat("not ", n) + "true", sqlerr.StatementTooComplex},
		{"CASE", "select " + nest("case when ", "true", " then 1 end"), sqlerr.StatementTooComplex},
		{"calls", "select " + nest("f(", "1", ")"), sqlerr.StatementTooComplex},
		{"arrays", "select array" + nest("[", "1", "]"), sqlerr.StatementTooComplex},
		{"grouping sets", "select 1 group by " + nest("grouping sets (", "()", ")"), sqlerr.StatementTooComplex},
		{"WITH", nest("with a as (", "select 1", ") select 1"), sqlerr.StatementTooComplex},
		{"EXPLAIN", strings.Repeat("explain ", n) + "select 1", sqlerr.SyntaxError},
		{"PREPARE", strings.Repeat("prepare p as ", n) + "select 1", sqlerr.SyntaxError},
		{"comments", "select 1 " + nest("/*", "", "*/"), ""},
		{"semicolons", strings.Repeat(";", n), ""},
		{"statements", strings.Repeat("select 1;", n/10), ""},
		{"a long name", "select a" + strings.Repeat(".a", n), sqlerr.SyntaxError},
	} {
		start := time.Now()
		_, err := Parse(c.sql)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", c.name, took)
		} else {
			t.Logf("%s: %v", c.name, took)
		}
		if got := sqlerr.CodeOf(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%s: got %.200v, want %q", c.name, err, c.want)
		}
	}
}
