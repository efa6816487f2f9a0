package optest

import (
	"fmt"
	"math/rand"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// Graph is a dataflow of operators over base relations. Views are added to it, before there are data or afterwards; then
// their scans read what is there, a few rows a tick.
type Graph struct {
	// Maps gives state.
	Maps operators.Maps
	// Rate is how many rows a scan reads at a tick.
	Rate func() int
	// Rand, if set, cuts slices at random and lets the base relations' slices arrive in any order.
	Rand *rand.Rand
	// Contain makes an operator that fails or panics a failed view, instead of an error of Tick.
	Contain bool
	// Lazy calls only what has work, and EndTick, as an engine does; otherwise everything is finished at every tick and
	// nothing told that it ended.
	Lazy bool

	nodes  []*node
	bases  map[int]*node
	shared map[string]*operators.Arranged // by base and key
	owner  map[*operators.Arranged]*node
	ctx    *expr.Ctx
	body   *body // of the recursive query whose step is being built
}

type node struct {
	op    operators.Operator
	base  *Base
	to    []edge
	sides []*operators.Side
	reads []*node // nodes whose arrangements it reads
	fresh bool    // its first Finish is to come
	work  bool    // got a slice in this tick
	ran   bool
	view  *View
	acc   *Rel // of a view's root: what it output
}

type edge struct {
	to   *node
	port int
}

// NewGraph makes a graph over base relations.
func NewGraph(maps operators.Maps, bases []*Base) *Graph {
	g := &Graph{Maps: maps, Rate: func() int { return 1000 }, bases: map[int]*node{},
		shared: map[string]*operators.Arranged{}, owner: map[*operators.Arranged]*node{},
		ctx: &expr.Ctx{Config: types.DefaultConfig()}}
	for _, b := range bases {
		var n *node
		if b.Key != nil {
			t := operators.NewTable(b.Cols, operators.Ascending(b.Key), maps)
			n = g.node(t)
			g.share(b, b.Key, &t.Arranged, n)
		} else {
			n = g.node(operators.NewUnion())
		}
		n.base = b
		g.bases[b.ID] = n
		g.Arrange(b, nil) // what a later view scans
	}
	return g
}

func (g *Graph) node(op operators.Operator) *node {
	n := &node{op: op, fresh: true}
	if g.body != nil {
		g.body.nodes = append(g.body.nodes, n)
	} else {
		g.nodes = append(g.nodes, n)
	}
	return n
}

func shareKey(b *Base, key []int) string { return fmt.Sprint(b.ID, key) }

func (g *Graph) share(b *Base, key []int, a *operators.Arranged, n *node) {
	g.shared[shareKey(b, key)] = a
	g.owner[a] = n
}

// Arrange makes an arrangement of a base relation that stands for all views to come. Call it before there are data.
func (g *Graph) Arrange(b *Base, key []int) {
	if g.shared[shareKey(b, key)] != nil {
		return
	}
	if b.Key != nil && len(key) > 0 {
		t := g.thin(b, key, operators.NewSide(g.shared[shareKey(b, b.Key)]))
		g.share(b, key, &t.Arranged, g.owner[&t.Arranged])
		return
	}
	a := operators.NewArrangement(b.Cols, operators.Ascending(key), false, g.Maps)
	n := g.node(a)
	from := g.bases[b.ID]
	from.to = append(from.to, edge{n, 0})
	g.share(b, key, &a.Arranged, n)
}

// thin arranges a table, which s reads.
func (g *Graph) thin(b *Base, key []int, s *operators.Side) *operators.Thin {
	t := operators.NewThin(s, key, g.Maps)
	n := g.node(t)
	g.attach(n, s)
	g.owner[&t.Arranged] = n
	return t
}

// Standing finds an arrangement of a plan whose key begins with key; nil if there is none.
func (g *Graph) standing(p Plan, key []int) *operators.Arranged {
	b, ok := p.(*Base)
	if !ok {
		return nil
	}
	if b.Key != nil && len(key) <= len(b.Key) && len(key) > 0 && slices.Equal(b.Key[:len(key)], key) {
		return g.shared[shareKey(b, b.Key)]
	}
	return g.shared[shareKey(b, key)]
}

// View is a plan that runs in a graph.
type View struct {
	g    *Graph
	Plan Plan
	// Sink, if set, sees each slice that the view outputs.
	Sink func(b *batch.Batch) error
	// Failed is why the view does not run any more.
	Failed error

	root *node
	all  []*node
}

// Add builds a view.
func (g *Graph) Add(p Plan) *View {
	v := &View{g: g, Plan: p}
	first := len(g.nodes)
	made := map[Plan]*node{}
	v.root = g.build(p, made, map[string]*operators.Arranged{})
	v.all = g.nodes[first:]
	for _, n := range v.all {
		n.view = v
	}
	v.root.acc = NewRel(p.Types())
	for _, n := range v.all {
		if n != v.root {
			n.narrow()
		}
	}
	return v
}

// narrow tells an operator which columns are read, where only projections and groups read it.
func (n *node) narrow() {
	to, ok := n.op.(operators.Narrower)
	var cols operators.Columns
	for _, e := range n.to {
		switch r := e.to.op.(type) {
		case *operators.Project:
			cols = cols.With(r.Reads(nil))
		case *operators.Reduce:
			cols = cols.With(r.Reads(nil))
		default:
			return
		}
	}
	if ok && len(n.to) > 0 {
		to.Narrow(cols)
	}
}

// Done tells whether all scans of the view have come to the end.
func (v *View) Done() bool {
	for _, n := range v.all {
		for _, s := range n.sides {
			if !s.Done() {
				return false
			}
		}
	}
	return true
}

// Output is what the view has output so far.
func (v *View) Output() *Rel {
	v.root.acc.consolidate()
	return v.root.acc
}

func (g *Graph) build(p Plan, made map[Plan]*node, own map[string]*operators.Arranged) *node {
	if n := made[p]; n != nil {
		return n
	}
	var n *node
	switch p := p.(type) {
	case *Base:
		a := g.shared[shareKey(p, nil)]
		if p.Key != nil {
			a = g.shared[shareKey(p, p.Key)]
		}
		s := operators.NewScanSide(a, g.Rate, g.Maps)
		n = g.node(operators.NewScan(s))
		g.attach(n, s)
	case *Join:
		n = g.buildJoin(p, made, own)
	case *Many:
		n = g.buildMany(p, made, own)
	case *Recursive:
		n = g.buildRecursive(p, made, own)
	case *Working:
		n = g.node(operators.NewUnion())
		g.body.work = n
	default:
		var ins []*node
		for _, in := range p.Inputs() {
			ins = append(ins, g.build(in, made, own))
		}
		n = g.node(g.operator(p))
		for port, in := range ins {
			in.to = append(in.to, edge{n, port})
		}
	}
	made[p] = n
	return n
}

func (g *Graph) attach(n *node, sides ...*operators.Side) {
	for _, s := range sides {
		owner := g.owner[s.A]
		n.sides = append(n.sides, s)
		n.reads = append(n.reads, owner)
		if g.body != nil && !slices.Contains(g.body.nodes, owner) {
			g.body.others = append(g.body.others, s)
		}
	}
}

func (g *Graph) operator(p Plan) operators.Operator {
	switch p := p.(type) {
	case *Constant:
		return operators.NewConstant(p.Cols, p.Rows, g.Maps)
	case *Filter:
		return operators.NewFilter(g.ctx, p.Types(), p.Pred)
	case *Project:
		return operators.NewProject(g.ctx, p.Exprs)
	case *FlatMap:
		return operators.NewFlatMap(g.ctx, p.Spec)
	case *Reduce:
		return operators.NewReduce(g.ctx, operators.ReduceSpec{In: p.In.Types(), Keys: p.Keys, Aggs: p.Aggs, Scalar: p.Scalar}, g.Maps)
	case *Distinct:
		return operators.NewDistinct(p.Types(), g.Maps)
	case *TopK:
		return operators.NewTopK(p.Types(), p.Spec, g.Maps)
	case *Window:
		return operators.NewWindow(g.ctx, p.In.Types(), p.Spec, g.Maps)
	case *Union:
		return operators.NewUnion()
	case *SetOp:
		return operators.NewSetOp(p.Types(), p.Except, p.All, g.Maps)
	case *Single:
		return operators.NewSingle(p.Types(), p.Key, g.Maps)
	}
	panic(fmt.Sprintf("optest: unknown plan %T", p))
}

// buildJoin takes standing arrangements where there are, and chooses the driver: the left if it stands, unless only
// pairs count and the right begins empty.
func (g *Graph) buildJoin(p *Join, made map[Plan]*node, own map[string]*operators.Arranged) *node {
	la, lStands := g.input(p.L, slices.Concat(p.LK, p.LBy), made, own)
	ra, rStands := g.input(p.R, slices.Concat(p.RK, p.RBy), made, own)
	scanL, scanR := p.Kind.MustScan()
	scanL = lStands && scanL && (p.Kind != operators.Inner || rStands)
	scanR = rStands && scanR
	if p.Kind == operators.Inner && lStands && rStands && p.ScanRight {
		scanL, scanR = false, true
	}
	l, r := g.side(la, lStands, scanL), g.side(ra, rStands, scanR)
	n := g.node(operators.NewJoin(g.ctx, operators.JoinSpec{Kind: p.Kind, L: l, R: r, NKeys: len(p.LK), Residual: p.Residual}, g.Maps))
	g.attach(n, l, r)
	return n
}

func (g *Graph) side(a *operators.Arranged, stands, scan bool) *operators.Side {
	switch {
	case scan:
		return operators.NewScanSide(a, g.Rate, g.Maps)
	case stands:
		return operators.NewStandingSide(a, g.Maps)
	}
	return operators.NewSide(a)
}

// input arranges an input of a join: a standing arrangement, or one that the view makes and fills.
func (g *Graph) input(p Plan, key []int, made map[Plan]*node, own map[string]*operators.Arranged) (a *operators.Arranged, stands bool) {
	if !works(p) { // it is outside of a step
		within := g.body
		g.body = nil
		defer func() { g.body = within }()
	}
	if a := g.standing(p, key); a != nil {
		return a, true
	}
	k := fmt.Sprintf("%p %v", p, key)
	if a := own[k]; a != nil {
		return a, false
	}
	if b, ok := p.(*Base); ok && b.Key != nil && len(key) > 0 {
		t := g.thin(b, key, operators.NewScanSide(g.shared[shareKey(b, b.Key)], g.Rate, g.Maps))
		own[k] = &t.Arranged
		return &t.Arranged, false
	}
	in := g.build(p, made, own)
	x := operators.NewArrangement(p.Types(), operators.Ascending(key), false, g.Maps)
	n := g.node(x)
	in.to = append(in.to, edge{n, 0})
	g.owner[&x.Arranged] = n
	own[k] = &x.Arranged
	return &x.Arranged, false
}

// Tick runs a tick over changes of base relations.
func (g *Graph) Tick(changes map[int]*batch.Batch) error {
	for _, n := range g.nodes {
		n.work, n.ran = false, false
	}
	for _, id := range g.arrival(changes) {
		for _, b := range g.slices(changes[id]) {
			if err := g.step(g.bases[id], 0, b); err != nil {
				return err
			}
		}
	}
	for _, n := range g.nodes {
		if g.Lazy && !n.hasWork() || n.view != nil && n.view.Failed != nil {
			continue
		}
		n.fresh, n.ran = false, true
		if err := g.finish(n); err != nil {
			return err
		}
	}
	for _, n := range g.nodes {
		if t, ok := n.op.(operators.Ticker); ok && n.ran && g.Lazy {
			t.EndTick()
		}
	}
	return nil
}

// finish calls Finish; a view's failure ends there if that is wished.
func (g *Graph) finish(n *node) (err error) {
	if g.Contain && n.view != nil {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
			n.view.Failed, err = err, nil
		}()
	}
	return n.op.Finish(func(b *batch.Batch) error { return g.emit(n, b) })
}

