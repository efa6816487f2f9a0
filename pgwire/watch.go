package pgwire

import (
	"sync/atomic"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// One goroutine looks after all clients, once per WatchInterval: who left while a statement runs, who does not read, who idles. Connections
// only note what they are doing, with the watch's own coarse clock, so that no deadline is armed per message.

// activity is what a connection is doing.
type activity uint64

const (
	starting activity = iota
	idle
	idleInTransaction
	executing
	writing
	copying // waiting for COPY data
)

// phase is an activity and the watch's tick at which it began.
type phase struct{ v atomic.Uint64 }

func (p *phase) set(a activity, tick uint64) { p.v.Store(tick<<3 | uint64(a)) }

func (p *phase) get() (activity, uint64) {
	v := p.v.Load()
	return activity(v & 7), v >> 3
}

// watchClients runs until the server is stopped.
func (s *Server) watchClients() {
	defer s.watching.Done()
	t := time.NewTicker(s.o.WatchInterval)
	defer t.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-t.C:
			now := s.ticks.Add(1)
			s.each(func(c *conn) { s.look(c, now) })
		}
	}
}

// look judges one connection. A phase began somewhere within its tick, so a time is over only when a whole further tick has passed.
func (s *Server) look(c *conn, now uint64) {
	what, since := c.phase.get()
	if now <= since {
		return
	}
	lasted := time.Duration(now-since-1) * s.o.WatchInterval
	switch {
	case what == writing && lasted >= s.o.WriteTimeout:
		s.o.Log.Warn("client does not read: closing its connection", "session", c.id, "after", lasted)
		c.abort()
	case what == executing && lasted >= s.o.WatchInterval && clientGone(c.net):
		s.o.Log.Info("client left while its statement ran", "session", c.id)
		c.abort()
	case what == idle && s.o.IdleTimeout > 0 && lasted >= s.o.IdleTimeout:
		c.terminate(sqlerr.New(sqlerr.IdleSessionTimeout, "terminating connection due to idle-session timeout"))
	case what == idleInTransaction && s.o.IdleInTransactionTimeout > 0 && lasted >= s.o.IdleInTransactionTimeout:
		c.terminate(sqlerr.New(sqlerr.IdleInTransactionTimeout, "terminating connection due to idle-in-transaction timeout"))
	}
}
