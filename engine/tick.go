package engine

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/storage"
)

const (
	// scanTime is what a tick spends on hydration at most, beside writers.
	scanTime = 5 * time.Millisecond
	// Of how many rows it chooses.
	minScan, maxScan = 512, 1 << 17
	// scanShare is how many bytes of the memory limit there are at least to each of them.
	scanShare = 4 << 10
)

// pending is a transaction that was accepted.
type pending struct {
	number uint64 // in the order of acceptance
	writes *Writes
	ddl    []definition
	plans  []*physical.View  // of ddl's views
	unique map[string][]byte // see validation
	entry  []byte            // as the log has it
	size   size              // of the rows in it
	async  bool
	// waiting is the context of who waits for views to be hydrated, all that the transaction does; nil: nobody, or there is more.
	waiting context.Context
	done    chan error // one answer
}

// tick is one from when its transactions are taken until it is published.
type tick struct {
	number   storage.Tick
	commits  []*pending
	small    bool // its entry is written by who runs it
	sealed   *storage.Sealed
	catalog  *catalog.Catalog // nil: as before
	sharers  map[string][]string
	progress map[catalog.ID]float64 // of the views being hydrated

	// Engine.mu guards what follows.
	ran, logged bool  // logged: or nobody waits for that
	err         error // why it is not published
	unknown     bool  // with err: its entry may be in the log
}

const (
	// smallTick is how many rows a transaction may have that its session runs and writes to the log itself: more are worth waking others, who do
	// both at the same time.
	smallTick = 8
	// maxBegun is how many ticks may have begun and not be published.
	maxBegun = 64
)

// ticker makes ticks until the engine closes.
func (e *Engine) ticker() {
	defer e.done.Done()
	for {
		e.turn.Lock()
		t, ok := e.take()
		if t != nil {
			e.run(t)
			e.mayCheckpoint()
		}
		e.turn.Unlock()
		switch {
		case !ok:
			return
		case t == nil:
			<-e.queue.bell
		case t.small:
			e.log.Write()
		}
	}
}

// tickNow makes the tick that is due in the goroutine of a session, if its small transaction is all that there is to do: to wake the ticker, that
// the log, and that the session again takes longer than such a tick. Otherwise it wakes the ticker.
func (e *Engine) tickNow() {
	if !e.turn.TryLock() {
		e.queue.ring()
		return
	}
	t := e.takeSmall()
	if t != nil {
		e.run(t)
	}
	e.turn.Unlock()
	switch {
	case t == nil && e.queue.waiting.Load():
		e.queue.ring()
	case t != nil && t.small:
		e.log.Write()
	}
}

// take begins a tick if there is something to do: queued transactions, views to hydrate, pages to free, a checkpoint that somebody waits for. ok is
// false when the engine closes. The caller has the turn.
func (e *Engine) take() (t *tick, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	idle := e.broken == nil && e.idleWork()
	n := len(e.queue.list)
	switch {
	case e.crashed, e.closing && n == 0:
		return nil, false
	case len(e.begun) >= maxBegun:
	case n > 0 && e.broken != nil: // they are answered when it is its turn
		return e.begin(e.queue.takeAll()), true
	case n > 0 && (idle || e.closing || e.queue.ready()):
		t = e.begin(e.queue.take())
		e.changed.Broadcast() // there is room
		return t, true
	case n == 0 && idle:
		return e.begin(nil), true
	}
	return nil, true
}

// takeSmall begins a tick of what is queued, if it is due, small, and all that there is to do.
func (e *Engine) takeSmall() *tick {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := &e.queue
	if len(q.list) != 1 || !q.list[0].small() || q.crowded || !q.ready() ||
		e.closing || e.broken != nil || len(e.begun) >= maxBegun || e.idleWork() || e.checkpointDue() {
		return nil
	}
	return e.begin(q.takeAll())
}

// begin makes a tick of transactions. The caller has the turn, and mu.
func (e *Engine) begin(commits []*pending) *tick {
	t := &tick{number: e.store.LastTick() + 1, commits: commits, small: e.log != nil && len(commits) == 1 && commits[0].small()}
	e.begun = append(e.begun, t)
	e.relief = false
	return t
}

