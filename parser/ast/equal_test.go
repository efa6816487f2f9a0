package ast_test

import (
	"testing"

	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
)

func TestEqual(t *testing.T) {
	of := func(sql string) []*ast.Target {
		stmts, err := parser.Parse("SELECT " + sql)
		if err != nil {
			t.Fatal(err)
		}
		return stmts[0].Stmt.(*ast.Query).Body.(*ast.Select).Targets
	}
	for _, c := range []struct {
		sql             string
		equal, subquery bool
	}{
		{"a + 1,   a+1", true, false},
		{"a + 1, a + 2", false, false},
		{"(SELECT max(k) FROM w WHERE w.a = t.a), (SELECT max( k ) FROM w WHERE w.a = t.a)", true, true},
		{"(SELECT max(k) FROM w WHERE w.a = t.a), (SELECT max(k) FROM w WHERE w.b = t.a)", false, true},
		{"count(a) FILTER (WHERE a IN (SELECT 1)), count(a)", false, true},
		{"NULL, 'NULL'", false, false},
	} {
		ts := of(c.sql)
		if got := ast.Equal(ts[0].Expr, ts[1].Expr); got != c.equal {
			t.Errorf("%s: equal %t", c.sql, got)
		}
		if got := ast.HasSubquery(ts[0].Expr); got != c.subquery {
			t.Errorf("%s: subquery %t", c.sql, got)
		}
	}
}
