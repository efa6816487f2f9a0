package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1048576": 1 << 20, "64k": 64 << 10, "512MB": 512e6, "512 MiB": 512 << 20, "1.5g": 3 << 29, "4GiB": 4 << 30, "1TB": 1e12, "0": 0,
		"50%": machineMemory() / 2,
	} {
		got, err := parseSize(text)
		if diff := got - want; err != nil || diff < -1 || diff > 1 {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1 apple", "1e", "9e99", "NaN", "infGB", "1 1", "150%"} {
		if n, err := parseSize(text); err == nil {
			t.Errorf("%q is read as %d", text, n)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{12: "12B", 4096: "4KiB", 3 << 29: "1.5GiB", 2 << 30: "2GiB"} {
		if got := formatSize(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// command runs a command line that is to end by itself, and soon.
func command(args ...string) (code int, stdout, stderr string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"version", 0, "streamsql "},
		{"--help", 0, "Serve a data directory"},
		{"serve --help", 0, "--memory-limit"},
		{"demo --help", 0, "One of timeline, "},
		{"--nonsense", 2, "unknown flag --nonsense"},
		{"--memory-limit=much", 2, `"much" is no size`},
		{"--memory-limit=1MB", 2, "1MB is too little; at least 64MiB"},
		{"--max-connections=0", 2, "--max-connections must be positive"},
		{"demo nonesuch", 2, `there is no demo "nonesuch"`},
		{"--log-level=loud", 2, "--log-level"},
		{"--listen=nowhere", 1, "--listen nowhere: "},
	} {
		code, stdout, stderr := command(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("streamsql %s: code %d\n%s%s\nwant %d and %q", c.args, code, stdout, stderr, c.code, c.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := filepath.Join(t.TempDir(), "data")
	code, _, stderr := command("--listen", l.Addr().String(), "--data", data)
	if want := l.Addr().String() + " is in use, perhaps by another streamsql; choose another address with --listen"; code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("code %d: %s", code, stderr)
	}
	if made, _ := filepath.Glob(data); made != nil {
		t.Error("the data directory was made all the same")
	}
}
