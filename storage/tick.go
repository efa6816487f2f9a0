package storage

import (
	"fmt"
	"sync/atomic"
)

// Spec says what kind of structure to create.
type Spec struct {
	// Ordered: a B+tree, with iteration in key order. Otherwise a hash table (private only).
	Ordered bool
	// Published: readers see it, as of the last Publish. Otherwise only the writer does, and pages are edited in place.
	Published bool
	// Put: an entry has a key and a value, Apply replaces. Otherwise entries are a multiset: Apply adds weights, and an
	// entry whose weight becomes 0 vanishes.
	Put bool
}

// structure is a tree or a table: what both have in common.
type structure struct {
	s       *Store
	id      ID
	spec    Spec
	root    uint32 // page; 0: empty
	entries int64
	pages   int64
	touched bool // in the store's changed list
	coldness
	hash *table
}

func (t *structure) Len() int64   { return t.entries }
func (t *structure) Bytes() int64 { return t.pages * PageSize }

func (t *structure) setRoot(root uint32) {
	if t.root == root {
		return
	}
	t.root = root
	t.touch()
}

func (t *structure) touch() {
	if t.spec.Published && !t.touched {
		t.touched = true
		t.s.changed = append(t.s.changed, t)
	}
}

// Begin starts tick t, which must be greater than the last one.
func (s *Store) Begin(t Tick) {
	if s.inTick || t <= s.tick {
		panic(fmt.Sprintf("storage: tick %d begins after tick %d", t, s.tick))
	}
	s.tick, s.inTick = t, true
}

// Seal ends the tick and returns what Publish makes visible; the next tick may begin before that. What it sealed never
// changes.
func (s *Store) Seal() *Sealed {
	s.mustBeInTick()
	s.freeOrphans(orphansPerTick)
	next := &Sealed{tick: s.tick, roots: s.last.roots}
	if len(s.changed) > 0 {
		next.roots = s.newRoots()
	}
	s.inTick = false
	s.last = next
	s.live = append(s.live, next)
	s.reclaim()
	s.evict()
	s.checkInvariants()
	return next
}

// Publish makes a sealed tick what Pin takes. It is called in tick order, when the tick is also durable; any goroutine,
// one at a time.
func (s *Store) Publish(sealed *Sealed) { s.current.Store(sealed) }

// LastTick is the last tick that was sealed; of an opened store that has made none, the checkpoint's.
func (s *Store) LastTick() Tick {
	if s.inTick {
		return s.last.tick
	}
	return s.tick
}

func (s *Store) mustBeInTick() {
	if !s.inTick {
		panic("storage: a change outside of a tick")
	}
}

// Sealed is a finished tick: the roots that its readers start from.
type Sealed struct {
	tick  Tick
	roots []*rootChunk
	refs  atomic.Int64 // snapshots, and the running checkpoint
}

// rootChunk holds the roots of published structures with neighbouring ids, so that a tick copies only what changed.
type rootChunk [64]uint32

func (x *Sealed) Tick() Tick { return x.tick }

func (x *Sealed) root(id ID) uint32 {
	if c := int(id / 64); c < len(x.roots) && x.roots[c] != nil {
		return x.roots[c][id%64]
	}
	return 0
}

// newRoots is the last tick's roots with this tick's changes.
func (s *Store) newRoots() []*rootChunk {
	old := s.last.roots
	roots := make([]*rootChunk, max(len(old), len(s.structures)/64+1))
	copy(roots, old)
	for _, t := range s.changed {
		c := t.id / 64
		if roots[c] == nil {
			roots[c] = new(rootChunk)
		} else if int(c) < len(old) && roots[c] == old[c] {
			k := *old[c]
			roots[c] = &k
		}
		roots[c][t.id%64] = t.root
		t.touched = false
	}
	clear(s.changed)
	s.changed = s.changed[:0]
	return roots
}

// Create makes an empty structure. Between Begin and Seal.
func (s *Store) Create(spec Spec) ID {
	s.mustBeInTick()
	if spec.Published && !spec.Ordered {
		panic("storage: a hash table cannot be published")
	}
	t := &structure{s: s, id: ID(len(s.structures)), spec: spec}
	s.structures = append(s.structures, t)
	if !spec.Ordered {
		t.hash = newTable(t)
	}
	return t.id
}

// Has tells whether a structure exists.
func (s *Store) Has(id ID) bool { return int(id) < len(s.structures) && s.structures[id] != nil }

// Map is the writer's handle of a structure: newest content, this tick's changes included. The id must exist.
func (s *Store) Map(id ID) Map {
	t := s.structures[id]
	if t.hash != nil {
		return t.hash
	}
	return (*tree)(t)
}

// Map is what an operator keeps state in. Keys and values: any length up to 64 MiB (CheckEntry refuses longer ones);
// short ones are fast. Slices returned are valid until the next change of the store. For the writer alone.
type Map interface {
	// Apply merges a batch of changes: sorted and consolidated inside; b stays as it is.
	Apply(b *Changes)
	// Get finds an entry.
	Get(key []byte) (value []byte, weight int64, ok bool)
	// Update calls f once per distinct key of keys with the current value (nil if absent); f returns the new value (nil
	// deletes), which is copied. i is that of the key's first occurrence. Put structures only. It visits keys in an order
	// of its own choosing and prefetches: the fast path of group state. f must not use the store.
	Update(keys *Changes, f func(i int, old []byte) []byte)
	// Iter iterates newest content; ordered structures only. The iterator must be seeked anew after a change.
	Iter() Iterator
	// Each calls f for every entry, those of a hash table in no order. f must not use the store.
	Each(f func(key, value []byte, weight int64))
	// Len is the number of entries.
	Len() int64
	// Bytes is the memory that the pages of the newest content take, resident or not.
	Bytes() int64
}

// Iterator walks an ordered structure. After a seek or step returned false it stands nowhere and must be seeked again. Key
// and Value are valid until the next call. Not safe for concurrent use; Close gives its memory back.
type Iterator interface {
	SeekGE(key []byte) bool // first entry >= key; nil: the first
	SeekLT(key []byte) bool // last entry < key; nil: the last
	Next() bool
	Prev() bool
	Key() []byte
	Value() []byte
	Weight() int64
	Close()
}
