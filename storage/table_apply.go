package storage

import (
	"bytes"
	"math/bits"
	"unsafe"
)

// ahead is an entry of a batch on its way: its bucket's page and frame as the directory has them, and the slot where its
// tag was found.
type ahead struct {
	hash      uint64
	id, frame uint32
	shape     uint32
	slot      int32
}

// How many entries ahead of the one being changed the directory, the page's header, its tags and the cell are fetched.
const (
	aheadDir  = 24
	aheadPage = 18
	aheadTags = 12
	aheadCell = 6
)

// each calls f for the entries of a hashed batch, with the memory of the following ones being fetched.
func (h *table) each(b *sorted, f func(e *change, r *ahead)) {
	s, n := h.s, len(b.list)
	h.warm(b)
	for i := -aheadDir; i < n; i++ {
		if j := i + aheadDir; j < n {
			r := &h.ring[j&31]
			r.hash, r.frame = b.list[j].order, 0
			prefetch(ptr(h.at(r.hash & h.mask)))
		}
		if j := i + aheadPage; j >= 0 && j < n {
			r := &h.ring[j&31]
			a := *h.at(r.hash & h.mask)
			r.id, r.frame, r.shape, r.slot = uint32(a), uint32(a>>32), h.shape, -1
			if r.frame != 0 {
				prefetch(ptr(s.desc(r.id)))
				prefetch(s.pool.frame(r.frame))
			}
		}
		if j := i + aheadTags; j >= 0 && j < n {
			if r := &h.ring[j&31]; r.frame != 0 && r.shape == h.shape {
				p := s.pool.frame(r.frame)
				g := groupOf(r.hash, groupsOf(p))
				prefetch(unsafe.Add(p, bucketTop+8*g))
				prefetch(unsafe.Add(p, cellOffsets(p)+16*g))
			}
		}
		if j := i + aheadCell; j >= 0 && j < n {
			if r := &h.ring[j&31]; r.frame != 0 && r.shape == h.shape {
				h.fetchCell(r)
			}
		}
		if i >= 0 {
			f(&b.list[i], &h.ring[i&31])
		}
	}
}

// fetchCell fetches what is probably the entry's cell.
func (h *table) fetchCell(r *ahead) {
	p := h.s.pool.frame(r.frame)
	g := groupOf(r.hash, groupsOf(p))
	if m := match(tagsAt(p, g), tagOf(r.hash)); m != 0 {
		r.slot = int32(g*8 + bits.TrailingZeros64(m)>>3)
		prefetchN(unsafe.Add(p, cellAt(p, int(r.slot))&^63), 2)
	}
}

// locate is lookup with what was found ahead.
func (h *table) locate(r *ahead, key []byte) (id uint32, p ptr, i int) {
	if r.slot >= 0 && r.shape == h.shape && h.s.desc(r.id).frame == r.frame {
		p, i = h.s.pool.frame(r.frame), int(r.slot)
		if isTaken(tagAt(p, i)) && h.sameKey(p, cellAt(p, i), r.hash, key) {
			return r.id, p, i
		}
	}
	return h.lookup(r.hash, key)
}

// hashed takes a batch: each entry's order is its hash, and there is one entry a key. first: the first change of a key
// counts and its weight is its index; else changes of a key are joined.
func (h *table) hashed(c *Changes, first bool) *sorted {
	b := &h.s.batch
	b.take(c)
	for i := range b.list {
		e := &b.list[i]
		e.order = h.hash(b.key(e))
		if first {
			e.weight = int64(i)
		}
	}
	switch {
	case c.distinct:
		b.mustBeDistinct()
	case len(b.list) > 1:
		b.dedupe(first, h.spec.Put)
	}
	return b
}

// dedupe joins equal keys of a hashed batch; the order of their first occurrence stays.
func (b *sorted) dedupe(first, put bool) {
	size := 16
	for size < 2*len(b.list) {
		size *= 2
	}
	if cap(b.seen) < size {
		b.seen = make([]int32, size)
	}
	seen := b.seen[:size]
	clear(seen)
	o := 0
next:
	for i := range b.list {
		x := b.list[i]
		j := x.order >> 20 & uint64(size-1)
		for ; seen[j] != 0; j = (j + 1) & uint64(size-1) {
			y := &b.list[seen[j]-1]
			if y.order != x.order || !bytes.Equal(b.key(y), b.key(&x)) {
				continue
			}
			switch {
			case first:
			case put:
				*y = x
			default:
				y.weight += x.weight
			}
			continue next
		}
		b.list[o] = x
		o++
		seen[j] = int32(o)
	}
	b.list = b.list[:o]
}

func (h *table) Apply(c *Changes) {
	if c.Len() == 0 {
		return
	}
	h.s.mustBeInTick()
	h.dirty = true
	b := h.hashed(c, false)
	h.each(b, func(e *change, r *ahead) {
		if h.spec.Put {
			var v []byte
			if e.weight > 0 {
				if v = b.value(e); v == nil {
					v = []byte{}
				}
			}
			h.put(r, b.key(e), v)
			return
		}
		h.addWeight(r, b.key(e), e.weight)
	})
}

