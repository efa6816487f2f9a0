package engine

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// flow is an arrangement that stays, with the operators that keep it right: the unit that views share, that is hydrated, and that
// fails. A base table is a flow without operators.
type flow struct {
	key      string // what it computes: equal keys are the same relation
	arranged *operators.Arranged
	target   operators.Ticker
	table    *operators.Table // the target, of a base table
	nodes    []*node          // in topological order, target last
	inputs   []*flow
	users    int // flows that read it, and the object that it serves
	// whole is set for a view whose tree holds less than its rows: what they are.
	whole *wholeView

	state flowState
	fresh bool // made since the last step: it begins empty
	begun bool // it has run in this process
	// hydrated: its content is that of its inputs, to the last row.
	hydrated bool
	touched  bool  // ran in this step,
	changed  bool  // and had something to say
	failed   error // it is not run any more

	serves bool      // it is a view's, not one that the view reads
	late   bool      // it begins when its inputs are complete: it has a loop, which would go through all again for each slice of them
	ctx    *expr.Ctx // of the view's expressions; has a Context as long as who creates the view waits
	held   int64     // bytes that its operators keep aside in this step, about
}

// flowState is what has to be known to find a flow's state again after a restart.
type flowState struct {
	Maps  []storage.ID
	Sides []sideKind `json:",omitempty"`
}

// rows and errors are the trees of the arrangement, which its constructor asks for last.
func (f *flow) rows() storage.ID {
	if f.table != nil {
		return f.state.Maps[0]
	}
	return f.state.Maps[len(f.state.Maps)-2]
}

func (f *flow) errors() storage.ID { return f.state.Maps[len(f.state.Maps)-1] }

// graph is all flows. It belongs to the goroutine that makes ticks.
type graph struct {
	store *storage.Store
	flows map[string]*flow
	order []*flow // inputs first
	known map[string]flowState
	scan  int            // rows that a scan reads at a step
	first map[*flow]bool // nil: all; else the others read a row at a step
	paced time.Time
	drops []storage.ID // structures to be dropped at the end of the tick
	// waiting is the context of who creates a view and waits for it; nil: nobody does.
	waiting context.Context
	// wrap, if set, stands between the graph and its operators: tests break them.
	wrap func(operators.Operator) operators.Operator
}

func newGraph(s *storage.Store) *graph {
	return &graph{store: s, flows: make(map[string]*flow), scan: operators.SliceRows}
}

func keyOfTable(id catalog.ID) string { return "table:" + strconv.Itoa(int(id)) }
func keyOfIndex(id catalog.ID) string { return "index:" + strconv.Itoa(int(id)) }
func keyOfView(id catalog.ID) string  { return "view:" + strconv.Itoa(int(id)) }

// relation is the flow of a table's or view's rows, nil if there is none.
func (g *graph) relation(id catalog.ID) *flow {
	if f := g.flows[keyOfTable(id)]; f != nil {
		return f
	}
	return g.flows[keyOfView(id)]
}

// open begins a flow; maps gives its operators their structures: those of before a restart, or new ones.
func (g *graph) open(key string) (f *flow, maps operators.Maps) {
	f = &flow{key: key, users: 1}
	given, ok := g.known[key]
	delete(g.known, key)
	if ok {
		f.state.Sides = given.Sides
	}
	f.fresh = !ok
	next := 0
	return f, func(_ string, spec storage.Spec) storage.Map {
		if !ok {
			given.Maps = append(given.Maps, g.store.Create(spec))
		}
		id := given.Maps[next]
		next++
		f.state.Maps = given.Maps[:next]
		return g.store.Map(id)
	}
}

func (g *graph) add(f *flow) {
	g.flows[f.key] = f
	g.order = append(g.order, f)
}

// addTable makes the flow of a base table.
func (g *graph) addTable(t *catalog.Table) *flow {
	f, maps := g.open(keyOfTable(t.ID))
	ts := columnTypes(t.Columns)
	f.table = operators.NewTable(ts, operators.Ascending(t.PrimaryKey), maps)
	f.target, f.arranged, f.hydrated = f.table, &f.table.Arranged, true
	g.add(f)
	return f
}

// addIndex makes the flow of an index.
func (g *graph) addIndex(x *catalog.Index) (*flow, error) {
	of := g.relation(x.On)
	if of == nil {
		return nil, fmt.Errorf("index %s: no relation %d", x.Name, x.On)
	}
	scan := &physical.Scan{Relation: x.On, Name: x.Name, Cols: of.arranged.Types}
	return g.addFlow(keyOfIndex(x.ID), scan, indexOrder(x.Columns), true, newScope(nil))
}

