package pgwire

import (
	"encoding/binary"
	"io"

	"github.com/streamsql/streamsql/sqlerr"
)

const (
	readBufferSize = 8 << 10
	bulkBufferSize = 64 << 10  // for a client that fills the small one: COPY, pipelines
	keepBufferSize = 256 << 10 // a larger one is given back after the message that needed it

	// maxSmallMessage bounds the messages that have no reason to be long, as PostgreSQL's PQ_SMALL_MESSAGE_LIMIT.
	maxSmallMessage = 10_000
	maxStartup      = 10_000
)

// reader cuts the client's byte stream into messages. It checks a length before it makes room for it, and makes room only as bytes
// arrive: a header that promises 4 GiB costs the sender more than us.
type reader struct {
	src    io.Reader
	buf    []byte // buf[r:w] is read and not yet taken
	r, w   int
	filled bool // a read filled buf

	// reserve asks for room for n bytes more than a small message takes (n < 0: gives it back).
	reserve    func(n int) bool
	maxMessage int
}

// next gives the type and body of the next message; body is valid until the next call. Errors of the source, io.EOF between messages and
// io.ErrUnexpectedEOF within one; after a timeout next may be called again. A *sqlerr.Error is fatal: the stream has no frame any more.
func (r *reader) next() (typ byte, body []byte, err error) {
	if r.r == r.w && len(r.buf) > keepBufferSize {
		r.release()
	}
	if err := r.need(5); err != nil {
		return 0, nil, err
	}
	typ = r.buf[r.r]
	n := binary.BigEndian.Uint32(r.buf[r.r+1:])
	if err := r.check(typ, n); err != nil {
		return 0, nil, err
	}
	if err := r.need(1 + int(n)); err != nil {
		return 0, nil, err
	}
	body = r.buf[r.r+5 : r.r+1+int(n) : r.r+1+int(n)]
	r.r += 1 + int(n)
	return typ, body, nil
}

// startup gives the body of a startup packet, which has no type.
func (r *reader) startup() ([]byte, error) {
	if err := r.need(4); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(r.buf[r.r:])
	if n < 8 || n > maxStartup {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid length of startup packet")
	}
	if err := r.need(int(n)); err != nil {
		return nil, err
	}
	body := r.buf[r.r+4 : r.r+int(n)]
	r.r += int(n)
	return body, nil
}

// check judges a header: a type that no client sends, or a length (which counts itself) beyond the type's limit.
func (r *reader) check(typ byte, n uint32) error {
	limit := uint32(maxSmallMessage)
	switch typ {
	case 'Q', 'P', 'B', 'd', 'F':
		limit = uint32(r.maxMessage)
	case 'C', 'D', 'E', 'H', 'S', 'X', 'c', 'f':
	default:
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid frontend message type %d", typ)
	}
	if n < 4 {
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid message length")
	}
	if n-4 > limit {
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid message length").
			WithDetail("The message has %d bytes; at most %d are read.", n-4, limit)
	}
	return nil
}

// buffered tells whether next would return without reading.
func (r *reader) buffered() bool {
	have := r.w - r.r
	return have >= 5 && have > int(binary.BigEndian.Uint32(r.buf[r.r+1:]))
}

// syncNext tells whether the next message is a Sync and already here.
func (r *reader) syncNext() bool { return r.buffered() && r.buf[r.r] == 'S' }

// need reads until n bytes are there to take.
func (r *reader) need(n int) error {
	for r.w-r.r < n {
		if !r.makeRoom(n) {
			return sqlerr.New(sqlerr.OutOfMemory, "out of memory").
				WithDetail("The messages that clients are sending together take too much; this one has %d bytes.", n)
		}
		m, err := r.src.Read(r.buf[r.w:])
		r.w += m
		r.filled = r.filled || r.w == len(r.buf)
		if m > 0 {
			continue
		}
		if err == io.EOF && r.w > r.r {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// makeRoom leaves a free byte at least, for a message of which n bytes are needed. The buffer doubles, and only when it is full.
func (r *reader) makeRoom(n int) bool {
	size := max(len(r.buf), readBufferSize)
	switch {
	case r.filled && size < bulkBufferSize:
		size = bulkBufferSize
	case r.r == 0 && r.w == len(r.buf):
		size = max(size, min(2*len(r.buf), n))
	case r.r > 0 && (r.r == r.w || r.r+n > len(r.buf)):
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
	}
	if size == len(r.buf) {
		return true
	}
	if more := beyondSmall(size) - beyondSmall(len(r.buf)); more > 0 && !r.reserve(more) {
		return false
	}
	grown := make([]byte, size)
	r.w = copy(grown, r.buf[r.r:r.w])
	r.r, r.buf = 0, grown
	return true
}

// release gives the buffer back; what it held is lost.
func (r *reader) release() {
	if n := beyondSmall(len(r.buf)); n > 0 {
		r.reserve(-n)
	}
	r.buf, r.r, r.w, r.filled = nil, 0, 0, false
}

func beyondSmall(size int) int { return max(size-bulkBufferSize, 0) }
