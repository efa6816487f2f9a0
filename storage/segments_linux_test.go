package storage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A machine that loses all that was not synced has what was written before a sync.
func TestSegmentIsSynced(t *testing.T) {
	s := newSegment(t)
	lost := t.TempDir() // the disk, as of the last sync
	copyDir(t, lost, s.dir)
	wal, err := filepath.Rel(s.dir, s.db.wal.Name())
	if err != nil {
		t.Fatal(err)
	}
	sync := s.db.datasync
	s.db.datasync = func() error {
		b, err := os.ReadFile(s.db.wal.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(lost, wal), b, 0o600)
		}
		if err != nil {
			return err
		}
		return sync()
	}
	for i := range 3 {
		if err := s.Write([][]byte{fmt.Appendf(nil, "record %d", i), bytes.Repeat([]byte{byte(i)}, 300_000)}); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		after := t.TempDir()
		copyDir(t, after, lost)
		got := 0
		if err := (&diskSegment{dir: after}).Read(func([]byte) error { got++; return nil }); err != nil {
			t.Fatal(err)
		}
		if got != 2*(i+1) {
			t.Fatalf("after write %d the disk has %d records", i, got)
		}
	}
}
