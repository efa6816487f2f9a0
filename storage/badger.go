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
// costs the disk another flush. Its values stay in the LSM tree: it is written once and goes whole.
//
// Pages are in the value log, and the LSM tree has pointers to them, so that compaction moves no pages. What is garbage in the value log is known
// when compaction drops pointers to it, so memtables are small. A file of which half is garbage is read and what is live in it written again: by
// Badger, which removes it then. So the pages' database has to sync each write, values before pointers.
const (
	pagesMemtable   = 1 << 20
	pagesFile       = 32 << 20 // of the value log
	pagesBatch      = 2 << 20  // bytes of values that are written at once
	pagesThreshold  = 256      // bytes from which on a value is in the value log
	segmentMemtable = 16 << 20
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
	db, err := badger.OpenManaged(badgerOptions(dir, pagesMemtable).WithValueThreshold(pagesThreshold).WithValueLogFileSize(pagesFile).
		WithNumMemtables(2).WithBaseTableSize(2 << 20).WithNumCompactors(2).WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(12))
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

// reserve gives what Badger writes to next its space on the disk, or fails. Badger begins new files when it likes, so that it is called again and
// again.
func (d *pageDB) reserve() error {
	reserved := make(map[string]bool, len(d.reserved))
	for pattern, size := range map[string]int64{"*.mem": pagesMemtable * 5 / 4, "*.vlog": pagesFile + pagesBatch*5/4} {
		names, err := filepath.Glob(filepath.Join(d.dir, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := d.reserveFile(name, size); err != nil {
				return err
			}
			reserved[name] = true
		}
	}
	d.reserved = reserved
	return nil
}

func (d *pageDB) reserveFile(name string, size int64) error {
	if d.reserved[name] {
		return nil
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // written out meanwhile
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() >= size { // else nothing is added to it any more
		_, err = allocate(f, size)
	}
	return errors.Join(err, f.Close())
}

// garbage is the share of a file of the value log from which on what is live in it is written again.
const garbage = 0.5

// collect gives back the space of garbage that is known. It takes that of what it writes first.
func (d *pageDB) collect() error {
	var err error
	for err == nil && roomFor(d.dir, 2*pagesFile) {
		err = d.db.RunValueLogGC(garbage)
	}
	if errors.Is(err, badger.ErrNoRewrite) {
		return nil
	}
	return err
}

// compact gives back the space of what was replaced or removed up to epoch. Badger compacts tables alone, and offers no way to make one of a
// memtable but to fill it.
func (d *pageDB) compact(epoch uint64) error {
	wb := d.batch(epoch)
	defer wb.cancel()
	for i := range uint32(pagesMemtable / pagesThreshold) {
		if err := wb.set(pageKey('x', i), make([]byte, pagesThreshold-1)); err != nil {
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
	if err := d.db.Flatten(1); err != nil {
		return err
	}
	return d.collect()
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

// pageBatch collects records of an epoch; they are durable when flush returns nil, but not all at once. While some are written, more gather.
type pageBatch struct {
	d       *pageDB
	wb      *badger.WriteBatch
	epoch   uint64
	n       int        // bytes of values in wb
	writing chan error // what the one before it ends with; nil: there is none
}

func (d *pageDB) batch(epoch uint64) *pageBatch {
	return &pageBatch{d: d, wb: d.db.NewWriteBatchAt(epoch), epoch: epoch}
}

// set takes over key and value.
func (b *pageBatch) set(key, value []byte) error {
	if b.n += len(value); b.n > pagesBatch {
		if err := b.settle(); err != nil {
			return err
		}
		full := b.wb
		b.writing = make(chan error, 1)
		written := b.writing
		go func() { written <- full.Flush() }()
		b.wb, b.n = b.d.db.NewWriteBatchAt(b.epoch), len(value)
	}
	return b.wb.SetEntry(badger.NewEntry(key, value))
}

func (b *pageBatch) delete(key []byte) error { return b.wb.Delete(key) }

func (b *pageBatch) cancel() {
	_ = b.settle()
	b.wb.Cancel()
}

// settle waits until the records before those of wb are durable.
func (b *pageBatch) settle() (err error) {
	if b.writing != nil {
		err = <-b.writing
		b.writing = nil
	}
	return err
}

func (b *pageBatch) flush() error {
	if err := b.settle(); err != nil {
		return err
	}
	if err := b.wb.Flush(); err != nil {
		return err
	}
	return syncDir(b.d.dir)
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
	return syncDir(d.dir)
}

// segmentDB is one segment of the log: records, numbered.
type segmentDB struct {
	db   *badger.DB
	next uint64
	used int64 // of the memtable, at most
	// datasync makes durable what was written to the memtable's log; nil: Badger has.
	datasync func() error
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
		d.datasync = func() error { return datasync(d.wal) }
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

// write adds records, all or none; sync makes them durable. Together they must stay below maxGroup. The last record's number is the transaction's
// timestamp: with timestamps of its own, Badger wakes a goroutine four times for each.
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
	return tx.CommitAt(d.next, nil)
}

func (d *segmentDB) sync() error {
	if d.datasync == nil {
		return nil
	}
	return d.datasync()
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
