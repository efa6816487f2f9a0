package storage

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

func TestOpenRefuses(t *testing.T) {
	locked := t.TempDir()
	s, err := Open(locked, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	newer, foreign, odd := t.TempDir(), t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		filepath.Join(newer, "FORMAT"):       "99\n",
		filepath.Join(odd, "FORMAT"):         "what?",
		filepath.Join(foreign, "letter.txt"): "dear reader",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		dir  string
		code sqlerr.Code
		says string
	}{
		{locked, sqlerr.ObjectInUse, "in use by another process"},
		{newer, sqlerr.DataCorrupted, "has format 99, which is newer than format " + strconv.Itoa(formatVersion)},
		{odd, sqlerr.DataCorrupted, "unreadable FORMAT"},
		{foreign, sqlerr.ObjectNotInPrerequisiteState, "is no data directory"},
	} {
		_, err := Open(x.dir, Options{})
		var e *sqlerr.Error
		if !errors.As(err, &e) || e.Code != x.code || !strings.Contains(e.Message, x.says) {
			t.Errorf("%s: %v", x.dir, err)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	s, err := open(t.TempDir(), Options{MemoryLimit: 1 << 20}, &memorySegments{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Reserve(1 << 20); err != nil {
		t.Errorf("all of the limit: %v", err)
	}
	temp := NewTemp(s)
	temp.Begin(1)
	id := temp.Create(Spec{Ordered: true, Put: true})
	var c Changes
	c.Add([]byte("key"), make([]byte, 600<<10), 1)
	temp.Map(id).Apply(&c)
	if err := s.Reserve(500 << 10); code(err) != sqlerr.OutOfMemory {
		t.Errorf("beside a temporary store of 600 kB: %v", err)
	}
	if n := temp.Map(id).Bytes(); n < 600<<10 || s.Resident() < n {
		t.Errorf("temporary store has %d bytes, %d are resident", n, s.Resident())
	}
	if err := temp.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.Resident(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
	if err := s.Reserve(1<<20 + 1); code(err) != sqlerr.OutOfMemory {
		t.Errorf("more than the limit: %v", err)
	}
}

func TestMetaOfAnySize(t *testing.T) {
	dir := t.TempDir()
	meta := bytes.Repeat([]byte("catalog "), 400_000)
	s, err := open(dir, Options{}, &memorySegments{})
	if err != nil {
		t.Fatal(err)
	}
	if tick, m := s.Meta(); tick != 0 || m != nil {
		t.Errorf("a new directory has meta of tick %d", tick)
	}
	for tick, m := range [][]byte{meta, meta[:10], meta[:1<<20]} {
		s.Begin(Tick(tick) + 1)
		s.Publish(s.Seal())
		if err := s.Checkpoint(m)(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = open(dir, Options{}, &memorySegments{}); err != nil {
		t.Fatal(err)
	}
	if tick, m := s.Meta(); tick != 3 || !bytes.Equal(m, meta[:1<<20]) {
		t.Errorf("tick %d, %d bytes", tick, len(m))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestHugeEntries are the largest ones, in all kinds of structures.
func TestHugeEntries(t *testing.T) {
	key, value := bytes.Repeat([]byte("k"), 9<<20), bytes.Repeat([]byte("value"), 3<<20)
	s := NewTemp(nil)
	defer s.Close()
	s.Begin(1)
	for _, spec := range allSpecs {
		id := s.Create(spec)
		m := s.Map(id)
		v := value
		if !spec.Put {
			v = nil
		}
		var c Changes
		for tail := range 20 {
			c.Add(append(key[:len(key):len(key)], byte(tail)), v[:len(v)/(1+tail)], 1)
		}
		m.Apply(&c)
		got, w, ok := m.Get(append(key[:len(key):len(key)], 3))
		if !ok || w != 1 || !bytes.Equal(got, v[:len(v)/4]) {
			t.Errorf("%+v: %d bytes * %d, %v", spec, len(got), w, ok)
		}
		if m.Len() != 20 {
			t.Errorf("%+v: %d entries", spec, m.Len())
		}
		c.Reset()
		for tail := range 20 {
			c.Add(append(key[:len(key):len(key)], byte(tail)), nil, -1)
		}
		m.Apply(&c)
		if m.Len() != 0 {
			t.Errorf("%+v: %d entries are left", spec, m.Len())
		}
		s.Drop(id)
	}
	s.Publish(s.Seal())
	for range 3 {
		s.Begin(s.LastTick() + 1)
		s.Publish(s.Seal())
	}
	if n := s.Resident(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
	if err := CheckEntry(nil, make([]byte, MaxEntry)); err != nil {
		t.Error(err)
	}
	if err := CheckEntry(make([]byte, MaxEntry+1), nil); code(err) != sqlerr.ProgramLimitExceeded {
		t.Errorf("a key too long: %v", err)
	}
}
