package operators

import (
	"encoding/binary"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
)

// groupTick is what a tick has touched: the groups, numbered, with their entries before the tick and now. A slice's rows are
// sorted by group, so that each group's entry is decoded and encoded once per slice.
type groupTick struct {
	keys  keyTable
	spans []groupSpan
	arena []byte

	// The slice at hand: its groups (their numbers), and the rows of the i-th, rows[ends[i-1]:ends[i]].
	groups  []int32
	of      []int32 // by row: the index in groups
	ends    []int32
	rows    []int32
	mark    []int32 // by group: its index in groups + 1
	changes storage.Changes
	key     []byte
}

// groupSpan locates in the arena a group's entry before the tick and now, without tails, and the image of its key; length -1: none.
type groupSpan struct {
	old, now, image  int
	nold, nnow, nimg int32
}

func (t *groupTick) old(g int) []byte   { return t.span(t.spans[g].old, t.spans[g].nold) }
func (t *groupTick) now(g int) []byte   { return t.span(t.spans[g].now, t.spans[g].nnow) }
func (t *groupTick) image(g int) []byte { return t.span(t.spans[g].image, t.spans[g].nimg) }

func (t *groupTick) span(off int, n int32) []byte {
	if n < 0 {
		return nil
	}
	return t.arena[off : off+int(n)]
}

func (t *groupTick) put(b []byte) (off int, n int32) {
	off = len(t.arena)
	t.arena = append(t.arena, b...)
	return off, int32(len(b))
}

func (t *groupTick) reset() {
	t.keys.reset()
	t.spans, t.arena = t.spans[:0], t.arena[:0]
	t.clearSlice()
	t.mark = t.mark[:0]
}

func (t *groupTick) clearSlice() {
	for _, g := range t.groups {
		t.mark[g] = 0
	}
	t.groups, t.of, t.ends, t.rows = t.groups[:0], t.of[:0], t.ends[:0], t.rows[:0]
}

// touch finds the group of a key and makes it one of the slice's; it gives the index there.
func (t *groupTick) touch(r *Reduce, key []byte, in *batch.Batch, row int) int32 {
	g, fresh := t.keys.add(key)
	if fresh {
		s := groupSpan{nold: -1, nnow: -1, nimg: -1}
		if in != nil {
			s.image = len(t.arena)
			t.arena = in.AppendImage(t.arena, row, r.spec.Keys)
			s.nimg = int32(len(t.arena) - s.image)
		}
		t.spans = append(t.spans, s)
		t.mark = append(t.mark, 0)
	}
	t.again(int32(g))
	return t.mark[g] - 1
}

// again makes a group that the tick has touched one of the slice's.
func (t *groupTick) again(g int32) {
	if t.mark[g] == 0 {
		t.groups = append(t.groups, g)
		t.mark[g] = int32(len(t.groups))
	}
}

// assign sorts the rows of a slice by group.
func (t *groupTick) assign(r *Reduce, in *batch.Batch) {
	t.clearSlice()
	for i := range in.W {
		t.key = in.AppendKey(t.key[:0], i, r.spec.Keys)
		t.of = append(t.of, t.touch(r, t.key, in, i))
		if r.images != nil {
			r.images.collectKey(t.key, in, i, r.spec.Keys)
		}
	}
	t.sortRows()
}

// sortRows fills rows and ends from of.
func (t *groupTick) sortRows() {
	n := len(t.groups)
	t.ends = append(t.ends[:0], make([]int32, n)...)
	for _, k := range t.of {
		t.ends[k]++
	}
	sum := int32(0)
	for k := range n {
		t.ends[k], sum = sum, sum+t.ends[k]
	}
	t.rows = append(t.rows[:0], t.of...)
	for i, k := range t.of {
		t.rows[t.ends[k]] = int32(i)
		t.ends[k]++
	}
}

