package storage

import "encoding/binary"

// applyLeaf merges entries from:to of the batch into one leaf.
func (e *treeEdit) applyLeaf(id uint32, p ptr, from, to int) outcome {
	if n := countOf(p); sparse(to-from, n) {
		p = e.s.own(e.t, id, false)
		from += e.editLeaf(p, from, to)
		if from == to {
			if countOf(p) == 0 {
				e.s.retire(e.t, id)
				return outcome{}
			}
			return outcome{page: id, small: ld16(p, offGarbage) > 0 && usedOf(p) < PageSize/4}
		}
	}
	return e.rebuildLeaf(id, p, from, to)
}

// editLeaf applies entries to an owned page in place until one does not fit; returns how many it applied.
func (e *treeEdit) editLeaf(p ptr, from, to int) int {
	shift := 0
	for k := from; k < to; k++ {
		x := &e.b.list[k]
		place := e.places[k]
		if !e.put && k+1 < to && e.exchange(p, k, shift) {
			k++
			continue
		}
		if place >= 0 && place&1 != 0 {
			i := int(place>>1) + shift
			w := x.weight
			if !e.put {
				w += valueOf(p, i).weight
			} else if w < 0 {
				w = 0
			}
			if w == 0 {
				e.freeCell(p, i)
				deleteEntry(p, i, e.page)
				e.t.entries--
				shift--
			} else if !e.replace(p, i, x, w) {
				return k - from
			}
			continue
		}
		if x.weight == 0 || e.put && x.weight < 0 {
			continue
		}
		if place < 0 || !e.insert(p, int(place>>1)+shift, x) {
			return k - from
		}
		shift++
	}
	return to - from
}

// exchange does changes k and k+1 in one if they take one entry of a multiset away and put another one in its place, of the
// same size: a row that got other values.
func (e *treeEdit) exchange(p ptr, k, shift int) bool {
	gone, place, come := &e.b.list[k], e.places[k], &e.b.list[k+1]
	if place < 0 || e.places[k+1] != place+1 {
		return false
	}
	if place&1 == 0 { // to be inserted before entry i, and entry i; else entry i, and to be inserted behind it
		gone, come = come, gone
	}
	if gone.klen != come.klen || gone.klen > maxInlineKey || come.weight <= 0 || come.weight+gone.weight != 0 {
		return false
	}
	i := int(place>>1) + shift
	if v := valueOf(p, i); v.weight != come.weight || v.n != 0 {
		return false
	}
	roomForGone(p, int(gone.klen), e.page)
	off, kl, _ := slot(p, i)
	key := e.b.key(come)[prefixLen(p):]
	noteGone(p, span(p, off, kl))
	copy(span(p, off, kl), key)
	putSlot(p, slotBase(p)+i*slotSize, off, key, false, slotDirty)
	return true
}

// replace gives entry i weight w, and in put mode x's value; false when the page has no room.
func (e *treeEdit) replace(p ptr, i int, x *change, w int64) bool {
	off, kl, long := slot(p, i)
	head := kl
	if long {
		head += refSize
	}
	v := valueAt(p, off+head)
	n, isRef := v.n, v.isRef
	if e.put {
		if n, isRef = int(x.vlen), false; n > maxInlineValue {
			n, isRef = refSize, true
		}
	}
	size := valueSize(n, w)
	if size == v.size && n == v.n {
		markSlot(p, i)
		if e.put {
			e.freeValue(p, v)
			e.putValue(p, putValueHead(p, off+head, n, isRef, w), x)
		} else {
			putUvarint(p, v.off-uvarintLen(zigzag(v.weight)), zigzag(w))
		}
		return true
	}
	cell := head + size
	if holeOf(p) < cell {
		if holeOf(p)+ld16(p, offGarbage) < cell {
			return false
		}
		compact(p, e.page)
		off, _, _ = slot(p, i)
		v = valueAt(p, off+head)
	}
	low := ld16(p, offLow) - cell
	st16(p, offLow, low)
	copy(span(p, low, head), span(p, off, head))
	o := putValueHead(p, low+head, n, isRef, w)
	if e.put {
		e.freeValue(p, v)
		e.putValue(p, o, x)
	} else {
		copy(span(p, o, n), span(p, v.off, n))
	}
	st16(p, slotBase(p)+i*slotSize, low)
	markSlot(p, i)
	st16(p, offGarbage, ld16(p, offGarbage)+head+v.size)
	return true
}

// putValue writes x's value, or the ref of it, at o.
func (e *treeEdit) putValue(p ptr, o int, x *change) {
	v := e.b.value(x)
	if len(v) > maxInlineValue {
		storeRef(p, o, e.s.writeBlob(e.t, v))
		return
	}
	copy(span(p, o, len(v)), v)
}

func (e *treeEdit) insert(p ptr, i int, x *change) bool {
	key := e.b.key(x)
	long := len(key) > maxInlineKey
	inline := key[prefixLen(p):min(len(key), maxInlineKey)]
	n, isRef := int(x.vlen), false
	if n > maxInlineValue {
		n, isRef = refSize, true
	}
	head := len(inline)
	if long {
		head += refSize
	}
	cell := head + valueSize(n, x.weight)
	if holeOf(p) < cell+slotSize {
		if holeOf(p)+ld16(p, offGarbage) < cell+slotSize {
			return false
		}
		compact(p, e.page)
	}
	low := insertSlot(p, i, inline, long, cell)
	if long {
		storeRef(p, low+len(inline), e.s.writeBlob(e.t, key[maxInlineKey:]))
	}
	e.putValue(p, putValueHead(p, low+head, n, isRef, x.weight), x)
	e.t.entries++
	return true
}

