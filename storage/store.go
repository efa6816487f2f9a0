package storage

import (
	"sync/atomic"
	"unsafe"
)

// ID names a tree or table of a store. Ids are stable across restarts and never reused; 0 is none.
type ID uint32

// Tick numbers the steps of the dataflow and the entries of the log.
type Tick uint64

// newest is the tick at which the writer sees its own changes.
const newest = Tick(1<<64 - 1)

// Options of a store.
type Options struct {
	MemoryLimit    int64 // bytes of resident pages; 0: none
	CheckpointRate int64 // bytes a second that a checkpoint writes at most; 0: 30 MB

	Segments Segments // where the log is; nil: in the data directory
}

// Store is a data directory, or a temporary store without one. One goroutine, the writer, creates, drops and changes
// structures and makes ticks and checkpoints; Publish, Pin, snapshots, the log and the accounting are for any goroutine.
//
// A page that cannot be read back (the disk failed, or the data are damaged) raises a panic with an *sqlerr.Error, as no
// caller could go on; whoever runs statements or operators recovers it.
type Store struct {
	pool   *pool
	parent *Store
	owner  uint32
	table  []byte // of descriptors
	descs  ptr
	room   uint32 // page ids that the table has room for

	tick    Tick // being made, or last sealed
	inTick  bool
	current atomic.Pointer[Sealed] // published
	last    *Sealed                // sealed
	live    []*Sealed              // that somebody may read, oldest first

	structures []*structure // by id
	changed    []*structure // whose root changed in this tick, as far as readers see it
	orphans    []orphan     // sub-trees of dropped structures that are still to be freed
	edit       *treeEdit
	batch      sorted

	pager
	durable *durable // nil: temporary
	packed  atomic.Pointer[packed]
}

// pager is the writer's side of the pages.
type pager struct {
	frames   []uint32 // taken from the pool, not used yet
	free     []uint32 // page ids
	nextPage uint32
	dirty    []uint32 // pages changed since the last checkpoint began
	dead     []deadPage
	deadHead int
	replaced []deadVersion
	blocked  map[Tick][]deadVersion
	pinned   []Tick // scratch of reclaim
	cold     bool   // pages may be in the database only
	evictor
	absent []uint32 // scratch of reading ahead
}

// descriptor says where a page is. Page id, index in the table and key in Badger are one.
type descriptor struct {
	frame uint32 // of its newest version, perhaps with cool; 0: not resident
	flags uint32
}

// Flags of a descriptor.
const (
	flagStored  = 1 << iota // the database has, or may have, an image of it
	flagDelta               // and packs have deltas to it
	flagRewrite             // which are not to be built on: the next checkpoint must write a full image
	flagAlive               // part of a structure
	flagDirty               // changed since the last checkpoint began, and in the dirty list
	flagPending             // the running checkpoint has not encoded it yet
	flagFlight              // the running checkpoint writes it and has not ended
	flagClean               // the newest version has not changed since it was written
)

const descriptorSize = int64(unsafe.Sizeof(descriptor{}))

const (
	unlimitedReserve = 256 << 30 // of address space
	tempReserve      = 16 << 30
	tempTable        = 8 << 20 * descriptorSize
	storeTable       = 256 << 20 * descriptorSize
)

func newStore(p *pool, tableBytes int64, temp bool) (*Store, error) {
	t, err := p.table(tableBytes, temp)
	if err != nil {
		return nil, err
	}
	p.retain()
	s := &Store{pool: p, owner: p.owners.Add(1), table: t, descs: ptr(&t[0]), room: uint32(int64(len(t)) / descriptorSize)}
	s.nextPage = 1
	s.structures = make([]*structure, 1, 8)
	s.last = &Sealed{}
	s.live = append(s.live, s.last)
	s.current.Store(s.last)
	return s, nil
}

// NewTemp makes a store that is never checkpointed and has no log: an ad-hoc query's state, and tests'. Its pages count
// against the budget of parent (nil: none), which must be closed after it. It costs microseconds to make and to close.
func NewTemp(parent *Store) *Store {
	var p *pool
	var err error
	if parent != nil {
		p = parent.pool
	} else if p, err = newPool(0, tempReserve); err != nil {
		panic(err)
	}
	s, err := newStore(p, tempTable, true)
	if err != nil {
		panic(err)
	}
	s.parent = parent
	return s
}

