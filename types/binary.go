package types

import (
	"encoding/binary"
	"math"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
)

func badBinary(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidBinaryRepresentation, format, args...)
}

func incorrectBinary() error { return badBinary("incorrect binary data format") }

// wireInt is the size of an integer's binary form, 0 if t has none.
func wireInt(k Kind) int {
	switch k {
	case Bool, Char:
		return 1
	case Int2:
		return 2
	case Int4, Date, OID, Regclass, Regtype, Regproc, Regnamespace, Regrole:
		return 4
	case Int8, Time, Timestamp, Timestamptz:
		return 8
	}
	return 0
}

// ParseBinary reads the binary wire form; 22P03 on bad input. Bytes of the result alias src where they can.
func ParseBinary(t Type, src []byte) (Datum, error) {
	if t.Array {
		return parseArrayBinary(t.Elem(), src)
	}
	d, err := parseBinary(t, src)
	if err != nil || !t.hasMod() {
		return d, err
	}
	return ApplyMod(t, d, false)
}

func parseBinary(t Type, src []byte) (Datum, error) {
	if n := wireInt(t.Kind); n > 0 {
		if len(src) != n {
			return Null, incorrectBinary()
		}
		return parseWireInt(t.Kind, src)
	}
	switch t.Kind {
	case Float4:
		if len(src) != 4 {
			return Null, incorrectBinary()
		}
		return NewFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(src)))), nil
	case Float8:
		if len(src) != 8 {
			return Null, incorrectBinary()
		}
		return NewFloat(math.Float64frombits(binary.BigEndian.Uint64(src))), nil
	case Numeric:
		d, err := numeric.ParseBinary(src)
		if err != nil {
			return Null, err
		}
		return NewDecimal(d), nil
	case Interval, UUID:
		if len(src) != 16 {
			return Null, incorrectBinary()
		}
		return NewBytes(src), nil
	case Bytea, Void:
		return NewBytes(src), nil
	case JSONB:
		return parseBinaryJSONB(src)
	case Record:
		return Null, noRecordInput()
	case AnyElement, AnyArray, Any, AnyNonArray, AnyCompatible, AnyCompatibleArray:
		return Null, sqlerr.New(sqlerr.FeatureNotSupported, "cannot accept a value of type %s", infos[t.Kind].typname)
	}
	if err := CheckText(string(src)); err != nil {
		return Null, err
	}
	switch t.Kind {
	case JSON:
		if err := jsonb.Validate(src); err != nil {
			return Null, err
		}
	case Name:
		if len(src) > maxNameBytes {
			return Null, sqlerr.New(sqlerr.NameTooLong, "identifier too long").
				WithDetail("Identifier must be less than %d characters.", maxNameBytes+1)
		}
	}
	return NewBytes(src), nil
}

func parseWireInt(k Kind, src []byte) (Datum, error) {
	switch len(src) {
	case 1:
		if k == Bool {
			return NewBool(src[0] != 0), nil
		}
		return NewInt(int64(src[0])), nil
	case 2:
		return NewInt(int64(int16(binary.BigEndian.Uint16(src)))), nil
	case 4:
		v := binary.BigEndian.Uint32(src)
		if isOIDKind(k) {
			return NewInt(int64(v)), nil
		}
		if d := int64(int32(v)); k == Date && datetime.FiniteDate(d) && !datetime.ValidDate(d) {
			return Null, datetime.DateOutOfRange()
		}
		return NewInt(int64(int32(v))), nil
	}
	v := int64(binary.BigEndian.Uint64(src))
	switch {
	case k == Time && (v < 0 || v > datetime.Day):
		return Null, sqlerr.New(sqlerr.DatetimeFieldOverflow, "time out of range")
	case (k == Timestamp || k == Timestamptz) && datetime.Finite(v) && !datetime.ValidTimestamp(v):
		return Null, datetime.TimestampOutOfRange()
	}
	return NewInt(v), nil
}

const jsonbVersion = 1

