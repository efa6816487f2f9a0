package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

func srfArrayDefs() []srfDef {
	return []srfDef{
		{sig: "unnest(anyarray) anyelement", bind: unnest},
		{sig: "generate_subscripts(anyarray,int4) int4", bind: subscripts},
		{sig: "generate_subscripts(anyarray,int4,bool) int4", bind: subscripts},
	}
}

func unnest(args []types.Type) srfRows {
	elem := args[0].Elem()
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		for _, d := range types.DecodeArray(elem, a[0]).Elems {
			addRow(out, d)
		}
		return nil
	}
}

func subscripts(args []types.Type) srfRows {
	elem := args[0].Elem()
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		arr, dim := types.DecodeArray(elem, a[0]), a[1].Int()
		if dim < 1 || dim > int64(len(arr.Dims)) {
			return nil
		}
		lo, n := arr.Lower[dim-1], arr.Dims[dim-1]
		for i := range n {
			v := lo + i
			if len(a) > 2 && a[2].Bool() {
				v = lo + n - 1 - i
			}
			addRow(out, types.NewInt(int64(v)))
		}
		return nil
	}
}
