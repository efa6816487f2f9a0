package engine

import (
	"context"
	"math/big"
	"sync"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
)

const (
	// A sequence's numbers are reserved in the log in ranges, from firstReserve doubling to maxReserve: a restart leaves a gap of what is left.
	firstReserve = 32
	maxReserve   = 1024
)

// sequences hands out the numbers of sequences from reserved ranges.
type sequences struct {
	mu   sync.Mutex
	open map[catalog.ID]*reserved
}

// reserved is what is left of a sequence's range. mu is held while a new one is being reserved.
type reserved struct {
	mu    sync.Mutex
	after *catalog.Sequence // with the first number that is not reserved
	next  int64
	left  int64
	size  int64
}

// Nextval reserves ranges in the log and hands out the sequence's next value. Errors: 2200H when it is exhausted.
func (e *Engine) Nextval(ctx context.Context, id catalog.ID) (int64, error) {
	r, err := e.sequence(id)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == 0 {
		if err := e.reserve(ctx, r); err != nil {
			return 0, err
		}
	}
	v := r.next
	r.left--
	if r.left > 0 {
		r.next += r.after.Increment
	}
	return v, nil
}

func (e *Engine) sequence(id catalog.ID) (*reserved, error) {
	s := &e.sequences
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.open[id]
	if r == nil {
		q, ok := e.version.Load().catalog.Object(id).(*catalog.Sequence)
		if !ok {
			return nil, sqlerr.New(sqlerr.UndefinedTable, "sequence %d does not exist", id)
		}
		r = &reserved{after: q, size: firstReserve}
		if s.open == nil {
			s.open = make(map[catalog.ID]*reserved)
		}
		s.open[id] = r
	}
	return r, nil
}

// reserve takes the next range; it is in the log before any number of it is handed out.
func (e *Engine) reserve(ctx context.Context, r *reserved) error {
	after, first, err := r.after.Take(r.size)
	if err != nil {
		return err
	}
	if err := e.advance(after); err != nil {
		return err
	}
	r.next, r.left, r.after = first, taken(r.after, first, r.size), after
	r.size = min(2*r.size, maxReserve)
	return nil
}

// Setval lets a sequence go on at v, or after v where that counts as called; what was reserved is given up. It is in the log when Setval
// returns, whatever becomes of the transaction. Errors: 22003 outside of the sequence's limits.
func (e *Engine) Setval(id catalog.ID, v int64, called bool) error {
	r, err := e.sequence(id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	after, err := r.after.Set(v, called)
	if err != nil {
		return err
	}
	if err := e.advance(after); err != nil {
		return err
	}
	r.left, r.after, r.size = 0, after, firstReserve
	return nil
}

// advance logs what a sequence is from now on, and waits until it is durable.
func (e *Engine) advance(after *catalog.Sequence) error {
	def := definition{Advance: after}
	p := &pending{ddl: []definition{def}, plans: make([]*physical.View, 1), entry: appendDefinition(nil, &def), done: make(chan error, 1)}
	e.mu.Lock()
	if err := e.writable(); err != nil {
		e.mu.Unlock()
		return err
	}
	due := e.enqueue(p)
	e.mu.Unlock()
	if due {
		e.queue.ring()
	}
	return <-p.done
}

// taken is how many of n numbers from first on a sequence has before its limit.
func taken(q *catalog.Sequence, first, n int64) int64 {
	limit := q.Max
	if q.Increment < 0 {
		limit = q.Min
	}
	d := new(big.Int).Sub(big.NewInt(limit), big.NewInt(first))
	d.Quo(d, big.NewInt(q.Increment))
	if !d.IsInt64() {
		return n
	}
	return min(n, d.Int64()+1)
}
