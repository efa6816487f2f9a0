package storage

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/streamsql/streamsql/sqlerr"
)

// formatVersion of the data directory: of the page format, the manifest, the log and what operators keep together.
const formatVersion = 3

const defaultCheckpointRate = 30 << 20

// durable is what a data directory has beyond a temporary store.
type durable struct {
	dir      string
	lock     *os.File
	db       *pageDB
	log      *inputLog
	rate     atomic.Int64 // of checkpoints, bytes a second
	epoch    uint64       // of the last checkpoint begun; the writer's
	failed   atomic.Pointer[checkpoint]
	opened   uint64 // the epoch of the manifest that was opened
	minPacks int64
	sweeper
	faults func(step string) error // tests make steps fail

	mu   sync.Mutex
	tick Tick // of the last durable checkpoint
	meta []byte

	ahead atomic.Int64 // pages read back before they were needed
}

// Open opens or creates a data directory. Errors: another process has it (55006), a newer format (XX001 with what to
// do), I/O. Meta is then the last checkpoint's, and Log().Replay gives the ticks after it. Pages are read back when they
// are first needed, so that opening takes the same time whatever the size.
func Open(dir string, o Options) (*Store, error) {
	log := o.Segments
	if log == nil {
		log = &diskSegments{dir: filepath.Join(dir, "log")}
	}
	return open(dir, o, log)
}

func open(dir string, o Options, log Segments) (*Store, error) {
	d := &durable{dir: dir, minPacks: minPacks}
	d.rate.Store(defaultCheckpointRate)
	if o.CheckpointRate > 0 {
		d.rate.Store(o.CheckpointRate)
	}
	s, err := d.open(o, log)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return s, nil
}

func (d *durable) open(o Options, log Segments) (*Store, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	if err := d.takeLock(); err != nil {
		return nil, err
	}
	if err := checkOpen(d.dir); err != nil {
		return nil, err
	}
	if err := checkFormat(d.dir); err != nil {
		return nil, err
	}
	var err error
	if d.db, err = openPageDB(filepath.Join(d.dir, "pages")); err != nil {
		return nil, err
	}
	if d.log, err = openLog(log); err != nil {
		return nil, err
	}
	p, err := newPool(o.MemoryLimit, unlimitedReserve)
	if err != nil {
		return nil, err
	}
	s, err := newStore(p, storeTable, false)
	if err != nil {
		freeMemory(p.mem)
		return nil, err
	}
	s.durable = d
	if err := s.recover(); err != nil {
		s.durable = nil // Open closes it
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (d *durable) close() error {
	var err error
	if d.log != nil {
		err = d.log.close()
	}
	if d.db != nil {
		err = errors.Join(err, d.db.close())
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

func (d *durable) inject(step string) error {
	if d.faults == nil {
		return nil
	}
	return d.faults(step)
}

func (d *durable) takeLock() error {
	f, err := os.OpenFile(filepath.Join(d.dir, "LOCK"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the data directory: %w", err)
	}
	held, err := lockFile(f)
	if err == nil {
		d.lock = f
		return nil
	}
	err = errors.Join(err, f.Close())
	if held {
		return lockedError(d.dir)
	}
	return fmt.Errorf("lock the data directory: %w", err)
}

// checkFormat reads the directory's format version, or writes it into an empty one.
func checkFormat(dir string) error {
	name := filepath.Join(dir, "FORMAT")
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		if err := refuseForeign(dir); err != nil {
			return err
		}
		return writeFormat(dir, name)
	}
	if err != nil {
		return fmt.Errorf("read the data directory's format: %w", err)
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(b)))
	switch {
	case err != nil:
		return sqlerr.New(sqlerr.DataCorrupted, "data directory %q has an unreadable FORMAT file", dir)
	case v > formatVersion:
		return sqlerr.New(sqlerr.DataCorrupted, "data directory %q has format %d, which is newer than format %d of this program", dir, v, formatVersion).
			WithHint("Start the version of streamsql that wrote it, or a later one.")
	case v < formatVersion:
		return sqlerr.New(sqlerr.DataCorrupted, "data directory %q has format %d, which this program no longer reads", dir, v)
	}
	return nil
}

// refuseForeign keeps us from making a data directory of one that holds something else.
func refuseForeign(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if n.Name() != "LOCK" && n.Name() != "lost+found" && n.Name() != "FORMAT.new" {
			return sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "directory %q is not empty and is no data directory", dir).
				WithHint("Name an empty directory, or one that does not exist yet, with --data.")
		}
	}
	return nil
}

func writeFormat(dir, name string) error {
	f, err := os.Create(name + ".new")
	if err != nil {
		return fmt.Errorf("write the data directory's format: %w", err)
	}
	_, err = fmt.Fprintln(f, formatVersion)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the data directory's format: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the data directory's format: %w", err)
	}
	return syncDir(dir)
}