func (n *node) hasWork() bool {
	if n.fresh || n.work {
		return true
	}
	for _, s := range n.sides {
		if !s.Done() {
			return true
		}
	}
	return slices.ContainsFunc(n.reads, func(r *node) bool { return r.ran })
}

// arrival is the order in which base relations' slices come.
func (g *Graph) arrival(changes map[int]*batch.Batch) []int {
	var ids []int
	for id := range changes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if g.Rand != nil {
		g.Rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	return ids
}

// slices cuts a batch.
func (g *Graph) slices(b *batch.Batch) []*batch.Batch {
	if g.Rand == nil || b.Len() < 2 || g.Rand.Intn(2) == 0 {
		return []*batch.Batch{b}
	}
	at := g.Rand.Intn(b.Len())
	one, two := batch.New(b.Types(), at), batch.New(b.Types(), at)
	one.AppendRange(b, 0, at)
	two.AppendRange(b, at, b.Len())
	one.Errs = b.Errs
	return []*batch.Batch{one, two}
}

// step lends a copy of b to n: who keeps something of it beyond the call will be found out.
func (g *Graph) step(n *node, port int, b *batch.Batch) error {
	n.work = true
	lent := copyOf(b)
	if err := n.op.Step(port, lent, func(b *batch.Batch) error { return g.emit(n, b) }); err != nil {
		return err
	}
	if !same(lent, b) {
		return fmt.Errorf("%s changed what it was given", n.op.Name())
	}
	spoil(lent)
	return nil
}

func (g *Graph) emit(n *node, b *batch.Batch) error {
	if err := wellFormed(b); err != nil {
		return fmt.Errorf("%s: %w", n.op.Name(), err)
	}
	if n.acc != nil {
		n.acc.append(b)
		if n.view.Sink != nil {
			if err := n.view.Sink(b); err != nil {
				return err
			}
		}
	}
	for _, e := range n.to {
		if err := g.step(e.to, e.port, b); err != nil {
			return err
		}
	}
	return nil
}
