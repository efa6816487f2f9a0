package expr

import (
	"bytes"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
)

// jsonbOf is what to_jsonb makes of a datum, NULL too.
func jsonbOf(cfg *types.Config, t types.Type, d types.Datum) (jsonb.Value, error) {
	if d.IsNull() {
		return jsonb.NullValue, nil
	}
	if t.Array {
		a := types.DecodeArray(t.Elem(), d)
		if len(a.Dims) == 0 {
			return jsonb.NewArray(nil), nil
		}
		v, _, err := jsonbDim(cfg, &a, 0, 0)
		return v, err
	}
	switch t.Kind {
	case types.Bool:
		return jsonb.NewBool(d.Bool()), nil
	case types.Int2, types.Int4, types.Int8:
		return jsonb.NewNumber(numeric.FromInt(d.Int())), nil
	case types.Float4, types.Float8, types.Numeric:
		text := types.AppendText(nil, cfg, t, d)
		if n, err := numeric.Parse(string(text)); err == nil && n.IsFinite() {
			return jsonb.NewNumber(n), nil
		}
		return jsonb.NewString(text), nil
	case types.JSON:
		return jsonb.Parse(d.Bytes())
	case types.JSONB:
		return d.Bytes(), nil
	case types.Record:
		return jsonbRecord(cfg, d)
	}
	return jsonb.NewString(jsonText(cfg, t, d)), nil
}

// jsonbDim makes dimension dim of an array from its elements from at on; it returns where it ended.
func jsonbDim(cfg *types.Config, a *types.Array, dim, at int) (jsonb.Value, int, error) {
	vs := make([]jsonb.Value, a.Dims[dim])
	for i := range vs {
		var err error
		if dim+1 < len(a.Dims) {
			vs[i], at, err = jsonbDim(cfg, a, dim+1, at)
		} else {
			vs[i], err = jsonbOf(cfg, a.Elem, a.Elems[at])
			at++
		}
		if err != nil {
			return nil, at, err
		}
	}
	return jsonb.NewArray(vs), at, nil
}

// jsonText is a value's text in JSON: its output, but dates and timestamps in ISO 8601 whatever DateStyle says.
func jsonText(cfg *types.Config, t types.Type, d types.Datum) []byte {
	iso := datetime.Style{Format: "ISO", Order: "MDY"}
	switch t.Kind {
	case types.Date:
		return datetime.AppendDate(nil, iso, d.Int())
	case types.Timestamp:
		b := datetime.AppendTimestamp(nil, iso, d.Int())
		if datetime.Finite(d.Int()) {
			b[bytes.IndexByte(b, ' ')] = 'T'
		}
		return b
	case types.Timestamptz:
		b := datetime.AppendTimestamptz(nil, iso, cfg.TimeZone, d.Int())
		if !datetime.Finite(d.Int()) {
			return b
		}
		at := bytes.IndexByte(b, ' ')
		b[at] = 'T'
		b, bc := bytes.CutSuffix(b, []byte(" BC"))
		// The offset always has its minutes.
		if zone := bytes.LastIndexAny(b, "+-"); zone > at && len(b)-zone == 3 {
			b = append(b, ":00"...)
		}
		if bc {
			b = append(b, " BC"...)
		}
		return b
	}
	return types.AppendText(nil, cfg, t, d)
}

// appendJSON is the text that to_json makes of a datum, NULL too.
func appendJSON(dst []byte, cfg *types.Config, t types.Type, d types.Datum) []byte {
	if d.IsNull() {
		return append(dst, "null"...)
	}
	if t.Array {
		return appendJSONArray(dst, cfg, t, d, ",")
	}
	switch t.Kind {
	case types.Bool:
		if d.Bool() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case types.Int2, types.Int4, types.Int8:
		return types.AppendText(dst, cfg, t, d)
	case types.Float4, types.Float8, types.Numeric:
		text := types.AppendText(nil, cfg, t, d)
		if c := text[len(text)-1]; c-'0' <= 9 {
			return append(dst, text...)
		}
		return jsonb.AppendQuoted(dst, text) // NaN, Infinity
	case types.JSON:
		return append(dst, d.Bytes()...)
	case types.JSONB:
		return jsonb.Value(d.Bytes()).AppendText(dst)
	case types.Record:
		return appendJSONRecord(dst, cfg, d)
	}
	return jsonb.AppendQuoted(dst, jsonText(cfg, t, d))
}

