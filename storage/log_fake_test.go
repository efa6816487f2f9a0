package storage

import (
	"errors"
	"slices"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
)

// memorySegments is a disk for logs that loses, in a crash, what was not synced, and that fails when told to.
type memorySegments struct {
	mu       sync.Mutex
	segments []*memorySegment
	failAt   int // fail the write or sync with this number, counted from 1; 0: none
	torn     int // of the records of what failed, so many reach the disk all the same
	full     bool
	writes   int           // and syncs
	hold     chan struct{} // when set, each sync waits for a value
	wrote    chan struct{} // when set, somebody hears of each write when it begins and when it ends
}

type memorySegment struct {
	d       *memorySegments
	records [][]byte
	synced  int // of the records
	removed bool
	closed  chan struct{} // when the segment was
	closing sync.Once
}

var errInjected = errors.New("injected failure")

func (d *memorySegments) Existing() ([]Segment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Segment
	for _, s := range d.segments {
		if !s.removed {
			out = append(out, s)
		}
	}
	return out, nil
}

func (d *memorySegments) Create() (Segment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &memorySegment{d: d, closed: make(chan struct{})}
	d.segments = append(d.segments, s)
	return s, nil
}

func (d *memorySegments) Check(int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return sqlerr.New(sqlerr.DiskFull, "no space left on device")
	}
	return nil
}

func (s *memorySegment) Reserved() bool { return false }

func (s *memorySegment) Write(records [][]byte) error {
	if s.d.wrote != nil {
		s.d.wrote <- struct{}{}
		defer func() { s.d.wrote <- struct{}{} }()
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	failed := s.d.fails()
	if failed {
		records = records[:min(s.d.torn, len(records))]
	}
	for _, r := range records {
		s.records = append(s.records, slices.Clone(r))
	}
	if failed {
		s.synced = len(s.records)
		return errInjected
	}
	return nil
}

func (s *memorySegment) Sync() error {
	s.d.mu.Lock()
	written := len(s.records)
	s.d.mu.Unlock()
	if s.d.hold != nil {
		<-s.d.hold
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.d.fails() {
		s.synced = min(s.synced+s.d.torn, written)
		return errInjected
	}
	s.synced = max(s.synced, written)
	return nil
}

func (d *memorySegments) fails() bool {
	d.writes++
	return d.writes == d.failAt
}

func (s *memorySegment) Read(f func(record []byte) error) error {
	for _, r := range s.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *memorySegment) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}

func (s *memorySegment) Remove() error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.removed = true
	return nil
}

// crash is the disk as a restart finds it.
func (d *memorySegments) crash() *memorySegments {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := &memorySegments{}
	for _, s := range d.segments {
		if !s.removed {
			c.segments = append(c.segments, &memorySegment{d: c, records: slices.Clone(s.records[:s.synced]), synced: s.synced, closed: make(chan struct{})})
		}
	}
	return c
}
