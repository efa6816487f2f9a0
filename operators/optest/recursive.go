package optest

import (
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

type (
	// Recursive is Init UNION [ALL] Step, over Work. Step's last column is the round of what a row was made of.
	Recursive struct {
		Init, Step Plan
		Work       *Working
		All        bool
	}
	// Working is the rows that a step reads, the round behind them.
	Working struct{ Cols []types.Type }
)

func (p *Recursive) Types() []types.Type { return p.Init.Types() }
func (p *Recursive) Inputs() []Plan      { return []Plan{p.Init, p.Step} }
func (p *Working) Types() []types.Type   { return p.Cols }
func (p *Working) Inputs() []Plan        { return nil }

// workID is how an Eval of a step asks for the working rows.
const workID = -1

// maxSteps bounds the rounds of UNION ALL, whose rows may go round.
const maxSteps = 3

// recursive is a random recursive query. No value is made that grows without end.
func (g *Gen) recursive(depth int) Plan {
	init := g.Plan(depth - 1)
	n := len(init.Types())
	p := &Recursive{Init: init, All: g.chance(30), Work: &Working{append(slices.Clone(init.Types()), types.Of(types.Int8))}}
	var in Plan = p.Work
	if p.All {
		in = &Filter{in, Call("<", &expr.Col{ID: n, T: p.Work.Cols[n]}, &expr.Const{D: types.NewInt(maxSteps), T: p.Work.Cols[n]})}
	}
	if g.chance(30) {
		in = &Filter{in, g.Pred(init.Types())}
	}
	round := n
	if g.chance(80) {
		in, round = g.stepJoin(in, g.Plan(g.Intn(depth)), n)
	}
	if g.chance(20) {
		in = &Distinct{in}
	}
	if g.chance(15) {
		in = &TopK{in, operators.TopKSpec{Partition: []int{round}, Limit: 1 + int64(g.Intn(3))}}
	}
	p.Step = g.stepRow(in, init.Types(), round)
	return p
}

// stepJoin joins working rows of n columns, whose round is the next one, with another plan; round is where it is then.
func (g *Gen) stepJoin(in, other Plan, n int) (p Plan, round int) {
	j := &Join{Kind: operators.JoinKind(g.Intn(6)), L: in, R: other}
	if j.Kind == operators.Full {
		j.Kind = operators.Inner
	}
	for want := g.Intn(4); len(j.LK) < min(want, 2) && n > 0; want-- {
		k := g.Intn(n)
		if to := columnsOfType(other.Types(), in.Types()[k]); len(to) > 0 {
			j.LK, j.RK = append(j.LK, k), append(j.RK, to[g.Intn(len(to))])
		}
	}
	round = n
	if j.Kind == operators.Inner && g.chance(50) {
		j.L, j.R, j.LK, j.RK = j.R, j.L, j.RK, j.LK
		round += len(other.Types())
	}
	if g.chance(30) {
		j.Residual = g.Pred(append(slices.Clone(j.L.Types()), j.R.Types()...))
	}
	return j, round
}

// stepRow projects a step onto the types of its query, and the round.
func (g *Gen) stepRow(in Plan, ts []types.Type, round int) Plan {
	have := in.Types()
	out := &Project{In: in}
	for _, t := range ts {
		var e expr.Expr = expr.Null(t)
		for _, k := range g.Perm(len(have)) {
			if have[k] == t && k != round {
				e = &expr.Col{ID: k, T: t}
				break
			}
		}
		if _, ok := e.(*expr.Col); ok && t == int4 && g.chance(15) {
			e = Call("/", &expr.Const{D: types.NewInt(6), T: int4}, e)
		}
		out.Exprs = append(out.Exprs, e)
	}
	out.Exprs = append(out.Exprs, &expr.Col{ID: round, T: have[round]})
	return out
}

// evalRecursive runs the step over the rows of the round before, until it adds none. What fails is looked for once, over the rows of all rounds, as
// the step's other inputs have their errors once.
func evalRecursive(p *Recursive, base func(id int) *Rel) *Rel {
	out, all := NewRel(p.Types()), NewRel(p.Work.Cols)
	cols := identity(len(out.Types))
	step := func(work *Rel) *Rel {
		return Eval(p.Step, func(id int) *Rel {
			if id == workID {
				return work
			}
			return base(id)
		})
	}
	init := Eval(p.Init, base)
	next := init
	for l := int64(0); len(next.Rows) > 0; l++ {
		work, fresh := NewRel(p.Work.Cols), NewRel(out.Types)
		for _, row := range next.Rows {
			fresh.Rows = append(fresh.Rows, Row{row.D[:len(cols)], row.W})
		}
		fresh.consolidate()
		if !p.All {
			fresh = fresh.without(out)
		}
		for _, row := range fresh.Rows {
			work.Rows = append(work.Rows, Row{append(slices.Clone(row.D), types.NewInt(l)), row.W})
		}
		out.Rows, all.Rows = append(out.Rows, fresh.Rows...), append(all.Rows, work.Rows...)
		next = step(work)
	}
	none := only(nil, len(cols))
	out.pass(init, none)
	out.pass(step(all), none)
	out.consolidate()
	return out
}

// without is one of each of r's rows, by equality, that has is without.
func (r *Rel) without(has *Rel) *Rel {
	cols, out := identity(len(r.Types)), NewRel(r.Types)
	for _, g := range r.groups(cols) {
		least := r.least(g).D
		if !slices.ContainsFunc(has.Rows, func(old Row) bool { return r.equalOn(cols, old.D, least) }) {
			out.Rows = append(out.Rows, Row{least, 1})
		}
	}
	return out
}

// body is the operators of a recursive query's step in a graph.
type body struct {
	g      *Graph
	work   *node
	nodes  []*node
	others []*operators.Side
	around *body
}

func (g *Graph) buildRecursive(p *Recursive, made map[Plan]*node, own map[string]*operators.Arranged) *node {
	init := g.build(p.Init, made, own)
	b := &body{g: g, around: g.body}
	g.body = b
	step := g.build(p.Step, made, own)
	g.body = b.around
	n := g.node(operators.NewRecursive(operators.RecursiveSpec{Name: "r", Types: p.Types(), All: p.All, Body: b}, g.Maps))
	init.to, step.to = append(init.to, edge{n, 0}), append(step.to, edge{n, 1})
	for _, in := range b.nodes {
		n.sides = append(n.sides, in.sides...)
		n.reads = append(n.reads, in.reads...)
		in.narrow()
	}
	return n
}

// works tells whether a plan is over working rows.
func works(p Plan) bool {
	switch p := p.(type) {
	case *Working:
		return true
	case *Recursive:
		return works(p.Init)
	}
	return slices.ContainsFunc(p.Inputs(), works)
}

func (b *body) Step(in *batch.Batch) error { return b.g.step(b.work, 0, in) }

func (b *body) Finish(first bool) error {
	for _, s := range b.others {
		s.Hold(!first)
	}
	for _, n := range b.nodes {
		if err := b.g.finish(n); err != nil {
			return err
		}
	}
	return nil
}

func (b *body) EndTick() {
	for _, n := range b.nodes {
		if t, ok := n.op.(operators.Ticker); ok {
			t.EndTick()
		}
	}
}
