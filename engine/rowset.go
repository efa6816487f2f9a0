package engine

import (
	"bytes"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"github.com/streamsql/streamsql/catalog"
)

// rowSet is the rows of one table that a transaction has changed, by primary key: records without pointers, the bytes of keys and
// images in an arena, and a hash index. TRUNCATE begins another one.
type rowSet struct {
	truncated bool // nothing of the table's stored rows is left
	stood     bool // some row may have stood before
	arena     arena
	recs      [][]record // in order of first touch; all but the last of recordChunk
	n         int
	slots     []uint64 // open addressing: hash<<32 | record+1; 0: free

	// For readers, made when the first one comes.
	log      []uint32 // records changed since then, of those that readers know
	overlays map[catalog.ID]*ownTreeMaker
	keys     map[catalog.ID]*ownKeys
}

// record is one row. Images are never empty: a length of 0 is no row.
type record struct {
	key, old, new    uint64 // in the arena
	klen, olen, nlen uint32
	hash             uint32
}

const recordChunk = 4096

func (s *rowSet) rec(k int) *record { return &s.recs[k/recordChunk][k%recordChunk] }

// push adds a record. Only the first chunk grows, so that few rows take little and many are not moved.
func (s *rowSet) push(r record) {
	switch {
	case len(s.recs) == 0:
		s.recs = append(s.recs, nil)
	case s.n > 0 && s.n%recordChunk == 0:
		s.recs = append(s.recs, make([]record, 0, recordChunk))
	}
	last := &s.recs[len(s.recs)-1]
	*last = append(*last, r)
	s.n++
}

func (s *rowSet) pop() {
	last := &s.recs[len(s.recs)-1]
	*last = (*last)[:len(*last)-1]
	s.n--
	if len(*last) == 0 {
		s.recs = s.recs[:len(s.recs)-1]
	}
}

func (s *rowSet) key(r *record) []byte      { return at(s.arena.chunks, r.key, r.klen) }
func (s *rowSet) oldImage(r *record) []byte { return at(s.arena.chunks, r.old, r.olen) }
func (s *rowSet) newImage(r *record) []byte { return at(s.arena.chunks, r.new, r.nlen) }

func (s *rowSet) change(r *record) change {
	return change{s.key(r), s.oldImage(r), s.newImage(r), r.hash}
}

func (s *rowSet) empty() bool { return !s.truncated && s.n == 0 }

func (s *rowSet) size() int64 {
	n := int64(s.n)*40 + int64(len(s.slots))*8
	for _, c := range s.arena.chunks {
		n += int64(len(c))
	}
	return n
}

// encoded is about how many bytes the rows take in the log.
func (s *rowSet) encoded() int {
	n := 16 + 4*s.n
	if last := len(s.arena.chunks) - 1; last >= 0 {
		n += s.arena.used
		for _, c := range s.arena.chunks[:last] {
			n += len(c)
		}
	}
	return n
}

// unchanged tells whether the row is what it was.
func (s *rowSet) unchanged(r *record) bool {
	return r.olen == r.nlen && bytes.Equal(s.oldImage(r), s.newImage(r))
}

func hashOf(key []byte) uint32 { return uint32(xxhash.Sum64(key)) }

// find is the record of a key, -1 if there is none. It changes nothing: any number of goroutines may ask.
func (s *rowSet) find(hash uint32, key []byte) int {
	if len(s.slots) == 0 {
		return -1
	}
	mask := uint32(len(s.slots) - 1)
	for i := hash & mask; s.slots[i] != 0; i = (i + 1) & mask {
		if uint32(s.slots[i]>>32) == hash {
			k := int(uint32(s.slots[i])) - 1
			if bytes.Equal(s.key(s.rec(k)), key) {
				return k
			}
		}
	}
	return -1
}

// reserve makes room for n more records.
func (s *rowSet) reserve(n int) {
	need := s.n + n
	if need*4 <= len(s.slots)*3 {
		return
	}
	s.slots = make([]uint64, max(8, 1<<bits.Len(uint(need*4/3))))
	// In the order of the records, so that the last one is always the one to be taken out (see drop).
	for i := range s.n {
		s.enter(i)
	}
	if s.n == 0 && n > 1 {
		s.recs = append(s.recs[:0], make([]record, 0, min(n, recordChunk)))
	}
}

func (s *rowSet) enter(k int) {
	h, mask := s.rec(k).hash, uint32(len(s.slots)-1)
	i := h & mask
	for s.slots[i] != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = uint64(h)<<32 | uint64(k+1)
}

