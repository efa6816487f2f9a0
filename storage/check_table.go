package storage

import "fmt"

// table checks a hash table: its directory against its directory pages, each bucket, and the counts.
func (c *checker) table(t *structure) {
	h := t.hash
	if p := c.page(t.root); p != nil && kindOf(p) != kindTable {
		c.err = fmt.Errorf("page %d is no table's root", t.root)
	}
	canonical := map[uint64]uint32{}
	for k, id := range h.dirs {
		p := c.page(id)
		if p == nil {
			return
		}
		for i := range perDir {
			if b := ld32(p, dirTop+4*i); b != 0 {
				canonical[uint64(k*perDir+i)] = b
			}
		}
	}
	b := bucketChecker{c: c, h: h}
	for i := uint64(0); i <= h.mask && c.err == nil; i++ {
		first := h.bucket(i)
		l := depthOf(c.s.page(first))
		own := i & (1<<l - 1)
		switch {
		case l > h.depth || canonical[own] != first:
			c.err = fmt.Errorf("directory entry %d: page %d has depth %d of %d, canonical is %d", i, first, l, h.depth, canonical[own])
		case own != i && canonical[i] != 0:
			c.err = fmt.Errorf("directory entry %d is canonical and follows from %d", i, own)
		case own == i:
			b.byDepth[l]++
			b.buckets++
			b.bucket(i, first, l)
		}
	}
	if c.err == nil && (b.buckets != h.buckets || len(canonical) != h.buckets || b.byDepth != h.byDepth || b.cells != h.cells) {
		c.err = fmt.Errorf("table has %d buckets, %d canonical, %d bytes; it says %d and %d", b.buckets, len(canonical), b.cells, h.buckets, h.cells)
	}
}

type bucketChecker struct {
	c       *checker
	h       *table
	buckets int
	cells   int
	byDepth [maxTableDepth + 2]uint32
}

func (b *bucketChecker) bucket(index uint64, id uint32, l uint) {
	for id != 0 && b.c.err == nil {
		p := b.c.page(id)
		if p == nil {
			return
		}
		if kindOf(p) != kindBucket || depthOf(p) != l {
			b.c.err = fmt.Errorf("page %d has kind %d, depth %d", id, kindOf(p), depthOf(p))
			return
		}
		b.page(index, id, p, l)
		id = nextOf(p)
	}
}

func (b *bucketChecker) page(index uint64, id uint32, p ptr, l uint) {
	n, tombs, sum := 0, 0, 0
	for i := range slotsOf(p) {
		tag := tagAt(p, i) &^ tagMark
		if tag == 1 {
			tombs++
		}
		if tag < 2 {
			continue
		}
		n++
		c := loadCell(p, cellAt(p, i))
		sum += c.size()
		b.cells += c.used()
		key := c.key(p)
		if c.kref {
			r := loadRef(p, c.off+cellTop+8)
			b.c.blob(r)
			key = b.c.s.readBlob(nil, r)
		}
		if c.vref {
			b.c.blob(loadRef(p, c.valueOff()))
		}
		hash := b.h.hash(key)
		if hash&(1<<l-1) != index || tagOf(hash) != tag || b.h.find(p, hash, key) != i {
			b.c.err = fmt.Errorf("page %d: slot %d does not belong to bucket %d", id, i, index)
			return
		}
	}
	b.c.count += int64(n)
	if n != countOf(p) || tombs != ld16(p, offTombs) || sum+ld16(p, offGarbage)+ld16(p, offLow) != PageSize || bucketHole(p) < 0 {
		b.c.err = fmt.Errorf("page %d: %d entries, %d tombstones, cells %d, garbage %d, low %d", id, n, tombs, sum, ld16(p, offGarbage), ld16(p, offLow))
	}
}
