package engine

import "context"

// Where memory is short, pages leave it that the database has (storage/evict.go): in ticks, and after a checkpoint has written them. Who finds no
// room waits for both before it is refused.

// reliefTicks is how many ticks it takes from when a page leaves until its memory can be used: its own, and two that are published.
const reliefTicks = 3

// relieve waits until there is room for n more bytes. 53200: there will not be. It closes base, which would keep what leaves, and of which only the
// tick and the catalog are needed.
func (e *Engine) relieve(ctx context.Context, n int64, base *Snapshot) error {
	err := e.store.Admit(n)
	if err == nil || e.log == nil {
		return err
	}
	if base != nil {
		base.Close()
	}
	e.store.Want(n)
	defer e.store.Want(-n)
	e.awaitTick(ctx) // finds what a checkpoint has to write
	for try := 0; try < 2 && err != nil && ctx.Err() == nil; try++ {
		if e.Checkpoint(ctx) != nil {
			break
		}
		for range reliefTicks {
			e.awaitTick(ctx)
		}
		err = e.store.Admit(n)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// awaitTick returns when one more tick was published, or none will be.
func (e *Engine) awaitTick(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock()
		e.changed.Broadcast()
		e.mu.Unlock()
	})
	defer stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.published
	e.relief = true
	e.queue.ring()
	for e.published == before && e.writable() == nil && ctx.Err() == nil {
		e.changed.Wait()
	}
}
