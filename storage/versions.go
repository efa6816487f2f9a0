package storage

import (
	"slices"
	"sync/atomic"
)

// deadPage is a page that tick made superfluous: snapshots before it need it.
type deadPage struct {
	id   uint32
	tick Tick
}

// deadVersion is a version of a page that tick replaced: snapshots in [birth, tick) need it. Without a page, it is the frame of one that has left
// memory: snapshots before tick may look at it.
type deadVersion struct {
	frame, page uint32
	birth, tick Tick
}

const unborn = ^uint64(0)

// construct makes a frame unreadable for those who still look at what it was; finish makes it a version of page id.
func construct(p ptr) { atomic.StoreUint64(atomic64(p, offBirth), unborn) }

func (s *Store) finish(p ptr, id uint32, birth Tick, prev uint32) {
	atomic.StoreUint64(atomic64(p, offIdent), s.ident(id))
	atomic.StoreUint32(atomic32(p, offPrev), prev)
	atomic.StoreUint64(atomic64(p, offBirth), uint64(birth))
}

func (s *Store) takeFrame() uint32 {
	if len(s.frames) == 0 {
		s.frames = s.pool.take(s.frames, 16)
		if s.durable == nil {
			s.pool.temp.Add(16)
		}
	}
	f := s.frames[len(s.frames)-1]
	s.frames = s.frames[:len(s.frames)-1]
	return f
}

func (s *Store) give(frames []uint32) {
	s.pool.give(frames)
	if s.durable == nil {
		s.pool.temp.Add(-int64(len(frames)))
	}
}

func (s *Store) takePage() uint32 {
	if k := len(s.free); k > 0 {
		id := s.free[k-1]
		s.free = s.free[:k-1]
		return id
	}
	if s.nextPage >= s.room {
		panic(s.pool.outOfMemory())
	}
	s.nextPage++
	return s.nextPage - 1
}

// newPage makes a page of t. Its kind and content are still to be written.
func (s *Store) newPage(t *structure) (uint32, ptr) {
	f := s.takeFrame()
	id := s.takePage()
	p := s.pool.frame(f)
	construct(p)
	s.finish(p, id, s.tick, 0)
	d := s.desc(id)
	fl := atomic.LoadUint32(&d.flags) // an id used again may be in the dirty list still, and have old records
	if fl&flagDirty == 0 {
		s.dirty = append(s.dirty, id)
	}
	atomic.StoreUint32(&d.flags, fl&(flagStored|flagRewrite)|flagDirty|flagAlive)
	atomic.StoreUint32(&d.frame, f)
	t.pages++
	return id, p
}

// own makes the newest version of a page of t editable in this tick: as it is, or as a new version when a snapshot or a
// waiting checkpoint needs the old one. blank: the caller writes the page anew, its content need not be copied.
func (s *Store) own(t *structure, id uint32, blank bool) ptr {
	p := s.page(id)
	d := s.desc(id)
	fl := atomic.LoadUint32(&d.flags)
	if fl&flagDirty == 0 {
		atomic.OrUint32(&d.flags, flagDirty)
		s.dirty = append(s.dirty, id)
	}
	if fl&flagPending != 0 || t.spec.Published && birthOf(p) != s.tick {
		f := d.frame
		nf := s.takeFrame()
		q := s.pool.frame(nf)
		construct(q)
		if !blank {
			copyBody(q, p)
			if fl&flagPending != 0 { // the checkpoint writes what is marked in the old version
				clearMarks(q)
			}
		}
		s.replaced = append(s.replaced, deadVersion{frame: f, page: id, birth: birthOf(p), tick: s.tick})
		s.finish(q, id, s.tick, f)
		atomic.StoreUint32(&d.frame, nf)
		if fl&flagPending != 0 {
			atomic.AndUint32(&d.flags, ^uint32(flagPending))
		}
		p = q
	}
	if atomic.LoadUint32(&d.flags)&flagClean != 0 { // all of it is in the last record
		if !blank {
			clearMarks(p)
		}
		atomic.AndUint32(&d.flags, ^uint32(flagClean))
	}
	return p
}

