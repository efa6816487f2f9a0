package operators

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// firstOf is what an aggregate has that depends only on the first of its ordered arguments (min, max). Its state in a group is a copy of the first
// entry, key ++ image, without the group's key. What has come and gone since is noted in the group's tail: changes of the multiset, in no order,
// that are brought into the index only when there are many, so that these go to the same few pages. The multiset is the index plus the tail: a
// small group is in its tail alone. It is looked into only where the first entry was taken away.
//
//	max:  state 7, tail +3 +7        +9  =>  state 9, tail +3 +7 +9        -9  =>  the first of 3, 7
//
// The tail begins with tailAlone or tailIndexed, then come changes: uvarint(length) entry varint(weight).
type firstOf struct {
	tail int // its number in the group's entry

	// The slice at hand: the entry of row i is entries[ends[i-1]:ends[i]], empty if it does not count.
	entries []byte
	ends    []int32

	lost    []int32 // groups that may have lost their first entry
	changes []tailChange
	spare   []byte
}

const (
	tailAlone   = 0 // the index has nothing of the group
	tailIndexed = 1
)

// tailChange is a change in a tail.
type tailChange struct {
	entry []byte
	w     int64
}

// note makes the entries of a slice's rows.
func (f *firstOf) note(a *aggregate, rows int) {
	v, desc := a.args[0], a.call.Fn.Desc
	f.entries, f.ends = f.entries[:0], f.ends[:0]
	for i := range rows {
		if !a.some || !a.skip.Get(i) {
			f.entries = appendKeyValue(f.entries, v, i, OrderCol{Desc: desc})
			f.entries = v.AppendImage(f.entries, i)
		}
		f.ends = append(f.ends, int32(len(f.entries)))
	}
}

func (f *firstOf) entry(row int32) []byte {
	from := int32(0)
	if row > 0 {
		from = f.ends[row-1]
	}
	return f.entries[from:f.ends[row]]
}

// improve notes rows of a group, and lets better ones take the place of the first entry. A row that goes and is not behind it may be that entry, or
// one that has come or is to come in this tick: then the group's state is found anew when the tick's change is complete.
func (a *aggregate) improve(r *Reduce, g int, s *groupState, rows []int32, w []int64) {
	f := a.first
	tail := s.tails[f.tail]
	if len(tail) == 0 {
		tail = append(tail, tailAlone)
	}
	for _, row := range rows {
		entry := f.entry(row)
		st := s.states[a.slot]
		order := -1
		if len(st) > 0 {
			order = bytes.Compare(entry, st)
		}
		switch {
		case w[row] > 0 && order < 0:
			s.states[a.slot] = append(st[:0], entry...)
		case w[row] < 0 && order <= 0:
			f.lost = append(f.lost, int32(g))
		}
		tail = appendTail(tail, entry, w[row])
	}
	if len(tail)*r.tails > tailBytes {
		tail = a.shorten(r, g, tail)
	}
	s.tails[f.tail] = tail
}

func appendTail(tail, entry []byte, w int64) []byte {
	tail = binary.AppendUvarint(tail, uint64(len(entry)))
	return binary.AppendVarint(append(tail, entry...), w)
}

// readTail gives the changes in a tail; they are parts of it.
func (f *firstOf) readTail(tail []byte) []tailChange {
	f.changes = f.changes[:0]
	for tail = tail[1:]; len(tail) > 0; {
		l, n := binary.Uvarint(tail)
		entry := tail[n : n+int(l)]
		w, k := binary.Varint(tail[n+int(l):])
		f.changes = append(f.changes, tailChange{entry, w})
		tail = tail[n+int(l)+k:]
	}
	return f.changes
}

// consolidate is a tail with its changes in order, one an entry; it begins with the least.
func (f *firstOf) consolidate(tail []byte) []byte {
	changes := f.readTail(tail)
	slices.SortFunc(changes, func(x, y tailChange) int { return bytes.Compare(x.entry, y.entry) })
	out := append(f.spare[:0], tail[0])
	for i := 0; i < len(changes); {
		w := int64(0)
		j := i
		for ; j < len(changes) && bytes.Equal(changes[j].entry, changes[i].entry); j++ {
			w += changes[j].w
		}
		if w != 0 {
			out = appendTail(out, changes[i].entry, w)
		}
		i = j
	}
	f.spare = tail
	return out
}

