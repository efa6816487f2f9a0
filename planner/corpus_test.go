package planner

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/internal/tpch"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// planAll plans every statement of a text, queries as materialized views as well, and gives the errors by statement. What is no error
// of SQL, or an internal one, fails the test.
func planAll(t testing.TB, w *world, text string) map[string]error {
	out := map[string]error{}
	for _, sql := range strings.Split(text+"\n", ";\n") {
		stmts, err := parser.Parse(sql)
		if err != nil {
			continue
		}
		for _, s := range stmts {
			switch s.Stmt.(type) {
			case *ast.CreateTable, *ast.CreateView, *ast.CreateIndex:
				err = w.one(s.Stmt)
			case *ast.Query:
				_, err = w.explain(sql)
				if q, ok := s.Stmt.(*ast.Query); ok {
					_, verr := PlanView(w.env(), &ast.CreateView{Name: ast.Name{"v"}, Materialized: true, Query: q})
					checkError(t, sql, verr)
				}
			case *ast.Insert, *ast.Update, *ast.Delete:
				_, err = w.explain(sql)
			default:
				continue
			}
			checkError(t, sql, err)
			out[strings.TrimSpace(sql)] = err
		}
	}
	return out
}

// checkError fails unless err is nil or one that a user may see.
func checkError(t testing.TB, sql string, err error) {
	var e *sqlerr.Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || e.Code == sqlerr.InternalError {
		t.Errorf("%s\n%v", sql, err)
	}
}

func read(t testing.TB, path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTPCH: all 22 queries are planned.
func TestTPCH(t *testing.T) {
	w := newWorld()
	if err := w.define(tpch.Schema); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../internal/tpch/queries/q*.sql")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		for sql, err := range planAll(t, w, read(t, f)) {
			if err != nil {
				t.Errorf("%s: %s", filepath.Base(f), errorText(sql, err))
			}
		}
	}
}

// TestCorpus: PostgreSQL's own queries are planned or refused, never anything else.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../testdata/corpora/pgregress/sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	n := 0
	for _, f := range files {
		w := newWorld()
		if err := w.define(regressDDL); err != nil {
			t.Fatal(err)
		}
		n += len(planAll(t, w, read(t, f)))
	}
	if n < 200 {
		t.Errorf("only %d statements of the corpus reached the planner", n)
	}
}

// regressDDL are tables that the regression tests share.
const regressDDL = `
CREATE TABLE onek (unique1 int4, unique2 int4, two int4, four int4, ten int4, twenty int4, hundred int4, thousand int4, twothousand int4,
	fivethous int4, tenthous int4, odd int4, even int4, stringu1 text, stringu2 text, string4 text);
CREATE TABLE tenk1 (unique1 int4, unique2 int4, two int4, four int4, ten int4, twenty int4, hundred int4, thousand int4, twothousand int4,
	fivethous int4, tenthous int4, odd int4, even int4, stringu1 text, stringu2 text, string4 text);
CREATE TABLE int4_tbl (f1 int4);
CREATE TABLE int8_tbl (q1 int8, q2 int8);
CREATE TABLE float8_tbl (f1 float8);
CREATE TABLE text_tbl (f1 text);
CREATE TABLE char_tbl (f1 char(4));
CREATE TABLE varchar_tbl (f1 varchar(4));
`

// FuzzPlan: whatever the parser takes is planned or refused.
func FuzzPlan(f *testing.F) {
	for _, q := range oracleQueries {
		f.Add(q)
	}
	w := newWorld()
	if err := w.define(oracleDDL); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sql string) { planAll(t, w, sql) })
}
