package engine

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

const (
	// checkpointRows is after how many changed rows a checkpoint begins: what a restart replays, about half a second.
	checkpointRows = 100_000
	// Where checkpoints do not keep up, they run faster from hurryRows on, and from slowRows on writers wait for them.
	hurryRows = checkpointRows * 3 / 2
	slowRows  = 4 * checkpointRows
	// checkpointLog is the same in bytes of the log.
	checkpointLog = 64 << 20

	hurriedRate = 1 << 40 // bytes a second: unthrottled
	usualRate   = 30 << 20
)

// checkpointer is the state of checkpoints; the ticker's but for running.
type checkpointer struct {
	running atomic.Bool
	at      int // dataflow.total when the last one began,
	before  int // and the one before it: while one runs, a restart replays from there
	logAt   int64
	hurried bool
	// cramped asks the next one to give space on the disk back; roomAt is the frontier of the last time. Engine.mu guards both.
	cramped bool
	roomAt  storage.Tick
	ended   chan struct{} // closed when the running one ends
}

// Checkpoint writes a checkpoint and waits until it is durable.
func (e *Engine) Checkpoint(ctx context.Context) error {
	if e.log == nil {
		return nil
	}
	done := make(chan error, 1)
	e.mu.Lock()
	if err := e.writable(); err != nil {
		e.mu.Unlock()
		return err
	}
	e.want = append(e.want, done)
	e.queue.ring()
	e.mu.Unlock()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// makeRoom asks for a checkpoint that gives space on the disk back, unless nothing has changed since the last one that did.
func (e *Engine) makeRoom() {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &e.checkpoint
	if c.cramped || c.roomAt == e.published || e.writable() != nil {
		return
	}
	c.cramped, c.roomAt = true, e.published
	e.want = append(e.want, make(chan error, 1))
	e.queue.ring()
}

// compact ends what makeRoom has begun, if the checkpoint was written.
func (e *Engine) compact(written bool) {
	e.mu.Lock()
	cramped := e.checkpoint.cramped
	e.checkpoint.cramped = false
	e.mu.Unlock()
	if !cramped || !written {
		return
	}
	if err := e.store.Compact(); err != nil {
		slog.Warn("space on the disk could not be given back", "error", err)
		e.mu.Lock()
		e.checkpoint.roomAt = 0 // who is refused next asks again: Badger's own compactions may have made room by then
		e.mu.Unlock()
	}
}

// mayCheckpoint begins a checkpoint if one is due; between ticks.
func (e *Engine) mayCheckpoint() {
	if e.log == nil {
		return
	}
	c := &e.checkpoint
	behind := e.flow.total - c.at
	if c.running.Load() {
		if behind > hurryRows && !c.hurried {
			c.hurried = true
			e.store.SetCheckpointRate(hurriedRate)
		}
		if e.flow.total-c.before < slowRows {
			return
		}
		<-c.ended
	}
	e.mu.Lock()
	want := e.want
	if e.broken != nil || len(want) == 0 && behind < checkpointRows && e.log.Size()-c.logAt < checkpointLog {
		e.mu.Unlock()
		return
	}
	e.want = nil
	e.mu.Unlock()
	run, tick, err := e.captureCheckpoint()
	if err != nil {
		answerAll(want, err)
		return
	}
	if c.hurried {
		c.hurried = false
		e.store.SetCheckpointRate(usualRate)
	}
	ended := make(chan struct{}) // the next checkpoint may have begun when this one says that it has ended
	c.ended = ended
	c.running.Store(true)
	e.done.Add(1)
	go func() {
		defer e.done.Done()
		err := e.writeCheckpoint(run, tick)
		answerAll(want, err)
		e.compact(err == nil)
		c.running.Store(false)
		close(ended)
		e.queue.ring() // others may have asked meanwhile
	}()
}

func answerAll(waiting []chan error, err error) {
	for _, c := range waiting {
		c <- err
	}
}

// refuseCheckpoints answers those who still wait when the ticker has ended.
func (e *Engine) refuseCheckpoints() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.want) > 0 {
		answerAll(e.want, e.writable())
		e.want = nil
	}
}

// captureCheckpoint takes the state as of the last tick.
func (e *Engine) captureCheckpoint() (run func(context.Context) error, tick storage.Tick, err error) {
	text, err := e.encodeMeta()
	if err != nil {
		return nil, 0, err
	}
	e.checkpoint.before, e.checkpoint.at, e.checkpoint.logAt = e.checkpoint.at, e.flow.total, e.log.Size()
	return e.store.Checkpoint(text), e.store.LastTick(), nil
}

// writeCheckpoint makes a captured checkpoint durable, once its tick is, and drops the log up to it.
func (e *Engine) writeCheckpoint(run func(context.Context) error, tick storage.Tick) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e.mu.Lock()
	for e.published < tick && e.broken == nil && !e.crashed {
		e.changed.Wait()
	}
	if e.broken != nil || e.crashed {
		cancel() // run gives its pages back
	}
	e.mu.Unlock()
	if err := run(ctx); err != nil {
		if ctx.Err() != nil {
			err = sqlerr.New(sqlerr.AdminShutdown, "the database system is shutting down")
		}
		return err
	}
	return e.log.Truncate(tick)
}

// lastCheckpoint is the one of Close: nothing else runs any more. With it, a start has nothing to replay.
func (e *Engine) lastCheckpoint() error {
	if e.log == nil || e.broken != nil || e.store.LastTick() == 0 {
		return nil
	}
	run, tick, err := e.captureCheckpoint()
	if err != nil {
		return err
	}
	e.store.SetCheckpointRate(hurriedRate)
	err = run(context.Background())
	if sqlerr.CodeOf(err) == sqlerr.DiskFull {
		slog.Warn("no space for a last checkpoint: the next start replays the log", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	return e.log.Truncate(tick)
}
