package optest

import (
	"flag"
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

var (
	seed  = flag.Int64("seed", 0, "run this seed of the random tests only")
	times = flag.Int("times", 1, "run so many times as many seeds")
)

// seeds checks the plans that make makes of n seeds.
func seeds(t *testing.T, n int, plan func(g *Gen) Plan) {
	t.Helper()
	lo, hi := int64(1), int64(n**times)
	if *seed != 0 {
		lo, hi = *seed, *seed
	}
	for s := lo; s <= hi; s++ {
		if err := Check(s, plan); err != nil {
			t.Fatalf("%v\nagain: go test ./operators/optest -run '%s' -seed %d", err, t.Name(), s)
		}
	}
}

// TestOperators checks each operator directly over base relations.
func TestOperators(t *testing.T) {
	for op, name := range [...]string{"filter", "project", "flatmap", "", "", "reduce", "distinct", "topk", "window", "union", "setop", "single", "many", "recursive"} {
		if name == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			seeds(t, 100, func(g *Gen) Plan {
				for {
					if p := g.planOf(op, 1); p != nil {
						return p
					}
				}
			})
		})
	}
	for kind := operators.Inner; kind <= operators.AntiNull; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			seeds(t, 250, func(g *Gen) Plan { return g.join(kind, 1) })
		})
	}
}

// TestPlans checks random plans.
func TestPlans(t *testing.T) {
	for depth := 2; depth <= 4; depth++ {
		t.Run(fmt.Sprint("depth=", depth), func(t *testing.T) {
			seeds(t, 500, func(g *Gen) Plan { return g.Plan(depth) })
		})
	}
}

// TestFilteredArguments: what an aggregate's FILTER keeps out is not evaluated, also where it keeps out all of the first slice.
func TestFilteredArguments(t *testing.T) {
	seeds(t, 50, func(g *Gen) Plan {
		in := &Project{g.Bases[0], []expr.Expr{&expr.Col{ID: 0, T: int4}}}
		six := &expr.Const{D: types.NewInt(6), T: int4}
		col := &expr.Col{ID: 0, T: int4}
		var aggs []*expr.AggCall
		for _, name := range []string{"max", "sum"} {
			fn, _, ret, err := expr.LookupAgg(name, []types.Type{int4})
			if err != nil || fn == nil {
				t.Fatalf("%s: %v", name, err)
			}
			aggs = append(aggs, &expr.AggCall{Fn: fn, Args: []expr.Expr{Call("/", six, col)}, Filter: Call(">", col, six), T: ret})
		}
		return &Reduce{In: in, Keys: []int{0}, Aggs: aggs}
	})
}
