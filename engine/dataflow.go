package engine

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

const (
	// stepRows is how many changed rows at most go through the graph at once; a larger tick takes several steps.
	stepRows = 1 << 16
	// promptSteps is how long the tick that creates a view goes on reading for it: a view over little data serves at once.
	promptSteps = 4
)

// dataflow is the state of the database as of the newest tick: the graph and the catalog. Live ticks and replay go through the same
// methods. It belongs to one goroutine.
type dataflow struct {
	store   *storage.Store
	graph   *graph
	catalog *catalog.Catalog
	// sequences are those of which numbers were reserved, with what is left.
	sequences map[catalog.ID]*catalog.Sequence
	// counters are the highest ids handed out when the newest entry was written.
	counters counters

	rows     int          // put into tables since the last step
	stale    []catalog.ID // views whose state does not fit their plan
	indexing []*flow      // new indexes of this tick
	defined  bool         // this tick changed definitions
	// unserved: a view may wait to be put into service, although by now nothing is hydrating any more.
	unserved bool
	total    int // rows that went through, ever
	fatal    error
}

func newDataflow(s *storage.Store) *dataflow {
	return &dataflow{store: s, graph: newGraph(s), catalog: catalog.New(), sequences: make(map[catalog.ID]*catalog.Sequence), counters: counters{Object: catalog.FirstUserID}}
}

// define applies a change of the catalog. plan is that of a new materialized view; without it, it is made again. A view that cannot be
// built is there, and failed: what was logged is not taken back.
func (d *dataflow) define(x *definition, plan *physical.View) {
	d.step()
	d.defined = true
	switch {
	case x.CreateTable != nil:
		t := *x.CreateTable
		t.Tree = d.graph.addTable(&t).rows()
		d.with(&t)
	case x.CreateView != nil:
		d.createView(x.CreateView, plan)
	case x.CreateSequence != nil:
		d.with(x.CreateSequence)
	case x.CreateSchema != "":
		d.catalog = d.catalog.WithSchema(x.CreateSchema)
	case x.ReplaceView != nil:
		d.with(x.ReplaceView)
	case x.AlterTable != nil:
		t := *x.AlterTable
		t.Tree = d.catalog.Object(t.ID).(*catalog.Table).Tree
		d.with(&t)
	case x.Comment != nil:
		d.catalog = d.catalog.WithComment(x.Comment)
	case x.Advance != nil:
		if d.catalog.Object(x.Advance.ID) != nil { // not dropped before the numbers were reserved
			d.sequences[x.Advance.ID] = x.Advance
		}
	}
	for _, i := range x.CreateIndexes {
		ix := *i
		if f, err := d.graph.addIndex(&ix); err == nil {
			ix.Tree = f.rows()
			d.with(&ix)
			d.indexing = append(d.indexing, f)
		}
	}
	d.drop(x.Drop)
	if x.DropSchema != "" {
		d.catalog = d.catalog.WithoutSchema(x.DropSchema)
	}
}

func (d *dataflow) with(o catalog.Object) {
	d.catalog = d.catalog.With(o)
}

func (d *dataflow) createView(def *catalog.View, plan *physical.View) {
	v := *def
	if !v.Materialized {
		d.with(&v)
		return
	}
	v.State, d.unserved = catalog.Hydrating, true
	f, err := d.buildView(&v, plan)
	if err != nil {
		d.with(v.FailedBy(err))
		return
	}
	v.Tree, v.Errors = f.rows(), f.errors()
	d.with(&v)
}

func (d *dataflow) buildView(v *catalog.View, plan *physical.View) (f *flow, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	if plan == nil {
		if plan, err = replan(d.catalog, v); err != nil {
			return nil, err
		}
	}
	v.Finish = plan.Finish
	return d.graph.addView(v, plan)
}

