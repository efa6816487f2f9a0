// Package operators is the incremental operators: each turns the delta of its inputs into the delta of its output.
//
// An operator keeps no state of its own but storage.Maps that were given to it (Maps), so that checkpoints, recovery and
// accounting need nothing from it. What it emits goes on at once, so that a large delta is never held as a whole where
// nobody needs it. Three kinds of nodes make a graph:
//
//   - Arrangement and Table index a relation; they emit nothing (Table passes its change on) and are read after their Finish.
//   - Join and Scan have no input stream. They read arrangements through a Side each, which hides what a scan has not
//     come to yet (hydration).
//   - All others take slices by Step.
//
// What follows is the contract with who runs a graph (the engine).
//
// State. Constructors alone call Maps, at most once per role, in an order that follows from their arguments. The engine
// gives each node a name that is stable across restarts, and creates a structure, or finds the one it created,
// by node, role and spec. The roles of a Side are its own: the engine sets the two sides of a join apart. A restart builds the graph again with the same arguments and goes on: nothing has to be fed
// anew. All operators of a store run on its writer's goroutine, between Store.Begin and Seal. Dropping a view is dropping its
// structures.
//
// Order of a tick. Nodes are in topological order, where a Join or Scan follows the nodes whose arrangements it reads.
//
//  1. Step the changes of base tables into their Table nodes (and of other sources). A node's Out steps its consumers
//     depth first: node.Step(port, b, out) with an out that calls the Steps of all consumers of that node. Ports are
//     inputs in the order of the constructor; only SetOp and Union have more than one, and Union ignores which.
//  2. In topological order, Finish each node that has something to do: it was stepped in this tick; or an arrangement
//     that one of its sides reads was (Finish, and so its change, may be empty); or one of its sides is not Done; or this
//     is the first tick of the node's life in this process. More Finishes than that do no harm; one missing loses changes.
//  3. EndTick on each Ticker that was stepped or finished, after all Finishes of the tick. Until then its change stays there
//     for all readers, of all views.
//
// A tick's input may be stepped as one slice or as many, in any order among inputs, with weights that go below zero on the way;
// what counts is the sum at Finish. The sum of a relation's rows is never negative. Errors (below) may be anything.
//
// A recursive query's step (Body) is nodes that Recursive runs within its own Finish, once a round: to them a round is a tick, after the first of which what
// they read of others does not change any more (Side.Hold).
//
// Slices. A slice is a batch of at most about SliceRows rows; what the engine steps into a graph may be larger, but then also
// what filters and projections emit. A batch is the callee's for the duration of the call: it changes nothing in it and keeps
// nothing of it. Rows in it are not consolidated. A node may emit during Step and during Finish, and never outside.
//
// Hydration. A new view is built while others stand. Its inputs that begin empty with it (arrangements of its own) get NewSide;
// arrangements that stood before get NewScanSide where JoinSpec needs a scan (JoinKind.MustScan: each side of which unmatched
// rows are output, and at least one side where both stand), else NewStandingSide. Everything that is not a join reads what stands through a
// Scan over a NewScanSide. From then on a tick is a tick: there is no call for hydration but Finish. At each one an unfinished side
// reads up to rate() rows (at least one) and takes in the tick's change behind its cursor. The view's output
// is right, as of the tick, in the tick after which Side.Done of all its sides is true, and so on from there; before, it is
// what the part that was read makes. Progress says how far a side is. Cursors are state: a restart goes on where it was.
// An arrangement on which a side scans must not be dropped.
//
// Errors. What fails on a row is data: it becomes a batch.ErrRow beside the rows, with a weight, and goes through the graph to
// the view's tree, so that it can be retracted with its cause; operators pass errors on with the sign they have, adapted by which
// columns of the output they know (joinerrors.go, mapErr). An error from Step or Finish, or a panic, is different: the
// operator is in an unknown state, and its view has failed. The engine recovers panics around Step and Finish, never calls
// the node again, and drops its view. Operators hold no locks; iterators are given back while the panic passes. But the callback Out
// runs inside the emitter's Step or Finish: where a node feeds other views than its own, Out must contain what fails there
// (recover, mark that view, return nil), for an error returned to the emitter ends the emitter, too.
package operators

import (
	"github.com/streamsql/streamsql/batch"
)

// Operator is a node of the dataflow, called from one goroutine. An error (or a panic) means that it cannot go on: its view
// has failed. What can fail on a row is data (batch.ErrRow), never an error.
type Operator interface {
	// Name is the operator's word in EXPLAIN and metrics.
	Name() string
	// Step takes a slice of the delta at an input; it may emit. in is valid during the call only and is not changed.
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
