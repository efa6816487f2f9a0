package operators

import (
	"bytes"
	"container/heap"

	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// rounds are those of a recursive query that have something to do in a tick.
type rounds struct {
	by     map[int64]*round
	order  roundHeap
	unused []*round
}

// round is what there is to do in one.
type round struct {
	derived delta // changes of how often rows were derived
	visits  []int // rows, by their number among those met, to look at beside these
}

// at is a round to be, which is made if there is none.
func (s *rounds) at(l int64) *round {
	if r := s.by[l]; r != nil {
		return r
	}
	if s.by == nil {
		s.by = make(map[int64]*round)
	}
	r := new(round)
	if n := len(s.unused); n > 0 {
		r, s.unused = s.unused[n-1], s.unused[:n-1]
	}
	s.by[l] = r
	heap.Push(&s.order, l)
	return r
}

// next takes the first round; nil: there is none.
func (s *rounds) next() (l int64, r *round) {
	if len(s.order) == 0 {
		return 0, nil
	}
	l = heap.Pop(&s.order).(int64)
	r = s.by[l]
	delete(s.by, l)
	return l, r
}

// free gives a round's memory to others; that of many is left to the collector.
func (s *rounds) free(r *round) {
	if len(s.unused) < 4 {
		r.derived.reset()
		r.visits = r.visits[:0]
		s.unused = append(s.unused, r)
	}
}

type roundHeap []int64

func (h roundHeap) Len() int           { return len(h) }
func (h roundHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h roundHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *roundHeap) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *roundHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// reachedRows is how often each row of a UNION was derived in each round: entries key ++ round ++ image, the weight is how often. A row shows in the
// first of its rounds, with the smallest image that it has there.
type reachedRows struct {
	m   storage.Map
	key []OrderCol
	it  storage.Iterator
	c   storage.Changes

	image []byte

	// The rows met in this tick, by number.
	met   keyTable
	rows  []metRow
	arena []byte
}

// metRow is what a row was before the tick.
type metRow struct {
	round    int64 // -1: it was not there
	from, to int   // its image, in the arena
	looked   int64 // the last round in which it was looked at
	moved    bool  // it does not show as it did
}

// round takes in what was derived in a round, all before it being final, and emits how the rows that show in it change. What is still to be seen to
// of a row in a later round is noted.
func (s *reachedRows) round(l int64, now *round, later *rounds, emit func(image []byte, w int64) error) error {
	defer s.close()
	d := &now.derived
	for i := 0; i < d.len(); i = d.group(i) {
		now.visits = append(now.visits, s.meet(d.key(i)))
	}
	s.close()
	d.addTo(s.m, &s.c)
	for _, i := range now.visits {
		if s.rows[i].looked == l {
			continue
		}
		s.rows[i].looked = l
		first, image := s.first(s.met.key(i))
		if err := s.look(&s.rows[i], l, first, image, emit); err != nil {
			return err
		}
		switch row := &s.rows[i]; {
		case first > l:
			later.at(first).visits = append(later.at(first).visits, i)
		case row.round > l: // it shows before
			later.at(row.round).visits = append(later.at(row.round).visits, i)
		}
	}
	return nil
}

// look emits how what shows of a row in round l changes, of which first is the first round now.
func (s *reachedRows) look(row *metRow, l, first int64, image []byte, emit func(image []byte, w int64) error) error {
	was := s.arena[row.from:row.to]
	if row.round == l && first == l && bytes.Equal(was, image) {
		return nil
	}
	if row.round == l {
		row.moved = true
		if err := emit(was, -1); err != nil {
			return err
		}
	}
	if first == l {
		row.moved = true
		return emit(image, 1)
	}
	return nil
}

// meet numbers a row, none of whose rounds that are at hand or to come has been changed in this tick, or that was met before.
func (s *reachedRows) meet(key []byte) int {
	i, fresh := s.met.add(key)
	if fresh {
		row := metRow{from: len(s.arena), looked: -1}
		var image []byte
		row.round, image = s.first(key)
		s.arena = append(s.arena, image...)
		row.to = len(s.arena)
		s.rows = append(s.rows, row)
	}
	return i
}

// first is the first round of a row, and its image there, until the next call; -1: it has none.
func (s *reachedRows) first(key []byte) (round int64, image []byte) {
	if s.it == nil {
		s.it = s.m.Iter()
	}
	if !s.it.SeekGE(key) || !bytes.HasPrefix(s.it.Key(), key) {
		return -1, nil
	}
	d, image, _ := types.CutIntKey(s.it.Key()[len(key):], false)
	s.image = append(s.image[:0], image...) // who it is emitted to may change the store
	return d.Int(), s.image
}

// end emits how the rows met have changed over the tick, whatever their rounds, and forgets them.
func (s *reachedRows) end(emit func(image []byte, w int64) error) error {
	defer s.close()
	for i := range s.rows {
		row := &s.rows[i]
		if !row.moved {
			continue
		}
		round, image := s.first(s.met.key(i))
		was := s.arena[row.from:row.to]
		if (row.round >= 0) == (round >= 0) && bytes.Equal(was, image) {
			continue
		}
		if row.round >= 0 {
			if err := emit(was, -1); err != nil {
				return err
			}
		}
		if round >= 0 {
			if err := emit(image, 1); err != nil {
				return err
			}
		}
	}
	s.met.reset()
	s.rows, s.arena = s.rows[:0], s.arena[:0]
	if cap(s.arena) > keepBytes || cap(s.rows) > keepRows {
		s.rows, s.arena = nil, nil
	}
	return nil
}

// close gives the iterator back: the tree changes.
func (s *reachedRows) close() {
	if s.it != nil {
		s.it.Close()
		s.it = nil
	}
}
