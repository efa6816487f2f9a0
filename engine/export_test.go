package engine

import (
	"context"

	"github.com/streamsql/streamsql/operators"
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
	e.begin()
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
	e.mu.Lock()
	e.closing = true
	e.changed.Broadcast()
	e.mu.Unlock()
	e.done.Wait()
	e.refuseCheckpoints()
	for n := 0; n < 3 || e.store.Orphans() > 0; n++ { // three: until no version of a page is left that only older ticks see
		e.own(e.flow.graph.free)
	}
	e.published = e.store.LastTick()
	u = Usage{Flows: len(e.flow.graph.flows), Resident: e.store.Resident()}
	for _, f := range e.flow.graph.flows {
		u.Maps += len(f.state.Maps)
		for _, id := range f.state.Maps {
			u.Bytes += e.store.Map(id).Bytes()
		}
	}
	err = e.store.Check()
	e.closing = false
	e.begin()
	return u, err
}
