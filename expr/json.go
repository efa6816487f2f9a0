package expr

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/jsonb"
)

func jsonDefs() []def {
	return join(jsonAccessDefs(), jsonbTestDefs(), jsonbEditDefs(), jsonInfoDefs(), jsonBuildDefs())
}

// named gives several names to what one function does: the operator and the function behind it.
func named(names []string, args string, fl flags, row rowFunc) []def {
	out := make([]def, len(names))
	for i, n := range names {
		out[i] = def{sig: n + args, flags: fl, row: row}
	}
	return out
}

// jsonAccessDefs are -> ->> #> #>> and their functions.
func jsonAccessDefs() []def {
	var out []def
	for _, text := range []bool{false, true} {
		arrow, path, suffix, rawRet, ret := "->", "#>", "", "json", "jsonb"
		if text {
			arrow, path, suffix, rawRet, ret = "->>", "#>>", "_text", "text", "text"
		}
		out = join(out,
			named([]string{arrow, "jsonb_object_field" + suffix}, "(jsonb,text) "+ret, 0, jsonbField(text)),
			named([]string{arrow, "jsonb_array_element" + suffix}, "(jsonb,int4) "+ret, 0, jsonbElement(text)),
			named([]string{path}, "(jsonb,text[]) "+ret, 0, jsonbPath(text, false)),
			named([]string{"jsonb_extract_path" + suffix}, "(jsonb,text...) "+ret, 0, jsonbPath(text, true)),
			named([]string{arrow, "json_object_field" + suffix}, "(json,text) "+rawRet, canFail, rawField(text)),
			named([]string{arrow, "json_array_element" + suffix}, "(json,int4) "+rawRet, canFail, rawElement(text)),
			named([]string{path}, "(json,text[]) "+rawRet, canFail, rawPath(text, false)),
			named([]string{"json_extract_path" + suffix}, "(json,text...) "+rawRet, canFail, rawPath(text, true)))
	}
	return out
}

func jsonbField(text bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, ok := jsonb.Value(a[0].Bytes()).Get(a[1].Bytes())
		if !ok {
			return types.Null, nil
		}
		return jsonbPart(v, text), nil
	}
}

func jsonbElement(text bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, ok := jsonb.Value(a[0].Bytes()).Index(int(a[1].Int()))
		if !ok {
			return types.Null, nil
		}
		return jsonbPart(v, text), nil
	}
}

// textArray are the elements of a text[]: nil for NULL, which "" is not.
func textArray(d types.Datum) [][]byte {
	elems := types.DecodeArray(types.Of(types.Text), d).Elems
	out := make([][]byte, len(elems))
	for i, e := range elems {
		if !e.IsNull() {
			out[i] = append([]byte{}, e.Bytes()...)
		}
	}
	return out
}

// pathArgs is the path of a function with a variadic path, or of an operator, with an array; false if it has a NULL.
func pathArgs(a []types.Datum, variadic bool) ([][]byte, bool) {
	if !variadic {
		path := textArray(a[0])
		return path, !slices.ContainsFunc(path, func(k []byte) bool { return k == nil })
	}
	path := make([][]byte, len(a))
	for i, d := range a {
		path[i] = append([]byte{}, d.Bytes()...)
	}
	return path, true
}

func jsonbPath(text, variadic bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		path, ok := pathArgs(a[1:], variadic)
		if !ok {
			return types.Null, nil
		}
		v, ok := jsonb.Value(a[0].Bytes()).Path(path)
		if !ok {
			return types.Null, nil
		}
		return jsonbPart(v, text), nil
	}
}

// escapes refuses escapes that are no text (\u0000, half a surrogate pair) anywhere in a JSON text: type json holds
// them, but most functions do not read on.
func escapes(b []byte) error {
	if !bytes.Contains(b, []byte(`\u`)) {
		return nil
	}
	_, err := jsonb.Parse(b)
	return err
}

func rawField(text bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if err := escapes(a[0].Bytes()); err != nil {
			return types.Null, err
		}
		v, ok, err := jsonb.RawGet(a[0].Bytes(), a[1].Bytes())
		if err != nil || !ok {
			return types.Null, err
		}
		return rawPart(v, text)
	}
}

func rawElement(text bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if err := escapes(a[0].Bytes()); err != nil {
			return types.Null, err
		}
		v, ok, err := jsonb.RawIndex(a[0].Bytes(), int(a[1].Int()))
		if err != nil || !ok {
			return types.Null, err
		}
		return rawPart(v, text)
	}
}

func trimJSON(b []byte) []byte { return bytes.Trim(b, " \t\n\r") }

