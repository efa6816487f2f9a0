package storage

// orphan is a sub-tree, or list of pages, of a structure that was dropped.
type orphan struct {
	page      uint32
	published bool
}

// orphansPerTick bounds the pages that one tick frees of dropped structures, so that DROP of a large view costs its
// neighbours nothing.
const orphansPerTick = 256

// Drop forgets a structure at once; its pages are freed by the ticks that follow, when no snapshot needs them. Between
// Begin and Seal.
func (s *Store) Drop(id ID) {
	s.mustBeInTick()
	t := s.structures[id]
	if t.hash != nil {
		t.hash.close()
	}
	if t.root != 0 {
		s.orphans = append(s.orphans, orphan{t.root, t.spec.Published})
	}
	t.setRoot(0)
	s.structures[id] = nil
}

// Orphans is the number of dropped sub-trees whose pages are still to be freed; ticks without changes free them, too.
func (s *Store) Orphans() int { return len(s.orphans) }

// freeOrphans frees up to n pages. What is below a page freed becomes orphans of its own, so that a checkpoint at any
// time can store what is left to do.
func (s *Store) freeOrphans(n int) {
	for ; n > 0 && len(s.orphans) > 0; n-- {
		o := s.orphans[len(s.orphans)-1]
		s.orphans = s.orphans[:len(s.orphans)-1]
		t := &structure{s: s, spec: Spec{Published: o.published}}
		s.eachBelow(s.page(o.page), func(page uint32) {
			s.orphans = append(s.orphans, orphan{page, o.published})
		})
		s.retire(t, o.page)
	}
}

// eachBelow calls f for every page that page p refers to.
func (s *Store) eachBelow(p ptr, f func(page uint32)) {
	switch kindOf(p) {
	case kindInner, kindLeaf:
		for i, n := 0, countOf(p); i < n; i++ {
			if _, _, long := slot(p, i); long {
				f(keyRef(p, i).page)
			}
			if kindOf(p) == kindInner {
				f(childOf(p, i))
			} else if v := valueOf(p, i); v.isRef {
				f(loadRef(p, v.off).page)
			}
		}
	case kindBlob:
		if next := ld32(p, offNext); next != 0 {
			f(next)
		}
	case kindBucket, kindDir, kindTable:
		eachBelowTable(p, f)
	}
}
