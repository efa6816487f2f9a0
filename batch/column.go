package batch

import (
	"math"
	"slices"

	"github.com/streamsql/streamsql/types"
)

// Select is a new column of the given values, in that order.
func (v *Vec) Select(rows []int32) *Vec {
	out := &Vec{Type: v.Type, N: len(rows)}
	switch {
	case v.Off != nil:
		size := 0
		for _, i := range rows {
			size += int(v.Off[i+1] - v.Off[i])
		}
		checkSize(size)
		out.Off, out.Data = make([]uint32, 1, len(rows)+1), make([]byte, 0, size)
		for _, i := range rows {
			out.Data = append(out.Data, v.Data[v.Off[i]:v.Off[i+1]]...)
			out.Off = append(out.Off, uint32(len(out.Data)))
		}
	case v.Floats != nil:
		out.Floats = make([]float64, len(rows))
		for k, i := range rows {
			out.Floats[k] = v.Floats[i]
		}
	default:
		out.Ints = make([]int64, len(rows))
		for k, i := range rows {
			out.Ints[k] = v.Ints[i]
		}
	}
	if len(v.Nulls) > 0 {
		for k, i := range rows {
			if v.Nulls.Get(int(i)) {
				out.Nulls.Set(k)
			}
		}
	}
	return out
}

func checkSize(n int) {
	if n > math.MaxUint32 {
		panic("batch: column over 4 GiB")
	}
}

// Clone is a copy.
func (v *Vec) Clone() *Vec {
	w := *v
	w.Nulls, w.Data = slices.Clone(v.Nulls), slices.Clone(v.Data)
	w.Ints, w.Floats, w.Off = slices.Clone(v.Ints), slices.Clone(v.Floats), slices.Clone(v.Off)
	return &w
}

// AppendRange adds values i to j, exclusively, of src, a column of the same representation.
func (v *Vec) AppendRange(src *Vec, i, j int) {
	switch {
	case src.Off != nil:
		from, to := src.Off[i], src.Off[j]
		checkSize(len(v.Data) + int(to-from))
		shift := uint32(len(v.Data)) - from
		v.Data = append(v.Data, src.Data[from:to]...)
		v.Off = slices.Grow(v.Off, j-i)
		for _, o := range src.Off[i+1 : j+1] {
			v.Off = append(v.Off, o+shift)
		}
	case src.Floats != nil:
		v.Floats = append(v.Floats, src.Floats[i:j]...)
	default:
		v.Ints = append(v.Ints, src.Ints[i:j]...)
	}
	if len(src.Nulls) > 0 {
		for k := i; k < j; k++ {
			if src.Nulls.Get(k) {
				v.Nulls.Set(v.N + k - i)
			}
		}
	}
	v.N += j - i
}

// Truncate drops the values from n on; shorter columns stay.
func (v *Vec) Truncate(n int) {
	if v.N <= n {
		return
	}
	v.N = n
	switch {
	case v.Off != nil:
		v.Off = v.Off[:n+1]
		v.Data = v.Data[:v.Off[n]]
	case v.Floats != nil:
		v.Floats = v.Floats[:n]
	default:
		v.Ints = v.Ints[:n]
	}
	if w := (n + 63) >> 6; len(v.Nulls) > w {
		v.Nulls = v.Nulls[:w]
	}
	if n&63 != 0 && len(v.Nulls) == (n+63)>>6 {
		v.Nulls[n>>6] &= 1<<(n&63) - 1
	}
}

// Any tells whether a bit is set.
func (b Bitmap) Any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

// Const is a column of n times the same datum.
func Const(t types.Type, d types.Datum, n int) *Vec {
	v := NewVec(t, n)
	for range n {
		v.Append(d)
	}
	return v
}
