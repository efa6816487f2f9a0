package types

import (
	"encoding/hex"
	"strconv"
	"testing"
)

// TestWireEncodings: text and binary forms as a PostgreSQL server sent them, both ways.
func TestWireEncodings(t *testing.T) {
	cfg := DefaultConfig()
	for _, r := range records(t, "testdata/wire.tsv") {
		oid, err := strconv.ParseUint(r[0], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		typ, ok := FromOID(uint32(oid))
		if !ok {
			t.Errorf("no type with OID %d", oid)
			continue
		}
		src, err := hex.DecodeString(r[2])
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseBinary(typ, src)
		if err != nil {
			t.Errorf("%s %q: binary %s: %v", typ, r[1], r[2], err)
			continue
		}
		if got := string(AppendText(nil, cfg, typ, d)); got != r[1] {
			t.Errorf("%s: binary %s prints as %q, want %q", typ, r[2], got, r[1])
		}
		if d, err = ParseText(cfg, typ, r[1]); err != nil {
			t.Errorf("%s %q: %v", typ, r[1], err)
		} else if got := hex.EncodeToString(AppendBinary(nil, typ, d)); got != r[2] {
			t.Errorf("%s %q: binary %s, want %s", typ, r[1], got, r[2])
		}
	}
}
