package storage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// TestDeletedKeys deletes a few entries of a large tree between checkpoints, some to come back or to take another's place, and opens copies of the
// directory: no entry that was deleted is there again. Such a checkpoint writes what changed, not the pages in which it did.
func TestDeletedKeys(t *testing.T) {
	const entries = 20_000
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 0))
		dir := t.TempDir()
		open := func() *Store {
			s, err := open(dir, Options{CheckpointRate: 1 << 40}, &memorySegments{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open()
		has := map[string]bool{}
		var id ID
		var c Changes
		add := func(k string, w int64) {
			if has[k] == (w > 0) {
				return
			}
			has[k] = w > 0
			c.Add([]byte(k), nil, w)
		}
		key := func(i, v int) string { return fmt.Sprintf("key%06d:%03d", i*7, v) }
		for round := range 60 {
			s.Begin(s.LastTick() + 1)
			c.Reset()
			if round == 0 {
				id = s.Create(Spec{Ordered: true, Published: seed%2 == 0})
				for i := range entries {
					add(key(i, 0), 1)
				}
			}
			for range 1 + rng.IntN(200) {
				i := rng.IntN(entries)
				switch rng.IntN(4) {
				case 0:
					add(key(i, 0), -1)
				case 1:
					add(key(i, 0), 1)
				case 2: // one takes the other's place
					v := rng.IntN(3)
					add(key(i, v), -1)
					add(key(i, v+1), 1)
				default: // many of one leaf
					for j := i; j < min(i+rng.IntN(80), entries); j++ {
						add(key(j, 0), -1)
					}
				}
			}
			s.Map(id).Apply(&c)
			s.Publish(s.Seal())
			if err := s.Check(); err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
			if rng.IntN(2) == 0 {
				if err := s.Checkpoint(nil)(context.Background()); err != nil {
					t.Fatal(err)
				}
				if rng.IntN(3) == 0 {
					dir = copyOf(t, s, dir)
					s = open()
				}
			}
			if rng.IntN(4) == 0 {
				compareKeys(t, s.Map(id), has, fmt.Sprintf("seed %d, round %d", seed, round))
			}
		}
		compareKeys(t, s.Map(id), has, fmt.Sprintf("seed %d", seed))
		checkSmallCheckpoint(t, s, id, has)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// copyOf closes a store and copies its directory.
func copyOf(t *testing.T, s *Store, dir string) string {
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	copyDir(t, to, dir)
	return to
}

func compareKeys(t *testing.T, m Map, has map[string]bool, what string) {
	t.Helper()
	var want []string
	for k, ok := range has {
		if ok {
			want = append(want, k)
		}
	}
	slices.Sort(want)
	if got := rows(m.Iter()); !slices.Equal(got, want) {
		t.Fatalf("%s: %d keys, want %d", what, len(got), len(want))
	}
}

// checkSmallCheckpoint deletes one entry in each of some leaves: what a checkpoint writes of that is a small part of them.
func checkSmallCheckpoint(t *testing.T, s *Store, id ID, has map[string]bool) {
	written := func() int64 {
		s.Begin(s.LastTick() + 1)
		var gone Changes
		n := 0
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k, ok := range has {
				if ok && !yield(k) {
					return
				}
			}
		}) {
			if n++; n%500 == 0 {
				gone.Add([]byte(k), nil, -1)
				has[k] = false
			}
		}
		s.Map(id).Apply(&gone)
		s.Publish(s.Seal())
		dirty := s.DirtyBytes()
		c := s.capture(nil)
		if err := c.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return 100 * c.written / dirty
	}
	written() // whole pages, of which little had been deleted before
	if percent := written(); percent > 10 {
		t.Errorf("a checkpoint wrote %d%% of the pages that changed", percent)
	}
}

// TestTreeImages: a page of a tree is what its image says, whatever its keys share, and garbage is not in it.
func TestTreeImages(t *testing.T) {
	for seed := range int64(200) {
		r := newRun(t, seed)
		s := NewTemp(nil)
		s.Begin(1)
		x := &subject{id: s.Create(Spec{Ordered: true, Put: true}), spec: Spec{Ordered: true, Put: true}, m: model{}, size: 400}
		for range 3 {
			r.change(s, x)
		}
		s.Publish(s.Seal())
		pages := make([]byte, 2*PageSize)
		for id := uint32(1); id < s.nextPage; id++ {
			if s.desc(id).flags&flagAlive == 0 {
				continue
			}
			p, q := s.page(id), ptr(&pages[0])
			if k := kindOf(p); k != kindLeaf && k != kindInner {
				continue
			}
			b := &imageBuffer{raw: make([]byte, 0, 2*PageSize)}
			image := append([]byte{7}, encodePage(b, p)...)
			named, epoch, err := decodePage(b, q, image)
			if err != nil || named != id || epoch != 7 || countOf(q) != countOf(p) || string(prefixOf(q)) != string(prefixOf(p)) {
				r.failf("page %d: read back as page %d of epoch %d: %v", id, named, epoch, err)
			}
			for i := range countOf(p) {
				o, kl, long := slot(p, i)
				u, ql, qlong := slot(q, i)
				if kl != ql || long != qlong || string(span(p, o, cellSize(p, i))) != string(span(q, u, cellSize(q, i))) {
					r.failf("page %d: cell %d is another one", id, i)
				}
			}
			for range 20 { // what is damaged is refused, or is a page
				damaged := slices.Clone(image)
				damaged[r.Intn(len(damaged))] ^= byte(1 << r.Intn(8))
				_, _, _ = decodePage(b, q, damaged[:r.Intn(len(damaged))+1])
			}
		}
		if err := s.Close(); err != nil {
			r.failf("close: %v", err)
		}
	}
}