// Meta is what the engine stored in the last durable checkpoint, and that checkpoint's tick (0, nil: none).
func (s *Store) Meta() (Tick, []byte) {
	if s.durable == nil {
		return 0, nil
	}
	s.durable.mu.Lock()
	defer s.durable.mu.Unlock()
	return s.durable.tick, s.durable.meta
}

// recover goes back to the last durable checkpoint.
func (s *Store) recover() error {
	d := s.durable
	m, err := loadManifest(d.db)
	if err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	if m == nil {
		m = &manifest{nextPage: 1, nextID: 1, sweeper: sweeper{parts: []swept{{to: math.MaxUint32}}}}
	}
	if err := d.repair(m.epoch); err != nil {
		return fmt.Errorf("repair an unfinished checkpoint: %w", err)
	}
	if m.nextPage >= s.room {
		return s.pool.outOfMemory()
	}
	d.tick, d.meta, d.opened, d.sweeper = m.tick, m.meta, m.epoch, m.sweeper
	if m.epoch == 0 {
		return nil
	}
	packed, err := loadPacks(d.db, m.sweeper.packs, m.nextPage)
	if err != nil {
		return fmt.Errorf("read the packs: %w", err)
	}
	s.packed.Store(packed)
	for id := uint32(1); id < m.nextPage; id++ {
		s.desc(id).flags = flagStored | flagAlive
		if packed.has(id) {
			s.desc(id).flags |= flagDelta
		}
	}
	m.eachFree(func(id uint32) {
		s.free = append(s.free, id)
		s.desc(id).flags = flagStored // there may be a record still
	})
	s.nextPage, s.tick, s.orphans, s.cold = m.nextPage, m.tick, m.orphans, true
	s.structures = make([]*structure, m.nextID)
	for i := range m.structures {
		t := &m.structures[i]
		t.s = s
		s.structures[t.id] = t
		if !t.spec.Ordered {
			t.hash = openTable(t)
		}
		t.touch()
	}
	s.last = &Sealed{tick: m.tick}
	s.last.roots = s.newRoots()
	s.live[0] = s.last
	s.current.Store(s.last)
	return nil
}

// repair puts back, under a later epoch, what a checkpoint without a manifest left behind.
func (d *durable) repair(epoch uint64) error {
	var keys [][]byte
	d.epoch = d.db.changedSince(epoch, func(key []byte) { keys = append(keys, key) })
	if len(keys) == 0 {
		return nil
	}
	d.epoch++
	wb := d.db.batch(d.epoch)
	defer wb.cancel()
	for _, k := range keys {
		var old []byte
		found, err := d.db.getAt(epoch, k, func(v []byte) error { old = append([]byte(nil), v...); return nil })
		if err == nil && found {
			err = wb.set(k, old)
		} else if err == nil {
			err = wb.delete(k)
		}
		if err != nil {
			return err
		}
	}
	return wb.flush()
}

// fault reads a page back. Several goroutines may do it at once; one frame wins.
func (s *Store) fault(id uint32) ptr {
	f := s.pool.take(nil, 1)[0]
	p := s.pool.frame(f)
	construct(p)
	if err := s.readPage(p, id); err != nil {
		s.pool.give([]uint32{f})
		panic(err)
	}
	if !s.install(id, f) {
		s.pool.give([]uint32{f})
		return s.page(id)
	}
	return p
}

// readPage makes p the stored page id. An error is to be raised.
func (s *Store) readPage(p ptr, id uint32) error {
	err := errors.New("the page does not exist")
	if s.durable != nil {
		err = s.loadPage(p, id, func(id uint32, f func(v []byte) error) (bool, error) { return s.durable.db.get(pageKey('p', id), f) })
	}
	var known *sqlerr.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return sqlerr.New(sqlerr.DataCorrupted, "could not read page %d: %v", id, err)
}
