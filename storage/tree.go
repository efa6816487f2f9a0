package storage

import "unsafe"

// tree is a B+tree over pages. Lower pages are found from upper ones by page id, and a page keeps its id through all of its
// versions, so that a change of a leaf touches no inner page unless it splits or vanishes.
type tree structure

func (t *tree) st() *structure { return (*structure)(t) }

func (t *tree) Len() int64   { return t.st().Len() }
func (t *tree) Bytes() int64 { return t.st().Bytes() }

func (t *tree) Get(key []byte) ([]byte, int64, bool) { return t.s.get(t.root, newest, key) }

func (t *tree) Iter() Iterator {
	it := newIterator(t.s, 0, newest)
	it.live = t.st()
	return it
}

func (t *tree) Each(f func(key, value []byte, weight int64)) {
	it := t.Iter()
	defer it.Close()
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		f(it.Key(), it.Value(), it.Weight())
	}
}

func (t *tree) Apply(c *Changes) {
	if c.Len() == 0 {
		return
	}
	if c.sorted {
		b := &sorted{arena: c.arena, list: c.list}
		b.mustBeSorted()
		t.s.applySorted(t.st(), b)
		return
	}
	b := &t.s.batch
	b.take(c)
	b.byKey()
	b.consolidate(t.spec.Put)
	t.s.applySorted(t.st(), b)
}

// Update is a read of every key and then one Apply.
func (t *tree) Update(keys *Changes, f func(i int, old []byte) []byte) {
	s := t.s
	b := &s.batch
	b.take(keys)
	for i := range b.list {
		b.list[i].weight = int64(i)
	}
	b.byKey()
	var out Changes
	for i := range b.list {
		e := &b.list[i]
		key := b.key(e)
		if i > 0 && string(key) == string(b.key(&b.list[i-1])) {
			continue
		}
		old, _, ok := s.get(t.root, newest, key)
		if ok && old == nil {
			old = []byte{}
		}
		switch v := f(int(e.weight), old); {
		case v != nil:
			out.Add(key, v, 1)
		case ok:
			out.Add(key, nil, -1)
		}
	}
	b.arena, b.list = out.arena, append(b.list[:0], out.list...)
	b.setOrder()
	s.applySorted(t.st(), b)
}

// treeEdit is one Apply on its way: the batch, and scratch space that is kept from one to the next.
type treeEdit struct {
	s      *Store
	t      *structure
	b      *sorted
	put    bool
	splits []split      // pages that the current level has to add to the one above
	seps   []byte       // their separators
	done   []outcome    // of children that their parent has to know about
	ranges []childRange // stack: which part of the batch goes to which child
	places []int32      // where an entry of the batch belongs in its leaf: slot<<1 | found; -1: outside the prefix
	bytes  []byte       // entries of a page being rebuilt
	cells  []cell
	page   []byte
}

// split is a page right of a changed one, and the separator to it: bytes off:off+n of seps, and the rest of a long one.
type split struct {
	page   uint32
	off, n uint32
	long   bool
	rest   ref
}

// outcome is what became of child i: its page (0: empty, gone), the pages split off it, and whether it got small.
type outcome struct {
	i           int32
	page        uint32
	first, many int32
	small       bool
}

type childRange struct{ child, from, to int32 }

// cell is an entry of a page being rebuilt: bytes off:off+klen are its key, then come the ref of a long one and the rest.
type cell struct {
	off  uint32
	klen uint16
	rest uint16
	long bool
}

func (s *Store) applySorted(t *structure, b *sorted) {
	s.mustBeInTick()
	if len(b.list) == 0 {
		return
	}
	if s.edit == nil {
		s.edit = &treeEdit{s: s, page: make([]byte, PageSize)}
	}
	e := s.edit
	e.t, e.b, e.put = t, b, t.spec.Put
	if cap(e.places) < len(b.list) {
		e.places = make([]int32, len(b.list)+len(b.list)/4)
	}
	e.places = e.places[:len(b.list)]
	e.splits, e.seps, e.done, e.ranges = e.splits[:0], e.seps[:0], e.done[:0], e.ranges[:0]
	root := t.root
	if root == 0 {
		var p ptr
		root, p = s.newPage(t)
		initPage(p, kindLeaf, nil)
	}
	e.warm(root)
	r := e.apply(root, 0, len(b.list))
	for r.page != 0 && r.many != 0 {
		r = e.newRoot(r)
	}
	t.setRoot(e.lowerRoot(r.page))
	e.b, e.t = nil, nil
}

// newRoot puts a page above what the root became.
func (e *treeEdit) newRoot(r outcome) outcome {
	e.cells, e.bytes = e.cells[:0], e.bytes[:0]
	e.addChild(split{page: r.page}, nil)
	for _, x := range e.splits[r.first : r.first+r.many] {
		e.addChild(x, e.seps[x.off:x.off+x.n])
	}
	return e.pack(kindInner, 0, false)
}

