package expr

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// withoutDFA makes re run by sets of states alone.
func withoutDFA(re *posixRegexp) {
	re.whole.dfa, re.needle, re.fast = nil, nil, nil
	var each func(t *subRE)
	each = func(t *subRE) {
		if t.re != nil {
			t.prog, _ = compileProg(t.re)
			t.prog.dfa = nil
		}
		for _, k := range t.kids {
			each(k)
		}
	}
	each(re.tree)
}

// TestDFAChangesNothing compares, for random patterns and texts, what is found with a DFA and without.
func TestDFAChangesNothing(t *testing.T) {
	found, none := 0, 0
	for seed := range int64(20_000) {
		r := rand.New(rand.NewSource(seed))
		pattern := randomPattern(r, 3)
		re, err := compileRegexp(&Ctx{}, []byte(pattern), reOptions{})
		if err != nil || re.whole.dfa == nil {
			continue
		}
		plain, _ := compileRegexp(&Ctx{}, []byte(pattern), reOptions{})
		withoutDFA(plain)
		for range 8 {
			var b strings.Builder
			for range r.Intn(14) {
				b.WriteString([]string{"a", "b", "c", "é", "\n"}[r.Intn(5)])
			}
			s := []byte(b.String())
			for from := 0; from <= len(s); {
				got, want := re.find(s, from, make([]int, 2*re.captures+2)), plain.find(s, from, make([]int, 2*re.captures+2))
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: %q in %q from %d: %v, want %v", seed, pattern, s, from, got, want)
				}
				if from == len(s) {
					break
				}
				if want == nil {
					none++
				} else {
					found++
				}
				_, n := decodeAt(s, from)
				from += n
			}
		}
	}
	if found < 100_000 || none < 100_000 {
		t.Errorf("only %d searches found something, %d nothing", found, none)
	}
}

// TestDFATooLarge: a pattern that asks for more states than there may be goes on without them.
func TestDFATooLarge(t *testing.T) {
	re, err := compileRegexp(&Ctx{}, []byte(`(a|b)*a(a|b){14}c`), reOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(1))
	s := make([]byte, 20_000)
	for i := range s {
		s[i] = "ab"[r.Intn(2)]
	}
	s = append(s, ("xa" + strings.Repeat("b", 14) + "c")...)
	var m [2]int
	if got := re.find(s, 0, m[:]); !slices.Equal(got, []int{20_001, 20_017}) {
		t.Errorf("found %v", got)
	}
	if re.whole.dfa != nil {
		t.Error("there are no more than a few states")
	}
}
