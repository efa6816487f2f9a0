package engine

import (
	"bytes"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/planner/physical"
)

// runs puts rows that come in an order, but for ties, in total order: each run of rows with equal keys by the images of the rows.
//
//	order a:  (1,x) (2,z) (2,y) (3,w)  ->  (1,x) (2,y) (2,z)   and (3,w) waits for what follows
type runs struct {
	order []batch.KeyCol
	held  batch.Batch // rows of runs that are not complete, or not taken
	done  batch.Batch
	mem   [2]vecs // of held, by turns
	turn  int
	out   vecs

	starts  []int  // where the runs in held begin
	key     []byte // of the last run
	next    []byte
	images  []byte
	offsets []int
	rank    []int32
}

func (s *runs) reset() {
	s.order = s.order[:0]
	s.drop()
}

func (s *runs) empty() bool { return len(s.held.W) == 0 }

// drop forgets what is held.
func (s *runs) drop() {
	s.held.W, s.held.Cols, s.starts = s.held.W[:0], s.held.Cols[:0], s.starts[:0]
}

// add takes the next rows.
func (s *runs) add(b *batch.Batch, order []physical.OrderCol) {
	if b.Len() == 0 {
		return
	}
	if len(s.order) == 0 {
		for _, o := range order {
			s.order = append(s.order, batch.KeyCol(o))
		}
	}
	if len(s.held.Cols) == 0 {
		s.mem[s.turn].reset()
		for _, v := range b.Cols {
			s.held.Cols = append(s.held.Cols, s.mem[s.turn].take(v.Type))
		}
	}
	base := s.held.Len()
	for i := range b.W {
		s.next = b.AppendOrderKey(s.next[:0], i, s.order)
		if len(s.starts) == 0 || !bytes.Equal(s.next, s.key) {
			s.starts = append(s.starts, base+i)
			s.key, s.next = s.next, s.key
		}
	}
	for k, v := range b.Cols {
		s.held.Cols[k].AppendRange(v, 0, b.Len())
	}
	s.held.W = append(s.held.W, b.W...)
}

// take gives the rows of the complete runs, of all if there will be no more rows. They are valid until the next call.
func (s *runs) take(all bool) *batch.Batch {
	d := &s.done
	d.Cols, d.W = d.Cols[:0], d.W[:0]
	if len(s.starts) == 0 {
		return d
	}
	end := s.starts[len(s.starts)-1]
	if all {
		end = s.held.Len()
	}
	s.out.reset()
	for _, v := range s.held.Cols {
		d.Cols = append(d.Cols, s.out.take(v.Type))
	}
	for from := 0; from < end; {
		to := s.sortFrom(from, end)
		from = to
	}
	s.keepFrom(end)
	return d
}

// sortFrom appends either rows that each are a run, as many as there are, or one run in order; it tells where what follows begins.
func (s *runs) sortFrom(from, end int) int {
	i, _ := slices.BinarySearch(s.starts, from)
	limit := func(i int) int {
		if i < len(s.starts) {
			return min(s.starts[i], end)
		}
		return end
	}
	if limit(i+1)-from == 1 {
		to := from + 1
		for i++; to < end && limit(i+1)-to == 1; i++ {
			to++
		}
		for k, v := range s.held.Cols {
			s.done.Cols[k].AppendRange(v, from, to)
		}
		s.done.W = append(s.done.W, s.held.W[from:to]...)
		return to
	}
	to := limit(i + 1)
	s.images, s.offsets, s.rank = s.images[:0], s.offsets[:0], s.rank[:0]
	for row := from; row < to; row++ {
		s.offsets = append(s.offsets, len(s.images))
		s.images = s.held.AppendImage(s.images, row, nil)
		s.rank = append(s.rank, int32(row-from))
	}
	s.offsets = append(s.offsets, len(s.images))
	slices.SortFunc(s.rank, func(a, b int32) int {
		return bytes.Compare(s.images[s.offsets[a]:s.offsets[a+1]], s.images[s.offsets[b]:s.offsets[b+1]])
	})
	for k, v := range s.held.Cols {
		for _, r := range s.rank {
			s.done.Cols[k].AppendFrom(v, from+int(r))
		}
	}
	for _, r := range s.rank {
		s.done.W = append(s.done.W, s.held.W[from+int(r)])
	}
	return to
}

// keepFrom drops the rows before the last run.
func (s *runs) keepFrom(end int) {
	n := s.held.Len()
	if end == n {
		s.drop()
		return
	}
	if end == 0 {
		return
	}
	s.turn = 1 - s.turn
	s.mem[s.turn].reset()
	for k, v := range s.held.Cols {
		u := s.mem[s.turn].take(v.Type)
		u.AppendRange(v, end, n)
		s.held.Cols[k] = u
	}
	s.held.W = append(s.held.W[:0], s.held.W[end:]...)
	s.starts = append(s.starts[:0], 0)
}

// size is the memory that is held.
func (s *runs) size() int {
	return s.mem[0].size() + s.mem[1].size() + s.out.size() + cap(s.images) + 8*cap(s.offsets)
}
