package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// A checkpoint writes what changed since the one before, as of one tick, while ticks go on. All its records have its epoch
// as version; epochs are the checkpoint's own numbers, so that recovery can go above a crashed one without renumbering
// the log.
//
//	'p' page -> full image    'd' epoch n -> chunk of a pack    'M' n -> chunk of the manifest    'm' -> the manifest's head
//
// The head is the commit: it is written when all else is durable. Records of later epochs than its are what a crash left
// behind.

var manifestKey = []byte("m")

func pageKey(kind byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind}, id)
}

// checkpoint is one on its way.
type checkpoint struct {
	s        *Store
	epoch    uint64
	state    *Sealed
	manifest manifest
	sweeper  sweeper // as it will be
	obsolete []pack
	write    []uint32 // pages
	remove   []uint32
	pack     packWriter
	started  time.Time
	written  int64
}

// Checkpoint captures the state as of the last sealed tick; writer goroutine, between Seal and Begin. run writes it in the
// background (throttled) and returns when it is durable; the caller truncates the log then. One at a time: run must have
// returned before the next Checkpoint. A failed one gives its dirty pages back.
func (s *Store) Checkpoint(meta []byte) (run func(ctx context.Context) error) {
	if s.durable == nil {
		return func(context.Context) error { return errors.New("a temporary store has no checkpoints") }
	}
	if s.inTick {
		panic("storage: a checkpoint inside a tick")
	}
	return s.capture(meta).run
}

func (s *Store) capture(meta []byte) *checkpoint {
	s.takeBack()
	s.saveTables()
	d := s.durable
	d.epoch++
	c := &checkpoint{s: s, epoch: d.epoch, state: s.last}
	c.state.refs.Add(1)
	c.obsolete = d.sweeper.gone
	s.sweep(c)
	for _, id := range s.dirty {
		f := &s.desc(id).flags
		fl := atomic.LoadUint32(f)
		switch {
		case fl&flagAlive != 0:
			c.write = append(c.write, id)
			atomic.StoreUint32(f, fl&^flagDirty|flagPending|flagFlight)
		case fl&flagStored != 0:
			c.remove = append(c.remove, id)
			atomic.StoreUint32(f, fl&^(flagDirty|flagStored|flagDelta|flagRewrite))
		default:
			atomic.StoreUint32(f, fl&^flagDirty)
		}
	}
	s.dirty, s.unwritten = s.dirty[:0], 0
	c.manifest = s.captureManifest(c.epoch, meta)
	return c
}

// SetCheckpointRate changes the rate, in bytes a second, also of a running checkpoint: when the log's tail grows too long,
// a checkpoint first speeds up. Any goroutine.
func (s *Store) SetCheckpointRate(rate int64) {
	if s.durable != nil && rate > 0 {
		s.durable.rate.Store(rate)
	}
}

// DirtyBytes estimates what a checkpoint would write at most.
func (s *Store) DirtyBytes() int64 { return int64(len(s.dirty)) * PageSize }

func (c *checkpoint) run(ctx context.Context) error {
	err := c.writeAll(ctx)
	s, d := c.s, c.s.durable
	if err != nil {
		d.failed.Store(c)
		d.sweeper.gone = append(slices.Clone(c.obsolete), c.pack.pack)
	} else {
		d.sweeper = c.sweeper
		if d.sweeper.oldest() >= d.opened {
			s.packed.Store(nil)
		}
		d.mu.Lock()
		d.tick, d.meta = c.manifest.tick, c.manifest.meta
		d.mu.Unlock()
		d.db.discardBefore(c.epoch)
	}
	for _, id := range c.write {
		f := &s.desc(id).flags
		for {
			fl := atomic.LoadUint32(f)
			next := fl&^(flagFlight|flagPending) | flagStored
			if atomic.CompareAndSwapUint32(f, fl, next) {
				break
			}
		}
	}
	c.state.refs.Add(-1)
	return err
}

// takeBack makes the pages of a failed checkpoint dirty again. Whether its records were written is not known, so none of
// them is built on.
func (s *Store) takeBack() {
	c := s.durable.failed.Swap(nil)
	if c == nil {
		return
	}
	for _, l := range [][]uint32{c.write, c.remove} {
		for _, id := range l {
			f := &s.desc(id).flags
			if atomic.OrUint32(f, flagStored|flagRewrite|flagDirty)&flagDirty == 0 {
				s.dirty = append(s.dirty, id)
			}
		}
	}
}

