package expr_test

import (
	"math/rand/v2"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/numeric"
)

func TestNumeric(t *testing.T) { golden(t, "numeric.txt") }

// TestNumericColumns compares the operators on columns with those on single values, over NULLs, constants, selections and
// failures.
func TestNumericColumns(t *testing.T) {
	num := types.Of(types.Numeric)
	r := rand.New(rand.NewPCG(7, 7))
	value := func() types.Datum {
		switch r.IntN(10) {
		case 0:
			return types.Null
		case 1:
			return types.NewDecimal(numeric.FromInt(0))
		case 2:
			return types.NewDecimal(numeric.NaN)
		case 3:
			d, err := numeric.Parse("123456789012345678901234567890.12")
			if err != nil {
				t.Fatal(err)
			}
			return types.NewDecimal(d)
		}
		return types.NewDecimal(numeric.New(r.Int64N(2_000_000)-1_000_000, r.IntN(4)))
	}
	const n = 200
	b := batch.New([]types.Type{num, num}, n)
	for range n {
		b.AppendRow([]types.Datum{value(), value()}, 1)
	}
	var some []int32
	for i := range n {
		if r.IntN(3) == 0 {
			some = append(some, int32(i))
		}
	}
	col := func(i int) expr.Expr { return &expr.Col{ID: i, T: num} }
	constant := &expr.Const{D: types.NewDecimal(numeric.New(25, 1)), T: num}
	for _, op := range []string{"+", "-", "*", "/", "%"} {
		fn, _, ret, err := expr.Lookup(op, true, []types.Type{num, num})
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]expr.Expr{{col(0), col(1)}, {col(0), constant}, {constant, col(1)}, {col(0), expr.Null(num)}} {
			for _, sel := range [][]int32{nil, some} {
				e := &expr.Call{Fn: fn, Args: args, T: ret}
				ctx := &expr.Ctx{}
				out := expr.Eval(ctx, e, b, sel)
				rows := sel
				if rows == nil {
					for i := range n {
						rows = append(rows, int32(i))
					}
				}
				for _, i := range rows {
					want, wantErr := expr.EvalRow(&expr.Ctx{}, e, b.AppendRowTo(nil, int(i)))
					gotErr := ctx.Err(int(i))
					if (wantErr != nil) != (gotErr != nil) {
						t.Fatalf("%s, row %d: got error %v, want %v", e, i, gotErr, wantErr)
					}
					if got := out.Datum(int(i)); wantErr == nil && (got.IsNull() != want.IsNull() || got.String() != want.String()) {
						t.Fatalf("%s, row %d: got %x, want %x", e, i, got.Bytes(), want.Bytes())
					}
				}
			}
		}
	}
}
