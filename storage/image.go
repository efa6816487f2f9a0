package storage

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/klauspost/compress/s2"
)

// How a page is written: its full image, which is a record of its own, compressed, behind the epoch at which it was made; and, when few entries
// have changed since, those entries, its delta.

var errImage = errors.New("damaged page image")

// imageBuffer is scratch for encoding and decoding.
type imageBuffer struct{ raw, packed []byte }

var imageBuffers = sync.Pool{New: func() any { return &imageBuffer{raw: make([]byte, 0, 2*PageSize)} }}

// encodePage is the full image of p, valid until b is used again.
func encodePage(b *imageBuffer, p ptr) []byte {
	switch kindOf(p) {
	case kindLeaf, kindInner:
		b.raw = appendTree(b.raw[:0], p)
	case kindBlob:
		b.raw = append(b.raw[:0], span(p, 0, blobData+countOf(p))...)
	case kindBucket:
		b.raw = appendBucket(b.raw[:0], p)
	default:
		b.raw = append(b.raw[:0], span(p, 0, PageSize)...)
	}
	clear(b.raw[offIdent+4 : offGarbage]) // owner, birth and older version are of this process
	if n := s2.MaxEncodedLen(len(b.raw)); cap(b.packed) < n {
		b.packed = make([]byte, n)
	}
	return s2.Encode(b.packed[:cap(b.packed)], b.raw)
}

// decodePage makes p the page of a full image, except for identity, birth and older version. It returns the page id and the epoch that the image
// names.
func decodePage(b *imageBuffer, p ptr, image []byte) (id uint32, epoch uint64, err error) {
	epoch, n := binary.Uvarint(image)
	if n <= 0 {
		return 0, 0, errImage
	}
	raw, err := s2.Decode(b.raw[:cap(b.raw)], image[n:])
	if err != nil {
		return 0, 0, err
	}
	if len(raw) < headerSize || len(raw) > PageSize {
		return 0, 0, errImage
	}
	q := ptr(&raw[0])
	st64(p, 0, ld64(q, 0))
	st32(p, offGarbage, ld32(q, offGarbage))
	switch kindOf(q) {
	case kindLeaf, kindInner:
		if err := decodeTree(p, raw); err != nil {
			return 0, 0, err
		}
	case kindBucket:
		if err := decodeBucket(p, raw); err != nil {
			return 0, 0, err
		}
	default:
		copy(span(p, headerSize, len(raw)-headerSize), raw[headerSize:])
	}
	clearMarks(p)
	return ld32(q, offPage), epoch, nil
}

// goneKey stands in a delta before a deleted key; as the length of a long key it would be too short.
const goneKey = 1

// appendDelta appends what changed in a page since it was last written: of a leaf the keys that were deleted, and entries that were added or changed,
// some of them perhaps with the same keys; false when a full image is due instead.
//
//	leaf  (1 uvarint(key length) key)* (uvarint(key length<<1 | long) key [ref] value)*
func appendDelta(dst []byte, p ptr) ([]byte, bool) {
	if ld8(p, offWhole) != 0 {
		return dst, false
	}
	switch kindOf(p) {
	case kindLeaf:
	case kindBucket:
		return appendBucketDelta(dst, p)
	default:
		return dst, false
	}
	room := len(dst) + (PageSize-ld16(p, offLow)-ld16(p, offGarbage))/2
	eachGone(p, func(key []byte) {
		dst = binary.AppendUvarint(append(dst, goneKey), uint64(len(key)))
		dst = append(dst, key...)
	})
	if len(dst) > room {
		return dst, false
	}
	for i, n := 0, countOf(p); i < n; i++ {
		if ld16(p, slotBase(p)+i*slotSize+2)&slotDirty == 0 {
			continue
		}
		off, kl, long := slot(p, i)
		l := uint64(kl) << 1
		if long {
			l |= 1
		}
		dst = binary.AppendUvarint(dst, l)
		dst = append(dst, span(p, off, cellSize(p, i))...)
		if len(dst) > room {
			return dst, false
		}
	}
	return dst, true
}

