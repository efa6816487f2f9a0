package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// meta is what a checkpoint keeps beside pages: the catalog, and where each flow's state is.
type meta struct {
	Catalog   json.RawMessage
	Flows     map[string]flowState
	Counters  counters
	Sequences []*catalog.Sequence `json:",omitempty"`
}

func (e *Engine) encodeMeta() ([]byte, error) {
	d := e.flow
	c, err := d.catalog.Encode()
	if err != nil {
		return nil, err
	}
	m := meta{Catalog: c, Flows: make(map[string]flowState), Counters: counters{e.rowID.Load(), catalog.ID(e.objectID.Load())}}
	for _, f := range d.graph.order {
		if f.failed == nil {
			m.Flows[f.key] = f.state
		}
	}
	for _, q := range d.sequences {
		m.Sequences = append(m.Sequences, q)
	}
	return json.Marshal(m)
}

// Open opens or creates the data directory and recovers. It serves reads as soon as it returns.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	e.start()
	return e, nil
}

// open is Open without the goroutines.
func open(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{}
	e.changed, e.queue.bell = sync.NewCond(&e.mu), make(chan struct{}, 1)
	var err error
	if o.Dir == "" {
		e.store = storage.NewTemp(nil)
	} else if e.store, err = storage.Open(o.Dir, storage.Options{MemoryLimit: o.MemoryLimit, Segments: o.Segments}); err != nil {
		return nil, err
	}
	e.store.OnPressure(e.queue.ring)
	e.log = e.store.Log()
	e.flow = newDataflow(e.store)
	e.flow.graph.wrap, e.limit = o.wrap, o.MemoryLimit
	if err := e.recover(ctx); err != nil {
		_ = e.store.Close()
		return nil, err
	}
	return e, nil
}

// recover loads the last checkpoint and replays what the log has after it.
func (e *Engine) recover(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	if o := e.isTemporary(); !o {
		if err := e.load(); err != nil {
			return err
		}
		if err := e.replay(ctx); err != nil {
			return err
		}
	}
	d := e.flow
	d.advanceSequences()
	if d.graph.hydrating() || len(d.stale) > 0 || len(d.graph.drops) > 0 || e.store.LastTick() == 0 {
		e.own(e.catchUp)
	}
	e.rowID.Store(d.counters.Row)
	e.objectID.Store(uint32(d.counters.Object))
	e.accepted = d.catalog
	e.published = e.store.LastTick()
	e.setVersion(d.catalog, 0, d.graph.sharers(d.catalog))
	return nil
}

func (e *Engine) isTemporary() bool { return e.log == nil }

// own makes a tick of the engine's own, which is in the log as an empty one.
func (e *Engine) own(f func()) {
	t := e.store.LastTick() + 1
	if e.log != nil {
		done := make(chan error, 1)
		e.log.Append(t, nil, func(err error) { done <- err })
		e.log.Write()
		if err := <-done; err != nil {
			panic(err)
		}
	}
	e.store.Begin(t)
	f()
	e.store.Publish(e.store.Seal())
}

// catchUp reads on for views that replay has left behind, whose CREATE may have been acknowledged: those that were not in a checkpoint when it was
// are small. They do not wait for younger ones. What takes longer goes on beside readers and writers.
func (e *Engine) catchUp() {
	const patience = 500 * time.Millisecond
	d, g := e.flow, e.flow.graph
	d.rebuild()
	pace := g.scan
	g.scan = 1 << 15
	began := time.Now()
	for _, o := range d.catalog.Objects() {
		v, ok := o.(*catalog.View)
		if !ok || v.State != catalog.Hydrating {
			continue
		}
		g.prefer(d.flowsOf(v)...)
		for !d.ready(v) && time.Since(began) < patience {
			if d.hydrate(1) {
				break
			}
		}
	}
	g.prefer()
	g.scan = pace
	d.finish()
}

// rate is how many rows a scan of a flow reads at a step.
func (g *graph) rate(f *flow) int {
	if g.first != nil && !g.first[f] {
		return 1
	}
	return g.scan
}

