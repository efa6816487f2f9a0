package pgwire

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"testing/iotest"
)

// FuzzReader cuts any bytes into messages: whole and byte by byte with the same outcome, never with more memory than was sent.
func FuzzReader(f *testing.F) {
	f.Add([]byte("Q\x00\x00\x00\x0dselect 1\x00S\x00\x00\x00\x04"))
	f.Add([]byte("B\x00\x00\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff\xff\xfe\x00\x00\x00\x00"))
	f.Add([]byte("Q\xff\xff\xff\xff"))
	f.Add([]byte("d\x0f\xff\xff\xffabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := readAll(t, bytes.NewReader(data), len(data))
		split := readAll(t, iotest.OneByteReader(bytes.NewReader(data)), len(data))
		if whole != split {
			t.Errorf("whole:\n%s\nbyte by byte:\n%s", whole, split)
		}
	})
}

func reserved(int) bool { return true }

func readAll(t *testing.T, src io.Reader, sent int) string {
	r := reader{src: src, maxMessage: 256 << 20, reserve: reserved}
	var seen []byte
	for {
		typ, body, err := r.next()
		if len(r.buf) > max(2*sent, bulkBufferSize) {
			t.Fatalf("a buffer of %d bytes after %d", len(r.buf), sent)
		}
		if err != nil {
			return string(seen) + err.Error()
		}
		seen = append(append(append(seen, typ), body...), '\n')
	}
}

// FuzzBind decodes any bytes as a Bind: what is accepted is as long as it says.
func FuzzBind(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\xff\xff\xff\xfe\x00\x00"))
	f.Add([]byte("p\x00s\x00\x00\x01\x00\x01\x00\x02\x00\x00\x00\x01x\xff\xff\xff\xff\x00\x01\x00\x01"))
	var m bindMessage
	f.Fuzz(func(t *testing.T, body []byte) {
		if !m.decode(body) {
			return
		}
		size := len(m.portal) + 1 + len(m.statement) + 1 + 2 + 2*len(m.paramFormats) + 2 + 2 + 2*len(m.resultFormats)
		for _, p := range m.params {
			size += 4 + len(p)
		}
		if size != len(body) {
			t.Errorf("%d bytes give a message of %d: %+v", len(body), size, m)
		}
	})
}

// FuzzStartup reads any bytes as startup parameters.
func FuzzStartup(f *testing.F) {
	f.Add([]byte("user\x00ann\x00options\x00-c a=b\\ c --d-e=f -cx=y\x00\x00"))
	f.Add([]byte("user\x00ann\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		params, _, err := startupParameters(body)
		if err == nil && params["user"] == "" {
			t.Error("no user")
		}
	})
}

// A large message comes whole, the buffer is given back after it, and what follows is not lost.
func TestReaderLargeMessage(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 3<<20)
	in := append([]byte{'d'}, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))...)
	in = append(append(in, body...), "S\x00\x00\x00\x04"...)
	r := reader{src: iotest.HalfReader(bytes.NewReader(in)), maxMessage: 256 << 20, reserve: reserved}
	if typ, got, err := r.next(); err != nil || typ != 'd' || !bytes.Equal(got, body) {
		t.Fatalf("%c, %d bytes, %v", typ, len(got), err)
	}
	if typ, got, err := r.next(); err != nil || typ != 'S' || len(got) != 0 {
		t.Fatalf("%c, %d bytes, %v", typ, len(got), err)
	}
	if _, _, err := r.next(); err != io.EOF || len(r.buf) > bulkBufferSize {
		t.Fatalf("%v; %d bytes are kept", err, len(r.buf))
	}
}
