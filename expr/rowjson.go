package expr

import (
	"strings"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/jsonb"
)

// RowToJSON is row_to_json(row) over the fields of the row, which have these names and types.
func RowToJSON(names []string, fields []types.Type) *Func {
	keys := make([][]byte, len(names))
	for i, n := range names {
		keys[i] = append(jsonb.AppendQuoted(nil, []byte(n)), ':')
	}
	return &Func{
		Name: "row_to_json {" + strings.Join(names, ",") + "} ", Args: fields, Ret: types.Of(types.JSON), Volatility: types.Stable,
		Row: func(ctx *Ctx, args []types.Datum) (types.Datum, error) {
			out := []byte{'{'}
			for i, d := range args {
				if i > 0 {
					out = append(out, ',')
				}
				out = appendJSON(append(out, keys[i]...), ctx.config(), fields[i], d)
			}
			if len(out) > maxValue {
				return types.Null, tooLarge()
			}
			return types.NewBytes(append(out, '}')), nil
		},
	}
}

// JSONAggRows is json_agg over rows that are JSON already: each on a line of its own.
func JSONAggRows() *Agg {
	t := types.Of(types.JSON)
	return &Agg{Name: "json_agg rows", Args: []types.Type{t}, Ret: t, OrderSensitive: true, Fold: foldJSONElements(t, true)}
}
