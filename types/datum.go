package types

import "math"

// Datum is one value at the edges of the system (literals, one-row DML, catalog); batches hold columns instead.
// The zero Datum is NULL. A Datum does not know its Type. Its bytes must not be changed.
type Datum struct {
	rep Rep
	n   int64 // RepInt: the value; RepFloat: the bits
	b   []byte
}

// Null is SQL's NULL.
var Null = Datum{}

func NewInt(v int64) Datum     { return Datum{rep: RepInt, n: v} }
func NewFloat(v float64) Datum { return Datum{rep: RepFloat, n: int64(FloatBits(v))} }
func NewBytes(v []byte) Datum  { return Datum{rep: RepBytes, b: v} }
func NewString(v string) Datum { return Datum{rep: RepBytes, b: []byte(v)} }

// FloatBits are the bits of v, the same for every NaN: identity goes by them.
func FloatBits(v float64) uint64 {
	if v != v {
		return 0x7FF8000000000000
	}
	return math.Float64bits(v)
}

// NewBool is true or false.
func NewBool(v bool) Datum {
	if v {
		return Datum{rep: RepInt, n: 1}
	}
	return Datum{rep: RepInt}
}

func (d Datum) IsNull() bool   { return d.rep == 0 }
func (d Datum) Rep() Rep       { return d.rep } // 0: NULL
func (d Datum) Int() int64     { return d.n }
func (d Datum) Bool() bool     { return d.n != 0 }
func (d Datum) Float() float64 { return math.Float64frombits(uint64(d.n)) }
func (d Datum) Bytes() []byte  { return d.b }
func (d Datum) String() string { return string(d.b) } // the text of a text value; debugging of others goes through AppendText
