package storage

import (
	"errors"
	"fmt"
	"sync"

	"github.com/streamsql/streamsql/sqlerr"
)

// Log is the input log with its group commit.
type Log interface {
	// Append hands over the entry of tick t (consecutive), in pieces that follow one another; it does not wait, and they must not change until
	// done was called. Start or Write must follow. The entry is durable when done was called with nil, in tick order, by whoever writes; with an error (58030, 53100), nothing more
	// will be written and every later Append fails, too. done must be quick: the next group waits for it.
	Append(t Tick, entry [][]byte, done func(error))
	// Start lets the log's goroutine write what was appended. It returns at once.
	Start()
	// Write writes what was appended in the caller's goroutine, if the log is idle: what was appended last is durable, or on its way, when it
	// returns. Two goroutines less have to be woken.
	Write()
	// Replay calls f for every durable entry after t, in order. Only before the first Append. It drops an unfinished tail,
	// which nobody was promised, and refuses a gap (XX001). entry is valid during the call.
	Replay(after Tick, f func(t Tick, entry []byte) error) error
	// Truncate drops entries up to and including t, which a checkpoint covers; as far as whole segments go.
	Truncate(upTo Tick) error
	// Size is the bytes of entries that Truncate has not dropped: what a restart would read.
	Size() int64
}

// Log is the store's input log; nil for a temporary store.
func (s *Store) Log() Log {
	if s.durable == nil {
		return nil
	}
	return s.durable.log
}

const (
	maxRecord = 1<<20 - 4<<10 // a value of Badger's
	maxGroup  = 2 << 20       // a transaction of Badger's
	// maxSegment and a last group fit into a segment's memtable, with what Badger adds: what is written stays in its preallocated file.
	maxSegment = 12 << 20
)

// Segment is where groups of records are kept.
type Segment interface {
	// Write adds records, all or none, and keeps none of their memory. A crash may lose what was not synced: then all that was written after it, too.
	Write(records [][]byte) error
	Sync() error // what was written before is durable when it returns nil. Another goroutine may Write meanwhile
	Read(f func(record []byte) error) error
	// Reserved tells whether it has all its space on the disk already, so that a full one does not matter to it.
	Reserved() bool
	Close() error
	Remove() error // closed or not
}

// Segments finds and makes segments.
type Segments interface {
	Existing() ([]Segment, error) // oldest first
	Create() (Segment, error)     // younger than all others
	Check(n int64) error          // whether n bytes can be written
}

// inputLog is group commit in front of segments: while a group is being synced, the next one gathers; and is written, too, once it is large.
type inputLog struct {
	source Segments

	mu      sync.Mutex
	work    *sync.Cond // what the log's goroutine waits for
	queue   []pendingEntry
	queued  int  // bytes of it
	started bool // the log's goroutine is to write it
	writing bool // somebody writes a group
	closing bool
	failed  error

	synced   *sync.Cond     // what follows has changed
	unsynced []pendingEntry // written, in their order
	syncing  bool           // somebody syncs
	handed   bool           // the syncer is to sync
	ended    bool           // there is nothing left for it

	last Tick // appended
	old  []oldSegment
	size int64 // bytes of entries in old and current

	current     Segment // of who writes, as what follows
	currentSize int64   // bytes of entries
	currentUsed int64   // of what it can hold
	currentLast Tick
	spare       chan spareSegment
	wantSpare   chan struct{}
	goroutines  sync.WaitGroup
	records     [][]byte
	written     [][]byte // records' memory, to be used again
	group       []pendingEntry
	acked       []pendingEntry // of who syncs: entries' memory, to be used again
}

type pendingEntry struct {
	tick  Tick
	entry [][]byte
	done  func(error)
}

// oldSegment is one that is no longer written to.
type oldSegment struct {
	Segment
	last Tick
	size int64
	read bool // last is known
}

type spareSegment struct {
	Segment
	err error
}

// openLog starts the log. Segments that exist are read by Replay; what is appended goes to new ones.
func openLog(source Segments) (*inputLog, error) {
	l := &inputLog{source: source, spare: make(chan spareSegment), wantSpare: make(chan struct{}, 1)}
	l.work, l.synced = sync.NewCond(&l.mu), sync.NewCond(&l.mu)
	old, err := source.Existing()
	if err != nil {
		return nil, err
	}
	for _, s := range old {
		l.old = append(l.old, oldSegment{Segment: s})
	}
	l.goroutines.Go(l.makeSpares)
	l.goroutines.Go(l.run)
	l.goroutines.Go(l.syncer)
	return l, nil
}

func (l *inputLog) Append(t Tick, entry [][]byte, done func(error)) {
	l.mu.Lock()
	if l.last != 0 && t != l.last+1 && l.failed == nil {
		l.failed = fmt.Errorf("log: entry of tick %d after that of tick %d", t, l.last)
	}
	l.last = t
	l.queue = append(l.queue, pendingEntry{t, entry, done})
	for _, piece := range entry {
		l.queued += len(piece)
	}
	l.mu.Unlock()
}

func (l *inputLog) Start() {
	l.mu.Lock()
	l.started = true
	l.mu.Unlock()
	l.work.Signal()
}

