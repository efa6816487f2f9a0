package batch

import "github.com/streamsql/streamsql/types"

// AppendKey appends the order-preserving equality key (see types.AppendKey: ascending, NULLS LAST) of the given columns
// of row i.
func (b *Batch) AppendKey(dst []byte, i int, cols []int) []byte {
	for _, c := range cols {
		dst = b.Cols[c].AppendKey(dst, i)
	}
	return dst
}

// AppendKey appends the key of value i, ascending, NULLS LAST.
func (v *Vec) AppendKey(dst []byte, i int) []byte {
	switch {
	case v.Nulls.Get(i):
		return types.AppendNullKey(dst, false)
	case v.Off != nil:
		return types.AppendBytesKey(dst, v.Type, v.Bytes(i))
	case v.Floats != nil:
		return types.AppendFloatKey(dst, v.Floats[i])
	}
	return types.AppendIntKey(dst, v.Ints[i])
}

// KeyCol is a column of a key with its direction.
type KeyCol struct {
	Col        int
	Desc       bool
	NullsFirst bool
}

// AppendOrderKey appends the key of row i for ORDER BY over cols.
func (b *Batch) AppendOrderKey(dst []byte, i int, cols []KeyCol) []byte {
	for _, k := range cols {
		c := b.Cols[k.Col]
		if c.Nulls.Get(i) {
			dst = types.AppendNullKey(dst, k.NullsFirst)
			continue
		}
		start := len(dst)
		dst = c.AppendKey(dst, i)
		if k.Desc {
			types.InvertKey(dst[start:])
		}
	}
	return dst
}
