package engine

import (
	"context"
	"sync"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// lookup is a result that comes straight from a tree. Its memory is used again by other lookups, for it is to cost as little as a page or two.
type lookup struct {
	q     *physical.Query
	l     *physical.Lookup
	ectx  *expr.Ctx
	w     window
	store *storage.Snapshot // that may be asked for memory

	// The tree, and the part of it to read: entries from lo up to hi, exclusively (nil: to the end).
	ts     []types.Type
	key    []operators.OrderCol
	rows   operators.Reader
	put    bool
	point  bool // lo is a whole primary key
	lo, hi []byte
	eq     int // length of the key of the equal columns

	it      storage.Iterator
	started bool
	ended   bool  // nothing more to read
	failed  error // to be returned when what stood before it was
	batches int

	// A batch on its way: in has the relation's columns, those of them that are read (cols); dec are these alone; out is the projection.
	cols         []int
	whole        bool // cols are all columns
	in, dec, out batch.Batch
	sel          []int32
	mem          vecs
	reader       batch.ImageReader

	mode  lookupMode
	sort  *sorter
	ties  runs
	final batch.Batch
	last  vecs // of final
}

// lookupMode is what is left to do with the rows read.
type lookupMode uint8

const (
	inOrder lookupMode = iota // nothing
	byRuns                    // put runs of equal rows in the order of their images
	sorted                    // sort
)

var lookups = sync.Pool{New: func() any { return new(lookup) }}

func newLookup(rd Reading, q *physical.Query, w window, ectx *expr.Ctx) (Rows, error) {
	t, v, err := rd.relation(q.Lookup.Relation)
	if err != nil {
		return nil, err
	}
	if w.done() {
		return emptyRows{}, nil
	}
	r := lookups.Get().(*lookup)
	r.q, r.l, r.ectx, r.w, r.store = q, q.Lookup, ectx, w, rd.Snapshot.Store
	ok, err := r.open(rd, t, v)
	if err != nil || !ok {
		r.free()
		return emptyRows{}, err
	}
	return &lookupRows{r}, nil
}

// lookupRows is a lookup until Close: then it may be another one's.
type lookupRows struct{ r *lookup }

func (l *lookupRows) Next(ctx context.Context) (b *batch.Batch, err error) {
	if l.r == nil {
		return nil, nil
	}
	defer recoverRead(&err)
	l.r.ectx.Context = ctx
	return l.r.read(ctx)
}

func (l *lookupRows) Close() {
	if l.r != nil {
		l.r.free()
		l.r = nil
	}
}

// open finds the tree and the range; ok is false if no row can be in it.
func (r *lookup) open(rd Reading, t *catalog.Table, v *catalog.View) (ok bool, err error) {
	r.ts = appendTypes(r.ts[:0], t, v)
	r.put = false
	if r.l.Index != 0 {
		x, ok := rd.Snapshot.Catalog.Object(r.l.Index).(*catalog.Index)
		if !ok {
			return false, sqlerr.New(sqlerr.UndefinedObject, "index with OID %d does not exist", r.l.Index)
		}
		r.key = appendIndexKey(r.key[:0], x.Columns)
		r.rows = rd.index(t, x)
	} else {
		r.key = appendTreeKey(r.key[:0], t, v)
		r.rows, r.put = rd.tree(t, v), t != nil
	}
	if ok, err := r.bounds(); err != nil || !ok {
		return false, err
	}
	if v != nil {
		if err := r.viewErrors(rd.Snapshot, v); err != nil {
			return false, err
		}
	}
	r.prepare()
	return true, nil
}

// prepare decides which columns are read and what becomes of the rows.
func (r *lookup) prepare() {
	r.mode = inOrder
	if len(r.q.Order) > 0 && !r.point {
		switch {
		case !r.l.Sorted || r.w.ties:
			r.mode = sorted
		case r.l.Ties && !r.tiesInOrder():
			r.mode = byRuns
		}
	}
	r.started, r.ended, r.failed, r.batches = false, false, nil, 0
	r.columns()
	r.ties.reset()
	if r.mode == sorted {
		r.sort = &sorter{ts: r.outTypes(), order: sortOrder(r.q.Order), keep: r.w.need(), ties: r.w.ties}
	}
}

// tiesInOrder tells whether the tree itself has equal rows in the order of their images: its entries end in them.
func (r *lookup) tiesInOrder() bool {
	if _, late := r.rows.(*finished); late || r.put || r.l.Backward || r.l.Project != nil {
		return false
	}
	for _, k := range r.key[len(r.l.Eq):] {
		if !ordersBy(r.q.Order, k.Col) {
			return false
		}
	}
	return true
}

func ordersBy(order []physical.OrderCol, col int) bool {
	for _, o := range order {
		if o.Col == col {
			return true
		}
	}
	return false
}

// width is how many columns of the projection are computed: hidden ones only where the order of images needs them.
func (r *lookup) width() int {
	switch {
	case r.mode == inOrder:
		return r.q.Visible
	case r.l.Project == nil:
		return len(r.ts)
	}
	return len(r.l.Project)
}

func (r *lookup) outTypes() []types.Type {
	if r.l.Project == nil {
		return append([]types.Type(nil), r.ts...)
	}
	ts := make([]types.Type, len(r.l.Project))
	for i, e := range r.l.Project {
		ts[i] = e.Type()
	}
	return ts
}

// columns finds the columns that filter and projection read.
func (r *lookup) columns() {
	n := r.width()
	r.cols = r.cols[:0]
	switch {
	case r.l.Project == nil:
		for c := range n {
			r.cols = append(r.cols, c)
		}
	default:
		for _, e := range r.l.Project[:n] {
			r.use(e)
		}
	}
	if r.l.Filter != nil {
		r.use(r.l.Filter)
	}
	if f, ok := r.rows.(*finished); ok {
		f.want(r.cols)
	}
	r.whole = len(r.cols) == len(r.ts)
	for i, c := range r.cols {
		r.whole = r.whole && i == c
	}
	r.in.Cols = append(r.in.Cols[:0], make([]*batch.Vec, len(r.ts))...)
	r.dec.Cols = r.dec.Cols[:0]
	r.out.Cols = r.out.Cols[:0]
	for range n {
		r.out.Cols = append(r.out.Cols, nil)
	}
	for range r.cols {
		r.dec.Cols = append(r.dec.Cols, nil)
	}
}

// use notes the columns of an expression.
func (r *lookup) use(e expr.Expr) {
	if c, ok := e.(*expr.Col); ok {
		r.useCol(c.ID)
		return
	}
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Col); ok {
			r.useCol(c.ID)
		}
		return true
	})
}

