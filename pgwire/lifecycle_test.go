package pgwire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/pgwire/wiretest"
)

// connect opens a session and reads up to its first ReadyForQuery.
func connect(t *testing.T, addr string) *wiretest.Client {
	t.Helper()
	c, err := wiretest.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.Startup(t, map[string]string{"user": "test"})
	expect(t, c, "", "ReadyForQuery")
	return c
}

// expect reads until the named message and wants text in what came.
func expect(t *testing.T, c *wiretest.Client, text, until string) {
	t.Helper()
	got, err := c.Until(until)
	var all strings.Builder
	for _, m := range got {
		all.WriteString(m.Text + "\n")
	}
	if err != nil {
		t.Fatalf("waiting for %s: %v\n%s", until, err, all.String())
	}
	if !strings.Contains(all.String(), text) {
		t.Fatalf("want %q in\n%s", text, all.String())
	}
}

// expectClosed wants the error text and then the end of the connection.
func expectClosed(t *testing.T, c *wiretest.Client, text string) {
	t.Helper()
	if text != "" {
		expect(t, c, text, "ErrorResponse")
	}
	got, err := c.Until("nothing")
	var ne net.Error
	if err == nil || errors.As(err, &ne) && ne.Timeout() {
		t.Fatalf("the connection is open: %v, %v", got, err)
	}
}

func query(t *testing.T, c *wiretest.Client, sql string) {
	t.Helper()
	c.Send(t, `Query {"String": "`+sql+`"}`)
}

func TestEncryptionIsDeclined(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, code := range []uint32{1234<<16 | 5680, 1234<<16 | 5679} { // GSS first, as libpq does
		nc.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), code))
		var answer [1]byte
		if _, err := io.ReadFull(nc, answer[:]); err != nil || answer[0] != 'N' {
			t.Fatalf("answer %q, %v", answer, err)
		}
	}
	nc.Write(startupPacket(3<<16, "user", "ann"))
	if m := readMessage(t, nc); m[0] != 'R' {
		t.Fatalf("want AuthenticationOk, got %q", m)
	}
}

// A client that asks for a newer minor version or for extensions is told what there is, before AuthenticationOk.
func TestProtocolVersionIsNegotiated(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	for _, test := range []struct {
		packet, want []byte
	}{
		{startupPacket(3<<16|2, "user", "ann"), []byte("v\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00")},
		{startupPacket(3<<16, "user", "ann", "_pq_.zip", "on"), []byte("v\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01_pq_.zip\x00")},
	} {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.Write(test.packet)
		if m := readMessage(t, nc); !bytes.Equal(m, test.want) {
			t.Errorf("got %q, want %q", m, test.want)
		}
		if m := readMessage(t, nc); m[0] != 'R' {
			t.Errorf("want AuthenticationOk, got %q", m)
		}
	}
}

func startupPacket(version uint32, params ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, version)
	for _, p := range params {
		body = append(append(body, p...), 0)
	}
	body = append(body, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

func readMessage(t *testing.T, r net.Conn) []byte {
	t.Helper()
	r.SetReadDeadline(time.Now().Add(10 * time.Second))
	m := make([]byte, 5)
	if _, err := io.ReadFull(r, m); err != nil {
		t.Fatal(err)
	}
	m = append(m, make([]byte, binary.BigEndian.Uint32(m[1:])-4)...)
	if _, err := io.ReadFull(r, m[5:]); err != nil {
		t.Fatal(err)
	}
	return m
}

func cancelRequest(t *testing.T, addr string, pid, secret uint32) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var b []byte
	for _, v := range []uint32{16, 1234<<16 | 5678, pid, secret} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	nc.Write(b)
	nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := nc.Read(b); err != io.EOF {
		t.Fatalf("a cancel request is answered by hanging up, not by %v", err)
	}
}