// freeCell retires the blobs of entry i of a leaf.
func (e *treeEdit) freeCell(p ptr, i int) {
	e.freeSeparator(p, i)
	e.freeValue(p, valueOf(p, i))
}

func (e *treeEdit) freeValue(p ptr, v leafValue) {
	if v.isRef {
		e.s.retireBlob(e.t, loadRef(p, v.off))
	}
}

// freeSeparator retires the rest of slot i's key, if it is a long one.
func (e *treeEdit) freeSeparator(p ptr, i int) {
	if _, _, long := slot(p, i); long {
		e.s.retireBlob(e.t, keyRef(p, i))
	}
}

// rebuildLeaf merges the page's entries and from:to of the batch into one or more pages.
func (e *treeEdit) rebuildLeaf(id uint32, p ptr, from, to int) outcome {
	e.cells, e.bytes = e.cells[:0], e.bytes[:0]
	n, pl := countOf(p), prefixLen(p)
	appendOnly := n > 0
	for i, k := 0, from; i < n || k < to; {
		c := 0
		switch {
		case i >= n:
			c = 1
		case k >= to:
			c = -1
		default:
			key := e.b.key(&e.b.list[k])
			if x := comparePrefix(p, key); x != 0 {
				c = -x
			} else {
				c = e.s.compareSlot(p, i, key[pl:])
			}
		}
		switch {
		case c < 0:
			e.keepCell(p, i)
			i++
		case c > 0:
			x := &e.b.list[k]
			k++
			if x.weight == 0 || e.put && x.weight < 0 {
				continue
			}
			appendOnly = appendOnly && i >= n
			e.newCell(x)
		default:
			e.mergeCell(p, i, &e.b.list[k])
			i++
			k++
		}
	}
	if len(e.cells) == 0 {
		e.s.retire(e.t, id)
		return outcome{}
	}
	return e.pack(kindLeaf, id, appendOnly)
}

// keepCell takes entry i of p as it is, with the page's prefix.
func (e *treeEdit) keepCell(p ptr, i int) {
	off, kl, long := slot(p, i)
	size := cellSize(p, i)
	at := len(e.bytes)
	e.bytes = append(e.bytes, prefixOf(p)...)
	e.bytes = append(e.bytes, span(p, off, size)...)
	e.cells = append(e.cells, cell{uint32(at), uint16(prefixLen(p) + kl), uint16(size - kl), long})
}

func (e *treeEdit) newCell(x *change) {
	at := len(e.bytes)
	key := e.b.key(x)
	inline := key[:min(len(key), maxInlineKey)]
	e.bytes = append(e.bytes, inline...)
	if len(key) > maxInlineKey {
		e.appendRef(e.s.writeBlob(e.t, key[maxInlineKey:]))
	}
	e.appendValue(x, x.weight)
	e.endCell(at, len(inline), len(key) > maxInlineKey)
	e.t.entries++
}

// mergeCell is entry i of p with a change to it.
func (e *treeEdit) mergeCell(p ptr, i int, x *change) {
	v := valueOf(p, i)
	w := x.weight
	if !e.put {
		w += v.weight
	}
	if w == 0 || e.put && w < 0 {
		e.freeCell(p, i)
		e.t.entries--
		return
	}
	off, kl, long := slot(p, i)
	at := len(e.bytes)
	e.bytes = append(e.bytes, prefixOf(p)...)
	e.bytes = append(e.bytes, span(p, off, afterKey(p, i)-off)...)
	if e.put {
		e.freeValue(p, v)
		e.appendValue(x, w)
	} else {
		l := uint64(v.n) << 1
		if v.isRef {
			l |= 1
		}
		e.bytes = binary.AppendUvarint(e.bytes, l)
		e.bytes = binary.AppendUvarint(e.bytes, zigzag(w))
		e.bytes = append(e.bytes, span(p, v.off, v.n)...)
	}
	e.endCell(at, prefixLen(p)+kl, long)
}

func (e *treeEdit) endCell(at, klen int, long bool) {
	e.cells = append(e.cells, cell{uint32(at), uint16(klen), uint16(len(e.bytes) - at - klen), long})
}

func (e *treeEdit) appendRef(r ref) {
	e.bytes = binary.LittleEndian.AppendUint32(e.bytes, r.page)
	e.bytes = binary.LittleEndian.AppendUint32(e.bytes, r.n)
}

func (e *treeEdit) appendValue(x *change, w int64) {
	v := e.b.value(x)
	if len(v) > maxInlineValue {
		r := e.s.writeBlob(e.t, v)
		e.bytes = binary.AppendUvarint(e.bytes, refSize<<1|1)
		e.bytes = binary.AppendUvarint(e.bytes, zigzag(w))
		e.appendRef(r)
		return
	}
	e.bytes = binary.AppendUvarint(e.bytes, uint64(len(v))<<1)
	e.bytes = binary.AppendUvarint(e.bytes, zigzag(w))
	e.bytes = append(e.bytes, v...)
}
