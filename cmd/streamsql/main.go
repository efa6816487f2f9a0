// Command streamsql is the server: flags and wiring only.
//
// main.go has the command line, instance.go what serve and demo share: an engine, its sessions, and the protocol in front of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	// The collector has little to look at, as rows lie outside of its heap or in it without pointers: it runs often for
	// nearly nothing, and the heap stays near to what is in use.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
	ctx, stop := untilSignal()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// untilSignal ends its context at the first SIGINT or SIGTERM, and the process at the second.
func untilSignal() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel()
		if _, ok := <-signals; ok {
			fmt.Fprintln(os.Stderr, "streamsql: second signal: exiting at once")
			os.Exit(1)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

type cli struct {
	Log    logLevel `name:"log-level" enum:"debug,info,warn,error" default:"info" help:"What to log: ${enum}."`
	Format string   `name:"log-format" enum:"text,json" default:"text" help:"How to log: ${enum}."`

	Serve   serveCmd   `cmd:"" default:"withargs" help:"Serve a data directory (the default command)."`
	Demo    demoCmd    `cmd:"" help:"Run an application on a temporary server, with events that keep flowing."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type logLevel string

// streams is where a command prints.
type streams struct {
	out io.Writer
	log *slog.Logger
}

// run executes a command line and returns the exit code: 2 for a wrong command line, 1 for what went wrong later.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	exit := -1
	k, err := kong.New(&c,
		kong.Name("streamsql"),
		kong.Description("A PostgreSQL-compatible database whose materialized views are never stale."),
		kong.Vars{"demos": demoNames(), "memory": formatSize(defaultMemoryLimit())},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }), // --help
	)
	if err != nil {
		panic(err) // the struct tags above are wrong
	}
	kctx, err := k.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "streamsql: %v\nTry streamsql --help.\n", err)
		return 2
	}
	log := c.logger(stderr)
	slog.SetDefault(log) // what goes wrong below, in the engine, is told in the same words
	kctx.BindTo(ctx, (*context.Context)(nil))
	if err := kctx.Run(&streams{out: stdout, log: log}); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "streamsql: %v\n", err)
		return 1
	}
	return 0
}

func (c *cli) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{}
	levels := map[logLevel]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	o.Level = levels[c.Log]
	if strings.EqualFold(c.Format, "json") {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
