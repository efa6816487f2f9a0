package engine_test

import (
	"errors"
	"slices"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// disk simulates where the log is. What Write was given is there after a crash only if Write had returned; a removal may come undone.
//
// It covers the log alone. Pages are in a Badger of the test's folder, as in a server: that syncs what it is given before it says so, and the
// manifest's head follows the pages. What a power failure does to its files is not simulated; storage's tests let a checkpoint fail at each step.
type disk struct {
	mu       sync.Mutex
	segments []*segment
	full     bool
	cut      int           // writes left before the power fails; 0: it does not
	off      bool          // the power has failed
	hold     chan struct{} // when set, each write waits for a value before it is durable
	began    chan struct{} // when set, told of each write that begins
}

type segment struct {
	d       *disk
	records [][]byte
	removed bool
}

var errOff = errors.New("the power has failed")

func (d *disk) Existing() (out []storage.Segment, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.segments {
		if !s.removed {
			out = append(out, s)
		}
	}
	return out, nil
}

func (d *disk) Create() (storage.Segment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return nil, errOff
	}
	s := &segment{d: d}
	d.segments = append(d.segments, s)
	return s, nil
}

func (d *disk) Check(int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return sqlerr.New(sqlerr.DiskFull, "no space left on device")
	}
	return nil
}

func (d *disk) setFull(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

// restart is the disk as the next start finds it. undone: removals that were not synced are.
func (d *disk) restart(undone bool) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &disk{}
	for _, s := range d.segments {
		if !s.removed || undone {
			c.segments = append(c.segments, &segment{d: c, records: s.records})
		}
	}
	return c
}

func (s *segment) Write(records [][]byte) error {
	if s.d.began != nil {
		s.d.began <- struct{}{}
	}
	if s.d.hold != nil {
		<-s.d.hold
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.d.cut > 0 {
		if s.d.cut--; s.d.cut == 0 {
			s.d.off = true
		}
	}
	if s.d.off {
		return errOff
	}
	for _, r := range records {
		s.records = append(s.records, slices.Clone(r))
	}
	return nil
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
