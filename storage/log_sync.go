package storage

// syncer syncs what is handed to it while who has written it goes on writing.
func (l *inputLog) syncer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for !l.handed && !l.ended {
			l.synced.Wait()
		}
		if !l.handed {
			return
		}
		l.handed = false
		if !l.syncing && len(l.unsynced) > 0 {
			l.sync()
		}
	}
}

// settle waits until all that was written is durable, or never will be. Who writes calls it, with mu.
func (l *inputLog) settle() {
	for l.syncing {
		l.synced.Wait()
	}
	if len(l.unsynced) > 0 {
		l.sync()
	}
}

// sync makes durable what was written, and acknowledges it. The caller holds mu, and nobody else syncs. Who writes leaves the segment in its place as
// long as there is something to sync.
func (l *inputLog) sync() {
	l.syncing = true
	l.unsynced, l.acked = l.acked[:0], l.unsynced
	err := l.failed
	segment := l.current
	l.mu.Unlock()
	if err == nil {
		if err = segment.Sync(); err != nil {
			err = writeError(err)
		}
	}
	for _, e := range l.acked {
		if e.done != nil {
			e.done(err)
		}
	}
	clear(l.acked)
	l.mu.Lock()
	if l.failed == nil {
		l.failed = err
	}
	l.syncing = false
	if l.started || l.closing {
		l.work.Signal()
	}
	l.synced.Broadcast()
}

// endSegment makes all of a segment durable before the next one is begun: if that had more than this one after a crash, there would be a gap.
func (l *inputLog) endSegment() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle()
	if l.failed != nil {
		return l.failed
	}
	if err := l.current.Sync(); err != nil { // the beginning of an entry, of which nobody waits for the end yet
		return writeError(err)
	}
	return nil
}
