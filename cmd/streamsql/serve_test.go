package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// process is a streamsql command line that runs in this process.
type process struct {
	cancel   context.CancelFunc
	code     chan int
	out, log syncBuffer
}

func runInBackground(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{cancel: cancel, code: make(chan int, 1)}
	go func() { p.code <- run(ctx, args, &p.out, &p.log) }()
	t.Cleanup(cancel)
	return p
}

// waitFor returns the first match of pattern in what b holds, or will.
func (p *process) waitFor(t *testing.T, b *syncBuffer, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(30 * time.Second)
	for {
		text, more := b.watch()
		if m := re.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		select {
		case <-more:
		case code := <-p.code:
			t.Fatalf("ended with %d: %s%s", code, p.out.String(), p.log.String())
		case <-limit:
			t.Fatalf("no %s in\n%s%s", pattern, p.out.String(), p.log.String())
		}
	}
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	if code := <-p.code; code != 0 {
		t.Errorf("ended with %d: %s%s", code, p.out.String(), p.log.String())
	}
}

func connect(t *testing.T, addr string) *pgx.Conn {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%s user=test dbname=whatever sslmode=disable", host, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// What was written is there after a restart; meanwhile nobody else gets the data directory.
func TestServe(t *testing.T) {
	ctx := context.Background()
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--memory-limit", "256MiB"}
	first := runInBackground(t, args...)
	c := connect(t, first.waitFor(t, &first.log, `address=(\S+)`))
	if _, err := c.Exec(ctx, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(args...); code != 1 || !strings.Contains(stderr, data) || !strings.Contains(stderr, "in use") {
		t.Errorf("a second server on the same data: code %d: %s", code, stderr)
	}
	first.stop(t)
	if !strings.Contains(first.log.String(), "msg=closed") {
		t.Errorf("log: %s", first.log.String())
	}

	second := runInBackground(t, args...)
	c = connect(t, second.waitFor(t, &second.log, `address=(\S+)`))
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM t").Scan(&n); err != nil || n != 2 {
		t.Error(n, err)
	}
	second.stop(t)
}

func TestNewerFormat(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "FORMAT"), []byte("999\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command("--listen", "127.0.0.1:0", "--data", data)
	if code != 1 || !strings.Contains(stderr, "newer") || strings.Contains(stderr, "XX001") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

type syncBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed by the next Write; nil: nobody waits
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more != nil {
		close(b.more)
		b.more = nil
	}
	return b.b.Write(p)
}

// watch is what b holds, and a channel that is closed when there is more.
func (b *syncBuffer) watch() (string, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more == nil {
		b.more = make(chan struct{})
	}
	return b.b.String(), b.more
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
