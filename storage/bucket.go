package storage

import (
	"encoding/binary"
	"math/bits"
)

// A bucket is a page of a hash table:
//
//	30 u8 groups of eight slots, 31 u8 local depth
//	32 u32 overflow page, 36 u16 tombstones
//	40 a tag a slot, then a u16 cell offset a slot, hole, cells
//
// A tag is 0: empty; 1: deleted in a group that was full; 2..127: seven bits of the hash; 0x80: the slot changed since the
// page was last written. The hash names a group; a probe goes on to the next group only while groups are full. A slot never
// moves unless the whole page is rebuilt, so that deletions travel in deltas, too.
//
// A cell is u16 room for the value | u16 its length | u16 length of the key | key | value. The top bit of a length says
// that a ref stands in its place: a long key's cell has hash u64 and ref, the ref naming the whole key.
const (
	offGroups = 30
	offDepth  = 31
	offTombs  = 36
	bucketTop = 40
	tagMark   = 0x80
	cellTop   = 6
	refFlag   = 0x8000
	longKey   = 8 + refSize

	ones = 0x0101010101010101
	low7 = ones * 0x7f
	low6 = ones * 0x7e
	high = ones * 0x80
)

// match has the top bit set in the bytes of w whose low seven bits are tag. Exact: no borrow crosses a byte.
func match(w uint64, tag byte) uint64 {
	return (high - (w&low7 ^ uint64(tag)*ones)) & high
}

// taken has the top bit set in the bytes of w that are tags of entries.
func taken(w uint64) uint64 { return (w&low7 + low6) & high }

func tagOf(hash uint64) byte {
	if t := byte(hash >> 57); t >= 2 {
		return t
	}
	return byte(hash>>57) + 2
}

func groupOf(hash uint64, groups int) int { return int(hash>>32&0xffff) * groups >> 16 }

func groupsOf(p ptr) int          { return int(ld8(p, offGroups)) }
func slotsOf(p ptr) int           { return int(ld8(p, offGroups)) * 8 }
func depthOf(p ptr) uint          { return uint(ld8(p, offDepth)) }
func nextOf(p ptr) uint32         { return ld32(p, offNext) }
func tagsAt(p ptr, g int) uint64  { return ld64(p, bucketTop+8*g) }
func tagAt(p ptr, i int) byte     { return ld8(p, bucketTop+i) }
func setTag(p ptr, i int, t byte) { st8(p, bucketTop+i, t) }
func cellOffsets(p ptr) int       { return bucketTop + slotsOf(p) }
func cellAt(p ptr, i int) int     { return ld16(p, cellOffsets(p)+2*i) }
func bucketHole(p ptr) int        { return ld16(p, offLow) - cellOffsets(p) - 2*slotsOf(p) }
func bucketUsed(p ptr) int        { return PageSize - ld16(p, offLow) - ld16(p, offGarbage) }

func isTaken(tag byte) bool { return tag&^tagMark >= 2 }

// bucketCell is a cell's parts: lengths in the page, and whether they are refs.
type bucketCell struct {
	off, room, vlen, klen int
	vref, kref            bool
}

func loadCell(p ptr, off int) bucketCell {
	v, k := ld16(p, off+2), ld16(p, off+4)
	return bucketCell{off: off, room: ld16(p, off), vlen: v &^ refFlag, klen: k &^ refFlag, vref: v&refFlag != 0, kref: k&refFlag != 0}
}

func (c *bucketCell) key(p ptr) []byte   { return span(p, c.off+cellTop, c.klen) }
func (c *bucketCell) value(p ptr) []byte { return span(p, c.off+cellTop+c.klen, c.vlen) }
func (c *bucketCell) valueOff() int      { return c.off + cellTop + c.klen }
func (c *bucketCell) size() int          { return cellTop + c.klen + c.room }
func (c *bucketCell) used() int          { return cellTop + c.klen + c.vlen }

func initBucket(p ptr, groups int, depth uint) {
	initPage(p, kindBucket, nil)
	st8(p, offGroups, byte(groups))
	st8(p, offDepth, byte(depth))
	st64(p, offNext, 0)
	clear(span(p, bucketTop, 8*groups))
}

