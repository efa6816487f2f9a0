package storage

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	accounts = 2000
	balance  = 1000
)

func account(n int) []byte { return binary.BigEndian.AppendUint32([]byte("account"), uint32(n)) }

// TestReadersSeeWholeTicks moves money between accounts while readers add it up: the total never changes, whatever tick
// they see, also when a tick is published only while later ones are being made.
func TestReadersSeeWholeTicks(t *testing.T) {
	s := NewTemp(nil)
	defer s.Close()
	s.Begin(1)
	id := s.Create(Spec{Ordered: true, Published: true, Put: true})
	var c Changes
	balances := make([]int64, accounts)
	for n := range balances {
		balances[n] = balance
		c.Add(account(n), binary.AppendVarint(nil, balance), 1)
	}
	s.Map(id).Apply(&c)
	s.Publish(s.Seal())

	var stop atomic.Bool
	var wg sync.WaitGroup
	var looks atomic.Int64
	for seed := range int64(3) {
		wg.Go(func() {
			if err := addUp(s, id, seed, &stop, &looks); err != nil {
				t.Error(err)
			}
		})
	}
	rnd := rand.New(rand.NewSource(1))
	var sealed []*Sealed
	for looks.Load() < 600 && !t.Failed() {
		c.Reset()
		for range 1 + rnd.Intn(50) {
			from, to, much := rnd.Intn(accounts), rnd.Intn(accounts), int64(rnd.Intn(100))
			balances[from] -= much
			balances[to] += much
			c.Add(account(from), binary.AppendVarint(nil, balances[from]), 1)
			c.Add(account(to), binary.AppendVarint(nil, balances[to]), 1)
		}
		s.Begin(s.LastTick() + 1)
		s.Map(id).Apply(&c)
		sealed = append(sealed, s.Seal())
		if rnd.Intn(3) == 0 {
			s.Publish(sealed[0])
			sealed = sealed[1:]
			if len(sealed) > 4 {
				sealed = sealed[:0]
			}
		}
	}
	stop.Store(true)
	wg.Wait()
}

// addUp looks at snapshots, forwards, backwards and by key; some it holds for a while and looks at again.
func addUp(s *Store, id ID, seed int64, stop *atomic.Bool, looks *atomic.Int64) error {
	rnd := rand.New(rand.NewSource(seed))
	for !stop.Load() {
		sn := s.Pin()
		for range 1 + rnd.Intn(3) {
			total := int64(0)
			it := sn.Iter(id)
			step, ok := it.Next, it.SeekGE(nil)
			if rnd.Intn(2) == 0 {
				step, ok = it.Prev, it.SeekLT(nil)
			}
			n := 0
			for ; ok; ok = step() {
				v, _ := binary.Varint(it.Value())
				total += v
				if n++; n%97 == 0 {
					got, _, found := sn.Get(id, it.Key())
					if x, _ := binary.Varint(got); !found || x != v {
						return fmt.Errorf("tick %d: %q is %d in the scan and %d by key", sn.Tick(), it.Key(), v, x)
					}
				}
			}
			it.Close()
			if total != accounts*balance || n != accounts {
				return fmt.Errorf("tick %d: %d accounts have %d", sn.Tick(), n, total)
			}
			looks.Add(1)
		}
		sn.Close()
	}
	return nil
}

// BenchmarkReads are point reads and scans of 100 entries backwards, alone and beside a writer of ticks of 100 updates.
func BenchmarkReads(b *testing.B) {
	for _, writer := range []string{"alone", "writer"} {
		b.Run("get/"+writer, func(b *testing.B) { benchRead(b, writer == "writer", readPoint) })
		b.Run("scan100/"+writer, func(b *testing.B) { benchRead(b, writer == "writer", scanHundred) })
	}
}

func readPoint(sn *Snapshot, id ID, key []byte) bool {
	_, _, ok := sn.Get(id, key)
	return ok
}

func scanHundred(sn *Snapshot, id ID, key []byte) bool {
	it := sn.Iter(id)
	defer it.Close()
	n := 0
	for ok := it.SeekLT(key); ok && n < 100; ok = it.Prev() {
		n += len(it.Key()[:1])
	}
	return true
}

func benchRead(b *testing.B, writer bool, read func(*Snapshot, ID, []byte) bool) {
	s, id := filled(b, Spec{Ordered: true, Published: true, Put: true})
	var stop atomic.Bool
	var wg sync.WaitGroup
	changes := 0
	if writer {
		wg.Go(func() {
			rnd := rand.New(rand.NewSource(2))
			var c Changes
			var key [16]byte
			for ; !stop.Load(); changes += 100 {
				c.Reset()
				for range 100 {
					c.Add(benchKey(key[:], uint64(rnd.Intn(benchKeys))), key[:], 1)
				}
				s.Begin(s.LastTick() + 1)
				s.Map(id).Apply(&c)
				s.Publish(s.Seal())
			}
		})
	}
	rnd := rand.New(rand.NewSource(1))
	var key [16]byte
	b.ResetTimer()
	for range b.N {
		sn := s.Pin()
		if !read(sn, id, benchKey(key[:], uint64(rnd.Intn(benchKeys)))) {
			b.Fatal("not found")
		}
		sn.Close()
	}
	b.StopTimer()
	stop.Store(true)
	wg.Wait()
	if writer {
		b.ReportMetric(float64(changes)/b.Elapsed().Seconds(), "changes/s")
	}
}
