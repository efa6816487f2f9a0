// Package jsonb is PostgreSQL's json and jsonb: parsing and checking, the binary image of jsonb with access to parts
// without decoding the whole, building, order, containment and output.
//
// A Value is jsonb's image: a tag byte, then for strings the bytes and for numbers the numeric's image; arrays have
// a count and the end offset of each element, objects a count, the ends of the keys and the ends of the values. Keys
// are sorted by length, then bytes, each occurring once, so that a lookup is a binary search and equal documents (up
// to the scale of numbers) have equal images.
package jsonb

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"sort"

	"github.com/streamsql/streamsql/types/numeric"
)

// Kind is what a Value is.
type Kind uint8

// The kinds in jsonb's order, and as tags of the image.
const (
	Null   Kind = 0x10
	String Kind = 0x20
	Number Kind = 0x30
	False  Kind = 0x40
	True   Kind = 0x41
	Array  Kind = 0x50
	Object Kind = 0x60
)

// Value is a jsonb value: the bytes of a Datum of type jsonb. Parts alias the whole.
type Value []byte

// Kind is v's kind; damaged bytes count as Null.
func (v Value) Kind() Kind {
	if len(v) == 0 {
		return Null
	}
	return Kind(v[0])
}

// IsScalar tells whether v is neither array nor object.
func (v Value) IsScalar() bool { k := v.Kind(); return k != Array && k != Object }

// TypeName is jsonb_typeof's: "object", "array", "string", "number", "boolean", "null".
func (v Value) TypeName() string {
	switch v.Kind() {
	case String:
		return "string"
	case Number:
		return "number"
	case False, True:
		return "boolean"
	case Array:
		return "array"
	case Object:
		return "object"
	}
	return "null"
}

// Text is the content of a string.
func (v Value) Text() []byte { return v[1:] }

// Decimal is the value of a number.
func (v Value) Decimal() numeric.Decimal { return numeric.FromImage(v[1:]) }

const headerLen = 5 // tag and count

// Len is the number of elements of an array or of keys of an object, else 0.
func (v Value) Len() int {
	if v.IsScalar() || len(v) < headerLen {
		return 0
	}
	return int(binary.LittleEndian.Uint32(v[1:]))
}

// end is offset i of the table of ends, 0 for i = -1.
func (v Value) end(i int) int {
	if i < 0 {
		return 0
	}
	return int(binary.LittleEndian.Uint32(v[headerLen+4*i:]))
}

// Elem is element i, from 0, of an array.
func (v Value) Elem(i int) Value {
	data := v[headerLen+4*v.Len():]
	return data[v.end(i-1):v.end(i)]
}

// Index is v -> i: element i of an array, negative ones counted from the end; false if there is none. A scalar counts
// as an array of itself, as in PostgreSQL.
func (v Value) Index(i int) (Value, bool) {
	if v.IsScalar() {
		return v, i == 0 || i == -1
	}
	n := v.Len()
	if i < 0 {
		i += n
	}
	if v.Kind() != Array || i < 0 || i >= n {
		return nil, false
	}
	return v.Elem(i), true
}

// Key is key i, in jsonb's order, of an object; Field the value under it.
func (v Value) Key(i int) []byte {
	data := v[headerLen+8*v.Len():]
	return data[v.end(i-1):v.end(i)]
}

func (v Value) Field(i int) Value {
	n := v.Len()
	data := v[headerLen+8*n:]
	from := v.end(n + i)
	if i == 0 {
		return data[v.end(n-1):from]
	}
	return data[v.end(n+i-1):from]
}

// compareKeys is the order of an object's keys: by length, then by bytes.
func compareKeys(a, b []byte) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return bytes.Compare(a, b)
}

// Get is the value under key of an object; false if there is none or v is no object.
func (v Value) Get(key []byte) (Value, bool) {
	if v.Kind() != Object {
		return nil, false
	}
	n := v.Len()
	i := sort.Search(n, func(i int) bool { return compareKeys(v.Key(i), key) >= 0 })
	if i < n && bytes.Equal(v.Key(i), key) {
		return v.Field(i), true
	}
	return nil, false
}

// Exists is SQL's jsonb ? text: a key of an object, a string element of an array, or the string itself.
func (v Value) Exists(key []byte) bool {
	switch v.Kind() {
	case Object:
		_, ok := v.Get(key)
		return ok
	case Array:
		for i := range v.Len() {
			if e := v.Elem(i); e.Kind() == String && bytes.Equal(e.Text(), key) {
				return true
			}
		}
	case String:
		return bytes.Equal(v.Text(), key)
	}
	return false
}

// Valid tells whether b is the image of a jsonb value, checking every part.
func Valid(b []byte) bool { return valid(b, 0) }

func valid(v Value, depth int) bool {
	if len(v) == 0 || depth > maxDepth {
		return false
	}
	switch v.Kind() {
	case Null, False, True:
		return len(v) == 1
	case String:
		return true
	case Number:
		return numeric.ValidImage(v[1:]) && v.Decimal().IsFinite()
	case Array, Object:
		return validContainer(v, depth)
	}
	return false
}

func validContainer(v Value, depth int) bool {
	if len(v) < headerLen {
		return false
	}
	n := int(binary.LittleEndian.Uint32(v[1:]))
	ends := n
	if v.Kind() == Object {
		ends = 2 * n
	}
	if n > len(v) || headerLen+4*ends > len(v) {
		return false
	}
	size, last := len(v)-headerLen-4*ends, 0
	for i := range ends {
		e := v.end(i)
		if e < last || e > size {
			return false
		}
		last = e
	}
	if last != size {
		return false
	}
	for i := range n {
		if v.Kind() == Array {
			if !valid(v.Elem(i), depth+1) {
				return false
			}
		} else if i > 0 && compareKeys(v.Key(i-1), v.Key(i)) >= 0 || !valid(v.Field(i), depth+1) {
			return false
		}
	}
	return true
}