func (l *inputLog) Write() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return
	}
	if l.writing || l.syncing {
		l.started = true // the log's goroutine goes on
		return
	}
	l.writeQueue()
	if l.started || l.closing {
		l.work.Signal()
	}
}

func (l *inputLog) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

func (l *inputLog) close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.work.Signal()
	l.goroutines.Wait()
	var err error
	if l.current != nil {
		err = l.current.Close()
	}
	for _, o := range l.old {
		err = errors.Join(err, o.Close())
	}
	return err
}

// run writes groups, as they are started, until the log is closed and its queue empty.
func (l *inputLog) run() {
	defer close(l.wantSpare)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for l.writing || !l.started && !l.closing || l.syncing && !l.large() {
			l.work.Wait()
		}
		l.started = false
		if len(l.queue) > 0 {
			l.writeQueue()
		} else if l.closing {
			l.ended = true
			l.synced.Broadcast()
			return
		}
	}
}

// largeGroup is how many bytes are written while others are synced, or synced while others may be written. Fewer wait for them: the fewer groups, the
// less each entry costs.
const largeGroup = 256 << 10

func (l *inputLog) large() bool { return l.queued >= largeGroup }

// writeQueue writes what is queued as one group, and syncs it, or lets the syncer do that where it is large or there is the next one to write. The
// caller holds mu, and nobody else writes.
func (l *inputLog) writeQueue() {
	l.writing = true
	large := l.large()
	l.group, l.queue, l.queued = l.queue, l.group[:0], 0
	err := l.failed
	l.mu.Unlock()
	if err == nil {
		err = l.writeGroup()
	}
	l.mu.Lock()
	if err == nil && (large || l.large()) {
		l.handed = true
		l.synced.Broadcast()
	} else {
		l.settle()
	}
	if err != nil {
		l.fail(err)
	}
	clear(l.group)
	l.writing = false
}

// fail answers what the group still holds, and everything after it, with err. The caller holds mu, and has settled what was written.
func (l *inputLog) fail(err error) {
	if l.failed == nil {
		l.failed = err
	}
	err = l.failed
	l.mu.Unlock()
	for _, e := range l.group {
		if e.done != nil {
			e.done(err)
		}
	}
	l.mu.Lock()
}

// room makes sure that there is a segment to write to. One whose size is reached goes to the old ones.
func (l *inputLog) room() error {
	if l.current != nil && l.currentUsed < maxSegment {
		return nil
	}
	l.wantSpare <- struct{}{}
	s := <-l.spare
	if s.err != nil {
		return writeError(s.err)
	}
	if l.current != nil {
		if err := l.endSegment(); err != nil {
			return err
		}
		l.retire(oldSegment{l.current, l.currentLast, l.currentSize, true})
	}
	l.current, l.currentSize, l.currentUsed = s.Segment, 0, 0
	return nil
}

// openRetired is how many segments stay open that are not written to any more, each with a memtable. Closing one writes that out, for nothing where
// the next checkpoint drops it.
const openRetired = 4

// retire puts a segment to the old ones. What is closed is closed in the background.
func (l *inputLog) retire(o oldSegment) {
	l.mu.Lock()
	l.old = append(l.old, o)
	if n := len(l.old) - openRetired; n > 0 {
		last := l.old[n-1].Segment
		l.goroutines.Go(func() { _ = last.Close() })
	}
	l.mu.Unlock()
}

// makeSpares has a segment ready before it is needed.
func (l *inputLog) makeSpares() {
	ready, _ := l.source.Create()
	for range l.wantSpare {
		var err error
		if ready == nil { // that one failed; why is only of interest now
			ready, err = l.source.Create()
		}
		l.spare <- spareSegment{ready, err}
		ready, _ = l.source.Create()
	}
	if ready != nil {
		_ = ready.Remove()
	}
}

func (l *inputLog) Truncate(upTo Tick) error {
	l.mu.Lock()
	var drop []oldSegment
	for len(l.old) > 0 && l.old[0].read && l.old[0].last <= upTo {
		drop = append(drop, l.old[0])
		l.size -= l.old[0].size
		l.old = l.old[1:]
	}
	l.mu.Unlock()
	for _, o := range drop {
		if err := o.Remove(); err != nil {
			return fmt.Errorf("drop a segment of the log: %w", err)
		}
	}
	return nil
}

// writeError is what a client sees when the log cannot be written.
func writeError(err error) error {
	var known *sqlerr.Error
	switch {
	case errors.As(err, &known) && known.Code == sqlerr.DiskFull, isDiskFull(err):
		return brokenLog(err)
	case known != nil:
		return known
	}
	return sqlerr.New(sqlerr.IOError, "could not write to the log: %v", err)
}

// brokenLog is what a full disk is that the log itself has met: its entries are in the order of ticks, so that none can follow one that is missing.
func brokenLog(err error) error {
	e := sqlerr.New(sqlerr.DiskFull, "could not write to the log: no space left on device").
		WithHint("Free disk space and restart the server. Reads go on.")
	var known *sqlerr.Error
	if errors.As(err, &known) {
		e = e.WithDetail("%s", known.Detail)
	}
	return e
}
