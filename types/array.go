package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"github.com/streamsql/streamsql/types/key"
)

// Array is the decoded form of an array value; NewArray and DecodeArray are its codec.
type Array struct {
	Elem  Type
	Dims  []int // lengths; empty for '{}'
	Lower []int // lower bounds, normally 1
	Elems []Datum
}

// MakeArray is a one-dimensional array with lower bound 1; '{}' if there are no elements.
func MakeArray(elem Type, elems []Datum) Datum {
	if len(elems) == 0 {
		return NewArray(Array{Elem: elem})
	}
	return NewArray(Array{Elem: elem, Dims: []int{len(elems)}, Lower: []int{1}, Elems: elems})
}

// An array's image: the number of dimensions, each one's length and lower bound, then the elements: 0 for NULL, else 1
// plus the length and the bytes; for integers 1 and a varint, for floats 1 and eight bytes.

// NewArray encodes an array. Lower may be nil for all ones.
func NewArray(a Array) Datum {
	dst := make([]byte, 0, 8+10*len(a.Elems))
	if len(a.Elems) == 0 {
		return NewBytes(append(dst, 0))
	}
	dst = binary.AppendUvarint(dst, uint64(len(a.Dims)))
	for i, n := range a.Dims {
		lower := 1
		if i < len(a.Lower) {
			lower = a.Lower[i]
		}
		dst = binary.AppendUvarint(dst, uint64(n))
		dst = binary.AppendVarint(dst, int64(lower))
	}
	rep := a.Elem.Rep()
	for _, d := range a.Elems {
		dst = appendElem(dst, rep, d)
	}
	return NewBytes(dst)
}

func appendElem(dst []byte, rep Rep, d Datum) []byte {
	switch {
	case d.rep == 0:
		return append(dst, 0)
	case rep == RepInt:
		return binary.AppendVarint(append(dst, 1), d.n)
	case rep == RepFloat:
		return binary.BigEndian.AppendUint64(append(dst, 1), uint64(d.n))
	}
	dst = binary.AppendUvarint(dst, uint64(len(d.b))+1)
	return append(dst, d.b...)
}

// DecodeArray decodes an array value; elements alias it.
func DecodeArray(elem Type, d Datum) Array {
	a, rest, ok := decodeDims(elem, d.b)
	if !ok {
		return Array{Elem: elem}
	}
	n := 1
	for _, k := range a.Dims {
		n *= k
	}
	if len(a.Dims) == 0 || n > len(rest) {
		return Array{Elem: elem}
	}
	a.Elems = make([]Datum, 0, n)
	it := arrayIter{rep: elem.Rep(), b: rest}
	for len(a.Elems) < n {
		d, ok := it.next()
		if !ok {
			return Array{Elem: elem}
		}
		a.Elems = append(a.Elems, d)
	}
	return a
}

// MaxArrayDims is how many dimensions an array may have.
const MaxArrayDims = 6

// decodeDims reads what precedes the elements.
func decodeDims(elem Type, b []byte) (a Array, rest []byte, ok bool) {
	a.Elem = elem
	nd, w := binary.Uvarint(b)
	if w <= 0 || nd > MaxArrayDims {
		return a, nil, false
	}
	b = b[w:]
	if nd > 0 {
		both := make([]int, 2*nd)
		a.Dims, a.Lower = both[:nd:nd], both[nd:]
	}
	total := uint64(1)
	for i := range a.Dims {
		n, w := binary.Uvarint(b)
		if w <= 0 || n == 0 || n > math.MaxInt32 || total*n > uint64(len(b)) {
			return a, nil, false
		}
		total *= n
		b = b[w:]
		l, w := binary.Varint(b)
		if w <= 0 || l < math.MinInt32 || l > math.MaxInt32 {
			return a, nil, false
		}
		b = b[w:]
		a.Dims[i], a.Lower[i] = int(n), int(l)
	}
	return a, b, true
}

// arrayIter walks the elements of an image.
type arrayIter struct {
	rep Rep
	b   []byte
}

func (it *arrayIter) next() (Datum, bool) {
	n, w := binary.Uvarint(it.b)
	if w <= 0 {
		return Null, false
	}
	it.b = it.b[w:]
	if n == 0 {
		return Null, true
	}
	switch it.rep {
	case RepInt:
		v, w := binary.Varint(it.b)
		if w <= 0 {
			return Null, false
		}
		it.b = it.b[w:]
		return NewInt(v), true
	case RepFloat:
		if len(it.b) < 8 {
			return Null, false
		}
		u := binary.BigEndian.Uint64(it.b)
		it.b = it.b[8:]
		return NewFloat(math.Float64frombits(u)), true
	}
	if n-1 > uint64(len(it.b)) {
		return Null, false
	}
	d := NewBytes(it.b[: n-1 : n-1])
	it.b = it.b[n-1:]
	return d, true
}

// compareArrays orders by the elements, NULL last, then by their number, then by shape.
func compareArrays(elem Type, x, y Datum) int {
	if bytes.Equal(x.b, y.b) {
		return 0
	}
	a, b := DecodeArray(elem, x), DecodeArray(elem, y)
	for i := 0; i < len(a.Elems) && i < len(b.Elems); i++ {
		p, q := a.Elems[i], b.Elems[i]
		switch {
		case p.rep == 0 && q.rep == 0:
			continue
		case p.rep == 0:
			return 1
		case q.rep == 0:
			return -1
		}
		if c := Compare(elem, p, q); c != 0 {
			return c
		}
	}
	if c := cmp.Or(cmp.Compare(len(a.Elems), len(b.Elems)), cmp.Compare(len(a.Dims), len(b.Dims))); c != 0 {
		return c
	}
	for i := range a.Dims {
		if c := cmp.Compare(a.Dims[i], b.Dims[i]); c != 0 {
			return c
		}
	}
	// PostgreSQL's = distinguishes lower bounds though its btree order does not; here they break the tie.
	for i := range a.Lower {
		if c := cmp.Compare(a.Lower[i], b.Lower[i]); c != 0 {
			return c
		}
	}
	return 0
}

// appendArrayKey: the elements' keys, a 0 that is below every element, the shape.
func appendArrayKey(dst []byte, elem Type, img []byte) []byte {
	a := DecodeArray(elem, NewBytes(img))
	dst = append(dst, 0x10)
	for _, d := range a.Elems {
		dst = AppendKey(dst, elem, d, false, false)
	}
	dst = append(dst, 0)
	dst = key.AppendInt(dst, int64(len(a.Dims)))
	for _, n := range a.Dims {
		dst = key.AppendInt(dst, int64(n))
	}
	for _, l := range a.Lower {
		dst = key.AppendInt(dst, int64(l))
	}
	return dst
}
