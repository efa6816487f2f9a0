package engine

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/types"
)

// dependsOnSettings tells whether an expression of a plan does.
func dependsOnSettings(p physical.Node) bool {
	found := false
	each := func(es ...expr.Expr) {
		for _, e := range es {
			found = found || e != nil && expr.VolatilityOf(e) != types.Immutable
		}
	}
	switch p := p.(type) {
	case *physical.Filter:
		each(p.Pred)
	case *physical.Project:
		each(p.Exprs...)
	case *physical.FlatMap:
		each(p.Args...)
		found = found || p.Fn.Volatility != types.Immutable
	case *physical.Join:
		each(p.Residual)
	case *physical.Delta:
		for _, path := range p.Paths {
			each(path.Where)
			for _, s := range path.Steps {
				each(s.Where)
			}
		}
	case *physical.Recursive:
		found = dependsOnSettings(p.Init) || dependsOnSettings(p.Step)
	case *physical.Reduce:
		for _, a := range p.Aggs {
			each(a.Args...)
			each(a.Direct...)
			each(a.Filter)
			for _, o := range a.Order {
				each(o.Expr)
			}
			// What an aggregate prints (json_agg of a timestamptz) depends on settings too.
			found = found || a.Fn.OrderSensitive
		}
	case *physical.Window:
		for _, c := range p.Calls {
			each(c.Exprs()...)
			found = found || c.Fn.Agg != nil && c.Fn.Agg.OrderSensitive
		}
	}
	return found || slices.ContainsFunc(p.Inputs(), dependsOnSettings)
}
