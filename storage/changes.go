package storage

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/streamsql/streamsql/sqlerr"
)

// MaxEntry is the most bytes that a key, and that a value, may have.
const MaxEntry = 64 << 20

// CheckEntry refuses what is too long to be stored (54000). Whoever lets keys and values in asks it; Apply cannot fail.
func CheckEntry(key, value []byte) error {
	if len(key) > MaxEntry || len(value) > MaxEntry {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "row is too big: size %d, maximum size %d", max(len(key), len(value)), MaxEntry)
	}
	return nil
}

// Changes is a batch of changes without pointers: the key bytes, value bytes and weights in one arena. The zero value is
// an empty batch.
type Changes struct {
	arena    []byte
	list     []change
	borrowed bool // the arena is the caller's
	sorted   bool
	distinct bool
}

// change is one change; key and value lie one after the other in the arena.
type change struct {
	order      uint64 // eight bytes of the key, or its hash
	off        uint64
	klen, vlen uint32
	weight     int64
}

// Add adds a change. Multiset: weight is added to the entry key, and value must be nil. Put: weight > 0 stores value,
// weight < 0 deletes; of several changes of a key the last one counts.
func (c *Changes) Add(key, value []byte, weight int64) {
	off := len(c.arena)
	c.arena = append(c.arena, key...)
	c.arena = append(c.arena, value...)
	if len(key)+len(value) == 0 {
		c.arena = append(c.arena, 0) // offsets tell the order in which changes were added
	}
	c.list = append(c.list, change{off: uint64(off), klen: uint32(len(key)), vlen: uint32(len(value)), weight: weight})
}

// Len is the number of changes; Key, Value and Weight are those of the i-th one added.
func (c *Changes) Len() int           { return len(c.list) }
func (c *Changes) Key(i int) []byte   { return c.key(&c.list[i]) }
func (c *Changes) Value(i int) []byte { return c.value(&c.list[i]) }
func (c *Changes) Weight(i int) int64 { return c.list[i].weight }

// Size is the number of bytes of all keys and values.
func (c *Changes) Size() int { return len(c.arena) }

// Reset empties the batch and keeps its memory.
func (c *Changes) Reset() {
	if c.borrowed {
		c.arena, c.borrowed = nil, false
	}
	c.arena, c.list, c.sorted, c.distinct = c.arena[:0], c.list[:0], false, false
}

// Over makes c an empty batch of changes that lie in arena already: AddSpan adds them, and nothing is copied. The caller
// leaves arena alone until Reset.
func (c *Changes) Over(arena []byte) {
	c.Reset()
	c.arena, c.borrowed = arena, true
}

// AddSpan is Add of the key at off in the arena of Over, and the value that follows it.
func (c *Changes) AddSpan(off, klen, vlen int, weight int64) {
	c.list = append(c.list, change{off: uint64(off), klen: uint32(klen), vlen: uint32(vlen), weight: weight})
}

// Sorted promises that the changes were added in ascending order of their keys, one a key: a tree takes them as they are.
func (c *Changes) Sorted() { c.sorted = true }

// Distinct promises that no key was added twice: a table does not look for such keys.
func (c *Changes) Distinct() { c.distinct = true }

func (c *Changes) key(e *change) []byte { return c.arena[e.off : e.off+uint64(e.klen)] }
func (c *Changes) value(e *change) []byte {
	o := e.off + uint64(e.klen)
	return c.arena[o : o+uint64(e.vlen)]
}

// sorted is a batch on its way into a structure: a copy of the list, in the structure's order, a change a key.
type sorted struct {
	arena []byte
	list  []change
	spare []change
	seen  []int32
}

func (b *sorted) key(e *change) []byte { return b.arena[e.off : e.off+uint64(e.klen)] }
func (b *sorted) value(e *change) []byte {
	o := e.off + uint64(e.klen)
	return b.arena[o : o+uint64(e.vlen)]
}

// take copies c's list; the arena is shared.
func (b *sorted) take(c *Changes) {
	b.arena = c.arena
	b.list = append(b.list[:0], c.list...)
}

