package engine

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// adhoc runs a query as a dataflow of one tick over a snapshot. All its inputs stand: trees of the snapshot, and arrangements of its own, each of
// which is complete before it is read. So nothing is ever retracted, and what reaches the root is the result.
//
// Nodes run in topological order, each to its end: one that scans by slices, another one by its Finish after all its inputs. The root's rows
// are pulled: the graph runs as a coroutine, which stands still where it emitted a slice of the result until the next one is asked for.
type adhoc struct {
	e       *Engine
	rd      Reading
	q       *physical.Query
	w       window
	b       builder
	root    *node
	temp    *storage.Store
	shared  map[string]*operators.Arranged          // the plan's arrangements, by fingerprint
	drives  map[*physical.Arrange]*physical.Arrange // left inputs that are joined as they come, and the right ones
	filters map[string]*physical.Filter             // of scans, by fingerprint
	columns map[string]columnSet                    // of scans, by fingerprint
	over    []*batch.Batch                          // what the working relations hold, by level
	ran     int                                     // nodes that have run to their end

	ctx   context.Context // of the Next that is running
	ectx  *expr.Ctx
	rate  int // rows of the slice that is running
	slice int
	held  int64 // memory of operators' input that is not in pages yet, about

	sort *sorter
	out  batch.Batch
	mem  vecs

	// The coroutine. Rows that are sorted need none.
	next  func() (*batch.Batch, bool)
	stop  func()
	yield func(*batch.Batch) bool
	ended bool
	err   error // how it ended
}

// sliceRows is how many rows a scan reads between two looks at cancellation and memory.
const sliceRows = 4096

// sliceMemory is asked for before each slice: what it may take, about.
const sliceMemory = 256 << 10

// errEnough ends a run of which no more rows are wanted.
var errEnough = errors.New("enough rows")

func newAdhoc(e *Engine, rd Reading, q *physical.Query, w window, ectx *expr.Ctx, over ...*batch.Batch) (_ Rows, err error) {
	a := &adhoc{e: e, rd: rd, q: q, w: w, ectx: ectx, over: over, slice: sliceRows, ended: w.done()}
	a.b = builder{from: a, ctx: ectx, maps: a.newMap, texts: physical.Texts{}, rate: func() int { return a.rate }}
	built := false
	defer func() {
		if !built { // an error or a panic
			a.Close()
		}
	}()
	a.findDrivers(q.Root)
	a.columns = map[string]columnSet{}
	a.findColumns(q.Root, nil)
	if err := a.findFilters(q.Root); err != nil {
		return nil, err
	}
	if a.root, err = a.b.build(q.Root); err != nil {
		return nil, err
	}
	a.joinDrivers()
	if len(a.root.out) == 0 { // else it is read by the plan, too
		narrow(a.b.nodes)
	}
	for _, n := range a.b.nodes {
		a.watch(n)
	}
	a.root.emit = a.sink
	if len(q.Order) > 0 {
		a.sort = &sorter{ts: q.Root.Types(), order: sortOrder(q.Order), keep: w.need(), ties: w.ties}
	} else if n := w.need(); n >= 0 {
		a.slice = int(min(max(n, 64), sliceRows)) // grows with each slice
	}
	built = true
	return a, nil
}

// newMap is a structure of the query's own store.
func (a *adhoc) newMap(_ string, spec storage.Spec) storage.Map {
	if a.temp == nil {
		a.temp = storage.NewTemp(a.e.store)
		a.temp.Begin(1)
	}
	return a.temp.Map(a.temp.Create(spec))
}

// relation makes a relation's own tree the arrangement to scan.
func (a *adhoc) relation(s *physical.Scan) (input, error) {
	t, v, err := a.rd.relation(s.Relation)
	if err != nil {
		return input{}, err
	}
	if f := a.filters[a.b.texts.Of(s)]; f != nil {
		if in, ok := a.narrow(s, f, t, v); ok {
			return in, nil
		}
	}
	return a.standing(s, appendTreeKey(nil, t, v), t != nil, a.tree(s, t, v), v), nil
}

