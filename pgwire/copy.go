package pgwire

import (
	"errors"
	"io"
	"os"

	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
)

// CopyIn implements result.Writer.
func (w *results) CopyIn(columns int, binary bool) (result.CopyReader, error) {
	w.copyResponse('G', columns, binary)
	if err := w.c.out.flush(); err != nil {
		return nil, err
	}
	return &copyReader{c: w.c}, nil
}

// CopyOut implements result.Writer.
func (w *results) CopyOut(columns int, binary bool) error {
	w.copyResponse('H', columns, binary)
	return w.c.out.err
}

// CopyData implements result.Writer.
func (w *results) CopyData(p []byte) error {
	m := w.c.out.begin('d')
	w.c.out.b = append(w.c.out.b, p...)
	w.c.out.end(m)
	if w.c.out.full() {
		return w.c.out.flush()
	}
	return w.c.out.err
}

// CopyDone implements result.Writer.
func (w *results) CopyDone() error {
	w.c.out.empty('c')
	return w.c.out.err
}

func (w *results) copyResponse(typ byte, columns int, binary bool) {
	var format byte
	if binary {
		format = 1
	}
	m := w.c.out.begin(typ)
	w.c.out.b = append(w.c.out.b, format)
	w.c.out.uint16(uint16(columns))
	for range columns {
		w.c.out.b = append(w.c.out.b, 0, format)
	}
	w.c.out.end(m)
}

// copyReader takes the client's data from the connection, inside the statement that asked for it.
type copyReader struct {
	c   *conn
	end error // what Next has ended with
}

// Next implements result.CopyReader.
func (r *copyReader) Next() ([]byte, error) {
	for r.end == nil {
		typ, body, err := r.receive()
		if err != nil {
			r.end = err
			break
		}
		switch typ {
		case 'd':
			return body, nil
		case 'c':
			r.end = io.EOF
		case 'f':
			reason, _, _ := cutString(body)
			r.end = sqlerr.New(sqlerr.QueryCanceled, "COPY from stdin failed: %s", clean(string(reason)))
		case 'H', 'S': // sent before the client knew that this is a COPY
		case 'X':
			r.end = sqlerr.New(sqlerr.ConnectionFailure, "client left during COPY from stdin")
			r.c.out.fail(errEnded)
		default:
			r.end = sqlerr.New(sqlerr.ProtocolViolation, "unexpected message type 0x%02X during COPY from stdin", typ)
		}
	}
	return nil, r.end
}

// receive waits for a message; a cancelled statement stops waiting.
func (r *copyReader) receive() (byte, []byte, error) {
	c := r.c
	if !c.in.buffered() {
		if !c.interrupts.setCopying(true) {
			return 0, nil, c.cancelled()
		}
		c.phase.set(copying, c.srv.ticks.Load())
		defer func() {
			c.phase.set(executing, c.srv.ticks.Load())
			if !c.interrupts.setCopying(false) {
				c.clearDeadline() // interrupt may have set it after the read was done
			}
		}()
	}
	typ, body, err := c.in.next()
	switch {
	case err == nil:
		return typ, body, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		if e := c.ending.Load(); e != nil {
			return 0, nil, e
		}
		return 0, nil, c.cancelled()
	}
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		e = sqlerr.New(sqlerr.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
	}
	c.out.fail(errEnded) // nothing more can be read
	return 0, nil, e
}

// setCopying notes that the connection waits for data, unless its statement was cancelled before.
func (i *interrupts) setCopying(on bool) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.copying = on
	return i.ctx.Err() == nil
}

func (c *conn) cancelled() error {
	return c.reason(sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request"))
}
