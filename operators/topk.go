package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// TopKSpec describes a top-k: per value of the Partition columns the rows Offset to Offset+Limit in the order Order, then
// by the image of the whole row. Limit < 0: all from Offset on. WithTies: also what is equal to the last row in Order.
type TopKSpec struct {
	Partition     []int
	Order         []OrderCol
	Limit, Offset int64
	WithTies      bool
}

// TopK keeps a window of each partition's ordered rows. The window is the difference of two heads, the first
// Offset+Limit rows without the first Offset ones:
//
//	out = head(Offset+Limit) - head(Offset);  d out = d head(Offset+Limit) - d head(Offset)
//
// Of each head its last row is kept, so that a change behind it costs a comparison, and one before it a step of the
// boundary per row that moves, never a walk over the window.
//
// A row that failed could have pushed any other of its partition out of the window: its error knows the partition and nothing else.
//
//	limit 2, order a:  +5 +7 -> +5 +7    +6 -> +6 -7    -5 -> -5 +7
type TopK struct {
	spec  TopKSpec
	x     *index
	heads storage.Map // partition key -> the heads' boundaries
	ts    []types.Type
	np    int

	lo, hi  headState
	it      storage.Iterator
	part    []byte // the partition at hand
	change  delta  // of the output
	changes storage.Changes
	buf     []byte
	out     *batch.Batch
}

// NewTopK makes the operator for rows of types ts. Roles: rows, heads.
func NewTopK(ts []types.Type, s TopKSpec, maps Maps) *TopK {
	key := append(Ascending(s.Partition), s.Order...)
	return &TopK{
		spec: s, ts: ts, np: len(s.Partition), out: batch.New(ts, 0),
		x:     newIndex(ts, key, maps("rows", specRows)),
		heads: maps("heads", specHash),
	}
}

func (o *TopK) Name() string { return "top-k" }

func (o *TopK) Step(_ int, in *batch.Batch, out Out) error {
	o.x.collectRows(in)
	return passErrsOf(in, o.spec.Partition, out)
}

func (o *TopK) Finish(out Out) error {
	o.x.apply()
	defer o.x.reset()
	d := &o.x.d
	if d.len() == 0 {
		return nil
	}
	o.changes.Reset()
	o.it = o.x.m.Iter()
	defer o.it.Close()
	for i := 0; i < d.len(); {
		k := d.key(i)
		o.part = append(o.part[:0], k[:len(k)-len(skipKey(k, o.ts, o.x.Key, o.np))]...)
		end := d.run(i, o.part)
		o.change.reset()
		if o.spec.WithTies {
			o.recompute()
		} else {
			o.move(i, end)
		}
		o.change.seal()
		for c := range o.change.ents {
			if err := appendBounded(o.out, o.change.image(c), o.change.weight(c), out); err != nil {
				return err
			}
		}
		i = end
	}
	o.heads.Apply(&o.changes)
	return flush(o.out, out)
}

// move brings a partition's heads up to the changes i to end.
func (o *TopK) move(i, end int) {
	v, _, _ := o.heads.Get(o.part)
	v = o.lo.decode(v, o.part)
	o.hi.decode(v, o.part)
	o.buf = o.buf[:0]
	if o.spec.Offset > 0 && o.spec.Limit != 0 {
		o.step(&o.lo, o.spec.Offset, -1, i, end)
	}
	switch {
	case o.spec.Limit > 0:
		o.step(&o.hi, o.spec.Offset+o.spec.Limit, 1, i, end)
	case o.spec.Limit < 0:
		for ; i < end; i++ {
			o.emit(&o.x.d, i, o.x.d.weight(i))
		}
	}
	if o.lo.n == 0 && o.hi.n == 0 {
		o.changes.Add(o.part, nil, -1)
		return
	}
	o.buf = o.lo.encode(o.buf, len(o.part))
	o.buf = o.hi.encode(o.buf, len(o.part))
	o.changes.Add(o.part, o.buf, 1)
}

// emit adds an entry of d to the output's change.
func (o *TopK) emit(d *delta, i int, w int64) { o.change.add(d.key(i), d.image(i), w) }

// emitAt adds the stored entry at the iterator.
func (o *TopK) emitAt(w int64) {
	key, image := o.x.split(o.it.Key(), nil)
	o.change.add(key, image, w)
}

// recompute emits the difference of the windows old and new: ties have no place in a head.
func (o *TopK) recompute() {
	if o.spec.Limit == 0 {
		return
	}
	o.window(&o.x.old, true, -1)
	o.window(&o.x.now, false, 1)
}

func (o *TopK) window(c *cursor, old bool, sign int64) {
	c.seek(o.part, o.np, old)
	end := o.spec.Offset + o.spec.Limit
	o.buf = o.buf[:0]
	for pos := int64(0); c.next(); pos += c.weight {
		key := c.entry[:len(c.entry)-len(c.image)]
		if o.spec.Limit > 0 && pos >= end && !bytes.Equal(key, o.buf) {
			return
		}
		if pos+c.weight >= end && pos < end {
			o.buf = append(o.buf[:0], key...)
		}
		if n := pos + c.weight - max(pos, o.spec.Offset); n > 0 {
			o.change.add(key, c.image, sign*n)
		}
	}
}