// takeSlot claims the first free slot of the hash's probe sequence; there must be one.
func takeSlot(p ptr, hash uint64) int {
	groups := groupsOf(p)
	for g := groupOf(hash, groups); ; {
		if m := ^taken(tagsAt(p, g)) & high; m != 0 {
			i := g*8 + bits.TrailingZeros64(m)>>3
			if tagAt(p, i)&^tagMark == 1 {
				st16(p, offTombs, ld16(p, offTombs)-1)
			}
			setTag(p, i, tagOf(hash)|tagMark)
			st16(p, offCount, countOf(p)+1)
			return i
		}
		if g++; g == groups {
			g = 0
		}
	}
}

// emptySlot removes an entry. In a group that has another empty slot no probe went on, so that none has to in future.
func emptySlot(p ptr, i int) {
	c := loadCell(p, cellAt(p, i))
	st16(p, offGarbage, ld16(p, offGarbage)+c.size())
	n := countOf(p) - 1
	st16(p, offCount, n)
	switch {
	case n == 0:
		for j := range slotsOf(p) {
			if tagAt(p, j) != 0 {
				setTag(p, j, tagMark)
			}
		}
		st16(p, offTombs, 0)
	case match(tagsAt(p, i>>3), 0) != 0:
		setTag(p, i, tagMark)
	default:
		setTag(p, i, tagMark|1)
		st16(p, offTombs, ld16(p, offTombs)+1)
	}
}

// putCell makes a cell for slot i; the hole must be large enough. klen and vlen carry their flags. Key and value are still
// to be written.
func putCell(p ptr, i, klen, vlen, room int) int {
	low := ld16(p, offLow) - cellTop - klen&^refFlag - room
	st16(p, offLow, low)
	st16(p, low, room)
	st16(p, low+2, vlen)
	st16(p, low+4, klen)
	st16(p, cellOffsets(p)+2*i, low)
	return low
}

// compactBucket moves the cells together; trim takes their spare room, too.
func compactBucket(p ptr, scratch []byte, trim bool) {
	copy(scratch, span(p, 0, PageSize))
	q := ptr(&scratch[0])
	low := PageSize
	for i := range slotsOf(p) {
		if !isTaken(tagAt(q, i)) {
			continue
		}
		c := loadCell(q, cellAt(q, i))
		if trim {
			c.room = c.vlen
		}
		low -= c.size()
		copy(span(p, low, c.used()), scratch[c.off:c.off+c.used()])
		st16(p, low, c.room)
		st16(p, cellOffsets(p)+2*i, low)
	}
	st16(p, offLow, low)
	st16(p, offGarbage, 0)
}

func clearBucketMarks(p ptr) {
	for g := range groupsOf(p) {
		st64(p, bucketTop+8*g, tagsAt(p, g)&low7)
	}
}

// appendBucket is the full image: header, tags, the cells without their spare room.
func appendBucket(dst []byte, p ptr) []byte {
	dst = append(dst, span(p, 0, bucketTop)...)
	for g := range groupsOf(p) {
		dst = binary.LittleEndian.AppendUint64(dst, tagsAt(p, g)&low7)
	}
	for i := range slotsOf(p) {
		if isTaken(tagAt(p, i)) {
			dst = appendCell(dst, p, i)
		}
	}
	return dst
}

func appendCell(dst []byte, p ptr, i int) []byte {
	c := loadCell(p, cellAt(p, i))
	return append(dst, span(p, c.off+2, c.used()-2)...)
}

func decodeBucket(p ptr, raw []byte) error {
	if len(raw) < bucketTop {
		return errImage
	}
	q := ptr(&raw[0])
	top := cellOffsets(q)
	if len(raw) < top || top+2*slotsOf(q) > PageSize {
		return errImage
	}
	copy(span(p, headerSize, top-headerSize), raw[headerSize:top])
	st16(p, offLow, PageSize)
	st16(p, offGarbage, 0)
	raw = raw[top:]
	for i := range slotsOf(p) {
		if isTaken(tagAt(p, i)) {
			var ok bool
			if raw, ok = readCell(p, i, raw); !ok {
				return errImage
			}
		}
	}
	if len(raw) != 0 {
		return errImage
	}
	return nil
}

