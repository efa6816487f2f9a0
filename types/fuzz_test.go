package types_test

import (
	"bytes"
	"testing"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
	"github.com/streamsql/streamsql/types/typestest"
)

// FuzzParse: no input makes a type's input functions panic, and what they take prints and has a key.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-1.5e3", "{1,{2}}", "[1:2]={a,b}", "2020-01-02 10:20:30+02", "1 day 2 mons ago", `{"a":[1,null]}`,
		"P1Y2M3DT4H", "infinity", "J2451187", "\\x41", "20011223T040506.789-08", "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17"} {
		f.Add([]byte(s))
	}
	cfg := types.DefaultConfig()
	all := typestest.Types()
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, typ := range all {
			if d, err := types.ParseText(cfg, typ, string(src)); err == nil {
				checkValue(t, cfg, typ, d)
			}
			if d, err := types.ParseBinary(typ, src); err == nil {
				checkValue(t, cfg, typ, d)
			}
		}
	})
}

func checkValue(t *testing.T, cfg *types.Config, typ types.Type, d types.Datum) {
	types.AppendText(nil, cfg, typ, d)
	types.AppendBinary(nil, typ, d)
	if types.Compare(typ, d, d) != 0 {
		t.Errorf("%s: a value is not equal to itself", typ)
	}
	k := types.AppendKey(nil, typ, d, false, false)
	if rest := types.SkipKey(k, typ, false); rest == nil || len(rest) > 0 {
		t.Errorf("%s: key %x is not skipped", typ, k)
	}
}

// FuzzImages: damaged images of numerics, arrays and jsonb never panic where they are decoded or checked.
func FuzzImages(f *testing.F) {
	f.Add([]byte{1, 3, 2, 1, 4, 1, 6, 0})
	f.Add([]byte(jsonb.NewArray([]jsonb.Value{jsonb.NullValue, jsonb.NewString("x")})))
	f.Add(numeric.New(-12345, 2).AppendImage(nil))
	f.Fuzz(func(t *testing.T, src []byte) {
		if numeric.ValidImage(src) {
			if d := numeric.FromImage(src); !bytes.Equal(d.AppendImage(nil), src) {
				t.Errorf("image %x has another image", src)
			}
		}
		_ = numeric.FromImage(src).String()
		for _, elem := range []types.Kind{types.Int4, types.Float8, types.Text} {
			types.DecodeArray(types.Of(elem), types.NewBytes(src))
		}
		if jsonb.Valid(src) {
			v := jsonb.Value(src)
			again, err := jsonb.Parse(v.AppendText(nil))
			if err == nil && jsonb.Compare(v, again) != 0 {
				t.Errorf("%s reads back as %s", v, again)
			}
		}
	})
}
