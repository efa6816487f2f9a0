package expr_test

import (
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// TestCastOfOneForAll converts a parameter, which stands for every row, for some rows of a batch.
func TestCastOfOneForAll(t *testing.T) {
	b := batch.New([]types.Type{types.Of(types.Int4)}, 8)
	for i := range 8 {
		b.AppendRow([]types.Datum{types.NewInt(int64(i))}, 1)
	}
	from := types.Of(types.Int4)
	for _, to := range []types.Type{types.Of(types.Float8), types.Of(types.Int8), types.Of(types.Numeric), types.Of(types.Text)} {
		e := &expr.Cast{X: &expr.Param{N: 1, T: from}, To: to, Conv: types.FindCast(from, to)}
		for _, sel := range [][]int32{{}, {5, 7}, {0, 1, 2, 3, 4, 5, 6, 7}} {
			ctx := &expr.Ctx{Params: []types.Datum{types.NewInt(42)}}
			v := expr.Eval(ctx, e, b, sel)
			for _, i := range sel {
				if got := string(types.AppendText(nil, types.DefaultConfig(), to, v.Datum(int(i)))); got != "42" {
					t.Errorf("as %s for rows %v: row %d has %s", to, sel, i, got)
				}
			}
		}
	}
}
