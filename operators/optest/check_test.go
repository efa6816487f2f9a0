package optest

import (
	"flag"
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/operators"
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
	for op, name := range [...]string{"filter", "project", "flatmap", "", "", "reduce", "distinct", "topk", "union", "setop", "single"} {
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
