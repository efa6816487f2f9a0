package operators

import (
	"bytes"
	"sort"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
)

// delta is the consolidated change of one tick to an indexed relation, sorted by entry: the key, then the row's image.
// Until seal it collects.
type delta struct {
	buf  []byte
	ents []entry

	sorted []entry // scratch of sort
	marks  [2][]mark
}

// entry is a changed entry: bytes off to off+n of the buffer, the first klen of which are its key.
type entry struct {
	head uint64 // set by sort: the eight bytes behind what all entries begin with
	off  int
	n    int32
	klen int32
	w    int64
}

// keepBytes and keepRows are how much room for a tick's change is kept for the next one: a bulk load should not hold memory
// for ever in each arrangement that it passed.
const (
	keepBytes = 4 << 20
	keepRows  = 1 << 16
)

func (d *delta) reset() {
	if cap(d.buf) > keepBytes || cap(d.ents) > keepRows {
		*d = delta{}
	}
	d.buf, d.ents = d.buf[:0], d.ents[:0]
}

func (d *delta) len() int          { return len(d.ents) }
func (d *delta) full(i int) []byte { e := &d.ents[i]; return d.buf[e.off : e.off+int(e.n)] }
func (d *delta) key(i int) []byte  { e := &d.ents[i]; return d.buf[e.off : e.off+int(e.klen)] }
func (d *delta) image(i int) []byte {
	e := &d.ents[i]
	return d.buf[e.off+int(e.klen) : e.off+int(e.n)]
}
func (d *delta) weight(i int) int64 { return d.ents[i].w }

// push makes an entry of what was appended to buf since its length was off.
func (d *delta) push(off, klen int, w int64) {
	n := len(d.buf) - off
	d.ents = append(d.ents, entry{off: off, n: int32(n), klen: int32(klen), w: w})
}

// add copies an entry.
func (d *delta) add(key, image []byte, w int64) {
	off := len(d.buf)
	d.buf = append(append(d.buf, key...), image...)
	d.push(off, len(key), w)
}

// seal sorts, and adds up the weights of equal entries.
func (d *delta) seal() {
	if len(d.ents) == 0 {
		return
	}
	d.sort()
	out := d.ents[:1]
	for _, e := range d.ents[1:] {
		last := &out[len(out)-1]
		if last.head == e.head && last.n == e.n && bytes.Equal(d.buf[last.off:last.off+int(last.n)], d.buf[e.off:e.off+int(e.n)]) {
			last.w += e.w
			continue
		}
		if last.w == 0 {
			*last = e
			continue
		}
		out = append(out, e)
	}
	if out[len(out)-1].w == 0 {
		out = out[:len(out)-1]
	}
	d.ents = out
}

// find gives the entries that begin with prefix: those from lo up to hi.
func (d *delta) find(prefix []byte) (lo, hi int) {
	if len(d.ents) == 0 {
		return 0, 0
	}
	lo = sort.Search(len(d.ents), func(i int) bool { return bytes.Compare(d.full(i), prefix) >= 0 })
	for hi = lo; hi < len(d.ents) && bytes.HasPrefix(d.full(hi), prefix); hi++ {
		if hi-lo == 16 { // many: search
			return lo, hi + sort.Search(len(d.ents)-hi, func(i int) bool { return !bytes.HasPrefix(d.full(hi+i), prefix) })
		}
	}
	return lo, hi
}

// between gives those of entries lo to hi that are in a range.
func (d *delta) between(lo, hi int, r keyRange) (from, to int) {
	from = lo + sort.Search(hi-lo, func(i int) bool { return bytes.Compare(d.full(lo+i), r.from) >= 0 })
	return from, from + sort.Search(hi-from, func(i int) bool { return bytes.Compare(d.full(from+i), r.to) >= 0 })
}

// group is the end of the run of entries with the key of entry i.
func (d *delta) group(i int) int {
	k := d.key(i)
	j := i + 1
	for j < len(d.ents) && bytes.Equal(d.key(j), k) {
		j++
	}
	return j
}

// unchanged tells whether entries i and i+1 are what a row of a table was and what it is, the same as far as anybody looks at it: in cols.
func (d *delta) unchanged(i int, a *Arranged, cols Columns) bool {
	if cols == nil || !a.put || i+1 >= len(d.ents) || d.weight(i)+d.weight(i+1) != 0 || !bytes.Equal(d.key(i), d.key(i+1)) {
		return false
	}
	return batch.SameIn(a.Types, cols, d.image(i), d.image(i+1))
}

// run is the end of the run of entries, from entry i on, that begin with prefix.
func (d *delta) run(i int, prefix []byte) int {
	for i < len(d.ents) && bytes.HasPrefix(d.full(i), prefix) {
		i++
	}
	return i
}

// addTo adds the sealed changes to a multiset.
func (d *delta) addTo(m storage.Map, c *storage.Changes) {
	if len(d.ents) == 0 {
		return
	}
	c.Over(d.buf)
	for i := range d.ents {
		e := &d.ents[i]
		c.AddSpan(e.off, int(e.n), 0, e.w)
	}
	d.put(m, c)
}

// put puts c, made of d's entries in their order, into m, and empties it.
func (d *delta) put(m storage.Map, c *storage.Changes) {
	if c.Len() > 0 {
		c.Sorted()
		m.Apply(c)
	}
	c.Reset()
	if len(d.ents) > keepRows {
		*c = storage.Changes{}
	}
}
