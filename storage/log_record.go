package storage

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// writeGroup packs the group's entries into records and these into transactions.
func (l *inputLog) writeGroup() error {
	w := recordWriter{l: l}
	for i := range l.group {
		e := &l.group[i]
		if err := w.add(e.tick, e.entry); err != nil {
			return err
		}
		w.whole = i + 1
	}
	return w.flush()
}

// recordWriter cuts entries into parts, and fills records with them.
//
// A part is uvarint(tick) uvarint(number) last u8 uvarint(length) bytes; the last one goes on with uvarint(parts) and the
// checksum u64 of the entry.
type recordWriter struct {
	l      *inputLog
	record []byte
	n      int  // bytes in l.records
	whole  int  // entries of the group that are packed wholly
	given  int  // and of these, those that are written
	tick   Tick // of the last part: the segment is needed until a checkpoint has it, though the entry may end in the next one
}

const partOverhead = 64

func (w *recordWriter) add(t Tick, entry [][]byte) error {
	var sum xxhash.Digest
	sum.Reset()
	left := 0
	for _, piece := range entry {
		_, _ = sum.Write(piece) // it never fails
		left += len(piece)
	}
	w.tick = t
	from := pieces{rest: entry}
	for number := 0; ; number++ {
		if len(w.record) > maxRecord-partOverhead-min(left, 4<<10) {
			if err := w.endRecord(); err != nil {
				return err
			}
		}
		if w.record == nil {
			w.record = w.l.buffer()
		}
		n := min(left, maxRecord-partOverhead-len(w.record))
		left -= n
		w.record = binary.AppendUvarint(w.record, uint64(t))
		w.record = binary.AppendUvarint(w.record, uint64(number))
		if left == 0 {
			w.record = append(w.record, 1)
		} else {
			w.record = append(w.record, 0)
		}
		w.record = binary.AppendUvarint(w.record, uint64(n))
		w.record = from.appendTo(w.record, n)
		if left == 0 {
			w.record = binary.AppendUvarint(w.record, uint64(number+1))
			w.record = binary.LittleEndian.AppendUint64(w.record, sum.Sum64())
			return nil
		}
	}
}

// pieces is what is still to be read of an entry.
type pieces struct {
	rest [][]byte
	at   int // in the first one
}

// appendTo appends the next n bytes.
func (p *pieces) appendTo(dst []byte, n int) []byte {
	for n > 0 {
		piece := p.rest[0][p.at:]
		if len(piece) > n {
			p.at += n
			return append(dst, piece[:n]...)
		}
		dst = append(dst, piece...)
		n -= len(piece)
		p.rest, p.at = p.rest[1:], 0
	}
	return dst
}

// buffer is memory for a record.
func (l *inputLog) buffer() []byte {
	last := len(l.written) - 1
	if last < 0 {
		return make([]byte, 0, 4<<10)
	}
	b := l.written[last]
	l.written = l.written[:last]
	return b[:0]
}

func (w *recordWriter) endRecord() error {
	if len(w.record) == 0 {
		return nil
	}
	l := w.l
	l.records = append(l.records, w.record)
	w.n += len(w.record)
	w.record = nil
	if w.n > maxGroup-maxRecord {
		return w.write()
	}
	return nil
}

func (w *recordWriter) flush() error {
	if err := w.endRecord(); err != nil {
		return err
	}
	return w.write()
}

// write writes the records. The entries that are whole with them wait to be synced.
func (w *recordWriter) write() error {
	l := w.l
	if len(l.records) == 0 {
		return nil
	}
	if err := l.room(); err != nil {
		return err
	}
	if !l.current.Reserved() {
		if err := l.source.Check(int64(w.n)); err != nil {
			return brokenLog(err)
		}
	}
	if err := l.current.Write(l.records); err != nil {
		return writeError(err)
	}
	l.currentSize += int64(w.n)
	l.currentUsed += int64(w.n + recordOverhead*len(l.records))
	l.currentLast = w.tick
	l.written = append(l.written, l.records...)
	l.mu.Lock()
	l.size += int64(w.n)
	l.unsynced = append(l.unsynced, l.group[w.given:w.whole]...)
	l.mu.Unlock()
	clear(l.group[w.given:w.whole])
	w.given = w.whole
	l.records, w.n = l.records[:0], 0
	return nil
}