// retire says that a page is no longer part of the newest content of t.
func (s *Store) retire(t *structure, id uint32) {
	t.pages--
	d := s.desc(id)
	fl := atomic.LoadUint32(&d.flags)
	if fl&(flagPending|flagFlight) == 0 && s.onlyOurs(t, d) {
		s.giveUp(d)
		s.forget(id, fl)
		return
	}
	atomic.AndUint32(&d.flags, ^uint32(flagAlive))
	s.dead = append(s.dead, deadPage{id: id, tick: s.tick})
}

// giveUp frees the frame of a page, if it is resident.
func (s *Store) giveUp(d *descriptor) {
	if f := d.resident(); f != 0 {
		s.frames = append(s.frames, f)
	}
}

// onlyOurs tells that no reader can have seen the page: it is private, or was made in this tick.
func (s *Store) onlyOurs(t *structure, d *descriptor) bool {
	f := d.resident()
	if f == 0 {
		return !t.spec.Published
	}
	p := s.pool.frame(f)
	return prevOf(p) == 0 && (!t.spec.Published || birthOf(p) == s.tick)
}

// forget frees a page id whose frames are gone.
func (s *Store) forget(id uint32, flags uint32) {
	d := s.desc(id)
	atomic.StoreUint32(&d.frame, 0)
	if flags&flagDirty == 0 {
		s.dirty = append(s.dirty, id)
	}
	atomic.StoreUint32(&d.flags, flags&(flagStored|flagRewrite)|flagDirty)
	s.free = append(s.free, id)
}

// reclaim frees what no snapshot can need any more. New snapshots are only taken of what is published or will be: those
// in live from the published one on.
func (s *Store) reclaim() {
	current := s.current.Load()
	n := 0
	s.pinned = s.pinned[:0]
	for _, x := range s.live {
		if x.tick >= current.tick || x.refs.Load() > 0 {
			s.live[n] = x
			n++
			s.pinned = append(s.pinned, x.tick)
		}
	}
	clear(s.live[n:])
	s.live = s.live[:n]
	for t, l := range s.blocked {
		if _, ok := slices.BinarySearch(s.pinned, t); !ok {
			delete(s.blocked, t)
			for _, v := range l {
				s.place(v)
			}
		}
	}
	for _, v := range s.replaced {
		s.place(v)
	}
	s.replaced = s.replaced[:0]
	s.freeDead()
	s.give(s.frames)
	s.frames = s.frames[:0]
}

// freeDead frees retired pages: those that no snapshot is older than.
func (s *Store) freeDead() {
	oldest := s.pinned[0]
	for s.deadHead < len(s.dead) && s.dead[s.deadHead].tick <= oldest {
		id := s.dead[s.deadHead].id
		s.deadHead++
		d := s.desc(id)
		s.giveUp(d)
		s.forget(id, atomic.LoadUint32(&d.flags))
	}
	if s.deadHead == len(s.dead) {
		s.dead, s.deadHead = s.dead[:0], 0
	} else if s.deadHead > 4096 && s.deadHead*2 > len(s.dead) {
		s.dead = s.dead[:copy(s.dead, s.dead[s.deadHead:])]
		s.deadHead = 0
	}
}

// place frees a replaced version, or keeps it with the newest snapshot that needs it; when that one goes, it is placed
// anew.
func (s *Store) place(v deadVersion) {
	i, _ := slices.BinarySearch(s.pinned, v.tick)
	if i > 0 && s.pinned[i-1] >= v.birth {
		if s.blocked == nil {
			s.blocked = map[Tick][]deadVersion{}
		}
		t := s.pinned[i-1]
		s.blocked[t] = append(s.blocked[t], v)
		return
	}
	for f := s.desc(v.page).resident(); f != 0; {
		p := s.pool.frame(f)
		prev := prevOf(p)
		if prev == v.frame {
			atomic.StoreUint32(atomic32(p, offPrev), prevOf(s.pool.frame(v.frame)))
			break
		}
		f = prev
	}
	if v.page == 0 {
		s.waiting--
	}
	s.frames = append(s.frames, v.frame)
}
