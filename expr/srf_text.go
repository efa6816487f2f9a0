package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

func srfTextDefs() []srfDef {
	return []srfDef{
		{sig: "string_to_table(text,text) text", flags: lenient, rows: stringToTable},
		{sig: "string_to_table(text,text,text) text", flags: lenient, rows: stringToTable},
		{sig: "regexp_split_to_table(text,text) text", flags: canFail, rows: regexpSplitToTable},
		{sig: "regexp_split_to_table(text,text,text) text", flags: canFail, rows: regexpSplitToTable},
		{sig: "regexp_matches(text,text) text[]", flags: canFail, rows: regexpMatchRows},
		{sig: "regexp_matches(text,text,text) text[]", flags: canFail, rows: regexpMatchRows},
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

// flagsOf is the third argument, if there is one.
func flagsOf(a []types.Datum) string {
	if len(a) > 2 {
		return a[2].String()
	}
	return ""
}

func regexpSplitToTable(c *Ctx, a []types.Datum, out *batch.Batch) error {
	parts, err := regexpSplit(c, a[0].String(), a[1].String(), flagsOf(a))
	if err != nil {
		return err
	}
	for _, p := range parts {
		addRow(out, types.NewString(p))
	}
	return nil
}

func regexpMatchRows(c *Ctx, a []types.Datum, out *batch.Batch) error {
	found, err := regexpMatches(c, a[0].String(), a[1].String(), flagsOf(a))
	if err != nil {
		return err
	}
	for _, m := range found {
		addRow(out, m)
	}
	return nil
}