// prefer lets what the given flows need read on before all others, until prefer is called without any.
func (g *graph) prefer(flows ...*flow) {
	g.first = nil
	for len(flows) > 0 {
		f := flows[0]
		flows = append(flows[1:], f.inputs...)
		if g.first == nil {
			g.first = make(map[*flow]bool)
		}
		g.first[f] = true
	}
}

// load builds the graph that the checkpoint describes.
func (e *Engine) load() error {
	tick, text := e.store.Meta()
	if tick == 0 && text == nil {
		return nil
	}
	var m meta
	if err := json.Unmarshal(text, &m); err != nil {
		return sqlerr.New(sqlerr.DataCorrupted, "the checkpoint's catalog cannot be read: %v", err)
	}
	c, err := catalog.Decode(m.Catalog)
	if err != nil {
		return sqlerr.New(sqlerr.DataCorrupted, "the checkpoint's catalog cannot be read: %v", err)
	}
	d := e.flow
	d.catalog, d.counters = c, m.Counters
	for _, q := range m.Sequences {
		d.sequences[q.ID] = q
	}
	d.graph.known = m.Flows
	return d.restore()
}

// advanceSequences brings the sequences of the catalog up to what was reserved of them. Only the position is taken over: a sequence may have been
// renamed since its numbers were reserved.
func (d *dataflow) advanceSequences() {
	for id, reserved := range d.sequences {
		if q, ok := d.catalog.Object(id).(*catalog.Sequence); ok {
			c := *q
			c.Next, c.Exhausted = reserved.Next, reserved.Exhausted
			d.catalog = d.catalog.With(&c)
		}
	}
}

// restore builds the flows of all objects of the catalog over their state. Objects come in the order of their ids, which is one in which each
// follows what it reads.
func (d *dataflow) restore() error {
	for _, o := range d.catalog.Objects() {
		switch o := o.(type) {
		case *catalog.Table:
			d.graph.addTable(o)
		case *catalog.View:
			if !o.Materialized || o.State == catalog.Failed {
				continue
			}
			if !d.restoreView(o) {
				d.stale = append(d.stale, o.ID)
			}
		case *catalog.Index:
			if d.graph.relation(o.On) == nil { // of a view that has failed, or is made anew
				continue
			}
			if _, err := d.graph.addIndex(o); err != nil {
				return fmt.Errorf("index %s: %w", o.Name, err)
			}
		}
	}
	for _, s := range d.graph.known {
		d.graph.drops = append(d.graph.drops, s.Maps...)
	}
	d.graph.known, d.unserved = nil, true
	return nil
}

// rebuild makes the state of views anew whose plans are not those that made it: after an upgrade. The others serve meanwhile.
func (d *dataflow) rebuild() {
	for _, id := range d.stale {
		v, ok := d.catalog.Object(id).(*catalog.View)
		if !ok {
			continue
		}
		c := *v
		if plan, err := replan(d.catalog, v); err == nil {
			c.Fingerprint = plan.Fingerprint()
		}
		d.createView(&c, nil)
		for _, x := range d.catalog.Indexes(id) {
			if f, err := d.graph.addIndex(x); err == nil {
				n := *x
				n.Tree = f.rows()
				d.indexing = append(d.indexing, f)
				d.catalog = d.catalog.With(&n)
			}
		}
	}
	d.stale = nil
}

// restoreView builds a view over its state; false: its plan is not the one that made the state.
func (d *dataflow) restoreView(v *catalog.View) bool {
	plan, err := replan(d.catalog, v)
	if err != nil || plan.Fingerprint() != v.Fingerprint {
		return false
	}
	_, err = d.buildView(v, plan)
	return err == nil
}

// replay applies the log's tail.
func (e *Engine) replay(ctx context.Context) error {
	r := replay{d: e.flow}
	return e.log.Replay(e.store.LastTick(), func(t storage.Tick, entry []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.store.Begin(t)
		e.flow.rebuild() // what follows may define something over those views
		if err := r.entry(entry); err != nil {
			return fmt.Errorf("replay of tick %d: %w", t, err)
		}
		e.store.Publish(e.store.Seal())
		return nil
	})
}
