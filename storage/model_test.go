package storage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// model is what a structure should hold.
type model map[string]modelEntry

type modelEntry struct {
	value  string
	weight int64
}

func (m model) clone() model {
	c := make(model, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

func (m model) apply(put bool, key, value string, w int64) {
	if put {
		if w > 0 {
			m[key] = modelEntry{value, w}
		} else {
			delete(m, key)
		}
		return
	}
	e := m[key]
	if e.weight += w; e.weight == 0 {
		delete(m, key)
		return
	}
	m[key] = e
}

func (m model) keys() []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// run is a random test: how to repeat it is part of every failure.
type run struct {
	*testing.T
	*rand.Rand
	seed int64
	step int

	evict bool // pages leave memory as soon as they can
}

func newRun(t *testing.T, seed int64) *run {
	return &run{T: t, Rand: rand.New(rand.NewSource(seed)), seed: seed}
}

func (r *run) failf(format string, args ...any) {
	r.Helper()
	r.Fatalf("seed %d step %d: %s\nagain: go test ./storage -run '%s'", r.seed, r.step, fmt.Sprintf(format, args...), r.Name())
}

// key makes keys of which some share long prefixes, and some are long.
func (r *run) key(space int) string {
	n := r.Intn(space)
	switch r.Intn(12) {
	case 0:
		return fmt.Sprintf("%s%06d", longPrefix, n%50)
	case 1:
		return longPrefix[:maxInlineKey-r.Intn(3)] + fmt.Sprintf("%d", n%7)
	case 2:
		return longPrefix[:r.Intn(len(longPrefix))]
	case 3:
		return string([]byte{byte(n), byte(n >> 8)}[:n%3])
	default:
		return fmt.Sprintf("key/%04d/%06d", n%17, n)
	}
}

var longPrefix = string(bytes.Repeat([]byte("a long key, "), 800))

func (r *run) value() string {
	switch r.Intn(20) {
	case 0:
		return longPrefix[:r.Intn(len(longPrefix))]
	case 1, 2:
		return longPrefix[:r.Intn(maxInlineValue+8)]
	default:
		return longPrefix[:r.Intn(40)]
	}
}

// subject is a structure beside its model.
type subject struct {
	id   ID
	spec Spec
	m    model
	size int // key space
}

type heldSnapshot struct {
	sn     *Snapshot
	models map[ID]model
}

// hold pins the newest snapshot, with what it should have.
func hold(s *Store, subjects []*subject) heldSnapshot {
	h := heldSnapshot{s.Pin(), map[ID]model{}}
	for _, x := range subjects {
		h.models[x.id] = x.m.clone()
	}
	return h
}

func (r *run) change(s *Store, x *subject) {
	var c Changes
	n := []int{1, 1, 3, 20, 100, 600}[r.Intn(6)]
	shrink := r.Intn(3) == 0
	for range n {
		k := r.key(x.size)
		w := int64(r.Intn(5) - 2)
		if shrink {
			w = -x.m[k].weight
		}
		if x.spec.Put && w == 0 {
			w = -1
		}
		v := ""
		if x.spec.Put && w > 0 {
			v = r.value()
			w = 1
		}
		c.Add([]byte(k), []byte(v), w)
	}
	if x.spec.Put && r.Intn(3) == 0 {
		seen := map[string]bool{}
		s.Map(x.id).Update(&c, func(i int, old []byte) []byte {
			k := string(c.Key(i))
			e, ok := x.m[k]
			if seen[k] || ok != (old != nil) || string(old) != e.value {
				r.failf("update of %.40q: seen %v, old %.40q, want %.40q", k, seen[k], old, e.value)
			}
			seen[k] = true
			if c.Weight(i) < 0 {
				delete(x.m, k)
				return nil
			}
			v := string(c.Value(i))
			x.m[k] = modelEntry{v, 1}
			return append([]byte{}, v...)
		})
		return
	}
	for i := range c.Len() {
		k := string(c.Key(i))
		x.m.apply(x.spec.Put, k, string(c.Value(i)), c.Weight(i))
	}
	s.Map(x.id).Apply(&c)
}

func (r *run) compareAll(what string, it Iterator, m model) {
	r.Helper()
	defer it.Close()
	keys := m.keys()
	i := 0
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		if i >= len(keys) || string(it.Key()) != keys[i] {
			r.failf("%s: entry %d of %d is %.60q", what, i, len(keys), it.Key())
		}
		if e := m[keys[i]]; string(it.Value()) != e.value || it.Weight() != e.weight {
			r.failf("%s: %.40q has %.40q * %d, want %.40q * %d", what, keys[i], it.Value(), it.Weight(), e.value, e.weight)
		}
		i++
	}
	if i != len(keys) {
		r.failf("%s: %d entries, want %d", what, i, len(keys))
	}
	for ok := it.SeekLT(nil); ok; ok = it.Prev() {
		i--
		if i < 0 || string(it.Key()) != keys[i] {
			r.failf("%s: backwards, entry %d is %.60q", what, i, it.Key())
		}
	}
	if i != 0 {
		r.failf("%s: backwards, %d entries are missing", what, i)
	}
	for range 5 {
		k := r.key(400)
		at, _ := slices.BinarySearch(keys, k)
		if ok := it.SeekGE([]byte(k)); ok != (at < len(keys)) || ok && string(it.Key()) != keys[at] {
			r.failf("%s: SeekGE %.40q", what, k)
		}
		if ok := it.SeekLT([]byte(k)); ok != (at > 0) || ok && string(it.Key()) != keys[at-1] {
			r.failf("%s: SeekLT %.40q", what, k)
		}
	}
}

func (r *run) comparePoints(what string, m model, get func([]byte) ([]byte, int64, bool)) {
	r.Helper()
	for range 20 {
		r.comparePoint(what, m, r.key(400), get)
	}
}

func (r *run) comparePoint(what string, m model, k string, get func([]byte) ([]byte, int64, bool)) {
	r.Helper()
	e, want := m[k]
	v, w, ok := get([]byte(k))
	if ok != want || w != e.weight || string(v) != e.value {
		r.failf("%s: get %.40q: %.40q * %d %v, want %.40q * %d %v", what, k, v, w, ok, e.value, e.weight, want)
	}
}

// compareFinder asks for keys in no order, and for all that are there and their neighbours in order.
func (r *run) compareFinder(what string, m model, f Finder) {
	r.Helper()
	r.comparePoints(what, m, f.Get)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(k) > 0 {
			r.comparePoint(what, m, k[:len(k)-1], f.Get)
		}
		r.comparePoint(what, m, k, f.Get)
		r.comparePoint(what, m, k+"\x00", f.Get)
	}
	r.comparePoints(what, m, f.Get)
}

