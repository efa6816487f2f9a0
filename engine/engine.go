// Package engine runs the dataflow: it commits transactions, makes ticks of them, keeps every view right, hydrates new
// views, recovers, and answers reads at one frontier.
//
// Who runs what:
//
//	session   buffers writes (Writes), reads snapshots (Query), and submits (Commit)
//	Commit    validates one transaction after the other, against the frontier and all that was accepted before, and queues it
//	ticker    takes what is queued, hands its entry to the log, runs it through the graph. Whoever does that has the turn, which owns the dataflow:
//	          a goroutine of its own, or, if nothing else is to be done, the session itself
//	log       syncs entries: a goroutine of its own, or, if it is idle, who has had the turn
//	settle    in tick order, when the entry is synced and the tick has run: makes the tick the frontier, and answers its commits; by whoever was last
//
// So the commit of one client on an idle server runs from its first byte to its last in one goroutine. Replay is the ticker's work over logged
// entries (recover.go).
package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// Options of an engine.
type Options struct {
	Dir         string // "": temporary, nothing durable (tests)
	MemoryLimit int64  // bytes of state; 0: none

	// Segments is where the log is; nil: in Dir. Tests simulate disks.
	Segments storage.Segments

	// wrap stands between the graph and its operators: tests break them.
	wrap func(operators.Operator) operators.Operator
}

// Engine is an open database.
type Engine struct {
	store *storage.Store
	log   storage.Log // nil: temporary
	flow  *dataflow   // of who has the turn
	limit int64       // Options.MemoryLimit

	rowID    atomic.Int64
	objectID atomic.Uint32

	version atomic.Pointer[version]

	// gate is held shared while a transaction is accepted, and alone by what must see nothing in flight: DDL, and statements that lost
	// the race too often.
	gate sync.RWMutex

	turn sync.Mutex // held by who runs a tick; before mu

	mu        sync.Mutex
	changed   *sync.Cond // of what follows
	queue     queue
	begun     []*tick // not published, in their order
	inflight  int     // accepted and not published
	ledger    ledger  // what is accepted and not published
	accepted  *catalog.Catalog
	closing   bool
	crashed   bool
	broken    error        // no more writes
	want      []chan error // who waits for a checkpoint
	published storage.Tick
	relief    bool                   // somebody waits for a tick to give memory back
	progress  map[catalog.ID]float64 // of the views being hydrated

	locks      rowlock.Table
	sequences  sequences
	checkpoint checkpointer
	done       sync.WaitGroup
}

// version is a catalog and the first tick that has it.
type version struct {
	since   storage.Tick
	catalog *catalog.Catalog
	sharers map[string][]string
	prev    atomic.Pointer[version]
}

// Snapshot is one frontier: catalog and contents as of one tick. Close it.
type Snapshot struct {
	Tick    storage.Tick
	Catalog *catalog.Catalog
	Store   *storage.Snapshot
}

// Snapshot pins the newest frontier.
func (e *Engine) Snapshot() *Snapshot {
	for {
		s := e.store.Pin()
		// The catalog is looked up after the pin, so that it is at least as new; one that is newer names its predecessor.
		for v := e.version.Load(); v != nil; v = v.prev.Load() {
			if v.since <= s.Tick() {
				return &Snapshot{Tick: s.Tick(), Catalog: v.catalog, Store: s}
			}
		}
		s.Close() // so old that its catalog is gone: many definitions were published since
	}
}

// Clone pins the same frontier again.
func (s *Snapshot) Clone() *Snapshot {
	return &Snapshot{Tick: s.Tick, Catalog: s.Catalog, Store: s.Store.Clone()}
}

// Close lets go of what the snapshot pins.
func (s *Snapshot) Close() { s.Store.Close() }

// NewID hands out an object id, for DDL that is being prepared.
func (e *Engine) NewID() catalog.ID { return catalog.ID(e.objectID.Add(1)) }

// Sharers are the names of the materialized views that use the arrangement with this fingerprint.
func (e *Engine) Sharers(fingerprint string) []string { return e.version.Load().sharers[fingerprint] }

// Close finishes what is queued, writes a checkpoint and closes.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closing {
		e.mu.Unlock()
		return nil
	}
	e.closing = true
	e.queue.ring()
	e.changed.Broadcast()
	e.mu.Unlock()
	e.awaitTicks()
	e.refuseCheckpoints()
	err := e.lastCheckpoint()
	if cerr := e.store.Close(); err == nil {
		err = cerr
	}
	return err
}

// Crash ends the engine as kill -9 would, as far as that is possible inside a process: what is not in the log is gone, no checkpoint is
// written. For tests.
func (e *Engine) Crash() {
	e.mu.Lock()
	e.closing, e.crashed = true, true
	e.queue.ring()
	e.changed.Broadcast()
	e.mu.Unlock()
	e.awaitTicks()
	e.refuseCheckpoints()
	e.mu.Lock()
	left := e.queue.takeAll()
	e.inflight -= len(left)
	e.changed.Broadcast()
	e.mu.Unlock()
	for _, p := range left {
		p.done <- sqlerr.New(sqlerr.AdminShutdown, "the database system is shutting down")
	}
	_ = e.store.Close()
}

// awaitTicks waits, when the engine is closing, until nobody makes a tick any more and all are published.
func (e *Engine) awaitTicks() {
	e.done.Wait()
	e.turn.Lock()
	defer e.turn.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.begun) > 0 {
		e.changed.Wait()
	}
}

// start is run by Open when everything is recovered.
func (e *Engine) start() {
	e.done.Add(1)
	go e.ticker()
}

// setVersion makes c the catalog of tick t and of those that follow.
func (e *Engine) setVersion(c *catalog.Catalog, t storage.Tick, sharers map[string][]string) {
	v := &version{since: t, catalog: c, sharers: sharers}
	old := e.version.Load()
	v.prev.Store(old)
	const keep = 64
	for n := 0; old != nil; n++ {
		if n == keep {
			old.prev.Store(nil)
		}
		old = old.prev.Load()
	}
	e.version.Store(v)
}

// Exclusive runs f while no other commit is accepted: the last resort of a statement that lost the race three times. Commits made by f with
// the given ctx go through.
func (e *Engine) Exclusive(ctx context.Context, f func(ctx context.Context) error) error {
	if ctx.Value(exclusive{}) == e {
		return f(ctx)
	}
	e.gate.Lock()
	defer e.gate.Unlock()
	if err := e.drain(); err != nil {
		return err
	}
	return f(context.WithValue(ctx, exclusive{}, e))
}

// exclusive is the key of a context that holds the gate alone.
type exclusive struct{}

// drain waits until everything that was accepted is published. The caller holds the gate alone.
func (e *Engine) drain() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.inflight > 0 && e.broken == nil {
		e.changed.Wait()
	}
	return e.writable()
}

// writable is why no writes are taken, nil: they are. The caller holds mu.
func (e *Engine) writable() error {
	if e.closing {
		return sqlerr.New(sqlerr.AdminShutdown, "the database system is shutting down")
	}
	return e.broken
}

// Resident is the bytes of memory that state takes, temporary state included.
func (e *Engine) Resident() int64 { return e.store.Resident() }