func (c *checkpoint) writeAll(ctx context.Context) error {
	db := c.s.durable.db
	c.started = time.Now()
	wb := db.batch(c.epoch)
	defer wb.cancel()
	c.pack = packWriter{pack: pack{epoch: c.epoch}, wb: wb}
	slices.Sort(c.write)
	b := imageBuffers.Get().(*imageBuffer)
	defer imageBuffers.Put(b)
	if err := c.pause(ctx); err != nil { // also if there are no pages
		return err
	}
	paused := int64(0)
	for _, id := range c.write {
		if c.written-paused > pauseBytes {
			paused = c.written
			if err := c.pause(ctx); err != nil {
				return err
			}
		}
		if err := c.writePage(wb, b, id); err != nil {
			return err
		}
	}
	for _, id := range c.remove {
		if err := wb.delete(pageKey('p', id)); err != nil {
			return err
		}
	}
	if err := c.endPack(wb); err != nil {
		return err
	}
	head, chunks := c.manifest.encode()
	for i, chunk := range chunks {
		if err := wb.set(pageKey('M', uint32(i)), chunk); err != nil {
			return err
		}
	}
	if err := wb.flush(); err != nil {
		return err
	}
	if err := c.s.durable.inject("manifest"); err != nil {
		return err
	}
	return db.commit(c.epoch, manifestKey, head)
}

// endPack writes the rest of the pack, and deletes those that the last checkpoint did not need.
func (c *checkpoint) endPack(wb *pageBatch) error {
	if err := c.pack.flush(); err != nil {
		return err
	}
	for _, p := range c.obsolete {
		for i := range p.chunks {
			if err := wb.delete(packKey(p.epoch, i)); err != nil {
				return err
			}
		}
	}
	c.sweeper.wrote(c.pack.pack, c.s.durable.budget(c.manifest.nextPage))
	c.manifest.sweeper = c.sweeper
	return nil
}

// pauseBytes is after how many bytes a checkpoint pauses.
const pauseBytes = 1 << 20

// pause keeps to the rate, and looks at the disk's free space: what is written is flushed and compacted later, too.
func (c *checkpoint) pause(ctx context.Context) error {
	d := c.s.durable
	if err := d.inject("pages"); err != nil {
		return err
	}
	if err := checkDisk(d.dir, changeReserve); err != nil {
		return err
	}
	if err := d.db.reserve(); isDiskFull(err) {
		return sqlerr.New(sqlerr.DiskFull, "could not write a checkpoint: no space left on device")
	} else if err != nil {
		return err
	}
	ahead := time.Duration(float64(c.written)/float64(d.rate.Load())*1e9) - time.Since(c.started)
	if ahead < time.Millisecond {
		return ctx.Err()
	}
	t := time.NewTimer(ahead)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (c *checkpoint) writePage(wb *pageBatch, b *imageBuffer, id uint32) error {
	s := c.s
	p := s.version(id, c.state.tick)
	for ; p == nil; p = s.version(id, c.state.tick) { // it only gets its image, and has changed long ago
		s.fault(id)
	}
	f := &s.desc(id).flags
	fl := atomic.LoadUint32(f)
	if fl&(flagStored|flagRewrite) == flagStored {
		if delta, ok := appendDelta(b.raw[:0], p); ok {
			if err := c.pack.add(id, delta); err != nil {
				return err
			}
			atomic.OrUint32(f, flagDelta)
			c.written += int64(len(delta))
			c.release(f)
			return nil
		}
	}
	image := append(binary.AppendUvarint(nil, c.epoch), encodePage(b, p)...)
	if err := wb.set(pageKey('p', id), image); err != nil {
		return err
	}
	atomic.AndUint32(f, ^uint32(flagDelta|flagRewrite))
	c.written += int64(len(image))
	c.release(f)
	return nil
}

// release lets the writer edit the version in place again, and clear its marks before. If it took a copy meanwhile, that has no marks of before.
func (c *checkpoint) release(f *uint32) {
	for {
		fl := atomic.LoadUint32(f)
		if fl&flagPending == 0 || atomic.CompareAndSwapUint32(f, fl, fl&^flagPending|flagClean) {
			return
		}
	}
}
