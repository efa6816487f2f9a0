package types

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// records reads a file of tab-separated fields with backslash escapes.
func records(t *testing.T, path string) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")
	var out [][]string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = unescape.Replace(f[i])
		}
		out = append(out, f)
	}
	return out
}

// testType reads a type as SQL has it: interval day to second(1), numeric(5,2)[].
func testType(t *testing.T, s string) Type {
	t.Helper()
	dims := strings.Count(s, "[]")
	s = strings.Trim(strings.ReplaceAll(s, "[]", ""), `"`)
	var mods []int64
	if open := strings.IndexByte(s, '('); open >= 0 {
		for m := range strings.SplitSeq(strings.TrimSuffix(s[open+1:], ")"), ",") {
			v, err := strconv.ParseInt(m, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			mods = append(mods, v)
		}
		s = s[:open]
	}
	name, fields, _ := strings.Cut(s, " ")
	typ, err := FromName(name, mods, dims)
	if err != nil {
		t.Fatal(err)
	}
	if fields != "" {
		var ok bool
		if typ, ok = typ.WithFields(fields); !ok {
			t.Fatalf("no fields %q", fields)
		}
	}
	return typ
}

func oracleConfig(t *testing.T) *Config {
	t.Helper()
	cfg := DefaultConfig()
	var err error
	if cfg.TimeZone, err = LoadLocation("America/New_York"); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// explicitCast is what '...'::type does: input, then the modifier as an explicit cast.
func explicitCast(cfg *Config, typ Type, s string) (Datum, error) {
	c := FindCast(Of(Unknown), typ)
	d, err := c.Eval(cfg, NewString(s), true)
	if err != nil {
		return Null, err
	}
	return ApplyMod(typ, d, true)
}

// TestInputOutput compares input, output and binary forms with what PostgreSQL said to the same literals.
func TestInputOutput(t *testing.T) {
	cfg := oracleConfig(t)
	for _, r := range records(t, "testdata/input.tsv") {
		typ := testType(t, r[0])
		d, err := explicitCast(cfg, typ, r[1])
		if r[2] == "err" {
			if err == nil {
				t.Errorf("%s %q: want error %s %s, got %s", r[0], r[1], r[3], r[4], AppendText(nil, cfg, typ, d))
			} else if e := sqlerr.From(err); string(e.Code) != r[3] || e.Message != r[4] || e.Detail != r[5] {
				t.Errorf("%s %q:\n got %s %s (%s)\nwant %s %s (%s)", r[0], r[1], e.Code, e.Message, e.Detail, r[3], r[4], r[5])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %q: %v, want %s", r[0], r[1], err, r[3])
			continue
		}
		if got := string(AppendText(nil, cfg, typ, d)); got != r[3] {
			t.Errorf("%s %q: got %q, want %q", r[0], r[1], got, r[3])
		}
		if got := hex.EncodeToString(AppendBinary(nil, typ, d)); got != r[4] {
			t.Errorf("%s %q: binary %s, want %s", r[0], r[1], got, r[4])
		}
		src, err := hex.DecodeString(r[4])
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseBinary(typ, src)
		if err != nil {
			t.Errorf("%s %q: binary %s: %v", r[0], r[1], r[4], err)
		} else if Compare(typ, d, back) != 0 {
			t.Errorf("%s %q: binary %s reads as another value", r[0], r[1], r[4])
		}
	}
}
