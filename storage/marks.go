package storage

// A page knows what has changed since it was last written, so that the next checkpoint writes no more than that: slots of new and changed entries
// are marked, and a leaf keeps the keys that were deleted. Where there is no room for them, the page is marked as a whole.
//
// Deleted keys are a list that begins at offGone, of cells among the garbage:
//
//	next u16 | length u16 | key behind the page's prefix
const goneHead = 4

// noteGone keeps a deleted key, given without the prefix. It takes room, but moves nothing.
func noteGone(p ptr, key []byte) {
	size := goneHead + len(key)
	if ld8(p, offWhole) != 0 {
		return
	}
	if holeOf(p) < size {
		st8(p, offWhole, 1)
		return
	}
	low := ld16(p, offLow) - size
	st16(p, low, ld16(p, offGone))
	st16(p, low+2, len(key))
	copy(span(p, low+goneHead, len(key)), key)
	st16(p, offLow, low)
	st16(p, offGone, low)
	st16(p, offGarbage, ld16(p, offGarbage)+size)
}

// roomForGone makes room for a deleted key, if there is some among the garbage that is not of such keys itself: cells move.
func roomForGone(p ptr, key int, scratch []byte) {
	if size := goneHead + key; ld8(p, offWhole) == 0 && holeOf(p) < size && ld16(p, offGone) == 0 && ld16(p, offGarbage) >= size {
		compact(p, scratch)
	}
}

// deleteEntry takes the entry of slot i out of a leaf; scratch is a page.
func deleteEntry(p ptr, i int, scratch []byte) {
	_, kl, long := slot(p, i)
	roomForGone(p, kl, scratch)
	off, _, _ := slot(p, i)
	deleteSlot(p, i)
	if long {
		st8(p, offWhole, 1)
		return
	}
	noteGone(p, span(p, off, kl)) // the cell is garbage now, but still there
}

// eachGone calls f for the deleted keys of a leaf.
func eachGone(p ptr, f func(key []byte)) {
	for o := ld16(p, offGone); o != 0; o = ld16(p, o) {
		f(span(p, o+goneHead, ld16(p, o+2)))
	}
}

// clearMarks says that all of the page is in the last record of it.
func clearMarks(p ptr) {
	st8(p, offWhole, 0)
	switch kindOf(p) {
	case kindLeaf, kindInner:
		st16(p, offGone, 0)
		o := slotBase(p) + 2
		for i, n := 0, countOf(p); i < n; i++ {
			st16(p, o+i*slotSize, ld16(p, o+i*slotSize)&^slotDirty)
		}
	case kindBucket:
		clearBucketMarks(p)
	}
}

// compact moves the cells of a tree's page together; scratch is a page.
func compact(p ptr, scratch []byte) {
	if kindOf(p) == kindLeaf && ld16(p, offGone) != 0 { // they lie in the garbage
		st16(p, offGone, 0)
		st8(p, offWhole, 1)
	}
	copy(scratch, span(p, 0, PageSize))
	q := ptr(&scratch[0])
	low := PageSize
	for i, n, o := 0, countOf(p), slotBase(p); i < n; i++ {
		size := cellSize(q, i)
		off := ld16(q, o+i*slotSize)
		low -= size
		copy(span(p, low, size), scratch[off:off+size])
		st16(p, o+i*slotSize, low)
	}
	st16(p, offLow, low)
	st16(p, offGarbage, 0)
}
