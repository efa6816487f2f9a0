package enginetest

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
)

// garbage makes statements that are nearly right: those of the corpus with tokens lost, doubled, exchanged, of another statement.
type garbage struct {
	rng    *rand.Rand
	corpus [][]string
	words  []string
}

var tokens = regexp.MustCompile(`(?s)\$\w+|'(?:[^']|'')*'|"[^"]*"|[\w.]+|<=|>=|<>|::|->>|->|\|\||[^\s\w]`)

func newGarbage(t testing.TB, seed uint64) *garbage {
	t.Helper()
	g := &garbage{rng: rand.New(rand.NewPCG(seed, 1))}
	text, err := os.ReadFile(filepath.Join("testdata", "statements.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strings.Split(string(text), ";\n") {
		if ts := tokens.FindAllString(s, -1); len(ts) > 0 {
			g.corpus = append(g.corpus, ts)
			g.words = append(g.words, ts...)
		}
	}
	slices.Sort(g.words)
	g.words = slices.Compact(g.words)
	return g
}

func (g *garbage) pick() []string { return g.corpus[g.rng.IntN(len(g.corpus))] }

// statement is one of the corpus, as it is or changed.
func (g *garbage) statement() string {
	s := slices.Clone(g.pick())
	if s[0] == "DROP" && g.rng.IntN(4) > 0 { // or there would be little to work on
		s = slices.Clone(g.pick())
	}
	for n := g.rng.IntN(6) - 2; n > 0 && len(s) > 0; n-- {
		i := g.rng.IntN(len(s))
		switch g.rng.IntN(8) {
		case 0:
			s = slices.Delete(s, i, i+1)
		case 1:
			s = slices.Insert(s, i, s[i])
		case 2:
			j := g.rng.IntN(len(s))
			s[i], s[j] = s[j], s[i]
		case 3:
			o := g.pick()
			s = slices.Concat(s[:i], o[g.rng.IntN(len(o)):])
		case 4:
			s[i] = g.words[g.rng.IntN(len(g.words))]
		default:
			s[i] = g.alike(s[i])
		}
	}
	return strings.Join(s, " ")
}

// alike is another token of the same kind.
func (g *garbage) alike(token string) string {
	for range 20 {
		if w := g.words[g.rng.IntN(len(g.words))]; kind(w) == kind(token) {
			return w
		}
	}
	return token
}

func kind(token string) int {
	switch c := token[0]; {
	case c >= '0' && c <= '9':
		return 0
	case c >= 'a' && c <= 'z':
		return 1
	case c >= 'A' && c <= 'Z':
		return 2
	case c == '\'':
		return 3
	}
	return 4
}

// begin is how many statements of the corpus come first as they are, again and again: there is something to work on then.
const begin = 9

// patience is how long a statement may take, and then to notice that it is cancelled.
const patience = 10 * time.Second

// run sends statements to a database. None may be answered with an internal error, kill the server or hang; afterwards every view is what its query
// says, also behind a crash.
func (g *garbage) run(t testing.TB, n int) {
	d := open(t)
	c := d.session()
	var history []string
	for i := range n {
		sql := g.statement()
		if k := i % 100; k < begin { // what was dropped is made again
			sql = strings.Join(g.corpus[k], " ")
		}
		history = append(history, sql)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		answer := make(chan error, 1)
		go func() {
			_, err := c.ExecContext(ctx, sql, "1\t2\n", "1,2\n")
			answer <- err
		}()
		select {
		case err := <-answer:
			if internal(err) {
				t.Fatalf("%s;\n%v (%s)", strings.Join(history, ";\n"), err, sqlerr.From(err).Detail)
			}
		case <-time.After(3 * patience):
			t.Fatalf("%s;\nhangs", strings.Join(history, ";\n"))
		}
		cancel()
		if g.rng.IntN(8) == 0 {
			_, _ = c.Exec("ROLLBACK") // there may be no transaction
		}
	}
	_, _ = c.Exec("ROLLBACK")
	checkViews(t, d, history)
	d.crash()
	checkViews(t, d, history)
}

func internal(err error) bool {
	var e *sqlerr.Error
	return err != nil && (!errors.As(err, &e) || e.Code == sqlerr.InternalError || e.Code == sqlerr.DataCorrupted)
}

// checkViews compares each materialized view with its query.
func checkViews(t testing.TB, d *db, history []string) {
	t.Helper()
	c := d.session()
	sn := d.engine.Snapshot()
	defer sn.Close()
	for _, o := range sn.Catalog.Objects() {
		v, ok := o.(*catalog.View)
		if !ok || !v.Materialized || v.Params > 0 || v.Schema != catalog.Public {
			continue
		}
		if v.State != catalog.Serving {
			t.Errorf("%s;\nview %s: %v %s", strings.Join(history, ";\n"), v.Name, v.State, v.Cause)
			continue
		}
		got, gerr := c.Exec(`SELECT * FROM "` + strings.ReplaceAll(v.Name, `"`, `""`) + `"`)
		want, werr := c.Exec(v.Query)
		switch {
		case internal(gerr) || internal(werr) || (gerr == nil) != (werr == nil):
			t.Errorf("%s;\nview %s: %v, its query %v", strings.Join(history, ";\n"), v.Name, gerr, werr)
		case gerr == nil && !slices.Equal(got.Sorted(), want.Sorted()):
			t.Errorf("%s;\nview %s AS %s\ngot  %v\nwant %v", strings.Join(history, ";\n"), v.Name, v.Query, got.Sorted(), want.Sorted())
		}
	}
}

// TestGarbage is a short run of FuzzSession with seeds of its own.
func TestGarbage(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for i := range uint64(3) {
		t.Logf("seed %d", seed+i)
		newGarbage(t, seed+i).run(t, 400)
	}
}

// FuzzSession runs sessions of random statements.
func FuzzSession(f *testing.F) {
	f.Add([]byte("seed"))
	f.Fuzz(func(t *testing.T, b []byte) {
		newGarbage(t, binary.LittleEndian.Uint64(append(b, make([]byte, 8)...))).run(t, 60)
	})
}
