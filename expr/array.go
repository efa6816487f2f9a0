package expr

import (
	"math"
	"slices"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func arrayDefs() []def {
	return join(arrayAccessDefs(), arrayShapeDefs(), arrayJoinDefs(), arraySearchDefs())
}

// arrayFunc is a function of an array, decoded, with the other arguments as they are.
func arrayFunc(f func(a *types.Array, rest []types.Datum) (types.Datum, error)) func([]types.Type, types.Type) rowFunc {
	return func(ts []types.Type, _ types.Type) rowFunc {
		elem := ts[0].Elem()
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			arr := types.DecodeArray(elem, a[0])
			return f(&arr, a[1:])
		}
	}
}

// arrayAccessDefs are the subscripts. A slice's bounds come in pairs, one per dimension; a bound left out is the least or
// the greatest int4.
func arrayAccessDefs() []def {
	return []def{
		{sig: "[](anyarray,int4...) anyelement", bind: arrayFunc(arrayElement)},
		{sig: "[:](anyarray,int4,int4) anyarray", bind: arrayFunc(arraySlice)},
		{sig: "[:](anyarray,int4,int4,int4...) anyarray", flags: canFail, bind: arrayFunc(arraySlice)},
		{sig: "trim_array(anyarray,int4) anyarray", flags: canFail, bind: arrayFunc(trimArray)},
	}
}

// arrayElement is NULL outside of the bounds and where there are fewer subscripts than dimensions.
func arrayElement(a *types.Array, subs []types.Datum) (types.Datum, error) {
	if len(subs) != len(a.Dims) {
		return types.Null, nil
	}
	at := 0
	for i, s := range subs {
		k := s.Int() - int64(a.Lower[i])
		if k < 0 || k >= int64(a.Dims[i]) {
			return types.Null, nil
		}
		at = at*a.Dims[i] + int(k)
	}
	return a.Elems[at], nil
}

// arraySlice cuts each dimension to its bounds; those not named stay. Lower bounds become 1.
func arraySlice(a *types.Array, bounds []types.Datum) (types.Datum, error) {
	if len(bounds)%2 != 0 {
		return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	empty := types.NewArray(types.Array{Elem: a.Elem})
	if len(bounds)/2 > len(a.Dims) {
		return empty, nil
	}
	from, out := make([]int, len(a.Dims)), types.Array{Elem: a.Elem, Dims: slices.Clone(a.Dims)}
	for i := range len(bounds) / 2 {
		first, last := int64(a.Lower[i]), int64(a.Lower[i])+int64(a.Dims[i])-1
		lo, hi := max(bounds[2*i].Int(), first), min(bounds[2*i+1].Int(), last)
		if lo > hi {
			return empty, nil
		}
		from[i], out.Dims[i] = int(lo-first), int(hi-lo+1)
	}
	out.Elems = appendSlice(nil, a, from, out.Dims, 0, 0)
	return types.NewArray(out), nil
}

func appendSlice(dst []types.Datum, a *types.Array, from, n []int, dim, at int) []types.Datum {
	if dim == len(n) {
		return append(dst, a.Elems[at])
	}
	for i := range n[dim] {
		dst = appendSlice(dst, a, from, n, dim+1, at*a.Dims[dim]+from[dim]+i)
	}
	return dst
}

func trimArray(a *types.Array, rest []types.Datum) (types.Datum, error) {
	n := 0
	if len(a.Dims) > 0 {
		n = a.Dims[0]
	}
	k := rest[0].Int()
	if k < 0 || k > int64(n) {
		return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "number of elements to trim must be between 0 and %d", n)
	}
	if n == 0 {
		return types.NewArray(*a), nil
	}
	return arraySlice(a, []types.Datum{types.NewInt(math.MinInt32), types.NewInt(int64(a.Lower[0]) + int64(n) - 1 - k)})
}

func arrayShapeDefs() []def {
	ofDim := func(f func(a *types.Array, i int) int) func([]types.Type, types.Type) rowFunc {
		return arrayFunc(func(a *types.Array, rest []types.Datum) (types.Datum, error) {
			i := rest[0].Int()
			if i < 1 || i > int64(len(a.Dims)) {
				return types.Null, nil
			}
			return types.NewInt(int64(f(a, int(i-1)))), nil
		})
	}
	return []def{
		{sig: "array_length(anyarray,int4) int4", bind: ofDim(func(a *types.Array, i int) int { return a.Dims[i] })},
		{sig: "array_lower(anyarray,int4) int4", bind: ofDim(func(a *types.Array, i int) int { return a.Lower[i] })},
		{sig: "array_upper(anyarray,int4) int4", bind: ofDim(func(a *types.Array, i int) int { return a.Lower[i] + a.Dims[i] - 1 })},
		{sig: "array_ndims(anyarray) int4", bind: arrayFunc(func(a *types.Array, _ []types.Datum) (types.Datum, error) {
			if len(a.Dims) == 0 {
				return types.Null, nil
			}
			return types.NewInt(int64(len(a.Dims))), nil
		})},
		{sig: "cardinality(anyarray) int4", bind: arrayFunc(func(a *types.Array, _ []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(len(a.Elems))), nil
		})},
		{sig: "array_dims(anyarray) text", bind: arrayFunc(func(a *types.Array, _ []types.Datum) (types.Datum, error) {
			if len(a.Dims) == 0 {
				return types.Null, nil
			}
			var b []byte
			for i, n := range a.Dims {
				b = strconv.AppendInt(append(b, '['), int64(a.Lower[i]), 10)
				b = append(strconv.AppendInt(append(b, ':'), int64(a.Lower[i]+n-1), 10), ']')
			}
			return types.NewBytes(b), nil
		})},
	}
}