func (a *adhoc) standing(s *physical.Scan, key []operators.OrderCol, put bool, rows operators.Reader, v *catalog.View) input {
	var errs operators.Reader
	if v != nil {
		errs = operators.SnapshotTree(a.rd.Snapshot.Store, v.Errors)
	}
	return input{arranged: operators.Snapshot(s.Cols, key, put, rows, errs)}
}

// arrange finds a tree that serves p, or makes an arrangement of the query's own.
func (a *adhoc) arrange(p *physical.Arrange) (input, error) {
	text := a.b.texts.Of(p)
	if x := a.shared[text]; x != nil {
		return input{arranged: x}, nil
	}
	if s, ok := p.In.(*physical.Scan); ok {
		if in, ok, err := a.serving(s, p.Key); ok || err != nil {
			return in, err
		}
	}
	other := a.drives[p]
	if other != nil { // what it probes comes first
		if _, err := a.arrange(other); err != nil {
			return input{}, err
		}
	}
	after := len(a.b.nodes)
	from, err := a.b.build(p.In)
	if err != nil {
		return input{}, err
	}
	x := operators.NewArrangement(p.In.Types(), operators.Ascending(p.Key), false, a.b.maps)
	n := newNode(nil)
	if other != nil {
		n.op = &driving{Arrangement: x, a: a, after: after}
	} else {
		n.op = &filling{Arrangement: x, a: a}
	}
	from.feed(n, 0)
	a.b.nodes = append(a.b.nodes, n)
	if a.shared == nil {
		a.shared = make(map[string]*operators.Arranged)
	}
	a.shared[text] = &x.Arranged
	return input{arranged: &x.Arranged, fresh: other != nil}, nil
}

// serving finds a tree of a relation that can be probed by cols: its own, or an index.
func (a *adhoc) serving(s *physical.Scan, cols []int) (in input, ok bool, err error) {
	t, v, err := a.rd.relation(s.Relation)
	if err != nil {
		return input{}, false, err
	}
	if key := appendTreeKey(nil, t, v); servesKey(key, cols) {
		return a.standing(s, key, t != nil, a.tree(s, t, v), v), true, nil
	}
	for _, x := range a.rd.Snapshot.Catalog.Indexes(s.Relation) {
		if key := appendIndexKey(nil, x.Columns); servesKey(key, cols) {
			return a.standing(s, key, false, a.rd.index(t, x), v), true, nil
		}
	}
	return input{}, false, nil
}

// hoarder is an operator that keeps its input aside until Finish: it counts it.
type hoarder struct {
	operators.Operator
	a     *adhoc
	times int64 // how often it has its input in memory, about
	held  int64
}

func (h *hoarder) Step(port int, in *batch.Batch, out operators.Out) error {
	n := h.times * int64(in.Size())
	h.held += n
	h.a.held += n
	return h.Operator.Step(port, in, out)
}

func (h *hoarder) Finish(out operators.Out) error {
	err := h.Operator.Finish(out)
	h.a.held -= h.held
	h.held = 0
	return err
}

// watch makes a node count what it holds, and look at cancellation and memory while it emits what may be much more than its input.
func (a *adhoc) watch(n *node) {
	switch n.op.(type) {
	case *operators.TopK, *operators.SetOp, *operators.Distinct, *operators.Single:
		n.op = &hoarder{Operator: n.op, a: a, times: 1}
	case *operators.Window: // it also reads its partitions, and computes them
		n.op = &hoarder{Operator: n.op, a: a, times: 3}
	case *operators.Join, *operators.FlatMap:
		n.emit = func(b *batch.Batch) error {
			if err := a.check(); err != nil {
				return err
			}
			return n.send(b)
		}
	}
}

// check fails if the statement was cancelled or memory is short.
func (a *adhoc) check() error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	held := a.held + sliceMemory
	if a.sort != nil {
		held += a.sort.size()
	}
	return a.e.store.Reserve(held)
}

