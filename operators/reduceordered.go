package operators

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// place is where a rank of a group's ordered multiset is: in the entry that stands there, without the group's key, before which
// there are that many rows.
type place struct {
	before int64
	entry  []byte
}

// errRank is a multiset and a count of it that do not agree.
var errRank = errors.New("operators: a group has fewer rows than were counted")

// updateOrdered brings the places of an ordered-set aggregate up to the tick. A rank moves by as many rows as came and went, at most, so that
// going there from where it was costs in proportion to the change, once the place is found in the tree:
//
//	rank 1 of  10 [20] 30   +5     =>  [10]: 20 had one row before it and now has two, one step back
//	rank 1 of  5 [10] 20 30 -5 -10 =>  [30]: the first behind 10 is 20, with none before it, one step on
//
// The state in the group's entry is the number of rows and each rank's place.
func (r *Reduce) updateOrdered(a *aggregate) error {
	t := &r.tick
	t.clearSlice()
	d := &a.x.d
	if d.len() == 0 {
		return nil
	}
	it := a.x.m.Iter()
	defer it.Close()
	r.buf = r.buf[:0]
	var ends []int
	for i := 0; i < d.len(); {
		key := d.key(i)
		group := key[:len(key)-len(skipKey(key, a.x.Types, a.x.Key, a.nk))]
		end := d.run(i, group)
		k := t.touch(r, group, nil, 0)
		s := &r.shown
		s.view(t.now(int(t.groups[k])), r.slots)
		var err error
		if r.buf, err = a.move(r.buf, s.states[a.slot], it, group, i, end); err != nil {
			return err
		}
		ends = append(ends, len(r.buf))
		i = end
	}
	r.updateWith(func(k int, s *groupState) {
		at := 0
		if k > 0 {
			at = ends[k-1]
		}
		s.states[a.slot] = append(s.states[a.slot][:0], r.buf[at:ends[k]]...)
	})
	return nil
}

// move appends the state of a group after entries lo to hi of the change.
func (a *aggregate) move(dst, state []byte, it storage.Iterator, group []byte, lo, hi int) ([]byte, error) {
	n, places := decodePlaces(state)
	d := &a.x.d
	for i := lo; i < hi; i++ {
		n += d.weight(i)
	}
	if n <= 0 {
		return dst, nil
	}
	ranks := a.call.Fn.Ordered.Ranks(n)
	if len(places) == 0 {
		places = make([]place, len(ranks))
	}
	dst = binary.AppendVarint(dst, n)
	for k, rank := range ranks {
		p := places[k]
		for i := lo; i < hi; i++ {
			if bytes.Compare(d.full(i)[len(group):], p.entry) < 0 {
				p.before += d.weight(i)
			}
		}
		if err := p.goTo(rank, it, group); err != nil {
			return nil, err
		}
		dst = binary.AppendUvarint(dst, uint64(p.before))
		dst = binary.AppendUvarint(dst, uint64(len(p.entry)))
		dst = append(dst, p.entry...)
	}
	return dst, nil
}

// goTo walks from the place, the entry of which may be gone, to that of a rank.
func (p *place) goTo(rank int64, it storage.Iterator, group []byte) error {
	from := slices.Concat(group, p.entry)
	in := func(ok bool) bool { return ok && bytes.HasPrefix(it.Key(), group) }
	if !in(it.SeekGE(from)) {
		if !in(it.SeekLT(from)) {
			return errRank
		}
		p.before -= it.Weight()
	}
	for rank < p.before {
		if !in(it.Prev()) {
			return errRank
		}
		p.before -= it.Weight()
	}
	for rank >= p.before+it.Weight() {
		p.before += it.Weight()
		if !in(it.Next()) {
			return errRank
		}
	}
	p.entry = bytes.Clone(it.Key()[len(group):])
	return nil
}

func decodePlaces(state []byte) (n int64, places []place) {
	if len(state) == 0 {
		return 0, nil
	}
	n, k := binary.Varint(state)
	for state = state[k:]; len(state) > 0; {
		before, k := binary.Uvarint(state)
		size, l := binary.Uvarint(state[k:])
		state = state[k+l:]
		places = append(places, place{int64(before), state[:size]})
		state = state[size:]
	}
	return n, places
}

// pick is the aggregate's value by its state.
func (a *aggregate) pick(state []byte) (types.Datum, error) {
	n, places := decodePlaces(state)
	a.row.Reset()
	for _, p := range places {
		if _, err := a.row.AppendFromImage(types.SkipKey(p.entry, a.atypes[0], a.call.Fn.Desc), 1); err != nil {
			return types.Null, err
		}
	}
	values := make([]types.Datum, len(places))
	for i := range values {
		values[i] = a.row.Cols[0].Datum(i)
	}
	return a.call.Fn.Ordered.Pick(n, values)
}

// newOften is the index of how often each value of x occurs in its group, most often first.
func newOften(x *index, nk int, m storage.Map) *index {
	ts := slices.Concat(x.Types[:nk], []types.Type{types.Of(types.Int8)}, x.Types[nk:])
	key := append(Ascending(allCols(nk)), OrderCol{Col: nk, Desc: true}, OrderCol{Col: nk + 1, Desc: x.Key[nk].Desc})
	return newIndex(ts, key, m)
}

// updateOften counts the values anew that came or went.
func (a *aggregate) updateOften() {
	d := &a.x.d
	for i := 0; i < d.len(); i = d.group(i) {
		key := d.key(i)
		a.countOften(key, true, -1)
		a.countOften(key, false, 1)
	}
	a.often.apply()
}

// countOften adds, w times, the entry of a value as it was or is, if it was or is there; its smallest image shows.
func (a *aggregate) countOften(key []byte, old bool, w int64) {
	n := a.x.total(key, old)
	if n == 0 {
		return
	}
	image, _ := a.x.first(key, len(a.x.Key), old)
	value := skipKey(key, a.x.Types, a.x.Key, a.nk)
	d := &a.often.d
	off := len(d.buf)
	d.buf = append(d.buf, key[:len(key)-len(value)]...)
	d.buf = types.AppendKey(d.buf, types.Of(types.Int8), types.NewInt(n), true, false)
	d.buf = append(d.buf, value...)
	klen := len(d.buf) - off
	d.buf = append(d.buf, image...)
	d.push(off, klen, w)
}

// mode is the value that occurs most often in a group.
func (a *aggregate) mode(key []byte, old bool) (types.Datum, error) {
	image, ok := a.often.first(key, a.nk, old)
	if !ok {
		return a.call.Fn.Empty, nil
	}
	a.row.Reset()
	if _, err := a.row.AppendFromImage(image, 1); err != nil {
		return types.Null, err
	}
	return a.row.Cols[0].Datum(0), nil
}
