package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/internal/sqltest"
	"github.com/streamsql/streamsql/sqlerr"
)

// TestCurrent: docs/SQL.md is what sqldoc writes.
func TestCurrent(t *testing.T) {
	want, err := page("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/SQL.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/SQL.md is not current: go run ./internal/sqldoc")
	}
}

// TestStatements: the examples run, or are refused where they say so.
func TestStatements(t *testing.T) {
	e, err := engine.Open(context.Background(), sqltest.Options(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	c, err := sqltest.NewClient(e)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := 0
	for line := range strings.Lines(statements) {
		sql, comment, _ := strings.Cut(strings.TrimSpace(line), " -- ")
		want := sqlerr.Code(comment)
		if _, err := c.Exec(sql); sqlerr.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %q", sql, err, want)
		}
		n++
	}
	if n < 30 {
		t.Errorf("only %d examples", n)
	}
}
