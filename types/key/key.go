// Package key has the order-preserving byte encodings that the keys of all types are built from.
//
// Every encoding here is prefix-free, so encodings may be put one behind the other, and begins with a byte between
// 0x01 and 0xFE, so that 0x00 and 0xFF remain for NULLs that sort first or last. Complementing all bytes of an
// encoding (Invert) reverses its order and keeps both properties.
package key

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The first byte of an integer says its length, so that small numbers take one byte and equal numbers of different
// integer types have equal keys.
const (
	intNegative = 0x18 // minus the number of bytes that follow, 1..8
	intSmall    = 0x18 // plus the number, 0..smallMax
	smallMax    = 0xE7 - intSmall
	intPositive = 0xE7 // plus the number of bytes that follow, 1..8
)

// AppendInt appends a signed integer.
func AppendInt(dst []byte, v int64) []byte {
	if v >= 0 {
		if v <= smallMax {
			return append(dst, byte(intSmall+v))
		}
		n := (bits.Len64(uint64(v)) + 7) >> 3
		dst = append(dst, byte(intPositive+n))
		return appendLow(dst, uint64(v), n)
	}
	// The n low bytes of a negative number order like the number, as -1 is all ones.
	n := (bits.Len64(^uint64(v)) + 7) >> 3
	if n == 0 {
		n = 1
	}
	dst = append(dst, byte(intNegative-n))
	return appendLow(dst, uint64(v), n)
}

func appendLow(dst []byte, v uint64, n int) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v<<(64-8*n))
	return append(dst, b[:n]...)
}

// AppendFloat appends a float: NaN is above everything, all NaNs are equal, -0 equals 0.
func AppendFloat(dst []byte, f float64) []byte {
	u := math.Float64bits(f)
	switch {
	case f != f:
		u = math.MaxUint64
	case f == 0:
		u = 1 << 63
	case u>>63 != 0:
		u = ^u
	default:
		u |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(append(dst, 0x80), u)
}

// Strings end with the byte 0x01. What would be mistaken for it, or would put 0x00 or 0xFF at the front, is escaped to
// two bytes; in text that is only the control characters 1 and 2.
const (
	strEnd     = 0x01
	strLow     = 0x02 // followed by 1, 2, 3 for the bytes 0, 1, 2
	strHigh    = 0xFE // followed by 1, 2 for the bytes 0xFE, 0xFF
	strLowMax  = 0x02
	strHighMin = 0xFE
)

// AppendBytes appends a string of bytes, ordered bytewise.
func AppendBytes(dst, s []byte) []byte {
	from := 0
	for i, c := range s {
		if c-(strLowMax+1) < strHighMin-(strLowMax+1) { // strLowMax < c < strHighMin
			continue
		}
		dst = append(dst, s[from:i]...)
		if c <= strLowMax {
			dst = append(dst, strLow, c+1)
		} else {
			dst = append(dst, strHigh, c-strHighMin+1)
		}
		from = i + 1
	}
	dst = append(dst, s[from:]...)
	return append(dst, strEnd)
}

// Invert complements b in place: a descending key from an ascending one.
func Invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// IntSize tells from the first byte of an integer how long its encoding is, and its value if that is in the byte, else
// -1. A size of 0 means that the byte begins no integer.
func IntSize(first byte) (value, size int) {
	switch {
	case first >= intSmall && first <= intPositive:
		return int(first) - intSmall, 1
	case first < intSmall && first >= intNegative-8:
		return -1, 1 + intNegative - int(first)
	case first > intPositive && first <= intPositive+8:
		return -1, 1 + int(first) - intPositive
	}
	return -1, 0
}

// Int decodes the integer at the front of b, whose bytes are XORed with mask; a size of 0 means that there is none.
func Int(b []byte, mask byte) (v int64, size int) {
	if len(b) == 0 {
		return 0, 0
	}
	small, size := IntSize(b[0] ^ mask)
	switch {
	case size == 0 || size > len(b):
		return 0, 0
	case small >= 0:
		return int64(small), size
	case b[0]^mask < intSmall:
		v = -1
	}
	for _, c := range b[1:size] {
		v = v<<8 | int64(c^mask)
	}
	return v, size
}

// BytesSize is the length of the string's encoding at the front of b, whose bytes are XORed with mask; -1 if it has no
// end.
func BytesSize(b []byte, mask byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] ^ mask {
		case strEnd:
			return i + 1
		case strLow, strHigh:
			i++
		}
	}
	return -1
}
