package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// index is an arrangement inside an operator: a multiset of key ++ image with the tick's change, errors aside. The operator
// collects by its Step, calls apply and works by Old and New, then reset.
type index struct {
	Arranged
	m       storage.Map
	changes storage.Changes
	old     cursor
	now     cursor
}

func newIndex(ts []types.Type, key []OrderCol, m storage.Map) *index {
	x := &index{m: m}
	x.Arranged = Arranged{Types: ts, Key: key, rows: m}
	x.old = cursor{a: &x.Arranged, change: &x.d}
	x.now = cursor{a: &x.Arranged, change: &x.d}
	return x
}

// collectRows adds a slice to the tick's change; error rows are the caller's.
func (x *index) collectRows(in *batch.Batch) {
	for i, w := range in.W {
		x.collectRow(in, i, w)
	}
}

// collectKey adds an entry of a key and the image of some columns.
func (x *index) collectKey(key []byte, in *batch.Batch, i int, cols []int) {
	off := len(x.d.buf)
	x.d.buf = append(x.d.buf, key...)
	x.d.buf = in.AppendImage(x.d.buf, i, cols)
	x.d.push(off, len(key), in.W[i])
}

// apply brings the stored multiset up to the tick.
func (x *index) apply() {
	x.d.seal()
	x.d.addTo(x.m, &x.changes)
}

// cursorOf is the cursor for Old or New.
func (x *index) cursorOf(old bool) *cursor {
	if old {
		return &x.old
	}
	return &x.now
}

// total is the number of rows, copies counted, whose key is key.
func (x *index) total(key []byte, old bool) (n int64) {
	c := x.cursorOf(old)
	c.seek(key, len(x.Key), old)
	for c.next() {
		n += c.weight
	}
	return n
}

// first finds the first row, old or new, whose key begins with prefix, of n columns.
func (x *index) first(prefix []byte, n int, old bool) (image []byte, ok bool) {
	c := x.cursorOf(old)
	c.seek(prefix, n, old)
	if !c.next() {
		return nil, false
	}
	return c.image, true
}

// reset ends the tick.
func (x *index) reset() {
	x.old.close()
	x.now.close()
	x.d.reset()
}