func (r *run) compareWriter(s *Store, x *subject) {
	r.Helper()
	m := s.Map(x.id)
	if m.Len() != int64(len(x.m)) {
		r.failf("structure %d: length %d, want %d", x.id, m.Len(), len(x.m))
	}
	if x.spec.Ordered {
		r.compareAll("newest", m.Iter(), x.m)
	}
	each := model{}
	m.Each(func(key, value []byte, w int64) { each[string(key)] = modelEntry{string(value), w} })
	if !maps.Equal(each, x.m) {
		r.failf("structure %d: Each gives %d entries, not the %d of the model", x.id, len(each), len(x.m))
	}
	r.comparePoints("newest", x.m, m.Get)
}

var allSpecs = []Spec{
	{Ordered: true, Published: true},
	{Ordered: true, Published: true, Put: true},
	{Ordered: true},
	{Ordered: true, Put: true},
	{},
	{Put: true},
}

func create(s *Store) []*subject {
	var out []*subject
	for i, spec := range allSpecs {
		out = append(out, &subject{id: s.Create(spec), spec: spec, m: model{}, size: []int{30, 400, 3000}[i%3]})
	}
	return out
}

func (r *run) check(s *Store) {
	r.Helper()
	if err := s.Check(); err != nil {
		r.failf("check: %v", err)
	}
}

// TestRandomOperations changes structures of all kinds and holds snapshots, in a temporary store; at the end all memory
// comes back.
func TestRandomOperations(t *testing.T) {
	for seed := int64(1); seed <= 6; seed++ {
		r := newRun(t, seed)
		s := NewTemp(nil)
		s.Begin(1)
		subjects := create(s)
		s.Publish(s.Seal())
		var held []heldSnapshot
		var sealed []*Sealed
		for r.step = 2; r.step < 150; r.step++ {
			s.Begin(Tick(r.step))
			for range 1 + r.Intn(3) {
				r.change(s, subjects[r.Intn(len(subjects))])
			}
			sealed = append(sealed, s.Seal())
			if r.Intn(3) > 0 { // else it stays sealed while the next ticks run
				for _, x := range sealed {
					s.Publish(x)
				}
				sealed = sealed[:0]
				if r.Intn(3) == 0 {
					held = append(held, hold(s, subjects))
				}
			}
			if len(held) > 0 && r.Intn(2) == 0 {
				i := r.Intn(len(held))
				r.compareHeld(held[i], subjects)
				if r.Intn(2) == 0 {
					held[i].sn.Close()
					held = slices.Delete(held, i, i+1)
				}
			}
			r.compareWriter(s, subjects[r.Intn(len(subjects))])
			r.check(s)
		}
		for _, h := range held {
			r.compareHeld(h, subjects)
			h.sn.Close()
		}
		r.dropAll(s, subjects)
		if n := s.Resident(); n != 0 {
			r.failf("%d bytes are left after all structures were dropped", n)
		}
		if err := s.Close(); err != nil {
			r.failf("close: %v", err)
		}
	}
}

func (r *run) compareHeld(h heldSnapshot, subjects []*subject) {
	r.Helper()
	for _, x := range subjects {
		if x.spec.Published {
			what := fmt.Sprintf("snapshot of tick %d", h.sn.Tick())
			r.compareAll(what, h.sn.Iter(x.id), h.models[x.id])
			r.comparePoints(what, h.models[x.id], func(k []byte) ([]byte, int64, bool) { return h.sn.Get(x.id, k) })
			r.compareFinder(what, h.models[x.id], h.sn.Finder(x.id))
		}
	}
}

