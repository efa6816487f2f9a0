package expr

import (
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

func srfTextDefs() []srfDef {
	return []srfDef{
		{sig: "string_to_table(text,text) text", flags: lenient, rows: stringToTable},
		{sig: "string_to_table(text,text,text) text", flags: lenient, rows: stringToTable},
	}
}

// stringToTable splits at a separator, into characters where it is NULL; pieces equal to the third argument are NULL.
func stringToTable(_ *Ctx, a []types.Datum, out *batch.Batch) error {
	s := a[0].String()
	if a[0].IsNull() || s == "" {
		return nil
	}
	var parts []string
	switch {
	case a[1].IsNull():
		parts = strings.Split(s, "")
	case a[1].String() == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, a[1].String())
	}
	for _, p := range parts {
		if len(a) > 2 && !a[2].IsNull() && p == a[2].String() {
			addRow(out, types.Null)
			continue
		}
		addRow(out, types.NewString(p))
	}
	return nil
}