// patchPage applies a delta to the page as it was before.
func (s *Store) patchPage(p ptr, delta []byte) error {
	switch kindOf(p) {
	case kindBucket:
		return patchBucket(p, delta)
	case kindLeaf:
		return s.patchLeaf(p, delta)
	}
	return errImage
}

func (s *Store) patchLeaf(p ptr, delta []byte) error {
	delta, err := s.patchGone(p, delta)
	if err != nil {
		return err
	}
	return s.eachEntry(p, delta, func(i int, found bool, e *patchEntry) error {
		if found {
			deleteSlot(p, i)
		}
		cell := len(e.key) + len(e.rest)
		if holeOf(p) < cell+slotSize {
			// What later entries replace may take the room that this one needs.
			if err := s.eachEntry(p, e.after, func(i int, found bool, _ *patchEntry) error {
				if found {
					deleteSlot(p, i)
				}
				return nil
			}); err != nil {
				return err
			}
			compact(p, make([]byte, PageSize))
			if holeOf(p) < cell+slotSize {
				return errImage
			}
			i, _ = s.patchPlace(p, e)
		}
		low := insertSlot(p, i, e.key, e.long, cell)
		copy(span(p, low+len(e.key), len(e.rest)), e.rest)
		return nil
	})
}

// patchEntry is an entry of a leaf's delta: its key behind the page's prefix, what follows that in its cell, and the entries after it.
type patchEntry struct {
	key, rest, after []byte
	long             bool
}

// eachEntry calls f for the entries of a leaf's delta with the place of each.
func (s *Store) eachEntry(p ptr, delta []byte, f func(i int, found bool, e *patchEntry) error) error {
	for len(delta) > 0 {
		l, n := binary.Uvarint(delta)
		if n <= 0 || l>>1 > uint64(len(delta)-n) {
			return errImage
		}
		kl := int(l >> 1)
		e := patchEntry{key: delta[n : n+kl], rest: delta[n+kl:], long: l&1 != 0}
		size, err := restSize(e.rest, e.long)
		if err != nil {
			return err
		}
		e.rest, e.after = e.rest[:size], e.rest[size:]
		i, found := s.patchPlace(p, &e)
		if err := f(i, found, &e); err != nil {
			return err
		}
		delta = e.after
	}
	return nil
}

// patchGone takes the deleted keys at the front of a delta out of the page. It returns what follows.
func (s *Store) patchGone(p ptr, delta []byte) (rest []byte, err error) {
	for len(delta) > 0 && delta[0] == goneKey {
		l, n := binary.Uvarint(delta[1:])
		if n <= 0 || l > uint64(len(delta)-1-n) {
			return nil, errImage
		}
		key := delta[1+n : 1+n+int(l)]
		delta = delta[1+n+int(l):]
		if i, found := s.lowerBound(p, key, 0); found { // it may have come and gone between two checkpoints
			deleteSlot(p, i)
		}
	}
	return delta, nil
}

// restSize is the length of what follows a key in a leaf's cell.
func restSize(b []byte, long bool) (int, error) {
	o := 0
	if long {
		o = refSize
	}
	if len(b) < o {
		return 0, errImage
	}
	l, n1 := binary.Uvarint(b[o:])
	if n1 <= 0 {
		return 0, errImage
	}
	_, n2 := binary.Uvarint(b[o+n1:])
	if size := o + n1 + n2 + int(l>>1); n2 > 0 && size <= len(b) {
		return size, nil
	}
	return 0, errImage
}

// patchPlace finds where a delta's entry belongs. An entry keeps its blob for as long as it exists, so a long key that is
// there already has the same ref; else its rest decides.
func (s *Store) patchPlace(p ptr, e *patchEntry) (int, bool) {
	if !e.long {
		return s.lowerBound(p, e.key, 0)
	}
	r := loadRef(ptr(&e.rest[0]), 0)
	i, _ := s.lowerBound(p, e.key, 0)
	for j := i; j < countOf(p); j++ {
		off, kl, l := slot(p, j)
		if string(span(p, off, kl)) != string(e.key) {
			break
		}
		if l && loadRef(p, off+kl) == r {
			return j, true
		}
	}
	return s.lowerBound(p, s.readBlob(append([]byte(nil), e.key...), r), 0)
}
