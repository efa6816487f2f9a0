package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/storage"
)

// cursor walks the rows of an arrangement whose key begins with a prefix, in entry order, as of New or of Old. It is reused
// from probe to probe; close it before the arrangement changes again.
type cursor struct {
	a *Arranged
	// change is what New has over Old. With a bound, stored entries beyond it do not exist (a scan has not come to them).
	change  *delta
	bounded bool
	bound   []byte

	// The current row; valid until the next call. In a multiset, entry is key ++ image; in a table, the key.
	entry  []byte
	image  []byte
	weight int64

	it       storage.Iterator
	prefix   []byte
	within   keyRange // of entries with the prefix, those to visit; to nil: all
	klen     int      // of the key, where the prefix is a whole key; else -1
	started  bool     // the first stored entry was looked for
	ahead    bool     // a stored entry is at hand that next did not return
	ended    bool     // there are no more stored entries
	di, dend int      // Old: the part of the change with this prefix

	atEntry, atImage []byte // the stored entry at hand
	atWeight         int64
	keyed            *keyedRow // images are made of the key; nil: they are not
}

// seek begins a walk over the rows whose key begins with prefix, which is the key of the first n columns.
func (c *cursor) seek(prefix []byte, n int, old bool) {
	c.prefix = append(c.prefix[:0], prefix...)
	c.klen = -1
	if n == len(c.a.Key) {
		c.klen = len(prefix)
	}
	c.started, c.ahead, c.ended = false, false, false
	c.di, c.dend = 0, 0
	c.within = keyRange{}
	if old {
		c.di, c.dend = c.change.find(prefix)
	}
}

// seekRange is seek for the entries in a range among those with the prefix, which is not a whole key.
func (c *cursor) seekRange(prefix []byte, n int, old bool, r keyRange) {
	c.seek(prefix, n, old)
	c.within = r
	c.di, c.dend = c.change.between(c.di, c.dend, r)
}

// next moves to the next row.
func (c *cursor) next() bool {
	if c.di < c.dend {
		return c.merge()
	}
	if !c.fetch() {
		return false
	}
	c.ahead = false
	c.entry, c.image, c.weight = c.atEntry, c.atImage, c.atWeight
	return true
}

// merge is next for Old: the stored entries without the change.
func (c *cursor) merge() bool {
	for {
		stored := c.fetch()
		if !stored && c.di == c.dend {
			return false
		}
		order := -1
		switch {
		case !stored:
			order = 1
		case c.di < c.dend:
			order = c.compare(c.di)
		}
		c.weight = 0
		if order <= 0 {
			c.ahead = false
			c.entry, c.image, c.weight = c.atEntry, c.atImage, c.atWeight
		}
		if order >= 0 {
			c.entry, c.image = c.change.full(c.di), c.change.image(c.di)
			if c.a.put {
				c.entry = c.change.key(c.di)
			}
			c.weight -= c.change.weight(c.di)
			c.di++
			for c.keyed != nil && c.di < c.dend && bytes.Equal(c.change.key(c.di), c.entry) { // what a row was and is: the same
				c.weight -= c.change.weight(c.di)
				c.di++
			}
		}
		if c.weight != 0 {
			return true
		}
	}
}

// compare orders the stored entry at hand against entry i of the change.
func (c *cursor) compare(i int) int {
	if !c.a.put {
		return bytes.Compare(c.atEntry, c.change.full(i))
	}
	if o := bytes.Compare(c.atEntry, c.change.key(i)); o != 0 || c.keyed != nil {
		return o
	}
	return bytes.Compare(c.atImage, c.change.image(i))
}

// fetch makes sure that a stored entry is at hand.
func (c *cursor) fetch() bool {
	if c.ahead {
		return true
	}
	if c.ended {
		return false
	}
	if c.a.put && c.klen >= 0 && len(c.a.Key) > 0 {
		return c.fetchPoint()
	}
	ok := false
	if c.started {
		ok = c.it.Next()
	} else {
		if c.it == nil {
			c.it = c.a.rows.Iter()
		}
		from := c.prefix
		if c.within.to != nil {
			from = c.within.from
		}
		ok = c.it.SeekGE(from)
		c.started = true
	}
	if ok {
		c.atEntry = c.it.Key()
		ok = bytes.HasPrefix(c.atEntry, c.prefix) && (c.within.to == nil || bytes.Compare(c.atEntry, c.within.to) < 0) && (!c.bounded || bytes.Compare(c.atEntry, c.bound) <= 0)
	}
	if !ok {
		c.ended = true
		return false
	}
	c.atWeight = 1
	switch {
	case c.a.put:
		if c.keyed != nil {
			c.atImage = c.keyed.image(c.a, c.atEntry)
		} else {
			c.atImage = c.a.stored(c.atEntry, c.it.Value())
		}
	case c.klen >= 0:
		c.atImage, c.atWeight = c.atEntry[c.klen:], c.it.Weight()
	default:
		_, c.atImage = c.a.split(c.atEntry, nil)
		c.atWeight = c.it.Weight()
	}
	c.ahead = true
	return true
}

// fetchPoint is fetch where the prefix is a primary key: one look-up.
func (c *cursor) fetchPoint() bool {
	c.ended = true
	if c.bounded && bytes.Compare(c.prefix, c.bound) > 0 {
		return false
	}
	v, _, ok := c.a.rows.Get(c.prefix)
	if !ok {
		return false
	}
	c.atEntry, c.atImage, c.atWeight, c.ahead = c.prefix, c.a.stored(c.prefix, v), 1, true
	return true
}

// empty tells whether no row's key begins with prefix.
func (c *cursor) empty(prefix []byte, n int, old bool) bool {
	c.seek(prefix, n, old)
	return !c.next()
}

// close gives back what the walk holds.
func (c *cursor) close() {
	if c.it != nil {
		c.it.Close()
		c.it = nil
	}
}

// Probe reads the rows of an arrangement by key, for readers other than operators (ad-hoc reads, one-row look-ups).
type Probe struct {
	c   cursor
	old bool
}

// New and Old walk the rows whose key begins with prefix, the encoded key of the first n columns (AppendKey), after and
// before this tick's change.
func (a *Arranged) New(prefix []byte, n int) *Probe { return a.probe(prefix, n, false) }
func (a *Arranged) Old(prefix []byte, n int) *Probe { return a.probe(prefix, n, true) }

func (a *Arranged) probe(prefix []byte, n int, old bool) *Probe {
	p := &Probe{c: cursor{a: a, change: &a.d}, old: old}
	p.c.seek(prefix, n, old)
	return p
}

// Seek begins again with another prefix, as of the same side.
func (p *Probe) Seek(prefix []byte, n int) { p.c.seek(prefix, n, p.old) }

// Next moves to the next row in entry order.
func (p *Probe) Next() bool { return p.c.next() }

// Image and Weight are the row's; the image is valid until the next call.
func (p *Probe) Image() []byte { return p.c.image }
func (p *Probe) Weight() int64 { return p.c.weight }

// Close ends the reading.
func (p *Probe) Close() { p.c.close() }