func (r *lookup) useCol(c int) {
	for _, have := range r.cols {
		if have == c {
			return
		}
	}
	r.cols = append(r.cols, c)
}

// read is Next.
func (r *lookup) read(ctx context.Context) (*batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch r.mode {
	case sorted:
		return r.nextSorted(ctx)
	case byRuns:
		return r.nextRuns(ctx)
	}
	for !r.ended && !r.w.done() {
		out := r.fetch()
		if out.Len() == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			continue
		}
		if b := r.see(out, r.q.Visible); b.Len() > 0 {
			return b, nil
		}
	}
	if r.w.done() {
		return nil, nil
	}
	return nil, r.failed
}

// nextSorted reads everything at the first call.
func (r *lookup) nextSorted(ctx context.Context) (*batch.Batch, error) {
	if !r.ended {
		for !r.ended {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			r.sort.add(r.fetch())
			if err := r.hold(r.sort.size()); err != nil {
				return nil, err
			}
		}
		r.sort.finish()
	}
	if r.failed != nil {
		return nil, r.failed
	}
	f := r.freshFinal(r.sort.ts)
	if err := r.sort.next(f, &r.w); err != nil || f.Len() == 0 {
		return nil, err
	}
	return f, nil
}

// nextRuns holds back the run that may go on.
func (r *lookup) nextRuns(ctx context.Context) (*batch.Batch, error) {
	for !r.w.done() {
		if r.ended && r.ties.empty() {
			return nil, r.failed
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !r.ended {
			r.ties.add(r.fetch(), r.q.Order)
			if err := r.hold(int64(r.ties.size())); err != nil {
				return nil, err
			}
		}
		done := r.ties.take(r.ended && r.failed == nil)
		if r.ended && r.failed != nil {
			r.ties.drop()
		}
		if done.Len() > 0 {
			if b := r.see(done, r.q.Visible); b.Len() > 0 {
				return b, nil
			}
		}
	}
	return nil, nil
}

// hold asks for the memory of rows that are held back; what little they mostly take is nobody's concern.
func (r *lookup) hold(bytes int64) error {
	if bytes < sliceMemory {
		return nil
	}
	return r.store.Reserve(bytes)
}

// freshFinal is an empty batch of the visible columns of a row of types ts.
func (r *lookup) freshFinal(ts []types.Type) *batch.Batch {
	r.last.reset()
	f := &r.final
	f.Cols, f.W = f.Cols[:0], f.W[:0]
	for _, t := range ts[:r.q.Visible] {
		f.Cols = append(f.Cols, r.last.take(t))
	}
	return f
}

// see is what the window sees of b, the first n columns. It changes the weights of b.
func (r *lookup) see(b *batch.Batch, n int) *batch.Batch {
	f := &r.final
	f.Cols = append(f.Cols[:0], b.Cols[:n]...)
	f.W = b.W
	if r.w.skip == 0 && r.w.left < 0 {
		return f
	}
	from, to := len(b.W), len(b.W)
	for i, w := range b.W {
		w = r.w.take(w)
		b.W[i] = w
		if w > 0 && i < from {
			from = i
		}
		if r.w.done() {
			to = i + 1
			break
		}
	}
	from = min(from, to)
	if from == 0 && to == len(b.W) {
		return f
	}
	r.last.reset()
	f.W = b.W[from:to]
	for k, v := range b.Cols[:n] {
		u := r.last.take(v.Type)
		u.AppendRange(v, from, to)
		f.Cols[k] = u
	}
	return f
}

// free puts the memory back. What is large is left to the collector.
func (r *lookup) free() {
	if r.it != nil {
		r.it.Close()
		r.it = nil
	}
	if f, ok := r.rows.(*finished); ok {
		f.free()
	}
	r.q, r.l, r.ectx, r.rows, r.store, r.sort, r.failed = nil, nil, nil, nil, nil, nil, nil
	clear(r.out.Cols) // may be of others
	clear(r.final.Cols)
	if r.mem.size()+r.last.size()+r.ties.size() < 1<<20 {
		lookups.Put(r)
	}
}

func sortOrder(order []physical.OrderCol) []batch.KeyCol {
	out := make([]batch.KeyCol, len(order))
	for i, o := range order {
		out[i] = batch.KeyCol(o)
	}
	return out
}
