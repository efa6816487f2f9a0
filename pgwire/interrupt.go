package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// interrupts is the context of a connection's statements. One context serves statement after statement until it is cancelled, so that a
// statement costs two uncontended locks and no allocation.
type interrupts struct {
	mu      sync.Mutex
	parent  context.Context
	ctx     context.Context
	cancel  context.CancelCauseFunc
	running bool // between the first message after an idle time and ReadyForQuery
	copying bool // waiting for the client's COPY data
}

func (i *interrupts) init(parent context.Context) {
	i.parent = parent
	i.ctx, i.cancel = context.WithCancelCause(parent)
}

// begin is called by the connection when it has something to do: from now on a cancel request concerns it.
func (i *interrupts) begin() {
	i.mu.Lock()
	i.running = true
	i.mu.Unlock()
}

// end is called after ReadyForQuery: a cancel request that comes too late must not hit the next statement.
func (i *interrupts) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.running = false
	if i.ctx.Err() != nil && i.parent.Err() == nil {
		i.ctx, i.cancel = context.WithCancelCause(i.parent)
	}
}

func (i *interrupts) release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cancel(nil)
}

// context is the running statement's; the connection's own goroutine alone replaces it.
func (c *conn) context() context.Context { return c.interrupts.ctx }

// reason is why the statement that returned err was interrupted, in the words for the client; else err itself.
func (c *conn) reason(err error) *sqlerr.Error {
	e := sqlerr.From(err)
	ctx := c.context()
	if ctx.Err() == nil || e.Code != sqlerr.QueryCanceled && !errors.Is(err, context.Canceled) {
		return e
	}
	var cause *sqlerr.Error
	if errors.As(context.Cause(ctx), &cause) {
		return cause
	}
	return adminShutdown() // the server's own context ended
}

// The methods below are called by other goroutines.

// interrupt cancels the running statement, if there is one.
func (c *conn) interrupt(cause *sqlerr.Error) {
	i := &c.interrupts
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.running {
		return
	}
	i.cancel(cause)
	if i.copying {
		c.net.SetReadDeadline(past)
	}
}

// terminate ends the session with e when its statement is done; at once if it is idle.
func (c *conn) terminate(e *sqlerr.Error) {
	if c.ending.CompareAndSwap(nil, e) {
		c.net.SetReadDeadline(past)
	}
}

// abort ends the connection now, whatever it does; the client hears nothing.
func (c *conn) abort() {
	c.interrupts.mu.Lock()
	c.interrupts.cancel(sqlerr.New(sqlerr.ConnectionFailure, "connection to client lost"))
	c.interrupts.mu.Unlock()
	if t, ok := c.net.(*net.TCPConn); ok {
		t.SetLinger(0) // do not keep what a client that never reads will not read
	}
	c.net.Close()
}

// past is a deadline that makes a waiting read return.
var past = time.Unix(1, 0)

// clearDeadline lets reads wait again after an interrupt, unless the connection is to end.
func (c *conn) clearDeadline() {
	c.net.SetReadDeadline(time.Time{})
	if c.ending.Load() != nil {
		c.net.SetReadDeadline(past)
	}
}

// newSecret is the key of CancelRequest.
func newSecret() uint32 {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}

func (c *conn) hasSecret(s uint32) bool {
	var a, b [4]byte
	binary.BigEndian.PutUint32(a[:], c.secret)
	binary.BigEndian.PutUint32(b[:], s)
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
