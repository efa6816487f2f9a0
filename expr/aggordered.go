package expr

import (
	"math"
	"slices"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Ordered is an aggregate of what WITHIN GROUP (ORDER BY x) puts in order, NULLs left out: it is decided by the values at a few ranks, or by
// the value that occurs most often (Ranks nil; of several the first in the order).
type Ordered struct {
	// Ranks are the places, from 0 on, whose values decide the aggregate over n > 0 rows; as many for every n.
	Ranks func(n int64) []int64
	// Pick makes the result of the values at Ranks(n).
	Pick func(n int64, values []types.Datum) (types.Datum, error)
}

// orderedDef is an ordered-set aggregate: its signature has the direct arguments first, then the ordered one.
type orderedDef struct {
	sig  string
	make orderedMaker
}

// orderedMaker makes an aggregate of ret's type for its direct arguments; array: the first of them is one.
type orderedMaker = func(direct []types.Datum, array bool, ret types.Type) (Ordered, error)

func orderedDefs() []orderedDef {
	return []orderedDef{
		{"percentile_cont(float8,float8) float8", percentileCont(lerpFloat)},
		{"percentile_cont(float8,interval) interval", percentileCont(lerpInterval)},
		{"percentile_cont(float8[],float8) float8[]", percentileCont(lerpFloat)},
		{"percentile_cont(float8[],interval) interval[]", percentileCont(lerpInterval)},
		{"percentile_disc(float8,anyelement) anyelement", percentileDisc},
		{"percentile_disc(float8[],anyelement) anyarray", percentileDisc},
		{"mode(anyelement) anyelement", func([]types.Datum, bool, types.Type) (Ordered, error) { return Ordered{}, nil }},
	}
}

var orderedByName = sync.OnceValue(func() map[string][]orderedDef {
	m := map[string][]orderedDef{}
	for _, d := range orderedDefs() {
		name, _, _, _ := parseSignature(d.sig)
		m[name] = append(m[name], d)
	}
	return m
})

// OrderedOverload is an ordered-set aggregate found by LookupOrdered; its direct arguments make the aggregate.
type OrderedOverload struct {
	Ret  types.Type
	name string
	args []types.Type
	make orderedMaker
}

// LookupOrdered is LookupAgg for ordered-set aggregates, over the types of the direct arguments and then of what is ordered; nil if name
// is not one's.
func LookupOrdered(name string, args []types.Type) (o *OrderedOverload, coerce []types.Type, err error) {
	defs := orderedByName()[name]
	if defs == nil {
		return nil, nil, nil
	}
	var found []candidate
	for i, d := range defs {
		if _, want, _, _ := parseSignature(d.sig); len(want) == len(args) {
			found = append(found, candidate{index: i, args: want})
		}
	}
	args = bases(args)
	c, err := choose(name, false, found, args)
	if err != nil {
		return nil, nil, err
	}
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, err
	}
	_, want, _, ret := parseSignature(defs[c.index].sig)
	o = &OrderedOverload{name: name, Ret: p.resolve(ret), make: defs[c.index].make}
	for _, t := range want {
		o.args = append(o.args, p.resolve(t))
	}
	return o, coercions(o.args, args), nil
}

// Bind makes the aggregate for its direct arguments; 22003 for a fraction that is none.
func (o *OrderedOverload) Bind(direct []types.Datum, desc bool) (*Agg, error) {
	ordered, err := o.make(direct, o.args[0].Array, o.Ret)
	if err != nil {
		return nil, err
	}
	return &Agg{Name: o.name, Args: o.args, Ret: o.Ret, Ordered: &ordered, Desc: desc, Strict: true}, nil
}

// fractions are the percentiles asked for, one or an array of them; shape is the array, nil: one. NULL: none is.
type fractions struct {
	list  []types.Datum
	shape *types.Array
	null  bool
}