func TestCancelRequest(t *testing.T) {
	_, fake, addr := serve(t, pgwire.Options{})
	c := connect(t, addr)

	// Neither a wrong secret nor a request while idle does anything.
	cancelRequest(t, addr, c.PID, c.Secret)
	query(t, c, "wait")
	<-fake.waiting
	cancelRequest(t, addr, c.PID, c.Secret+1)
	cancelRequest(t, addr, c.PID+1, c.Secret)
	fake.release <- struct{}{}
	expect(t, c, "WAIT", "ReadyForQuery")

	query(t, c, "wait")
	<-fake.waiting
	cancelRequest(t, addr, c.PID, c.Secret)
	expect(t, c, `"57014","Message":"canceling statement due to user request"`, "ReadyForQuery")

	// The next statement is not concerned; the extended protocol can be cancelled too.
	query(t, c, "insert")
	expect(t, c, "INSERT", "ReadyForQuery")
	for _, m := range []string{`Parse {"Query": "wait"}`, "Bind", "Execute", "Sync"} {
		c.Send(t, m)
	}
	<-fake.waiting
	cancelRequest(t, addr, c.PID, c.Secret)
	expect(t, c, "57014", "ReadyForQuery")
}

// A COPY that waits for its client can be cancelled; what was sent of the next message is not lost.
func TestCancelCopy(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{})
	c := connect(t, addr)
	query(t, c, "copyin")
	expect(t, c, "", "CopyInResponse")
	c.Write([]byte("d\x00\x00")) // the beginning of a CopyData
	cancelRequest(t, addr, c.PID, c.Secret)
	expect(t, c, "57014", "ReadyForQuery")
	c.Write([]byte("\x00\x06ab"))
	query(t, c, "insert")
	expect(t, c, "INSERT", "ReadyForQuery")
}

func TestTooManyConnections(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{MaxConnections: 2})
	first := connect(t, addr)
	connect(t, addr)
	third, err := wiretest.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	third.Startup(t, map[string]string{"user": "test"})
	expectClosed(t, third, `"FATAL","Code":"53300","Message":"sorry, too many clients already"`)

	// Who leaves makes room.
	first.Send(t, "Terminate")
	expectClosed(t, first, "")
	connect(t, addr)
}

// Shutdown ends idle sessions at once, lets a statement finish, and accepts nobody.
func TestShutdownDrains(t *testing.T) {
	s, fake, addr := serve(t, pgwire.Options{})
	idle, busy, copying := connect(t, addr), connect(t, addr), connect(t, addr)
	query(t, busy, "wait")
	<-fake.waiting
	query(t, copying, "copyin")
	expect(t, copying, "", "CopyInResponse")
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()

	const message = `"FATAL","Code":"57P01","Message":"terminating connection due to administrator command"`
	expectClosed(t, idle, message)
	expectClosed(t, copying, message)
	if c, err := wiretest.Dial(addr); err == nil {
		c.Close()
		t.Error("a connection is accepted")
	}
	fake.release <- struct{}{}
	expect(t, busy, "WAIT", "ReadyForQuery")
	expectClosed(t, busy, message)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// When its time is over, Shutdown cancels what still runs.
func TestShutdownCancels(t *testing.T) {
	s, fake, addr := serve(t, pgwire.Options{})
	c := connect(t, addr)
	query(t, c, "wait")
	<-fake.waiting
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	expectClosed(t, c, `"FATAL","Code":"57P01"`)
}

func TestIdleTimeouts(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{IdleTimeout: 50 * time.Millisecond, WatchInterval: 10 * time.Millisecond})
	expectClosed(t, connect(t, addr), `"FATAL","Code":"57P05"`)

	_, fake, addr := serve(t, pgwire.Options{IdleInTransactionTimeout: 50 * time.Millisecond, WatchInterval: 10 * time.Millisecond})
	other := connect(t, addr)
	query(t, other, "wait")
	<-fake.waiting
	c := connect(t, addr)
	query(t, c, "begin")
	expect(t, c, `"T"`, "ReadyForQuery")
	expectClosed(t, c, `"FATAL","Code":"25P03"`)
	fake.release <- struct{}{} // not idle, not in a transaction: not concerned
	expect(t, other, "WAIT", "ReadyForQuery")
}

