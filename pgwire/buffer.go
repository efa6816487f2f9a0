package pgwire

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/jackc/pgproto3/v2"
)

// flushSize is how many bytes wait for one write. A session writes once per Sync, Flush, or this many bytes.
const flushSize = 64 << 10

// buffer collects messages to the client. After a failed write it swallows everything: err stays.
type buffer struct {
	dst io.Writer
	b   []byte
	err error
}

// message appends a message that pgproto3 encodes.
func (b *buffer) message(m pgproto3.BackendMessage) {
	out, err := m.Encode(b.b)
	if err != nil {
		b.fail(err)
		return
	}
	b.b = out
}

// begin starts a message of type typ; end, with its result, fills in the length.
func (b *buffer) begin(typ byte) (start int) {
	b.b = append(b.b, typ, 0, 0, 0, 0)
	return len(b.b) - 4
}

func (b *buffer) end(start int) { binary.BigEndian.PutUint32(b.b[start:], uint32(len(b.b)-start)) }

// empty appends a message without a body.
func (b *buffer) empty(typ byte) { b.b = append(b.b, typ, 0, 0, 0, 4) }

// cstring appends s up to a NUL, and its NUL.
func (b *buffer) cstring(s string) { b.b = append(append(b.b, untilNUL(s)...), 0) }

func untilNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func (b *buffer) uint16(v uint16) { b.b = binary.BigEndian.AppendUint16(b.b, v) }
func (b *buffer) uint32(v uint32) { b.b = binary.BigEndian.AppendUint32(b.b, v) }

// full tells whether it is time to flush.
func (b *buffer) full() bool { return len(b.b) >= flushSize }

func (b *buffer) flush() error {
	if b.err == nil && len(b.b) > 0 {
		_, b.err = b.dst.Write(b.b)
	}
	if cap(b.b) > 4*flushSize {
		b.b = nil // a huge row's
	}
	b.b = b.b[:0]
	return b.err
}

func (b *buffer) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}
