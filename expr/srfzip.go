package expr

import (
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// Zip is several set-returning functions side by side, as in ROWS FROM and in a select list: as many rows as the longest has, NULL where
// another has ended. Its arguments and columns are those of all, in turn.
func Zip(fns []*SRF) *SRF {
	if len(fns) == 1 {
		return fns[0]
	}
	z := &SRF{}
	parts := make([]string, len(fns))
	for i, f := range fns {
		z.Args, z.Cols = append(z.Args, f.Args...), append(z.Cols, f.Cols...)
		z.Volatility = max(z.Volatility, f.Volatility)
		parts[i] = Signature(f.Name, f.Args)
	}
	z.Name = "rows from (" + strings.Join(parts, ", ") + ") "
	z.Rows = func(ctx *Ctx, args []types.Datum, out *batch.Batch) error { return zip(ctx, fns, args, out) }
	return z
}

func zip(ctx *Ctx, fns []*SRF, args []types.Datum, out *batch.Batch) error {
	longest, col := 0, 0
	for _, f := range fns {
		rows := &batch.Batch{Cols: out.Cols[col : col+len(f.Cols)]}
		of := args[:len(f.Args)]
		args, col = args[len(f.Args):], col+len(f.Cols)
		null := false
		for _, a := range of {
			null = null || a.IsNull()
		}
		if f.Strict && null {
			continue
		}
		if err := f.Rows(ctx, of, rows); err != nil {
			return err
		}
		longest = max(longest, rows.Cols[0].Len())
	}
	for _, v := range out.Cols {
		for v.Len() < longest {
			v.AppendNull()
		}
	}
	return nil
}

// OnceName is the name of what Once makes.
const OnceName = "once"

// Once is a set-returning function that returns its argument as the only row: an ordinary function's value in ROWS FROM.
func Once(name string, t types.Type) *SRF {
	return &SRF{Name: OnceName, Args: []types.Type{t}, Cols: []SRFCol{{Name: name, T: t}}, Volatility: types.Immutable,
		Rows: func(_ *Ctx, args []types.Datum, out *batch.Batch) error {
			addRow(out, args[0])
			return nil
		}}
}
