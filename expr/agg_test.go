package expr_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/internal/pgtest"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/typestest"
)

// aggCase is a line of testdata/agg.txt: function, argument types, rows ("; " between them, "|" between arguments), then what
// PostgreSQL 15 says: the result in the form of golden files and its type. No types: count(*).
type aggCase struct {
	name  string
	types []types.Type
	rows  [][]string
	text  string
}

func parseAggCase(t *testing.T, fields []string) aggCase {
	t.Helper()
	c := aggCase{name: fields[0], text: strings.Join(fields[:3], " ")}
	if fields[1] != "" {
		for _, n := range strings.Split(fields[1], ", ") {
			base, array := strings.CutSuffix(n, "[]")
			dims := 0
			if array {
				dims = 1
			}
			ty, err := types.FromName(base, nil, dims)
			if err != nil {
				t.Fatal(err)
			}
			c.types = append(c.types, ty)
		}
	}
	if fields[2] != "" {
		for _, r := range strings.Split(fields[2], "; ") {
			c.rows = append(c.rows, strings.Split(r, "|"))
		}
	}
	return c
}

func (c *aggCase) sql() string {
	var sb strings.Builder
	row := func(vals []string) {
		sb.WriteString("(0")
		for i, ty := range c.types {
			v := "NULL"
			if vals != nil && vals[i] != "NULL" {
				v = "'" + strings.ReplaceAll(vals[i], "'", "''") + "'"
			}
			fmt.Fprintf(&sb, ", CAST(%s AS %s)", v, ty)
		}
		sb.WriteString(")")
	}
	args := "*"
	if len(c.types) > 0 {
		args = "c1"
		for i := range c.types[1:] {
			args += ", c" + strconv.Itoa(i+2)
		}
	}
	fmt.Fprintf(&sb, "%s(%s) FROM (VALUES ", c.name, args)
	row(nil)
	for _, r := range c.rows {
		sb.WriteString(", ")
		row(r)
	}
	sb.WriteString(") t(c0")
	for i := range c.types {
		fmt.Fprintf(&sb, ", c%d", i+1)
	}
	sb.WriteString(")")
	// The first row gives the types only.
	return strings.Replace(sb.String(), " FROM (VALUES ", " FROM (SELECT * FROM (VALUES ", 1) + " OFFSET 1) u"
}

// values are the arguments of the rows as the aggregate takes them.
func (c *aggCase) values(t *testing.T, coerce []types.Type) [][]types.Datum {
	t.Helper()
	var out [][]types.Datum
	for _, r := range c.rows {
		var row []types.Datum
		for i, ty := range c.types {
			d := types.Null
			if r[i] != "NULL" {
				var err error
				if d, err = types.ParseText(types.DefaultConfig(), ty, r[i]); err != nil {
					t.Fatal(err)
				}
				if to := coerce[i]; to != (types.Type{}) && to.Kind != types.Any {
					if d, err = types.FindCast(ty, to).Eval(types.DefaultConfig(), d, false); err != nil {
						t.Fatal(err)
					}
				}
			}
			row = append(row, d)
		}
		out = append(out, row)
	}
	return out
}

// compute runs an aggregate over rows of weight 1. Linear ones see the rows in the given order.
func compute(fn *expr.Agg, rows [][]types.Datum) (types.Datum, error) {
	ctx := new(expr.Ctx)
	kept := rows[:0:0]
	for _, r := range rows {
		if !fn.Strict || !hasNull(r) {
			kept = append(kept, r)
		}
	}
	switch {
	case len(kept) == 0:
		return fn.Empty, nil
	case fn.First:
		best := kept[0]
		for _, r := range kept[1:] {
			if c := types.Compare(fn.Args[0], r[0], best[0]); c < 0 != fn.Desc && c != 0 {
				best = r
			}
		}
		return best[0], nil
	case fn.Linear:
		state, err := stepAll(fn, nil, kept, 1)
		if err != nil {
			return types.Null, err
		}
		return finish(fn, state)
	}
	i := -1
	return fn.Fold(ctx, func() ([]types.Datum, int64, bool) {
		if i++; i == len(kept) {
			return nil, 0, false
		}
		return kept[i], 1, true
	})
}

