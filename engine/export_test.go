package engine

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/storage"
)

// OpenChecked is Open, with a look at every page after recovery.
func OpenChecked(ctx context.Context, o Options) (*Engine, error) {
	e, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := e.store.Check(); err != nil {
		_ = e.store.Close()
		return nil, err
	}
	e.start()
	return e, nil
}

// Wrapped are options of which the operators are replaced by what f makes of them.
func Wrapped(o Options, f func(operators.Operator) operators.Operator) Options {
	o.wrap = f
	return o
}

// Usage is what an engine keeps.
type Usage struct {
	Flows, Maps     int
	Bytes, Resident int64
}

// Still stops the engine after all that was queued, frees what was dropped, checks every page and lets the engine go on. No session may do
// anything meanwhile.
func (e *Engine) Still() (u Usage, err error) {
	err = e.still(func() {
		u = Usage{Flows: len(e.flow.graph.flows), Resident: e.store.Resident()}
		for _, f := range e.flow.graph.flows {
			u.Maps += len(f.state.Maps)
			for _, id := range f.state.Maps {
				u.Bytes += e.store.Map(id).Bytes()
			}
		}
	})
	return u, err
}

// Contents tells what each structure of each flow holds; as Still.
func (e *Engine) Contents() (all map[string]string, err error) {
	all = make(map[string]string)
	err = e.still(func() {
		for key, f := range e.flow.graph.flows {
			for i, id := range f.state.Maps {
				all[fmt.Sprintf("%s #%d", key, i)] = f.contents(e.store.Map(id))
			}
		}
	})
	return all, err
}

func (f *flow) contents(m storage.Map) string {
	n, size, sum := 0, 0, uint64(0)
	entry := func(key, value []byte, w int64) {
		h := fnv.New64a()
		fmt.Fprintf(h, "%x %x %d", key, value, w)
		n, size, sum = n+1, size+len(key)+len(value), sum+h.Sum64()
	}
	if !slices.ContainsFunc(f.nodes, func(n *node) bool {
		r, ok := n.op.(*operators.Reduce)
		return ok && r.Settled(m, entry)
	}) {
		m.Each(entry)
	}
	return fmt.Sprintf("%d entries, %d bytes, %x", n, size, sum)
}

// WithoutTicker runs f while no goroutine but those of sessions makes ticks, and none of them waits for one.
func (e *Engine) WithoutTicker(f func()) {
	e.halt()
	e.mu.Lock()
	e.closing = false
	e.mu.Unlock()
	f()
	e.start()
}

// BreakTick makes the next tick panic.
func (e *Engine) BreakTick() { e.store.Begin(e.store.LastTick() + 1) }

func (e *Engine) halt() {
	e.mu.Lock()
	e.closing = true
	e.queue.ring()
	e.mu.Unlock()
	e.awaitTicks()
	e.refuseCheckpoints()
}

func (e *Engine) still(look func()) error {
	e.halt()
	for n := 0; n < 3 || e.store.Orphans() > 0; n++ { // three: until no version of a page is left that only older ticks see
		e.own(e.flow.graph.free)
	}
	e.published = e.store.LastTick()
	look()
	err := e.store.Check()
	e.closing = false
	e.start()
	return err
}
