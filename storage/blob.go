package storage

import "bytes"

// A blob is what does not fit into a cell: the rest of a long key, or a long value. It is a list of pages, each headerSize
// bytes of header, u32 next page, u32 spare, data. Blob pages never change; a cell that is replaced retires its blob.
const (
	offNext  = headerSize
	blobData = headerSize + 8
	blobRoom = PageSize - blobData
	refSize  = 8
)

// ref names a blob: its first page and its length in bytes.
type ref struct{ page, n uint32 }

func loadRef(p ptr, o int) ref     { return ref{ld32(p, o), ld32(p, o+4)} }
func storeRef(p ptr, o int, r ref) { st32(p, o, r.page); st32(p, o+4, r.n) }

// writeBlob stores v for structure t.
func (s *Store) writeBlob(t *structure, v []byte) ref {
	r := ref{n: uint32(len(v))}
	// from the end, so that each page knows the next
	for end := len(v); end > 0; {
		from := (end - 1) / blobRoom * blobRoom
		id, p := s.newPage(t)
		initPage(p, kindBlob, nil)
		st16(p, offCount, end-from)
		st32(p, offNext, r.page)
		copy(span(p, blobData, end-from), v[from:end])
		r.page, end = id, from
	}
	return r
}

func (s *Store) retireBlob(t *structure, r ref) {
	for id := r.page; id != 0; {
		next := ld32(s.page(id), offNext)
		s.retire(t, id)
		id = next
	}
}

// readBlob appends the blob to dst.
func (s *Store) readBlob(dst []byte, r ref) []byte {
	for id := r.page; id != 0; {
		p := s.page(id)
		dst = append(dst, span(p, blobData, countOf(p))...)
		id = ld32(p, offNext)
	}
	return dst
}

// compareBlob compares the blob with k.
func (s *Store) compareBlob(r ref, k []byte) int {
	for id := r.page; id != 0; {
		p := s.page(id)
		d := span(p, blobData, countOf(p))
		if len(k) < len(d) {
			if c := bytes.Compare(d[:len(k)], k); c != 0 {
				return c
			}
			return 1
		}
		if c := bytes.Compare(d, k[:len(d)]); c != 0 {
			return c
		}
		k = k[len(d):]
		id = ld32(p, offNext)
	}
	if len(k) > 0 {
		return -1
	}
	return 0
}