func parseBinaryJSONB(src []byte) (Datum, error) {
	if len(src) == 0 {
		return Null, sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
	}
	if src[0] != jsonbVersion {
		return Null, sqlerr.New(sqlerr.InternalError, "unsupported jsonb version number %d", src[0])
	}
	if err := CheckText(string(src[1:])); err != nil {
		return Null, err
	}
	v, err := jsonb.Parse(src[1:])
	return NewBytes(v), err
}

// AppendBinary appends the binary wire form of a non-null value.
func AppendBinary(dst []byte, t Type, d Datum) []byte {
	if t.Array {
		return appendArrayBinary(dst, t.Elem(), d)
	}
	switch wireInt(t.Kind) {
	case 1:
		return append(dst, byte(d.n))
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(d.n))
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(d.n))
	case 8:
		return binary.BigEndian.AppendUint64(dst, uint64(d.n))
	}
	switch t.Kind {
	case Float4:
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(d.Float())))
	case Float8:
		return binary.BigEndian.AppendUint64(dst, uint64(d.n))
	case Numeric:
		return numeric.FromImage(d.b).AppendBinary(dst)
	case JSONB:
		return jsonb.Value(d.b).AppendText(append(dst, jsonbVersion))
	case Record:
		return appendRecordBinary(dst, d.b)
	}
	return append(dst, d.b...)
}

// parseArrayBinary reads ndim, a flag for NULLs, the element's OID, each dimension's length and lower bound, and the
// elements with their lengths, -1 for NULL.
func parseArrayBinary(elem Type, src []byte) (Datum, error) {
	r := wireReader{b: src}
	nd, flags, oid := r.int32(), r.int32(), uint32(r.int32())
	switch {
	case r.short:
		return Null, r.err()
	case nd < 0 || nd > MaxArrayDims:
		if nd > MaxArrayDims {
			return Null, tooManyDims(int(nd))
		}
		return Null, badBinary("invalid number of dimensions: %d", nd)
	case flags != 0 && flags != 1:
		return Null, badBinary("invalid array flags")
	case oid != elem.OID():
		name, _ := FromOID(oid)
		return Null, sqlerr.New(sqlerr.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			oid, name, elem.OID(), elem.Base())
	}
	a := Array{Elem: elem}
	total := int64(1)
	for range nd {
		n, l := r.int32(), r.int32()
		if n < 0 || r.short {
			return Null, badBinary("invalid array size")
		}
		if total *= int64(n); total*4 > int64(len(src)) {
			return Null, r.err()
		}
		a.Dims, a.Lower = append(a.Dims, int(n)), append(a.Lower, int(l))
	}
	if nd == 0 || total == 0 {
		return NewArray(Array{Elem: elem}), nil
	}
	a.Elems = make([]Datum, 0, total)
	for range total {
		n := r.int32()
		if n == -1 {
			a.Elems = append(a.Elems, Null)
			continue
		}
		b := r.take(int(n))
		if r.short {
			return Null, r.err()
		}
		d, err := ParseBinary(elem, b)
		if err != nil {
			return Null, err
		}
		a.Elems = append(a.Elems, d)
	}
	if len(r.b) > 0 {
		return Null, incorrectBinary()
	}
	return NewArray(a), nil
}

// wireReader reads big-endian fields; short stays set once the bytes do not suffice.
type wireReader struct {
	b     []byte
	short bool
}

func (r *wireReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.short = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *wireReader) int32() int32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func (r *wireReader) err() error {
	return sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
}

func appendArrayBinary(dst []byte, elem Type, d Datum) []byte {
	a := DecodeArray(elem, d)
	var nulls uint32
	for _, e := range a.Elems {
		if e.rep == 0 {
			nulls = 1
		}
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(a.Dims)))
	dst = binary.BigEndian.AppendUint32(dst, nulls)
	dst = binary.BigEndian.AppendUint32(dst, elem.OID())
	for i, n := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Lower[i]))
	}
	for _, e := range a.Elems {
		if e.rep == 0 {
			dst = binary.BigEndian.AppendUint32(dst, math.MaxUint32)
			continue
		}
		at := len(dst)
		dst = AppendBinary(append(dst, 0, 0, 0, 0), elem, e)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}