// run runs the graph to its end, or until an error, which may be errEnough.
func (a *adhoc) run() (err error) {
	defer recoverRead(&err)
	for i, n := range a.b.nodes {
		a.ran = i
		for {
			if err := a.check(); err != nil {
				return err
			}
			a.rate = a.slice
			if bothScan(n) {
				a.rate = math.MaxInt
			}
			if err := n.op.Finish(n.emit); err != nil {
				return err
			}
			a.slice = min(2*a.slice, sliceRows)
			if !n.scanning() {
				break
			}
		}
		if t, ok := n.op.(operators.Ticker); ok {
			t.EndTick()
		}
	}
	return nil
}

// bothScan tells whether a node scans two sides: a full join. By slices it would output rows that later ones retract.
func bothScan(n *node) bool {
	return len(n.sides) == 2 && !n.sides[0].Done() && !n.sides[1].Done()
}

// sink takes what reaches the root.
func (a *adhoc) sink(b *batch.Batch) error {
	if err := a.check(); err != nil {
		return err
	}
	for i := range b.Errs {
		if b.Errs[i].W > 0 {
			return b.Errs[i].Err
		}
	}
	for _, w := range b.W {
		if w <= 0 {
			return sqlerr.New(sqlerr.InternalError, "a query's dataflow retracted a row").WithHint("This is a bug in streamsql.")
		}
	}
	if a.sort != nil {
		a.sort.add(b)
		return nil
	}
	o := a.see(b)
	if o.Len() > 0 && !a.yield(o) || a.w.done() {
		return errEnough
	}
	return nil
}

// see is what the window sees of b, its visible columns.
func (a *adhoc) see(b *batch.Batch) *batch.Batch {
	o := &a.out
	o.Cols = append(o.Cols[:0], b.Cols[:a.q.Visible]...)
	if a.w.skip == 0 && a.w.left < 0 {
		o.W = b.W
		return o
	}
	o.W = o.W[:0]
	from, to := 0, 0
	for i, w := range b.W {
		if w = a.w.take(w); w > 0 {
			if len(o.W) == 0 {
				from = i
			}
			o.W = append(o.W, w)
			to = i + 1
		}
		if a.w.done() {
			break
		}
	}
	if from == 0 && to == b.Len() {
		return o
	}
	a.mem.reset()
	for k, v := range o.Cols {
		u := a.mem.take(v.Type)
		u.AppendRange(v, from, to)
		o.Cols[k] = u
	}
	return o
}

func (a *adhoc) Next(ctx context.Context) (_ *batch.Batch, err error) {
	defer recoverRead(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.ctx, a.ectx.Context = ctx, ctx
	if a.sort != nil {
		return a.nextSorted()
	}
	if a.ended {
		return nil, a.err
	}
	if a.next == nil {
		a.next, a.stop = iter.Pull(func(yield func(*batch.Batch) bool) {
			a.yield = yield
			a.err = a.run()
		})
	}
	if b, ok := a.next(); ok {
		return b, nil
	}
	a.ended = true
	if a.err == errEnough {
		a.err = nil
	}
	a.free()
	return nil, a.err
}

// nextSorted runs the graph at the first call.
func (a *adhoc) nextSorted() (*batch.Batch, error) {
	if !a.ended {
		a.ended = true
		a.err = a.run()
		a.free()
		a.sort.finish()
	}
	if a.err != nil {
		return nil, a.err
	}
	a.mem.reset()
	o := &a.out
	o.Cols, o.W = o.Cols[:0], o.W[:0]
	for _, t := range a.sort.ts[:a.q.Visible] {
		o.Cols = append(o.Cols, a.mem.take(t))
	}
	if err := a.sort.next(o, &a.w); err != nil || o.Len() == 0 {
		return nil, err
	}
	return o, nil
}

// free gives the operators and their state back.
func (a *adhoc) free() {
	a.b, a.root, a.shared = builder{}, nil, nil
	if a.temp != nil {
		a.temp.Close()
		a.temp = nil
	}
}

func (a *adhoc) Close() {
	if a.stop != nil {
		a.stop() // the coroutine unwinds, before its store goes
		a.stop = nil
	}
	a.free()
	a.sort, a.ended, a.err = nil, true, nil
}
