// Package pgtest starts a real PostgreSQL 15 for tests: the oracle of what SQL means.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL in a directory of its own, listening on a Unix socket and on a port of 127.0.0.1. Locale C, UTC,
// durability off unless asked for.
type Server struct {
	Dir  string
	Port int
	cmd  *exec.Cmd
	done chan error
}

// Options of a server.
type Options struct {
	// Durable leaves fsync on: for benchmarks beside it.
	Durable bool
	Port    int
	Extra   []string // further name=value settings
}

// binDirs are where PostgreSQL 15's programs may be.
func binDir() (string, error) {
	dirs := []string{"/usr/lib/postgresql/15/bin", "/opt/homebrew/opt/postgresql@15/bin", "/usr/local/opt/postgresql@15/bin"}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, filepath.Clean(string(out[:len(out)-1])))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	return "", fmt.Errorf("PostgreSQL 15 is not installed; `make deps` installs it")
}

// Start makes a cluster in a new directory and starts it. The caller stops it.
func Start(o Options) (*Server, error) {
	bin, err := binDir()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Port: o.Port, done: make(chan error, 1)}
	owner, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--no-locale", "-E", "UTF8", "-A", "trust", "-N")
	init.SysProcAttr, init.Dir = owner, dir
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	args := []string{"-D", data, "-k", dir, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "max_connections=200"}
	if o.Port != 0 {
		args = append(args, "-c", "listen_addresses=127.0.0.1")
	}
	if !o.Durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	for _, x := range o.Extra {
		args = append(args, "-c", x)
	}
	if o.Port == 0 { // only the socket's name carries it
		s.Port = 5432
		args[5] = "5432"
	}
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), args...)
	s.cmd.SysProcAttr, s.cmd.Dir = owner, dir
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.done <- s.cmd.Wait(); log.Close() }()
	return s, s.wait()
}

// unprivileged is who runs PostgreSQL, which refuses root; the directory becomes theirs.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, os.Chown(dir, uid, gid)
	}
	return nil, fmt.Errorf("no unprivileged user to run PostgreSQL as")
}

// wait returns when the server answers.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case err := <-s.done:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("postgres ended: %v: %s", err, log)
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// DSN connects to the server.
func (s *Server) DSN() string {
	return fmt.Sprintf("host=%s port=%d user=postgres dbname=postgres sslmode=disable", s.Dir, s.Port)
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	<-s.done
	return os.RemoveAll(s.Dir)
}
