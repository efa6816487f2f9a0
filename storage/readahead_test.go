package storage

import (
	"context"
	"encoding/binary"
	"testing"
)

// TestReadAhead: after a restart, batches find what images and deltas say, and read the pages that they touch before they are asked for one by one.
func TestReadAhead(t *testing.T) {
	const keys = 40_000
	for _, spec := range []Spec{{Ordered: true, Published: true, Put: true}, {Ordered: true}, {Put: true}, {}} {
		dir := t.TempDir()
		r := newRun(t, 1)
		s := r.open(dir)
		s.Begin(1)
		id := s.Create(spec)
		s.Publish(s.Seal())
		want := model{}
		var c Changes
		change := func(s *Store, n, step int) {
			c.Reset()
			for i := 0; i < keys; i += step {
				k, v := benchKey(nil, uint64(i)), []byte(nil)
				if spec.Put {
					v = binary.BigEndian.AppendUint64(nil, uint64(n))
				}
				c.Add(k, v, 1)
				want.apply(spec.Put, string(k), string(v), 1)
			}
			s.Begin(s.LastTick() + 1)
			s.Map(id).Apply(&c)
			s.Publish(s.Seal())
		}
		change(s, 1, 1)
		for n := 2; n < 4; n++ { // the second checkpoint writes deltas
			if err := s.Checkpoint(nil)(context.Background()); err != nil {
				t.Fatal(err)
			}
			change(s, n, 400)
		}
		if err := s.Checkpoint(nil)(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = r.open(dir)
		change(s, 4, 90)
		if n := s.durable.ahead.Load(); n < 150 {
			t.Errorf("%+v: %d pages were read ahead", spec, n)
		}
		m := s.Map(id)
		for k, e := range want {
			if v, w, ok := m.Get([]byte(k)); !ok || w != e.weight || string(v) != e.value {
				t.Fatalf("%+v: key %x is %x * %d, want %x * %d", spec, k, v, w, e.value, e.weight)
			}
		}
		r.check(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
