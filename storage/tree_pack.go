package storage

func (e *treeEdit) cellKey(i int) []byte {
	c := &e.cells[i]
	return e.bytes[c.off : c.off+uint32(c.klen)]
}

// cellRef is the rest of a long key of a cell being packed.
func (e *treeEdit) cellRef(i int) ref {
	c := &e.cells[i]
	return loadRef(ptr(&e.bytes[c.off+uint32(c.klen)]), 0)
}

// pack writes e.cells to pages. The first one is page id (0: a new one), the others are split off it. appendOnly: entries
// came at the end only, as do the next ones, so pages are left full.
func (e *treeEdit) pack(kind byte, id uint32, appendOnly bool) outcome {
	limit := e.fillLimit(kind, appendOnly)
	out := outcome{page: id, first: int32(len(e.splits))}
	for i := 0; i < len(e.cells); {
		j, pl := e.fill(kind, i, limit)
		var p ptr
		switch {
		case i > 0:
			x := e.separator(kind, i)
			x.page, p = e.s.newPage(e.t)
			e.splits = append(e.splits, x)
		case id != 0:
			p = e.s.own(e.t, id, true)
		default:
			out.page, p = e.s.newPage(e.t)
		}
		if i == 0 && kind == kindInner && e.cells[0].long { // its key does not count any more
			e.s.retireBlob(e.t, e.cellRef(0))
		}
		e.writePage(p, kind, i, j, pl)
		i = j
	}
	out.many = int32(len(e.splits)) - out.first
	if out.many == 0 {
		out.small = usedOf(e.s.page(out.page)) < PageSize/4
	}
	return out
}

// fillLimit is how full pages are made: all of one, or so that the cells spread evenly over several.
func (e *treeEdit) fillLimit(kind byte, appendOnly bool) int {
	const room = PageSize - headerSize
	n := len(e.cells)
	total := 0
	for i := range e.cells {
		total += int(e.cells[i].klen) + int(e.cells[i].rest) + slotSize
	}
	first := 0
	if kind == kindInner && n > 1 {
		first = 1
	}
	shared := min(commonPrefix(e.cellKey(first), e.cellKey(n-1)), maxPrefix)
	total -= shared * (n - 1)
	if total <= room {
		return room
	}
	if appendOnly {
		return room * 15 / 16
	}
	pages := (total + room*15/16 - 1) / (room * 15 / 16)
	return min(total/pages+total/(pages*16), room)
}

// fill finds how many cells from i on go into a page, and the prefix that they share.
func (e *treeEdit) fill(kind byte, i, limit int) (j, pl int) {
	first := i // whose key counts
	if kind == kindInner {
		first = i + 1
	}
	sum := 0
	for j = i; j < len(e.cells); j++ {
		c := &e.cells[j]
		size := int(c.klen) + int(c.rest) + slotSize
		npl, keys := 0, j-first+1
		switch {
		case j < first:
			size = 4 + slotSize
			keys = 1
		case j == first:
			npl = min(int(c.klen), maxPrefix)
		default:
			npl = commonPrefix(e.cellKey(first)[:pl], e.cellKey(j))
		}
		if j > i && sum+size-npl*(keys-1) > limit {
			break
		}
		sum, pl = sum+size, npl
	}
	if j-first <= 1 {
		pl = 0 // a lone key's prefix is itself: keep the page open for neighbours
	}
	return j, pl
}

// separator is the shortest key that is greater than cell i-1 and not greater than cell i. An inner page's is the key of
// cell i itself, which goes one level up.
func (e *treeEdit) separator(kind byte, i int) split {
	x := split{off: uint32(len(e.seps))}
	b := e.cellKey(i)
	if kind == kindInner {
		if x.long = e.cells[i].long; x.long {
			x.rest = e.cellRef(i)
		}
	} else if l := commonPrefix(e.cellKey(i-1), b); l < len(b) {
		b = b[:l+1]
	} else { // they differ in the rests of long keys
		var ra []byte
		if e.cells[i-1].long {
			ra = e.s.readBlob(nil, e.cellRef(i-1))
		}
		rb := e.s.readBlob(nil, e.cellRef(i))
		x.long = true
		x.rest = e.s.writeBlob(e.t, rb[:commonPrefix(ra, rb)+1])
	}
	e.seps = append(e.seps, b...)
	x.n = uint32(len(b))
	return x
}

// writePage makes a page of cells i:j.
func (e *treeEdit) writePage(p ptr, kind byte, i, j, pl int) {
	var prefix []byte
	if pl > 0 {
		prefix = e.cellKey(j - 1)[:pl]
	}
	initPage(p, kind, prefix)
	low, o := PageSize, headerSize+pl
	for k := i; k < j; k++ {
		c := &e.cells[k]
		from, klen, long := int(c.off)+pl, int(c.klen)-pl, c.long
		end := int(c.off) + int(c.klen) + int(c.rest)
		if kind == kindInner && k == i {
			from, klen, long = end-4, 0, false
		}
		low -= end - from
		copy(span(p, low, end-from), e.bytes[from:end])
		putSlot(p, o, low, span(p, low, klen), long, 0)
		o += slotSize
	}
	st16(p, offCount, j-i)
	st16(p, offLow, low)
}
