package storage

// groupsFor is how many groups a page gets that is to hold n cells of so many bytes.
func (h *table) groupsFor(cells, n int) int {
	average := h.average
	if n > 0 {
		average = cells / n
		h.average += (average - h.average) / 8
	}
	slots := (PageSize - bucketTop) / (average + 3)
	slots = max(slots+slots/8, n+n/8+1)
	return min(255, (slots+7)/8)
}

// fits tells whether a cell of so many bytes goes into p, which it compacts if that helps.
func (h *table) fits(id uint32, p ptr, need int) bool {
	if countOf(p) >= slotsOf(p) {
		return false
	}
	if bucketHole(p) >= need {
		return true
	}
	if bucketHole(p)+ld16(p, offGarbage) >= need {
		compactBucket(h.own(id), h.spare[:], false)
		return true
	}
	sum := 0
	for i := range slotsOf(p) {
		if isTaken(tagAt(p, i)) {
			c := loadCell(p, cellAt(p, i))
			sum += c.used()
		}
	}
	if PageSize-cellOffsets(p)-2*slotsOf(p)-sum >= need+PageSize/32 {
		compactBucket(h.own(id), h.spare[:], true)
		return true
	}
	return false
}

// place finds a slot, on an owned page, for a new cell of so many bytes; the cell is still to be made.
func (h *table) place(hash uint64, need int) (id uint32, p ptr, i int) {
again:
	last := uint32(0)
	for id = h.bucket(hash); id != 0; id = nextOf(p) {
		p = h.s.page(id)
		if h.fits(id, p, need) {
			p = h.own(id)
			if ld16(p, offTombs) > slotsOf(p)/4 {
				h.rebuild(h.bucket(hash))
				goto again
			}
			return id, p, takeSlot(p, hash)
		}
		last = id
	}
	if !h.makeRoom(hash, need) {
		next, q := h.s.newPage(h.structure)
		initBucket(q, h.groupsFor(0, 0), depthOf(h.s.page(last)))
		p = h.own(last)
		st32(p, offNext, next)
		st8(p, offWhole, 1)
	}
	goto again
}

// makeRoom splits hash's bucket, or gives its page more slots; false when only an overflow page helps.
func (h *table) makeRoom(hash uint64, need int) bool {
	id := h.bucket(hash)
	p := h.s.page(id)
	if n := countOf(p); nextOf(p) == 0 && n == slotsOf(p) && n < 2040 && bucketUsed(p)+need+4*n < (PageSize-bucketTop)*7/8 {
		h.rebuild(id)
		return true
	}
	l, top := depthOf(p), h.depth
	for top < maxTableDepth && 1<<(top+1) <= 8*(h.buckets+8) {
		top++
	}
	if l >= top {
		return false
	}
	var or, and uint64 = hash, hash
	for q := id; q != 0; q = nextOf(p) {
		p = h.s.page(q)
		for i := range slotsOf(p) {
			if isTaken(tagAt(p, i)) {
				c := loadCell(p, cellAt(p, i))
				x := h.hashOf(p, &c)
				or |= x
				and &= x
			}
		}
	}
	if (or&^and)>>l&(1<<(top-l)-1) == 0 {
		return false // the same hash, as far as the directory may look
	}
	h.split(hash&(1<<l-1), l)
	return true
}

// gather copies a bucket's pages to the scratch space and retires its overflow pages.
func (h *table) gather(id uint32) {
	for first := id; id != 0; {
		p := h.s.page(id)
		h.scratch = append(h.scratch, span(p, 0, PageSize)...)
		next := nextOf(p)
		if id != first {
			h.s.retire(h.structure, id)
		}
		id = next
	}
	h.shape++
}

// gathered counts the cells in the scratch space.
func (h *table) gathered() (size, n int) {
	for o := 0; o < len(h.scratch); o += PageSize {
		q := ptr(&h.scratch[o])
		for i := range slotsOf(q) {
			if isTaken(tagAt(q, i)) {
				c := loadCell(q, cellAt(q, i))
				size += c.used()
				n++
			}
		}
	}
	return size, n
}