func (r *run) dropAll(s *Store, subjects []*subject) {
	s.Begin(s.LastTick() + 1)
	for _, x := range subjects {
		s.Drop(x.id)
	}
	s.Publish(s.Seal())
	for rest := 2; rest > 0; {
		if s.Orphans() == 0 {
			rest--
		}
		s.Begin(s.LastTick() + 1)
		s.Publish(s.Seal())
		r.check(s)
	}
}

// TestCheckpointsAndCrashes takes checkpoints while ticks go on, and goes on from copies of the directory made at any
// time: what is opened is the last durable checkpoint's state, whatever came after. In half of the runs pages leave memory as soon as they can, while
// snapshots are held.
func TestCheckpointsAndCrashes(t *testing.T) {
	for seed := int64(1); seed <= 6; seed++ {
		r := newRun(t, seed)
		r.evict = seed%2 == 0
		var held []heldSnapshot
		left := int64(0)
		dir := t.TempDir()
		s := r.open(dir)
		s.Begin(1)
		subjects := create(s)
		s.Publish(s.Seal())
		durable := map[ID]model{}
		var durableTick Tick
		for r.step = 0; r.step < 40; r.step++ {
			r.ticks(s, subjects, 1+r.Intn(4))
			captured := map[ID]model{}
			for _, x := range subjects {
				captured[x.id] = x.m.clone()
			}
			tick := s.LastTick()
			fail := ""
			if r.Intn(3) == 0 {
				fail = []string{"pages", "manifest"}[r.Intn(2)]
			}
			s.durable.faults = func(step string) error {
				if step == fail {
					return os.ErrClosed
				}
				return nil
			}
			if s.DirtyBytes() < 0 {
				r.failf("negative dirty bytes")
			}
			run := s.Checkpoint([]byte(fmt.Sprint(tick)))
			done := make(chan error)
			go func() { done <- run(context.Background()) }()
			r.ticks(s, subjects, 1+r.Intn(6))
			if err := <-done; (err != nil) != (fail != "") {
				r.failf("checkpoint with a failure at %q: %v", fail, err)
			}
			if fail == "" {
				durable, durableTick = captured, tick
			}
			left += s.waiting
			if r.evict && r.Intn(2) == 0 {
				held = append(held, hold(s, subjects))
			}
			if len(held) > 0 && r.Intn(2) == 0 {
				i := r.Intn(len(held))
				r.compareHeld(held[i], subjects)
				held[i].sn.Close()
				held = slices.Delete(held, i, i+1)
			}
			r.compareWriter(s, subjects[r.Intn(len(subjects))])
			r.check(s)
			if r.Intn(3) == 0 {
				for _, h := range held {
					r.compareHeld(h, subjects)
					h.sn.Close()
				}
				held = nil
				crashed := filepath.Join(t.TempDir(), "copy")
				copyDir(t, crashed, dir)
				if err := s.Close(); err != nil {
					r.failf("close: %v", err)
				}
				dir = crashed
				s = r.open(dir)
				got, meta := s.Meta()
				if got != durableTick || durableTick > 0 && string(meta) != fmt.Sprint(durableTick) {
					r.failf("opened at tick %d with %q, want %d", got, meta, durableTick)
				}
				if durableTick == 0 {
					s.Begin(1)
					subjects = create(s)
					s.Publish(s.Seal())
				}
				for _, x := range subjects {
					x.m = model{}
					if m := durable[x.id]; m != nil {
						x.m = m.clone()
					}
					r.compareWriter(s, x)
				}
				r.check(s)
			}
		}
		for _, h := range held {
			h.sn.Close()
		}
		if r.evict && left < 100 {
			r.failf("%d pages have left memory", left)
		}
		r.dropAll(s, subjects)
		s.durable.faults = nil
		if err := s.Checkpoint(nil)(context.Background()); err != nil {
			r.failf("checkpoint: %v", err)
		}
		s.Begin(s.LastTick() + 1)
		s.Publish(s.Seal())
		if n := s.Resident(); n != 0 {
			r.failf("%d bytes are left after all structures were dropped", n)
		}
		if err := s.Close(); err != nil {
			r.failf("close: %v", err)
		}
	}
}

func (r *run) open(dir string) *Store {
	s, err := open(dir, Options{CheckpointRate: 24 << 20}, &memorySegments{})
	if err != nil {
		r.failf("open: %v", err)
	}
	if r.evict {
		s.pool.high = 1
	}
	s.durable.minPacks = 4 << 10 // so that all pages are written whole every few checkpoints
	return s
}

func (r *run) ticks(s *Store, subjects []*subject, n int) {
	for range n {
		s.Begin(s.LastTick() + 1)
		r.change(s, subjects[r.Intn(len(subjects))])
		s.Publish(s.Seal())
	}
}
