package batch

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/streamsql/streamsql/types"
)

// Consolidate adds up the weights of identical rows (by image) and drops those that vanish; error rows likewise. The
// result has the rows in the order of their first occurrence. It is b itself if there is nothing to do.
func (b *Batch) Consolidate() *Batch {
	first, sums, distinct := b.group()
	errs := consolidateErrs(b.Errs)
	if distinct == b.Len() && len(errs) == len(b.Errs) {
		return b
	}
	rows := make([]int32, 0, distinct)
	for i, f := range first {
		if int(f) == i && sums[i] != 0 {
			rows = append(rows, int32(i))
		}
	}
	out := b.Select(rows)
	for k, i := range rows {
		out.W[k] = sums[i]
	}
	out.Errs = errs
	return out
}

// group finds for each row the first identical one, and there the sum of weights. distinct counts the rows that
// stand alone with a weight that is not zero and the groups that remain.
func (b *Batch) group() (first []int32, sums []Weight, distinct int) {
	n := b.Len()
	if n <= 1 {
		if n == 1 && b.W[0] != 0 {
			distinct = 1
		}
		return make([]int32, n), b.W, distinct
	}
	hashes := b.hashRows()
	size := 1 << bits.Len(uint(2*n-1))
	table := make([]int32, size) // row + 1
	first, sums = make([]int32, n), make([]Weight, n)
	for i := range n {
		at := int(hashes[i]) & (size - 1)
		for {
			j := int(table[at]) - 1
			if j < 0 {
				table[at] = int32(i) + 1
				first[i], sums[i] = int32(i), b.W[i]
				break
			}
			if hashes[i] == hashes[j] && b.Identical(i, j) {
				first[i] = int32(j)
				sums[j] += b.W[i]
				break
			}
			at = (at + 1) & (size - 1)
		}
	}
	for i, f := range first {
		if int(f) == i && sums[i] != 0 {
			distinct++
		}
	}
	return first, sums, distinct
}

const (
	mixA = 0x9E3779B97F4A7C15
	mixB = 0xD6E8FEB86659FD93
)

func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^x^mixA, mixB)
	return hi ^ lo
}

// hashRows hashes each row, a column at a time.
func (b *Batch) hashRows() []uint64 {
	hs := make([]uint64, b.Len())
	for _, c := range b.Cols {
		switch {
		case len(c.Nulls) > 0:
			for i := range hs {
				hs[i] = mix(hs[i], c.hash(i))
			}
		case c.Off != nil:
			for i := range hs {
				hs[i] = mix(hs[i], xxhash.Sum64(c.Data[c.Off[i]:c.Off[i+1]]))
			}
		case c.Floats != nil:
			for i := range hs {
				hs[i] = mix(hs[i], types.FloatBits(c.Floats[i]))
			}
		default:
			for i := range hs {
				hs[i] = mix(hs[i], uint64(c.Ints[i]))
			}
		}
	}
	return hs
}

// hash is that of one value; whatever lies in the slot under a NULL does not count.
func (v *Vec) hash(i int) uint64 {
	switch {
	case v.Nulls.Get(i):
		return mixB
	case v.Off != nil:
		return xxhash.Sum64(v.Data[v.Off[i]:v.Off[i+1]])
	case v.Floats != nil:
		return types.FloatBits(v.Floats[i])
	}
	return uint64(v.Ints[i])
}

// Identical tells whether rows i and j have equal images.
func (b *Batch) Identical(i, j int) bool {
	for _, c := range b.Cols {
		if !c.Identical(i, c, j) {
			return false
		}
	}
	return true
}

// Identical tells whether value i of v and value j of w, columns of one representation, have equal images.
func (v *Vec) Identical(i int, w *Vec, j int) bool {
	if v.Nulls.Get(i) || w.Nulls.Get(j) {
		return v.Nulls.Get(i) && w.Nulls.Get(j)
	}
	switch {
	case v.Off != nil:
		return string(v.Data[v.Off[i]:v.Off[i+1]]) == string(w.Data[w.Off[j]:w.Off[j+1]])
	case v.Floats != nil:
		return types.FloatBits(v.Floats[i]) == types.FloatBits(w.Floats[j])
	}
	return v.Ints[i] == w.Ints[j]
}

// consolidateErrs is Consolidate of error rows, which are few. It gives its argument if there is nothing to do.
func consolidateErrs(errs []ErrRow) []ErrRow {
	if len(errs) == 0 {
		return errs
	}
	at := make(map[string]int, len(errs))
	out := make([]ErrRow, 0, len(errs))
	var key []byte
	for _, e := range errs {
		key = e.AppendImage(key[:0])
		if i, ok := at[string(key)]; ok {
			out[i].W += e.W
			continue
		}
		at[string(key)] = len(out)
		out = append(out, e)
	}
	kept := out[:0]
	for _, e := range out {
		if e.W != 0 {
			kept = append(kept, e)
		}
	}
	if len(kept) == len(errs) {
		return errs
	}
	return kept
}

// AppendImage appends what tells this error row from others: code, texts and the known values.
func (e *ErrRow) AppendImage(dst []byte) []byte {
	str := func(s string) {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	if e.Err != nil {
		for _, s := range [...]string{string(e.Err.Code), e.Err.Message, e.Err.Detail, e.Err.Hint, e.Err.Where, e.Err.Table,
			e.Err.Column, e.Err.Constraint} {
			str(s)
		}
		dst = binary.AppendVarint(dst, int64(e.Err.Position))
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Cols)))
	for i, d := range e.Cols {
		switch {
		case i >= len(e.Known) || !e.Known[i]:
			dst = append(dst, 0)
		case d.IsNull():
			dst = append(dst, 1)
		default:
			dst = binary.AppendVarint(append(dst, 2), d.Int())
			str(string(d.Bytes()))
		}
	}
	return dst
}
