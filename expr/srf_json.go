package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/jsonb"
)

func srfJSONDefs() []srfDef {
	pairs := func(k types.Kind) []SRFCol {
		return []SRFCol{{Name: "key", T: types.Of(types.Text)}, {Name: "value", T: types.Of(k)}}
	}
	return []srfDef{
		{sig: "json_array_elements(json) json", col: "value", flags: canFail, rows: rawElements("json_array_elements", false)},
		{sig: "jsonb_array_elements(jsonb) jsonb", col: "value", flags: canFail, rows: jsonbElements(false)},
		{sig: "json_array_elements_text(json) text", col: "value", flags: canFail, rows: rawElements("json_array_elements_text", true)},
		{sig: "jsonb_array_elements_text(jsonb) text", col: "value", flags: canFail, rows: jsonbElements(true)},
		{sig: "json_each(json) record", cols: pairs(types.JSON), flags: canFail, rows: rawEach(false)},
		{sig: "jsonb_each(jsonb) record", cols: pairs(types.JSONB), flags: canFail, rows: jsonbEach("jsonb_each", false)},
		{sig: "json_each_text(json) record", cols: pairs(types.Text), flags: canFail, rows: rawEach(true)},
		{sig: "jsonb_each_text(jsonb) record", cols: pairs(types.Text), flags: canFail, rows: jsonbEach("jsonb_each_text", true)},
		{sig: "json_object_keys(json) text", flags: canFail, rows: rawKeys},
		{sig: "jsonb_object_keys(jsonb) text", flags: canFail, rows: jsonbKeys},
	}
}

func badJSONKind(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

// part is a piece of a document as a datum: itself, or as ->> gives it.
func jsonbPart(v jsonb.Value, text bool) types.Datum {
	if !text {
		return types.NewBytes(v)
	}
	b, ok := v.Unquoted()
	if !ok {
		return types.Null
	}
	return types.NewBytes(b)
}

func rawPart(b []byte, text bool) (types.Datum, error) {
	if !text {
		return types.NewBytes(b), nil
	}
	b, ok, err := jsonb.RawUnquoted(b)
	if err != nil || !ok {
		return types.Null, err
	}
	return types.NewBytes(b), nil
}

func jsonbElements(text bool) srfRows {
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		v := jsonb.Value(a[0].Bytes())
		switch {
		case v.Kind() == jsonb.Object:
			return badJSONKind("cannot extract elements from an object")
		case v.IsScalar():
			return badJSONKind("cannot extract elements from a scalar")
		}
		for i := range v.Len() {
			addRow(out, jsonbPart(v.Elem(i), text))
		}
		return nil
	}
}

func rawElements(name string, text bool) srfRows {
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		switch jsonb.RawKind(a[0].Bytes()) {
		case jsonb.Array:
		case jsonb.Object:
			return badJSONKind("cannot call %s on a non-array", name)
		default:
			return badJSONKind("cannot call %s on a scalar", name)
		}
		ms, err := rawMembers(a[0].Bytes(), text)
		if err != nil {
			return err
		}
		for _, m := range ms {
			d, err := rawPart(m.Value, text)
			if err != nil {
				return err
			}
			addRow(out, d)
		}
		return nil
	}
}

// rawMembers are the members of a JSON text, whose escapes are checked all over if they are read at all.
func rawMembers(b []byte, read bool) ([]jsonb.RawMember, error) {
	if read {
		if err := escapes(b); err != nil {
			return nil, err
		}
	}
	return jsonb.RawMembers(b)
}

func jsonbEach(name string, text bool) srfRows {
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		v := jsonb.Value(a[0].Bytes())
		if v.Kind() != jsonb.Object {
			return badJSONKind("cannot call %s on a non-object", name)
		}
		for i := range v.Len() {
			addRow(out, types.NewBytes(v.Key(i)), jsonbPart(v.Field(i), text))
		}
		return nil
	}
}

func rawEach(text bool) srfRows {
	return func(_ *Ctx, a []types.Datum, out *batch.Batch) error {
		switch jsonb.RawKind(a[0].Bytes()) {
		case jsonb.Object:
		case jsonb.Array:
			return badJSONKind("cannot deconstruct an array as an object")
		default:
			return badJSONKind("cannot deconstruct a scalar")
		}
		ms, err := rawMembers(a[0].Bytes(), true)
		if err != nil {
			return err
		}
		for _, m := range ms {
			d, err := rawPart(m.Value, text)
			if err != nil {
				return err
			}
			addRow(out, types.NewBytes(m.Key), d)
		}
		return nil
	}
}

func jsonbKeys(_ *Ctx, a []types.Datum, out *batch.Batch) error {
	v := jsonb.Value(a[0].Bytes())
	switch {
	case v.IsScalar():
		return badJSONKind("cannot call jsonb_object_keys on a scalar")
	case v.Kind() == jsonb.Array:
		return badJSONKind("cannot call jsonb_object_keys on an array")
	}
	for i := range v.Len() {
		addRow(out, types.NewBytes(v.Key(i)))
	}
	return nil
}

func rawKeys(_ *Ctx, a []types.Datum, out *batch.Batch) error {
	switch jsonb.RawKind(a[0].Bytes()) {
	case jsonb.Object:
	case jsonb.Array:
		return badJSONKind("cannot call json_object_keys on an array")
	default:
		return badJSONKind("cannot call json_object_keys on a scalar")
	}
	ms, err := rawMembers(a[0].Bytes(), true)
	if err != nil {
		return err
	}
	for _, m := range ms {
		addRow(out, types.NewBytes(m.Key))
	}
	return nil
}
