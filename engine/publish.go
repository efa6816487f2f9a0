package engine

import "github.com/streamsql/streamsql/sqlerr"

// settle publishes the ticks that have run and are durable, in their order, and answers their transactions. Whoever ran a tick or made it durable
// calls it, with mu, which it gives back.
func (e *Engine) settle() {
	n := 0
	for n < len(e.begun) && e.begun[n].ran && e.begun[n].logged {
		e.publish(e.begun[n])
		n++
	}
	if n == 0 {
		e.mu.Unlock()
		return
	}
	if len(e.begun) >= maxBegun {
		e.queue.ring() // there is room
	}
	settled := e.begun[:n:n]
	e.begun = e.begun[n:]
	for _, t := range settled {
		e.inflight -= len(t.commits)
	}
	e.changed.Broadcast()
	e.mu.Unlock()
	for _, t := range settled {
		for _, p := range t.commits {
			p.done <- t.err
		}
	}
}

// publish makes a tick the frontier, or finds out why it cannot be.
func (e *Engine) publish(t *tick) {
	if t.err == nil {
		t.err = e.broken // its entry is not in the log, or an earlier one's
	}
	if t.err != nil {
		if t.unknown {
			t.err = sqlerr.New(sqlerr.TransactionResolutionUnknown, "it is not known whether the transaction was committed").WithDetail("%s", t.err.Error())
		}
		return
	}
	if t.catalog != nil {
		e.setVersion(t.catalog, t.number, t.sharers)
		e.accepted = t.catalog
	}
	e.store.Publish(t.sealed)
	for _, p := range t.commits {
		e.ledger.settle(p, t.number)
	}
	e.published = t.number
	e.progress = t.progress
}
