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
	// One during which hurryRows rows change goes on as fast as it can, and from slowRows on writers wait for it; where memory is short, at once.
	hurryRows = checkpointRows / 2
	slowRows  = 4 * checkpointRows
	// checkpointLog is the same in bytes of the log.
	checkpointLog = 64 << 20

	hurriedRate = 1 << 40 // bytes a second: unthrottled
	usualRate   = 30 << 20
)

// checkpointer is the state of checkpoints; of who has the turn but for running.
type checkpointer struct {
	running atomic.Bool
	ill     atomic.Bool // the last one could not be written
	at      int         // dataflow.total when the last one began,
	before  int         // and the one before it: while one runs, a restart replays from there
	logAt   int64
	hurried bool
	room    roomRequest
	ended   chan struct{} // closed when the running one ends
}

// roomRequest is that somebody was refused for want of space on the disk: the next checkpoint to begin gives back what it can. Engine.mu guards it.
type roomRequest struct {
	asked bool
	at    storage.Tick // the frontier of the last time: as long as nothing has changed there is no more to give back
}

// ask returns whether there is a request that was not there before.
func (r *roomRequest) ask(frontier storage.Tick) bool {
	if r.asked || r.at == frontier {
		return false
	}
	r.asked, r.at = true, frontier
	return true
}

// begin takes the request for a checkpoint that begins. One that runs already has not seen what was deleted since.
func (r *roomRequest) begin() (asked bool) {
	asked, r.asked = r.asked, false
	return asked
}

// failed lets who is refused next ask again: Badger's own compactions may have made room by then.
func (r *roomRequest) failed() { r.at = 0 }

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
	if e.writable() == nil && e.checkpoint.room.ask(e.published) {
		e.queue.ring()
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
		short := e.store.Short()
		if (behind > hurryRows || short) && !c.hurried {
			c.hurried = true
			e.store.SetCheckpointRate(hurriedRate)
		}
		if e.flow.total-c.before < slowRows && !short {
			return
		}
		<-c.ended
	}
	e.mu.Lock()
	want := e.want
	if e.broken != nil || !e.checkpointDue() {
		e.mu.Unlock()
		return
	}
	e.want = nil
	cramped := c.room.begin()
	e.mu.Unlock()
	run, tick, err := e.captureCheckpoint()
	if err != nil {
		e.endCheckpoint(want, cramped, err)
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
		e.endCheckpoint(want, cramped, e.writeCheckpoint(run, tick))
		c.running.Store(false)
		close(ended)
		e.queue.ring() // others may have asked meanwhile
	}()
}

// endCheckpoint tells those who wait, or the log, and gives space back: what is cheap, or all if that was asked for.
func (e *Engine) endCheckpoint(want []chan error, cramped bool, err error) {
	answerAll(want, err)
	if ill := err != nil && sqlerr.CodeOf(err) != sqlerr.AdminShutdown; ill != e.checkpoint.ill.Swap(ill) { // not at each attempt
		if ill {
			slog.Warn("checkpoints cannot be written", "error", err)
		} else if err == nil {
			slog.Info("checkpoints are written again")
		}
	}
	if err == nil {
		give := e.store.Collect
		if cramped {
			give = e.store.Compact
		}
		if err = give(); err != nil {
			slog.Warn("space on the disk could not be given back", "error", err)
		}
	}
	if cramped && err != nil {
		e.mu.Lock()
		e.checkpoint.room.failed()
		e.mu.Unlock()
	}
}

// checkpointDue tells whether somebody waits for a checkpoint, or a restart would take long without one. The caller has the turn, and mu.
func (e *Engine) checkpointDue() bool {
	c := &e.checkpoint
	return e.log != nil && (len(e.want) > 0 || c.room.asked || e.store.Unwritten() || e.flow.total-c.at >= checkpointRows || e.log.Size()-c.logAt >= checkpointLog)
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
