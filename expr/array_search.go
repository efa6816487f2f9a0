package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// arraySearchDefs compare elements: containment, positions, replacement.
func arraySearchDefs() []def {
	set := func(f func(elem types.Type, a, b []types.Datum) bool) func([]types.Type, types.Type) rowFunc {
		return comparing(func(elem types.Type) rowFunc {
			return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBool(f(elem, types.DecodeArray(elem, a[0]).Elems, types.DecodeArray(elem, a[1]).Elems)), nil
			}
		})
	}
	contains := set(func(elem types.Type, a, b []types.Datum) bool { return matches(elem, b, a, true) })
	contained := set(func(elem types.Type, a, b []types.Datum) bool { return matches(elem, a, b, true) })
	overlap := set(func(elem types.Type, a, b []types.Datum) bool { return matches(elem, a, b, false) })
	const (
		two    = "(anyarray,anyarray) bool"
		search = "(anycompatiblearray,anycompatible"
	)
	return []def{
		{sig: "@>" + two, bind: contains}, {sig: "arraycontains" + two, bind: contains},
		{sig: "<@" + two, bind: contained}, {sig: "arraycontained" + two, bind: contained},
		{sig: "&&" + two, bind: overlap}, {sig: "arrayoverlap" + two, bind: overlap},
		{sig: "array_position" + search + ") int4", flags: canFail | lenient, bind: comparing(arrayPosition)},
		{sig: "array_position" + search + ",int4) int4", flags: canFail | lenient, bind: comparing(arrayPosition)},
		{sig: "array_positions" + search + ") int4[]", flags: canFail | lenient, bind: comparing(arrayPositions)},
		{sig: "array_remove" + search + ") anycompatiblearray", flags: canFail | lenient, bind: comparing(arrayRemove)},
		{sig: "array_replace" + search + ",anycompatible) anycompatiblearray", flags: canFail | lenient, bind: comparing(arrayReplace)},
	}
}

// comparing makes the function for a type of elements if that has an equality; if not, calls fail.
func comparing(f func(elem types.Type) rowFunc) func([]types.Type, types.Type) rowFunc {
	return func(ts []types.Type, _ types.Type) rowFunc {
		elem := ts[0].Elem()
		if elem.Kind == types.JSON {
			return func(*Ctx, []types.Datum) (types.Datum, error) {
				return types.Null, sqlerr.New(sqlerr.UndefinedFunction, "could not identify an equality operator for type %s", elem)
			}
		}
		return f(elem)
	}
}

// matches tells whether all elements, or any, of a are among b's; a NULL equals nothing.
func matches(elem types.Type, a, b []types.Datum, all bool) bool {
	for _, x := range a {
		if hasElement(elem, b, x) != all {
			return !all
		}
	}
	return all
}

func hasElement(elem types.Type, list []types.Datum, x types.Datum) bool {
	if x.IsNull() {
		return false
	}
	for _, y := range list {
		if !y.IsNull() && types.Compare(elem, x, y) == 0 {
			return true
		}
	}
	return false
}

// same is IS NOT DISTINCT FROM.
func same(elem types.Type, x, y types.Datum) bool {
	if x.IsNull() || y.IsNull() {
		return x.IsNull() && y.IsNull()
	}
	return types.Compare(elem, x, y) == 0
}

func multidimensional(what string) error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "%s multidimensional arrays is not supported", what)
}

func arrayPosition(elem types.Type) rowFunc {
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() {
			return types.Null, nil
		}
		a := types.DecodeArray(elem, args[0])
		if len(a.Dims) > 1 {
			return types.Null, multidimensional("searching for elements in")
		}
		if len(args) > 2 && args[2].IsNull() {
			return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "initial position must not be null")
		}
		for i, e := range a.Elems {
			at := int64(a.Lower[0] + i)
			if len(args) > 2 && at < args[2].Int() {
				continue
			}
			if same(elem, e, args[1]) {
				return types.NewInt(at), nil
			}
		}
		return types.Null, nil
	}
}

func arrayPositions(elem types.Type) rowFunc {
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() {
			return types.Null, nil
		}
		a := types.DecodeArray(elem, args[0])
		if len(a.Dims) > 1 {
			return types.Null, multidimensional("searching for elements in")
		}
		var out []types.Datum
		for i, e := range a.Elems {
			if same(elem, e, args[1]) {
				out = append(out, types.NewInt(int64(a.Lower[0]+i)))
			}
		}
		return types.MakeArray(types.Of(types.Int4), out), nil
	}
}

func arrayRemove(elem types.Type) rowFunc {
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() {
			return types.Null, nil
		}
		a := types.DecodeArray(elem, args[0])
		if len(a.Dims) > 1 {
			return types.Null, multidimensional("removing elements from")
		}
		kept := a.Elems[:0:0]
		for _, e := range a.Elems {
			if !same(elem, e, args[1]) {
				kept = append(kept, e)
			}
		}
		if len(kept) == len(a.Elems) {
			return args[0], nil
		}
		a.Elems, a.Dims[0] = kept, len(kept)
		return types.NewArray(a), nil
	}
}

func arrayReplace(elem types.Type) rowFunc {
	return func(_ *Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() {
			return types.Null, nil
		}
		a := types.DecodeArray(elem, args[0])
		for i, e := range a.Elems {
			if same(elem, e, args[1]) {
				a.Elems[i] = args[2]
			}
		}
		return types.NewArray(a), nil
	}
}
