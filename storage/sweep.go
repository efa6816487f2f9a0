package storage

import (
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"
)

// Packs would pile up if nothing but changes decided when a page gets a full image. So each checkpoint also writes the images of some pages that
// have deltas: it goes on through the page ids where the one before stopped, as far as its share of the deltas asks for. When it has come round,
// the packs of the round before are not needed any more.

// swept says that the pages below to, from where the entry before it ends, need no delta of epoch or before.
type swept struct {
	to    uint32
	epoch uint64
}

// sweeper is how far sweeps have come; as of the last durable checkpoint.
type sweeper struct {
	packs  []pack // oldest first
	gone   []pack // not needed any more: the next checkpoint deletes them
	parts  []swept
	cursor uint32
	due    int64 // bytes of deltas since the last part
}

const (
	minPacks   = 8 << 20 // bytes of deltas that a round takes at least, and a twentieth of what it takes at most
	sweepParts = 64      // of a round, about
	maxCount   = 1024    // of packs, about, where they are small
)

// budget is how many bytes of deltas a round takes.
func (d *durable) budget(pages uint32) int64 {
	return min(max(int64(pages)*PageSize/2, d.minPacks), 20*d.minPacks)
}

// sweep marks pages that the checkpoint being captured is to write whole.
func (s *Store) sweep(c *checkpoint) {
	c.sweeper = s.durable.sweeper
	w := &c.sweeper
	n := int64(float64(s.nextPage) * float64(w.due) / float64(s.durable.budget(s.nextPage)))
	if n == 0 || n < int64(s.nextPage)/sweepParts {
		return
	}
	to := uint32(min(int64(w.cursor)+n, int64(s.nextPage)))
	for id := w.cursor; id < to; id++ {
		f := &s.desc(id).flags
		if atomic.LoadUint32(f)&(flagAlive|flagDelta) != flagAlive|flagDelta {
			continue
		}
		if atomic.OrUint32(f, flagRewrite|flagDirty)&flagDirty == 0 {
			s.dirty = append(s.dirty, id)
		}
	}
	w.due = 0
	w.advance(to, to == s.nextPage, c.epoch-1)
}

// advance notes that pages from the cursor up to to need no delta of epoch or before; all: to is the end of the page ids, and those to come are
// younger.
func (w *sweeper) advance(to uint32, all bool, epoch uint64) {
	end := to
	if all {
		end = math.MaxUint32
	}
	var parts []swept
	for _, p := range w.parts {
		if p.to <= w.cursor {
			parts = append(parts, p)
		}
	}
	parts = append(parts, swept{end, epoch})
	for _, p := range w.parts {
		if p.to > end {
			parts = append(parts, p)
		}
	}
	w.parts, w.cursor = parts, to
	if all {
		w.cursor = 0
	}
}

// wrote notes the pack of a checkpoint, and which ones are not needed any more. These are deleted by the next checkpoint: one that fails must not
// have deleted what the last durable one needs.
func (w *sweeper) wrote(p pack, budget int64) {
	w.packs = slices.Clone(w.packs)
	if p.chunks > 0 {
		w.packs = append(w.packs, p)
	}
	w.due += max(p.size, budget/maxCount)
	n, oldest := 0, w.oldest()
	for n < len(w.packs) && w.packs[n].epoch <= oldest {
		n++
	}
	w.gone, w.packs = w.packs[:n], w.packs[n:]
}

// oldest is the epoch up to which no pack is needed.
func (w *sweeper) oldest() uint64 {
	oldest := uint64(math.MaxUint64)
	for _, p := range w.parts {
		oldest = min(oldest, p.epoch)
	}
	return oldest
}

// encode appends the sweeper as the manifest has it.
func (w *sweeper) encode(b []byte) []byte {
	for _, l := range [][]pack{w.packs, w.gone} {
		b = binary.AppendUvarint(b, uint64(len(l)))
		for _, p := range l {
			b = binary.AppendUvarint(b, p.epoch)
			b = binary.AppendUvarint(b, uint64(p.chunks))
			b = binary.AppendUvarint(b, uint64(p.size))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(w.parts)))
	for _, p := range w.parts {
		b = binary.AppendUvarint(b, uint64(p.to))
		b = binary.AppendUvarint(b, p.epoch)
	}
	b = binary.AppendUvarint(b, uint64(w.cursor))
	return binary.AppendUvarint(b, uint64(w.due))
}

func decodeSweeper(r *reader) (w sweeper) {
	for _, l := range []*[]pack{&w.packs, &w.gone} {
		for n := r.num(); n > 0 && !r.bad; n-- {
			*l = append(*l, pack{r.num(), uint32(r.num()), int64(r.num())})
		}
	}
	for n := r.num(); n > 0 && !r.bad; n-- {
		w.parts = append(w.parts, swept{uint32(r.num()), r.num()})
	}
	w.cursor, w.due = uint32(r.num()), int64(r.num())
	return w
}
