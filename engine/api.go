// Package engine runs the dataflow: it commits transactions, makes ticks of them, keeps every view right, hydrates new
// views, recovers, and answers reads at one frontier.
//
// Three parties: sessions buffer writes and submit them; the sequencer validates commits one after the other and
// queues them; the dataflow goroutine turns the queue into ticks. A tick is logged while it runs, and published and acknowledged,
// in order, when both are done.
package engine

import (
	"context"
	"sync/atomic"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/storage"
)

// The declarations below are the package's contract with session; each moves to the file of its concept when it is written.

// Options of an engine.
type Options struct {
	Dir         string // "": temporary, nothing durable (tests, demos of planner)
	MemoryLimit int64
}

// Engine is an open database.
type Engine struct {
	store *storage.Store

	rowID atomic.Int64
}

// Open opens or creates the data directory and recovers. It serves reads as soon as it returns.
func Open(ctx context.Context, o Options) (*Engine, error) { panic("to be written") }

// Close finishes queued commits, checkpoints and closes.
func (e *Engine) Close() error { panic("to be written") }

// Snapshot is one frontier: catalog and contents as of one tick. Close it.
type Snapshot struct {
	Tick    storage.Tick
	Catalog *catalog.Catalog
	Store   *storage.Snapshot
}

func (e *Engine) Snapshot() *Snapshot { panic("to be written") }
func (s *Snapshot) Clone() *Snapshot  { panic("to be written") }
func (s *Snapshot) Close()            { panic("to be written") }

// DDL is a catalog change of a transaction, in order.
type DDL struct {
	// Exactly one is set.
	CreateTable    *catalog.Table
	CreateIndexes  []*catalog.Index // with the table, or on a standing relation (then it is filled)
	CreateView     *catalog.View
	Plan           *physical.View // of a materialized CreateView
	CreateSequence *catalog.Sequence
	CreateSchema   string
	Drop           []catalog.ID // with dependants already resolved
	ReplaceView    *catalog.View
	Rename         *Rename
}

// Rename gives an object another name.
type Rename struct {
	ID      catalog.ID
	NewName string
}

// Commit is what a transaction asks for.
type Commit struct {
	Snapshot *Snapshot // that the writes were read from
	Writes   *Writes
	DDL      []DDL
	// Reads are the ranges that a SERIALIZABLE transaction read; nil for others.
	Reads []ReadRange
	// Async: synchronous_commit = off.
	Async bool
	// Progress, if set, hears how far the hydration of new views is, 0..1.
	Progress func(view string, share float64)
}

// ReadRange is a range of a tree that was read: [Lo, Hi), Hi nil: to the end.
type ReadRange struct {
	Tree   storage.ID
	Lo, Hi []byte
}

// Commit validates and applies a transaction and returns when it is durable and visible: a Snapshot taken afterwards has it. Errors: 40001 when a row
// written (or read, if SERIALIZABLE) was changed since the snapshot, 23505 (primary key and unique indexes, with PostgreSQL's message and detail),
// 53200, 53100; 08007 if the outcome is unknown. For DDL that hydrates it returns when the view serves; cancelling ctx before leaves nothing behind.
func (e *Engine) Commit(ctx context.Context, c Commit) error { panic("to be written") }

// Exclusive runs f while no other commit is accepted: the last resort of a statement that lost the race three times. Commits made by f with
// the given ctx go through.
func (e *Engine) Exclusive(ctx context.Context, f func(ctx context.Context) error) error {
	panic("to be written")
}

// Nextval reserves ranges in the log and hands out the sequence's next value (2200H... 55000 when exhausted).
func (e *Engine) Nextval(ctx context.Context, seq catalog.ID) (int64, error) { panic("to be written") }

// NewID hands out an object id, for DDL that is being prepared.
func (e *Engine) NewID() catalog.ID { panic("to be written") }
