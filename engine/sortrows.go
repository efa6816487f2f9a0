package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// sorter puts rows in a total order: the columns of order, then the image of the whole row. It keeps a row as its entry, key ++ image, so that
// comparing rows is comparing bytes. With a bound it drops, from time to time, what is behind the first keep rows.
type sorter struct {
	ts    []types.Type
	order []batch.KeyCol
	keep  int64 // rows that can be in the result, copies counted; -1: all
	ties  bool  // and those equal in order to the last of them

	buf   []byte
	ents  []sortEntry
	spare []byte
	bound []byte // when cut: entries from here on (with ties: behind this key) are not in the result
	cut   bool
	full  int // entries at which to prune
	at    int // the next entry that next gives
	r     batch.ImageReader
}

// sortEntry is bytes off to off+n of the buffer, the first klen of which are the key; head are its first eight.
type sortEntry struct {
	head uint64
	off  int
	n    int32
	klen int32
	w    int64
}

func (s *sorter) entry(e *sortEntry) []byte { return s.buf[e.off : e.off+int(e.n)] }
func (s *sorter) key(e *sortEntry) []byte   { return s.buf[e.off : e.off+int(e.klen)] }

// size is the memory held.
func (s *sorter) size() int64 {
	return int64(cap(s.buf)+cap(s.spare)) + 32*int64(cap(s.ents))
}

// add takes the rows of b, all of whose weights are positive.
func (s *sorter) add(b *batch.Batch) {
	if s.keep == 0 {
		return
	}
	for i, w := range b.W {
		off := len(s.buf)
		s.buf = b.AppendOrderKey(s.buf, i, s.order)
		klen := len(s.buf) - off
		if s.cut && bytes.Compare(s.buf[off:], s.bound) > 0 {
			s.buf = s.buf[:off]
			continue
		}
		s.buf = b.AppendImage(s.buf, i, nil)
		if s.cut && !s.ties && bytes.Compare(s.buf[off:], s.bound) >= 0 {
			s.buf = s.buf[:off]
			continue
		}
		s.push(off, klen, w)
	}
	if s.keep > 0 && len(s.ents) > s.full {
		s.prune()
		s.full = max(2*len(s.ents), 4*readRows)
	}
}

func (s *sorter) push(off, klen int, w int64) {
	e := sortEntry{off: off, n: int32(len(s.buf) - off), klen: int32(klen), w: w}
	if b := s.buf[off:]; len(b) >= 8 {
		e.head = binary.BigEndian.Uint64(b)
	} else {
		var h [8]byte
		copy(h[:], b)
		e.head = binary.BigEndian.Uint64(h[:])
	}
	s.ents = append(s.ents, e)
}

func (s *sorter) sort() {
	slices.SortFunc(s.ents, func(a, b sortEntry) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(s.buf[a.off:a.off+int(a.n)], s.buf[b.off:b.off+int(b.n)])
	})
}

// prune sorts and drops what is behind the first keep rows, so that memory is bounded by them.
func (s *sorter) prune() {
	s.sort()
	n := s.end()
	if n == len(s.ents) {
		return
	}
	last := &s.ents[n-1]
	s.bound = append(s.bound[:0], s.entry(last)...)
	if s.ties {
		s.bound = s.bound[:last.klen]
	}
	s.cut = true
	s.ents = s.ents[:n]
	to := s.spare[:0]
	for i := range s.ents {
		e := &s.ents[i]
		off := len(to)
		to = append(to, s.entry(e)...)
		e.off = off
	}
	s.buf, s.spare = to, s.buf
}

// end is how many of the sorted entries hold the first keep rows, and what ties with the last.
func (s *sorter) end() int {
	if s.keep < 0 {
		return len(s.ents)
	}
	var n int64
	for i := range s.ents {
		if n >= s.keep && !(s.ties && bytes.Equal(s.key(&s.ents[i]), s.key(&s.ents[i-1]))) {
			return i
		}
		n += s.ents[i].w
	}
	return len(s.ents)
}

// finish ends adding: what follows is next.
func (s *sorter) finish() {
	s.sort()
	if s.ties {
		s.ents = s.ents[:s.end()]
	}
}

// next appends the first columns, as many as dst has, of the next rows that w sees.
func (s *sorter) next(dst *batch.Batch, w *window) error {
	for ; s.at < len(s.ents) && dst.Len() < readRows && !heavy(dst); s.at++ {
		e := &s.ents[s.at]
		n := e.w
		if s.ties { // finish saw to the end
			skip := min(n, w.skip)
			w.skip -= skip
			n -= skip
		} else {
			n = w.take(n)
		}
		if n > 0 {
			if err := s.decode(dst, e, n); err != nil {
				return err
			}
		}
		if w.done() && !s.ties {
			s.at = len(s.ents)
			break
		}
	}
	return nil
}

func (s *sorter) decode(dst *batch.Batch, e *sortEntry, w int64) error {
	image := s.entry(e)[e.klen:]
	if len(dst.Cols) == len(s.ts) {
		rest, err := dst.AppendFromImage(image, w)
		if err == nil && len(rest) > 0 {
			err = sqlerr.New(sqlerr.DataCorrupted, "row image is damaged")
		}
		return err
	}
	if err := s.r.Reset(s.ts, image); err != nil {
		return err
	}
	for k, v := range dst.Cols {
		if err := s.r.AppendTo(v, k); err != nil {
			return err
		}
	}
	dst.W = append(dst.W, w)
	return nil
}
