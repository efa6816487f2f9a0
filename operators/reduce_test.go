package operators_test

import (
	"flag"
	"testing"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators/optest"
	"github.com/streamsql/streamsql/types"
)

var reduceSeed = flag.Int64("reduceseed", 0, "run this seed of TestReduce only")

var aggNames = []string{"count", "sum", "avg", "min", "max", "stddev", "var_pop", "bit_xor", "bit_and", "array_agg", "json_agg", "jsonb_agg",
	"string_agg", "json_object_agg", "jsonb_object_agg", "corr", "regr_slope", "regr_count"}

// TestReduce: groups with all kinds of aggregates equal a recomputation, whatever comes and goes.
func TestReduce(t *testing.T) {
	lo, hi := int64(1), int64(400)
	if *reduceSeed != 0 {
		lo, hi = *reduceSeed, *reduceSeed
	}
	for seed := lo; seed <= hi; seed++ {
		err := optest.Check(seed, func(g *optest.Gen) optest.Plan {
			in := g.Bases[g.Intn(len(g.Bases))]
			p := &optest.Reduce{In: in}
			if g.Intn(4) == 0 {
				p.Scalar = true
			} else {
				p.Keys = []int{g.Intn(len(in.Cols))}
			}
			for range 1 + g.Intn(4) {
				p.Aggs = append(p.Aggs, randomAgg(g, in.Cols))
			}
			return p
		})
		if err != nil {
			t.Fatalf("%v\nagain: go test ./operators -run %s -reduceseed %d", err, t.Name(), seed)
		}
	}
}

// randomAgg is an aggregate over columns, with conversions where it needs them.
func randomAgg(g *optest.Gen, ts []types.Type) *expr.AggCall {
	for {
		if g.Intn(6) == 0 {
			if call := orderedAgg(g, ts); call != nil {
				return call
			}
		}
		name := aggNames[g.Intn(len(aggNames))]
		n := 1
		switch name {
		case "string_agg", "json_object_agg", "jsonb_object_agg", "corr", "regr_slope", "regr_count":
			n = 2
		case "count":
			n = g.Intn(2)
		}
		call := &expr.AggCall{}
		var at []types.Type
		for range n {
			c := g.Intn(len(ts))
			call.Args = append(call.Args, &expr.Col{ID: c, T: ts[c]})
			at = append(at, ts[c])
		}
		fn, coerce, ret, err := expr.LookupAgg(name, at)
		if err != nil {
			continue
		}
		for i, to := range coerce {
			if to != (types.Type{}) && to.Kind != types.Any {
				call.Args[i] = &expr.Cast{X: call.Args[i], To: to, Conv: types.FindCast(at[i], to)}
			}
		}
		call.Fn, call.T = fn, ret
		call.Distinct = n > 0 && g.Intn(4) == 0
		if g.Intn(4) == 0 {
			call.Filter = g.Pred(ts)
		}
		if fn.OrderSensitive && !call.Distinct && g.Intn(2) == 0 {
			c := g.Intn(len(ts))
			call.Order = []expr.SortKey{{Expr: &expr.Col{ID: c, T: ts[c]}, Desc: g.Intn(2) == 0, NullsFirst: g.Intn(2) == 0}}
		}
		return call
	}
}

// orderedAgg is an ordered-set aggregate over a column; nil where its type has none.
func orderedAgg(g *optest.Gen, ts []types.Type) *expr.AggCall {
	name := []string{"mode", "percentile_cont", "percentile_disc", "percentile_disc"}[g.Intn(4)]
	c := g.Intn(len(ts))
	call := &expr.AggCall{Args: []expr.Expr{&expr.Col{ID: c, T: ts[c]}}}
	float := types.Of(types.Float8)
	var at []types.Type
	var direct []types.Datum
	if name != "mode" {
		at, direct = append(at, float), append(direct, types.NewFloat(float64(g.Intn(5))/4))
		if g.Intn(3) == 0 {
			at[0], direct[0] = types.ArrayOf(float), types.MakeArray(float, []types.Datum{types.NewFloat(0.9), types.Null, types.NewFloat(0.3)})
		}
		call.Direct = []expr.Expr{&expr.Const{D: direct[0], T: at[0]}}
	}
	o, coerce, err := expr.LookupOrdered(name, append(at, ts[c]))
	if err != nil || coerce[len(coerce)-1] != (types.Type{}) || ts[c].Array && len(at) > 0 && at[0].Array {
		return nil
	}
	if call.Fn, err = o.Bind(direct, g.Intn(2) == 0); err != nil {
		return nil
	}
	call.T = o.Ret
	if g.Intn(4) == 0 {
		call.Filter = g.Pred(ts)
	}
	return call
}
