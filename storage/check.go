package storage

import (
	"bytes"
	"fmt"
	"sync/atomic"
)

// Check verifies every invariant of the pages and structures that can be verified: order, page identity, fill, counts,
// which pages are reachable and which are free. Writer goroutine, between ticks. It reads all pages.
func (s *Store) Check() (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	c := &checker{s: s, seen: make([]string, s.nextPage)}
	for _, t := range s.structures {
		if t == nil {
			continue
		}
		if err := c.structure(t); err != nil {
			return fmt.Errorf("structure %d: %w", t.id, err)
		}
	}
	for _, o := range s.orphans {
		c.subtree(o.page)
	}
	for _, id := range s.free {
		c.mark(id, "free")
	}
	for _, d := range s.dead[s.deadHead:] {
		c.mark(d.id, "dead")
	}
	if c.err != nil {
		return c.err
	}
	for id := uint32(1); id < s.nextPage; id++ {
		alive := atomic.LoadUint32(&s.desc(id).flags)&flagAlive != 0
		if c.seen[id] == "" || alive != (c.seen[id] == "used") {
			return fmt.Errorf("page %d is %q, alive %v", id, c.seen[id], alive)
		}
	}
	return nil
}

// checker marks each page with what it is; none may be two things.
type checker struct {
	s     *Store
	seen  []string
	err   error
	last  []byte // key before, in a tree
	pages int64
	count int64
}

func (c *checker) mark(id uint32, as string) {
	switch {
	case id == 0 || int(id) >= len(c.seen):
		c.err = fmt.Errorf("page %d does not exist", id)
	case c.seen[id] != "":
		c.err = fmt.Errorf("page %d is %q and %q", id, c.seen[id], as)
	default:
		c.seen[id] = as
	}
}

func (c *checker) structure(t *structure) error {
	c.last, c.pages, c.count = nil, 0, 0
	if t.hash != nil {
		c.table(t)
	} else if t.root != 0 {
		c.tree(t.root, nil, 0)
	}
	if c.err != nil {
		return c.err
	}
	if c.pages != t.pages || c.count != t.entries {
		return fmt.Errorf("%d pages, %d entries; it says %d and %d", c.pages, c.count, t.pages, t.entries)
	}
	return nil
}

// page marks a page as used and checks its identity.
func (c *checker) page(id uint32) ptr {
	if c.mark(id, "used"); c.err != nil {
		return nil
	}
	c.pages++
	p := c.s.page(id)
	if ld64(p, offIdent) != c.s.ident(id) {
		c.err = fmt.Errorf("page %d says that it is page %d of store %d", id, ld32(p, offPage), ld32(p, offPage+4))
		return nil
	}
	return p
}

// subtree marks what is below an orphan.
func (c *checker) subtree(id uint32) {
	if p := c.page(id); p != nil {
		c.s.eachBelow(p, c.subtree)
	}
}

// blob checks that a ref leads to as many bytes as it says.
func (c *checker) blob(r ref) {
	n := 0
	for id := r.page; id != 0 && c.err == nil; {
		p := c.page(id)
		if p == nil {
			return
		}
		if kindOf(p) != kindBlob {
			c.err = fmt.Errorf("page %d is no blob", id)
			return
		}
		n += countOf(p)
		id = ld32(p, offNext)
	}
	if c.err == nil && n != int(r.n) {
		c.err = fmt.Errorf("the blob at page %d has %d bytes, its ref says %d", r.page, n, r.n)
	}
}

// tree checks a page and what is below it: keys are not smaller than low.
func (c *checker) tree(id uint32, low []byte, depth int) {
	p := c.page(id)
	if p == nil {
		return
	}
	if c.err = c.fill(id, p); c.err != nil {
		return
	}
	for i, n := 0, countOf(p); i < n && c.err == nil; i++ {
		off, kl, long := slot(p, i)
		key := append(append([]byte(nil), prefixOf(p)...), span(p, off, kl)...)
		if long {
			c.blob(keyRef(p, i))
			key = c.s.readBlob(key, keyRef(p, i))
		}
		if head(span(p, off, kl)) != ld32(p, slotBase(p)+i*slotSize+4) {
			c.err = fmt.Errorf("page %d: slot %d has a wrong head", id, i)
			return
		}
		if kindOf(p) == kindInner {
			if i > 0 {
				low = key
			}
			if depth >= maxDepth-1 {
				c.err = fmt.Errorf("the tree is too deep")
				return
			}
			c.tree(childOf(p, i), low, depth+1)
			continue
		}
		if bytes.Compare(key, low) < 0 || c.last != nil && bytes.Compare(c.last, key) >= 0 {
			c.err = fmt.Errorf("page %d: slot %d is out of order", id, i)
			return
		}
		c.last = key
		c.count++
		v := valueOf(p, i)
		if v.isRef {
			c.blob(loadRef(p, v.off))
		}
		if v.weight == 0 {
			c.err = fmt.Errorf("page %d: slot %d has weight 0", id, i)
		}
	}
}

// fill checks that cells, garbage, hole and header make up the page.
func (c *checker) fill(id uint32, p ptr) error {
	n := countOf(p)
	if kind := kindOf(p); kind != kindLeaf && kind != kindInner || n == 0 {
		return fmt.Errorf("page %d has kind %d and %d slots", id, kind, n)
	}
	sum := 0
	for i := range n {
		sum += cellSize(p, i)
	}
	if sum+ld16(p, offGarbage)+ld16(p, offLow) != PageSize || holeOf(p) < 0 {
		return fmt.Errorf("page %d: cells %d, garbage %d, low %d, hole %d", id, sum, ld16(p, offGarbage), ld16(p, offLow), holeOf(p))
	}
	return nil
}
