package pgwire_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/pgwire/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server with a fake backend until the test ends; its sessions must all be closed by then.
func serve(t testing.TB, o pgwire.Options) (*pgwire.Server, *fakeBackend, string) {
	t.Helper()
	fake := newFakeBackend()
	o.Backend = fake
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := pgwire.NewServer(o)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, pgwire.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
		if o, c := fake.opened.Load(), fake.closed.Load(); o != c {
			t.Errorf("%d sessions opened, %d closed", o, c)
		}
	})
	return s, fake, l.Addr().String()
}

// TestScripts plays testdata/*.wire against the fake session.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.wire")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			_, _, addr := serve(t, pgwire.Options{})
			wiretest.Run(t, f, addr)
		})
	}
}