// jsonbRecord is an object of a record's fields.
func jsonbRecord(cfg *types.Config, d types.Datum) (jsonb.Value, error) {
	r := types.DecodeRecord(d)
	pairs := make([]jsonb.Pair, len(r.Fields))
	for i, f := range r.Fields {
		v, err := jsonbOf(cfg, f.Type, r.Values[i])
		if err != nil {
			return nil, err
		}
		pairs[i] = jsonb.Pair{Key: []byte(f.Name), Value: v}
	}
	return jsonb.NewObject(pairs), nil
}

func appendJSONRecord(dst []byte, cfg *types.Config, d types.Datum) []byte {
	r := types.DecodeRecord(d)
	dst = append(dst, '{')
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsonb.AppendQuoted(dst, []byte(f.Name)), ':')
		dst = appendJSON(dst, cfg, f.Type, r.Values[i])
	}
	return append(dst, '}')
}

// appendJSONArray writes an array; sep stands between the elements of the outermost dimension.
func appendJSONArray(dst []byte, cfg *types.Config, t types.Type, d types.Datum, sep string) []byte {
	a := types.DecodeArray(t.Elem(), d)
	if len(a.Dims) == 0 {
		return append(dst, "[]"...)
	}
	dst, _ = appendJSONDim(dst, cfg, &a, 0, 0, sep)
	return dst
}

func appendJSONDim(dst []byte, cfg *types.Config, a *types.Array, dim, at int, sep string) ([]byte, int) {
	dst = append(dst, '[')
	for i := range a.Dims[dim] {
		if i > 0 {
			dst = append(dst, sep...)
		}
		if dim+1 < len(a.Dims) {
			dst, at = appendJSONDim(dst, cfg, a, dim+1, at, ",")
		} else {
			dst = appendJSON(dst, cfg, a.Elem, a.Elems[at])
			at++
		}
	}
	return append(dst, ']'), at
}

func jsonBuildDefs() []def {
	toJSON := func(args []types.Type, _ types.Type) rowFunc {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBytes(appendJSON(nil, c.config(), args[0], a[0])), nil
		}
	}
	toJSONB := func(args []types.Type, _ types.Type) rowFunc {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return jsonbResult(jsonbOf(c.config(), args[0], a[0]))
		}
	}
	return []def{
		{sig: "to_json(anyelement) json", flags: stable, bind: toJSON},
		{sig: "to_jsonb(anyelement) jsonb", flags: stable | canFail, bind: toJSONB},
		{sig: "array_to_json(anyarray) json", flags: stable, bind: toJSON},
		{sig: "array_to_json(anyarray,bool) json", flags: stable, bind: arrayToJSON},
		{sig: "json_build_object() json", flags: stable | lenient, bind: jsonBuildObject},
		{sig: "json_build_object(any...) json", flags: stable | lenient | canFail, bind: jsonBuildObject},
		{sig: "jsonb_build_object() jsonb", flags: stable | lenient, bind: jsonbBuildObject},
		{sig: "jsonb_build_object(any...) jsonb", flags: stable | lenient | canFail, bind: jsonbBuildObject},
		{sig: "json_build_array() json", flags: stable | lenient, bind: jsonBuildArray},
		{sig: "json_build_array(any...) json", flags: stable | lenient, bind: jsonBuildArray},
		{sig: "jsonb_build_array() jsonb", flags: stable | lenient, bind: jsonbBuildArray},
		{sig: "jsonb_build_array(any...) jsonb", flags: stable | lenient | canFail, bind: jsonbBuildArray},
		{sig: "json_object(text[]) json", flags: canFail, row: jsonObject},
		{sig: "json_object(text[],text[]) json", flags: canFail, row: jsonObject},
		{sig: "jsonb_object(text[]) jsonb", flags: canFail, row: jsonbObject},
		{sig: "jsonb_object(text[],text[]) jsonb", flags: canFail, row: jsonbObject},
	}
}

func arrayToJSON(args []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		sep := ","
		if a[1].Bool() {
			sep = ",\n "
		}
		return types.NewBytes(appendJSONArray(nil, c.config(), args[0], a[0], sep)), nil
	}
}

// jsonKey is a key of an object under construction: any scalar's text.
func jsonKey(cfg *types.Config, t types.Type, d types.Datum) ([]byte, error) {
	if t.Array || t.Is(types.Record) || t.Kind == types.JSON || t.Kind == types.JSONB {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
	}
	if t.Kind == types.Bool {
		if d.Bool() {
			return []byte("true"), nil
		}
		return []byte("false"), nil
	}
	return jsonText(cfg, t, d), nil
}

func oddArguments(name string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "argument list must have even number of elements").
		WithHint("The arguments of %s() must consist of alternating keys and values.", name)
}

