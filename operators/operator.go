// Package operators is the incremental operators: each turns the delta of its inputs into the delta of its output.
//
// An operator keeps no state of its own but storage.Maps that were given to it (Maps), so that checkpoints, recovery and
// accounting need nothing from it. A tick goes through the graph in topological order: an operator gets the slices of
// its inputs' deltas by Step, as they come, and then Finish, once, when all its inputs are finished. What it emits goes on at
// once, so that a large delta is never held as a whole where nobody needs it.
//
// Three kinds of nodes make a graph:
//
//   - Arrangement and Table index a relation; they emit nothing (Table passes its change on) and are read after their Finish.
//   - Join and Scan have no input stream. They read arrangements through a Side each, which hides what a scan has not
//     come to yet (hydration). They depend on the arrangements' nodes in the topological order.
//   - All others take slices by Step.
//
// The engine calls Finish at the tick that begins a graph on every operator (a Constant, a scalar Reduce and a scanning
// side have something to say then), later on those whose inputs or arrangements changed, and on those with a Side that
// is not Done. After a tick it calls EndTick on each Ticker whose Step or Finish it called.
package operators

import (
	"github.com/streamsql/streamsql/batch"
)

// Operator is a node of the dataflow. The engine calls it from one goroutine. An error (or a panic) means that the operator cannot go on: its
// view becomes failed. What can fail on a row is data (batch.ErrRow), never an error.
type Operator interface {
	// Name is the operator's word in EXPLAIN and metrics.
	Name() string
	// Step takes a slice of the delta at an input; it may emit. in is valid during the call only.
	Step(port int, in *batch.Batch, out Out) error
	// Finish ends the tick: all Steps of it were made. It emits what remains.
	Finish(out Out) error
}

// Ticker is an operator that keeps the tick's change for its readers until EndTick.
type Ticker interface {
	Operator
	EndTick()
}

// Out takes a slice of the output delta, which the caller may reuse afterwards. Slices are bounded (about SliceRows rows).
type Out func(b *batch.Batch) error

// SliceRows is about how many rows a slice has.
const SliceRows = 4096
