package expr_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// TestSRF calls the set-returning functions of testdata/srf.txt. A line is a call, a tab, and the columns with the rows, all
// separated by " | " and within a row by ", "; or ERROR. -rewrite asks PostgreSQL.
func TestSRF(t *testing.T) {
	const path = "testdata/srf.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if *rewrite {
		rewriteSRF(t, lines)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range lines {
		if blank(line) {
			continue
		}
		call, want, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("%s:%d: no result; run go test ./expr -run TestSRF -rewrite", path, i+1)
		}
		if got := callSRF(t, call); got != strings.TrimPrefix(want, "ours: ") {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", path, i+1, call, got, want)
		}
	}
}

// callSRF binds the arguments, coerces them as LookupSRF says, and runs the function as an operator does.
func callSRF(t *testing.T, call string) string {
	t.Helper()
	config := types.DefaultConfig()
	fail := func(err error) string {
		e := sqlerr.From(err)
		return escapeGolden("ERROR " + string(e.Code) + " " + e.Message)
	}
	tree, err := parser.ParseExpr(call)
	if err != nil {
		return fail(err)
	}
	f, ok := tree.(*ast.Func)
	if !ok {
		t.Fatalf("%s is no call", call)
	}
	var ts []types.Type
	var args []types.Datum
	for _, a := range f.Args {
		x, err := planner.BindScalar(&planner.Env{Catalog: catalog.New(), Config: config}, a, nil, types.Of(types.Unknown))
		if err != nil {
			return fail(err)
		}
		d, err := expr.EvalRow(&expr.Ctx{Config: config}, x, nil)
		if err != nil {
			return fail(err)
		}
		ty := x.Type().Base()
		if k, ok := a.(*ast.Const); ok && (k.Kind == ast.StringConst || k.Kind == ast.NullConst) {
			ty = types.Of(types.Unknown)
		}
		ts, args = append(ts, ty), append(args, d)
	}
	fn, coerce, err := expr.LookupSRF(f.Name.Last(), ts)
	if err != nil {
		return fail(err)
	}
	if fn == nil {
		t.Fatalf("%s: no set-returning function", call)
	}
	for i, to := range coerce {
		if to == (types.Type{}) || args[i].IsNull() {
			continue
		}
		c := types.FindCast(ts[i], to)
		if c == nil {
			t.Fatalf("%s: no cast from %s to %s", call, ts[i], to)
		}
		if args[i], err = c.Eval(config, args[i], false); err != nil {
			return fail(err)
		}
	}
	var head []string
	var own []types.Type
	for _, c := range fn.Cols {
		head, own = append(head, c.Name+" "+c.T.String()), append(own, c.T)
	}
	out := batch.New(own, 0)
	if !fn.Strict || !slices.ContainsFunc(args, types.Datum.IsNull) {
		if err := fn.Rows(&expr.Ctx{Config: config}, args, out); err != nil {
			return fail(err)
		}
	}
	if len(out.W) != out.Cols[0].Len() {
		t.Errorf("%s: %d weights for %d rows", call, len(out.W), out.Cols[0].Len())
	}
	parts := []string{strings.Join(head, ", ")}
	for i := range out.Len() {
		var row []string
		for k, d := range out.AppendRowTo(nil, i) {
			if d.IsNull() {
				row = append(row, "NULL")
			} else {
				row = append(row, string(types.AppendText(nil, config, own[k], d)))
			}
		}
		parts = append(parts, strings.Join(row, ", "))
	}
	return escapeGolden(strings.Join(parts, " | "))
}

func rewriteSRF(t *testing.T, lines []string) {
	t.Helper()
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for i, line := range lines {
		call, old, _ := strings.Cut(line, "\t")
		if !blank(line) && !strings.HasPrefix(old, "ours: ") {
			lines[i] = call + "\t" + askPostgresRows(t, conn, call)
		}
	}
}

func askPostgresRows(t *testing.T, conn *pgx.Conn, call string) string {
	t.Helper()
	result := conn.PgConn().ExecParams(context.Background(), "SELECT * FROM "+call, nil, nil, nil, nil)
	fields := result.FieldDescriptions()
	read := result.Read()
	var failed *pgconn.PgError
	if errors.As(read.Err, &failed) {
		return escapeGolden("ERROR " + failed.Code + " " + failed.Message)
	}
	if read.Err != nil {
		t.Fatalf("%s: %v", call, read.Err)
	}
	var head []string
	for _, c := range fields {
		ty, _ := types.FromOID(c.DataTypeOID)
		head = append(head, c.Name+" "+ty.String())
	}
	parts := []string{strings.Join(head, ", ")}
	for _, r := range read.Rows {
		var row []string
		for _, v := range r {
			if v == nil {
				row = append(row, "NULL")
			} else {
				row = append(row, string(v))
			}
		}
		parts = append(parts, strings.Join(row, ", "))
	}
	return escapeGolden(strings.Join(parts, " | "))
}

// TestSeriesLimit: what one call gives is bounded, and found out before the rows are made where their number is known.
func TestSeriesLimit(t *testing.T) {
	for _, call := range []string{
		"generate_series(1, 2000000000)", "generate_series(-9223372036854775807, 9223372036854775807)",
		"generate_series('2024-01-01'::timestamp, 'infinity', '10000 years')",
	} {
		if got := callSRF(t, call); !strings.HasPrefix(got, "ERROR 54000") && !strings.HasPrefix(got, "ERROR 22008") {
			t.Errorf("%s: %.100s", call, got)
		}
	}
}

func TestLookupSRFUnknownName(t *testing.T) {
	if fn, _, err := expr.LookupSRF("lower", []types.Type{types.Of(types.Text)}); fn != nil || err != nil {
		t.Errorf("got %v, %v", fn, err)
	}
}