// scatter distributes the cells of the scratch space by one bit of their hashes (64: all to lo).
func (h *table) scatter(lo, hi ptr, bit uint) {
	for o := 0; o < len(h.scratch); o += PageSize {
		q := ptr(&h.scratch[o])
		for i := range slotsOf(q) {
			if !isTaken(tagAt(q, i)) {
				continue
			}
			c := loadCell(q, cellAt(q, i))
			hash := h.hashOf(q, &c)
			to := &lo
			if bit < 64 && hash>>bit&1 != 0 {
				to = &hi
			}
			if countOf(*to) == slotsOf(*to) || bucketHole(*to) < c.used() {
				id, p := h.s.newPage(h.structure)
				initBucket(p, h.groupsFor(0, 0), depthOf(*to))
				st32(*to, offNext, id)
				*to = p
			}
			off := putCell(*to, takeSlot(*to, hash), ld16(q, c.off+4), ld16(q, c.off+2), c.vlen)
			copy(span(*to, off+cellTop, c.klen+c.vlen), span(q, c.off+cellTop, c.klen+c.vlen))
		}
	}
	h.scratch = h.scratch[:0]
}

func (h *table) split(c uint64, l uint) {
	if l == h.depth {
		h.setDepth(l + 1)
	}
	id := h.bucket(c)
	h.gather(id)
	groups := h.groupsFor(h.gathered())
	lo := h.s.own(h.structure, id, true)
	initBucket(lo, groups, l+1)
	next, hi := h.s.newPage(h.structure)
	initBucket(hi, groups, l+1)
	h.setBucket(c+1<<l, next)
	h.point(c+1<<l, l+1, next)
	h.buckets++
	h.byDepth[l]--
	h.byDepth[l+1] += 2
	h.scatter(lo, hi, l)
}

// rebuild packs a bucket anew: fewer overflow pages, no tombstones, as many slots as its cells need.
func (h *table) rebuild(id uint32) {
	h.gather(id)
	l := depthOf(ptr(&h.scratch[0]))
	groups := h.groupsFor(h.gathered())
	p := h.s.own(h.structure, id, true)
	initBucket(p, groups, l)
	h.scatter(p, nil, 64)
}

// shrink gives space back after an entry was removed from hash's bucket.
func (h *table) shrink(hash uint64) {
	first := h.bucket(hash)
	f := h.s.page(first)
	if nextOf(f) == 0 {
		if l := depthOf(f); l > 0 && bucketUsed(f) < PageSize/4 {
			h.tryMerge(hash&(1<<l-1), l)
		}
		return
	}
	used, pages := 0, 0
	for id := first; id != 0; pages++ {
		p := h.s.page(id)
		used += bucketUsed(p) + 3*countOf(p)
		id = nextOf(p)
	}
	if used <= (PageSize-bucketTop)*(pages-1)*3/4 {
		h.rebuild(first)
	}
}

// tryMerge joins a sparse bucket with its buddy, when that is resident, as deep, and both fit well into a page.
func (h *table) tryMerge(c uint64, l uint) {
	a, b := h.bucket(c), h.bucket(c^1<<(l-1))
	if h.s.desc(b).frame == 0 {
		return
	}
	p, q := h.s.page(a), h.s.page(b)
	if depthOf(q) == l && nextOf(q) == 0 && bucketUsed(p)+bucketUsed(q)+8*(countOf(p)+countOf(q)) <= PageSize*5/8 {
		h.merge(c|1<<(l-1), l)
	}
}

// merge joins bucket c of depth l (with bit l-1 set) into its buddy.
func (h *table) merge(c uint64, l uint) {
	b := c &^ (1 << (l - 1))
	hi, lo := h.bucket(c), h.bucket(b)
	h.gather(lo)
	h.gather(hi)
	h.s.retire(h.structure, hi)
	groups := h.groupsFor(h.gathered())
	p := h.s.own(h.structure, lo, true)
	initBucket(p, groups, l-1)
	h.scatter(p, nil, 64)
	h.setBucket(c, 0)
	h.point(c, l, lo)
	h.buckets--
	h.byDepth[l] -= 2
	h.byDepth[l-1]++
	for h.depth > 0 && h.byDepth[h.depth] == 0 && (h.depth < 6 || h.byDepth[h.depth-1] < 1<<h.depth/8) {
		for i := uint64(1) << (h.depth - 1); i <= h.mask; i++ {
			*h.at(i) = 0
		}
		h.setDepth(h.depth - 1)
	}
}
