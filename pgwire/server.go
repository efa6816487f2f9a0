package pgwire

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// Options of a server. Zero values choose the defaults.
type Options struct {
	Backend Backend
	Log     *slog.Logger // default: slog.Default

	MaxConnections int           // default 100; more are refused with 53300
	MaxMessage     int           // bytes of one message, default 256 MiB; a longer one ends its connection
	MessageMemory  int64         // bytes of all clients' messages over 64 KiB while they are being received, default 1 GiB
	StartupTimeout time.Duration // from accept to the first ReadyForQuery, default 30 s
	WriteTimeout   time.Duration // that a client may leave a full socket unread, default 2 min

	// IdleTimeout and IdleInTransactionTimeout end a session that sends nothing, outside and inside a transaction block; 0: never.
	IdleTimeout              time.Duration
	IdleInTransactionTimeout time.Duration

	// WatchInterval is how often clients are looked after (see watch.go), and so the precision of the timeouts above; default 1 s.
	WatchInterval time.Duration
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	setDefault(&o.MaxConnections, 100)
	setDefault(&o.MaxMessage, 256<<20)
	setDefault(&o.MessageMemory, 1<<30)
	setDefault(&o.StartupTimeout, 30*time.Second)
	setDefault(&o.WriteTimeout, 2*time.Minute)
	setDefault(&o.WatchInterval, time.Second)
}

func setDefault[T int | int64 | time.Duration](p *T, v T) {
	if *p <= 0 {
		*p = v
	}
}

// Server accepts connections and gives each a session of its backend. All methods may be called concurrently.
type Server struct {
	o Options

	// base is the parent of every statement's context; stop ends it when the server is closed for good.
	base context.Context
	stop context.CancelFunc

	mu        sync.Mutex
	closing   bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	sessions  map[uint32]*conn // those past startup, by the process id that CancelRequest names
	lastID    uint32

	serving  sync.WaitGroup // connections
	messages atomic.Int64   // bytes of MessageMemory in use
	ticks    atomic.Uint64  // of the watch
	watch    sync.Once
	watching sync.WaitGroup
}

// NewServer makes a server; nothing runs before Serve.
func NewServer(o Options) *Server {
	o.setDefaults()
	base, stop := context.WithCancel(context.Background())
	return &Server{
		o:         o,
		base:      base,
		stop:      stop,
		listeners: map[net.Listener]struct{}{},
		conns:     map[*conn]struct{}{},
		sessions:  map[uint32]*conn{},
	}
}

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("pgwire: server closed")

// Serve accepts connections until the listener fails or the server is closed, and closes the listener.
func (s *Server) Serve(l net.Listener) error {
	if !s.addListener(l) {
		l.Close()
		return ErrServerClosed
	}
	defer s.removeListener(l)
	for wait := time.Duration(0); ; {
		nc, err := l.Accept()
		if err == nil {
			wait = 0
			s.accept(nc)
			continue
		}
		if s.isClosing() {
			return ErrServerClosed
		}
		if !isResourceShortage(err) {
			return err
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		s.o.Log.Warn("accepting a connection", "err", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-s.base.Done():
			return ErrServerClosed
		}
	}
}

// accept starts a connection's goroutine. Connections that are still starting are bounded too, so that half-open ones cannot
// exhaust the process; those beyond are closed without a word.
func (s *Server) accept(nc net.Conn) {
	s.mu.Lock()
	starting := len(s.conns) - len(s.sessions)
	if s.closing || starting >= s.o.MaxConnections+64 {
		s.mu.Unlock()
		nc.Close()
		return
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.serving.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.serving.Done()
		c.serve()
	}()
}

// isResourceShortage: accepting may work again when others have closed theirs.
func isResourceShortage(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// register gives a connection that finished its startup packet an id, if there is room.
func (s *Server) register(c *conn) *sqlerr.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return sqlerr.New(sqlerr.CannotConnectNow, "the database system is shutting down")
	case len(s.sessions) >= s.o.MaxConnections:
		return sqlerr.New(sqlerr.TooManyConnections, "sorry, too many clients already")
	}
	for taken := true; taken; _, taken = s.sessions[s.lastID] {
		s.lastID = s.lastID%(1<<31-1) + 1 // clients read it as a signed number
	}
	c.id = s.lastID
	s.sessions[c.id] = c
	return nil
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.id != 0 {
		delete(s.sessions, c.id)
	}
}

// cancel does what a CancelRequest asks. Like PostgreSQL it tells nobody whether there was such a session.
func (s *Server) cancel(id, secret uint32) {
	s.mu.Lock()
	c := s.sessions[id]
	s.mu.Unlock()
	if c != nil && c.hasSecret(secret) {
		c.interrupt(sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request"))
	}
}

// reserve takes n bytes of MessageMemory, if there are so many; a negative n gives them back.
func (s *Server) reserve(n int) bool {
	if s.messages.Add(int64(n)) > s.o.MessageMemory && n > 0 {
		s.messages.Add(int64(-n))
		return false
	}
	return true
}

// Connections is the number of sessions.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// closeGrace is how long Shutdown waits for cancelled statements before it closes their sockets.
const closeGrace = 2 * time.Second

// Shutdown stops accepting, ends idle sessions with 57P01, and lets running statements finish until ctx ends; then it cancels them. It
// returns when every session is closed; ctx's error if statements had to be cancelled.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.Close()
	s.closeListeners()
	s.each(func(c *conn) { c.terminate(adminShutdown()) })
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.each(func(c *conn) { c.interrupt(adminShutdown()) })
	select {
	case <-done:
	case <-time.After(closeGrace):
	}
	return ctx.Err()
}

// Close ends everything at once: statements are cancelled and sockets closed. It returns when all sessions are closed.
func (s *Server) Close() {
	s.closeListeners()
	s.stop()
	s.each(func(c *conn) { c.abort() })
	s.serving.Wait()
	s.watching.Wait()
}

func adminShutdown() *sqlerr.Error {
	return sqlerr.New(sqlerr.AdminShutdown, "terminating connection due to administrator command")
}

func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

func (s *Server) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.listeners[l] = struct{}{}
	s.watch.Do(func() {
		s.watching.Add(1)
		go s.watchClients()
	})
	return true
}

func (s *Server) removeListener(l net.Listener) {
	l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	for l := range s.listeners {
		l.Close()
	}
}
