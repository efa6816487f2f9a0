package expr_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

var rewrite = flag.Bool("rewrite", false, "have a PostgreSQL 15 fill in the results of golden files")

// golden evaluates the expressions of testdata/file. A line is
//
//	expression<TAB>result<TAB>type
//
// where the result is the value's text, NULL, or ERROR with the SQLSTATE and the message; in it a newline stands as \n and a tab as \t.
// -rewrite fills results and types in. A result that starts with "ours: " is where we differ on purpose; it is kept. Lines may be empty,
// comments (#), or settings, which hold from there on: SET name TO value.
func golden(t *testing.T, file string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if *rewrite {
		rewriteGolden(t, lines)
		text := []byte(strings.Join(lines, "\n") + "\n")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config := types.DefaultConfig()
	n := 0
	for i, line := range lines {
		if name, value, ok := setting(line); ok {
			configure(t, config, name, value)
			continue
		}
		fields := strings.Split(line, "\t")
		if blank(line) {
			continue
		}
		if len(fields) < 2 {
			t.Fatalf("%s:%d: no result; run go test ./expr -run %s -rewrite", path, i+1, t.Name())
		}
		n++
		got, gotType := evaluate(config, fields[0])
		want := strings.TrimPrefix(fields[1], "ours: ")
		if got != want {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", path, i+1, fields[0], got, want)
		} else if len(fields) > 2 && gotType != fields[2] {
			t.Errorf("%s:%d: %s\n got type %s\nwant type %s", path, i+1, fields[0], gotType, fields[2])
		}
	}
	if n == 0 {
		t.Fatalf("%s: nothing to test", path)
	}
}

func blank(line string) bool { return strings.TrimSpace(line) == "" || line[0] == '#' }

func setting(line string) (name, value string, ok bool) {
	rest, ok := strings.CutPrefix(line, "SET ")
	if !ok {
		return "", "", false
	}
	name, value, ok = strings.Cut(rest, " TO ")
	return strings.ToLower(name), strings.Trim(value, "'"), ok
}

func configure(t *testing.T, c *types.Config, name, value string) {
	t.Helper()
	var err error
	switch name {
	case "timezone":
		c.TimeZone, err = types.LoadLocation(value)
	case "datestyle":
		f, o, _ := strings.Cut(value, ", ")
		c.DateStyle = types.DateStyle{Format: f, Order: o}
	case "intervalstyle":
		c.IntervalStyle = value
	case "extra_float_digits":
		c.ExtraFloatDigits, err = strconv.Atoi(value)
	case "bytea_output":
		c.ByteaOutput = value
	default:
		t.Fatalf("golden files cannot set %q", name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// evaluate gives the result and the type of an expression in the form of golden files.
func evaluate(config *types.Config, sql string) (result, typ string) {
	fail := func(err error) (string, string) {
		e := sqlerr.From(err)
		return escapeGolden("ERROR " + string(e.Code) + " " + e.Message), ""
	}
	tree, err := parser.ParseExpr(sql)
	if err != nil {
		return fail(err)
	}
	c := *config
	c.Now = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)
	x, err := planner.BindScalar(&planner.Env{Catalog: catalog.New(), Config: &c}, tree, nil, types.Of(types.Unknown))
	if err != nil {
		return fail(err)
	}
	d, err := expr.EvalRow(&expr.Ctx{Config: &c}, x, nil)
	if err != nil {
		return fail(err)
	}
	t := x.Type().Base()
	if t.Is(types.Unknown) {
		t = types.Of(types.Text)
	}
	typ = t.String()
	if d.IsNull() {
		return "NULL", typ
	}
	return escapeGolden(string(types.AppendText(nil, &c, t, d))), typ
}

var goldenEscapes = strings.NewReplacer("\n", `\n`, "\t", `\t`)

func escapeGolden(s string) string { return goldenEscapes.Replace(s) }

// rewriteGolden replaces the results in lines by PostgreSQL's.
func rewriteGolden(t *testing.T, lines []string) {
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
		if blank(line) {
			continue
		}
		if _, _, ok := setting(line); ok {
			if _, err := conn.Exec(ctx, line); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) > 1 && strings.HasPrefix(fields[1], "ours: ") {
			continue
		}
		lines[i] = fields[0] + "\t" + askPostgres(t, conn, fields[0])
	}
}

// askPostgres is the result of an expression and, if it has one, a tab and its type.
func askPostgres(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	r := conn.PgConn().Exec(context.Background(), "SELECT "+sql)
	results, err := r.ReadAll()
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return escapeGolden("ERROR " + failed.Code + " " + failed.Message)
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 1 {
		t.Fatalf("%s: not one value", sql)
	}
	typ := "?"
	if ty, ok := types.FromOID(results[0].FieldDescriptions[0].DataTypeOID); ok {
		typ = ty.String()
	}
	value := results[0].Rows[0][0]
	if value == nil {
		return "NULL\t" + typ
	}
	return escapeGolden(string(bytes.Clone(value))) + "\t" + typ
}
