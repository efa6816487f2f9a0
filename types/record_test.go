package types_test

import (
	"bytes"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/typestest"
)

// record is a record of values.
func record(fields []types.Field, values []types.Datum) types.Datum {
	return types.NewRecord(types.Row{Fields: fields, Values: values})
}

// TestRecord: a record decodes to what was encoded, and its key is ordered as its fields compare, NULLs last.
func TestRecord(t *testing.T) {
	r := random(t)
	all := typestest.Types()
	for range 5000 {
		var ts []types.Type
		var fields []types.Field
		for i := range r.IntN(4) {
			typ := all[r.IntN(len(all))].Base()
			for typ.Kind == types.JSON {
				typ = all[r.IntN(len(all))].Base()
			}
			name := types.FieldName(i)
			if r.IntN(3) == 0 {
				name = "é"
			}
			ts, fields = append(ts, typ), append(fields, types.Field{Name: name, Type: typ})
		}
		x, y := typestest.Row(r, ts), typestest.Row(r, ts)
		a, b := record(fields, x), record(fields, y)
		back := types.DecodeRecord(a)
		if len(back.Fields) != len(fields) || !bytes.Equal(record(back.Fields, back.Values).Bytes(), a.Bytes()) {
			t.Fatalf("%v %v is decoded to %v", fields, x, back)
		}
		want, err := types.CompareRecords(a, b, false)
		if err != nil {
			t.Fatal(err)
		}
		rec := types.Of(types.Record)
		ka, kb := types.AppendKey(nil, rec, a, false, false), types.AppendKey(nil, rec, b, false, false)
		if got := bytes.Compare(ka, kb); got != sign(want) || types.Compare(rec, a, b) != got {
			t.Fatalf("%s and %s compare as %d, their keys as %d", show(rec, a), show(rec, b), want, got)
		}
		if rest := types.SkipKey(append(ka, kb...), rec, false); !bytes.Equal(rest, kb) {
			t.Fatalf("skipping the key of %s leaves %x, want %x", show(rec, a), rest, kb)
		}
		damaged := types.NewBytes(a.Bytes()[:r.IntN(len(a.Bytes()))])
		types.DecodeRecord(damaged) // must not panic
		show(rec, damaged)
	}
}

func TestRecordText(t *testing.T) {
	of := func(k types.Kind) types.Field { return types.Field{Name: "a", Type: types.Of(k)} }
	text := of(types.Text)
	inner := record([]types.Field{of(types.Int4), text}, []types.Datum{types.NewInt(2), types.NewString("x y")})
	for _, c := range []struct {
		want   string
		fields []types.Field
		values []types.Datum
	}{
		{"()", nil, nil},
		{"()", []types.Field{text}, []types.Datum{types.Null}},
		{`(1,,"")`, []types.Field{of(types.Int4), text, text}, []types.Datum{types.NewInt(1), types.Null, types.NewString("")}},
		{`("a""b","c\\d","e,f"," g","(h",i)`, []types.Field{text, text, text, text, text, text},
			[]types.Datum{types.NewString(`a"b`), types.NewString(`c\d`), types.NewString("e,f"), types.NewString(" g"), types.NewString("(h"), types.NewString("i")}},
		{`(t,"(2,""x y"")")`, []types.Field{of(types.Bool), of(types.Record)}, []types.Datum{types.NewBool(true), inner}},
	} {
		if got := string(types.AppendText(nil, types.DefaultConfig(), types.Of(types.Record), record(c.fields, c.values))); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestDissimilarRecords: what differs before the fields of different types decides.
func TestDissimilarRecords(t *testing.T) {
	of := func(ks ...types.Kind) (fields []types.Field) {
		for _, k := range ks {
			fields = append(fields, types.Field{Name: "f", Type: types.Of(k)})
		}
		return fields
	}
	ints := func(vs ...int64) (out []types.Datum) {
		for _, v := range vs {
			out = append(out, types.NewInt(v))
		}
		return out
	}
	a := record(of(types.Int4, types.Int4), ints(1, 2))
	for _, c := range []struct {
		b    types.Datum
		code sqlerr.Code
	}{
		{record(of(types.Int4, types.Int8), ints(1, 2)), sqlerr.DatatypeMismatch},
		{record(of(types.Int4), ints(1)), sqlerr.DatatypeMismatch},
		{record(of(types.Int4, types.Int8), ints(3, 2)), ""},
	} {
		_, err := types.CompareRecords(a, c.b, true)
		if err == nil && c.code != "" || err != nil && sqlerr.From(err).Code != c.code {
			t.Errorf("comparing with %s: %v, want %s", show(types.Of(types.Record), c.b), err, c.code)
		}
	}
}
