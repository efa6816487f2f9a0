package expr

import (
	"bytes"
	"unicode/utf8"

	"github.com/streamsql/streamsql/types"
)

func textListDefs() []def {
	return []def{
		{sig: "concat(any...) text", flags: stable | lenient, bind: func(args []types.Type, _ types.Type) rowFunc {
			return func(c *Ctx, a []types.Datum) (types.Datum, error) {
				out := []byte{}
				for i, d := range a {
					if !d.IsNull() {
						out = types.AppendText(out, c.config(), args[i], d)
						mustFit(len(out))
					}
				}
				return types.NewBytes(out), nil
			}
		}},
		{sig: "concat_ws(text,any...) text", flags: stable | lenient, bind: concatWS},
		{sig: "string_to_array(text,text) text[]", flags: lenient, row: stringToArray},
		{sig: "string_to_array(text,text,text) text[]", flags: lenient, row: stringToArray},
		{sig: "array_to_string(anyarray,text) text", flags: stable, bind: arrayToString},
		{sig: "array_to_string(anyarray,text,text) text", flags: stable | lenient, bind: arrayToString},
	}
}

func concatWS(args []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Null, nil
		}
		out, any := []byte{}, false
		for i := 1; i < len(a); i++ {
			if a[i].IsNull() {
				continue
			}
			if any {
				out = append(out, a[0].Bytes()...)
			}
			out, any = types.AppendText(out, c.config(), args[i], a[i]), true
			mustFit(len(out))
		}
		return types.NewBytes(out), nil
	}
}

// splitText cuts s at each sep; a nil sep cuts between characters, an empty one nowhere.
func splitText(s, sep []byte) [][]byte {
	switch {
	case len(s) == 0:
		return nil
	case sep == nil:
		var out [][]byte
		for len(s) > 0 {
			_, n := utf8.DecodeRune(s)
			out, s = append(out, s[:n]), s[n:]
		}
		return out
	case len(sep) == 0:
		return [][]byte{s}
	}
	return bytes.Split(s, sep)
}

// stringToArray takes a NULL separator for "between all characters"; what equals the third argument becomes NULL.
func stringToArray(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, nil
	}
	var sep []byte
	if !a[1].IsNull() {
		sep = append([]byte{}, a[1].Bytes()...)
	}
	parts := splitText(a[0].Bytes(), sep)
	elems := make([]types.Datum, len(parts))
	for i, p := range parts {
		if len(a) < 3 || a[2].IsNull() || !bytes.Equal(p, a[2].Bytes()) {
			elems[i] = types.NewBytes(p)
		}
	}
	return types.MakeArray(types.Of(types.Text), elems), nil
}

func arrayToString(args []types.Type, _ types.Type) rowFunc {
	elem := args[0].Elem()
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() || a[1].IsNull() {
			return types.Null, nil
		}
		out, any := []byte{}, false
		for _, d := range types.DecodeArray(elem, a[0]).Elems {
			if d.IsNull() && (len(a) < 3 || a[2].IsNull()) {
				continue
			}
			if any {
				out = append(out, a[1].Bytes()...)
			}
			any = true
			if d.IsNull() {
				out = append(out, a[2].Bytes()...)
			} else {
				out = types.AppendText(out, c.config(), elem, d)
			}
			mustFit(len(out))
		}
		return types.NewBytes(out), nil
	}
}
