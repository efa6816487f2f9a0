// Package simdisk simulates the disk that a database's log is on: one that fills up, or loses in a crash what was not synced.
package simdisk

import (
	"errors"
	"slices"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// Disk simulates where the log is. What Write was given is there after a crash only if Sync has returned since, but for half of what that would have
// made durable next; a removal may come undone.
//
// It covers the log alone. Pages are in a Badger of the test's folder, as in a server: that syncs what it is given before it says so, and the
// manifest's head follows the pages. What a power failure does to its files is not simulated; storage's tests let a checkpoint fail at each step.
type Disk struct {
	// When set, each sync tells Began that it begins, and waits for a value of Hold before anything is durable.
	Began, Hold chan struct{}

	mu       sync.Mutex
	segments []*segment
	full     bool
	cut      int  // writes and syncs left before the power fails; 0: it does not
	off      bool // the power has failed
}

type segment struct {
	d       *Disk
	records [][]byte
	synced  int // of the records
	removed bool
}

var errOff = errors.New("the power has failed")

// Existing implements storage.Segments.
func (d *Disk) Existing() (out []storage.Segment, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.segments {
		if !s.removed {
			out = append(out, s)
		}
	}
	return out, nil
}

// Create implements storage.Segments.
func (d *Disk) Create() (storage.Segment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return nil, errOff
	}
	s := &segment{d: d}
	d.segments = append(d.segments, s)
	return s, nil
}

// reserve is what is left of a full disk: enough for what the log writes unasked, as that a view serves.
const reserve = 1 << 20

// Check implements storage.Segments.
func (d *Disk) Check(n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full && n > reserve {
		return sqlerr.New(sqlerr.DiskFull, "no space left on device")
	}
	return nil
}

// CutAfter lets the power fail at the n-th write or sync from now on.
func (d *Disk) CutAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = n
}

// SetFull fills the disk down to its reserve, or frees space.
func (d *Disk) SetFull(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

// Restart is the disk as the next start finds it. undone: removals that were not synced are.
func (d *Disk) Restart(undone bool) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &Disk{}
	for _, s := range d.segments {
		if !s.removed || undone {
			n := s.synced + (len(s.records)-s.synced)/2
			c.segments = append(c.segments, &segment{d: c, records: s.records[:n:n], synced: n})
		}
	}
	return c
}

func (s *segment) Reserved() bool { return false }

func (s *segment) Write(records [][]byte) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if !s.d.on() {
		return errOff
	}
	for _, r := range records {
		s.records = append(s.records, slices.Clone(r))
	}
	return nil
}

func (s *segment) Sync() error {
	s.d.mu.Lock()
	written := len(s.records)
	s.d.mu.Unlock()
	if s.d.Began != nil {
		s.d.Began <- struct{}{}
	}
	if s.d.Hold != nil {
		<-s.d.Hold
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if !s.d.on() {
		return errOff
	}
	s.synced = max(s.synced, written)
	return nil
}

// on tells whether there still is power for a write or sync.
func (d *Disk) on() bool {
	if d.cut > 0 {
		if d.cut--; d.cut == 0 {
			d.off = true
		}
	}
	return !d.off
}

func (s *segment) Read(f func(record []byte) error) error {
	for _, r := range s.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *segment) Close() error { return nil }

func (s *segment) Remove() error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.removed = true
	return nil
}
