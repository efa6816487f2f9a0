package expr_test

import (
	"strings"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// TestZip: functions side by side end with the longest; a strict one has no rows for NULL; the error of one is that of all.
func TestZip(t *testing.T) {
	int4 := types.Of(types.Int4)
	series, _, err := expr.LookupSRF("generate_series", []types.Type{int4, int4})
	if err != nil {
		t.Fatal(err)
	}
	steps, _, err := expr.LookupSRF("generate_series", []types.Type{int4, int4, int4})
	if err != nil {
		t.Fatal(err)
	}
	z := expr.Zip([]*expr.SRF{series, steps, expr.Once("x", int4)})
	n := types.NewInt
	for _, c := range []struct {
		args []types.Datum
		want string
	}{
		{[]types.Datum{n(1), n(2), n(5), n(9), n(2), n(7)}, "1 5 7, 2 7 NULL, NULL 9 NULL"},
		{[]types.Datum{n(1), types.Null, n(5), n(4), n(1), types.Null}, "NULL NULL NULL"},
		{[]types.Datum{n(1), n(3), n(5), n(9), n(0), n(7)}, "ERROR step size cannot equal zero"},
	} {
		out := batch.New([]types.Type{int4, int4, int4}, 4)
		got := ""
		if err := z.Rows(&expr.Ctx{}, c.args, out); err != nil {
			_, text, _ := strings.Cut(err.Error(), ": ")
			got = "ERROR " + text
		} else {
			var rows []string
			for i := range out.Cols[0].Len() {
				var cells []string
				for _, v := range out.Cols {
					cell := "NULL"
					if !v.IsNull(i) {
						cell = string(types.AppendText(nil, types.DefaultConfig(), int4, v.Datum(i)))
					}
					cells = append(cells, cell)
				}
				rows = append(rows, strings.Join(cells, " "))
			}
			got = strings.Join(rows, ", ")
		}
		if got != c.want {
			t.Errorf("%v: got %s, want %s", c.args, got, c.want)
		}
	}
}