func rawPath(text, variadic bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		path, ok := pathArgs(a[1:], variadic)
		if !ok {
			return types.Null, nil
		}
		if err := escapes(a[0].Bytes()); err != nil {
			return types.Null, err
		}
		v := trimJSON(a[0].Bytes())
		switch k := jsonb.RawKind(v); {
		case len(path) > 0 || k == jsonb.Array || k == jsonb.Object:
		case !text || k != jsonb.String && k != jsonb.Null:
			// PostgreSQL gives a scalar with the blanks before it.
			return types.NewBytes(bytes.TrimRight(a[0].Bytes(), " \t\n\r")), nil
		}
		for _, k := range path {
			var err error
			ok = false
			switch jsonb.RawKind(v) {
			case jsonb.Object:
				v, ok, err = jsonb.RawGet(v, k)
			case jsonb.Array:
				if i, e := strconv.ParseInt(string(bytes.TrimLeft(k, " \t\n\v\f\r")), 10, 32); e == nil {
					v, ok, err = jsonb.RawIndex(v, int(i))
				}
			}
			if err != nil || !ok {
				return types.Null, err
			}
		}
		return rawPart(v, text)
	}
}

// jsonbTestDefs are the operators that ask.
func jsonbTestDefs() []def {
	contains := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBool(jsonb.Contains(a[0].Bytes(), a[1].Bytes())), nil
	}
	contained := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBool(jsonb.Contains(a[1].Bytes(), a[0].Bytes())), nil
	}
	exists := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBool(jsonb.Value(a[0].Bytes()).Exists(a[1].Bytes())), nil
	}
	return join(
		named([]string{"@>", "jsonb_contains"}, "(jsonb,jsonb) bool", 0, contains),
		named([]string{"<@", "jsonb_contained"}, "(jsonb,jsonb) bool", 0, contained),
		named([]string{"?", "jsonb_exists"}, "(jsonb,text) bool", 0, exists),
		named([]string{"?|", "jsonb_exists_any"}, "(jsonb,text[]) bool", 0, existsOf(true)),
		named([]string{"?&", "jsonb_exists_all"}, "(jsonb,text[]) bool", 0, existsOf(false)))
}

// existsOf stops at the first key whose presence is stop; NULLs among the keys do not count.
func existsOf(stop bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := jsonb.Value(a[0].Bytes())
		for _, e := range types.DecodeArray(types.Of(types.Text), a[1]).Elems {
			if !e.IsNull() && v.Exists(e.Bytes()) == stop {
				return types.NewBool(stop), nil
			}
		}
		return types.NewBool(!stop), nil
	}
}

func jsonbEditDefs() []def {
	concat := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBytes(jsonb.Concat(a[0].Bytes(), a[1].Bytes())), nil
	}
	remove := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		path, _ := pathArgs(a[1:], true)
		return jsonbResult(jsonb.Value(a[0].Bytes()).DeleteKeys(path...))
	}
	removeAll := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		keys, err := flatKeys(a[1])
		if err != nil {
			return types.Null, err
		}
		return jsonbResult(jsonb.Value(a[0].Bytes()).DeleteKeys(keys...))
	}
	removeIndex := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return jsonbResult(jsonb.Value(a[0].Bytes()).DeleteIndex(int(a[1].Int())))
	}
	return join(
		named([]string{"||", "jsonb_concat"}, "(jsonb,jsonb) jsonb", 0, concat),
		named([]string{"-", "jsonb_delete"}, "(jsonb,text) jsonb", canFail, remove),
		named([]string{"-"}, "(jsonb,text[]) jsonb", canFail, removeAll),
		named([]string{"jsonb_delete"}, "(jsonb,text...) jsonb", canFail, remove),
		named([]string{"-", "jsonb_delete"}, "(jsonb,int4) jsonb", canFail, removeIndex),
		named([]string{"#-", "jsonb_delete_path"}, "(jsonb,text[]) jsonb", canFail, deletePath),
		[]def{
			{sig: "jsonb_set(jsonb,text[],jsonb) jsonb", flags: canFail, row: jsonbSet},
			{sig: "jsonb_set(jsonb,text[],jsonb,bool) jsonb", flags: canFail, row: jsonbSet},
			{sig: "jsonb_set_lax(jsonb,text[],jsonb) jsonb", flags: canFail | lenient, row: jsonbSetLax},
			{sig: "jsonb_set_lax(jsonb,text[],jsonb,bool) jsonb", flags: canFail | lenient, row: jsonbSetLax},
			{sig: "jsonb_set_lax(jsonb,text[],jsonb,bool,text) jsonb", flags: canFail | lenient, row: jsonbSetLax},
			{sig: "jsonb_insert(jsonb,text[],jsonb) jsonb", flags: canFail, row: jsonbInsert},
			{sig: "jsonb_insert(jsonb,text[],jsonb,bool) jsonb", flags: canFail, row: jsonbInsert},
			{sig: "jsonb_strip_nulls(jsonb) jsonb", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBytes(jsonb.Value(a[0].Bytes()).StripNulls()), nil
			}},
			{sig: "json_strip_nulls(json) json", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				if err := escapes(a[0].Bytes()); err != nil {
					return types.Null, err
				}
				b, err := stripRaw(nil, a[0].Bytes())
				return types.NewBytes(b), err
			}},
		})
}

func jsonbResult(v jsonb.Value, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return types.NewBytes(v), nil
}