func (h *table) Update(keys *Changes, f func(i int, old []byte) []byte) {
	if keys.Len() == 0 {
		return
	}
	h.s.mustBeInTick()
	h.dirty = true
	b := h.hashed(keys, true)
	h.each(b, func(e *change, r *ahead) {
		key := b.key(e)
		id, _, i := h.locate(r, key)
		if i < 0 {
			if v := f(int(e.weight), nil); v != nil {
				h.insert(r.hash, key, v, h.spec.Put)
			}
			return
		}
		p := h.own(id)
		c := loadCell(p, cellAt(p, i))
		old := h.loadValue(p, &c)
		if v := f(int(e.weight), old); v != nil {
			h.replace(r.hash, p, i, v, true)
		} else {
			h.remove(r.hash, p, i)
		}
	})
}

// put stores v under key, or deletes it (nil).
func (h *table) put(r *ahead, key, v []byte) {
	id, _, i := h.locate(r, key)
	switch {
	case i < 0 && v != nil:
		h.insert(r.hash, key, v, true)
	case i >= 0 && v != nil:
		h.replace(r.hash, h.own(id), i, v, true)
	case i >= 0:
		h.remove(r.hash, h.own(id), i)
	}
}

func (h *table) addWeight(r *ahead, key []byte, w int64) {
	if w == 0 {
		return
	}
	var buf [10]byte
	id, _, i := h.locate(r, key)
	if i < 0 {
		h.insert(r.hash, key, buf[:putUvarint(ptr(&buf), 0, zigzag(w))], false)
		return
	}
	p := h.own(id)
	c := loadCell(p, cellAt(p, i))
	u, _ := uvarint(p, c.valueOff())
	if w += unzigzag(u); w == 0 {
		h.remove(r.hash, p, i)
		return
	}
	h.replace(r.hash, p, i, buf[:putUvarint(ptr(&buf), 0, zigzag(w))], false)
}

// insert makes a new entry.
func (h *table) insert(hash uint64, key, v []byte, mayRef bool) {
	klen, vlen := len(key), len(v)
	if klen > maxInlineKey {
		klen = longKey | refFlag
	}
	if mayRef && vlen > maxInlineValue {
		vlen = refSize | refFlag
	}
	need := cellTop + klen&^refFlag + vlen&^refFlag
	_, p, i := h.place(hash, need)
	off := putCell(p, i, klen, vlen, vlen&^refFlag)
	if klen&refFlag != 0 {
		st64(p, off+cellTop, hash)
		storeRef(p, off+cellTop+8, h.s.writeBlob(h.structure, key))
	} else {
		copy(span(p, off+cellTop, klen), key)
	}
	h.writeValue(p, off+cellTop+klen&^refFlag, v, vlen)
	h.entries++
	h.cells += need
}

func (h *table) writeValue(p ptr, o int, v []byte, vlen int) {
	if vlen&refFlag != 0 {
		storeRef(p, o, h.s.writeBlob(h.structure, v))
		return
	}
	copy(span(p, o, len(v)), v)
}

// replace gives the entry of slot i of an owned page the value v.
func (h *table) replace(hash uint64, p ptr, i int, v []byte, mayRef bool) {
	c := loadCell(p, cellAt(p, i))
	vlen := len(v)
	if mayRef && vlen > maxInlineValue {
		vlen = refSize | refFlag
	}
	if n := vlen &^ refFlag; n <= c.room {
		old := ref{}
		if c.vref {
			old = loadRef(p, c.valueOff())
		}
		setTag(p, i, tagAt(p, i)|tagMark)
		h.writeValue(p, c.valueOff(), v, vlen)
		st16(p, c.off+2, vlen)
		h.cells += n - c.vlen
		h.s.retireBlob(h.structure, old)
		return
	}
	h.moving = append(h.moving[:0], v...) // it may lie in the page
	h.move(hash, p, i, len(v), vlen)
}

// move gives the entry a new cell, on another page if need be. Its value is the n bytes of h.moving.
func (h *table) move(hash uint64, p ptr, i, n, vlen int) {
	c := loadCell(p, cellAt(p, i))
	if c.vref {
		h.s.retireBlob(h.structure, loadRef(p, c.valueOff()))
	}
	inline := vlen &^ refFlag
	need := cellTop + c.klen + inline
	klen := ld16(p, c.off+4)
	h.moving = append(h.moving, c.key(p)...)
	h.cells += inline - c.vlen
	if bucketHole(p)+ld16(p, offGarbage)+c.size() >= need {
		tag := tagAt(p, i)
		st16(p, offGarbage, ld16(p, offGarbage)+c.size())
		if bucketHole(p) < need {
			setTag(p, i, 1) // not to be kept
			compactBucket(p, h.spare[:], false)
		}
		setTag(p, i, tag|tagMark)
	} else {
		emptySlot(p, i)
		h.shape++
		_, p, i = h.place(hash, need)
	}
	off := putCell(p, i, klen, vlen, inline)
	copy(span(p, off+cellTop, c.klen), h.moving[n:])
	h.writeValue(p, off+cellTop+c.klen, h.moving[:n], vlen)
}

// remove takes the entry of slot i out of an owned page.
func (h *table) remove(hash uint64, p ptr, i int) {
	c := loadCell(p, cellAt(p, i))
	if c.kref {
		h.s.retireBlob(h.structure, loadRef(p, c.off+cellTop+8))
	}
	if c.vref {
		h.s.retireBlob(h.structure, loadRef(p, c.valueOff()))
	}
	h.cells -= c.used()
	h.entries--
	emptySlot(p, i)
	h.shape++
	h.shrink(hash)
}
