package storage

import (
	"encoding/binary"
	"errors"

	"github.com/cespare/xxhash/v2"

	"github.com/streamsql/streamsql/sqlerr"
)

func (l *inputLog) Replay(after Tick, f func(t Tick, entry []byte) error) error {
	a := assembler{after: after, next: after + 1, f: f}
	l.mu.Lock()
	old := l.old
	l.mu.Unlock()
	for i := range old {
		a.size = 0
		if err := old[i].Read(a.record); err != nil {
			return err
		}
		l.mu.Lock()
		old[i].last, old[i].size, old[i].read = a.last, a.size, true
		l.size += a.size
		l.mu.Unlock()
	}
	return nil
}

// assembler puts the entries of ticks together from the parts in records.
type assembler struct {
	after Tick
	next  Tick // the first tick > after that was not seen
	last  Tick // of any part
	size  int64
	f     func(t Tick, entry []byte) error

	tick    Tick
	parts   uint64
	entry   []byte
	damaged bool // the entry being read had a wrong checksum: an unfinished tail, if nothing follows
}

var errPart = errors.New("a record of the log is damaged")

type part struct {
	tick   Tick
	number uint64
	data   []byte
	last   bool
	parts  uint64
	sum    uint64
}

func (a *assembler) record(r []byte) error {
	a.size += int64(len(r))
	for len(r) > 0 {
		p, n, ok := readPart(r)
		if !ok {
			return sqlerr.New(sqlerr.DataCorrupted, "%v", errPart)
		}
		r = r[n:]
		if err := a.part(p); err != nil {
			return err
		}
	}
	return nil
}

func (a *assembler) part(p part) error {
	a.last = max(a.last, p.tick)
	if p.tick <= a.after { // the checkpoint has it; its first parts may have been dropped with their segment
		return nil
	}
	if p.number == 0 { // what was begun and is begun anew was an unfinished tail of an earlier run
		a.tick, a.parts, a.entry = p.tick, 0, a.entry[:0]
		a.damaged = a.damaged && p.tick != a.next
	} else if p.tick != a.tick || p.number != a.parts {
		return sqlerr.New(sqlerr.DataCorrupted, "the log has a gap: part %d of tick %d is missing", a.parts, a.tick)
	}
	if a.damaged {
		return sqlerr.New(sqlerr.DataCorrupted, "the log is damaged: tick %d has a wrong checksum", a.next)
	}
	a.entry = append(a.entry, p.data...)
	a.parts++
	if !p.last {
		return nil
	}
	if p.tick != a.next {
		return sqlerr.New(sqlerr.DataCorrupted, "the log has a gap: tick %d is missing", a.next).
			WithDetail("The entry after it is that of tick %d.", p.tick)
	}
	if p.parts != a.parts || xxhash.Sum64(a.entry) != p.sum {
		a.damaged = true
		return nil
	}
	a.next++
	return a.f(p.tick, a.entry)
}

func readPart(b []byte) (p part, n int, ok bool) {
	num := func() (v uint64) {
		v, k := binary.Uvarint(b[min(n, len(b)):])
		if k <= 0 {
			n = len(b) + 1
			return 0
		}
		n += k
		return v
	}
	p.tick, p.number = Tick(num()), num()
	if n >= len(b) {
		return p, 0, false
	}
	p.last = b[n] != 0
	n++
	size := num()
	if n > len(b) || size > uint64(len(b)-n) {
		return p, 0, false
	}
	p.data = b[n : n+int(size)]
	n += int(size)
	if p.last {
		p.parts = num()
		if n+8 > len(b) {
			return p, 0, false
		}
		p.sum = binary.LittleEndian.Uint64(b[n:])
		n += 8
	}
	return p, n, true
}
