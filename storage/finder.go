package storage

// Finder gets entries of a published structure of a snapshot. A key that belongs into the leaf where the last one was looked for is found without
// a walk from the root: keys that come in order cost little. It is good until the snapshot is closed, for one goroutine.
type Finder struct {
	s            *Store
	root         uint32
	at           Tick
	leaf         ptr // nil: nothing was looked for yet
	lower, upper level
}

// Finder makes the finder of a structure.
func (sn *Snapshot) Finder(id ID) Finder {
	return Finder{s: sn.s, root: sn.state.root(id), at: sn.state.tick}
}

// Get is that of the snapshot.
func (f *Finder) Get(key []byte) (value []byte, weight int64, ok bool) {
	if f.root == 0 {
		return nil, 0, false
	}
	if f.leaf == nil || !f.inLeaf(key) {
		f.descend(key)
	}
	i, found, _ := f.s.search(f.leaf, key, 0)
	if !found {
		return nil, 0, false
	}
	v := valueOf(f.leaf, i)
	return f.s.loadValue(nil, f.leaf, v), v.weight, true
}

// descend finds the leaf, and the inner pages whose separators bound it from below and from above: those nearest to it where the way down did
// not go to the first, or to the last child.
func (f *Finder) descend(key []byte) {
	f.lower, f.upper = level{}, level{}
	p := f.s.pageAt(f.root, f.at)
	for kindOf(p) == kindInner {
		l := level{p, f.s.childIndex(p, key, 1), countOf(p)}
		if l.i > 0 {
			f.lower = l
		}
		if l.i+1 < l.n {
			f.upper = l
		}
		p = f.s.pageAt(childOf(p, l.i), f.at)
	}
	f.leaf = p
}

func (f *Finder) inLeaf(key []byte) bool {
	return (f.lower.p == nil || f.s.compareSeparator(f.lower.p, f.lower.i, key) <= 0) &&
		(f.upper.p == nil || f.s.compareSeparator(f.upper.p, f.upper.i+1, key) > 0)
}

// compareSeparator compares the separator of slot i of an inner page with key.
func (s *Store) compareSeparator(p ptr, i int, key []byte) int {
	if c := comparePrefix(p, key); c != 0 {
		return -c
	}
	return s.compareSlot(p, i, key[prefixLen(p):])
}
