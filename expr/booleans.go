package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// NOT is the function "not"; AND and OR, which guard their arguments, are nodes.
func boolDefs() []def {
	return []def{
		{sig: "not(bool) bool",
			row: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewBool(!a[0].Bool()), nil },
			vec: func(_ *Ctx, args []*batch.Vec, _ []int32, out *batch.Vec) {
				a, m := args[0].Ints, mask(args[0])
				for i := range out.Ints {
					out.Ints[i] = a[i&m] ^ 1
				}
			}},
	}
}
