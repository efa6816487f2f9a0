package e2e

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/pgwire/wiretest"
	"github.com/streamsql/streamsql/session"
)

// backend is what cmd/streamsql wires: pgwire over session over engine.
type backend struct{ server *session.Server }

func (b backend) Open(ctx context.Context, params map[string]string) (pgwire.Session, error) {
	s, err := b.server.Open(ctx, params)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// start serves a new database until the test ends, and returns host and port.
func start(t *testing.T) (host, port string) {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{Dir: filepath.Join(t.TempDir(), "data"), MemoryLimit: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := pgwire.NewServer(pgwire.Options{
		Backend: backend{session.NewServer(e)},
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, pgwire.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
		if err := e.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	host, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func TestScripts(t *testing.T) {
	for _, f := range scripts(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			host, port := start(t)
			wiretest.Run(t, f, net.JoinHostPort(host, port))
		})
	}
}

func TestTraces(t *testing.T) {
	for _, f := range traces(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			host, port := start(t)
			wiretest.PlayTrace(t, f, net.JoinHostPort(host, port))
		})
	}
}
