package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"
)

// TestGarbage: pages that were written again and again take a bounded number of files, and removed ones none but the last; those that nothing was
// written to since stay what they were, wherever they are moved.
func TestGarbage(t *testing.T) {
	dir := t.TempDir()
	d, err := openPageDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	const pages, size, rounds = 10_000, 1000, 12 // 120 MB
	value := func(id uint32, epoch uint64) []byte {
		v := bytes.Repeat([]byte{byte(id)}, size)
		binary.LittleEndian.PutUint64(v, epoch)
		return v
	}
	files := func(most int) {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) > most {
			t.Errorf("%d files of the value log; there should be at most %d", len(names), most)
		}
	}
	newest := map[uint32]uint64{}
	check := func() {
		t.Helper()
		for id, epoch := range newest {
			found, err := d.get(pageKey('p', id), func(v []byte) error {
				if !bytes.Equal(v, value(id, epoch)) {
					t.Errorf("page %d is of epoch %d, want %d", id, binary.LittleEndian.Uint64(v), epoch)
				}
				return nil
			})
			if err != nil || !found {
				t.Fatalf("page %d: found %v, error %v", id, found, err)
			}
		}
	}
	write := func(epoch uint64, change func(b *pageBatch, id uint32) error) {
		t.Helper()
		b := d.batch(epoch)
		defer b.cancel()
		for id := range uint32(pages) {
			if err := change(b, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.flush(); err != nil {
			t.Fatal(err)
		}
		d.discardBefore(epoch)
	}
	for epoch := uint64(1); epoch <= rounds; epoch++ {
		write(epoch, func(b *pageBatch, id uint32) error {
			if epoch > 1 && id%10 == 0 { // these are moved
				return nil
			}
			newest[id] = epoch
			return b.set(pageKey('p', id), value(id, epoch))
		})
		if err := d.collect(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.db.Flatten(1), d.collect()); err != nil { // what is garbage is known when Badger has compacted
		t.Fatal(err)
	}
	files(3) // of the 4 that were written
	check()
	if err := d.compact(rounds); err != nil {
		t.Fatal(err)
	}
	files(2)
	check()
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if d, err = openPageDB(dir); err != nil {
		t.Fatal(err)
	}
	check()
	clear(newest)
	write(rounds+1, func(b *pageBatch, id uint32) error { return b.delete(pageKey('p', id)) })
	if err := d.compact(rounds + 1); err != nil {
		t.Fatal(err)
	}
	files(1)
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}