// shorten makes a tail short: if it is all of the group by adding up, else by moving it to the index.
func (a *aggregate) shorten(r *Reduce, g int, tail []byte) []byte {
	if tail[0] == tailAlone {
		if tail = a.first.consolidate(tail); len(tail)*r.tails <= tailBytes/2 {
			return tail
		}
	}
	return a.moveTail(r, g, tail)
}

// moveTail adds the changes of a tail to those of the index.
func (a *aggregate) moveTail(r *Reduce, g int, tail []byte) []byte {
	d := &a.x.d
	group := r.tick.keys.key(g)
	for _, c := range a.first.readTail(tail) {
		off := len(d.buf)
		d.buf = append(append(d.buf, group...), c.entry...)
		image := types.SkipKey(c.entry, a.atypes[0], a.call.Fn.Desc)
		d.push(off, len(d.buf)-off-len(image), c.w)
	}
	return append(tail[:0], tailIndexed)
}

// settleFirst finds the first entries of the groups that may have lost theirs and are all in their tails, and brings the tails of the others into
// the index, where they will be found (updateFirst).
func (r *Reduce) settleFirst(a *aggregate) {
	f, t := a.first, &r.tick
	if len(f.lost) == 0 {
		return
	}
	t.clearSlice()
	for _, g := range f.lost {
		t.again(g)
	}
	f.lost = f.lost[:0]
	r.updateWith(func(k int, s *groupState) {
		g := t.groups[k]
		tail := s.tails[f.tail]
		if tail[0] == tailIndexed {
			s.tails[f.tail] = a.moveTail(r, int(g), tail)
			f.lost = append(f.lost, g)
			return
		}
		tail = f.consolidate(tail)
		s.states[a.slot] = s.states[a.slot][:0]
		if changes := f.readTail(tail); len(changes) > 0 {
			s.states[a.slot] = append(s.states[a.slot], changes[0].entry...)
		}
		s.tails[f.tail] = tail
	})
}

// updateFirst finds the first entries in the index.
func (r *Reduce) updateFirst(a *aggregate) {
	f, t := a.first, &r.tick
	if len(f.lost) == 0 {
		return
	}
	t.clearSlice()
	for _, g := range f.lost {
		t.again(g)
	}
	f.lost = f.lost[:0]
	c := a.x.cursorOf(false)
	r.buf = r.buf[:0]
	ends := make([]int, len(t.groups))
	for k, g := range t.groups {
		key := t.keys.key(int(g))
		if c.seek(key, a.nk, false); c.next() {
			r.buf = append(r.buf, c.entry[len(key):]...)
		}
		ends[k] = len(r.buf)
	}
	r.updateWith(func(k int, s *groupState) {
		at := 0
		if k > 0 {
			at = ends[k-1]
		}
		s.states[a.slot] = append(s.states[a.slot][:0], r.buf[at:ends[k]]...)
		if ends[k] == at {
			s.tails[f.tail] = s.tails[f.tail][:0]
		}
	})
}

// Settled calls f for each entry that m, one of r's structures, would have if nothing stood in tails; it gives false if m is not one of them that
// tails concern. What it calls f for does not depend on how the groups came to be what they are.
func (r *Reduce) Settled(m storage.Map, f func(key, value []byte, weight int64)) bool {
	s := &r.state
	if r.tails > 0 && m == r.groups {
		m.Each(func(key, v []byte, w int64) {
			s.decode(v, r)
			f(key, v[:s.head], w)
		})
		return true
	}
	for _, a := range r.aggs {
		if a.first == nil || m != a.x.m {
			continue
		}
		sum := map[string]int64{}
		m.Each(func(entry, _ []byte, w int64) { sum[string(entry)] = w })
		r.groups.Each(func(group, v []byte, _ int64) {
			if s.decode(v, r); len(s.tails[a.first.tail]) == 0 {
				return
			}
			for _, c := range a.first.readTail(s.tails[a.first.tail]) {
				sum[string(group)+string(c.entry)] += c.w
			}
		})
		for entry, w := range sum {
			if w != 0 {
				f([]byte(entry), nil, w)
			}
		}
		return true
	}
	return false
}
