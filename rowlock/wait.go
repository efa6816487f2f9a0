package rowlock

import (
	"context"
	"slices"

	"github.com/streamsql/streamsql/sqlerr"
)

// request is a lock that somebody waits for.
type request struct {
	by       *Holder
	row      Row
	strength Strength
	granted  chan struct{}
}

// Waiting is how many transactions wait.
func (t *Table) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, l := range t.rows {
		n += len(l.queue)
	}
	return n
}

// Wait takes a lock, once those who are in the way are gone. Errors: 40P01 if one of them waits for h, and the cause of ctx when that ends.
func (t *Table) Wait(ctx context.Context, h *Holder, r Row, s Strength) error {
	q, err := t.enqueue(h, r, s)
	if q == nil || err != nil {
		return err
	}
	select {
	case <-q.granted:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.withdraw(q)
	return context.Cause(ctx)
}

// enqueue gives h the lock (nil), or a place in its queue: the first one if it holds the row already, as those behind wait for h anyway.
func (t *Table) enqueue(h *Holder, r Row, s Strength) (*request, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.rows[r]
	if l == nil || !l.conflicts(h, s) {
		t.grant(h, r, s)
		return nil, nil
	}
	q := &request{by: h, row: r, strength: s, granted: make(chan struct{})}
	if l.of(h) > 0 {
		l.queue = slices.Insert(l.queue, 0, q)
	} else {
		l.queue = append(l.queue, q)
	}
	h.waits = q
	if by := t.circle(h); by != nil {
		t.withdraw(q)
		return nil, sqlerr.New(sqlerr.DeadlockDetected, "deadlock detected").
			WithDetail("Process %d waits for a row that process %d holds or waits for, which in turn waits for process %d.", h.process, by.process, h.process)
	}
	return q, nil
}

// withdraw takes a request back that may have been granted meanwhile: then the lock stays until its holder gives it back.
func (t *Table) withdraw(q *request) {
	l := t.rows[q.row]
	if q.by.waits != q {
		return
	}
	q.by.waits = nil
	l.queue = slices.DeleteFunc(l.queue, func(o *request) bool { return o == q })
	t.settle(q.row, l)
}

// circle finds out whether who h waits for waits for h, whoever is between: the first of them, or nil.
func (t *Table) circle(h *Holder) *Holder {
	seen := map[*Holder]bool{}
	var leads func(from *Holder) bool
	leads = func(from *Holder) bool {
		if from == h {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(t.ahead(from), leads)
	}
	for _, by := range t.ahead(h) {
		if leads(by) {
			return by
		}
	}
	return nil
}

// ahead are those whom h waits for: who holds the row too strongly, and who came before.
func (t *Table) ahead(h *Holder) (out []*Holder) {
	q := h.waits
	if q == nil {
		return nil
	}
	l := t.rows[q.row]
	for _, x := range l.holds {
		if x.by != h && x.strength.Conflicts(q.strength) {
			out = append(out, x.by)
		}
	}
	for _, o := range l.queue {
		if o == q {
			break
		}
		out = append(out, o.by)
	}
	return out
}
