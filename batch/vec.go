package batch

import (
	"math"

	"github.com/streamsql/streamsql/types"
)

// Vec is one column: values of one type, packed, without a pointer per value. Which of Ints, Floats, Off+Data is in use
// follows from Type.Rep().
type Vec struct {
	Type   types.Type
	N      int
	Nulls  Bitmap // a set bit is NULL; nil: none. The value slot under a NULL is zero (or empty).
	Ints   []int64
	Floats []float64
	Off    []uint32 // RepBytes: value i is Data[Off[i]:Off[i+1]]; len N+1, Off[0] == 0
	Data   []byte
}

// Bitmap is a set of row numbers; it may be shorter than the rows it speaks of.
type Bitmap []uint64

// Get tells whether bit i is set.
func (b Bitmap) Get(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 != 0 }

// Set sets bit i, growing as needed.
func (b *Bitmap) Set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

// NewVec makes an empty column with room for n values.
func NewVec(t types.Type, n int) *Vec {
	v := &Vec{Type: t}
	switch t.Rep() {
	case types.RepInt:
		v.Ints = make([]int64, 0, n)
	case types.RepFloat:
		v.Floats = make([]float64, 0, n)
	default:
		v.Off = make([]uint32, 1, n+1)
	}
	return v
}

// Len is the number of values.
func (v *Vec) Len() int { return v.N }

// IsNull tells whether value i is NULL.
func (v *Vec) IsNull(i int) bool { return v.Nulls.Get(i) }

// Bytes is value i of a RepBytes column; it aliases the column.
func (v *Vec) Bytes(i int) []byte { return v.Data[v.Off[i]:v.Off[i+1]:v.Off[i+1]] }

// Datum is value i; bytes alias the column.
func (v *Vec) Datum(i int) types.Datum {
	if v.Nulls.Get(i) {
		return types.Null
	}
	switch {
	case v.Off != nil:
		return types.NewBytes(v.Bytes(i))
	case v.Floats != nil:
		return types.NewFloat(v.Floats[i])
	default:
		return types.NewInt(v.Ints[i])
	}
}

// AppendNull adds a NULL.
func (v *Vec) AppendNull() {
	v.Nulls.Set(v.N)
	switch v.Type.Rep() {
	case types.RepInt:
		v.Ints = append(v.Ints, 0)
	case types.RepFloat:
		v.Floats = append(v.Floats, 0)
	default:
		v.Off = append(v.Off, uint32(len(v.Data)))
	}
	v.N++
}

// AppendInt adds a value to a RepInt column.
func (v *Vec) AppendInt(x int64) { v.Ints = append(v.Ints, x); v.N++ }

// AppendFloat adds a value to a RepFloat column.
func (v *Vec) AppendFloat(x float64) { v.Floats = append(v.Floats, x); v.N++ }

// EndBytes adds the value of a RepBytes column that the caller has appended to Data.
func (v *Vec) EndBytes() {
	checkSize(len(v.Data))
	v.Off = append(v.Off, uint32(len(v.Data)))
	v.N++
}

// AppendBytes adds a value to a RepBytes column; x is copied. A column holds less than 4 GiB.
func (v *Vec) AppendBytes(x []byte) {
	if len(v.Data)+len(x) > math.MaxUint32 {
		panic("batch: column over 4 GiB")
	}
	v.Data = append(v.Data, x...)
	v.Off = append(v.Off, uint32(len(v.Data)))
	v.N++
}

// Append adds a datum of the column's type.
func (v *Vec) Append(d types.Datum) {
	if d.IsNull() {
		v.AppendNull()
		return
	}
	switch v.Type.Rep() {
	case types.RepInt:
		v.AppendInt(d.Int())
	case types.RepFloat:
		v.AppendFloat(d.Float())
	default:
		v.AppendBytes(d.Bytes())
	}
}

// AppendFrom adds value i of src, a column of the same representation.
func (v *Vec) AppendFrom(src *Vec, i int) {
	if src.Nulls.Get(i) {
		v.AppendNull()
		return
	}
	switch {
	case src.Off != nil:
		v.AppendBytes(src.Bytes(i))
	case src.Floats != nil:
		v.AppendFloat(src.Floats[i])
	default:
		v.AppendInt(src.Ints[i])
	}
}

// Reset empties the column and keeps its memory.
func (v *Vec) Reset() {
	v.N, v.Nulls, v.Ints, v.Floats, v.Data = 0, v.Nulls[:0], v.Ints[:0], v.Floats[:0], v.Data[:0]
	if v.Off != nil {
		v.Off = v.Off[:1]
	}
}