// add makes the record of a key that has none.
func (s *rowSet) add(hash uint32, key, old, new []byte) {
	r := record{klen: uint32(len(key)), olen: uint32(len(old)), nlen: uint32(len(new)), hash: hash}
	r.key = s.arena.add(key)
	r.old = s.arena.add(old)
	r.new = s.arena.add(new)
	s.stood = s.stood || r.olen > 0
	s.addRecord(r)
}

// addNew is add of a row that did not stand, of which row has the key, klen bytes, and the image.
func (s *rowSet) addNew(hash uint32, row []byte, klen int) {
	at := s.arena.take(row)
	s.addRecord(record{key: at, new: at + uint64(klen), klen: uint32(klen), nlen: uint32(len(row) - klen), hash: hash})
}

func (s *rowSet) addRecord(r record) {
	s.reserve(1)
	s.push(r)
	s.enter(s.n - 1)
	s.indexKeys(s.n - 1)
}

// set gives record k another image now; nil: no row.
func (s *rowSet) set(k int, image []byte) {
	r := s.rec(k)
	r.new, r.nlen = s.arena.add(image), uint32(len(image))
	if s.overlays != nil {
		s.log = append(s.log, uint32(k))
	}
	s.indexKeys(k)
}

// drop undoes the last add. Nothing was entered after it, so that no probe passes over its slot.
func (s *rowSet) drop() {
	k := s.n - 1
	mask := uint32(len(s.slots) - 1)
	i := s.rec(k).hash & mask
	for uint32(s.slots[i]) != uint32(k+1) {
		i = (i + 1) & mask
	}
	s.slots[i] = 0
	s.arena.cut(s.rec(k).key)
	s.pop()
}

// unset undoes the last set.
func (s *rowSet) unset(k int, new uint64, nlen uint32) {
	r := s.rec(k)
	if r.nlen > 0 {
		s.arena.cut(r.new)
	}
	r.new, r.nlen = new, nlen
}

// forget drops what was made for readers, after an undo. Overlays that readers have stay as they are.
func (s *rowSet) forget() { s.log, s.overlays, s.keys = nil, nil, nil }

// indexKeys tells the unique keys that record k has a new image.
func (s *rowSet) indexKeys(k int) {
	for _, x := range s.keys {
		x.enter(s, k)
	}
}

// arena holds bytes at addresses chunk<<32 | offset. Chunks do not move and what was added does not change, except by cut.
type arena struct {
	chunks [][]byte // of full length
	used   int      // of the last one
	pinned uint64   // below it somebody may read
}

const (
	firstChunk = 4 << 10
	fullChunk  = 1 << 20
)

func at(chunks [][]byte, addr uint64, n uint32) []byte {
	if n == 0 {
		return nil
	}
	off := uint32(addr)
	return chunks[addr>>32][off : off+n : off+n]
}

func (a *arena) add(p []byte) uint64 {
	if len(p) == 0 {
		return 0
	}
	last := len(a.chunks) - 1
	if last < 0 || len(p) > len(a.chunks[last])-a.used {
		size := min(fullChunk, firstChunk<<min(last+1, 8))
		a.chunks = append(a.chunks, make([]byte, max(size, len(p))))
		a.used = 0
		last++
	}
	addr := uint64(last)<<32 | uint64(a.used)
	a.used += copy(a.chunks[last][a.used:], p)
	return addr
}

// room is memory to append to what take will add: no copy is made of what fits.
func (a *arena) room() []byte {
	last := len(a.chunks) - 1
	if last < 0 {
		return nil
	}
	return a.chunks[last][a.used:a.used]
}

// take is add of what was made in room, or outgrew it.
func (a *arena) take(p []byte) uint64 {
	room := a.room()
	if len(p) == 0 || cap(room) == 0 || &p[0] != &room[:1][0] {
		return a.add(p)
	}
	addr := uint64(len(a.chunks)-1)<<32 | uint64(a.used)
	a.used += len(p)
	return addr
}

// pin returns the chunks as they are, for a reader beside the writer: what they hold stays.
func (a *arena) pin() [][]byte {
	if n := len(a.chunks); n > 0 {
		a.pinned = max(a.pinned, uint64(n-1)<<32|uint64(a.used))
	}
	return a.chunks
}

// cut gives back what was added at addr and since then, unless it is pinned.
func (a *arena) cut(addr uint64) {
	addr = max(addr, a.pinned)
	if c := int(addr >> 32); c < len(a.chunks) {
		clear(a.chunks[c+1:])
		a.chunks, a.used = a.chunks[:c+1], int(uint32(addr))
	}
}
