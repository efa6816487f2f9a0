package engine

import (
	"context"
	"slices"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// DDL is a catalog change of a transaction, in order.
type DDL struct {
	// Exactly one is set, but for what says otherwise.
	CreateTable    *catalog.Table
	CreateIndexes  []*catalog.Index // with the table, or on a standing relation (then it is filled)
	CreateView     *catalog.View
	Plan           *physical.View // of a materialized CreateView
	CreateSequence *catalog.Sequence
	CreateSchema   string
	DropSchema     string       // with Drop, what is in it
	Drop           []catalog.ID // with dependants already resolved
	ReplaceView    *catalog.View
	Comment        *catalog.Comment
	AlterTable     *catalog.Table // with CreateIndexes and Drop; its rows stay as they are
}

// Commit is what a transaction asks for.
type Commit struct {
	Snapshot *Snapshot // that the writes were read from; Commit may close it
	Writes   *Writes
	Holder   *rowlock.Holder // of the transaction's row locks; nil: it has none
	DDL      []DDL
	// Reads are the ranges that must be at COMMIT as the transaction read them: of a SERIALIZABLE one all.
	Reads []ReadRange
	// Async: synchronous_commit = off.
	Async bool
	// Progress, if set, hears how far the hydration of new views is, 0..1.
	Progress func(view string, share float64)
	// Unfinished, if set, hears of views that do not serve although the transaction, which has other effects, is committed: why.
	Unfinished func(view string, err error)
}

// inBackground tells whether one of the views that the transaction creates is not waited for.
func (c *Commit) inBackground() bool {
	return slices.ContainsFunc(c.DDL, func(x DDL) bool { return x.CreateView != nil && x.CreateView.Options["hydrate"] == "background" })
}

// createsOnly tells whether all that the transaction does is to create materialized views and their indexes: which, to take it back.
func (c *Commit) createsOnly() (created []catalog.ID, ok bool) {
	if c.Writes != nil && !c.Writes.Empty() {
		return nil, false
	}
	for _, x := range c.DDL {
		switch {
		case x.CreateView != nil && x.CreateView.Materialized:
			created = append(created, x.CreateView.ID)
		case len(x.CreateIndexes) > 0:
			for _, i := range x.CreateIndexes {
				if !slices.Contains(created, i.On) {
					return nil, false
				}
				created = append(created, i.ID)
			}
		default:
			return nil, false
		}
	}
	return created, true
}

// ReadRange is a range of a tree that was read: [Lo, Hi), Hi nil: to the end.
type ReadRange struct {
	Tree   storage.ID
	Lo, Hi []byte
}

// largeCommit is from how many rows on a transaction is validated before the sequencer is held, and not entered row by row into the ledger.
const largeCommit = 4096

// Commit validates and applies a transaction and returns when it is durable and visible: a Snapshot taken afterwards has it. Errors: 40001 when a row
// written (or read, if SERIALIZABLE) was changed since the snapshot, 23505 (primary key and unique indexes, with PostgreSQL's message and detail),
// 53200, 53100; 08007 if the outcome is unknown. For DDL that hydrates it returns when the view serves; cancelling ctx before leaves nothing behind,
// unless the transaction has other effects: then it is committed, and the view is hydrated all the same.
func (e *Engine) Commit(ctx context.Context, c Commit) error {
	p := newPending(ctx, c)
	if len(p.entry) == 0 && c.Reads == nil {
		return nil
	}
	if err := e.admit(ctx, p, c.Snapshot); err != nil {
		return err
	}
	if alone := len(c.DDL) > 0 || p.truncates(); alone {
		return e.commitAlone(ctx, p, c)
	}
	held := ctx.Value(exclusive{}) == e
	if !held {
		e.gate.RLock()
	}
	due, err := e.accept(p, c)
	if !held {
		e.gate.RUnlock()
	}
	if err != nil {
		if sqlerr.CodeOf(err) == sqlerr.SerializationFailure {
			e.awaitAccepted() // so that another attempt sees what this one lost against
		}
		return err
	}
	if due {
		e.tickNow()
	}
	return <-p.done
}

// awaitAccepted waits until what is accepted now is published.
func (e *Engine) awaitAccepted() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for last := e.ledger.number; e.ledger.settled < last && e.inflight > 0 && e.writable() == nil; {
		e.changed.Wait()
	}
}

func newPending(ctx context.Context, c Commit) *pending {
	p := &pending{writes: c.Writes, async: c.Async, done: make(chan error, 1)}
	for _, x := range c.DDL {
		if p.writes != nil && len(x.Drop) > 0 { // rows of a table that the transaction drops are nobody's, and replay could not place them
			p.writes = p.writes.without(x.Drop)
		}
		def := definitionOf(x)
		p.ddl, p.plans = append(p.ddl, def), append(p.plans, x.Plan)
		p.entry = appendDefinition(p.entry, &def)
	}
	if _, ok := c.createsOnly(); ok && !c.inBackground() {
		p.waiting = ctx
	}
	if p.writes != nil {
		p.entry, p.size = appendWrites(p.entry, p.writes)
	}
	return p
}

func (p *pending) truncates() bool {
	if p.writes == nil {
		return false
	}
	for _, t := range p.writes.tables() {
		if p.writes.truncated(t.ID) {
			return true
		}
	}
	return false
}

