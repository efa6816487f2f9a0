package storage

import (
	"bytes"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// table is a hash table by extendible hashing (Fagin et al., 1979): its buckets are pages, private, edited in place.
//
// A flat directory maps the low bits of a key's hash to a bucket's page. Bucket c of local depth l holds the hashes whose
// low l bits are c. Only that entry, the canonical one (index c < 2^l), is kept in the directory's pages; those that
// follow from it are 0 until a lookup fills them in, so that doubling the directory costs nothing. One bucket splits at a
// time. The structure's root is a page with the table's numbers, from which the directory's pages are chained.
type table struct {
	*structure
	seed    uint64
	dir     ptr // of entries u64: page id, and above it the frame where the page was last seen
	heap    []uint64
	mapped  []byte
	depth   uint
	mask    uint64
	byDepth [maxTableDepth + 2]uint32 // buckets
	buckets int
	cells   int    // bytes of all cells, without spare room
	average int    // bytes of a cell, about
	shape   uint32 // counts what moves entries between slots
	dirs    []uint32
	dirty   bool // since the numbers were last saved

	scratch []byte // pages being redistributed
	moving  []byte // value and key of a cell being moved
	spare   [PageSize]byte
	ring    [32]ahead
}

const (
	maxTableDepth = 26
	heapEntries   = 1 << 16 // directories up to this size are on the Go heap
)

// Fields of the root page.
const (
	tabSeed    = headerSize + 8
	tabCells   = tabSeed + 8
	tabDepth   = tabCells + 8
	tabAverage = tabDepth + 4
	tabBuckets = tabAverage + 4
	tabByDepth = tabBuckets + 4

	dirTop  = headerSize + 8
	perDir  = (PageSize - dirTop) / 4
	maxCell = cellTop + maxInlineKey + maxInlineValue
)

func newTable(t *structure) *table {
	h := &table{structure: t, average: 40}
	h.seed = uint64(t.id) * 0x9E3779B97F4A7C15
	h.makeDir(1)
	id, p := t.s.newPage(t)
	initDir(p, kindTable)
	t.root = id
	id, p = t.s.newPage(t)
	initBucket(p, h.groupsFor(0, 0), 0)
	h.buckets, h.byDepth[0], h.dirty = 1, 1, true
	h.setBucket(0, id)
	return h
}

// openTable reads a table's numbers and its directory, no buckets.
func openTable(t *structure) *table {
	h := &table{structure: t}
	p := t.s.page(t.root)
	h.seed, h.cells = ld64(p, tabSeed), int(ld64(p, tabCells))
	h.depth, h.average, h.buckets = uint(ld32(p, tabDepth)), int(ld32(p, tabAverage)), int(ld32(p, tabBuckets))
	for i := range h.byDepth {
		h.byDepth[i] = ld32(p, tabByDepth+4*i)
	}
	h.makeDir(1 << h.depth)
	h.mask = 1<<h.depth - 1
	for id := nextOf(p); id != 0; id = nextOf(p) {
		p = t.s.page(id)
		base := uint64(len(h.dirs)) * perDir
		h.dirs = append(h.dirs, id)
		for i := range uint64(perDir) {
			if b := ld32(p, dirTop+int(i)*4); b != 0 && base+i <= h.mask {
				*h.at(base + i) = uint64(b)
			}
		}
	}
	return h
}

// saveTables brings the numbers of changed tables into their pages, before a checkpoint.
func (s *Store) saveTables() {
	for _, t := range s.structures {
		if t == nil || t.hash == nil || !t.hash.dirty {
			continue
		}
		h := t.hash
		h.dirty = false
		p := s.own(t, t.root, false)
		st8(p, offWhole, 1)
		st64(p, tabSeed, h.seed)
		st64(p, tabCells, uint64(h.cells))
		st32(p, tabDepth, uint32(h.depth))
		st32(p, tabAverage, uint32(h.average))
		st32(p, tabBuckets, uint32(h.buckets))
		for i, n := range h.byDepth {
			st32(p, tabByDepth+4*i, n)
		}
	}
}

func (h *table) close() {
	if h.mapped != nil {
		freeMemory(h.mapped)
	}
	h.mapped, h.heap, h.dir = nil, nil, nil
}

func (h *table) Iter() Iterator { panic("storage: a hash table has no order") }

func initDir(p ptr, kind byte) {
	initPage(p, kind, nil)
	clear(span(p, headerSize, PageSize-headerSize))
}

// eachBelowTable calls f for every page that a page of a hash table refers to.
func eachBelowTable(p ptr, f func(page uint32)) {
	if next := nextOf(p); next != 0 {
		f(next)
	}
	switch kindOf(p) {
	case kindDir:
		for i := range perDir {
			if b := ld32(p, dirTop+4*i); b != 0 {
				f(b)
			}
		}
	case kindBucket:
		for i := range slotsOf(p) {
			if !isTaken(tagAt(p, i)) {
				continue
			}
			c := loadCell(p, cellAt(p, i))
			if c.kref {
				f(loadRef(p, c.off+cellTop+8).page)
			}
			if c.vref {
				f(loadRef(p, c.valueOff()).page)
			}
		}
	}
}

// ---- directory

func (h *table) at(i uint64) *uint64 { return (*uint64)(unsafe.Add(h.dir, i*8)) }

// makeDir gives the directory room for n entries.
func (h *table) makeDir(n int) {
	if h.mapped != nil || n <= len(h.heap) {
		return
	}
	if n <= heapEntries {
		grown := make([]uint64, max(n, 8))
		copy(grown, h.heap)
		h.heap, h.dir = grown, ptr(&grown[0])
		return
	}
	m, err := reserveMemory(8 << maxTableDepth)
	if err != nil {
		panic(h.s.pool.outOfMemory())
	}
	copy(unsafe.Slice((*uint64)(ptr(&m[0])), len(h.heap)), h.heap)
	h.mapped, h.heap, h.dir = m, nil, ptr(&m[0])
}

func (h *table) setDepth(d uint) {
	h.makeDir(1 << d)
	h.depth, h.mask = d, 1<<d-1
}

// bucket is the first page of a hash's bucket.
func (h *table) bucket(hash uint64) uint32 {
	i := hash & h.mask
	if id := uint32(*h.at(i)); id != 0 {
		return id
	}
	// i follows from the same index without its top bits
	j := i
	for *h.at(j) == 0 {
		j &^= 1 << (bits.Len64(j) - 1)
	}
	*h.at(i) = *h.at(j)
	return uint32(*h.at(i))
}

// first is bucket with the page's memory. The frame in the directory saves a cache miss that would wait for another: the
// page is loaded from there while its descriptor, which tells whether it is still there, is loaded, too.
func (h *table) first(hash uint64) (uint32, ptr) {
	a := h.at(hash & h.mask)
	id, f := uint32(*a), uint32(*a>>32)
	if f != 0 && h.s.desc(id).frame == f {
		return id, h.s.pool.frame(f)
	}
	id = h.bucket(hash)
	p := h.s.page(id)
	*a = uint64(h.s.desc(id).resident())<<32 | uint64(id)
	return id, p
}

// setBucket stores the page of canonical bucket c (0: none) in the directory's pages and in the flat one.
func (h *table) setBucket(c uint64, id uint32) {
	for uint64(len(h.dirs)) <= c/perDir {
		next, p := h.s.newPage(h.structure)
		initDir(p, kindDir)
		before := h.root
		if n := len(h.dirs); n > 0 {
			before = h.dirs[n-1]
		}
		q := h.own(before)
		st8(q, offWhole, 1)
		st32(q, offNext, next)
		h.dirs = append(h.dirs, next)
	}
	p := h.own(h.dirs[c/perDir])
	st8(p, offWhole, 1)
	st32(p, dirTop+int(c%perDir)*4, id)
	*h.at(c) = uint64(id)
}

// point sets all that follows from canonical bucket c of depth l.
func (h *table) point(c uint64, l uint, id uint32) {
	for i := c; i <= h.mask; i += 1 << l {
		*h.at(i) = uint64(id)
	}
}

// own makes the newest version of a page editable.
func (h *table) own(id uint32) ptr {
	d := h.s.desc(id)
	if atomic.LoadUint32(&d.flags)&(flagDirty|flagPending) == flagDirty && d.frame != 0 {
		return h.s.page(id) // owned since the last checkpoint began
	}
	return h.s.own(h.structure, id, false)
}

// ---- hashing

func (h *table) hash(k []byte) uint64 {
	const a, b = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
	x := h.seed ^ uint64(len(k))*a
	for len(k) > 16 {
		p := ptr(unsafe.SliceData(k))
		hi, lo := bits.Mul64(ld64(p, 0)^x^a, ld64(p, 8)^b)
		x = hi ^ lo
		k = k[16:]
	}
	var u, v uint64
	switch p := ptr(unsafe.SliceData(k)); {
	case len(k) >= 8: // overlapping reads
		u, v = ld64(p, 0), ld64(p, len(k)-8)
	case len(k) >= 4:
		u = uint64(ld32(p, 0)) | uint64(ld32(p, len(k)-4))<<32
	case len(k) > 0:
		u = uint64(k[0]) | uint64(k[len(k)/2])<<8 | uint64(k[len(k)-1])<<16
	}
	hi, lo := bits.Mul64(u^x^a, v^b)
	hi, lo = bits.Mul64(hi^lo^a, b)
	return hi ^ lo
}

// ---- finding

// sameKey tells whether a cell is that of key, whose hash has been found equal in seven bits.
func (h *table) sameKey(p ptr, off int, hash uint64, key []byte) bool {
	l := ld16(p, off+4)
	if l&refFlag == 0 {
		return l == len(key) && bytes.Equal(span(p, off+cellTop, l), key)
	}
	r := loadRef(p, off+cellTop+8)
	return int(r.n) == len(key) && ld64(p, off+cellTop) == hash && h.s.compareBlob(r, key) == 0
}

// hashOf is the hash of the key of a cell.
func (h *table) hashOf(p ptr, c *bucketCell) uint64 {
	if c.kref {
		return ld64(p, c.off+cellTop)
	}
	return h.hash(c.key(p))
}

// find looks in one page.
func (h *table) find(p ptr, hash uint64, key []byte) int {
	groups := groupsOf(p)
	g, tag := groupOf(hash, groups), tagOf(hash)
	for range groups {
		w := tagsAt(p, g)
		for m := match(w, tag); m != 0; m &= m - 1 {
			if i := g*8 + bits.TrailingZeros64(m)>>3; h.sameKey(p, cellAt(p, i), hash, key) {
				return i
			}
		}
		if match(w, 0) != 0 {
			return -1
		}
		if g++; g == groups {
			g = 0
		}
	}
	return -1
}

// lookup goes through the bucket's pages; slot -1: not found.
func (h *table) lookup(hash uint64, key []byte) (id uint32, p ptr, i int) {
	for id, p = h.first(hash); ; p = h.s.page(id) {
		if i = h.find(p, hash, key); i >= 0 {
			return id, p, i
		}
		if id = nextOf(p); id == 0 {
			return 0, nil, -1
		}
	}
}

func (h *table) Get(key []byte) (value []byte, weight int64, ok bool) {
	_, p, i := h.lookup(h.hash(key), key)
	if i < 0 {
		return nil, 0, false
	}
	c := loadCell(p, cellAt(p, i))
	if !h.spec.Put {
		w, _ := uvarint(p, c.valueOff())
		return nil, unzigzag(w), true
	}
	return h.loadValue(p, &c), 1, true
}

func (h *table) loadValue(p ptr, c *bucketCell) []byte {
	if c.vref {
		return h.s.readBlob(nil, loadRef(p, c.valueOff()))
	}
	return c.value(p)
}

func (h *table) Each(f func(key, value []byte, weight int64)) {
	for i := range h.mask + 1 {
		id := h.bucket(i)
		if i>>depthOf(h.s.page(id)) != 0 { // another entry of the directory that leads to a bucket seen already
			continue
		}
		for id != 0 {
			p := h.s.page(id)
			for k := range slotsOf(p) {
				if isTaken(tagAt(p, k)) {
					h.eachCell(p, loadCell(p, cellAt(p, k)), f)
				}
			}
			id = nextOf(p)
		}
	}
}

func (h *table) eachCell(p ptr, c bucketCell, f func(key, value []byte, weight int64)) {
	key := c.key(p)
	if c.kref {
		key = h.s.readBlob(nil, loadRef(p, c.off+cellTop+8))
	}
	if h.spec.Put {
		f(key, h.loadValue(p, &c), 1)
		return
	}
	w, _ := uvarint(p, c.valueOff())
	f(key, nil, unzigzag(w))
}