// replan plans a stored view again.
func replan(c *catalog.Catalog, v *catalog.View) (*physical.View, error) {
	env := &planner.Env{Catalog: c, Config: newScope(v.Settings).context().Config, SearchPath: []string{catalog.Public}}
	p, err := planner.ReplanView(env, v)
	if err != nil {
		return nil, err
	}
	return p.Physical, nil
}

// drop takes objects away, and what only they used.
func (d *dataflow) drop(ids []catalog.ID) {
	for _, id := range ids {
		for _, key := range []string{keyOfTable(id), keyOfView(id), keyOfIndex(id)} {
			if f := d.graph.flows[key]; f != nil {
				d.graph.release(f)
			}
		}
		delete(d.sequences, id)
	}
	if len(ids) > 0 {
		d.catalog = d.catalog.Without(ids...)
	}
}

// change puts a changed row into its table; old and image are what was there and what is there now, nil: nothing.
func (d *dataflow) change(table *flow, key, old, image []byte) {
	if old != nil {
		table.table.Change(key, old, -1)
	}
	if image != nil {
		table.table.Change(key, image, 1)
	}
	table.touched = true
	d.total++
	if d.rows++; d.rows >= stepRows {
		d.step()
	}
}

// truncate empties a table.
func (d *dataflow) truncate(table *flow) {
	d.step()
	rows := d.store.Map(table.rows())
	for rows.Len() > 0 {
		it := rows.Iter()
		n := 0
		for ok := it.SeekGE(nil); ok && n < stepRows; ok = it.Next() {
			table.table.Change(it.Key(), it.Value(), -1)
			n++
		}
		it.Close()
		table.touched = true
		d.rows, d.total = n, d.total+n
		d.step()
		if d.fatal != nil {
			return
		}
	}
}

// step runs what was put into the tables through the graph.
func (d *dataflow) step() {
	if d.rows == 0 {
		return
	}
	d.turn()
}

func (d *dataflow) turn() {
	d.rows = 0
	for _, f := range d.graph.step() {
		d.failed(f)
	}
}

// failed notes that a flow cannot go on: a view becomes failed, an index is gone; a table is the end of all writing.
func (d *dataflow) failed(f *flow) {
	if f.table != nil {
		d.fatal = f.failed
		return
	}
	for _, o := range d.catalog.Objects() {
		switch o := o.(type) {
		case *catalog.View:
			if keyOfView(o.ID) == f.key {
				d.with(o.FailedBy(f.failed))
			}
		case *catalog.Index:
			if keyOfIndex(o.ID) == f.key {
				d.drop([]catalog.ID{o.ID})
			}
		}
	}
}

// finish ends a tick: all that was put in goes through, new views read on, and those that have read everything serve.
func (d *dataflow) finish() {
	d.step()
	hydrating := d.graph.hydrating()
	if d.defined || hydrating {
		d.turn()
	}
	d.fillIndexes()
	for n := 0; d.defined && n < promptSteps && d.graph.hydrating(); n++ {
		d.turn()
	}
	if d.unserved {
		d.serve()
	}
	d.defined = false
	d.graph.free()
}

// fillIndexes reads what new indexes have to read, all of it in this tick: who sees an index relies on it. Like PostgreSQL's CREATE INDEX, it keeps
// writers waiting.
func (d *dataflow) fillIndexes() {
	pace := d.graph.scan
	for _, f := range d.indexing {
		for f.behind() {
			d.graph.scan = stepRows
			d.turn()
		}
	}
	d.graph.scan, d.indexing = pace, nil
}

// hydrate reads on for new views, up to n steps, outside of any tick's changes.
func (d *dataflow) hydrate(n int) (done bool) {
	for ; n > 0 && d.graph.hydrating(); n-- {
		d.turn()
	}
	d.serve()
	return !d.graph.hydrating()
}

