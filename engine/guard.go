package engine

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
)

// A tick completes, whatever a view makes of it: so what a flow may make of one is bounded. A flow looks at memory, and a new one whether whoever
// creates its view still waits, as often as it emits a slice; where it must not go on it fails, alone.

// guardedRows is how many rows are worth a look.
const guardedRows = 16

// guard watches the nodes of a flow.
func (g *graph) guard(f *flow, nodes []*node) {
	for _, n := range nodes {
		if n.loop != nil {
			g.guard(f, n.loop.nodes)
		}
		kept, rows := false, 0 // since it looked
		for _, e := range n.out {
			kept = kept || keeps(e.to.op)
		}
		n.emit = func(b *batch.Batch) error {
			rows += b.Len()
			if rows < guardedRows {
				return n.send(b)
			}
			if kept && b.Len() > 0 { // the slices before were like this one
				f.held += keptSize * int64(b.Size()) * int64(rows) / int64(b.Len())
			}
			rows = 0
			if err := f.until(); err != nil {
				return err
			}
			if err := g.store.Overrun(f.held, !f.hydrated); err != nil {
				return err
			}
			return n.send(b)
		}
	}
}

// keptSize is how often what an operator keeps aside until the end of a tick is in memory, about: as it came, sorted, and on its way into pages.
const keptSize = 3

// keeps tells whether an operator keeps its input aside until Finish.
func keeps(op operators.Operator) bool {
	switch op.(type) {
	case *operators.Arrangement, *operators.TopK, *operators.Window, *operators.SetOp, *operators.Distinct, *operators.Single, *operators.Recursive:
		return true
	}
	return false
}

// until is why the flow should not go on: who creates its view does not wait any more.
func (f *flow) until() error {
	if c := f.ctx; c != nil && c.Context != nil && c.Context.Err() != nil {
		return sqlerr.Canceled(c.Context)
	}
	return nil
}

// unwatched says that nobody waits for the flow, and the others of its view, from now on.
func (f *flow) unwatched() {
	if f.ctx != nil {
		f.ctx.Context = nil
	}
}
