package engine

import "sync/atomic"

const (
	// tickRows is about how many rows of queued transactions a tick takes; one larger transaction is a tick of its own.
	tickRows = 32768
	// groupRows is how many rows make a tick while the log is busy.
	groupRows = 1024
	// queueBytes bounds what waits: writers wait then, too.
	queueBytes = 256 << 20
)

// queue is the transactions that were accepted and are in no tick yet. Engine.mu guards it, but for what others look at.
//
// While the log syncs a tick, the next one gathers: its entry would only wait for the log, and the fewer ticks there are, the less each
// transaction costs. Many rows do not wait, as they take time to compute, and neither does a transaction that does not ask for the log.
type queue struct {
	list  []*pending
	bytes int64 // of their entries
	rows  int
	hasty bool // one of them does not wait for the log
	// crowded: several came together the last time, so that who comes first next does well to wait for the ticker: others will be there by then.
	crowded bool

	bell    chan struct{} // wakes the ticker, which alone listens
	waiting atomic.Bool   // list is not empty
	logging atomic.Int32  // ticks whose entry the log has and has not synced
}

// enqueue queues an accepted transaction. due: it is time for a tick, and the caller sees to it, without mu.
func (e *Engine) enqueue(p *pending) (due bool) {
	q := &e.queue
	q.list = append(q.list, p)
	q.bytes += int64(len(p.entry))
	q.rows += p.size.rows
	q.hasty = q.hasty || p.async
	e.inflight++
	q.waiting.Store(true) // before ready looks at the log: either it sees that the log is done, or logged sees this
	return q.ready()
}

// ready tells whether a tick should begin.
func (q *queue) ready() bool { return q.logging.Load() == 0 || q.rows >= groupRows || q.hasty }

// ring makes the ticker look at what there is, now or when it comes to rest. Any goroutine.
func (q *queue) ring() {
	select {
	case q.bell <- struct{}{}:
	default: // it was rung already
	}
}

// logged is called by the log when an entry is durable, or never will be.
func (q *queue) logged() {
	if q.logging.Add(-1) == 0 && q.waiting.Load() {
		q.ring()
	}
}

func (q *queue) takeAll() []*pending {
	list := q.list
	q.crowded = len(list) > 1
	q.list, q.bytes, q.rows, q.hasty = nil, 0, 0, false
	q.waiting.Store(false)
	return list
}

// take takes the transactions of a tick.
func (q *queue) take() []*pending {
	n, rows := 0, 0
	for n < len(q.list) && (n == 0 || rows+q.list[n].size.rows <= tickRows) {
		rows += q.list[n].size.rows
		n++
	}
	if n == len(q.list) {
		return q.takeAll()
	}
	taken := append([]*pending(nil), q.list[:n]...)
	for _, p := range taken {
		q.bytes -= int64(len(p.entry))
	}
	q.rows -= rows
	clear(q.list[:n])
	q.list = q.list[n:]
	return taken
}
