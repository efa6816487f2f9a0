// Package servertest runs the real streamsql binary as a process of its own, so that a test can kill it.
package servertest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// build compiles the binary once a process.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "streamsql-bin")
	if err != nil {
		return "", err
	}
	_, file, _, _ := runtime.Caller(0)
	bin := filepath.Join(dir, "streamsql")
	cmd := exec.Command("go", "build", "-o", bin, "./cmd/streamsql")
	cmd.Dir = filepath.Join(filepath.Dir(file), "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building streamsql: %w: %s", err, out)
	}
	return bin, nil
})

// Server is a running streamsql.
type Server struct {
	Addr string
	Data string
	cmd  *exec.Cmd
	log  bytes.Buffer
	done chan struct{}
}

// Start runs `streamsql serve` on a data directory and a free port, and returns when it answers. A server that ends instead is an error with what
// it printed.
func Start(data string, args ...string) (*Server, error) {
	s, err := StartOnly(data, args...)
	if err != nil {
		return nil, err
	}
	return s, s.wait(60 * time.Second)
}

// StartOnly does not wait until the server answers.
func StartOnly(data string, args ...string) (*Server, error) {
	bin, err := build()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: l.Addr().String(), Data: data, done: make(chan struct{})}
	if err := l.Close(); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(bin, append([]string{"serve", "--listen", s.Addr, "--data", data}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended does not matter; Log says why
		close(s.done)
	}()
	return s, nil
}

// wait returns when the server answers a query.
func (s *Server) wait(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.done:
			return fmt.Errorf("streamsql ended: %s", s.log.String())
		case <-ctx.Done():
			return fmt.Errorf("streamsql does not answer: %w", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// DSN connects to the server.
func (s *Server) DSN() string {
	host, port, _ := strings.Cut(s.Addr, ":")
	return fmt.Sprintf("host=%s port=%s user=test dbname=streamsql sslmode=disable", host, port)
}

// Kill ends the process at once, as a crash would.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.done
}

// Stop asks the server to finish and returns what it printed.
func (s *Server) Stop() (string, error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return s.log.String(), err
	}
	<-s.done
	if !s.cmd.ProcessState.Success() {
		return s.log.String(), fmt.Errorf("streamsql: %s: %s", s.cmd.ProcessState, s.log.String())
	}
	return s.log.String(), nil
}

// Signal sends the process a signal.
func (s *Server) Signal(sig os.Signal) error { return s.cmd.Process.Signal(sig) }

// Wait returns when the process has ended: whether it ended well.
func (s *Server) Wait() (ok bool) {
	<-s.done
	return s.cmd.ProcessState.Success()
}

// Log is what a server that has ended printed.
func (s *Server) Log() string { return s.log.String() }

// Pid is the process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Anonymous is the part of Resident that is not backed by files, which is what the system cannot take back.
func (s *Server) Anonymous() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	if err != nil {
		return 0, err
	}
	var kib int64
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0, err
	}
	return kib << 10, nil
}

// Resident is the memory of the process in bytes.
func (s *Server) Resident() (int64, error) {
	p, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.Pid()))
	if err != nil {
		return 0, err
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(p), &total, &resident); err != nil {
		return 0, err
	}
	return resident * int64(os.Getpagesize()), nil
}
