package types

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/key"
)

// Row is the decoded form of a record: ROW(...) or a relation's row. The one type record has values of any shape, as in PostgreSQL, so that
// a value carries its fields' names and types.
type Row struct {
	Fields []Field
	Values []Datum
}

// Field is a record's field. ROW(...) names its fields f1, f2...
type Field struct {
	Name string
	Type Type
}

// FieldName is the name of field i, from 0, of ROW(...).
func FieldName(i int) string { return "f" + strconv.Itoa(i+1) }

// Named tells whether fields have names of their own, as those of relations do.
func Named(fields []Field) bool {
	for i, f := range fields {
		if f.Name != FieldName(i) {
			return true
		}
	}
	return false
}

// A record's image: twice the number of fields, plus one if they have names of their own; for each field the length of its name and the name,
// if so, the OID of its type, and its value as in an array.

// AppendRecord appends the image of a record.
func AppendRecord(dst []byte, r Row) []byte {
	named := Named(r.Fields)
	head := uint64(len(r.Fields)) << 1
	if named {
		head |= 1
	}
	dst = binary.AppendUvarint(dst, head)
	for i, f := range r.Fields {
		if named {
			dst = append(binary.AppendUvarint(dst, uint64(len(f.Name))), f.Name...)
		}
		dst = binary.AppendUvarint(dst, uint64(f.Type.OID()))
		dst = appendElem(dst, f.Type.Rep(), r.Values[i])
	}
	return dst
}

// NewRecord encodes a record.
func NewRecord(r Row) Datum { return NewBytes(AppendRecord(nil, r)) }

// DecodeRecord decodes a record; its values alias d.
func DecodeRecord(d Datum) Row {
	it, ok := newRecordIter(d.b)
	r := Row{Fields: make([]Field, 0, it.n), Values: make([]Datum, 0, it.n)}
	for ok && len(r.Fields) < it.n {
		var f Field
		var v Datum
		if f, v, ok = it.next(); ok {
			r.Fields, r.Values = append(r.Fields, f), append(r.Values, v)
		}
	}
	if !ok {
		return Row{}
	}
	return r
}

// recordIter walks the fields of an image.
type recordIter struct {
	n, i  int
	named bool
	elems arrayIter
}

func newRecordIter(b []byte) (recordIter, bool) {
	head, w := binary.Uvarint(b)
	if w <= 0 || head>>1 > uint64(len(b)) {
		return recordIter{}, false
	}
	return recordIter{n: int(head >> 1), named: head&1 != 0, elems: arrayIter{b: b[w:]}}, true
}

func (it *recordIter) next() (f Field, v Datum, ok bool) {
	if it.named {
		n, w := binary.Uvarint(it.elems.b)
		if w <= 0 || n > uint64(len(it.elems.b)-w) {
			return f, Null, false
		}
		f.Name = string(it.elems.b[w : w+int(n)])
		it.elems.b = it.elems.b[w+int(n):]
	} else {
		f.Name = FieldName(it.i)
	}
	oid, w := binary.Uvarint(it.elems.b)
	if w <= 0 || oid > math.MaxUint32 {
		return f, Null, false
	}
	if f.Type, ok = FromOID(uint32(oid)); !ok {
		return f, Null, false
	}
	it.i++
	it.elems.b, it.elems.rep = it.elems.b[w:], f.Type.Rep()
	v, ok = it.elems.next()
	return f, v, ok
}

// RecordIsNull answers IS NULL (not: IS NOT NULL) of a record that is not NULL itself: all of its fields are, or none of them is.
func RecordIsNull(d Datum, not bool) bool {
	for _, v := range DecodeRecord(d).Values {
		if v.IsNull() == not {
			return false
		}
	}
	return true
}

// CompareRecords orders two records by their fields in turn; a NULL is equal to a NULL and above everything else. Fields of different types do not
// compare (42804), nor do records that differ in length only, or fields of a type that has no order, or for equality none (42883).
func CompareRecords(a, b Datum, equality bool) (int, error) {
	x, y := DecodeRecord(a), DecodeRecord(b)
	for i := 0; i < len(x.Fields) && i < len(y.Fields); i++ {
		t := x.Fields[i].Type
		if t != y.Fields[i].Type {
			return 0, sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", t, y.Fields[i].Type, i+1)
		}
		if !ordered(t) {
			what := "a comparison function"
			if equality {
				what = "an equality operator"
			}
			return 0, sqlerr.New(sqlerr.UndefinedFunction, "could not identify %s for type %s", what, t)
		}
		if c, err := compareFields(t, x.Values[i], y.Values[i], equality); c != 0 || err != nil {
			return c, err
		}
	}
	if len(x.Fields) != len(y.Fields) {
		return 0, sqlerr.New(sqlerr.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}

func ordered(t Type) bool { return t.Kind != JSON && t.Kind != Unknown }

func compareFields(t Type, a, b Datum, equality bool) (int, error) {
	switch {
	case a.rep == 0 && b.rep == 0:
		return 0, nil
	case a.rep == 0:
		return 1, nil
	case b.rep == 0:
		return -1, nil
	case t.Is(Record):
		return CompareRecords(a, b, equality)
	}
	return Compare(t, a, b), nil
}

// appendRecordKey: the fields' keys, as one string, so that they are skipped without their types.
func appendRecordKey(dst, img []byte) []byte { return key.AppendBytes(dst, fieldKeys(img)) }

func fieldKeys(img []byte) []byte {
	var keys []byte
	it, ok := newRecordIter(img)
	for ok && it.i < it.n {
		var f Field
		var v Datum
		if f, v, ok = it.next(); ok {
			keys = AppendKey(keys, f.Type, v, false, false)
		}
	}
	return keys
}

// appendRecordText writes (1,"a b",), where NULL is nothing.
func appendRecordText(dst []byte, cfg *Config, img []byte) []byte {
	var buf []byte
	dst = append(dst, '(')
	it, ok := newRecordIter(img)
	for ok && it.i < it.n {
		if it.i > 0 {
			dst = append(dst, ',')
		}
		var f Field
		var v Datum
		if f, v, ok = it.next(); !ok || v.rep == 0 {
			continue
		}
		buf = AppendText(buf[:0], cfg, f.Type, v)
		if !quotedInRecord(buf) {
			dst = append(dst, buf...)
			continue
		}
		dst = append(dst, '"')
		for _, c := range buf {
			if c == '"' || c == '\\' {
				dst = append(dst, c)
			}
			dst = append(dst, c)
		}
		dst = append(dst, '"')
	}
	return append(dst, ')')
}

func quotedInRecord(b []byte) bool {
	for _, c := range b {
		if c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || isSpace(c) {
			return true
		}
	}
	return len(b) == 0
}

// appendRecordBinary writes the number of fields, and for each the OID of its type, its length (-1 for NULL) and its binary form.
func appendRecordBinary(dst, img []byte) []byte {
	r := DecodeRecord(NewBytes(img))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Fields)))
	for i, f := range r.Fields {
		dst = binary.BigEndian.AppendUint32(dst, f.Type.OID())
		if r.Values[i].IsNull() {
			dst = binary.BigEndian.AppendUint32(dst, math.MaxUint32)
			continue
		}
		at := len(dst)
		dst = AppendBinary(append(dst, 0, 0, 0, 0), f.Type, r.Values[i])
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// noRecordInput: which types the fields would have is not known.
func noRecordInput() error {
	return sqlerr.New(sqlerr.FeatureNotSupported, "input of anonymous composite types is not implemented")
}
