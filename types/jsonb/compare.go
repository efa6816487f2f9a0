package jsonb

import (
	"bytes"
	"cmp"

	"github.com/streamsql/streamsql/types/key"
	"github.com/streamsql/streamsql/types/numeric"
)

// Compare is PostgreSQL's btree order of jsonb: null < string < number < boolean < array < object, containers first by
// their size; but an empty array at the top is below everything. 0 is SQL's equality.
func Compare(a, b Value) int {
	if bytes.Equal(a, b) {
		return 0
	}
	ea, eb := a.Kind() == Array && a.Len() == 0, b.Kind() == Array && b.Len() == 0
	if ea != eb {
		if ea {
			return -1
		}
		return 1
	}
	return compare(a, b)
}

func compare(a, b Value) int {
	if c := cmp.Compare(a.Kind(), b.Kind()); c != 0 {
		return c
	}
	switch a.Kind() {
	case String:
		return bytes.Compare(a.Text(), b.Text())
	case Number:
		return numeric.Cmp(a.Decimal(), b.Decimal())
	case Array, Object:
		if c := cmp.Compare(a.Len(), b.Len()); c != 0 {
			return c
		}
		for i := range a.Len() {
			if c := compareItem(a, b, i); c != 0 {
				return c
			}
		}
	}
	return 0
}

func compareItem(a, b Value, i int) int {
	if a.Kind() == Array {
		return compare(a.Elem(i), b.Elem(i))
	}
	if c := bytes.Compare(a.Key(i), b.Key(i)); c != 0 {
		return c
	}
	return compare(a.Field(i), b.Field(i))
}

// AppendKey appends the order-preserving key of Compare's order.
func AppendKey(dst []byte, v Value) []byte {
	if v.Kind() == Array && v.Len() == 0 {
		return append(dst, 0x08)
	}
	return appendKey(dst, v)
}

func appendKey(dst []byte, v Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case String:
		return key.AppendBytes(dst, v.Text())
	case Number:
		return v.Decimal().AppendKey(dst)
	case Array:
		dst = key.AppendInt(dst, int64(v.Len()))
		for i := range v.Len() {
			dst = appendKey(dst, v.Elem(i))
		}
	case Object:
		dst = key.AppendInt(dst, int64(v.Len()))
		for i := range v.Len() {
			dst = appendKey(key.AppendBytes(dst, v.Key(i)), v.Field(i))
		}
	}
	return dst
}

// Contains is SQL's a @> b: objects contain by key and value, arrays as sets, a scalar is also contained in an array
// at the top that has it.
func Contains(a, b Value) bool {
	if a.Kind() == Array && b.IsScalar() {
		return hasElem(a, b)
	}
	return contains(a, b)
}

func contains(a, b Value) bool {
	switch {
	case a.Kind() == Object && b.Kind() == Object:
		for i := range b.Len() {
			av, ok := a.Get(b.Key(i))
			if !ok || !contains(av, b.Field(i)) {
				return false
			}
		}
		return true
	case a.Kind() == Array && b.Kind() == Array:
		for i := range b.Len() {
			if !hasElem(a, b.Elem(i)) {
				return false
			}
		}
		return true
	}
	return a.IsScalar() && b.IsScalar() && compare(a, b) == 0
}

// hasElem tells whether an element of array a contains e; a scalar only as itself.
func hasElem(a, e Value) bool {
	for i := range a.Len() {
		if contains(a.Elem(i), e) {
			return true
		}
	}
	return false
}
