package expr

import (
	"sync"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// SortKey is an item of ORDER BY over an input's columns.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Agg is one overload of an aggregate function.
type Agg struct {
	Name string
	Args []types.Type
	Ret  types.Type
	// Linear aggregates (count, sum, avg, bool_and, stddev...) keep a small state to which rows are added with a weight, and from which
	// they are taken away again exactly: Step then Final.
	Linear bool
	// Otherwise the aggregate is computed from the group's ordered multiset of arguments. First: only its first
	// non-null entry in the given order matters (min; max is First with Desc).
	First, Desc bool
	// Ordered, if set, is an ordered-set aggregate, over one argument in the order of Desc.
	Ordered *Ordered
	// OrderSensitive: ORDER BY inside the call matters (array_agg, string_agg, jsonb_agg...).
	OrderSensitive bool
	Strict         bool        // rows with a NULL argument do not count
	Empty          types.Datum // the value over no rows (count: 0), else NULL

	// Step adds weight w of the argument row to state (nil: empty) and returns the new state, in place where it can. Linear only.
	// A state is a function of the sum of what was added, whatever the order: rows that cancel leave no trace, and the
	// state of nothing is empty.
	Step func(ctx *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error)
	// StepVec, where present, is Step for several rows of columns, each with its weight; none of the arguments there is NULL.
	StepVec func(state []byte, args []*batch.Vec, rows []int32, w []int64) []byte
	Final   func(ctx *Ctx, state []byte) (types.Datum, error)
	// FinalVec, where present, is Final for a state that is not empty, with its result added to a column; on an error nothing is.
	FinalVec func(dst *batch.Vec, state []byte) error
	// Fold computes the aggregate from an iteration over the ordered multiset: next returns false at the end. The arguments
	// stay valid until Fold returns, the slice that holds them until the next call.
	Fold func(ctx *Ctx, next func() (args []types.Datum, w int64, ok bool)) (types.Datum, error)
}

// AggCall is an aggregate in a plan: over the rows of a group for which Filter is true.
type AggCall struct {
	Fn   *Agg
	Args []Expr
	// Direct are the arguments in front of WITHIN GROUP of an ordered-set aggregate: constants, which Fn was made for.
	Direct   []Expr
	Distinct bool
	Order    []SortKey
	Filter   Expr // nil: all rows
	T        types.Type
}

// PerGroup tells whether a change costs as much as its group has rows.
func (c *AggCall) PerGroup() bool { return c.Fn.Fold != nil }

// aggDef is an entry of the tables in which aggregates stand. Polymorphic ones are made by bind from the types at hand.
type aggDef struct {
	sig  string
	agg  Agg
	bind func(args []types.Type, ret types.Type) Agg
}

func aggDefs() []aggDef {
	var defs []aggDef
	for _, d := range [][]aggDef{countDefs(), extremeDefs(), sumDefs(), boolAggDefs(), bitAggDefs(), varianceDefs(), regressionDefs(), foldDefs(), jsonAggDefs()} {
		defs = append(defs, d...)
	}
	return defs
}

// aggregates is the aggregates by name, made when the first name is looked up.
var aggregates = sync.OnceValue(func() map[string][]*aggDef {
	m := make(map[string][]*aggDef)
	defs := aggDefs()
	for i := range defs {
		d := &defs[i]
		d.agg.Name, d.agg.Args, _, d.agg.Ret = parseSignature(d.sig)
		m[d.agg.Name] = append(m[d.agg.Name], d)
	}
	return m
})

// LookupAgg is Lookup for aggregates; fn nil if name is not an aggregate's.
func LookupAgg(name string, args []types.Type) (fn *Agg, coerce []types.Type, ret types.Type, err error) {
	defs := aggregates()[name]
	if defs == nil {
		return nil, nil, ret, nil
	}
	var found []candidate
	for i, d := range defs {
		if len(d.agg.Args) == len(args) {
			found = append(found, candidate{index: i, args: d.agg.Args})
		}
	}
	args = bases(args)
	c, err := choose(name, false, found, args)
	if err != nil {
		return nil, nil, ret, err
	}
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, ret, err
	}
	concrete := make([]types.Type, len(args))
	seen := make([]types.Type, len(args))
	for i, t := range c.args {
		concrete[i] = p.resolve(t)
		seen[i] = concrete[i]
		if seen[i].Kind == types.Any {
			seen[i] = known(args[i])
		}
	}
	d := defs[c.index]
	ret = p.resolve(d.agg.Ret)
	fn = &d.agg
	if d.bind != nil {
		a := d.bind(seen, ret)
		a.Name, a.Args, a.Ret = d.agg.Name, seen, ret
		fn = &a
	}
	return fn, coercions(concrete, args), ret, nil
}

func aggDocs() []Doc {
	var out []Doc
	for _, d := range aggDefs() {
		name, args, _, ret := parseSignature(d.sig)
		sig := Signature(name, args)
		if len(args) == 0 {
			sig = name + "(*)"
		}
		out = append(out, Doc{Family: "Aggregates", Name: name, Signature: sig + " " + ret.String(), Kind: "aggregate"})
	}
	return append(out, orderedDocs()...)
}

// extremeDefs are min and max over the types that PostgreSQL has them for.
func extremeDefs() []aggDef {
	var defs []aggDef
	for _, t := range []string{"int8", "int4", "int2", "oid", "float4", "float8", "numeric", "date", "time", "timestamp", "timestamptz",
		"interval", "text", "bpchar", "anyarray"} {
		for _, name := range []string{"min", "max"} {
			a := Agg{First: true, Desc: name == "max", Strict: true}
			d := aggDef{sig: name + "(" + t + ") " + t, agg: a}
			if t == "anyarray" {
				d.bind = func([]types.Type, types.Type) Agg { return a }
			}
			defs = append(defs, d)
		}
	}
	return defs
}
