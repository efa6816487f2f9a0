package storage

import "bytes"

// Limits of what a tree's page holds itself. A longer key keeps its first maxInlineKey bytes in the page, a longer value
// none; the rest is in blob pages. Two cells always fit into a page, and a head is always four bytes of an inline part.
const (
	maxInlineKey   = 512
	maxInlineValue = 1024
	maxPrefix      = maxInlineKey - 4
)

func slotBase(p ptr) int    { return headerSize + prefixLen(p) }
func prefixOf(p ptr) []byte { return span(p, headerSize, prefixLen(p)) }

// slot is where the key of slot i lies, and whether the cell goes on with the ref of a long key's rest.
func slot(p ptr, i int) (off, klen int, long bool) {
	o := slotBase(p) + i*slotSize
	l := ld16(p, o+2)
	return ld16(p, o), l & slotLen, l&slotLong != 0
}

// afterKey is the offset behind the key of slot i and its ref.
func afterKey(p ptr, i int) int {
	off, kl, long := slot(p, i)
	if long {
		kl += refSize
	}
	return off + kl
}

func childOf(p ptr, i int) uint32        { return ld32(p, afterKey(p, i)) }
func setChild(p ptr, i int, page uint32) { st32(p, afterKey(p, i), page) }
func keyRef(p ptr, i int) ref            { off, kl, _ := slot(p, i); return loadRef(p, off+kl) }

// leafValue is the value part of a leaf's cell.
type leafValue struct {
	off    int // of the value, or of its ref
	n      int // its length in the page
	size   int // bytes of the whole value part, which ends at off+n
	isRef  bool
	weight int64
}

func valueAt(p ptr, o int) leafValue {
	l, n1 := uvarint(p, o)
	w, n2 := uvarint(p, o+n1)
	return leafValue{off: o + n1 + n2, n: int(l >> 1), size: n1 + n2 + int(l>>1), isRef: l&1 != 0, weight: unzigzag(w)}
}

func valueOf(p ptr, i int) leafValue { return valueAt(p, afterKey(p, i)) }

func valueSize(n int, weight int64) int {
	return uvarintLen(uint64(n)<<1) + uvarintLen(zigzag(weight)) + n
}

// putValueHead writes length and weight; the value follows at the offset returned.
func putValueHead(p ptr, o, n int, isRef bool, weight int64) int {
	l := uint64(n) << 1
	if isRef {
		l |= 1
	}
	o += putUvarint(p, o, l)
	return o + putUvarint(p, o, zigzag(weight))
}

func cellSize(p ptr, i int) int {
	off, _, _ := slot(p, i)
	o := afterKey(p, i)
	if kindOf(p) == kindInner {
		return o + 4 - off
	}
	return o - off + valueAt(p, o).size
}

func holeOf(p ptr) int { return ld16(p, offLow) - slotBase(p) - countOf(p)*slotSize }
func usedOf(p ptr) int { return PageSize - holeOf(p) - ld16(p, offGarbage) }

// insertSlot makes slot i with a cell of size bytes, of which the key is written; the hole must be large enough.
func insertSlot(p ptr, i int, key []byte, long bool, size int) int {
	n := countOf(p)
	o := slotBase(p) + i*slotSize
	if i < n {
		copy(span(p, o+slotSize, (n-i)*slotSize), span(p, o, (n-i)*slotSize))
	}
	low := ld16(p, offLow) - size
	st16(p, offLow, low)
	putSlot(p, o, low, key, long, slotDirty)
	st16(p, offCount, n+1)
	copy(span(p, low, len(key)), key)
	return low
}

func putSlot(p ptr, o, off int, key []byte, long bool, mark int) {
	l := len(key) | mark
	if long {
		l |= slotLong
	}
	st16(p, o, off)
	st16(p, o+2, l)
	st32(p, o+4, head(key))
}

// deleteSlot takes an entry out of a page. A leaf's delta has to say so, too: deleteEntry.
func deleteSlot(p ptr, i int) {
	size := cellSize(p, i)
	n := countOf(p)
	o := slotBase(p) + i*slotSize
	copy(span(p, o, (n-i-1)*slotSize), span(p, o+slotSize, (n-i-1)*slotSize))
	st16(p, offCount, n-1)
	st16(p, offGarbage, ld16(p, offGarbage)+size)
}

func markSlot(p ptr, i int) {
	o := slotBase(p) + i*slotSize + 2
	st16(p, o, ld16(p, o)|slotDirty)
}

// comparePrefix compares key with the page's prefix; 0: key begins with it.
func comparePrefix(p ptr, key []byte) int {
	n := prefixLen(p)
	if n == 0 {
		return 0
	}
	prefix := prefixOf(p)
	if len(key) >= n {
		return bytes.Compare(key[:n], prefix)
	}
	if c := bytes.Compare(key, prefix[:len(key)]); c != 0 {
		return c
	}
	return -1
}

// compareSlot compares the key of slot i with k, both behind the page's prefix.
func (s *Store) compareSlot(p ptr, i int, k []byte) int {
	off, kl, long := slot(p, i)
	return s.compareCell(p, off, kl, long, k)
}

func (s *Store) compareCell(p ptr, off, kl int, long bool, k []byte) int {
	c := bytes.Compare(span(p, off, kl), k)
	if !long || c > 0 {
		return c
	}
	if c == 0 {
		return 1
	}
	if len(k) > kl && bytes.Equal(span(p, off, kl), k[:kl]) {
		return s.compareBlob(loadRef(p, off+kl), k[kl:])
	}
	return -1
}

// lowerBound finds the first slot >= from whose key is >= k, both behind the page's prefix.
func (s *Store) lowerBound(p ptr, k []byte, from int) (int, bool) {
	base := slotBase(p)
	lo, hi := from, countOf(p)
	h := head(k)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		o := base + m*slotSize
		if mh := ld32(p, o+4); mh < h {
			lo = m + 1
		} else if mh > h {
			hi = m
		} else {
			l := ld16(p, o+2)
			switch c := s.compareCell(p, ld16(p, o), l&slotLen, l&slotLong != 0, k); {
			case c < 0:
				lo = m + 1
			case c > 0:
				hi = m
			default:
				return m, true
			}
		}
	}
	return lo, false
}

// search finds the first slot >= key; inside tells that key begins with the page's prefix.
func (s *Store) search(p ptr, key []byte, from int) (i int, found, inside bool) {
	if c := comparePrefix(p, key); c != 0 {
		if c < 0 {
			return 0, false, false
		}
		return countOf(p), false, false
	}
	i, found = s.lowerBound(p, key[prefixLen(p):], from)
	return i, found, true
}

// childIndex is the last child whose separator is <= key.
func (s *Store) childIndex(p ptr, key []byte, from int) int {
	if c := comparePrefix(p, key); c != 0 {
		if c < 0 {
			return 0
		}
		return countOf(p) - 1
	}
	i, found := s.lowerBound(p, key[prefixLen(p):], max(from, 1))
	if found {
		return i
	}
	return i - 1
}
