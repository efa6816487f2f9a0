package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/streamsql/streamsql/demo"
)

type serveCmd struct {
	Listen         string        `default:"127.0.0.1:7432" placeholder:"HOST:PORT" help:"Where to listen (default: ${default})."`
	Data           string        `default:"./streamsql-data" placeholder:"DIR" help:"The data directory; it is created if need be (default: ${default})."`
	MemoryLimit    size          `placeholder:"SIZE" help:"How much memory to use, like 4GiB or 25% of the machine's (default: half of it, ${memory})."`
	MaxConnections int           `default:"100" placeholder:"N" help:"How many clients at most (default: ${default})."`
	Drain          time.Duration `default:"10s" placeholder:"TIME" help:"How long statements may still run after SIGTERM (default: ${default})."`
}

// Validate implements kong's check of a command line.
func (c *serveCmd) Validate() error {
	if c.MaxConnections < 1 {
		return errors.New("--max-connections must be positive")
	}
	return nil
}

// Run implements serve.
func (c *serveCmd) Run(ctx context.Context, s *streams) error {
	i, err := start(ctx, instanceOptions{
		listen:         c.Listen,
		data:           c.Data,
		memory:         c.MemoryLimit.orDefault(),
		maxConnections: c.MaxConnections,
		log:            s.log,
	})
	if err != nil {
		return err
	}
	return errors.Join(i.wait(ctx), i.stop(c.Drain))
}

type demoCmd struct {
	Name   string `arg:"" optional:"" help:"One of ${demos}; the first is the default."`
	Listen string `default:"127.0.0.1:7432" placeholder:"HOST:PORT" help:"Where to listen; if that is taken, a free port is (default: ${default})."`
	Rate   int    `default:"1000" placeholder:"N" help:"Events a second at most (default: ${default})."`
	Lines  int    `hidden:"" help:"End after so many lines of rates."`
	Small  bool   `hidden:"" help:"Load a hundredth of the data."`
}

// Validate implements kong's check of a command line.
func (c *demoCmd) Validate() error {
	if c.Rate < 1 {
		return errors.New("--rate must be positive")
	}
	name, err := demo.Find(c.Name)
	c.Name = name
	return err
}

func demoNames() string { return strings.Join(demo.Names(), ", ") }

// Run implements demo: a server on a temporary directory, which is removed at the end.
func (c *demoCmd) Run(ctx context.Context, s *streams) (err error) {
	dir, err := os.MkdirTemp("", "streamsql-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if l, err := listen(c.Listen); err != nil {
		c.Listen = "127.0.0.1:0"
	} else if err := l.Close(); err != nil {
		return err
	}
	i, err := start(ctx, instanceOptions{
		listen: c.Listen,
		data:   filepath.Join(dir, "data"),
		memory: defaultMemoryLimit(),
		log:    slog.New(atLeastWarn{s.log.Handler()}),
	})
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(i.listener.Addr().String())
	if err != nil {
		return errors.Join(err, i.stop(0))
	}
	err = demo.Run(ctx, demo.Options{
		Name:  c.Name,
		DSN:   fmt.Sprintf("host=%s port=%s user=demo dbname=streamsql sslmode=disable", host, port),
		Psql:  fmt.Sprintf("psql -h %s -p %s streamsql", host, port),
		Out:   s.out,
		Rate:  c.Rate,
		Small: c.Small,
		Every: 2 * time.Second,
		Lines: c.Lines,
	})
	return errors.Join(err, i.stop(2*time.Second))
}

// atLeastWarn drops what is of no interest to somebody who watches a demo.
type atLeastWarn struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h atLeastWarn) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h atLeastWarn) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeastWarn{h.Handler.WithAttrs(a)}
}

// WithGroup implements slog.Handler.
func (h atLeastWarn) WithGroup(name string) slog.Handler {
	return atLeastWarn{h.Handler.WithGroup(name)}
}

type versionCmd struct{}

// Run implements version.
func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintf(s.out, "streamsql %s, %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// version is the module's, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v, revision, changed := info.Main.Version, "", false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if v != "" && v != "(devel)" || revision == "" {
		return v
	}
	if changed {
		return revision + " (changed)"
	}
	return revision
}