// small tells whether a transaction takes no longer than its few rows.
func (p *pending) small() bool {
	return !p.async && len(p.ddl) == 0 && p.size.rows <= smallTick && !p.truncates()
}

func (e *Engine) idleWork() bool {
	return e.flow.graph.hydrating() || e.store.Orphans() > 0 || e.relief || e.store.Pressed() ||
		(len(e.want) > 0 || e.checkpoint.room.asked || e.store.Unwritten()) && !e.checkpoint.running.Load()
}

// run takes a tick through the dataflow; its entry may be synced meanwhile. The caller has the turn.
func (e *Engine) run(t *tick) {
	err := e.isBroken()
	begun := err == nil
	if begun {
		if err = e.compute(t); err != nil {
			e.fail(err)
		}
	}
	e.mu.Lock()
	t.ran, t.err, t.unknown = true, err, begun
	t.logged = t.logged || !begun
	e.settle()
}

// compute is run, of a tick that goes into the log. A panic is a bug, or a broken invariant: all writing ends, and reads go on.
func (e *Engine) compute(t *tick) (err error) {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("panic in a tick", "panic", r, "stack", string(debug.Stack()))
			err = panicError(r)
		}
	}()
	d := e.flow
	before := d.catalog
	e.append(t)
	e.paceScan(len(t.commits) > 0)
	e.store.Begin(t.number)
	e.apply(t.commits)
	d.finish()
	t.sealed = e.store.Seal()
	if d.catalog != before {
		t.catalog, t.sharers = d.catalog, d.graph.sharers(d.catalog)
	}
	t.progress = d.progress()
	return d.fatal
}

// append gives the entry of a tick to the log.
func (e *Engine) append(t *tick) {
	async := len(t.commits) > 0
	for _, p := range t.commits {
		async = async && p.async
	}
	if e.log == nil || async {
		e.mu.Lock()
		t.logged = true // nobody waits
		e.mu.Unlock()
	}
	if e.log == nil {
		return
	}
	var entry [][]byte
	if len(t.commits) > 0 {
		entry = append(make([][]byte, 0, 1+len(t.commits)), counters{e.rowID.Load(), catalog.ID(e.objectID.Load())}.append(nil))
	}
	for _, p := range t.commits {
		entry = append(entry, p.entry)
		p.entry = nil
	}
	e.queue.logging.Add(1)
	e.log.Append(t.number, entry, func(err error) {
		if err != nil {
			e.fail(err)
		}
		e.mu.Lock()
		t.logged = true
		e.settle()
		e.queue.logged()
	})
	if !t.small {
		e.log.Start()
	}
}

// apply puts transactions into the dataflow.
func (e *Engine) apply(commits []*pending) {
	d := e.flow
	for _, p := range commits {
		for i := range p.ddl {
			d.graph.waiting = p.waiting
			d.define(&p.ddl[i], p.plans[i])
			d.graph.waiting = nil
		}
		if p.writes == nil {
			continue
		}
		for _, t := range p.writes.tables() {
			table := d.graph.flows[keyOfTable(t.ID)]
			if p.writes.truncated(t.ID) {
				d.truncate(table)
			}
			_ = p.writes.each(t.ID, func(c change) error {
				d.change(table, c.key, c.old, c.new)
				return d.fatal
			})
		}
	}
}

// paceScan chooses how many rows new views read in this tick: what takes about scanTime beside writers, and more where nobody waits; little where memory
// is short, as pages have to leave it first.
func (e *Engine) paceScan(busy bool) {
	g, now := e.flow.graph, time.Now()
	took := now.Sub(g.paced)
	g.paced = now
	limit := scanTime
	if !busy {
		limit *= 4
	}
	switch {
	case e.store.Short():
		g.scan = minScan
	case took > 2*limit:
		g.scan = max(g.scan/2, minScan)
	case took < limit/2:
		g.scan = min(g.scan*2, maxScan)
	}
	if e.limit > 0 {
		g.scan = min(g.scan, max(int(e.limit/scanShare), minScan))
	}
}

// fail ends all writing: the log or the dataflow cannot go on. Reads do.
func (e *Engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken == nil {
		e.broken = err
	}
	answerAll(e.want, e.broken) // the ticker rests from now on
	e.want = nil
	e.queue.ring()
	e.changed.Broadcast()
}

func (e *Engine) isBroken() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.broken
}