// A connection that says nothing, or half a packet, is closed.
func TestStartupTimeout(t *testing.T) {
	_, _, addr := serve(t, pgwire.Options{StartupTimeout: 50 * time.Millisecond})
	for _, part := range []string{"", "\x00\x00\x00\x20\x00\x03"} {
		c, err := wiretest.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte(part))
		expectClosed(t, c, "")
	}
}

// readListener gives connections that tell when the server asks for more than the first n bytes.
type readListener struct {
	net.Listener
	n    int
	more chan struct{}
}

func (l *readListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &readConn{Conn: c, of: l}, err
}

type readConn struct {
	net.Conn
	of    *readListener
	total int
}

func (c *readConn) Read(p []byte) (int, error) {
	before := c.total < c.of.n
	n, err := c.Conn.Read(p)
	if c.total += n; before && c.total >= c.of.n {
		c.of.more <- struct{}{}
	}
	return n, err
}

// What clients send at once is bounded in sum; who goes beyond loses the connection, and what he had is free again.
func TestMessageMemory(t *testing.T) {
	s, _, addr := serve(t, pgwire.Options{MessageMemory: 1 << 20})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read := &readListener{Listener: l, n: 700 << 10, more: make(chan struct{}, 1)}
	go s.Serve(read) // the other one's end says enough
	for range 3 {
		half, over := connect(t, l.Addr().String()), connect(t, addr)
		half.Write(append([]byte("Q\x00\x0b\x00\x00"), make([]byte, 700<<10)...)) // of 720 kB
		<-read.more
		if n := pgwire.MessageMemoryInUse(s); n < 600<<10 {
			t.Errorf("of a message of 700 kB %d bytes are counted", n)
		}
		go over.Write(append([]byte("Q\x00\x10\x00\x00"), make([]byte, 1<<20)...))
		expect(t, over, `"FATAL","Code":"53200","Message":"out of memory"`, "ErrorResponse")
		half.Write(make([]byte, 0xb0000-4-(700<<10)))
		half.Write([]byte("S\x00\x00\x00\x04"))
		expect(t, half, "", "ReadyForQuery")
		half.Send(t, "Terminate")
		expectClosed(t, half, "")
		expectClosed(t, over, "")
		if n := pgwire.MessageMemoryInUse(s); n != 0 {
			t.Errorf("%d bytes are not given back", n)
		}
	}
}

// A client that reads nothing does not hold its session for ever.
func TestWriteTimeout(t *testing.T) {
	_, fake, addr := serve(t, pgwire.Options{WriteTimeout: 50 * time.Millisecond, WatchInterval: 10 * time.Millisecond})
	c := connect(t, addr)
	query(t, c, "series 100000000")
	<-fake.ended
}

// A client that leaves cancels its statement, also when it says goodbye first.
func TestClientLeaves(t *testing.T) {
	_, fake, addr := serve(t, pgwire.Options{WatchInterval: 10 * time.Millisecond})
	if !canSeeClientsLeave {
		t.Log("this platform notices at the next write only")
	}
	for _, bye := range []string{"", "X\x00\x00\x00\x04"} {
		c := connect(t, addr)
		query(t, c, "wait")
		<-fake.waiting
		c.Write([]byte(bye))
		c.Close()
		if !canSeeClientsLeave {
			fake.release <- struct{}{}
		}
		<-fake.ended
	}
}

// A panic in a session is logged with its stack, and no other session hears of it.
func TestPanicIsLogged(t *testing.T) {
	var log syncBuffer
	_, _, addr := serve(t, pgwire.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	c, other := connect(t, addr), connect(t, addr)
	query(t, c, "panic")
	expectClosed(t, c, `"FATAL","Code":"XX000"`)
	query(t, other, "insert")
	expect(t, other, "INSERT", "ReadyForQuery")
	if s := log.String(); !strings.Contains(s, "the fake's bug") || !strings.Contains(s, "fake_test.go") {
		t.Errorf("log: %s", s)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