// storedCell is the size of the cell that an image goes on with.
func storedCell(b []byte) (size int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	size = 4 + int(binary.LittleEndian.Uint16(b)&^refFlag) + int(binary.LittleEndian.Uint16(b[2:])&^refFlag)
	return size, size <= len(b)
}

// readCell makes the cell of slot i from an image.
func readCell(p ptr, i int, b []byte) ([]byte, bool) {
	size, ok := storedCell(b)
	if !ok || bucketHole(p) < size+2 {
		return b, false
	}
	vlen, klen := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
	off := putCell(p, i, klen, vlen, vlen&^refFlag)
	copy(span(p, off+cellTop, size-4), b[4:size])
	return b[size:], true
}

// appendBucketDelta is (slot u16 | tag | cell if there is one)*; false when a full image is due.
func appendBucketDelta(dst []byte, p ptr) ([]byte, bool) {
	room := len(dst) + bucketUsed(p)/2
	for g := range groupsOf(p) {
		for m := tagsAt(p, g) & high; m != 0; m &= m - 1 {
			i := g*8 + bits.TrailingZeros64(m)>>3
			tag := tagAt(p, i) &^ tagMark
			dst = binary.LittleEndian.AppendUint16(dst, uint16(i))
			dst = append(dst, tag)
			if tag >= 2 {
				dst = appendCell(dst, p, i)
			}
			if len(dst) > room {
				return dst, false
			}
		}
	}
	return dst, true
}

// patchBucket applies a delta. What the delta replaces goes first, so that the cells fit; but a value that has room in its cell is written there.
func patchBucket(p ptr, delta []byte) error {
	err := eachPatch(p, delta, func(i int, tag byte, cell []byte) bool {
		if patchCell(p, i, tag, cell) {
			return true
		}
		if isTaken(tagAt(p, i)) {
			c := loadCell(p, cellAt(p, i))
			st16(p, offGarbage, ld16(p, offGarbage)+c.size())
		}
		setTag(p, i, 0)
		return true
	})
	if err != nil {
		return err
	}
	err = eachPatch(p, delta, func(i int, tag byte, cell []byte) bool {
		if tag >= 2 && !isTaken(tagAt(p, i)) {
			if bucketHole(p) < len(cell)+2 {
				compactBucket(p, make([]byte, PageSize), true)
			}
			if _, ok := readCell(p, i, cell); !ok {
				return false
			}
		}
		setTag(p, i, tag)
		return true
	})
	n, tombs := 0, 0
	for i := range slotsOf(p) {
		switch tag := tagAt(p, i) &^ tagMark; {
		case tag >= 2:
			n++
		case tag == 1:
			tombs++
		}
	}
	st16(p, offCount, n)
	st16(p, offTombs, tombs)
	return err
}

// patchCell writes an entry's new value into the cell that it has; false when it cannot.
func patchCell(p ptr, i int, tag byte, cell []byte) bool {
	if tag < 2 || tagAt(p, i) != tag {
		return false
	}
	c := loadCell(p, cellAt(p, i))
	n := int(binary.LittleEndian.Uint16(cell) &^ refFlag)
	if n > c.room || ld16(p, c.off+4) != int(binary.LittleEndian.Uint16(cell[2:])) || string(c.key(p)) != string(cell[4:4+c.klen]) {
		return false
	}
	st16(p, c.off+2, int(binary.LittleEndian.Uint16(cell)))
	copy(span(p, c.valueOff(), n), cell[4+c.klen:])
	return true
}

func eachPatch(p ptr, delta []byte, f func(i int, tag byte, cell []byte) bool) error {
	for len(delta) > 0 {
		if len(delta) < 3 {
			return errImage
		}
		i, tag, size := int(binary.LittleEndian.Uint16(delta)), delta[2], 0
		delta = delta[3:]
		if tag >= 2 {
			var ok bool
			if size, ok = storedCell(delta); !ok {
				return errImage
			}
		}
		if i >= slotsOf(p) || !f(i, tag, delta[:size]) {
			return errImage
		}
		delta = delta[size:]
	}
	return nil
}
