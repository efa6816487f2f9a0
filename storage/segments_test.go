package storage

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// newSegment is a segment on the disk that can be written to.
func newSegment(t *testing.T) *diskSegment {
	t.Helper()
	d := &diskSegments{dir: t.TempDir(), next: 1}
	s, err := d.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.(*diskSegment)
}

// However small the records are, a segment that takes no more has one memtable: another would be neither preallocated nor synced.
func TestFullSegmentHasOneMemtable(t *testing.T) {
	for _, size := range []int{1, 200, 5000} {
		s := newSegment(t)
		record, n := make([]byte, size), 0
		for s.db.used+int64(size)+recordOverhead <= segmentMemtable {
			if err := s.Write([][]byte{record}); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if err := s.Write([][]byte{record}); err == nil {
			t.Errorf("records of %d bytes: a full segment takes another", size)
		}
		names, err := filepath.Glob(filepath.Join(s.dir, "*.mem"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) != 1 {
			t.Errorf("%d records of %d bytes: memtables %v", n, size, names)
		}
	}
}

// A segment that is removed while it is open is not written out; what a crash leaves of it on the way has nothing to say, and can be removed.
func TestOpenSegmentIsRemovedUnwritten(t *testing.T) {
	s := newSegment(t)
	if err := s.Write([][]byte{[]byte("record")}); err != nil {
		t.Fatal(err)
	}
	if err := s.discard(); err != nil { // the first half of Remove
		t.Fatal(err)
	}
	if tables, err := filepath.Glob(filepath.Join(s.dir, "*.sst")); err != nil || len(tables) > 0 {
		t.Errorf("tables %v, %v", tables, err)
	}
	left := &diskSegment{dir: s.dir}
	if err := left.Read(func(r []byte) error { return fmt.Errorf("record %q is left", r) }); err != nil {
		t.Error(err)
	}
	if err := left.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("the directory is there: %v", err)
	}
}