// serve puts views into service that have read all that there is.
func (d *dataflow) serve() {
	d.unserved = false
	for _, o := range d.catalog.Objects() {
		v, ok := o.(*catalog.View)
		if !ok || v.State != catalog.Hydrating {
			continue
		}
		if d.ready(v) {
			c := *v
			c.State = catalog.Serving
			d.catalog = d.catalog.With(&c)
		} else {
			d.unserved = true
		}
	}
}

// ready tells whether a view and its indexes have read all that there is.
func (d *dataflow) ready(v *catalog.View) bool {
	flows := d.flowsOf(v)
	return len(flows) > 0 && !slices.ContainsFunc(flows, func(f *flow) bool { return !f.hydrated })
}

// flowsOf are the flows of a view and of its indexes, but for such that failed; none if the view's is not there.
func (d *dataflow) flowsOf(v *catalog.View) []*flow {
	f := d.graph.flows[keyOfView(v.ID)]
	if f == nil {
		return nil
	}
	flows := []*flow{f}
	for _, x := range d.catalog.Indexes(v.ID) {
		if f := d.graph.flows[keyOfIndex(x.ID)]; f != nil && f.failed == nil {
			flows = append(flows, f)
		}
	}
	return flows
}

// progress is how far the hydration of each view is that is not served yet, 0 to 1; nil: all are.
func (d *dataflow) progress() map[catalog.ID]float64 {
	if !d.graph.hydrating() {
		return nil
	}
	p := make(map[catalog.ID]float64)
	for _, o := range d.catalog.Objects() {
		if v, ok := o.(*catalog.View); ok && v.State == catalog.Hydrating {
			if f := d.graph.flows[keyOfView(v.ID)]; f != nil {
				p[v.ID] = f.progress()
			}
		}
	}
	return p
}

// replay applies log entries: the parts of an entry, see readEntry.
type replay struct {
	d     *dataflow
	id    catalog.ID // the table at hand
	table *flow
	rows  storage.Map
	old   []byte
	// touched are the rows of the step at hand: what the tree has of them is not yet their newest.
	touched map[string][]byte
}

func (r *replay) define(x *definition) error {
	r.flush()
	r.d.define(x, nil)
	r.id = 0
	return r.d.fatal
}

func (r *replay) truncate(id catalog.ID) error {
	r.flush()
	if err := r.open(id); err != nil || r.table == nil {
		return err
	}
	r.d.truncate(r.table)
	return r.d.fatal
}

// open finds the table; nil: it has been dropped since, which a later entry says.
func (r *replay) open(id catalog.ID) error {
	if id != r.id || r.table == nil {
		r.flush()
		r.id, r.table = id, r.d.graph.flows[keyOfTable(id)]
		if r.table == nil {
			return sqlerr.New(sqlerr.DataCorrupted, "the log has rows of table %d, which does not exist", id)
		}
		r.rows = r.d.store.Map(r.table.rows())
	}
	return nil
}

// flush lets the tree catch up.
func (r *replay) flush() {
	r.d.step()
	clear(r.touched)
}

func (r *replay) row(id catalog.ID, key, image []byte) error {
	if err := r.open(id); err != nil {
		return err
	}
	if len(r.touched) >= stepRows/2 {
		r.flush()
	}
	if r.touched == nil {
		r.touched = make(map[string][]byte)
	}
	old, ok := r.touched[string(key)]
	if !ok {
		if v, _, found := r.rows.Get(key); found {
			old = v
		}
	}
	r.old = append(r.old[:0], old...)
	if old == nil {
		r.d.change(r.table, key, nil, image)
	} else {
		r.d.change(r.table, key, r.old, image)
	}
	r.touched[string(key)] = image
	return r.d.fatal
}

func (r *replay) count(c counters) { r.d.counters = c }

// entry applies a whole entry.
func (r *replay) entry(b []byte) error {
	if err := readEntry(b, r); err != nil {
		return err
	}
	r.flush()
	r.id, r.table = 0, nil
	r.d.finish()
	return r.d.fatal
}

var _ parts = (*replay)(nil)
