package types

import (
	"bytes"
	"cmp"

	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/key"
	"github.com/streamsql/streamsql/types/numeric"
)

// Compare orders two non-null values of type t as ORDER BY does; 0 is SQL's equality. json, which has no order in
// PostgreSQL, is compared by its text: the binder refuses it before.
func Compare(t Type, a, b Datum) int {
	if t.Array {
		return compareArrays(t.Elem(), a, b)
	}
	switch t.Rep() {
	case RepInt:
		return cmp.Compare(a.n, b.n)
	case RepFloat:
		return CompareFloat(a.Float(), b.Float())
	}
	switch t.Kind {
	case BPChar:
		return bytes.Compare(trimBlanks(a.b), trimBlanks(b.b))
	case Numeric:
		return numeric.Cmp(numeric.FromImage(a.b), numeric.FromImage(b.b))
	case Interval:
		return datetime.IntervalFromImage(a.b).Cmp(datetime.IntervalFromImage(b.b))
	case JSONB:
		return jsonb.Compare(a.b, b.b)
	case Record:
		return bytes.Compare(fieldKeys(a.b), fieldKeys(b.b))
	}
	return bytes.Compare(a.b, b.b)
}

// CompareFloat is PostgreSQL's order of floats: NaN equals itself and is above everything, -0 equals 0.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case a == a: // b is NaN
		return -1
	case b == b:
		return 1
	}
	return 0
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// EqualityIsIdentity tells whether equal values of t print alike, so that image and key agree.
func EqualityIsIdentity(t Type) bool {
	switch t.Kind {
	case Numeric, Float4, Float8, Interval, BPChar, JSONB, Record:
		return false
	}
	return true
}

// The first byte of the key of NULL; values have another one, ascending or descending.
const (
	keyNullFirst = 0x00
	keyNullLast  = 0xFF
)

// AppendKey appends the order-preserving encoding of d (NULL allowed): for values of one type, desc and nullsFirst,
// bytes.Compare of the encodings is the order of ORDER BY ... [DESC] NULLS FIRST|LAST, and equal values (1.0, 1.00)
// have equal encodings. No encoding is a prefix of another one.
func AppendKey(dst []byte, t Type, d Datum, desc, nullsFirst bool) []byte {
	if d.rep == 0 {
		return AppendNullKey(dst, nullsFirst)
	}
	start := len(dst)
	dst = appendKey(dst, t, d)
	if desc {
		key.Invert(dst[start:])
	}
	return dst
}

// AppendNullKey is AppendKey of NULL.
func AppendNullKey(dst []byte, nullsFirst bool) []byte {
	if nullsFirst {
		return append(dst, keyNullFirst)
	}
	return append(dst, keyNullLast)
}

// AppendIntKey, AppendFloatKey and AppendBytesKey are AppendKey, ascending, of a value in a column of the respective
// representation.
func AppendIntKey(dst []byte, v int64) []byte     { return key.AppendInt(dst, v) }
func AppendFloatKey(dst []byte, f float64) []byte { return key.AppendFloat(dst, f) }
func AppendBytesKey(dst []byte, t Type, b []byte) []byte {
	if t.Array {
		return appendArrayKey(dst, t.Elem(), b)
	}
	switch t.Kind {
	case BPChar:
		return key.AppendBytes(dst, trimBlanks(b))
	case Numeric:
		return numeric.FromImage(b).AppendKey(dst)
	case Interval:
		return datetime.IntervalFromImage(b).AppendKey(dst)
	case JSONB:
		return jsonb.AppendKey(dst, b)
	case Record:
		return appendRecordKey(dst, b)
	case UUID:
		return append(append(dst, 0x80), b...)
	}
	return key.AppendBytes(dst, b)
}

func appendKey(dst []byte, t Type, d Datum) []byte {
	switch t.Rep() {
	case RepInt:
		return key.AppendInt(dst, d.n)
	case RepFloat:
		return key.AppendFloat(dst, d.Float())
	}
	return AppendBytesKey(dst, t, d.b)
}

// InvertKey complements a key that was made ascending into the descending one; not for the keys of NULLs.
func InvertKey(k []byte) { key.Invert(k) }
