package operators

import (
	"bytes"
	"encoding/binary"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
)

// Side is one reader's view of an arrangement: of all of it, or, while a new view is brought up to date (hydration), of the
// part that its scan has read. At each tick that part is a prefix of the arrangement in entry order, as of this tick:
// what the prefix gained since the last tick is this tick's change of the entries behind the old cursor, and the next
// slice as of New. Changes ahead of the cursor are not seen; the scan will meet their result. When the scan has come
// to the end, the side is transparent.
//
//	rows 1 2 3 4, a slice of 2:  tick 1 reads 1 2      delta +1 +2
//	tick 2 deletes 1 and 4                             delta -1 +3
//	tick 3 inserts 0 and 9                             delta +0 +9, done
//
// A side has exactly one reader, which calls advance at the start of its Finish.
type Side struct {
	A *Arranged

	state   storage.Map // the cursor; nil: no scan, the arrangement's rows count as read
	rate    func() int
	loaded  bool
	done    bool
	started bool
	held    bool   // see Hold
	read    int64  // rows
	at      []byte // the last entry read

	own    delta  // while scanning: the tick's change of what is visible
	change *delta // own, or the arrangement's
	errs   []batch.ErrRow
	buf    []byte
	c      storage.Changes
}

// NewSide reads an arrangement that begins empty together with its reader.
func NewSide(a *Arranged) *Side { return &Side{A: a, done: true, loaded: true, started: true} }

// NewStandingSide reads an arrangement that stood before its reader and whose rows count as read: the other input of the join
// begins empty or is scanned, and so meets them. Its errors meet nobody; the first tick passes them on. Role: cursor.
func NewStandingSide(a *Arranged, maps Maps) *Side {
	return &Side{A: a, state: maps("cursor", specHash), done: true}
}

// NewScanSide reads an arrangement from its first row on, at most rate() rows at a tick. Role: cursor.
func NewScanSide(a *Arranged, rate func() int, maps Maps) *Side {
	return &Side{A: a, state: maps("cursor", specHash), rate: rate}
}

// Done tells whether the side has no more to read; Progress gives the rows read and the rows there are.
func (s *Side) Done() bool {
	s.load()
	return s.done
}

func (s *Side) Progress() (read, total int64) {
	s.load()
	if m, ok := s.A.rows.(interface{ Len() int64 }); ok {
		total = m.Len()
	}
	if s.done {
		return total, total
	}
	return min(s.read, total), total
}

// load finds the cursor again after a restart.
func (s *Side) load() {
	if s.loaded {
		return
	}
	s.loaded = true
	if v, _, ok := s.state.Get(cursorKey); ok {
		read, n := binary.Uvarint(v[1:])
		s.started, s.done, s.read = true, v[0] != 0, int64(read)
		s.at = append(s.at[:0], v[1+n:]...)
	}
}

var cursorKey = []byte{'c'}

func (s *Side) save() {
	s.buf = append(s.buf[:0], 0)
	if s.done {
		s.buf[0], s.at = 1, s.at[:0]
	}
	s.buf = binary.AppendUvarint(s.buf, uint64(s.read))
	s.buf = append(s.buf, s.at...)
	s.c.Reset()
	s.c.Add(cursorKey, s.buf, 1)
	s.state.Apply(&s.c)
}

// Hold makes the side show no change until it is let go: its reader runs again in a tick whose change it has taken in (Body).
func (s *Side) Hold(on bool) { s.held = on }

// advance computes the tick's change: change and errs.
func (s *Side) advance() {
	s.load()
	s.errs = s.errs[:0]
	if s.held {
		s.own.reset()
		s.change = &s.own
		return
	}
	if s.started {
		s.errs = s.A.DeltaErrs(s.errs)
	} else {
		s.errs = s.A.Errs(s.errs)
	}
	if s.done {
		s.change, s.own = &s.A.d, delta{}
		if !s.started {
			s.started = true
			s.save()
		}
		return
	}
	s.own.reset()
	s.change = &s.own
	if s.started {
		s.behind()
	}
	s.slice()
	s.started = true
	s.save()
}

// behind takes over the arrangement's change up to the cursor.
func (s *Side) behind() {
	d := &s.A.d
	for i := range d.ents {
		e := d.full(i)
		if s.A.put {
			e = d.key(i)
		}
		if bytes.Compare(e, s.at) > 0 {
			return
		}
		s.own.add(d.key(i), d.image(i), d.weight(i))
	}
}

// slice reads the next rows and moves the cursor.
func (s *Side) slice() {
	it := s.A.rows.Iter()
	defer it.Close()
	ok := it.SeekGE(s.at)
	if ok && s.started && bytes.Equal(it.Key(), s.at) {
		ok = it.Next()
	}
	n := max(1, s.rate())
	room := len(s.own.buf) + scanBytes(n)
	for ; ok && n > 0 && len(s.own.buf) < room; n-- {
		if s.A.put {
			s.own.add(it.Key(), s.A.stored(it.Key(), it.Value()), 1)
		} else {
			key, image := s.A.split(it.Key(), nil)
			s.own.add(key, image, it.Weight())
		}
		s.at = append(s.at[:0], it.Key()...)
		s.read++
		ok = it.Next()
	}
	s.done = !ok
}

// cursor is a cursor over what is visible, with the memory of an earlier one. Call it after advance.
func (s *Side) cursor(was cursor) cursor {
	return cursor{a: s.A, change: s.change, bounded: !s.done, bound: s.at, prefix: was.prefix}
}

// Scan is a side as an input stream: it emits the side's change each tick.
type Scan struct {
	Side *Side
	cols Columns // that are decoded
	out  *batch.Batch
}

// NewScan reads an arrangement (through a side of its own) for an operator that is not a join. It has no inputs.
func NewScan(s *Side) *Scan { return &Scan{Side: s, out: batch.New(s.A.Types, 0)} }

func (s *Scan) Name() string                      { return "scan" }
func (s *Scan) Step(int, *batch.Batch, Out) error { return nil }

func (s *Scan) Finish(out Out) error {
	s.Side.advance()
	s.out.Reset()
	s.out.Errs = append(s.out.Errs, s.Side.errs...)
	d := s.Side.change
	for i := 0; i < d.len(); i++ {
		if d.unchanged(i, s.Side.A, s.cols) {
			i++
			continue
		}
		if err := s.out.AppendFromImageOnly(d.image(i), s.cols, d.weight(i)); err != nil {
			return err
		}
		if full(s.out) {
			if err := out(s.out); err != nil {
				return err
			}
			s.out.Reset()
		}
	}
	return flush(s.out, out)
}

// flush emits what b holds, if anything, and empties it.
func flush(b *batch.Batch, out Out) error {
	if b.Empty() {
		return nil
	}
	err := out(b)
	b.Reset()
	return err
}