// addView makes the flow of a materialized view, and those of the arrangements that it needs and nobody has.
func (g *graph) addView(v *catalog.View, p *physical.View) (*flow, error) {
	scope, order := newScope(v.Settings), orderCols(p.Order)
	scope.waiting = g.waiting
	f, err := g.addFlow(keyOfView(v.ID), p.Root, order, true, scope)
	if err == nil {
		f.serves = true
	}
	if err == nil && p.Finish != nil {
		f.whole = &wholeView{key: "rows of " + f.key, root: p.Whole, order: order, scope: newScope(v.Settings)}
		a := f.target.(*operators.Arrangement)
		a.Without(slices.Sorted(slices.Values(p.Finish.Keyed)))
		if p.Finish.Limit >= 0 {
			a.ErrorsOf(firstColumns(v.Params))
		}
	}
	return f, err
}

func firstColumns(n int) []int {
	cols := make([]int, n)
	for i := range cols {
		cols[i] = i
	}
	return cols
}

// viewScope is what the expressions of a view depend on beside their rows, and the names of what its plan shares.
type viewScope struct {
	settings map[string]string
	waiting  context.Context // see graph
	ctx      *expr.Ctx
	texts    physical.Texts
}

func newScope(settings map[string]string) *viewScope {
	return &viewScope{settings: settings, texts: physical.Texts{}}
}

func (s *viewScope) context() *expr.Ctx {
	if s.ctx == nil {
		s.ctx = &expr.Ctx{Config: types.ConfigOf(s.settings), Context: s.waiting}
	}
	return s.ctx
}

// suffix sets apart what depends on settings.
func (s *viewScope) suffix(p physical.Node) string {
	if !dependsOnSettings(p) {
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		if name != "search_path" {
			fmt.Fprintf(&b, ";%s=%s", name, s.settings[name])
		}
	}
	return b.String()
}

// addFlow makes the flow that arranges what root computes.
func (g *graph) addFlow(key string, root physical.Node, by []operators.OrderCol, served bool, scope *viewScope) (f *flow, err error) {
	f, structures := g.open(key)
	defer func() {
		if err != nil {
			g.discard(f)
		}
	}()
	f.late = isRecursive(root)
	b := &builder{from: &flowSource{g, f, scope}, ctx: scope.context(), maps: structures, texts: scope.texts, wrap: g.wrap,
		rate: func() int { return g.rate(f) }, sides: f.state.Sides, given: !f.fresh, complete: f.complete}
	top, err := b.build(root)
	if err != nil {
		return nil, err
	}
	a := operators.NewArrangement(root.Types(), by, served, structures)
	f.target, f.arranged = a, &a.Arranged
	end := newNode(a)
	top.feed(end, 0)
	f.nodes, f.state.Sides = append(b.nodes, end), b.sides
	narrow(f.nodes)
	f.ctx = b.ctx
	g.guard(f, f.nodes)
	g.add(f)
	return f, nil
}

// addThin makes the flow of a thin arrangement.
func (g *graph) addThin(key string, p *physical.Arrange, scope *viewScope) (f *flow, err error) {
	f, structures := g.open(key)
	defer func() {
		if err != nil {
			g.discard(f)
		}
	}()
	table, err := (&flowSource{g, f, scope}).relation(p.In.(*physical.Scan))
	if err != nil {
		return nil, err
	}
	b := &builder{maps: structures, rate: func() int { return g.rate(f) }, sides: f.state.Sides, given: !f.fresh}
	s := b.side(table, sideScan)
	t := operators.NewThin(s, p.Key, structures)
	f.target, f.arranged = t, &t.Arranged
	f.nodes, f.state.Sides = []*node{newNode(t, s)}, b.sides
	g.add(f)
	return f, nil
}

// release takes a user away; the last one's going drops the flow with its state, and what only it used.
func (g *graph) release(f *flow) {
	if f.users--; f.users > 0 {
		return
	}
	delete(g.flows, f.key)
	g.order = slices.DeleteFunc(g.order, func(o *flow) bool { return o == f })
	g.discard(f)
}

// discard frees the state of a flow and lets go of its inputs.
func (g *graph) discard(f *flow) {
	g.drops = append(g.drops, f.state.Maps...)
	f.state.Maps = nil
	g.letGo(f)
}

// letGo gives up the inputs of a flow.
func (g *graph) letGo(f *flow) {
	for _, in := range f.inputs {
		g.release(in)
	}
	f.inputs = nil
}

// fail takes a flow out of service: its operators are not run again and their state is freed; its inputs are, when what reads it has failed
// too. The flow itself stays until its view is dropped.
func (g *graph) fail(f *flow, cause error) {
	f.failed, f.nodes, f.changed = cause, nil, false
	g.drops = append(g.drops, f.state.Maps...)
	f.state.Maps = nil
}

// free drops what is not used any more; inside a tick.
func (g *graph) free() {
	for _, id := range g.drops {
		if g.store.Has(id) {
			g.store.Drop(id)
		}
	}
	g.drops = nil
}

