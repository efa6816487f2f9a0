package jsonb

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

func parse(t *testing.T, s string) Value {
	t.Helper()
	v, err := Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	if !Valid(v) {
		t.Fatalf("%s has an invalid image %x", s, v)
	}
	return v
}

func path(s string) [][]byte {
	if s = strings.Trim(s, "{}"); s == "" {
		return nil
	}
	return bytes.Split([]byte(s), []byte(","))
}

func text(v []byte, ok bool) string {
	if !ok {
		return "!"
	}
	return string(v)
}

// do computes one operation of testdata/ops.tsv.
func do(t *testing.T, f []string) (string, error) {
	if raw, isRaw := strings.CutPrefix(f[0], "raw"); isRaw {
		return doRaw(t, raw, []byte(f[1]), f[2])
	}
	a := parse(t, f[1])
	i, _ := strconv.Atoi(f[2])
	key, flag := []byte(f[2]), f[3] == "true"
	var v Value
	var err error
	ok := true
	switch f[0] {
	case "cmp":
		b := parse(t, f[2])
		c := Compare(a, b)
		if k := bytes.Compare(AppendKey(nil, a), AppendKey(nil, b)); k != c {
			t.Errorf("%s and %s: keys ordered %d, values %d", f[1], f[2], k, c)
		}
		return strconv.Itoa(c), nil
	case "contains":
		return strconv.FormatBool(Contains(a, parse(t, f[2]))), nil
	case "exists":
		return strconv.FormatBool(a.Exists(key)), nil
	case "pretty":
		return strings.ReplaceAll(string(a.AppendPretty(nil, math.MaxInt)), "\n", "~"), nil
	case "concat":
		v = Concat(a, parse(t, f[2]))
	case "strip":
		v = a.StripNulls()
	case "get":
		v, ok = a.Get(key)
	case "index":
		v, ok = a.Index(i)
	case "path":
		v, ok = a.Path(path(f[2]))
	case "delkey":
		v, err = a.DeleteKeys(key)
	case "delidx":
		v, err = a.DeleteIndex(i)
	case "delpath":
		v, err = a.DeletePath(path(f[2]))
	case "set":
		v, err = a.Set(path(f[2]), parse(t, "99"), flag)
	case "insert":
		v, err = a.Insert(path(f[2]), parse(t, "99"), flag)
	default:
		t.Fatalf("unknown operation %s", f[0])
	}
	if err == nil && ok && !Valid(v) {
		t.Errorf("%v: invalid image %x", f, v)
	}
	if !ok || err != nil {
		return "!", err
	}
	return v.String(), nil
}

func doRaw(t *testing.T, op string, s []byte, arg string) (string, error) {
	if op == "get" {
		v, ok, err := RawGet(s, []byte(arg))
		return text(v, ok), err
	}
	i, err := strconv.Atoi(arg)
	if err != nil {
		t.Fatal(err)
	}
	v, ok, err := RawIndex(s, i)
	if err != nil || !ok {
		return "!", err
	}
	v, ok, err = RawUnquoted(v)
	return text(v, ok), err
}

// TestOperations compares with PostgreSQL's results and errors.
func TestOperations(t *testing.T) {
	b, err := os.ReadFile("testdata/ops.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) < 6 {
			continue
		}
		want := f[5]
		if f[4] == "err" {
			want = f[5] + ": " + f[6]
		}
		got, err := do(t, f)
		if err != nil {
			got = fmt.Sprintf("%s: %s", sqlerr.From(err).Code, sqlerr.From(err).Message)
		}
		if got != want {
			t.Errorf("%s(%s, %s, %s)\n got %s\nwant %s", f[0], f[1], f[2], f[3], got, want)
		}
	}
}
