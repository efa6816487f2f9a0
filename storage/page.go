package storage

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A page is PageSize bytes, little-endian, without pointers:
//
//	0  u8   kind
//	1  u8   1: the next checkpoint must write the whole page (new, or entries were deleted), not what changed
//	2  u16  slots (tree), entries (bucket), data bytes (blob)
//	4  u16  length of the prefix that all keys share (tree)
//	6  u16  offset of the lowest cell; cells grow down from the page's end
//	8  u32  page id, 12 u32 owner: together the identity word, which tells what a frame holds now
//	16 u64  birth: the tick that made this version
//	24 u32  frame of the version before it (0: none), for readers of older snapshots
//	28 u16  garbage bytes among the cells
//	30 u8   groups, 31 u8 depth (bucket); u16 offset of the first deleted key (leaf)
//	32      tree: prefix, slots, hole, cells; the other kinds: see blob.go, bucket.go
//
// A slot is offset u16 | length u16 | head u32 (the first four bytes of the key behind the prefix, big-endian). In the
// length, the top bit says that the entry changed since the page was written, the next that the key is a long one.
//
// A leaf's cell is key | [rest of a long key: ref] | uvarint(length<<1 | is ref) | zigzag(weight) | value or ref.
// An inner page's cell is separator | [ref] | child u32; the separator of slot 0 counts as minus infinity.
const (
	offKind    = 0
	offWhole   = 1
	offCount   = 2
	offPrefix  = 4
	offLow     = 6
	offIdent   = 8
	offPage    = 8
	offBirth   = 16
	offPrev    = 24
	offGarbage = 28
	offGone    = 30
	headerSize = 32

	slotSize  = 8
	slotDirty = 0x8000
	slotLong  = 0x4000
	slotLen   = 0x3fff
)

const (
	kindLeaf   = 1
	kindInner  = 2
	kindBucket = 3
	kindDir    = 4
	kindBlob   = 5
	kindTable  = 6
)

func ld8(p ptr, o int) byte       { return *(*byte)(unsafe.Add(p, o)) }
func ld16(p ptr, o int) int       { return int(*(*uint16)(unsafe.Add(p, o))) }
func ld32(p ptr, o int) uint32    { return *(*uint32)(unsafe.Add(p, o)) }
func ld64(p ptr, o int) uint64    { return *(*uint64)(unsafe.Add(p, o)) }
func st8(p ptr, o int, v byte)    { *(*byte)(unsafe.Add(p, o)) = v }
func st16(p ptr, o int, v int)    { *(*uint16)(unsafe.Add(p, o)) = uint16(v) }
func st32(p ptr, o int, v uint32) { *(*uint32)(unsafe.Add(p, o)) = v }
func st64(p ptr, o int, v uint64) { *(*uint64)(unsafe.Add(p, o)) = v }

func span(p ptr, o, n int) []byte { return unsafe.Slice((*byte)(unsafe.Add(p, o)), n) }

func atomic32(p ptr, o int) *uint32 { return (*uint32)(unsafe.Add(p, o)) }
func atomic64(p ptr, o int) *uint64 { return (*uint64)(unsafe.Add(p, o)) }

func kindOf(p ptr) byte   { return ld8(p, offKind) }
func countOf(p ptr) int   { return ld16(p, offCount) }
func prefixLen(p ptr) int { return ld16(p, offPrefix) }
func birthOf(p ptr) Tick  { return Tick(atomic.LoadUint64(atomic64(p, offBirth))) }
func prevOf(p ptr) uint32 { return atomic.LoadUint32(atomic32(p, offPrev)) }

// initPage makes an empty page. It leaves identity, birth and older version alone: readers look at them.
func initPage(p ptr, kind byte, prefix []byte) {
	st64(p, 0, 0)
	st32(p, offGarbage, 0)
	st8(p, offKind, kind)
	st8(p, offWhole, 1)
	st16(p, offPrefix, len(prefix))
	st16(p, offLow, PageSize)
	copy(span(p, headerSize, len(prefix)), prefix)
}

// copyBody copies a page except for identity, birth and older version.
func copyBody(dst, src ptr) {
	st64(dst, 0, ld64(src, 0))
	st32(dst, offGarbage, ld32(src, offGarbage))
	if k := kindOf(src); k != kindLeaf && k != kindInner {
		copy(span(dst, headerSize, PageSize-headerSize), span(src, headerSize, PageSize-headerSize))
		return
	}
	n, low := prefixLen(src)+countOf(src)*slotSize, ld16(src, offLow) // all but the hole
	copy(span(dst, headerSize, n), span(src, headerSize, n))
	copy(span(dst, low, PageSize-low), span(src, low, PageSize-low))
}

// head is the first four bytes of k as a number that orders like them.
func head(k []byte) uint32 {
	if len(k) >= 4 {
		return binary.BigEndian.Uint32(k)
	}
	var h uint32
	for i, c := range k {
		h |= uint32(c) << (24 - 8*i)
	}
	return h
}

// commonPrefix is the length of what a and b share.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)>>3
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

func uvarintLen(u uint64) int { return (bits.Len64(u|1) + 6) / 7 }

// uvarint reads the number at p+o and its length.
func uvarint(p ptr, o int) (uint64, int) {
	b := ld8(p, o)
	if b < 0x80 {
		return uint64(b), 1
	}
	u := uint64(b & 0x7f)
	for i, s := 1, uint(7); ; i, s = i+1, s+7 {
		b = ld8(p, o+i)
		u |= uint64(b&0x7f) << s
		if b < 0x80 {
			return u, i + 1
		}
	}
}

func putUvarint(p ptr, o int, u uint64) int {
	i := 0
	for ; u >= 0x80; i++ {
		st8(p, o+i, byte(u)|0x80)
		u >>= 7
	}
	st8(p, o+i, byte(u))
	return i + 1
}
