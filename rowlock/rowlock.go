// Package rowlock is who holds which rows: locks that transactions take on single rows and keep until they end, as those of SELECT FOR UPDATE. They are
// in memory alone, as a transaction is.
//
// Nobody waits in here but in Wait, and nobody waits there who could be waited for in a circle: that is a deadlock (40P01). A lock that is given back goes
// to who has waited longest. Who may share a row with those who hold it does not wait for those who wait for it: so PostgreSQL has it.
package rowlock

import (
	"sync"
	"sync/atomic"

	"github.com/streamsql/streamsql/catalog"
)

// Strength is how much a lock keeps others from.
type Strength uint8

// The strengths, each of which keeps off what the one before does, and more. An UPDATE that leaves the keys alone is a NoKeyUpdate, a DELETE an Update.
const (
	KeyShare Strength = iota + 1
	Share
	NoKeyUpdate
	Update
)

func (s Strength) String() string {
	return [...]string{"", "FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"}[s]
}

// Conflicts tells whether two transactions cannot hold a row with these strengths.
//
//	            key share  share  no key update  update
//	key share                                    x
//	share                         x              x
//	no key update          x      x              x
//	update      x          x      x              x
func (s Strength) Conflicts(o Strength) bool { return s+o > 4 }

// Row is a table's row, by its encoded primary key.
type Row struct {
	Table catalog.ID
	Key   string
}

// Table is the locks of a database.
type Table struct {
	held atomic.Int64 // rows that are locked

	mu     sync.Mutex
	rows   map[Row]*lock
	tables map[catalog.ID]int // rows that are locked, by table
}

// lock is that of one row. Somebody holds it.
type lock struct {
	holds []hold
	queue []*request // who waits, the longest first
	first [1]hold    // of holds: most rows have one
}

type hold struct {
	by       *Holder
	strength Strength
}

// Holder is a transaction as far as its locks go. One goroutine uses it at a time.
type Holder struct {
	process uint32   // for messages
	grants  []grant  // in order, of which a savepoint is a length; Table.mu guards them: who gives a lock back hands it on
	waits   *request // nil: it does not wait
}

// grant is a lock that a holder took, or took more of.
type grant struct {
	row    Row
	before Strength // 0: it did not hold the row
}

// NewHolder makes one for a transaction of the session with this process number.
func NewHolder(process uint32) *Holder { return &Holder{process: process} }

// Any tells whether any row is locked. It is cheap.
func (t *Table) Any() bool { return t.held.Load() > 0 }

// MostRows is how many rows are locked at a time, about: what a lock takes is not counted otherwise.
const MostRows = 1 << 19

// Full tells whether there are as many.
func (t *Table) Full() bool { return t.held.Load() >= MostRows }

// Other finds a row of a table that somebody else than h holds.
func (t *Table) Other(h *Holder, table catalog.ID) (Row, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for r, l := range t.rows {
		if r.Table == table && l.conflicts(h, Update) {
			return r, true
		}
	}
	return Row{}, false
}

// Locked is how many rows of a table are locked.
func (t *Table) Locked(table catalog.ID) int {
	if !t.Any() {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tables[table]
}

// Try takes a lock if nobody has to be waited for.
func (t *Table) Try(h *Holder, r Row, s Strength) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.rows[r]
	if l != nil && l.conflicts(h, s) {
		return false
	}
	t.grant(h, r, s)
	return true
}

// Blocked tells whether a holder (nil: somebody who holds nothing) would have to wait for a lock.
func (t *Table) Blocked(h *Holder, r Row, s Strength) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.rows[r]
	return l != nil && l.conflicts(h, s)
}

// conflicts tells whether another one holds the row too strongly.
func (l *lock) conflicts(h *Holder, s Strength) bool {
	for _, x := range l.holds {
		if x.by != h && x.strength.Conflicts(s) {
			return true
		}
	}
	return false
}

// of is how strongly h holds the row; 0: not at all.
func (l *lock) of(h *Holder) Strength {
	for _, x := range l.holds {
		if x.by == h {
			return x.strength
		}
	}
	return 0
}

// grant gives h a lock.
func (t *Table) grant(h *Holder, r Row, s Strength) {
	l := t.rows[r]
	if l == nil {
		if t.rows == nil {
			t.rows, t.tables = map[Row]*lock{}, map[catalog.ID]int{}
		}
		l = &lock{}
		l.holds = l.first[:0]
		t.rows[r] = l
		t.tables[r.Table]++
		t.held.Add(1)
	}
	before := l.of(h)
	if before < s {
		l.set(h, s)
		h.grants = append(h.grants, grant{r, before})
	}
}

// set makes h hold the row so strongly; 0: not any more.
func (l *lock) set(h *Holder, s Strength) {
	for i := range l.holds {
		if l.holds[i].by != h {
			continue
		}
		if l.holds[i].strength = s; s == 0 {
			l.holds = append(l.holds[:i], l.holds[i+1:]...)
		}
		return
	}
	l.holds = append(l.holds, hold{h, s})
}

// Mark is a point that Release returns to. A nil holder holds nothing.
func (t *Table) Mark(h *Holder) int {
	if h == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(h.grants)
}

// Release gives back what h took since the mark; 0: all.
func (t *Table) Release(h *Holder, mark int) {
	if h == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := len(h.grants); n > mark; n = len(h.grants) {
		g := h.grants[n-1]
		h.grants = h.grants[:n-1]
		l := t.rows[g.row]
		l.set(h, g.before)
		t.settle(g.row, l)
	}
}

// settle gives a lock to those who wait, as far as it is free, and forgets it if nobody wants it.
func (t *Table) settle(r Row, l *lock) {
	for len(l.queue) > 0 {
		q := l.queue[0]
		if l.conflicts(q.by, q.strength) {
			return
		}
		l.queue = l.queue[1:]
		t.grant(q.by, r, q.strength)
		q.by.waits = nil
		close(q.granted)
	}
	if len(l.holds) == 0 {
		delete(t.rows, r)
		t.held.Add(-1)
		if t.tables[r.Table]--; t.tables[r.Table] == 0 {
			delete(t.tables, r.Table)
		}
	}
}
