package expr

import (
	"math"
	"slices"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// arrayJoinDefs make arrays of arrays and elements.
func arrayJoinDefs() []def {
	const (
		arrays  = "(anycompatiblearray,anycompatiblearray) anycompatiblearray"
		element = "(anycompatiblearray,anycompatible) anycompatiblearray"
		before  = "(anycompatible,anycompatiblearray) anycompatiblearray"
	)
	return []def{
		{sig: "||" + arrays, flags: canFail | lenient, bind: arrayCat},
		{sig: "||" + element, flags: canFail | lenient, bind: arrayAppend},
		{sig: "||" + before, flags: canFail | lenient, bind: arrayPrepend},
		{sig: "array_cat" + arrays, flags: canFail | lenient, bind: arrayCat},
		{sig: "array_append" + element, flags: canFail | lenient, bind: arrayAppend},
		{sig: "array_prepend" + before, flags: canFail | lenient, bind: arrayPrepend},
		{sig: "array_fill(anyelement,int4[]) anyarray", flags: canFail | lenient, bind: arrayFill},
		{sig: "array_fill(anyelement,int4[],int4[]) anyarray", flags: canFail | lenient, bind: arrayFill},
	}
}

func cannotConcatenate(detail string) error {
	return sqlerr.New(sqlerr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail("%s", detail)
}

// arrayCat joins arrays of the same number of dimensions, or an array with one of its elements' shape.
func arrayCat(ts []types.Type, _ types.Type) rowFunc {
	elem := ts[0].Elem()
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() || args[1].IsNull() {
			if args[0].IsNull() {
				return args[1], nil
			}
			return args[0], nil
		}
		a, b := types.DecodeArray(elem, args[0]), types.DecodeArray(elem, args[1])
		m, n := len(a.Dims), len(b.Dims)
		switch {
		case m == 0:
			return args[1], nil
		case n == 0:
			return args[0], nil
		}
		out := types.Array{Elem: elem, Elems: append(slices.Clone(a.Elems), b.Elems...)}
		var inner, outer *types.Array // the shapes that must agree, one of them without its first dimension
		skip := 0
		switch {
		case m == n:
			out.Dims, out.Lower = slices.Clone(a.Dims), a.Lower
			out.Dims[0] += b.Dims[0]
			inner, outer, skip = &a, &b, 1
		case m == n-1:
			out.Dims, out.Lower = slices.Clone(b.Dims), b.Lower
			out.Dims[0]++
			inner, outer = &a, &b
		case m == n+1:
			out.Dims, out.Lower = slices.Clone(a.Dims), a.Lower
			out.Dims[0]++
			inner, outer = &b, &a
		default:
			return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "cannot concatenate incompatible arrays").
				WithDetail("Arrays of %d and %d dimensions are not compatible for concatenation.", m, n)
		}
		if !slices.Equal(inner.Dims[skip:], outer.Dims[1:]) || !slices.Equal(inner.Lower[skip:], outer.Lower[1:]) {
			if skip == 1 {
				return types.Null, cannotConcatenate("Arrays with differing element dimensions are not compatible for concatenation.")
			}
			return types.Null, cannotConcatenate("Arrays with differing dimensions are not compatible for concatenation.")
		}
		return types.NewArray(out), nil
	}
}

// vector is the array that an element is added to: NULL counts as empty.
func vector(elem types.Type, d types.Datum) (types.Array, error) {
	if d.IsNull() {
		return types.Array{Elem: elem}, nil
	}
	a := types.DecodeArray(elem, d)
	if len(a.Dims) > 1 {
		return a, sqlerr.New(sqlerr.DataException, "argument must be empty or one-dimensional array")
	}
	return a, nil
}

func arrayAppend(ts []types.Type, _ types.Type) rowFunc {
	elem := ts[0].Elem()
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		a, err := vector(elem, args[0])
		if err != nil {
			return types.Null, err
		}
		if len(a.Dims) == 0 {
			return types.MakeArray(elem, args[1:2]), nil
		}
		if a.Lower[0]+a.Dims[0] > math.MaxInt32 {
			return types.Null, types.OutOfRange(types.Int4)
		}
		a.Elems = append(a.Elems, args[1])
		a.Dims[0]++
		return types.NewArray(a), nil
	}
}

// arrayPrepend keeps the lower bound.
func arrayPrepend(ts []types.Type, _ types.Type) rowFunc {
	elem := ts[1].Elem()
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		a, err := vector(elem, args[1])
		if err != nil {
			return types.Null, err
		}
		if len(a.Dims) == 0 {
			return types.MakeArray(elem, args[:1]), nil
		}
		if a.Lower[0] == math.MinInt32 {
			return types.Null, types.OutOfRange(types.Int4)
		}
		a.Elems = slices.Insert(a.Elems, 0, args[0])
		a.Dims[0]++
		return types.NewArray(a), nil
	}
}

// maxArraySize is PostgreSQL's limit on the number of elements.
const maxArraySize = (1<<30 - 1) / 8

func arrayFill(ts []types.Type, _ types.Type) rowFunc {
	elem := ts[0]
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		for _, d := range args[1:] {
			if d.IsNull() {
				return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
			}
		}
		dims, err := fillArgument(args[1], "Dimension array must be one dimensional.")
		if err != nil {
			return types.Null, err
		}
		a := types.Array{Elem: elem, Dims: dims}
		if len(dims) > 6 {
			return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(dims), 6)
		}
		if len(args) > 2 {
			if a.Lower, err = fillArgument(args[2], "Dimension array must be one dimensional."); err != nil {
				return types.Null, err
			}
			if len(a.Lower) != len(dims) {
				return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts").
					WithDetail("Low bound array has different size than dimensions array.")
			}
		}
		n := 1
		for i, k := range dims {
			switch {
			case k < 0 || n*k > maxArraySize:
				return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArraySize)
			case a.Lower != nil && a.Lower[i]+k > math.MaxInt32:
				return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "array lower bound is too large: %d", a.Lower[i])
			}
			n *= k
		}
		if n == 0 || len(dims) == 0 {
			return types.NewArray(types.Array{Elem: elem}), nil
		}
		if n*(len(args[0].Bytes())+8) > maxValue {
			return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxValue)
		}
		a.Elems = slices.Repeat(args[:1], n)
		return types.NewArray(a), nil
	}
}

func fillArgument(d types.Datum, shape string) ([]int, error) {
	a := types.DecodeArray(types.Of(types.Int4), d)
	if len(a.Dims) > 1 {
		return nil, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts").WithDetail("%s", shape)
	}
	out := make([]int, len(a.Elems))
	for i, e := range a.Elems {
		if e.IsNull() {
			return nil, sqlerr.New(sqlerr.NullValueNotAllowed, "dimension values cannot be null")
		}
		out[i] = int(e.Int())
	}
	return out, nil
}