// byKey sorts by key, changes of one key in the order in which they were added.
func (b *sorted) byKey() {
	skip := b.setOrder()
	if len(b.list) <= 256 {
		slices.SortFunc(b.list, func(x, y change) int {
			if x.order != y.order {
				return cmp.Compare(x.order, y.order)
			}
			return b.compareRest(&x, &y, skip)
		})
		return
	}
	b.radix()
	for i := 0; i < len(b.list); {
		j := i + 1
		for j < len(b.list) && b.list[j].order == b.list[i].order {
			j++
		}
		if j-i > 1 {
			slices.SortFunc(b.list[i:j], func(x, y change) int { return b.compareRest(&x, &y, skip) })
		}
		i = j
	}
}

func (b *sorted) compareRest(x, y *change, skip int) int {
	if c := bytes.Compare(b.key(x)[skip:], b.key(y)[skip:]); c != 0 {
		return c
	}
	return cmp.Compare(x.off, y.off)
}

// setOrder takes the eight bytes behind what all keys share as the first thing to sort by.
func (b *sorted) setOrder() (skip int) {
	if len(b.list) == 0 {
		return 0
	}
	first := b.key(&b.list[0])
	skip = len(first)
	for i := 1; i < len(b.list) && skip > 0; i++ {
		k := b.key(&b.list[i])
		skip = min(skip, len(k))
		if !bytes.Equal(k[:skip], first[:skip]) {
			skip = commonPrefix(k[:skip], first[:skip])
		}
	}
	for i := range b.list {
		e := &b.list[i]
		e.order = eightBytes(b.key(e)[skip:])
	}
	return skip
}

func eightBytes(k []byte) uint64 {
	if len(k) >= 8 {
		return binary.BigEndian.Uint64(k)
	}
	var t [8]byte
	copy(t[:], k)
	return binary.BigEndian.Uint64(t[:])
}

// radix sorts by order: one pass over the highest bits that vary, then a comparison sort of what fell together.
func (b *sorted) radix() {
	n := len(b.list)
	if cap(b.spare) < n {
		b.spare = make([]change, n+n/4)
	}
	in, out := b.list, b.spare[:n]
	var or, and uint64 = 0, ^uint64(0)
	for i := range in {
		or |= in[i].order
		and &= in[i].order
	}
	diff := or &^ and
	if diff == 0 {
		return
	}
	digits := 8
	for 1<<digits < n && digits < 13 {
		digits++
	}
	shift := max(bits.Len64(diff)-digits, 0)
	mask := uint64(1)<<digits - 1
	var ends [1<<13 + 1]uint32
	for i := range in {
		ends[in[i].order>>shift&mask+1]++
	}
	for i := 1; i <= int(mask)+1; i++ {
		ends[i] += ends[i-1]
	}
	for i := range in {
		k := in[i].order >> shift & mask
		out[ends[k]] = in[i]
		ends[k]++
	}
	start := 0
	for k := 0; k <= int(mask); k++ {
		end := int(ends[k])
		sortByOrder(out[start:end])
		start = end
	}
	b.list, b.spare = out, in[:cap(in)]
}

func sortByOrder(l []change) {
	if len(l) > 24 {
		slices.SortFunc(l, func(x, y change) int { return cmp.Compare(x.order, y.order) })
		return
	}
	for i := 1; i < len(l); i++ {
		x := l[i]
		j := i
		for ; j > 0 && l[j-1].order > x.order; j-- {
			l[j] = l[j-1]
		}
		l[j] = x
	}
}

// consolidate joins the changes of a key in a sorted list: weights add up, or the last put wins.
func (b *sorted) consolidate(put bool) {
	l := b.list
	o := 0
	for i := range l {
		if o > 0 && l[o-1].order == l[i].order && bytes.Equal(b.key(&l[o-1]), b.key(&l[i])) {
			if put {
				l[o-1] = l[i]
			} else {
				l[o-1].weight += l[i].weight
			}
			continue
		}
		l[o] = l[i]
		o++
	}
	b.list = l[:o]
}