func jsonBuildObject(ts []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a)%2 != 0 {
			return types.Null, oddArguments("json_build_object")
		}
		dst := []byte{'{'}
		for i := 0; i < len(a); i += 2 {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if a[i].IsNull() {
				return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "argument %d cannot be null", i+1).
					WithHint("Object keys should be text.")
			}
			key, err := jsonKey(c.config(), ts[i], a[i])
			if err != nil {
				return types.Null, err
			}
			dst = append(jsonb.AppendQuoted(dst, key), " : "...)
			dst = appendJSON(dst, c.config(), ts[i+1], a[i+1])
		}
		return types.NewBytes(append(dst, '}')), nil
	}
}

func jsonbBuildObject(ts []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a)%2 != 0 {
			return types.Null, oddArguments("jsonb_build_object")
		}
		pairs := make([]jsonb.Pair, 0, len(a)/2)
		for i := 0; i < len(a); i += 2 {
			if a[i].IsNull() {
				return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "argument %d: key must not be null", i+1)
			}
			key, err := jsonKey(c.config(), ts[i], a[i])
			if err != nil {
				return types.Null, err
			}
			v, err := jsonbOf(c.config(), ts[i+1], a[i+1])
			if err != nil {
				return types.Null, err
			}
			pairs = append(pairs, jsonb.Pair{Key: key, Value: v})
		}
		return types.NewBytes(jsonb.NewObject(pairs)), nil
	}
}

func jsonBuildArray(ts []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		dst := []byte{'['}
		for i, d := range a {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJSON(dst, c.config(), ts[i], d)
		}
		return types.NewBytes(append(dst, ']')), nil
	}
}

func jsonbBuildArray(ts []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		vs := make([]jsonb.Value, len(a))
		for i, d := range a {
			var err error
			if vs[i], err = jsonbOf(c.config(), ts[i], d); err != nil {
				return types.Null, err
			}
		}
		return types.NewBytes(jsonb.NewArray(vs)), nil
	}
}

// textPairs are the keys and values given to json_object: alternating, as rows of two, or as two arrays.
func textPairs(a []types.Datum) (keys, values []types.Datum, err error) {
	fail := func(msg string) ([]types.Datum, []types.Datum, error) {
		return nil, nil, sqlerr.New(sqlerr.ArraySubscriptError, "%s", msg)
	}
	one := types.DecodeArray(types.Of(types.Text), a[0])
	if len(a) > 1 {
		two := types.DecodeArray(types.Of(types.Text), a[1])
		if len(one.Dims) > 1 || len(one.Dims) != len(two.Dims) {
			return fail("wrong number of array subscripts")
		}
		if len(one.Elems) != len(two.Elems) {
			return fail("mismatched array dimensions")
		}
		keys, values = one.Elems, two.Elems
	} else {
		switch {
		case len(one.Dims) == 1 && one.Dims[0]%2 != 0:
			return fail("array must have even number of elements")
		case len(one.Dims) == 2 && one.Dims[1] != 2:
			return fail("array must have two columns")
		case len(one.Dims) > 2:
			return fail("wrong number of array subscripts")
		}
		for i := 0; i+1 < len(one.Elems); i += 2 {
			keys, values = append(keys, one.Elems[i]), append(values, one.Elems[i+1])
		}
	}
	for _, k := range keys {
		if k.IsNull() {
			return nil, nil, sqlerr.New(sqlerr.NullValueNotAllowed, "null value not allowed for object key")
		}
	}
	return keys, values, nil
}

func jsonObject(c *Ctx, a []types.Datum) (types.Datum, error) {
	keys, values, err := textPairs(a)
	if err != nil {
		return types.Null, err
	}
	dst := []byte{'{'}
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(jsonb.AppendQuoted(dst, k.Bytes()), " : "...)
		dst = appendJSON(dst, c.config(), types.Of(types.Text), values[i])
	}
	return types.NewBytes(append(dst, '}')), nil
}

func jsonbObject(c *Ctx, a []types.Datum) (types.Datum, error) {
	keys, values, err := textPairs(a)
	if err != nil {
		return types.Null, err
	}
	pairs := make([]jsonb.Pair, len(keys))
	for i, k := range keys {
		v, err := jsonbOf(c.config(), types.Of(types.Text), values[i])
		if err != nil {
			return types.Null, err
		}
		pairs[i] = jsonb.Pair{Key: k.Bytes(), Value: v}
	}
	return types.NewBytes(jsonb.NewObject(pairs)), nil
}
