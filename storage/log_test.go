package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

func startLog(t *testing.T, d Segments) *inputLog {
	t.Helper()
	l, err := openLog(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// appendAll appends entries first, first+1, ... and returns what done was called with, in the order of the calls.
func appendAll(l *inputLog, first Tick, entries [][]byte) (errs []error) {
	var wg sync.WaitGroup
	wg.Add(len(entries))
	for i, e := range entries {
		l.Append(first+Tick(i), [][]byte{e[:len(e)/3], nil, e[len(e)/3:]}, func(err error) { errs = append(errs, err); wg.Done() })
		l.Start()
	}
	wg.Wait()
	return errs
}

func replayAll(t *testing.T, d Segments, after Tick) (entries [][]byte, err error) {
	t.Helper()
	l := startLog(t, d)
	defer l.close()
	next := after + 1
	err = l.Replay(after, func(tick Tick, entry []byte) error {
		if tick != next {
			t.Errorf("replay gives tick %d, want %d", tick, next)
		}
		next++
		entries = append(entries, slices.Clone(entry))
		return nil
	})
	return entries, err
}

func someEntries(rnd *rand.Rand, n int) (out [][]byte) {
	for range n {
		size := []int{0, 1, 50, 3000, 200_000, 3 << 20}[min(rnd.Intn(30), 5)]
		if size == 3<<20 && rnd.Intn(3) > 0 {
			size = rnd.Intn(500)
		}
		e := make([]byte, size)
		rnd.Read(e)
		out = append(out, e)
	}
	return out
}

func wantEntries(t *testing.T, what string, got, want [][]byte) {
	t.Helper()
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Fatalf("%s: %d entries that are not the %d wanted", what, len(got), len(want))
	}
}

func code(err error) sqlerr.Code {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestLogReplaysWhatWasAppended(t *testing.T) {
	for seed := int64(1); seed <= 3; seed++ {
		rnd := rand.New(rand.NewSource(seed))
		d := &memorySegments{}
		l := startLog(t, d)
		entries := someEntries(rnd, 80)
		for i, err := range appendAll(l, 1, entries) {
			if err != nil {
				t.Fatalf("seed %d: entry %d: %v", seed, i, err)
			}
		}
		got, err := replayAll(t, d.crash(), 0)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, "all", got, entries)
		got, err = replayAll(t, d.crash(), 30)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, "after 30", got, entries[30:])
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLogAfterCrashes lets a write fail, with some of its records on the disk all the same; what was acknowledged is
// replayed, and the log goes on from there.
func TestLogAfterCrashes(t *testing.T) {
	for seed := int64(1); seed <= 40; seed++ {
		rnd := rand.New(rand.NewSource(seed))
		d := &memorySegments{}
		var acked [][]byte
		for round := range 4 {
			l := startLog(t, d)
			if _, err := replayCount(l); err != nil {
				t.Fatalf("seed %d round %d: %v", seed, round, err)
			}
			d.failAt, d.torn = d.writes+1+rnd.Intn(6), rnd.Intn(4)
			entries := someEntries(rnd, 20)
			failed := false
			for i := 0; i < len(entries); {
				n := min(1+rnd.Intn(4), len(entries)-i)
				for k, err := range appendAll(l, Tick(len(acked)+1), entries[i:i+n]) {
					switch {
					case err != nil && code(err) != sqlerr.IOError:
						t.Fatalf("seed %d: %v", seed, err)
					case err == nil && failed:
						t.Fatalf("seed %d: an entry was acknowledged after a failure", seed)
					case err == nil:
						acked = append(acked, entries[i+k])
					}
					failed = failed || err != nil
				}
				if failed {
					break
				}
				i += n
			}
			if err := l.close(); err != nil {
				t.Fatal(err)
			}
			d = d.crash()
			got, err := replayAll(t, d, 0)
			if err != nil {
				t.Fatalf("seed %d round %d: %v", seed, round, err)
			}
			// What was not acknowledged may be there, as long as it is whole and next.
			if len(got) < len(acked) {
				t.Fatalf("seed %d round %d: %d entries of %d acknowledged", seed, round, len(got), len(acked))
			}
			wantEntries(t, fmt.Sprintf("seed %d round %d", seed, round), got[:len(acked)], acked)
			acked = got
		}
	}
}

func replayCount(l *inputLog) (n int, err error) {
	err = l.Replay(0, func(Tick, []byte) error { n++; return nil })
	return n, err
}

func TestLogRefusesAGap(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	d := &memorySegments{}
	l := startLog(t, d)
	var entries [][]byte
	for range 5 {
		e := make([]byte, 900<<10) // about one record each
		rnd.Read(e)
		entries = append(entries, e)
	}
	for i, e := range entries {
		if err := appendAll(l, Tick(i+1), [][]byte{e})[0]; err != nil {
			t.Fatal(err)
		}
	}
	_ = l.close()
	records := d.segments[0].records
	for cut := range len(records) - 1 {
		c := d.crash()
		c.segments[0].records = slices.Delete(c.segments[0].records, cut, cut+1)
		if _, err := replayAll(t, c, 0); code(err) != sqlerr.DataCorrupted {
			t.Errorf("record %d of %d is missing: %v", cut, len(records), err)
		}
		c = d.crash()
		r := slices.Clone(records[cut])
		r[100] ^= 1
		c.segments[0].records[cut] = r
		if _, err := replayAll(t, c, 0); code(err) != sqlerr.DataCorrupted {
			t.Errorf("record %d of %d is damaged: %v", cut, len(records), err)
		}
	}
	c := d.crash()
	c.segments[0].records = c.segments[0].records[:len(records)-1]
	got, err := replayAll(t, c, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantEntries(t, "unfinished tail", got, entries[:4])
}

func TestLogGroupsWhatWaits(t *testing.T) {
	d := &memorySegments{hold: make(chan struct{}, 2)}
	l := startLog(t, d)
	var wg sync.WaitGroup
	var order []Tick
	for i := Tick(1); i <= 100; i++ {
		wg.Add(1)
		l.Append(i, [][]byte{[]byte("entry")}, func(err error) {
			if err != nil {
				t.Error(err)
			}
			order = append(order, i)
			wg.Done()
		})
		l.Start()
	}
	for range cap(d.hold) {
		d.hold <- struct{}{}
	}
	wg.Wait() // would hang if there were more than two groups
	for i, tick := range order {
		if tick != Tick(i+1) {
			t.Fatalf("call %d of done is that of tick %d", i+1, tick)
		}
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
}

// While a group is synced, the next one is written if it is large, and waits for a sync of its own.
func TestLogWritesWhileItSyncs(t *testing.T) {
	const entries = 5
	d := &memorySegments{hold: make(chan struct{}), wrote: make(chan struct{})}
	l := startLog(t, d)
	done := make(chan Tick, entries)
	for i := Tick(1); i <= entries; i++ {
		l.Append(i, [][]byte{make([]byte, largeGroup)}, func(err error) {
			if err != nil {
				t.Error(err)
			}
			done <- i
		})
		l.Start()
		if i > 1 {
			<-d.wrote // the one before: when it ends, this one waits
		}
		<-d.wrote // it begins
	}
	if len(done) > 0 {
		t.Error("something is durable, and nothing was synced")
	}
	if got, err := replayAll(t, d.crash(), 0); err != nil || len(got) > 0 {
		t.Errorf("a crash leaves %d entries that were not synced: %v", len(got), err)
	}
	<-d.wrote
	close(d.hold)
	for want := Tick(1); want <= entries; want++ {
		if tick := <-done; tick != want {
			t.Fatalf("tick %d is durable, want %d", tick, want)
		}
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
}

// Who asks writes himself when the log is idle; when it is not, the log's goroutine goes on, and nobody waits.
func TestLogIsWrittenByWhoAsks(t *testing.T) {
	l := startLog(t, &memorySegments{})
	done := make(chan Tick, 2)
	ended := func(tick Tick, more func()) func(error) {
		return func(err error) {
			if err != nil {
				t.Error(err)
			}
			done <- tick
			more()
		}
	}
	l.Append(1, nil, ended(1, func() { // the log is busy until this returns
		l.Append(2, nil, ended(2, func() {}))
		if l.Write(); len(done) != 1 {
			t.Error("what was appended to a busy log is written by who asked")
		}
	}))
	if l.Write(); len(done) == 0 {
		t.Error("an idle log has not written what it was asked to")
	}
	for want := Tick(1); want <= 2; want++ {
		if got := <-done; got != want {
			t.Errorf("tick %d is durable, want %d", got, want)
		}
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
}

func TestFullDiskStopsWrites(t *testing.T) {
	d := &memorySegments{}
	l := startLog(t, d)
	if err := appendAll(l, 1, [][]byte{[]byte("a")})[0]; err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.full = true
	d.mu.Unlock()
	for i, err := range appendAll(l, 2, [][]byte{[]byte("b"), []byte("c")}) {
		if code(err) != sqlerr.DiskFull {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	d.mu.Lock()
	d.full = false
	d.mu.Unlock()
	if err := appendAll(l, 4, [][]byte{[]byte("d")})[0]; code(err) != sqlerr.DiskFull {
		t.Errorf("a write after a failed one: %v", err)
	}
	_ = l.close()
	got, err := replayAll(t, d.crash(), 0)
	if err != nil {
		t.Fatal(err)
	}
	wantEntries(t, "what was written", got, [][]byte{[]byte("a")})
}

func TestTruncateDropsWholeSegments(t *testing.T) {
	d := &memorySegments{}
	l := startLog(t, d)
	var last Tick
	for range 70 { // 70 MB: three segments
		last++
		if err := appendAll(l, last, [][]byte{make([]byte, 1<<20)})[0]; err != nil {
			t.Fatal(err)
		}
	}
	before := l.Size()
	if err := l.Truncate(40); err != nil {
		t.Fatal(err)
	}
	if now := l.Size(); now >= before || now < 30<<20 {
		t.Errorf("size was %d, is %d after half was dropped", before, now)
	}
	got, err := replayAll(t, d.crash(), 40)
	if err != nil || len(got) != 30 {
		t.Errorf("%d entries, %v", len(got), err)
	}
	if _, err := replayAll(t, d.crash(), 3); code(err) != sqlerr.DataCorrupted {
		t.Errorf("replay of what was dropped: %v", err)
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
}

// However many segments there are, few stay open.
func TestOldSegmentsAreClosed(t *testing.T) {
	d := &memorySegments{}
	l := startLog(t, d)
	defer l.close()
	entry := make([]byte, maxSegment)
	const written = openRetired + 3
	for i := range written {
		appendAll(l, Tick(i+1), [][]byte{entry})
	}
	d.mu.Lock()
	segments := slices.Clone(d.segments)
	d.mu.Unlock()
	for i, s := range segments[:written] {
		if i < written-1-openRetired {
			<-s.closed
			continue
		}
		select {
		case <-s.closed:
			t.Errorf("segment %d of %d is closed", i+1, written)
		default:
		}
	}
}

// TestEntryAcrossSegments drops segments up to a tick whose neighbour's entry lies on both sides of a segment's end.
func TestEntryAcrossSegments(t *testing.T) {
	large := make([]byte, maxSegment+maxSegment/2)
	rand.New(rand.NewSource(1)).Read(large)
	entries := [][]byte{[]byte("a"), large, []byte("c")}
	for upTo := Tick(0); upTo <= 3; upTo++ {
		d := &memorySegments{}
		l := startLog(t, d)
		for _, err := range appendAll(l, 1, entries) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Truncate(upTo); err != nil {
			t.Fatal(err)
		}
		got, err := replayAll(t, d.crash(), upTo)
		if err != nil {
			t.Fatalf("truncated up to %d: %v", upTo, err)
		}
		wantEntries(t, fmt.Sprintf("after %d", upTo), got, entries[upTo:])
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHalfRemovedSegment opens a log of which a crash has left half a segment that was being removed.
func TestHalfRemovedSegment(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "000000000001"+goingSuffix)
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "MANIFEST"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := replayAll(t, &diskSegments{dir: dir}, 0)
	if err != nil || len(got) != 0 {
		t.Fatal(len(got), err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Fatalf("it is still there: %v", err)
	}
}

// TestLogOnDisk is a store with its own log, and the copy of it that a crash would leave.
func TestLogOnDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	entries := someEntries(rand.New(rand.NewSource(7)), 40)
	for i := range entries {
		if err := appendAll(s.durable.log, Tick(i+1), entries[i:i+1])[0]; err != nil {
			t.Fatal(err)
		}
	}
	crashed := t.TempDir()
	copyDir(t, crashed, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, crashed} {
		s, err := Open(d, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		if err := s.Log().Replay(0, func(_ Tick, e []byte) error { got = append(got, slices.Clone(e)); return nil }); err != nil {
			t.Fatal(err)
		}
		wantEntries(t, "on disk", got, entries)
		if err := appendAll(s.durable.log, Tick(len(entries)+1), [][]byte{[]byte("more")})[0]; err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkLog is the time of a commit: of one client, and of 256 that share groups.
func BenchmarkLog(b *testing.B) {
	for _, clients := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("clients/%d", clients), func(b *testing.B) {
			s, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var mu sync.Mutex
			var tick Tick
			var wg sync.WaitGroup
			entry := make([]byte, 60)
			done := make(chan error, 1)
			l := s.Log()
			l.Append(1, [][]byte{entry}, func(err error) { done <- err }) // the first segment is open
			l.Write()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			tick = 1
			b.ResetTimer()
			for c := range clients {
				n := b.N / clients
				if c == 0 {
					n += b.N % clients
				}
				wg.Go(func() {
					done := make(chan error, 1)
					for range n {
						mu.Lock()
						tick++
						l.Append(tick, [][]byte{entry}, func(err error) { done <- err })
						mu.Unlock()
						l.Write()
						if err := <-done; err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}
