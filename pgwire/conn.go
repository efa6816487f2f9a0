package pgwire

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// conn is one client's connection. Its goroutine runs serve; what other goroutines may call is in interrupt.go.
type conn struct {
	srv     *Server
	net     net.Conn
	id      uint32 // 0 until registered
	secret  uint32
	log     *slog.Logger
	in      reader
	out     buffer
	session Session
	phase   phase

	// Settings: what the client was told, and what has changed since the last ReadyForQuery.
	reported, changed map[string]string

	interrupts interrupts
	ending     atomic.Pointer[sqlerr.Error] // set: end with this at the next boundary

	// Of the extended protocol. skipping: an error was sent, and everything until Sync is ignored.
	statements map[string]*statement
	portals    map[string]*portal
	skipping   bool
	boundary   bool // no message has come since the last ReadyForQuery

	// Of the current message.
	sql     string // the text that errors' positions are in
	results results
	bindMsg bindMessage
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{
		srv:        s,
		net:        nc,
		secret:     newSecret(),
		log:        s.o.Log,
		reported:   map[string]string{},
		changed:    map[string]string{},
		statements: map[string]*statement{},
		portals:    map[string]*portal{},
	}
	c.in = reader{src: nc, maxMessage: s.o.MaxMessage, reserve: s.reserve}
	c.out.dst = (*watchedWriter)(c)
	c.interrupts.init(s.base)
	return c
}

// watchedWriter is the connection's socket for writing, under the eye of the watch.
type watchedWriter conn

func (w *watchedWriter) Write(p []byte) (int, error) {
	before, _ := w.phase.get()
	w.phase.set(writing, w.srv.ticks.Load())
	n, err := w.net.Write(p)
	w.phase.set(before, w.srv.ticks.Load())
	return n, err
}

// serve is the life of the connection.
func (c *conn) serve() {
	defer c.close()
	defer c.recoverPanic()
	if !c.start() {
		return
	}
	for {
		typ, body, err := c.receive()
		if err != nil {
			c.hangUp(err)
			return
		}
		if !c.dispatch(typ, body) || c.out.err != nil {
			return
		}
	}
}

func (c *conn) close() {
	defer c.net.Close() // the last: who sees that it is closed finds its place free
	defer c.srv.forget(c)
	defer c.interrupts.release()
	defer c.in.release()
	defer c.recoverPanic()
	if c.session != nil {
		c.session.Close()
	}
}

// recoverPanic ends this session alone when the code below it has a bug.
func (c *conn) recoverPanic() {
	if r := recover(); r != nil {
		c.log.Error("panic in session", "panic", r, "stack", string(debug.Stack()))
		c.fatal(sqlerr.New(sqlerr.InternalError, "internal error: %v", r).WithHint("This is a bug in streamsql; the server's log has the details."))
	}
}

// receive waits for the next message, as idle if it must.
func (c *conn) receive() (typ byte, body []byte, err error) {
	if e := c.ending.Load(); e != nil && c.boundary {
		return 0, nil, e
	}
	if !c.in.buffered() {
		c.phase.set(c.idleness(), c.srv.ticks.Load())
	}
	typ, body, err = c.in.next()
	if err != nil {
		if e := c.ending.Load(); e != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			err = e
		}
		return 0, nil, err
	}
	c.phase.set(executing, c.srv.ticks.Load())
	c.interrupts.begin()
	c.boundary = false
	return typ, body, nil
}

func (c *conn) idleness() activity {
	if c.session.Status() == 'I' {
		return idle
	}
	return idleInTransaction
}

// dispatch handles a message; false ends the connection.
func (c *conn) dispatch(typ byte, body []byte) bool {
	if c.skipping && typ != 'S' && typ != 'X' {
		return true
	}
	switch typ {
	case 'Q':
		c.query(body)
	case 'P', 'B', 'D', 'E', 'C':
		c.extended(typ, body)
	case 'S':
		c.sync()
	case 'H':
		c.out.flush()
	case 'F':
		c.sendError(sqlerr.New(sqlerr.FeatureNotSupported, "function calls of the protocol are not supported").
			WithHint("Call the function with SELECT."), "")
		c.ready()
	case 'd', 'c', 'f':
		// A client that has not yet heard that its COPY failed goes on sending; PostgreSQL ignores it too.
	case 'X':
		return false
	}
	return true
}

// ready ends what the client waits for and sends it off.
func (c *conn) ready() {
	if len(c.changed) > 0 {
		c.reportParameters()
	}
	c.out.b = append(c.out.b, 'Z', 0, 0, 0, 5, c.session.Status())
	c.interrupts.end() // before the client can know: a cancel request that comes later is for what comes later
	c.boundary = true
	c.out.flush()
}

// hangUp ends the connection after a failed read, with a word where the client may still listen.
func (c *conn) hangUp(err error) {
	var e *sqlerr.Error
	switch {
	case errors.As(err, &e):
		c.log.Info("ending session", "code", e.Code, "reason", e.Message)
		c.fatal(e)
	case errors.Is(err, io.EOF) && c.boundary && c.session.Status() == 'I', errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
	default:
		c.log.Debug("connection lost", "err", err)
	}
}

// fatal sends an error that ends the connection; the write must not wait for a client that does not read.
func (c *conn) fatal(e *sqlerr.Error) {
	c.net.SetWriteDeadline(time.Now().Add(time.Second))
	c.out.message(errorResponse(severityFatal, e, ""))
	c.out.flush()
}