func readFractions(d types.Datum, array bool) (f fractions, err error) {
	switch {
	case d.IsNull():
		f.null = true
	case array:
		a := types.DecodeArray(types.Of(types.Float8), d)
		f.list, f.shape = a.Elems, &a
	default:
		f.list = []types.Datum{d}
	}
	for _, p := range f.list {
		if v := p.Float(); !p.IsNull() && !(v >= 0 && v <= 1) {
			text := types.AppendText(nil, types.DefaultConfig(), types.Of(types.Float8), p)
			return f, sqlerr.New(sqlerr.NumericValueOutOfRange, "percentile value %s is not between 0 and 1", text)
		}
	}
	return f, nil
}

// result puts what was found for each fraction that is not NULL into the shape of the argument.
func (f fractions) result(ret types.Type, value func(i int, p float64) (types.Datum, error)) (types.Datum, error) {
	out := slices.Repeat([]types.Datum{types.Null}, len(f.list))
	for i, p := range f.list {
		if p.IsNull() {
			continue
		}
		var err error
		if out[i], err = value(i, p.Float()); err != nil {
			return types.Null, err
		}
	}
	switch {
	case f.null:
		return types.Null, nil
	case f.shape == nil:
		return out[0], nil
	}
	return types.NewArray(types.Array{Elem: ret.Elem(), Dims: f.shape.Dims, Lower: f.shape.Lower, Elems: out}), nil
}

// percentileDisc is the first value that as great a part of the rows as the fraction does not exceed.
func percentileDisc(direct []types.Datum, array bool, ret types.Type) (Ordered, error) {
	f, err := readFractions(direct[0], array)
	if err != nil {
		return Ordered{}, err
	}
	return Ordered{
		Ranks: func(n int64) []int64 {
			ranks := make([]int64, len(f.list))
			for i, p := range f.list {
				if !p.IsNull() {
					ranks[i] = max(1, int64(math.Ceil(p.Float()*float64(n)))) - 1
				}
			}
			return ranks
		},
		Pick: func(_ int64, values []types.Datum) (types.Datum, error) {
			return f.result(ret, func(i int, _ float64) (types.Datum, error) { return values[i], nil })
		},
	}, nil
}

// percentileCont interpolates between the values around the fraction.
func percentileCont(lerp func(lo, hi types.Datum, part float64) (types.Datum, error)) orderedMaker {
	return func(direct []types.Datum, array bool, ret types.Type) (Ordered, error) {
		f, err := readFractions(direct[0], array)
		if err != nil {
			return Ordered{}, err
		}
		return Ordered{
			Ranks: func(n int64) []int64 {
				ranks := make([]int64, 0, 2*len(f.list))
				for _, p := range f.list {
					at := 0.0
					if !p.IsNull() {
						at = p.Float() * float64(n-1)
					}
					ranks = append(ranks, int64(math.Floor(at)), int64(math.Ceil(at)))
				}
				return ranks
			},
			Pick: func(n int64, values []types.Datum) (types.Datum, error) {
				return f.result(ret, func(i int, p float64) (types.Datum, error) {
					at := p * float64(n-1)
					if math.Floor(at) == math.Ceil(at) {
						return values[2*i], nil
					}
					return lerp(values[2*i], values[2*i+1], at-math.Floor(at))
				})
			},
		}, nil
	}
}

func lerpFloat(lo, hi types.Datum, part float64) (types.Datum, error) {
	// The product is rounded by itself: PostgreSQL's is, a fused one would differ in the last place.
	return types.NewFloat(lo.Float() + float64(part*(hi.Float()-lo.Float()))), nil
}

func lerpInterval(lo, hi types.Datum, part float64) (types.Datum, error) {
	diff, err := interval(hi).Sub(interval(lo))
	if err != nil {
		return types.Null, err
	}
	if diff, err = diff.Mul(part); err != nil {
		return types.Null, err
	}
	return intervalOr(diff.Add(interval(lo)))
}

func orderedDocs() []Doc {
	var out []Doc
	for _, d := range orderedDefs() {
		name, args, _, ret := parseSignature(d.sig)
		n := len(args) - 1
		out = append(out, Doc{Family: "Aggregates", Name: name, Kind: "aggregate",
			Signature: Signature(name, args[:n]) + " WITHIN GROUP (ORDER BY " + args[n].String() + ") " + ret.String()})
	}
	return out
}
