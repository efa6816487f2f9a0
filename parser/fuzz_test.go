package parser

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/sqlerr"
)

// goldenTexts are the inputs of the golden tests.
func goldenTexts(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	var texts []string
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		input := false
		for s := bufio.NewScanner(f); s.Scan(); {
			switch line := s.Text(); {
			case line == "each" || line == "parse":
				input = true
			case line == "----":
				input = false
			case input && line != "":
				texts = append(texts, line)
			}
		}
		f.Close()
	}
	return texts
}

// checkParse parses a text and checks what holds of any: no panic, a user's error with a position inside the text, never
// XX000; all positions of a tree inside the text; the same tree from the cache, also with other literals.
func checkParse(t *testing.T, sql string) {
	stmts, err := Parse(sql)
	if err != nil {
		var e *sqlerr.Error
		if !errors.As(err, &e) || e.Code == sqlerr.InternalError || e.Position < 0 || e.Position > len(sql)+1 {
			t.Fatalf("%q: %v, detail %q", sql, err, e.Detail)
		}
		return
	}
	for _, s := range stmts {
		if s.Start < 0 || s.Start+len(s.Text) > len(sql) || sql[s.Start:s.Start+len(s.Text)] != s.Text {
			t.Fatalf("%q: statement %q at %d", sql, s.Text, s.Start)
		}
		positions(reflect.ValueOf(s.Stmt), func(node string, pos int) {
			if pos < -1 || pos >= len(sql) || pos >= 0 && (pos < s.Start || pos >= s.Start+len(s.Text)) {
				t.Fatalf("%q: %s at %d", sql, node, pos)
			}
		})
	}
	c := NewCache(4)
	for _, text := range []string{sql, otherLiterals(sql)} {
		want, wantErr := Parse(text)
		got, err := c.Parse(text)
		if (err == nil) != (wantErr == nil) || err == nil && dump(got) != dump(want) {
			t.Fatalf("%q from the cache, behind %q:\n%v\n%s\nwant\n%v\n%s", text, sql, err, dump(got), wantErr, dump(want))
		}
	}
}

// otherLiterals changes the literals of a text without changing what they are.
func otherLiterals(sql string) string {
	toks, err := lex(sql)
	if err != nil {
		return sql
	}
	var b strings.Builder
	end := 0
	for _, t := range toks {
		b.WriteString(sql[end:t.pos])
		switch text := sql[t.pos:t.end]; {
		case t.kind == tokString && text[0] == '\'' && strings.Count(text, "'") == 2:
			b.WriteString("'q" + text[1:])
		case t.kind == tokInt && text[0] != '0':
			b.WriteString(text + "0")
		default:
			b.WriteString(text)
		}
		end = int(t.end)
	}
	return b.String()
}

// FuzzParse feeds texts: the golden ones, changed.
func FuzzParse(f *testing.F) {
	for _, sql := range goldenTexts(f) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) < 1<<16 {
			checkParse(t, sql)
		}
	})
}

// FuzzTokens feeds rows of whole tokens of the golden texts, which get further into the grammar than bytes do. A seed is a
// text to begin with, and numbers that choose what is cut out of it and what is put in.
func FuzzTokens(f *testing.F) {
	texts := goldenTexts(f)
	words := goldenTokens(texts)
	for i := range texts {
		f.Add(uint16(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text uint16, seed uint64) {
		checkParse(t, mutate(texts[int(text)%len(texts)], words, seed))
	})
}

// TestRandomTokens is FuzzTokens with fixed seeds.
func TestRandomTokens(t *testing.T) {
	texts := goldenTexts(t)
	words := goldenTokens(texts)
	accepted := 0
	for seed := range uint64(20_000) {
		sql := mutate(texts[int(seed)%len(texts)], words, seed)
		checkParse(t, sql)
		if _, err := Parse(sql); err == nil {
			accepted++
		}
	}
	if accepted < 1000 {
		t.Errorf("only %d texts were accepted: the mutations are too wild", accepted)
	}
}

func goldenTokens(texts []string) []string {
	var words []string
	for _, sql := range texts {
		toks, _ := lex(sql)
		for _, t := range toks {
			words = append(words, sql[t.pos:t.end])
		}
	}
	return words
}

// mutate removes, doubles, swaps, replaces or inserts one to four tokens.
func mutate(sql string, words []string, seed uint64) string {
	toks, _ := lex(sql)
	var list []string
	for _, t := range toks {
		list = append(list, sql[t.pos:t.end])
	}
	r := rand.New(rand.NewPCG(seed, 7))
	for range 1 + r.IntN(4) {
		if len(list) < 2 {
			break
		}
		i, j := r.IntN(len(list)), r.IntN(len(list))
		switch r.IntN(5) {
		case 0:
			list = append(list[:i:i], list[i+1:]...)
		case 1:
			list[i], list[j] = list[j], list[i]
		case 2:
			list[i] = words[r.IntN(len(words))]
		case 3:
			list = append(list[:i:i], append([]string{words[r.IntN(len(words))]}, list[i:]...)...)
		case 4:
			list = append(list[:i:i], append([]string{list[j]}, list[i:]...)...)
		}
	}
	return strings.Join(list, " ")
}
