package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
)

// diskSegments keeps each segment of the log in a numbered directory.
type diskSegments struct {
	dir  string
	next int
}

func (d *diskSegments) Existing() ([]Segment, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var out []Segment
	d.next = 1
	for _, n := range names { // in order, as all names have one length
		if strings.HasSuffix(n.Name(), goingSuffix) {
			if err := os.RemoveAll(filepath.Join(d.dir, n.Name())); err != nil {
				return nil, err
			}
			continue
		}
		k, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		out = append(out, &diskSegment{dir: filepath.Join(d.dir, n.Name())})
		d.next = k + 1
	}
	return out, nil
}

func (d *diskSegments) Create() (Segment, error) {
	if err := d.Check(segmentMemtable * 3 / 2); err != nil {
		return nil, err
	}
	s := &diskSegment{dir: filepath.Join(d.dir, fmt.Sprintf("%012d", d.next))}
	d.next++
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := s.db.prepare(s.dir); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := errors.Join(syncDir(s.dir), syncDir(d.dir)); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

func (d *diskSegments) Check(n int64) error { return checkDisk(d.dir, n) }

// diskSegment is a segment in a directory, opened when it is needed.
type diskSegment struct {
	dir string
	mu  sync.Mutex
	db  *segmentDB
}

func (s *diskSegment) open() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		s.db, err = openSegmentDB(s.dir)
	}
	return err
}

func (s *diskSegment) Write(records [][]byte) error { return s.db.write(records) }

func (s *diskSegment) Sync() error { return s.db.sync() }

// Reserved implements Segment.
func (s *diskSegment) Reserved() bool { return s.db.reserved }

// Read opens the segment and closes it again: an old one is not written to.
func (s *diskSegment) Read(f func(record []byte) error) error {
	if err := s.open(); err != nil {
		return err
	}
	return errors.Join(s.db.read(f), s.Close())
}

// Close writes the memtable out. Where there is no room for that, the segment stays open as a crash would leave it: all that it has is in its log.
func (s *diskSegment) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil || !roomFor(s.dir, closeReserve) {
		return nil
	}
	err := s.db.close()
	s.db = nil
	return err
}

// discard closes a segment of which nothing is needed any more.
func (s *diskSegment) discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	err := s.db.discard()
	s.db = nil
	return err
}

// goingSuffix marks a segment that is being removed.
const goingSuffix = ".going"

// Remove gives the segment another name before it deletes its files: half a segment, which a crash would leave, cannot be opened.
func (s *diskSegment) Remove() error {
	err := s.discard()
	going := s.dir + goingSuffix
	if rerr := os.Rename(s.dir, going); rerr != nil {
		return errors.Join(err, rerr)
	}
	return errors.Join(err, syncDir(filepath.Dir(s.dir)), os.RemoveAll(going))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(ignoreUnsupported(d.Sync()), d.Close())
}

// lockedError is what a second process gets.
func lockedError(dir string) error {
	return sqlerr.New(sqlerr.ObjectInUse, "data directory %q is in use by another process", dir).
		WithHint("Stop the other server, or give this one a data directory of its own with --data.")
}