// step runs the graph once over what was put into the tables. It returns the flows that failed.
func (g *graph) step() (failed []*flow) {
	if err := g.store.Overrun(0, true); err != nil {
		failed = g.giveUp(err)
	}
	for _, f := range g.order {
		if f.failed != nil || !f.due() {
			continue
		}
		if err := f.run(); err != nil {
			g.fail(f, err)
			failed = append(failed, f)
		}
	}
	for _, f := range g.order {
		f.fresh = false
		if f.touched {
			f.touched, f.changed = false, false
			if f.failed == nil {
				f.target.EndTick()
			}
		}
	}
	for _, f := range failed { // all that reads it has failed in this step, too
		g.letGo(f)
	}
	return failed
}

// giveUp fails what is being read for new views: there is no room for it.
func (g *graph) giveUp(cause error) (failed []*flow) {
	for _, f := range g.order {
		if f.failed == nil && slices.ContainsFunc(f.nodes, (*node).scanning) {
			g.fail(f, cause)
			failed = append(failed, f)
		}
	}
	return failed
}

// due tells whether a flow has something to do in this step.
func (f *flow) due() bool {
	if f.table != nil {
		return f.touched
	}
	if f.late && !f.begun && !f.complete() {
		return slices.ContainsFunc(f.inputs, func(in *flow) bool { return in.failed != nil })
	}
	if !f.begun || !f.hydrated {
		return true
	}
	for _, in := range f.inputs {
		if in.changed || in.failed != nil {
			return true
		}
	}
	return false
}

// run finishes the operators of a flow. A panic in one of them is that flow's failure alone.
func (f *flow) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	for _, in := range f.inputs {
		if in.failed != nil {
			return in.failed
		}
	}
	f.touched, f.begun, f.held = true, true, 0
	if f.table != nil {
		if err := f.table.Finish(nil); err != nil {
			return err
		}
	}
	for _, n := range f.nodes {
		if err := n.op.Finish(n.emit); err != nil {
			return err
		}
	}
	f.changed = f.arranged.Changed()
	if !f.hydrated {
		if f.hydrated = f.settled(); f.hydrated && f.serves {
			f.unwatched()
		}
	}
	return nil
}

// complete tells whether all that the flow reads is hydrated.
func (f *flow) complete() bool {
	return !slices.ContainsFunc(f.inputs, func(in *flow) bool { return !in.hydrated })
}

// settled tells whether there is nothing left to read.
func (f *flow) settled() bool {
	return f.complete() && !slices.ContainsFunc(f.nodes, (*node).scanning)
}

// behind tells whether an index is not what its relation is by now.
func (f *flow) behind() bool {
	return f.failed == nil && (slices.ContainsFunc(f.nodes, (*node).scanning) || !f.hydrated && f.inputs[0].hydrated)
}

// hydrating tells whether a flow still has something to read.
func (g *graph) hydrating() bool {
	return slices.ContainsFunc(g.order, func(f *flow) bool { return f.failed == nil && !f.hydrated })
}

// sharers names, for each arrangement, the materialized views that use it.
func (g *graph) sharers(c *catalog.Catalog) map[string][]string {
	out := make(map[string][]string)
	for _, o := range c.Objects() {
		v, ok := o.(*catalog.View)
		if !ok || !v.Materialized {
			continue
		}
		seen := map[*flow]bool{}
		var visit func(f *flow)
		visit = func(f *flow) {
			if f == nil || seen[f] {
				return
			}
			seen[f] = true
			out[f.key] = append(out[f.key], v.Name)
			for _, in := range f.inputs {
				visit(in)
			}
		}
		visit(g.flows[keyOfView(v.ID)])
	}
	return out
}

// progress is how much of what the flow has to read was read, 0 to 1.
func (f *flow) progress() float64 {
	if f.hydrated {
		return 1
	}
	var read, total int64
	seen := map[*flow]bool{}
	var visit func(f *flow)
	visit = func(f *flow) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, n := range f.nodes {
			for _, s := range n.sides {
				r, t := s.Progress()
				read, total = read+r, total+t
			}
		}
		for _, in := range f.inputs {
			visit(in)
		}
	}
	visit(f)
	if total == 0 {
		return 0
	}
	return float64(read) / float64(total)
}

// panicError is what a panic becomes: storage raises errors of its own, everything else is a bug.
func panicError(r any) error {
	if err, ok := r.(*sqlerr.Error); ok {
		return err
	}
	return sqlerr.New(sqlerr.InternalError, "internal error: %v", r).WithWhere("%s", debug.Stack())
}

func columnTypes(cols []catalog.Column) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}

func indexOrder(cols []catalog.IndexColumn) []operators.OrderCol {
	out := make([]operators.OrderCol, len(cols))
	for i, c := range cols {
		out[i] = operators.OrderCol(c)
	}
	return out
}
