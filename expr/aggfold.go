package expr

import (
	"slices"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

type nextRow = func() (args []types.Datum, w int64, ok bool)

// foldDefs are the aggregates that need their arguments in order.
func foldDefs() []aggDef {
	ordered := func(fold foldFunc) Agg {
		return Agg{OrderSensitive: true, Fold: fold}
	}
	return []aggDef{
		{sig: "string_agg(text,text) text", agg: ordered(foldStrings)},
		{sig: "string_agg(bytea,bytea) bytea", agg: ordered(foldStrings)},
		{sig: "array_agg(anynonarray) anyarray", bind: func(args []types.Type, _ types.Type) Agg {
			return ordered(foldArray(args[0]))
		}},
		{sig: "array_agg(anyarray) anyarray", bind: func(args []types.Type, _ types.Type) Agg {
			return ordered(foldArrays(args[0].Elem()))
		}},
	}
}

// foldStrings concatenates what is not NULL; each but the first is preceded by its delimiter.
func foldStrings(_ *Ctx, next nextRow) (types.Datum, error) {
	var out []byte
	some := false
	for args, w, ok := next(); ok; args, w, ok = next() {
		if args[0].IsNull() {
			continue
		}
		for range w {
			if some && !args[1].IsNull() {
				out = append(out, args[1].Bytes()...)
			}
			some = true
			if out = append(out, args[0].Bytes()...); len(out) > maxValue {
				return types.Null, tooLarge()
			}
		}
	}
	if !some {
		return types.Null, nil
	}
	if out == nil {
		out = []byte{}
	}
	return types.NewBytes(out), nil
}

func foldArray(elem types.Type) foldFunc {
	return func(_ *Ctx, next nextRow) (types.Datum, error) {
		var elems []types.Datum
		size := 0
		for args, w, ok := next(); ok; args, w, ok = next() {
			for range w {
				elems = append(elems, args[0])
				if size += 1 + len(args[0].Bytes()); size > maxValue {
					return types.Null, tooLarge()
				}
			}
		}
		if len(elems) == 0 {
			return types.Null, nil
		}
		return types.MakeArray(elem.Base(), elems), nil
	}
}

// foldArrays makes an array of one dimension more, of arrays of the same dimensions.
func foldArrays(elem types.Type) foldFunc {
	return func(_ *Ctx, next nextRow) (types.Datum, error) {
		out := types.Array{Elem: elem.Base()}
		n, size := 0, 0
		for args, w, ok := next(); ok; args, w, ok = next() {
			if args[0].IsNull() {
				return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "cannot accumulate null arrays")
			}
			a := types.DecodeArray(elem, args[0])
			switch {
			case n == 0 && len(a.Dims) == 0:
				return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "cannot accumulate empty arrays")
			case n == 0 && len(a.Dims) >= 6:
				return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(a.Dims)+1, 6)
			case n == 0:
				out.Dims, out.Lower = append([]int{0}, a.Dims...), append([]int{1}, a.Lower...)
			case !slices.Equal(out.Dims[1:], a.Dims) || !slices.Equal(out.Lower[1:], a.Lower):
				return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
			}
			for range w {
				out.Elems = append(out.Elems, a.Elems...)
				n++
				if size += len(args[0].Bytes()); size > maxValue {
					return types.Null, tooLarge()
				}
			}
		}
		if n == 0 {
			return types.Null, nil
		}
		out.Dims[0] = n
		return types.NewArray(out), nil
	}
}
