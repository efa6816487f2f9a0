package jsonb

import (
	"encoding/binary"
	"slices"

	"github.com/streamsql/streamsql/types/numeric"
)

// NullValue, TrueValue and FalseValue are the constants; they must not be changed.
var (
	NullValue  = Value{byte(Null)}
	TrueValue  = Value{byte(True)}
	FalseValue = Value{byte(False)}
)

// NewBool is true or false.
func NewBool(b bool) Value {
	if b {
		return TrueValue
	}
	return FalseValue
}

// NewString is a string.
func NewString[T string | []byte](s T) Value {
	return append(append(make(Value, 0, len(s)+1), byte(String)), s...)
}

// NewNumber is a number; it must be finite.
func NewNumber(d numeric.Decimal) Value { return d.AppendImage(Value{byte(Number)}) }

// NewArray is an array of the given elements, which are copied.
func NewArray(elems []Value) Value {
	size := headerLen + 4*len(elems)
	for _, e := range elems {
		size += len(e)
	}
	v := make(Value, 0, size)
	v = append(v, byte(Array))
	v = binary.LittleEndian.AppendUint32(v, uint32(len(elems)))
	end := 0
	for _, e := range elems {
		end += len(e)
		v = binary.LittleEndian.AppendUint32(v, uint32(end))
	}
	for _, e := range elems {
		v = append(v, e...)
	}
	return v
}

// Pair is a key and its value.
type Pair struct {
	Key   []byte
	Value Value
}

// NewObject is an object of pairs in any order, which is changed; of a repeated key the last one stays.
func NewObject(pairs []Pair) Value {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return compareKeys(a.Key, b.Key) })
	kept := pairs[:0]
	for i, p := range pairs {
		if i+1 < len(pairs) && string(p.Key) == string(pairs[i+1].Key) {
			continue
		}
		kept = append(kept, p)
	}
	size := headerLen + 8*len(kept)
	for _, p := range kept {
		size += len(p.Key) + len(p.Value)
	}
	v := make(Value, 0, size)
	v = append(v, byte(Object))
	v = binary.LittleEndian.AppendUint32(v, uint32(len(kept)))
	end := 0
	for _, p := range kept {
		end += len(p.Key)
		v = binary.LittleEndian.AppendUint32(v, uint32(end))
	}
	for _, p := range kept {
		end += len(p.Value)
		v = binary.LittleEndian.AppendUint32(v, uint32(end))
	}
	for _, p := range kept {
		v = append(v, p.Key...)
	}
	for _, p := range kept {
		v = append(v, p.Value...)
	}
	return v
}

// Elems are the elements of an array; Pairs the pairs of an object.
func (v Value) Elems() []Value {
	out := make([]Value, v.Len())
	for i := range out {
		out[i] = v.Elem(i)
	}
	return out
}

func (v Value) Pairs() []Pair {
	out := make([]Pair, v.Len())
	for i := range out {
		out[i] = Pair{v.Key(i), v.Field(i)}
	}
	return out
}
