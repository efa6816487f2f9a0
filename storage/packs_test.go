package storage

import (
	"context"
	"testing"
)

// TestPacks: however often few entries change, packs do not pile up, in the manifest or in the database; and what is opened is what was there.
func TestPacks(t *testing.T) {
	for _, spec := range []Spec{{Ordered: true, Published: true}, {Put: true}} {
		dir := t.TempDir()
		r := newRun(t, 1)
		s := r.open(dir)
		s.durable.minPacks = 1 << 10
		s.Begin(1)
		id := s.Create(spec)
		s.Publish(s.Seal())
		want := model{}
		version := make([]byte, 20_000)
		var most, written int64
		for r.step = range 120 {
			var c Changes
			add := func(k, v []byte, w int64) {
				c.Add(k, v, w)
				want.apply(spec.Put, string(k), string(v), w)
			}
			every := 500
			if r.step == 0 {
				every = 1
			}
			for i := r.step; i < len(version); i += every {
				key := benchKey(nil, uint64(i))
				switch {
				case spec.Put:
					add(key, []byte{version[i] + 1}, 1)
				case version[i] > 0: // a row gets another value: one entry goes, one comes
					add(append(key, version[i]), nil, -1)
					fallthrough
				default:
					add(append(key, version[i]+1), nil, 1)
				}
				version[i]++
			}
			s.Begin(s.LastTick() + 1)
			s.Map(id).Apply(&c)
			s.Publish(s.Seal())
			if err := s.Checkpoint(nil)(context.Background()); err != nil {
				r.failf("checkpoint: %v", err)
			}
			sum := int64(0)
			for _, p := range s.durable.packs {
				sum += p.size
				if p.epoch == s.durable.epoch {
					written += p.size
				}
			}
			most = max(most, sum)
		}
		if limit := 2 * s.durable.budget(s.nextPage); written < 2*limit || most > limit {
			t.Errorf("%+v: %d bytes of deltas were written, up to %d were needed; at most %d should be", spec, written, most, limit)
		}
		r.checkChunks(s)
		if err := s.Close(); err != nil {
			r.failf("close: %v", err)
		}
		s = r.open(dir)
		r.compareWriter(s, &subject{id: id, spec: spec, m: want})
		for k, e := range want {
			if v, w, ok := s.Map(id).Get([]byte(k)); !ok || w != e.weight || string(v) != e.value {
				r.failf("%+v: key %x is %x * %d, want %x * %d", spec, k, v, w, e.value, e.weight)
			}
		}
		r.check(s)
		if err := s.Close(); err != nil {
			r.failf("close: %v", err)
		}
	}
}

// checkChunks compares the chunks in the database with those that the manifest knows.
func (r *run) checkChunks(s *Store) {
	r.Helper()
	stored, known := 0, 0
	s.durable.db.changedSince(0, func(key []byte) {
		if found, err := s.durable.db.get(key, func([]byte) error { return nil }); err == nil && found && key[0] == 'd' {
			stored++
		}
	})
	for _, l := range [][]pack{s.durable.gone, s.durable.packs} {
		for _, p := range l {
			known += int(p.chunks)
		}
	}
	if stored != known {
		r.failf("%d chunks are stored, %d are known", stored, known)
	}
}
