package storage

import "github.com/streamsql/streamsql/sqlerr"

// Badger writes through sparse mappings, and a disk that fills up under one is a SIGBUS, not an error: so the space is looked at before, and
// some of it is never touched. From most to least:
//
//	what adds data is refused below diskReserve + commitReserve
//	what takes data away, and checkpoints, below diskReserve + changeReserve
//	the log fails below diskReserve, but writes to a segment that has its space already
//	a database is not opened below openReserve, nor closed properly below closeReserve
const (
	diskReserve = 96 << 20
	// commitReserve is for the segments that the log makes ahead, the files that a checkpoint of what was accepted fills and those that giving space
	// back does, and transactions that asked at the same time: a log that finds the disk full has failed for good; one that was not asked has not.
	commitReserve = 2*segmentMemtable*3/2 + 3*pagesFile + 32<<20
	// changeReserve is for the next file of the pages' value log, and for their memtables and tables.
	changeReserve = pagesFile + 2*pagesMemtable
	// openReserve is for what recovery writes out: that, and a segment.
	openReserve  = changeReserve + segmentMemtable
	closeReserve = segmentMemtable * 5 / 4
)

// DiskRoom refuses (53100) n more bytes where they would touch the reserve of the file system: ask before an entry is given to the log, which
// cannot refuse. What makes room (grows is false) may go deeper. Any goroutine.
func (s *Store) DiskRoom(n int64, grows bool) error {
	if s.durable == nil {
		return nil
	}
	if grows {
		n += commitReserve
	} else {
		n += changeReserve
	}
	return s.durable.log.source.Check(n)
}

// checkDisk refuses (53100) to write n bytes where that would touch the reserve.
func checkDisk(dir string, n int64) error {
	if free, ok := freeSpace(dir); ok && free < n+diskReserve {
		return sqlerr.New(sqlerr.DiskFull, "no space left on device").
			WithDetail("%d MB are left on the file system of %q, and %d MB have to stay free.", free>>20, dir, (n+diskReserve)>>20).
			WithHint("Reads go on, and so do statements that delete more than they add. When there is space again, all do.")
	}
	return nil
}

func roomFor(dir string, n int64) bool {
	free, ok := freeSpace(dir)
	return !ok || free >= n
}

// checkOpen refuses (53100) to open a database for which there is no room.
func checkOpen(dir string) error {
	if free, ok := freeSpace(dir); ok && free < openReserve {
		return sqlerr.New(sqlerr.DiskFull, "no space left on device").
			WithDetail("%d MB are left on the file system of %q; to open a database takes %d MB.", free>>20, dir, openReserve>>20).
			WithHint("Free disk space and start again. Nothing that was committed is lost.")
	}
	return nil
}

// Collect gives space back that earlier checkpoints' records of pages take, as far as that is cheap. Not beside a checkpoint.
func (s *Store) Collect() error {
	if s.durable == nil {
		return nil
	}
	return s.durable.db.collect()
}

// Compact gives back all space of pages that the last checkpoint has removed. It takes long where there are many. Not beside a checkpoint.
func (s *Store) Compact() error {
	d := s.durable
	if d == nil {
		return nil
	}
	if err := checkDisk(d.dir, changeReserve); err != nil {
		return err
	}
	if err := d.db.reserve(); err != nil {
		return err
	}
	return d.db.compact(d.epoch)
}
