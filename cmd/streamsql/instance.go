package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/pgwire"
	"github.com/streamsql/streamsql/session"
	"github.com/streamsql/streamsql/sqlerr"
)

// instance is a running server.
type instance struct {
	log      *slog.Logger
	engine   *engine.Engine
	wire     *pgwire.Server
	listener net.Listener
	served   chan error
}

type instanceOptions struct {
	listen         string
	data           string
	memory         int64
	maxConnections int
	log            *slog.Logger
}

// start opens the data directory and serves it. The address is taken first: a wrong one is found out before anything is written.
func start(ctx context.Context, o instanceOptions) (*instance, error) {
	l, err := listen(o.listen)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	e, err := engine.Open(ctx, engine.Options{Dir: o.data, MemoryLimit: o.memory})
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("opening %s: %w", o.data, inWords(err))
	}
	server := session.NewServer(e)
	if err := server.DropTemporary(ctx); err != nil {
		o.log.Warn("dropping what sessions of before left", "err", err)
	}
	i := &instance{
		log:      o.log,
		engine:   e,
		listener: l,
		wire: pgwire.NewServer(pgwire.Options{
			Backend:        backend{server},
			Log:            o.log,
			MaxConnections: o.maxConnections,
			MessageMemory:  o.memory / 8,
		}),
		served: make(chan error, 1),
	}
	go func() { i.served <- i.wire.Serve(l) }()
	o.log.Info("serving", "address", l.Addr().String(), "data", o.data, "memory_limit", formatSize(o.memory), "opened_in", time.Since(began).Round(time.Millisecond))
	if host, ok := l.Addr().(*net.TCPAddr); ok && !host.IP.IsLoopback() {
		o.log.Warn("there is no authentication yet: whoever reaches this address can read and change everything")
	}
	return i, nil
}

// wait returns when ctx ends or the listener fails.
func (i *instance) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-i.served:
		i.served <- err
		return fmt.Errorf("accepting connections: %w", err)
	}
}

// stop lets statements finish for as long as grace, and closes everything.
func (i *instance) stop(grace time.Duration) error {
	i.log.Info("shutting down", "sessions", i.wire.Connections(), "grace", grace)
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := i.wire.Shutdown(ctx); err != nil {
		i.log.Warn("statements were cancelled: they did not finish in time")
	}
	<-i.served
	if err := i.engine.Close(); err != nil {
		return fmt.Errorf("closing the database: %w", err)
	}
	i.log.Info("closed")
	return nil
}

// inWords is a database's error as a person reads it, without the code.
func inWords(err error) error {
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		return err
	}
	text := e.Message
	for _, more := range []string{e.Detail, e.Hint} {
		if more != "" {
			text += "\n" + more
		}
	}
	return errors.New(text)
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use, perhaps by another streamsql; choose another address with --listen", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("not allowed to listen on %s; ports below 1024 need privileges", addr)
	case err != nil:
		return nil, fmt.Errorf("--listen %s: %w", addr, err)
	}
	return l, nil
}

// backend makes pgwire.Sessions of the session package's: they know nothing of each other.
type backend struct{ server *session.Server }

// Open implements pgwire.Backend.
func (b backend) Open(ctx context.Context, params map[string]string) (pgwire.Session, error) {
	s, err := b.server.Open(ctx, params)
	if err != nil {
		return nil, err
	}
	return s, nil
}
