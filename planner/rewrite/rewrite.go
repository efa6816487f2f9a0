// Package rewrite turns a bound plan into an equal one that is cheaper to run and keep: no subqueries in expressions, no dependent joins, filters and
// columns as low as they may go.
//
// Rules are values with a name; Phases lists them in the order in which they run. Each rule's comment states its identity. A rule must keep
// two things besides the rows: which errors a query raises (an expression that can fail never moves below what would have kept it from
// running), and the order of the columns below a TopK or Window, whose images break its ties.
package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// Ctx is what rules share while one plan is rewritten.
type Ctx struct {
	Meta   *plan.Meta
	Config *types.Config
	// View: the plan is a view's, whose operators keep what they need from one tick to the next.
	View bool
	// Fired are the names of the rules that changed something, in order.
	Fired []string
	// Params are columns without a relation: a view's parameters, before Parameterise.
	Params plan.ColSet
}

// Rule is a local rewrite: it looks at a node and its inputs. ok: it made something else.
type Rule struct {
	Name  string
	Apply func(c *Ctx, n plan.Node) (out plan.Node, ok bool, err error)
}

// Phase is a set of rules that run together until nothing changes, or a Pass over the whole plan.
type Phase struct {
	Name  string
	Rules []Rule
	Pass  func(c *Ctx, n plan.Node) (plan.Node, error)
}

// Phases is the order of rewriting.
func Phases() []Phase {
	return []Phase{
		{Name: "unnest", Pass: Unnest},
		{Name: "decorrelate", Pass: Decorrelate},
		{Name: "factor", Pass: FactorDisjunctions},
		{Name: "simplify", Rules: simplify()},
		{Name: "prune", Pass: PruneColumns},
		{Name: "merge", Rules: []Rule{
			{"MergeProjects", MergeProjects},
			{"RemoveProject", RemoveProject},
			{"MergeFilters", MergeFilters},
		}},
	}
}

func simplify() []Rule {
	return []Rule{
		{"AbsentRow", AbsentRow},
		{"FoldFilter", FoldFilter},
		{"MergeFilters", MergeFilters},
		{"FilterRowNumber", FilterRowNumber},
		{"MergeProjects", MergeProjects},
		{"PushFilterThroughProject", PushFilterThroughProject},
		{"SimplifyOuterJoin", SimplifyOuterJoin},
		{"PushFilterThroughJoin", PushFilterThroughJoin},
		{"PushJoinCondition", PushJoinCondition},
		{"PushSemiJoinThroughJoin", PushSemiJoinThroughJoin},
		{"PushFilterThroughReduce", PushFilterThroughReduce},
		{"PushFilterThroughDistinct", PushFilterThroughDistinct},
		{"PushFilterThroughUnion", PushFilterThroughUnion},
		{"PushFilterThroughSetOp", PushFilterThroughSetOp},
		{"PushFilterThroughTopK", PushFilterThroughTopK},
		{"PushFilterThroughFlatMap", PushFilterThroughFlatMap},
		{"PushFilterThroughSingle", PushFilterThroughSingle},
		{"SimplifyNullSafe", SimplifyNullSafe},
		{"InferConstants", InferConstants},
		{"FlattenUnion", FlattenUnion},
		{"DropDistinct", DropDistinct},
		{"DropSingle", DropSingle},
		{"DropEmptyLimit", DropEmptyLimit},
		{"DropEmptyReduce", DropEmptyReduce},
	}
}

// Rewrite runs all phases. keep are the columns of n that are needed, in the order wanted.
func Rewrite(c *Ctx, n plan.Node, keep []int) (plan.Node, error) {
	n = &plan.Project{In: n, Items: plan.Pass(c.Meta, keep)}
	for _, p := range Phases() {
		var err error
		if n, err = c.run(p, n); err != nil {
			return nil, err
		}
		if err := check(c, p.Name, n); err != nil {
			return nil, err
		}
	}
	return c.parts(n)
}

// parts rewrites the parts of recursive queries.
func (c *Ctx) parts(n plan.Node) (plan.Node, error) {
	r, ok := n.(*plan.Recursive)
	if !ok {
		return mapInputs(n, c.parts)
	}
	out := *r
	for _, p := range []*plan.Part{&out.Init, &out.Step} {
		var err error
		if p.Node, err = Rewrite(c, p.Node, slices.Compact(slices.Sorted(slices.Values(p.Cols)))); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

func (c *Ctx) run(p Phase, n plan.Node) (plan.Node, error) {
	if p.Pass != nil {
		return p.Pass(c, n)
	}
	for range maxRounds {
		changed := false
		var err error
		if n, err = c.apply(p.Rules, n, &changed); err != nil || !changed {
			return n, err
		}
	}
	return n, nil
}

// maxRounds bounds the rounds of a phase; rules only ever push down or remove, so that a few suffice.
const maxRounds = 50

// apply runs the rules at n until none fires, then below.
func (c *Ctx) apply(rules []Rule, n plan.Node, changed *bool) (plan.Node, error) {
	for again := true; again; {
		again = false
		for _, r := range rules {
			out, ok, err := r.Apply(c, n)
			if err != nil {
				return nil, err
			}
			if ok {
				c.Fired = append(c.Fired, r.Name)
				n, again, *changed = out, true, true
				break
			}
		}
	}
	return mapInputs(n, func(in plan.Node) (plan.Node, error) { return c.apply(rules, in, changed) })
}

// mapInputs is a copy of n with f applied to its inputs; n itself where nothing changed.
func mapInputs(n plan.Node, f func(plan.Node) (plan.Node, error)) (plan.Node, error) {
	ins := n.Inputs()
	if len(ins) == 0 {
		return n, nil
	}
	out := make([]plan.Node, len(ins))
	same := true
	for i, in := range ins {
		x, err := f(in)
		if err != nil {
			return nil, err
		}
		out[i] = x
		same = same && x == in
	}
	if same {
		return n, nil
	}
	return n.WithInputs(out), nil
}
