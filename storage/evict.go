package storage

import "sync/atomic"

// State that outgrows memory stays in the database: pages that nobody uses leave memory, and are read back when they are needed.
//
// A clock finds them. Its hand goes round the page ids and makes the pages that it meets cool. Who uses a cool page makes it warm again, and as only
// that costs anything, pages in use pay for it once a round. A page that the hand finds cool has not been used since. If the database has all of it in
// one image it leaves; else the next checkpoint writes that image. Its frame is used again when all are gone who may have seen it there.

// cool is the bit of a descriptor's frame that says so.
const cool = 1 << 31

// evictor is the state of the clock; the writer's, but for asked.
type evictor struct {
	hand      uint32
	waiting   int64        // frames of pages that have left
	unwritten int64        // cool pages that the next checkpoint is to write whole
	wanted    atomic.Int64 // bytes, by those who wait for room
	asked     atomic.Int64 // pages that readers brought in while memory was short, since the hand last moved
	bell      func()
}

const (
	// evictSteps is how far the hand goes in a tick, at least; and a sixteenth of a round, but where memory is almost full.
	evictSteps = 4096
	// askEvery is for how many pages a reader asks for a tick.
	askEvery = 256
)

// resident is the frame of the newest version; 0: there is none.
func (d *descriptor) resident() uint32 { return atomic.LoadUint32(&d.frame) &^ cool }

// warm makes the page cool no more that was found in frame f.
func (d *descriptor) warm(f uint32) bool { return atomic.CompareAndSwapUint32(&d.frame, f, f&^cool) }

// fetch is page, of one that is not resident, or cool.
func (s *Store) fetch(id uint32) ptr {
	d := s.desc(id)
	for {
		f := atomic.LoadUint32(&d.frame)
		switch {
		case f == 0:
			return s.fault(id)
		case int32(f) > 0 || d.warm(f):
			return s.pool.frame(f &^ cool)
		}
	}
}

// OnPressure has bell called by readers who bring so much into memory that pages should leave: in ticks. Before anybody reads.
func (s *Store) OnPressure(bell func()) { s.bell = bell }

// Pressed tells whether readers wait for a tick to make room; writer goroutine.
func (s *Store) Pressed() bool { return s.asked.Load() >= askEvery }

// Unwritten tells whether memory is short and a checkpoint would let pages leave; writer goroutine.
func (s *Store) Unwritten() bool {
	return s.unwritten > 0 && (s.unwritten*PageSize >= s.pool.limit/16 || s.excess() > s.pool.limit/8/PageSize)
}

// Short tells whether there is little room left: what fills it should wait for the checkpoint that lets pages leave.
func (s *Store) Short() bool { return s.pool.limit > 0 && s.pool.reserve(s.pool.limit/8) != nil }

// readMore notes that a reader brings a page in.
func (s *Store) readMore() {
	if p := s.pool; p.high == 0 || p.resident() < p.high || s.bell == nil {
		return
	}
	if s.asked.Add(1) == askEvery {
		s.bell()
	}
}

// Want says that somebody waits for room for n more bytes, or with -n does so no more.
func (s *Store) Want(n int64) { s.wanted.Add(n) }

// excess is how many pages have to leave.
func (s *Store) excess() int64 {
	p := s.pool
	return (p.resident()-min(p.high, max(p.limit-s.wanted.Load(), 0)))/PageSize - s.waiting
}

// evict moves the hand until as much has left as has to, or it has done enough for a tick.
func (s *Store) evict() {
	s.asked.Store(0)
	n := s.excess()
	if s.durable == nil || s.pool.high == 0 || n <= 0 {
		return
	}
	n += n / 8 // not to be back at once
	steps := max(evictSteps, int(s.nextPage)/16, int(min(8*n, int64(s.nextPage))))
	if s.Short() {
		steps = 2 * int(s.nextPage)
	}
	for ; steps > 0 && n > 0; steps-- {
		if s.hand++; s.hand >= s.nextPage {
			s.hand = 1
		}
		if s.pass(s.hand) {
			n--
		}
	}
}

// pass is what the hand does at a page; true: it leaves.
func (s *Store) pass(id uint32) bool {
	d := s.desc(id)
	f := atomic.LoadUint32(&d.frame)
	fl := atomic.LoadUint32(&d.flags)
	switch {
	case f == 0, fl&flagAlive == 0, fl&(flagPending|flagFlight) != 0:
		return false
	case f&cool == 0:
		atomic.CompareAndSwapUint32(&d.frame, f, f|cool)
		return false
	case fl&(flagStored|flagDirty|flagDelta|flagRewrite) != flagStored:
		if fl&flagRewrite == 0 {
			s.unwritten++
			if atomic.OrUint32(&d.flags, flagRewrite|flagDirty)&flagDirty == 0 {
				s.dirty = append(s.dirty, id)
			}
		}
		return false
	case s.durable.failed.Load() != nil: // what it has written does not count
		return false
	case prevOf(s.pool.frame(f&^cool)) != 0: // a reader needs an older version
		return false
	}
	if !atomic.CompareAndSwapUint32(&d.frame, f, 0) {
		return false
	}
	s.cold = true
	s.waiting++
	s.place(deadVersion{frame: f &^ cool, tick: s.last.tick + 1})
	return true
}
