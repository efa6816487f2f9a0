package storage

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/streamsql/streamsql/sqlerr"
)

// PageSize is the size of a page, and of the frame that holds it.
const PageSize = 4096

type ptr = unsafe.Pointer

// pool is the memory that pages live in: one region of address space off the Go heap, cut into frames. A store and its
// temporary stores share one, and with it one budget.
type pool struct {
	mem    []byte
	base   ptr
	frames uint32 // that the region has room for; two are left over, as what is fetched ahead may lie behind a page's end
	limit  int64  // bytes; 0: none
	high   int64  // bytes from which on pages leave; 0: none do
	taken  atomic.Int64
	temp   atomic.Int64  // of taken, by temporary stores
	owners atomic.Uint32 // numbers the stores, for the identity word of their pages

	mu     sync.Mutex
	free   []uint32
	next   uint32
	tables [][]byte // descriptor tables of closed temporary stores, zeroed
	users  int
}

// newPool reserves what it gets: address space is free, but some systems grant less of it. There is more than the limit, as a tick that has begun
// completes.
func newPool(limit, reserve int64) (*pool, error) {
	for {
		mem, err := reserveMemory(reserve)
		if err == nil {
			hugePages(mem)
			return &pool{mem: mem, base: ptr(&mem[0]), frames: uint32(min(int64(len(mem))/PageSize-2, cool-1)), limit: limit, high: limit / 2}, nil
		}
		if reserve /= 2; reserve < 64<<20 {
			return nil, sqlerr.New(sqlerr.OutOfMemory, "out of memory").WithHint("Cannot reserve address space: %v.", err)
		}
	}
}

func (p *pool) retain() {
	p.mu.Lock()
	p.users++
	p.mu.Unlock()
}

// release unmaps the region when its last store is closed.
func (p *pool) release() {
	p.mu.Lock()
	p.users--
	last := p.users == 0
	p.mu.Unlock()
	if !last {
		return
	}
	for _, t := range p.tables {
		freeMemory(t)
	}
	freeMemory(p.mem)
	p.mem, p.base, p.tables = nil, nil, nil
}

// frame is the memory of frame f; 0 is no frame.
func (p *pool) frame(f uint32) ptr { return unsafe.Add(p.base, uintptr(f-1)*PageSize) }

// take appends n frames to dst. Callers have asked Reserve; what still overruns the region is an error of theirs.
func (p *pool) take(dst []uint32, n int) []uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := min(n, len(p.free)); k > 0 {
		dst = append(dst, p.free[len(p.free)-k:]...)
		p.free = p.free[:len(p.free)-k]
		p.taken.Add(int64(k))
		n -= k
	}
	for ; n > 0; n-- {
		if p.next >= p.frames {
			panic(p.outOfMemory())
		}
		p.next++
		p.taken.Add(1)
		dst = append(dst, p.next)
	}
	return dst
}

func (p *pool) give(frames []uint32) {
	if len(frames) == 0 {
		return
	}
	p.mu.Lock()
	p.free = append(p.free, frames...)
	p.taken.Add(-int64(len(frames)))
	p.mu.Unlock()
}

func (p *pool) resident() int64 { return p.taken.Load() * PageSize }

func (p *pool) reserve(n int64) error {
	have := p.resident()
	if p.limit > 0 && have+n > p.limit || have+n > int64(p.frames)*PageSize*15/16 {
		return p.outOfMemory()
	}
	return nil
}

func (p *pool) outOfMemory() error {
	return sqlerr.New(sqlerr.OutOfMemory, "out of memory").
		WithDetail("Pages take %d bytes; the limit is %d.", p.resident(), p.limit).
		WithHint("Raise --memory-limit, or drop views that are not needed.")
}

// table is zeroed memory for the descriptors of a store.
func (p *pool) table(bytes int64, temp bool) ([]byte, error) {
	if temp {
		p.mu.Lock()
		if k := len(p.tables); k > 0 {
			t := p.tables[k-1]
			p.tables = p.tables[:k-1]
			p.mu.Unlock()
			return t, nil
		}
		p.mu.Unlock()
	}
	for {
		t, err := reserveMemory(bytes)
		if err == nil {
			if !temp { // those are many, and small
				hugePages(t)
			}
			return t, nil
		}
		if bytes /= 2; bytes < 1<<20 {
			return nil, sqlerr.New(sqlerr.OutOfMemory, "out of memory").WithHint("Cannot reserve address space: %v.", err)
		}
	}
}

// giveTable takes back a temporary store's table of which the first used bytes were written to.
func (p *pool) giveTable(t []byte, used int) {
	if used > 1<<20 {
		freeMemory(t)
		return
	}
	clear(t[:used])
	p.mu.Lock()
	keep := len(p.tables) < 16
	if keep {
		p.tables = append(p.tables, t)
	}
	p.mu.Unlock()
	if !keep {
		freeMemory(t)
	}
}