// update brings the entries of the slice's groups up to its rows.
func (r *Reduce) update(w []int64) {
	r.updateWith(func(k int, s *groupState) {
		for _, row := range r.rowsOf(k) {
			s.count += w[row]
		}
		for _, a := range r.aggs {
			if a.slot >= 0 && !a.distinct && a.call.Fn.Ordered == nil {
				a.add(r, k, s, w)
			}
		}
	})
}

func (r *Reduce) rowsOf(k int) []int32 {
	t := &r.tick
	if len(t.rows) == 0 {
		return nil
	}
	lo := int32(0)
	if k > 0 {
		lo = t.ends[k-1]
	}
	return t.rows[lo:t.ends[k]]
}

// groupState is a group's entry, decoded: count of rows, the states of its aggregates, and behind them, as nothing is shown of them, the tails of
// some.
type groupState struct {
	count  int64
	states [][]byte
	tails  [][]byte
	head   int // bytes of the entry before the tails
	buf    []byte
}

// tailStep is what the length of an entry with tails is a multiple of.
const tailStep = 32

func (s *groupState) decode(v []byte, r *Reduce) {
	for len(s.states) < r.slots {
		s.states = append(s.states, nil)
	}
	for len(s.tails) < r.tails {
		s.tails = append(s.tails, nil)
	}
	if len(v) == 0 {
		s.count, s.head = 0, 0
		for i := range s.states {
			s.states[i] = s.states[i][:0]
		}
		for i := range s.tails {
			s.tails[i] = s.tails[i][:0]
		}
		return
	}
	whole := len(v)
	n, k := binary.Varint(v)
	s.count, v = n, v[k:]
	for i := range r.slots {
		v = decodePart(&s.states[i], v)
	}
	s.head = whole - len(v)
	for i := range r.tails {
		v = decodePart(&s.tails[i], v)
	}
}

// decodePart copies a part with its length before it; it gives what follows.
func decodePart(to *[]byte, v []byte) (rest []byte) {
	l, k := binary.Uvarint(v)
	v = v[k:]
	*to = append((*to)[:0], v[:l]...)
	return v[l:]
}

// view is decode for reading only, and without tails: the states are parts of v.
func (s *groupState) view(v []byte, slots int) {
	n, k := binary.Varint(v)
	s.count, v, s.states = n, v[k:], s.states[:0]
	for range slots {
		l, k := binary.Uvarint(v)
		v = v[k:]
		s.states = append(s.states, v[:l:l])
		v = v[l:]
	}
}

func (s *groupState) encode() []byte {
	s.buf = binary.AppendVarint(s.buf[:0], s.count)
	for _, st := range s.states {
		s.buf = binary.AppendUvarint(s.buf, uint64(len(st)))
		s.buf = append(s.buf, st...)
	}
	s.head = len(s.buf)
	for _, t := range s.tails {
		s.buf = binary.AppendUvarint(s.buf, uint64(len(t)))
		s.buf = append(s.buf, t...)
	}
	if len(s.tails) > 0 { // so that it grows in place, but now and then
		var pad [tailStep]byte
		s.buf = append(s.buf, pad[:-len(s.buf)&(tailStep-1)]...)
	}
	return s.buf
}

// updateWith calls f for each group of the slice with its state, and stores what f made of it.
func (r *Reduce) updateWith(f func(k int, s *groupState)) {
	t := &r.tick
	t.changes.Reset()
	for _, g := range t.groups {
		t.changes.Add(t.keys.key(int(g)), nil, 1)
	}
	t.changes.Distinct()
	s := &r.state
	r.groups.Update(&t.changes, func(k int, old []byte) []byte {
		sp := &t.spans[t.groups[k]]
		s.decode(old, r)
		if sp.nnow < 0 && old != nil { // the first time in this tick
			sp.old, sp.nold = t.put(old[:s.head])
		}
		f(k, s)
		v := s.encode()
		if sp.nnow == int32(s.head) {
			copy(t.arena[sp.now:], v[:s.head])
		} else {
			sp.now, sp.nnow = t.put(v[:s.head])
		}
		return v
	})
}
