package types_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/typestest"
)

// random makes a source of the seed in STREAMSQL_SEED, or of the clock, and says how to run again.
func random(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("STREAMSQL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("run again: STREAMSQL_SEED=%d go test ./types -run '%s'", seed, t.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

func show(t types.Type, d types.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return fmt.Sprintf("%q", types.AppendText(nil, types.DefaultConfig(), t, d))
}

func sign(v int) int { return max(min(v, 1), -1) }

// wantOrder is the order of two values, NULL allowed, by Compare.
func wantOrder(t types.Type, a, b types.Datum, desc, nullsFirst bool) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		if nullsFirst {
			return -1
		}
		return 1
	case b.IsNull():
		return -wantOrder(t, b, a, desc, nullsFirst)
	}
	c := sign(types.Compare(t, a, b))
	if desc {
		return -c
	}
	return c
}

// TestKeyOrder: the order of keys is that of values, in either direction; equal values have equal keys; no key is a
// prefix of another; a key can be skipped.
func TestKeyOrder(t *testing.T) {
	r := random(t)
	for _, typ := range typestest.Types() {
		for range 3000 {
			row := typestest.Row(r, []types.Type{typ, typ})
			a, b := row[0], row[1]
			desc, nullsFirst := r.IntN(2) == 0, r.IntN(2) == 0
			ka := types.AppendKey(nil, typ, a, desc, nullsFirst)
			kb := types.AppendKey(nil, typ, b, desc, nullsFirst)
			want := wantOrder(typ, a, b, desc, nullsFirst)
			if got := bytes.Compare(ka, kb); got != want {
				t.Fatalf("%s desc=%v: %s and %s: keys %x, %x are ordered %d, want %d", typ, desc, show(typ, a), show(typ, b), ka, kb, got, want)
			}
			if want != 0 && (bytes.HasPrefix(ka, kb) || bytes.HasPrefix(kb, ka)) {
				t.Fatalf("%s: %s and %s: one of the keys %x, %x begins the other", typ, show(typ, a), show(typ, b), ka, kb)
			}
			rest := types.SkipKey(append(ka, kb...), typ, desc)
			if rest == nil || !bytes.Equal(rest, kb) {
				t.Fatalf("%s desc=%v: key %x of %s: skipping leaves %x, want %x", typ, desc, ka, show(typ, a), rest, kb)
			}
			if d, rest, ok := types.CutIntKey(append(ka, kb...), desc); typ.Rep() == types.RepInt && (!ok || !bytes.Equal(rest, kb) || show(typ, d) != show(typ, a)) {
				t.Fatalf("%s desc=%v: key %x of %s is decoded to %s, leaving %x", typ, desc, ka, show(typ, a), show(typ, d), rest)
			}
			for _, damaged := range [][]byte{ka[:r.IntN(len(ka))], kb[r.IntN(len(kb)):]} {
				types.SkipKey(damaged, typ, desc) // must not panic
				types.CutIntKey(damaged, desc)
			}
		}
	}
}

// TestCompareIsAnOrder: Compare is reflexive, antisymmetric and transitive.
func TestCompareIsAnOrder(t *testing.T) {
	r := random(t)
	for _, typ := range typestest.Types() {
		for range 500 {
			a, b, c := typestest.Datum(r, typ), typestest.Datum(r, typ), typestest.Datum(r, typ)
			if types.Compare(typ, a, a) != 0 {
				t.Fatalf("%s: %s is not equal to itself", typ, show(typ, a))
			}
			if ab, ba := types.Compare(typ, a, b), types.Compare(typ, b, a); sign(ab) != -sign(ba) {
				t.Fatalf("%s: %s and %s: %d one way, %d the other", typ, show(typ, a), show(typ, b), ab, ba)
			}
			if types.Compare(typ, a, b) <= 0 && types.Compare(typ, b, c) <= 0 && types.Compare(typ, a, c) > 0 {
				t.Fatalf("%s: %s <= %s <= %s is not transitive", typ, show(typ, a), show(typ, b), show(typ, c))
			}
		}
	}
}

// TestRoundTrip: text and binary forms read back as the same value, printed alike.
func TestRoundTrip(t *testing.T) {
	r := random(t)
	cfg := types.DefaultConfig()
	for _, typ := range typestest.Types() {
		for range 500 {
			d := typestest.Datum(r, typ)
			text := types.AppendText(nil, cfg, typ, d)
			back, err := types.ParseText(cfg, typ, string(text))
			if err != nil {
				if typ.Kind == types.Interval {
					continue // the output of the extremes is out of range as input, as in PostgreSQL
				}
				t.Fatalf("%s: %q does not read back: %v", typ, text, err)
			}
			if again := types.AppendText(nil, cfg, typ, back); !bytes.Equal(text, again) {
				t.Fatalf("%s: %q reads back as %q", typ, text, again)
			}
			bin := types.AppendBinary(nil, typ, d)
			if back, err = types.ParseBinary(typ, bin); err != nil {
				t.Fatalf("%s: %q: binary %x does not read back: %v", typ, text, bin, err)
			}
			if again := types.AppendBinary(nil, typ, back); !bytes.Equal(bin, again) || types.Compare(typ, d, back) != 0 {
				t.Fatalf("%s: %q: binary %x reads back as %x", typ, text, bin, again)
			}
		}
	}
}
