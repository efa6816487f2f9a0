package storage

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// After a restart a batch of changes meets pages that are not resident. One by one they cost 20 to 30 us each. So a batch that is large enough
// says first which ones it will touch, and these are read in the order in which the database has them, on all processors.

// aheadBatch is how many changes a batch has at least that reads ahead.
const aheadBatch = 64

// coldness says whether looking for pages to be read ahead is worth its time: the more often none was found, the more seldom.
type coldness struct{ idle, skip uint8 }

func (c *coldness) look() bool {
	if c.skip > 0 {
		c.skip--
		return false
	}
	return true
}

func (c *coldness) found(any bool) {
	if any {
		c.idle = 0
	} else if c.idle < 127 {
		c.idle = c.idle*2 + 1
	}
	c.skip = c.idle
}

// warm reads ahead the leaves that entries of the batch go to.
func (e *treeEdit) warm(root uint32) {
	s := e.s
	if !s.cold || len(e.b.list) < aheadBatch || !e.t.coldness.look() {
		return
	}
	s.absent = e.absent(s.absent[:0], root, 0, len(e.b.list))
	e.t.coldness.found(len(s.absent) > 0)
	s.readAhead(s.absent)
}

// absent appends the leaves below page id that entries from:to go to and that are not resident.
func (e *treeEdit) absent(dst []uint32, id uint32, from, to int) []uint32 {
	p := e.s.page(id)
	if kindOf(p) == kindLeaf {
		return dst
	}
	first := len(e.ranges)
	e.route(p, from, to)
	leaves := false
	for k := first; k < len(e.ranges); k++ {
		r := e.ranges[k] // the stack may move
		c := childOf(p, int(r.child))
		if k == first {
			leaves = kindOf(e.s.page(c)) == kindLeaf
		}
		if !leaves {
			dst = e.absent(dst, c, int(r.from), int(r.to))
		} else if atomic.LoadUint32(&e.s.desc(c).frame) == 0 {
			dst = append(dst, c)
		}
	}
	e.ranges = e.ranges[:first]
	return dst
}

// warm reads ahead the buckets that entries of a hashed batch go to.
func (h *table) warm(b *sorted) {
	s := h.s
	if !s.cold || len(b.list) < aheadBatch || !h.coldness.look() {
		return
	}
	s.absent = s.absent[:0]
	for i := range b.list {
		if id := h.bucket(b.list[i].order); atomic.LoadUint32(&s.desc(id).frame) == 0 {
			s.absent = append(s.absent, id)
		}
	}
	h.coldness.found(len(s.absent) > 0)
	s.readAhead(s.absent)
}

// readAhead reads pages back. What cannot be read is left to fault, which says why. Writer goroutine.
func (s *Store) readAhead(ids []uint32) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	workers := min(runtime.GOMAXPROCS(0), len(ids)/32)
	if workers == 0 {
		return
	}
	frames := s.pool.take(make([]uint32, 0, len(ids)), len(ids))
	var readers sync.WaitGroup
	for w := range workers {
		from, to := len(ids)*w/workers, len(ids)*(w+1)/workers
		readers.Go(func() { s.readRun(ids[from:to], frames[from:to]) })
	}
	readers.Wait()
	left := frames[:0]
	for _, f := range frames {
		if f != 0 {
			left = append(left, f)
		}
	}
	s.pool.give(left)
}

// readRun reads pages, in ascending order, into frames, and sets those to 0 that it used.
func (s *Store) readRun(ids, frames []uint32) {
	images := s.durable.db.reader('p')
	defer images.close()
	for i, id := range ids {
		p := s.pool.frame(frames[i])
		construct(p)
		if s.loadPage(p, id, images.get) == nil && s.install(id, frames[i]) {
			frames[i] = 0
			s.durable.ahead.Add(1)
		}
	}
}

// loadPage makes p the stored page id; image calls its argument with the page's image.
func (s *Store) loadPage(p ptr, id uint32, image func(id uint32, f func(v []byte) error) (found bool, err error)) error {
	packed := s.packed.Load() // before the image: with later ones they may be gone
	b := imageBuffers.Get().(*imageBuffer)
	defer imageBuffers.Put(b)
	var named uint32
	var epoch uint64
	found, err := image(id, func(v []byte) (err error) { named, epoch, err = decodePage(b, p, v); return err })
	if err == nil && (!found || named != id) {
		err = errors.New("the database has no such page")
	}
	if err != nil {
		return err
	}
	if err := packed.each(id, epoch, func(delta []byte) error { return s.patchPage(p, delta) }); err != nil {
		return err
	}
	clearMarks(p)
	return nil
}

// install makes a frame that was read the page's; false: another one is there by now.
func (s *Store) install(id, f uint32) bool {
	p := s.pool.frame(f)
	s.finish(p, id, 0, 0)
	if atomic.CompareAndSwapUint32(&s.desc(id).frame, 0, f) {
		return true
	}
	construct(p)
	return false
}
