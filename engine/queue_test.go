package engine

import (
	"runtime"
	"sync"
	"testing"
)

func newTestQueue() *Engine {
	e := &Engine{}
	e.changed, e.queue.bell = sync.NewCond(&e.mu), make(chan struct{}, 1)
	return e
}

func rung(q *queue) bool {
	select {
	case <-q.bell:
		return true
	default:
		return false
	}
}

func TestQueueGathersWhileTheLogIsBusy(t *testing.T) {
	e := newTestQueue()
	q := &e.queue
	add := func(rows int, async, want bool) {
		t.Helper()
		if due := e.enqueue(&pending{entry: make([]byte, 10), size: size{rows: rows}, async: async}); due != want {
			t.Errorf("%d rows, async %v, %d entries in the log: due: %v", rows, async, q.logging.Load(), due)
		}
	}
	add(1, false, true)
	q.takeAll()
	q.logging.Add(2)
	add(1, false, false)
	q.logged()
	if rung(q) {
		t.Error("woken while the log has another entry")
	}
	q.logged()
	if !rung(q) || !q.ready() {
		t.Error("not woken when the log is done")
	}
	q.logging.Add(1)
	add(groupRows-2, false, false)
	add(1, false, true)
	q.takeAll()
	add(1, false, false)
	add(1, true, true)
	if n := len(q.takeAll()); n != 2 || q.ready() {
		t.Errorf("took %d; ready %v", n, q.ready())
	}
	q.logged()
	if rung(q) {
		t.Error("woken for nothing")
	}
	for range 3 {
		add(tickRows/2, false, true)
	}
	if n := len(q.take()); n != 2 || q.rows != tickRows/2 || q.bytes != 10 || !q.waiting.Load() {
		t.Errorf("took %d, left %d rows of %d bytes, waiting %v", n, q.rows, q.bytes, q.waiting.Load())
	}
	if n := len(q.take()); n != 1 || q.rows != 0 || q.bytes != 0 || q.waiting.Load() {
		t.Errorf("took %d, left %d rows of %d bytes, waiting %v", n, q.rows, q.bytes, q.waiting.Load())
	}
}

// No wake-up is lost between those who queue, the log and the ticker: all is taken, or the test does not end.
func TestQueueForgetsNobody(t *testing.T) {
	e := newTestQueue()
	const clients, each = 4, 5000
	log := make(chan struct{}, clients*each)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				p := &pending{done: make(chan error, 1)}
				e.mu.Lock()
				due := e.enqueue(p)
				e.mu.Unlock()
				if due {
					e.queue.ring()
				}
				<-p.done
			}
		})
	}
	wg.Go(func() {
		for range log {
			runtime.Gosched()
			e.queue.logged()
		}
	})
	taken := 0
	for taken < clients*each {
		<-e.queue.bell
		e.mu.Lock()
		var list []*pending
		if len(e.queue.list) > 0 && e.queue.ready() {
			list = e.queue.take()
			e.queue.logging.Add(1)
			log <- struct{}{}
		}
		e.mu.Unlock()
		for _, p := range list {
			p.done <- nil
		}
		taken += len(list)
	}
	close(log)
	wg.Wait()
	if e.queue.waiting.Load() || e.queue.logging.Load() != 0 {
		t.Error("something is left")
	}
}
