package storage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
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

// readAll reads a segment file with this content.
func readAll(t *testing.T, content []byte) (records []string, err error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "segment")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	err = (&diskSegment{name: name}).Read(func(r []byte) error { records = append(records, string(r)); return nil })
	return records, err
}

// A machine that loses all that was not synced has what a write was acknowledged for: the sync comes last.
func TestSegmentIsSyncedBeforeItAnswers(t *testing.T) {
	s := newSegment(t)
	var disk []byte // as of the last sync
	syncs := 0
	s.sync = func(f *os.File) (err error) {
		syncs++
		disk, err = os.ReadFile(f.Name())
		return err
	}
	for i := range 3 {
		if err := s.Write([][]byte{fmt.Appendf(nil, "record %d", i), bytes.Repeat([]byte{byte(i)}, 300_000)}); err != nil {
			t.Fatal(err)
		}
		if syncs != i+1 {
			t.Fatalf("%d writes were synced %d times", i+1, syncs)
		}
		if got, err := readAll(t, disk); err != nil || len(got) != 2*(i+1) {
			t.Fatalf("after write %d the disk has %d records, %v", i, len(got), err)
		}
	}
}

// A write that a crash cut short, whatever part of it is on the disk, is none. Damage before it is refused.
func TestTornFrame(t *testing.T) {
	s := newSegment(t)
	s.sync = func(*os.File) error { return nil }
	var ends []int64
	for _, records := range [][]string{{"a", ""}, {"bb", "ccc"}, {"d", "eeee", "f"}} {
		var rs [][]byte
		for _, r := range records {
			rs = append(rs, []byte(r))
		}
		if err := s.Write(rs); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, s.at)
	}
	whole, err := os.ReadFile(s.name)
	if err != nil {
		t.Fatal(err)
	}
	whole = whole[:ends[2]+100]
	before := []string{"a", "", "bb", "ccc"}
	all := append(slices.Clone(before), "d", "eeee", "f")
	if got, err := readAll(t, whole); err != nil || !slices.Equal(got, all) {
		t.Fatalf("%q, %v", got, err)
	}
	const last = frameHeader + 1 + 1 + 1 + 4 + 1 + 1 // bytes of the last frame
	for i := ends[1]; i < ends[1]+last; i++ {
		cut := slices.Clone(whole)
		clear(cut[i:])
		lost := slices.Clone(whole)
		clear(lost[ends[1]:max(i, ends[1]+frameHeader)]) // the head is in one sector, which is written or not
		for what, content := range map[string][]byte{"cut": cut, "cut short": whole[:i], "lost": lost} {
			got, err := readAll(t, content)
			if err != nil || !slices.Equal(got, before) {
				t.Errorf("%s at byte %d: %q, %v", what, i-ends[1], got, err)
			}
		}
	}
	for i := ends[0] + 4; i < ends[0]+frameHeader+5; i++ {
		content := slices.Clone(whole)
		content[i] ^= 0x55
		if got, err := readAll(t, content); code(err) != sqlerr.DataCorrupted {
			t.Errorf("byte %d of the second frame: %q, %v", i-ends[0], got, err)
		}
	}
}

// However small the records are, what the log gives to a segment fits into the space that it has.
func TestFullSegmentFits(t *testing.T) {
	for _, size := range []int{20, 200, 5000} {
		s := newSegment(t)
		s.sync = func(*os.File) error { return nil }
		record := make([]byte, size)
		for used := 0; used < maxSegment; used += size + recordOverhead {
			if err := s.Write([][]byte{record}); err != nil {
				t.Fatal(err)
			}
		}
		parts := slices.Repeat([][]byte{make([]byte, maxRecord)}, maxGroup/maxRecord)
		if err := s.Write(parts); err != nil {
			t.Errorf("records of %d bytes: %v", size, err)
		}
		for range segmentSize / maxGroup {
			_ = s.Write(parts) // the last one must fail
		}
		if info, err := os.Stat(s.name); err != nil || info.Size() != segmentSize || s.at > segmentSize {
			t.Errorf("records of %d bytes: %d bytes are written, %v", size, s.at, err)
		}
	}
}
