package expr

import (
	"slices"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// LookupVariadic is Lookup for f(..., VARIADIC array): what repeats is given as an array.
func LookupVariadic(name string, args []types.Type) (fn *Func, coerce []types.Type, ret types.Type, err error) {
	all := overloads()[name]
	last := len(args) - 1
	args = bases(args)
	var found []candidate
	for i, f := range all {
		if !f.Variadic || len(f.Args) != len(args) {
			continue
		}
		want := slices.Clone(f.Args)
		switch t := want[last]; {
		case t.Is(types.Any):
			if !args[last].Array && !args[last].Is(types.Unknown) {
				return nil, nil, ret, sqlerr.New(sqlerr.DatatypeMismatch, "VARIADIC argument must be an array")
			}
		case t.Is(types.AnyElement):
			want[last] = types.Of(types.AnyArray)
		default:
			want[last] = types.ArrayOf(t)
		}
		found = append(found, candidate{index: i, args: want})
	}
	c, err := choose(name, false, found, args)
	if err != nil {
		return nil, nil, ret, err
	}
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, ret, err
	}
	concrete := make([]types.Type, len(c.args))
	for i, t := range c.args {
		concrete[i] = p.resolve(t)
	}
	f := all[c.index]
	g := &Func{Name: f.Name + " variadic", Args: slices.Clone(concrete), Ret: p.resolve(f.Ret), Strict: f.Strict, Volatility: f.Volatility, CanFail: true}
	for i, t := range g.Args {
		if t.Is(types.Any) {
			g.Args[i] = known(args[i])
		}
	}
	g.Row = overElements(f, g)
	return g, coercions(concrete, args), g.Ret, nil
}

// overElements calls f with the elements of g's last argument. Without an array most functions are NULL; format has nothing more to show.
func overElements(f, g *Func) rowFunc {
	last := len(g.Args) - 1
	return func(ctx *Ctx, a []types.Datum) (types.Datum, error) {
		elem := types.Of(types.Text)
		var elems []types.Datum
		switch {
		case !a[last].IsNull():
			elem = g.Args[last].Elem()
			elems = types.DecodeArray(elem, a[last]).Elems
		case f.Name != "format":
			return types.Null, nil
		}
		if f.Strict && slices.ContainsFunc(elems, types.Datum.IsNull) {
			return types.Null, nil
		}
		row := f.Row
		if f.bind != nil {
			row = f.bind(append(slices.Clone(g.Args[:last]), slices.Repeat([]types.Type{elem}, len(elems))...), g.Ret)
		}
		return row(ctx, append(slices.Clone(a[:last]), elems...))
	}
}