func finish(fn *expr.Agg, state []byte) (types.Datum, error) {
	if len(state) == 0 {
		return fn.Empty, nil
	}
	d, err := fn.Final(new(expr.Ctx), state)
	if fn.FinalVec != nil {
		got, want := batch.NewVec(fn.Ret, 1), batch.NewVec(fn.Ret, 1)
		errVec := fn.FinalVec(got, state)
		if err == nil {
			want.Append(d)
		}
		if sqlerr.CodeOf(err) != sqlerr.CodeOf(errVec) || got.Len() != want.Len() || err == nil && !bytes.Equal(got.AppendImage(nil, 0), want.AppendImage(nil, 0)) {
			return types.Null, fmt.Errorf("Final gives %v, %v, FinalVec %v, %v", d, err, got, errVec)
		}
	}
	return d, err
}

func hasNull(r []types.Datum) bool {
	for _, d := range r {
		if d.IsNull() {
			return true
		}
	}
	return false
}

func stepAll(fn *expr.Agg, state []byte, rows [][]types.Datum, w int64) ([]byte, error) {
	var err error
	for _, r := range rows {
		if fn.Strict && hasNull(r) {
			continue
		}
		if state, err = fn.Step(new(expr.Ctx), state, r, w); err != nil {
			return nil, err
		}
	}
	return state, nil
}

func (c *aggCase) evaluate(t *testing.T) (result, typ string) {
	t.Helper()
	fail := func(err error) (string, string) {
		e := sqlerr.From(err)
		return escapeGolden("ERROR " + string(e.Code) + " " + e.Message), ""
	}
	fn, coerce, ret, err := expr.LookupAgg(c.name, c.types)
	if err != nil {
		return fail(err)
	}
	if fn == nil {
		return "no aggregate", ""
	}
	d, err := compute(fn, c.values(t, coerce))
	if err != nil {
		return fail(err)
	}
	if d.IsNull() {
		return "NULL", ret.String()
	}
	return escapeGolden(string(types.AppendText(nil, types.DefaultConfig(), ret, d))), ret.String()
}

