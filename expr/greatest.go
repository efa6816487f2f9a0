package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// greatestDefs are GREATEST and LEAST, which are syntax: the binder has made the arguments of one type. NULLs are passed
// over; of equal values the first is kept. And those that count NULLs.
func greatestDefs() []def {
	extreme := func(sign int) func([]types.Type, types.Type) rowFunc {
		return func(ts []types.Type, _ types.Type) rowFunc {
			t := ts[0]
			if t.Kind == types.JSON {
				return func(*Ctx, []types.Datum) (types.Datum, error) {
					return types.Null, sqlerr.New(sqlerr.UndefinedFunction, "could not identify a comparison function for type %s", t)
				}
			}
			return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
				best := types.Null
				for _, x := range args {
					if !x.IsNull() && (best.IsNull() || sign*types.Compare(t, x, best) > 0) {
						best = x
					}
				}
				return best, nil
			}
		}
	}
	count := func(null bool) rowFunc {
		return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
			n := int64(0)
			for _, x := range args {
				if x.IsNull() == null {
					n++
				}
			}
			return types.NewInt(n), nil
		}
	}
	return []def{
		{sig: "num_nulls(any...) int4", flags: lenient, row: count(true)},
		{sig: "num_nonnulls(any...) int4", flags: lenient, row: count(false)},
		{sig: "greatest(anyelement...) anyelement", flags: lenient, bind: extreme(1)},
		{sig: "least(anyelement...) anyelement", flags: lenient, bind: extreme(-1)},
	}
}
