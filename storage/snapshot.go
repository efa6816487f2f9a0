package storage

// Snapshot is the published state of one tick, pinned: what a reader sees. Any number of goroutines may read one.
type Snapshot struct {
	s     *Store
	state *Sealed
}

// Pin takes the newest published snapshot. It must be closed; pinned old versions cost memory. It takes no lock and
// allocates nothing but the handle.
func (s *Store) Pin() *Snapshot {
	for {
		x := s.current.Load()
		x.refs.Add(1)
		// Published still: then the writer, which looks at what is published before it looks at refs, sees our pin.
		if s.current.Load() == x {
			return &Snapshot{s, x}
		}
		x.refs.Add(-1)
	}
}

// Clone pins the same snapshot again.
func (sn *Snapshot) Clone() *Snapshot {
	sn.state.refs.Add(1)
	return &Snapshot{sn.s, sn.state}
}

// Close releases the snapshot; twice is once.
func (sn *Snapshot) Close() {
	if sn.state != nil {
		sn.state.refs.Add(-1)
		sn.state = nil
	}
}

func (sn *Snapshot) Tick() Tick { return sn.state.tick }

// Get finds an entry of a published structure; ok is false when there is none, or no such structure. The value is valid
// until Close.
func (sn *Snapshot) Get(id ID, key []byte) (value []byte, weight int64, ok bool) {
	return sn.s.get(sn.state.root(id), sn.state.tick, key)
}

// Iter iterates a published structure. It must be closed before the snapshot is.
func (sn *Snapshot) Iter(id ID) Iterator {
	return newIterator(sn.s, sn.state.root(id), sn.state.tick)
}

// PinnedTicks is the number of ticks whose state is kept for snapshots, and the oldest of them; writer goroutine.
func (s *Store) PinnedTicks() (n int, oldest Tick) { return len(s.live), s.live[0].tick }
