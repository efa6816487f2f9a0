package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	badger "github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// This file alone knows Badger. The checkpoint's records are one database in managed mode; each segment of the log is one
// of its own, so that it can be dropped whole.
//
// A segment syncs every write: where the system allows it by itself, as Badger syncs its value log each time, too, which is empty here but
// costs the disk another flush. The page database does so at the end of a checkpoint only, by itself, as Sync does not cover
// memtables that were rotated meanwhile: most of a checkpoint has gone from its memtables to tables by then, and was written
// once. Values stay in the LSM tree, as value-log GC reclaims nothing for us. Memtables are small: two of 16 MB for pages, one of 32 MB for a segment.
const (
	pagesMemtable   = 16 << 20
	segmentMemtable = 32 << 20
	maxValue        = 1 << 20 // what the LSM tree takes
)

// syncsMappings tells whether syncing a file covers what was written to it through a mapping.
const syncsMappings = runtime.GOOS == "linux"

type quiet struct{}

func (quiet) Errorf(string, ...any)   {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Debugf(string, ...any)   {}

func badgerOptions(dir string, memtable int64) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(quiet{}).
		WithSyncWrites(true).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithCompression(options.None). // pages are compressed already
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithMemTableSize(memtable).
		WithValueThreshold(maxValue).
		WithValueLogFileSize(2 << 20).
		WithNumGoroutines(1)
}

