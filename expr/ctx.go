package expr

import (
	"context"
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"math"
	"time"
)

// Ctx is the context of an evaluation. One per goroutine; reusable.
type Ctx struct {
	Config *types.Config
	Params []types.Datum // of a prepared statement
	// SessionInfo answers current_user, current_setting and the like; nil in views.
	SessionInfo func(name string) (types.Datum, error)
	// Sequence runs nextval, currval, lastval, setval and restart (op: the next value is arg, not the one after it) on the sequence with the
	// given catalog id; nil where they are not allowed.
	Sequence func(op string, id uint32, arg int64) (int64, error)
	// Context is that of the statement that is running; nil: it cannot be cancelled. When it ends, evaluation does, with 57014 as a panic.
	Context context.Context

	// The failures of the batch at hand: which rows, and why.
	failed batch.Bitmap
	errs   map[int]*sqlerr.Error

	free  []*batch.Vec  // intermediate columns to use again
	sels  [][]int32     // and selections
	all   []int32       // 0, 1, 2...
	args  []types.Datum // a stack of arguments of row functions
	cache map[any]any   // compiled patterns and formats by their text, see memo
}

// check ends the evaluation if the statement was cancelled: once a batch, and where a function may take long.
func (c *Ctx) check() {
	if c.Context == nil {
		return
	}
	if c.Context.Err() != nil {
		panic(sqlerr.Canceled(c.Context))
	}
}

// sleep waits for so many seconds, or until the statement is cancelled.
func (c *Ctx) sleep(seconds float64) {
	if !(seconds > 0) {
		return
	}
	t := time.NewTimer(time.Duration(min(seconds*1e9, math.MaxInt64/2)))
	defer t.Stop()
	var done <-chan struct{}
	if c.Context != nil {
		done = c.Context.Done()
	}
	select {
	case <-t.C:
	case <-done:
		c.check()
	}
}

// Fail records that row failed; the first failure of a row counts.
func (c *Ctx) Fail(row int, err error) {
	if c.failed.Get(row) {
		return
	}
	c.failed.Set(row)
	if c.errs == nil {
		c.errs = make(map[int]*sqlerr.Error)
	}
	c.errs[row] = sqlerr.From(err)
}

// Err is the failure of a row since the last Reset, nil if none.
func (c *Ctx) Err(row int) *sqlerr.Error {
	if !c.failed.Get(row) {
		return nil
	}
	return c.errs[row]
}

// Failed tells whether any row failed since the last Reset.
func (c *Ctx) Failed() bool { return len(c.errs) > 0 }

// Reset forgets the failures; to be called before each batch.
func (c *Ctx) Reset() {
	if len(c.errs) > 0 {
		clear(c.errs)
	}
	c.failed = c.failed[:0]
}

func (c *Ctx) config() *types.Config {
	if c.Config == nil {
		c.Config = types.DefaultConfig()
	}
	return c.Config
}

// maxMemo bounds the cache of compiled patterns: past it, it starts anew.
const maxMemo = 256

// memo is the value made for key by f, kept for the next row. Keys are comparable structs of their own type per use.
func memo[K comparable, V any](c *Ctx, key K, f func() (V, error)) (V, error) {
	if v, ok := c.cache[key]; ok {
		return v.(V), nil
	}
	v, err := f()
	if err != nil {
		return v, err
	}
	if c.cache == nil || len(c.cache) >= maxMemo {
		c.cache = make(map[any]any)
	}
	c.cache[key] = v
	return v, nil
}

// take gives a column of type t with n slots: integers and floats unspecified, bytes with room for offsets, no NULLs.
func (c *Ctx) take(t types.Type, n int) *batch.Vec {
	var v *batch.Vec
	rep := t.Rep()
	for i := len(c.free) - 1; i >= 0; i-- {
		if c.free[i].Type.Rep() == rep {
			v = c.free[i]
			c.free[i] = c.free[len(c.free)-1]
			c.free = c.free[:len(c.free)-1]
			break
		}
	}
	if v == nil {
		v = new(batch.Vec)
	}
	v.Type, v.N, v.Nulls = t, n, v.Nulls[:0]
	switch rep {
	case types.RepInt:
		v.Ints = sized(v.Ints, n)
	case types.RepFloat:
		v.Floats = sized(v.Floats, n)
	default:
		v.Off = sized(v.Off, n+1)
		v.Off[0] = 0
		v.Data = v.Data[:0]
	}
	return v
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// keepColumn is how many bytes of values a column may have to be kept for the next one.
const keepColumn = 4 << 20

// Release gives a column back that was made here; it must not be used any more.
func (c *Ctx) Release(v *batch.Vec) {
	spoil(v)
	if len(c.free) < 32 && cap(v.Data) <= keepColumn {
		c.free = append(c.free, v)
	}
}

// takeSel and releaseSel are the same for selections.
func (c *Ctx) takeSel(n int) []int32 {
	if k := len(c.sels); k > 0 {
		s := c.sels[k-1]
		c.sels = c.sels[:k-1]
		if cap(s) >= n {
			return s[:0]
		}
	}
	return make([]int32, 0, n+1) // never nil: nil means all rows
}

func (c *Ctx) releaseSel(s []int32) {
	if len(c.sels) < 16 {
		c.sels = append(c.sels, s)
	}
}