// lowerRoot drops inner pages of one child from the top, and an empty leaf.
func (e *treeEdit) lowerRoot(root uint32) uint32 {
	for root != 0 {
		p := e.s.page(root)
		switch {
		case kindOf(p) == kindInner && countOf(p) == 1:
			c := childOf(p, 0)
			e.freeSeparator(p, 0)
			e.s.retire(e.t, root)
			root = c
		case kindOf(p) == kindLeaf && countOf(p) == 0:
			e.s.retire(e.t, root)
			root = 0
		default:
			return root
		}
	}
	return 0
}

// apply brings entries from:to of the batch into the sub-tree of a page.
func (e *treeEdit) apply(id uint32, from, to int) outcome {
	p := e.s.page(id)
	if kindOf(p) == kindLeaf {
		e.locate(p, from, to)
		return e.applyLeaf(id, p, from, to)
	}
	ranges, done := len(e.ranges), len(e.done)
	e.route(p, from, to)
	e.applyChildren(p, ranges)
	e.ranges = e.ranges[:ranges]
	r := e.fixInner(id, e.done[done:])
	e.done = e.done[:done]
	return r
}

// How many leaves ahead of the one being changed the headers, the slots and the places are fetched.
const (
	aheadHeader = 12
	aheadSlots  = 7
	aheadPlaces = 2
)

// applyChildren applies the ranges from first on. Above leaves it works ahead, so that the cache misses of different
// leaves overlap: header, then slots, then the searches, which fetch the cells.
func (e *treeEdit) applyChildren(p ptr, first int) {
	s := e.s
	n := len(e.ranges) - first
	ranges := e.ranges[first:]
	if kindOf(s.page(childOf(p, int(ranges[0].child)))) != kindLeaf {
		for k := range n {
			r := e.ranges[first+k] // the stack may move
			c := childOf(p, int(r.child))
			e.note(r.child, c, e.apply(c, int(r.from), int(r.to)))
		}
		return
	}
	for k := -aheadHeader; k < n; k++ {
		if j := k + aheadHeader; j < n {
			if f := s.desc(childOf(p, int(ranges[j].child))).resident(); f != 0 {
				prefetch(s.pool.frame(f))
			}
		}
		if j := k + aheadSlots; j >= 0 && j < n {
			if f := s.desc(childOf(p, int(ranges[j].child))).resident(); f != 0 {
				q := s.pool.frame(f)
				prefetchN(unsafe.Add(q, 64), (countOf(q)*slotSize+slotBase(q)-1)/64)
			}
		}
		if j := k + aheadPlaces; j >= 0 && j < n {
			e.locate(s.page(childOf(p, int(ranges[j].child))), int(ranges[j].from), int(ranges[j].to))
		}
		if k >= 0 {
			c := childOf(p, int(ranges[k].child))
			e.note(ranges[k].child, c, e.applyLeaf(c, s.page(c), int(ranges[k].from), int(ranges[k].to)))
		}
	}
}

// note keeps what a parent has to know of a child.
func (e *treeEdit) note(i int32, was uint32, r outcome) {
	if r.page != was || r.many != 0 || r.small {
		r.i = i
		e.done = append(e.done, r)
	}
}

// route splits entries from:to of the batch among the children of p.
func (e *treeEdit) route(p ptr, from, to int) {
	list := e.b.list
	n, c := countOf(p), 0
	for i := from; i < to; {
		c = e.s.childIndex(p, e.b.key(&list[i]), c)
		j := i + 1
		if c == n-1 {
			j = to
		} else if j < to {
			below := func(k int) bool { // entry k lies below separator c+1
				return e.s.compareSeparator(p, c+1, e.b.key(&list[k])) > 0
			}
			hi := j
			for step := 1; hi < to && below(hi); step *= 2 {
				j = hi + 1
				hi += step
			}
			for hi = min(hi, to); j < hi; {
				if m := (j + hi) / 2; below(m) {
					j = m + 1
				} else {
					hi = m
				}
			}
		}
		e.ranges = append(e.ranges, childRange{int32(c), int32(i), int32(j)})
		i = j
	}
}

// sparse: so few changes for a page that it is edited slot by slot.
func sparse(changes, n int) bool { return changes*3 < n+8 }

// locate finds the places of entries from:to in leaf p, unless it will be rebuilt anyway.
func (e *treeEdit) locate(p ptr, from, to int) {
	if !sparse(to-from, countOf(p)) {
		return
	}
	at := 0
	for i := from; i < to; i++ {
		var found, inside bool
		at, found, inside = e.s.search(p, e.b.key(&e.b.list[i]), at)
		place := int32(at) << 1
		if found {
			place |= 1
			off, _, _ := slot(p, at)
			prefetch(unsafe.Add(p, off))
		}
		if !inside {
			place = -1
		}
		e.places[i] = place
	}
}