// TestAggregates: each aggregate gives what PostgreSQL gives. -rewrite asks one.
func TestAggregates(t *testing.T) {
	const path = "testdata/agg.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if *rewrite {
		rewriteAggs(t, lines)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range lines {
		if blank(line) {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 4 {
			t.Fatalf("%s:%d: no result; run go test ./expr -run %s -rewrite", path, i+1, t.Name())
		}
		c := parseAggCase(t, f)
		got, typ := c.evaluate(t)
		if want := strings.TrimPrefix(f[3], "ours: "); got != want {
			t.Errorf("%s:%d: %s\n got %s\nwant %s", path, i+1, c.text, got, want)
		} else if len(f) > 4 && typ != f[4] {
			t.Errorf("%s:%d: %s\n got type %s\nwant type %s", path, i+1, c.text, typ, f[4])
		}
	}
}

func rewriteAggs(t *testing.T, lines []string) {
	t.Helper()
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	conn, err := pgx.Connect(context.Background(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for i, line := range lines {
		f := strings.Split(line, "\t")
		if blank(line) || len(f) > 3 && strings.HasPrefix(f[3], "ours: ") {
			continue
		}
		if len(f) < 3 {
			t.Fatalf("line %d: %q", i+1, line)
		}
		c := parseAggCase(t, f)
		lines[i] = strings.Join(f[:3], "\t") + "\t" + askPostgres(t, conn, c.sql())
	}
}

// linearAggs are the linear aggregates, for each type of argument that they take.
func linearAggs() []*expr.Agg {
	var out []*expr.Agg
	for _, name := range []string{"count", "sum", "avg", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "stddev", "stddev_pop", "var_samp", "var_pop"} {
		for _, k := range []types.Kind{types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Numeric, types.Interval} {
			fn, coerce, _, err := expr.LookupAgg(name, []types.Type{types.Of(k)})
			if err == nil && fn.Linear && (coerce[0] == types.Type{} || coerce[0].Kind == types.Any) {
				out = append(out, fn)
			}
		}
	}
	pair := []types.Type{types.Of(types.Float8), types.Of(types.Float8)}
	for _, name := range []string{"corr", "regr_intercept", "covar_samp", "regr_avgx"} {
		fn, _, _, err := expr.LookupAgg(name, pair)
		if err != nil {
			panic(err)
		}
		out = append(out, fn)
	}
	return out
}

// TestRetraction: a state is a function of the rows that are there, byte for byte: whatever came and went, in whatever order, one
// by one or by column, and nothing is left of nothing.
func TestRetraction(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("STREAMSQL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(seed, 7))
	for _, fn := range linearAggs() {
		for step := range 200 {
			if msg := retract(r, fn, r.IntN(8)); msg != "" {
				t.Fatalf("%s%v step %d: %s\nagain: STREAMSQL_SEED=%d go test ./expr -run %s", fn.Name, fn.Args, step, msg, seed, t.Name())
			}
		}
	}
}

type change struct {
	row []types.Datum
	w   int64
}

func retract(r *rand.Rand, fn *expr.Agg, n int) string {
	ts := fn.Args
	if fn.Name == "count" {
		ts = []types.Type{types.Of(types.Int4)}
	}
	row := func() []types.Datum {
		for {
			if d := typestest.Row(r, ts); !hasNull(d) {
				return d
			}
		}
	}
	var keep [][]types.Datum
	var changes []change
	for range n {
		d := row()
		keep = append(keep, d)
		changes = append(changes, change{d, 1})
	}
	for range r.IntN(8) {
		d, w := row(), int64(1+r.IntN(3))
		changes = append(changes, change{d, w}, change{d, -w})
	}
	r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	want, err := stepAll(fn, nil, keep, 1)
	if err != nil {
		return err.Error()
	}
	if n == 0 && len(want) != 0 {
		return "a state of nothing"
	}
	var got []byte
	for _, c := range changes {
		if got, err = fn.Step(new(expr.Ctx), got, c.row, c.w); err != nil {
			return err.Error()
		}
	}
	if !bytes.Equal(got, want) {
		return fmt.Sprintf("got %x, want %x after %v", got, want, changes)
	}
	a, errA := finish(fn, got)
	b, errB := finish(fn, want)
	if (errA == nil) != (errB == nil) || a.IsNull() != b.IsNull() || a.Int() != b.Int() || !bytes.Equal(a.Bytes(), b.Bytes()) {
		return fmt.Sprintf("got %v %v, want %v %v", a, errA, b, errB)
	}
	if fn.StepVec == nil {
		return ""
	}
	in := batch.New(ts, len(changes))
	var rows []int32
	var state []byte
	for i, c := range changes {
		in.AppendRow(c.row, c.w)
		if rows = append(rows, int32(i)); r.IntN(3) == 0 {
			state = fn.StepVec(state, in.Cols, rows, in.W)
			rows = rows[:0]
		}
	}
	if state = fn.StepVec(state, in.Cols, rows, in.W); !bytes.Equal(state, want) {
		return fmt.Sprintf("by column got %x, want %x after %v", state, want, changes)
	}
	return ""
}

// TestFloatSum: sums are exact, rounded once.
func TestFloatSum(t *testing.T) {
	fn, _, _, err := expr.LookupAgg("sum", []types.Type{types.Of(types.Float8)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   []float64
		want float64
	}{
		{[]float64{1e308, 1e308, -1e308}, 1e308},
		{[]float64{1e100, 1, -1e100}, 1},
		{[]float64{0.1, 0.2, 0.3}, 0.6},
		{[]float64{1, 1.1102230246251565e-16}, 1},                          // half a unit: to even
		{[]float64{1, 1.1102230246251565e-16, 5e-324}, 1.0000000000000002}, // a trace more than half
		{[]float64{-1, -1.1102230246251565e-16, -5e-324}, -1.0000000000000002},
		{[]float64{5e-324, 5e-324}, 1e-323},
		{[]float64{2.2250738585072014e-308, -5e-324}, 2.225073858507201e-308},
	} {
		var rows [][]types.Datum
		for _, f := range c.in {
			rows = append(rows, []types.Datum{types.NewFloat(f)})
		}
		d, err := compute(fn, rows)
		if err != nil || d.Float() != c.want {
			t.Errorf("sum of %v is %v, %v, want %v", c.in, d.Float(), err, c.want)
		}
	}
}
