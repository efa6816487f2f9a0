package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

func srfTextDefs() []srfDef {
	return []srfDef{
		{sig: "string_to_table(text,text) text", flags: lenient, rows: stringToTable},
		{sig: "string_to_table(text,text,text) text", flags: lenient, rows: stringToTable},
	}
}

// stringToTable is string_to_array, its elements as rows.
func stringToTable(c *Ctx, a []types.Datum, out *batch.Batch) error {
	arr, err := stringToArray(c, a)
	if err != nil || arr.IsNull() {
		return err
	}
	for _, d := range types.DecodeArray(types.Of(types.Text), arr).Elems {
		addRow(out, d)
	}
	return nil
}
