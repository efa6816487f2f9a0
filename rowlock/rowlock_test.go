package rowlock

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

func row(n int) Row { return Row{Table: 7, Key: fmt.Sprint(n)} }

// waiting is a Wait in a goroutine of its own, which has begun to wait when this returns.
func waiting(t *Table, h *Holder, r Row, s Strength) chan error {
	done := make(chan error, 1)
	n := t.Waiting()
	go func() { done <- t.Wait(context.Background(), h, r, s) }()
	for t.Waiting() == n {
		runtime.Gosched()
	}
	return done
}

// The strengths conflict as PostgreSQL's manual has it, table 13.3.
func TestConflicts(t *testing.T) {
	want := [][]bool{
		{false, false, false, true},
		{false, false, true, true},
		{false, true, true, true},
		{true, true, true, true},
	}
	for i, a := range []Strength{KeyShare, Share, NoKeyUpdate, Update} {
		for j, b := range []Strength{KeyShare, Share, NoKeyUpdate, Update} {
			if a.Conflicts(b) != want[i][j] {
				t.Errorf("%s and %s", a, b)
			}
		}
	}
}

// A lock goes to who has waited longest; only who may share it with those who hold it goes before.
func TestQueue(t *testing.T) {
	var locks Table
	a, b, c, d := NewHolder(1), NewHolder(2), NewHolder(3), NewHolder(4)
	if !locks.Try(a, row(1), NoKeyUpdate) || !locks.Try(b, row(1), KeyShare) || locks.Try(c, row(1), Update) {
		t.Fatal("a shared row")
	}
	waits := waiting(&locks, c, row(1), Update)
	behind := waiting(&locks, d, row(1), Share)
	if e := NewHolder(5); !locks.Try(e, row(1), KeyShare) || locks.Try(e, row(1), Share) {
		t.Error("who may share the row goes before, nobody else")
	} else {
		locks.Release(e, 0)
	}
	locks.Release(a, 0)
	select {
	case <-waits:
		t.Error("the row is held still")
	case <-behind:
		t.Error("overtaken")
	default:
	}
	locks.Release(b, 0)
	if err := <-waits; err != nil {
		t.Error(err)
	}
	if locks.Locked(7) != 1 || !locks.Blocked(nil, row(1), KeyShare) {
		t.Error("nobody holds the row")
	}
	locks.Release(c, 0)
	if err := <-behind; err != nil {
		t.Error(err)
	}
	locks.Release(d, 0)
	if locks.Any() || len(locks.rows)+len(locks.tables) > 0 {
		t.Error("locks are left")
	}
}

// What was taken since a savepoint is given back, and a lock that became stronger is as it was.
func TestSavepoint(t *testing.T) {
	var locks Table
	a, b := NewHolder(1), NewHolder(2)
	locks.Try(a, row(1), Share)
	mark := locks.Mark(a)
	locks.Try(a, row(1), Update)
	locks.Try(a, row(2), Update)
	if locks.Try(b, row(1), Share) {
		t.Error("a stronger lock does not hold")
	}
	locks.Release(a, mark)
	if !locks.Try(b, row(1), Share) || locks.Try(b, row(1), Update) || !locks.Try(b, row(2), Update) {
		t.Error("not as it was")
	}
}

// A circle of waiting transactions is refused to who would close it, also one of two who share a row and both want more.
func TestDeadlock(t *testing.T) {
	var locks Table
	const n = 5
	var hs []*Holder
	var done []chan error
	for i := range n {
		hs = append(hs, NewHolder(uint32(i)))
		locks.Try(hs[i], row(i), Update)
	}
	for i := range n - 1 {
		done = append(done, waiting(&locks, hs[i], row(i+1), Update))
	}
	if err := locks.Wait(context.Background(), hs[n-1], row(0), KeyShare); sqlerr.CodeOf(err) != sqlerr.DeadlockDetected {
		t.Error(err)
	}
	for i := n - 1; i >= 0; i-- {
		locks.Release(hs[i], 0)
		if i > 0 {
			if err := <-done[i-1]; err != nil {
				t.Error(err)
			}
		}
	}
	a, b := NewHolder(1), NewHolder(2)
	locks.Try(a, row(1), Share)
	locks.Try(b, row(1), Share)
	more := waiting(&locks, a, row(1), Update)
	if err := locks.Wait(context.Background(), b, row(1), NoKeyUpdate); sqlerr.CodeOf(err) != sqlerr.DeadlockDetected {
		t.Error(err)
	}
	locks.Release(b, 0)
	if err := <-more; err != nil {
		t.Error(err)
	}
}

// Who gives up waiting is not in the way of those behind.
func TestGiveUp(t *testing.T) {
	var locks Table
	a, b, c := NewHolder(1), NewHolder(2), NewHolder(3)
	d := NewHolder(4)
	locks.Try(a, row(1), KeyShare)
	locks.Try(d, row(1), NoKeyUpdate)
	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("gone")
	left := make(chan error, 1)
	go func() { left <- locks.Wait(ctx, b, row(1), Update) }()
	for locks.Waiting() == 0 {
		runtime.Gosched()
	}
	behind := waiting(&locks, c, row(1), Share)
	locks.Release(d, 0)
	cancel(gone)
	if err := <-left; !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := <-behind; err != nil {
		t.Error(err)
	}
}

// Many transactions over few rows: no two that conflict hold a row at once, all come to an end, and nothing is left.
func TestMany(t *testing.T) {
	var locks Table
	var mu sync.Mutex
	held := map[Row]map[*Holder]Strength{}
	const workers, rows = 8, 5
	seed := uint64(11)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for range 300 {
				h := NewHolder(uint32(i))
				for range 1 + rng.IntN(4) {
					r, s := row(rng.IntN(rows)), Strength(1+rng.IntN(4))
					if err := locks.Wait(context.Background(), h, r, s); err != nil {
						if sqlerr.CodeOf(err) != sqlerr.DeadlockDetected {
							t.Error(err)
						}
						break
					}
					mu.Lock()
					if held[r] == nil {
						held[r] = map[*Holder]Strength{}
					}
					held[r][h] = max(held[r][h], s)
					for o, x := range held[r] {
						if o != h && x.Conflicts(held[r][h]) {
							t.Errorf("seed %d: %s and %s", seed, x, s)
						}
					}
					mu.Unlock()
				}
				mu.Lock()
				for _, hs := range held {
					delete(hs, h)
				}
				mu.Unlock()
				locks.Release(h, 0)
			}
		})
	}
	wg.Wait()
	if locks.Any() || len(locks.rows) > 0 {
		t.Error("locks are left")
	}
}
