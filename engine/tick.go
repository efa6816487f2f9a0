package engine

import (
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

const (
	// scanTime is what a tick spends on hydration at most, beside writers.
	scanTime = 5 * time.Millisecond
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
	done   chan error // one answer
}

// tick is on its way from the ticker to the publisher.
type tick struct {
	number   storage.Tick
	commits  []*pending
	sealed   *storage.Sealed
	catalog  *catalog.Catalog // nil: as before
	sharers  map[string][]string
	logged   chan error             // one answer; nil: nobody waits for it
	progress map[catalog.ID]float64 // of the views being hydrated
	err      error                  // the dataflow is broken
}

// ticker makes ticks until the engine closes.
func (e *Engine) ticker() {
	defer e.done.Done()
	defer close(e.pipeline)
	for {
		commits, ok := e.take()
		if !ok {
			return
		}
		e.pipeline <- e.tick(commits)
		e.mayCheckpoint()
	}
}

// take waits for something to do: queued transactions, views to hydrate, pages to free, a checkpoint that somebody waits for. false: the
// engine closes.
func (e *Engine) take() (commits []*pending, ok bool) {
	for {
		e.mu.Lock()
		idle := e.broken == nil && e.idleWork()
		n := len(e.queue.list)
		switch {
		case e.crashed, e.closing && n == 0:
			e.mu.Unlock()
			return nil, false
		case n > 0 && e.broken != nil: // they are answered by the publisher
			commits, ok = e.queue.takeAll(), true
		case n > 0 && (idle || e.closing || e.queue.ready()):
			commits, ok = e.queue.take(), true
			e.changed.Broadcast() // there is room
		case n == 0 && idle:
			ok = true
		}
		e.mu.Unlock()
		if ok {
			return commits, true
		}
		<-e.queue.bell
	}
}

func (e *Engine) idleWork() bool {
	return e.flow.graph.hydrating() || e.store.Orphans() > 0 || (len(e.want) > 0 || e.checkpoint.room.asked) && !e.checkpoint.running.Load()
}

// tick runs transactions through the dataflow, while their entry is being synced.
func (e *Engine) tick(commits []*pending) *tick {
	t := &tick{number: e.store.LastTick() + 1, commits: commits}
	d := e.flow
	if err := e.isBroken(); err != nil {
		t.err = err
		return t
	}
	before := d.catalog
	t.logged = e.append(t.number, commits)
	e.paceScan(len(commits) > 0)
	e.store.Begin(t.number)
	e.apply(commits)
	d.finish()
	t.sealed = e.store.Seal()
	if t.err = d.fatal; t.err != nil {
		e.fail(t.err)
	}
	if d.catalog != before {
		t.catalog, t.sharers = d.catalog, d.graph.sharers(d.catalog)
	}
	t.progress = d.progress()
	return t
}

// append gives the entry of a tick to the log.
func (e *Engine) append(t storage.Tick, commits []*pending) (logged chan error) {
	if e.log == nil {
		return nil
	}
	var entry [][]byte
	async := len(commits) > 0
	if len(commits) > 0 {
		entry = append(make([][]byte, 0, 1+len(commits)), counters{e.rowID.Load(), catalog.ID(e.objectID.Load())}.append(nil))
	}
	for _, p := range commits {
		async = async && p.async
		entry = append(entry, p.entry)
		p.entry = nil
	}
	logged = make(chan error, 1)
	e.queue.logging.Add(1)
	e.log.Append(t, entry, func(err error) {
		if err != nil {
			e.fail(err)
		}
		logged <- err
		e.queue.logged()
	})
	if async {
		return nil
	}
	return logged
}

// apply puts transactions into the dataflow.
func (e *Engine) apply(commits []*pending) {
	d := e.flow
	for _, p := range commits {
		for i := range p.ddl {
			d.define(&p.ddl[i], p.plans[i])
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

// paceScan chooses how many rows new views read in this tick: what takes about scanTime beside writers, and more where nobody waits.
func (e *Engine) paceScan(busy bool) {
	g, now := e.flow.graph, time.Now()
	took := now.Sub(g.paced)
	g.paced = now
	limit := scanTime
	if !busy {
		limit *= 4
	}
	switch {
	case took > 2*limit:
		g.scan = max(g.scan/2, 512)
	case took < limit/2:
		g.scan = min(g.scan*2, 1<<17)
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

// publisher makes ticks visible in their order, when they are durable too.
func (e *Engine) publisher() {
	defer e.done.Done()
	for t := range e.pipeline {
		err := t.err
		if t.logged != nil {
			if lerr := <-t.logged; err == nil {
				err = lerr
			}
		}
		if err == nil {
			err = e.isBroken() // an earlier tick is not in the log
		}
		if err != nil {
			// Whether the entry is in the log is not known; that of a tick that never ran is not.
			if t.sealed != nil {
				err = sqlerr.New(sqlerr.TransactionResolutionUnknown, "it is not known whether the transaction was committed").WithDetail("%s", err.Error())
			}
			e.answer(t.commits, err)
			continue
		}
		e.publish(t)
		e.answer(t.commits, nil)
	}
}

func (e *Engine) publish(t *tick) {
	if t.catalog != nil {
		e.setVersion(t.catalog, t.number, t.sharers)
	}
	e.store.Publish(t.sealed)
	e.mu.Lock()
	defer e.mu.Unlock()
	if t.catalog != nil {
		e.accepted = t.catalog
	}
	for _, p := range t.commits {
		e.ledger.settle(p, t.number)
	}
	e.published = t.number
	e.progress = t.progress
	e.changed.Broadcast()
}

func (e *Engine) answer(commits []*pending, err error) {
	if len(commits) == 0 {
		return
	}
	e.mu.Lock()
	e.inflight -= len(commits)
	if e.inflight == 0 {
		e.changed.Broadcast()
	}
	e.mu.Unlock()
	for _, p := range commits {
		p.done <- err
	}
}