// admit refuses a transaction for which there is no room: what is logged must be able to run. Of the limit, a part is kept for queries. What
// makes room may go beyond it.
func (e *Engine) admit(ctx context.Context, p *pending, base *Snapshot) error {
	n := int64(len(p.entry))
	if n == 0 {
		return nil
	}
	spare := e.limit / 16
	if err := e.relieve(ctx, 4*n+1<<16+spare, base); err != nil && (ctx.Err() != nil || p.grows() || e.store.Admit(-2*spare) != nil) {
		return err
	}
	if err := e.store.DiskRoom(2*n, true); err != nil {
		e.makeRoom()
		if p.grows() || e.store.DiskRoom(2*n, false) != nil {
			return err
		}
	}
	return nil
}

// grows tells whether a transaction adds more than it takes away.
func (p *pending) grows() bool {
	for i := range p.ddl {
		if d := &p.ddl[i]; d.CreateTable != nil || d.CreateView != nil || len(d.CreateIndexes) > 0 {
			return true
		}
	}
	return p.size.added > 0
}

// commitAlone commits what changes definitions: with nothing else in flight, so that it is planned and checked against what is there.
func (e *Engine) commitAlone(ctx context.Context, p *pending, c Commit) error {
	err := e.Exclusive(ctx, func(context.Context) error {
		if err := e.drain(); err != nil {
			return err
		}
		if err := e.checkDefinitions(c.DDL, c.Writes); err != nil {
			return err
		}
		due, err := e.accept(p, c)
		if err != nil {
			return err
		}
		if due {
			e.queue.ring()
		}
		return <-p.done
	})
	if err != nil {
		return err
	}
	return e.awaitViews(ctx, c)
}

// accept validates a transaction and queues it. due: a tick is, and the caller sees to it.
func (e *Engine) accept(p *pending, c Commit) (due bool, err error) {
	large := p.size.rows > largeCommit
	v := validation{p: p, c: &c}
	if large {
		e.ledgerKeep(1)
		defer e.ledgerKeep(-1)
		sn := e.Snapshot()
		defer sn.Close()
		if err := v.rows(sn, nil); err != nil {
			return false, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.queue.bytes > queueBytes && e.writable() == nil {
		e.changed.Wait()
	}
	if err := e.writable(); err != nil {
		return false, err
	}
	if err := e.ledger.checkReads(&c); err != nil {
		return false, err
	}
	if p.writes != nil {
		if large {
			if err := v.against(e.accepted, &e.ledger); err != nil {
				return false, err
			}
		} else {
			sn := e.Snapshot()
			err := v.rows(sn, &e.ledger)
			sn.Close()
			if err != nil {
				return false, err
			}
		}
	}
	if err := v.locked(&e.locks, e.accepted); err != nil {
		return false, err
	}
	if len(p.entry) == 0 { // it has read only, and may have
		p.done <- nil
		return false, nil
	}
	if p.writes != nil {
		e.ledger.enter(p, v.unique)
	}
	return e.enqueue(p), nil
}

func (e *Engine) ledgerKeep(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ledger.keep(n)
}

// awaitViews waits until the views that a transaction has created serve.
func (e *Engine) awaitViews(ctx context.Context, c Commit) error {
	began := time.Now()
	var ids []catalog.ID
	for _, x := range c.DDL {
		if v := x.CreateView; v != nil && v.Materialized && v.Options["hydrate"] != "background" {
			ids = append(ids, v.ID)
		}
	}
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock()
		e.changed.Broadcast()
		e.mu.Unlock()
	})
	defer stop()
	for _, id := range ids {
		if err := e.awaitView(ctx, id, c.Progress); err != nil {
			created, ok := c.createsOnly()
			if !ok { // all of it or nothing: what else the transaction did has been seen
				if c.Unfinished != nil {
					c.Unfinished(nameOf(c.DDL, id), err)
				}
				continue
			}
			// Nobody was told that the views are there: take them away again.
			_ = e.Commit(context.WithoutCancel(ctx), Commit{DDL: []DDL{{Drop: created}}})
			return err
		}
	}
	for _, x := range c.DDL {
		for _, i := range x.CreateIndexes {
			if e.version.Load().catalog.Object(i.ID) == nil && !slices.ContainsFunc(c.DDL, func(o DDL) bool { return slices.Contains(o.Drop, i.ID) }) {
				return sqlerr.New(sqlerr.OutOfMemory, "index %q could not be built", i.Name)
			}
		}
	}
	const longReplay = 300 * time.Millisecond // what a restart may take to do again
	if len(ids) > 0 && e.log != nil && time.Since(began) > longReplay {
		return e.Checkpoint(ctx)
	}
	return nil
}

func nameOf(ddl []DDL, view catalog.ID) string {
	for _, x := range ddl {
		if x.CreateView != nil && x.CreateView.ID == view {
			return x.CreateView.Name
		}
	}
	return ""
}

func (e *Engine) awaitView(ctx context.Context, id catalog.ID, progress func(string, float64)) error {
	told := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		v, ok := e.version.Load().catalog.Object(id).(*catalog.View)
		switch {
		case !ok: // dropped meanwhile
			return nil
		case v.State == catalog.Serving:
			return nil
		case v.State == catalog.Failed && ctx.Err() != nil:
			return context.Cause(ctx)
		case v.State == catalog.Failed:
			return v.UnbuiltError()
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		if err := e.writable(); err != nil {
			return err
		}
		if share, ok := e.progress[id]; ok && progress != nil && time.Since(told) > time.Second {
			told = time.Now()
			e.mu.Unlock()
			progress(v.Name, share)
			e.mu.Lock()
			continue
		}
		e.changed.Wait()
	}
}