// editPath applies f with a path of text[].
func editPath(doc, path types.Datum, f func(v jsonb.Value, path [][]byte) (jsonb.Value, error)) (types.Datum, error) {
	keys, err := flatKeys(path)
	if err != nil {
		return types.Null, err
	}
	return jsonbResult(f(doc.Bytes(), keys))
}

// flatKeys are the elements of a text[], nil for NULL; 2202E if it has several dimensions.
func flatKeys(d types.Datum) ([][]byte, error) {
	if len(types.DecodeArray(types.Of(types.Text), d).Dims) > 1 {
		return nil, sqlerr.New(sqlerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	return textArray(d), nil
}

func deletePath(_ *Ctx, a []types.Datum) (types.Datum, error) {
	return editPath(a[0], a[1], jsonb.Value.DeletePath)
}

func jsonbSet(_ *Ctx, a []types.Datum) (types.Datum, error) {
	create := len(a) < 4 || a[3].Bool()
	return editPath(a[0], a[1], func(v jsonb.Value, path [][]byte) (jsonb.Value, error) {
		return v.Set(path, a[2].Bytes(), create)
	})
}

func jsonbInsert(_ *Ctx, a []types.Datum) (types.Datum, error) {
	after := len(a) > 3 && a[3].Bool()
	return editPath(a[0], a[1], func(v jsonb.Value, path [][]byte) (jsonb.Value, error) {
		return v.Insert(path, a[2].Bytes(), after)
	})
}

// jsonbSetLax is jsonb_set with a say in what a NULL as the new value does.
func jsonbSetLax(c *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() || a[1].IsNull() || len(a) > 3 && a[3].IsNull() {
		return types.Null, nil
	}
	how := "use_json_null"
	if len(a) > 4 {
		how = a[4].String()
		if a[4].IsNull() {
			how = ""
		}
	}
	if how == "" {
		return types.Null, badNullTreatment()
	}
	if !a[2].IsNull() {
		return jsonbSet(c, a[:min(len(a), 4)])
	}
	switch how {
	case "raise_exception":
		return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "JSON value must not be null").
			WithDetail(`Exception was raised because null_value_treatment is "raise_exception".`).
			WithHint(`To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.`)
	case "use_json_null":
		with := append([]types.Datum{}, a[:min(len(a), 4)]...)
		with[2] = types.NewBytes(jsonb.NullValue)
		return jsonbSet(c, with)
	case "delete_key":
		return deletePath(c, a)
	case "return_target":
		return a[0], nil
	}
	return types.Null, badNullTreatment()
}

func badNullTreatment() error {
	return sqlerr.New(sqlerr.InvalidParameterValue,
		`null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`)
}

// stripRaw is json_strip_nulls, which writes the text anew: no blanks, strings with the fewest escapes.
func stripRaw(dst, b []byte) ([]byte, error) {
	b = trimJSON(b)
	switch k := jsonb.RawKind(b); k {
	case jsonb.String:
		s, _, err := jsonb.RawUnquoted(b)
		return jsonb.AppendQuoted(dst, s), err
	case jsonb.Object, jsonb.Array:
		ms, err := jsonb.RawMembers(b)
		if err != nil {
			return dst, err
		}
		open, shut := byte('['), byte(']')
		if k == jsonb.Object {
			open, shut = '{', '}'
		}
		dst = append(dst, open)
		first := true
		for _, m := range ms {
			if k == jsonb.Object && jsonb.RawKind(m.Value) == jsonb.Null {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if k == jsonb.Object {
				dst = append(jsonb.AppendQuoted(dst, m.Key), ':')
			}
			if dst, err = stripRaw(dst, m.Value); err != nil {
				return dst, err
			}
		}
		return append(dst, shut), nil
	}
	return append(dst, b...), nil
}

func jsonInfoDefs() []def {
	length := func(k jsonb.Kind, n func() (int, error)) (types.Datum, error) {
		switch k {
		case jsonb.Array:
			v, err := n()
			return types.NewInt(int64(v)), err
		case jsonb.Object:
			return types.Null, badJSONKind("cannot get array length of a non-array")
		}
		return types.Null, badJSONKind("cannot get array length of a scalar")
	}
	return []def{
		{sig: "jsonb_array_length(jsonb) int4", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			v := jsonb.Value(a[0].Bytes())
			return length(v.Kind(), func() (int, error) { return v.Len(), nil })
		}},
		{sig: "json_array_length(json) int4", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return length(jsonb.RawKind(a[0].Bytes()), func() (int, error) {
				ms, err := jsonb.RawMembers(a[0].Bytes())
				return len(ms), err
			})
		}},
		{sig: "jsonb_typeof(jsonb) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewString(jsonb.Value(a[0].Bytes()).TypeName()), nil
		}},
		{sig: "json_typeof(json) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewString(jsonb.Value{byte(jsonb.RawKind(a[0].Bytes()))}.TypeName()), nil
		}},
		{sig: "jsonb_pretty(jsonb) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			text := jsonb.Value(a[0].Bytes()).AppendPretty(nil, maxValue)
			mustFit(len(text))
			return types.NewBytes(text), nil
		}},
	}
}
