package storage

import "sync"

// get finds key in the tree under root as of tick at.
func (s *Store) get(root uint32, at Tick, key []byte) (value []byte, weight int64, ok bool) {
	if root == 0 {
		return nil, 0, false
	}
	p := s.pageAt(root, at)
	for kindOf(p) == kindInner {
		p = s.pageAt(childOf(p, s.childIndex(p, key, 1)), at)
	}
	i, found, _ := s.search(p, key, 0)
	if !found {
		return nil, 0, false
	}
	v := valueOf(p, i)
	return s.loadValue(nil, p, v), v.weight, true
}

// loadValue is the value itself, appended to buf when it is not in the page.
func (s *Store) loadValue(buf []byte, p ptr, v leafValue) []byte {
	if v.isRef {
		return s.readBlob(buf[:0], loadRef(p, v.off))
	}
	return span(p, v.off, v.n)
}

// level is where an iterator stands in a page.
type level struct {
	p    ptr
	i, n int
}

// maxDepth of a tree: even with the largest keys, seven children a page, 2^32 pages are not so deep.
const maxDepth = 16

// iterator walks a tree in order, both ways.
type iterator struct {
	s      *Store
	root   uint32
	live   *structure // whose newest root to start from; nil: root
	at     Tick
	levels [maxDepth]level
	depth  int // of the leaf; -1: stands nowhere
	key    []byte
	value  []byte
}

var iterators = sync.Pool{New: func() any { return new(iterator) }}

func newIterator(s *Store, root uint32, at Tick) *iterator {
	it := iterators.Get().(*iterator)
	it.s, it.root, it.live, it.at, it.depth = s, root, nil, at, -1
	return it
}

func (it *iterator) Close() {
	if it.s == nil {
		return
	}
	it.s, it.live = nil, nil
	if cap(it.key) > 1<<16 {
		it.key = nil
	}
	if cap(it.value) > 1<<16 {
		it.value = nil
	}
	iterators.Put(it)
}

func (it *iterator) start() uint32 {
	it.depth = -1
	if it.live != nil {
		return it.live.root
	}
	return it.root
}

func (it *iterator) child(l *level) ptr { return it.s.pageAt(childOf(l.p, l.i), it.at) }

func (it *iterator) SeekGE(key []byte) bool {
	root := it.start()
	if root == 0 {
		return false
	}
	d := 0
	p := it.s.pageAt(root, it.at)
	for kindOf(p) == kindInner {
		it.levels[d] = level{p, it.s.childIndex(p, key, 1), countOf(p)}
		p = it.child(&it.levels[d])
		d++
	}
	i, _, _ := it.s.search(p, key, 0)
	it.levels[d] = level{p, i, countOf(p)}
	it.depth = d
	return i < it.levels[d].n || it.nextLeaf()
}

func (it *iterator) SeekLT(key []byte) bool {
	root := it.start()
	if root == 0 {
		return false
	}
	d := 0
	p := it.s.pageAt(root, it.at)
	for kindOf(p) == kindInner {
		c := countOf(p) - 1
		if key != nil {
			c = it.s.childIndex(p, key, 1)
		}
		it.levels[d] = level{p, c, countOf(p)}
		p = it.child(&it.levels[d])
		d++
	}
	i := countOf(p)
	if key != nil {
		i, _, _ = it.s.search(p, key, 0)
	}
	it.levels[d] = level{p, i, countOf(p)}
	it.depth = d
	return it.Prev()
}

func (it *iterator) Next() bool {
	if it.depth < 0 {
		return false
	}
	l := &it.levels[it.depth]
	l.i++
	return l.i < l.n || it.nextLeaf()
}

func (it *iterator) Prev() bool {
	if it.depth < 0 {
		return false
	}
	l := &it.levels[it.depth]
	l.i--
	return l.i >= 0 || it.prevLeaf()
}

func (it *iterator) nextLeaf() bool {
	for d := it.depth - 1; d >= 0; d-- {
		l := &it.levels[d]
		if l.i+1 >= l.n {
			continue
		}
		l.i++
		p := it.child(l)
		for d++; kindOf(p) == kindInner; d++ {
			it.levels[d] = level{p, 0, countOf(p)}
			p = it.child(&it.levels[d])
		}
		it.levels[d] = level{p, 0, countOf(p)}
		it.depth = d
		return true
	}
	it.depth = -1
	return false
}

func (it *iterator) prevLeaf() bool {
	for d := it.depth - 1; d >= 0; d-- {
		l := &it.levels[d]
		if l.i == 0 {
			continue
		}
		l.i--
		p := it.child(l)
		for d++; kindOf(p) == kindInner; d++ {
			n := countOf(p)
			it.levels[d] = level{p, n - 1, n}
			p = it.child(&it.levels[d])
		}
		n := countOf(p)
		it.levels[d] = level{p, n - 1, n}
		it.depth = d
		return true
	}
	it.depth = -1
	return false
}

func (it *iterator) Key() []byte {
	l := &it.levels[it.depth]
	off, n, long := slot(l.p, l.i)
	it.key = append(it.key[:0], prefixOf(l.p)...)
	it.key = append(it.key, span(l.p, off, n)...)
	if long {
		it.key = it.s.readBlob(it.key, loadRef(l.p, off+n))
	}
	return it.key
}

func (it *iterator) Value() []byte {
	l := &it.levels[it.depth]
	v := valueOf(l.p, l.i)
	if !v.isRef {
		return span(l.p, v.off, v.n)
	}
	it.value = it.s.loadValue(it.value, l.p, v)
	return it.value
}

func (it *iterator) Weight() int64 {
	l := &it.levels[it.depth]
	return valueOf(l.p, l.i).weight
}