// dropEmptyFiles removes what a crash left between the creation of a file and its first byte: Badger would refuse to open.
func dropEmptyFiles(dir string) error {
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() == 0 {
				if err := os.Remove(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// pageDB holds the records of checkpoints. A record's version is the checkpoint's epoch.
type pageDB struct {
	db  *badger.DB
	dir string
	// reserved are the memtables whose logs have their space on the disk; the checkpoint's.
	reserved map[string]bool
}

func openPageDB(dir string) (*pageDB, error) {
	if err := dropEmptyFiles(dir); err != nil {
		return nil, err
	}
	// Successive checkpoints write much the same pages: compaction that waits for more of them drops most of what it reads.
	// Tables are small on all levels, as a compaction holds a dozen of those that it makes in memory, in twice their size.
	o := badgerOptions(dir, pagesMemtable).WithSyncWrites(!syncsMappings).
		WithNumMemtables(2).WithBaseTableSize(4 << 20).WithNumCompactors(2).WithNumLevelZeroTables(12).WithNumLevelZeroTablesStall(30)
	o.TableSizeMultiplier = 1
	db, err := badger.OpenManaged(o)
	if err != nil {
		return nil, fmt.Errorf("open the page database: %w", err)
	}
	return &pageDB{db: db, dir: dir}, nil
}

// close writes the memtables out. Where there is no room for that they stay as a crash would leave them.
func (d *pageDB) close() error {
	if !roomFor(d.dir, closeReserve) {
		return nil
	}
	return d.db.Close()
}

// reserve gives the logs of memtables their space on the disk, or fails. Badger begins new ones when it likes, so that it is called again and again.
func (d *pageDB) reserve() error {
	names, err := filepath.Glob(filepath.Join(d.dir, "*.mem"))
	if err != nil {
		return err
	}
	reserved := make(map[string]bool, len(names))
	for _, name := range names {
		if !d.reserved[name] {
			f, err := os.OpenFile(name, os.O_RDWR, 0)
			if errors.Is(err, os.ErrNotExist) {
				continue // written out meanwhile
			}
			if err != nil {
				return err
			}
			_, err = allocate(f, pagesMemtable*5/4)
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
		}
		reserved[name] = true
	}
	d.reserved = reserved
	return nil
}

// fresh is the bytes of tables that a compaction would merge at once.
func (d *pageDB) fresh() int64 { return d.db.Levels()[0].Size }

// compact gives back the space of what was replaced or removed up to epoch. Badger compacts tables alone, and offers no way to make one of a
// memtable but to fill it.
func (d *pageDB) compact(epoch uint64) error {
	wb := d.batch(epoch)
	defer wb.cancel()
	pad := make([]byte, maxValue/2)
	for range pagesMemtable/len(pad) + 1 {
		if err := wb.set([]byte("x"), pad); err != nil {
			return err
		}
	}
	if err := wb.flush(); err != nil {
		return err
	}
	const patience = 500 // times 10 ms: a full memtable's log goes when its table is there
	for range patience {
		if names, err := filepath.Glob(filepath.Join(d.dir, "*.mem")); err != nil || len(names) <= 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return d.db.Flatten(1)
}

// get calls f with the newest record of key; v is valid during the call. found is false when there is none.
func (d *pageDB) get(key []byte, f func(v []byte) error) (found bool, err error) {
	return d.getAt(math.MaxUint64, key, f)
}

func (d *pageDB) getAt(epoch uint64, key []byte, f func(v []byte) error) (found bool, err error) {
	tx := d.db.NewTransactionAt(epoch, false)
	defer tx.Discard()
	item, err := tx.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, item.Value(f)
}

// pageReader gets the newest records of one kind, in ascending order of their pages: neighbours cost a step, not a search.
type pageReader struct {
	tx   *badger.Txn
	it   *badger.Iterator
	kind byte
	at   bool // the iterator has been placed
}

// maxSteps is how far apart two pages may be for steps to be cheaper than a search.
const maxSteps = 16

func (d *pageDB) reader(kind byte) *pageReader {
	o := badger.DefaultIteratorOptions
	o.Prefix, o.PrefetchValues = []byte{kind}, false
	tx := d.db.NewTransactionAt(math.MaxUint64, false)
	return &pageReader{tx: tx, it: tx.NewIterator(o), kind: kind}
}

func (r *pageReader) close() {
	r.it.Close()
	r.tx.Discard()
}

// get calls f with the record of a page; v is valid during the call.
func (r *pageReader) get(id uint32, f func(v []byte) error) (found bool, err error) {
	key := pageKey(r.kind, id)
	for n := 0; r.at && n < maxSteps && r.it.Valid() && bytes.Compare(r.it.Item().Key(), key) < 0; n++ {
		r.it.Next()
	}
	if !r.at || r.it.Valid() && bytes.Compare(r.it.Item().Key(), key) < 0 {
		r.it.Seek(key)
		r.at = true
	}
	if !r.it.Valid() || !bytes.Equal(r.it.Item().Key(), key) {
		return false, nil
	}
	return true, r.it.Item().Value(f)
}

// changedSince calls f for every key that has a record of a later epoch; top is the latest epoch of any record.
func (d *pageDB) changedSince(epoch uint64, f func(key []byte)) (top uint64) {
	tx := d.db.NewTransactionAt(math.MaxUint64, false)
	defer tx.Discard()
	o := badger.DefaultIteratorOptions
	o.SinceTs, o.AllVersions, o.PrefetchValues = epoch, true, false
	it := tx.NewIterator(o)
	defer it.Close()
	top = epoch
	var last []byte
	for it.Rewind(); it.Valid(); it.Next() {
		v := it.Item().Version()
		if v <= epoch {
			continue
		}
		top = max(top, v)
		if k := it.Item().Key(); last == nil || string(k) != string(last) {
			last = append(last[:0], k...)
			f(append([]byte(nil), k...))
		}
	}
	return top
}

// discardBefore lets compaction drop what later records replaced up to epoch.
func (d *pageDB) discardBefore(epoch uint64) { d.db.SetDiscardTs(epoch) }

// pageBatch collects records of an epoch; they are durable when flush returns nil, but not all at once.
type pageBatch struct {
	wb  *badger.WriteBatch
	dir string
}

func (d *pageDB) batch(epoch uint64) *pageBatch {
	return &pageBatch{d.db.NewWriteBatchAt(epoch), d.dir}
}

func (b *pageBatch) set(key, value []byte) error { return b.wb.SetEntry(badger.NewEntry(key, value)) }
func (b *pageBatch) delete(key []byte) error     { return b.wb.Delete(key) }
func (b *pageBatch) cancel()                     { b.wb.Cancel() }

func (b *pageBatch) flush() error {
	if err := b.wb.Flush(); err != nil {
		return err
	}
	return syncMemtables(b.dir)
}

// syncMemtables makes durable what was written: it is in the memtables' logs, or, if those are gone, in tables that Badger
// has synced. The directory is synced, too: Badger does that for a new memtable's log some time later.
func syncMemtables(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// commit writes one record; it is durable when commit returns nil.
func (d *pageDB) commit(epoch uint64, key, value []byte) error {
	tx := d.db.NewTransactionAt(epoch, true)
	defer tx.Discard()
	if err := tx.Set(key, value); err != nil {
		return err
	}
	if err := tx.CommitAt(epoch, nil); err != nil {
		return err
	}
	return syncMemtables(d.dir)
}

// segmentDB is one segment of the log: records, numbered.
type segmentDB struct {
	db   *badger.DB
	next uint64
	used int64 // of the memtable, at most
	// sync makes durable what was written to the memtable's log; nil: Badger does.
	sync     func() error
	wal      *os.File
	reserved bool // the log has all its space on the disk
}

// openSegmentDB opens a segment. Its content fits into one memtable, and is never compacted: a segment goes whole.
func openSegmentDB(dir string) (*segmentDB, error) {
	if err := dropEmptyFiles(dir); err != nil {
		return nil, err
	}
	db, err := badger.OpenManaged(badgerOptions(dir, segmentMemtable).WithSyncWrites(!syncsMappings).
		WithNumMemtables(1).WithNumCompactors(0).WithNumLevelZeroTables(1 << 20).WithNumLevelZeroTablesStall(1<<20 + 1))
	if err != nil {
		return nil, fmt.Errorf("open a segment of the log: %w", err)
	}
	return &segmentDB{db: db}, nil
}

// prepare makes a new segment ready to be written to: its memtable's log, a memory-mapped file, gets its space on the disk.
func (d *segmentDB) prepare(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return fmt.Errorf("a new segment of the log has %d memtables", len(names))
	}
	if d.wal, err = os.OpenFile(names[0], os.O_RDWR, 0); err != nil {
		return err
	}
	if syncsMappings {
		d.sync = func() error { return datasync(d.wal) }
	}
	d.reserved, err = allocate(d.wal, segmentMemtable+maxGroup)
	return err
}

func (d *segmentDB) close() error {
	var err error
	if d.wal != nil {
		err = d.wal.Close()
	}
	return errors.Join(err, d.db.Close())
}

// discard closes the segment without writing its memtable out: Badger gives up the memtable's log, with its space, before it begins another one.
func (d *segmentDB) discard() error { return errors.Join(d.db.DropAll(), d.close()) }

// recordOverhead is more than what Badger adds to a record, in its log and in its skip list, and to a transaction.
const recordOverhead = 256

// write makes records durable, all or none. Together they must stay below maxGroup. The last record's number is the transaction's timestamp:
// with timestamps of its own, Badger wakes a goroutine four times for each.
func (d *segmentDB) write(records [][]byte) error {
	tx := d.db.NewTransactionAt(math.MaxUint64, true)
	defer tx.Discard()
	for _, r := range records {
		if err := tx.Set(binary.BigEndian.AppendUint64(nil, d.next), r); err != nil {
			return err
		}
		d.next++
		d.used += int64(len(r)) + recordOverhead
	}
	if d.used > segmentMemtable { // another memtable would not be synced
		return errors.New("a segment of the log is full")
	}
	if err := tx.CommitAt(d.next, nil); err != nil || d.sync == nil {
		return err
	}
	return d.sync()
}

// read calls f for every record in order; it is valid during the call.
func (d *segmentDB) read(f func(record []byte) error) error {
	return d.db.View(func(tx *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchSize = 4
		it := tx.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := it.Item().Value(f); err != nil {
				return err
			}
		}
		return nil
	})
}
