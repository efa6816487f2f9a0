package storage

// fixInner brings what became of its children into an inner page.
func (e *treeEdit) fixInner(id uint32, done []outcome) outcome {
	if len(done) == 0 {
		return outcome{page: id}
	}
	p := e.s.own(e.t, id, false)
	// From the right, so that the indexes stay good.
	for k := len(done) - 1; k >= 0; k-- {
		c := &done[k]
		if c.page == 0 {
			e.freeSeparator(p, int(c.i))
			deleteSlot(p, int(c.i))
			continue
		}
		setChild(p, int(c.i), c.page)
		for x := int(c.many) - 1; x >= 0; x-- {
			if !e.insertChild(p, int(c.i)+1, e.splits[int(c.first)+x]) {
				return e.rebuildInner(id, p, done[:k+1], x)
			}
		}
	}
	if countOf(p) == 0 {
		e.s.retire(e.t, id)
		return outcome{}
	}
	e.mergeSmall(p, done)
	return outcome{page: id, small: usedOf(p) < PageSize/4}
}

// insertChild makes slot i; false when the page has no room, or the separator not the page's prefix.
func (e *treeEdit) insertChild(p ptr, i int, x split) bool {
	sep := e.seps[x.off : x.off+x.n]
	if comparePrefix(p, sep) != 0 {
		return false
	}
	sep = sep[prefixLen(p):]
	size := len(sep) + 4
	if x.long {
		size += refSize
	}
	if holeOf(p) < size+slotSize {
		if holeOf(p)+ld16(p, offGarbage) < size+slotSize {
			return false
		}
		compact(p, e.page)
	}
	o := insertSlot(p, i, sep, x.long, size) + len(sep)
	if x.long {
		storeRef(p, o, x.rest)
		o += refSize
	}
	st32(p, o, x.page)
	st8(p, offWhole, 1) // inner pages are always written whole
	return true
}

// rebuildInner writes page p anew. It is owned and has all of done but what the last of it splits: of those, only what
// comes after the first rest+1. Of the others before it, nothing.
func (e *treeEdit) rebuildInner(id uint32, p ptr, done []outcome, rest int) outcome {
	e.cells, e.bytes = e.cells[:0], e.bytes[:0]
	for i, k, n := 0, 0, countOf(p); i < n; i++ {
		if k == len(done) || int(done[k].i) != i {
			e.keepCell(p, i)
			continue
		}
		c := &done[k]
		k++
		if c.page == 0 {
			e.freeSeparator(p, i)
			continue
		}
		setChild(p, i, c.page)
		e.keepCell(p, i)
		many := int(c.many)
		if k == len(done) {
			many = rest + 1
		}
		for _, x := range e.splits[c.first : int(c.first)+many] {
			e.addChild(x, e.seps[x.off:x.off+x.n])
		}
	}
	if len(e.cells) == 0 {
		e.s.retire(e.t, id)
		return outcome{}
	}
	return e.pack(kindInner, id, false)
}

// addChild adds an inner page's cell to those being packed.
func (e *treeEdit) addChild(x split, sep []byte) {
	at := len(e.bytes)
	e.bytes = append(e.bytes, sep...)
	if x.long {
		e.appendRef(x.rest)
	}
	e.bytes = append(e.bytes, byte(x.page), byte(x.page>>8), byte(x.page>>16), byte(x.page>>24))
	e.endCell(at, len(sep), x.long)
}

// mergeSmall joins changed children that got small with a neighbour.
func (e *treeEdit) mergeSmall(p ptr, done []outcome) {
	s := e.s
	for k := len(done) - 1; k >= 0; k-- {
		n := countOf(p)
		if n < 2 {
			return
		}
		if !done[k].small || done[k].page == 0 {
			continue
		}
		i := 0
		for i < n && childOf(p, i) != done[k].page {
			i++
		}
		if i == n {
			continue
		}
		l := max(i-1, 0)
		e.mergeChildren(p, l, s.page(childOf(p, l)), s.page(childOf(p, l+1)))
	}
}

// mergeChildren joins child l+1 of p into child l if both fit well into one page.
func (e *treeEdit) mergeChildren(p ptr, l int, a, b ptr) {
	// without their prefixes the entries may need more room, and one may get the separator between the two
	off, kl, long := slot(p, l+1)
	need := usedOf(a) + usedOf(b) + countOf(a)*prefixLen(a) + countOf(b)*prefixLen(b) + prefixLen(p) + kl + refSize
	if need > PageSize*7/8 {
		return
	}
	e.cells, e.bytes = e.cells[:0], e.bytes[:0]
	for i := range countOf(a) {
		e.keepCell(a, i)
	}
	right := childOf(p, l+1)
	if kindOf(b) == kindLeaf {
		e.freeSeparator(p, l+1)
		e.keepCell(b, 0)
	} else { // slot 0 has no key of its own
		x := split{page: childOf(b, 0), long: long}
		if long {
			x.rest = keyRef(p, l+1)
		}
		sep := append(append(e.page[:0], prefixOf(p)...), span(p, off, kl)...)
		e.freeSeparator(b, 0)
		e.addChild(x, sep)
	}
	for i := 1; i < countOf(b); i++ {
		e.keepCell(b, i)
	}
	e.s.retire(e.t, right)
	e.pack(kindOf(a), childOf(p, l), false)
	deleteSlot(p, l+1)
}