// Close gives everything back. Nobody may use the store, its maps or its snapshots any more. A data directory is closed
// as it stands: without a checkpoint, so that the log's tail is replayed when it is opened again.
func (s *Store) Close() error {
	var err error
	if s.durable != nil {
		err = s.durable.close()
	}
	for _, t := range s.structures {
		if t != nil && t.hash != nil {
			t.hash.close()
		}
	}
	s.giveFrames()
	if s.parent != nil {
		s.pool.giveTable(s.table, int(int64(s.nextPage)*descriptorSize))
	} else {
		freeMemory(s.table)
	}
	s.table, s.descs = nil, nil
	s.pool.release()
	return err
}

// giveFrames returns the frames of all versions of all pages.
func (s *Store) giveFrames() {
	out := s.frames
	for id := uint32(1); id < s.nextPage; id++ {
		for f := s.desc(id).resident(); f != 0; f = prevOf(s.pool.frame(f)) {
			out = append(out, f)
		}
	}
	s.give(out)
	s.frames = nil
}

// Resident is the memory that pages take now, temporary stores included.
func (s *Store) Resident() int64 { return s.pool.resident() }

// Admit fails with 53200 if n more bytes of state would exceed the limit. It holds nothing: ask before work that takes memory.
func (s *Store) Admit(n int64) error { return s.pool.reserve(n) }

// Reserve is Admit for what goes soon, like a query's: of the limit a quarter is theirs, as pages of state can leave memory.
func (s *Store) Reserve(n int64) error {
	p := s.pool
	if p.temp.Load()*PageSize+n <= p.limit/4 {
		return nil
	}
	return p.reserve(n)
}

// Overrun is Admit for who has begun, cannot wait, and holds so many bytes beside pages: it fails where memory is taken far beyond the limit. What is
// new fails first.
func (s *Store) Overrun(held int64, isNew bool) error {
	p := s.pool
	if p.limit > 0 && held > p.limit/2 {
		return p.outOfMemory()
	}
	if isNew {
		return p.reserve(held - p.limit/4)
	}
	return p.reserve(held - 2*p.limit)
}

// Reserve is that of the store.
func (s *Snapshot) Reserve(n int64) error { return s.s.Reserve(n) }

func (s *Store) desc(id uint32) *descriptor {
	return (*descriptor)(unsafe.Add(s.descs, uintptr(id)*uintptr(descriptorSize)))
}

func (s *Store) ident(id uint32) uint64 { return uint64(s.owner)<<32 | uint64(id) }

// page is the newest version of a page, read back if it is not resident. For the writer; and for anybody when the page
// never changes (blobs).
func (s *Store) page(id uint32) ptr {
	if f := atomic.LoadUint32(&s.desc(id).frame); int32(f) > 0 { // resident, and not cool
		return s.pool.frame(f)
	}
	return s.fetch(id)
}

// pageAt is the version of a page that snapshot at sees, for anybody who has pinned it.
//
// Where memory is short, what a reader reads back is its own: a long scan would fill memory, and its snapshot keep all of it there.
func (s *Store) pageAt(id uint32, at Tick) ptr {
	if at == newest {
		return s.page(id)
	}
	for {
		if p := s.version(id, at); p != nil {
			return p
		}
		if !s.Short() {
			s.readMore()
			s.fault(id)
			continue
		}
		p := ptr(new([PageSize]byte))
		if err := s.readPage(p, id); err != nil {
			panic(err)
		}
		if s.desc(id).resident() == 0 { // and was all the time: what changes after the snapshot stays as long as that does
			return p
		}
	}
}

// version is pageAt, of a resident page; nil: it is not.
//
// The version wanted cannot go away, but those before it in the chain can, and their frames may be used again while we
// look at them. So what is found is looked at twice: a frame under construction has a birth later than any snapshot,
// identity is written before birth, and if a frame is our page both before and after, it is the version wanted: every
// chain that leads to a version of this page leads down to ours.
func (s *Store) version(id uint32, at Tick) ptr {
	ident, d := s.ident(id), s.desc(id)
	for {
		f := atomic.LoadUint32(&d.frame)
		if int32(f) <= 0 {
			if f == 0 {
				return nil
			}
			d.warm(f)
			continue
		}
		for f != 0 {
			p := s.pool.frame(f)
			birth := birthOf(p)
			if birth > at {
				f = prevOf(p)
				continue
			}
			if atomic.LoadUint64(atomic64(p, offIdent)) == ident && birthOf(p) == birth {
				return p
			}
			break
		}
	}
}
