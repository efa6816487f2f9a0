package expr

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
)

func TestNeedle(t *testing.T) {
	for pattern, want := range map[string]struct {
		text string
		lead int
	}{
		`(?:&|^)channel_id=([^&]*)`: {"channel_id=", 4},
		`ab.cde`:                    {"cde", 12},
		`a*xyz`:                     {"xyz", infinite},
		`(a|bc){2,3}xé(?=z)y`:       {"xéy", 24},
		`x+yz`:                      {"yz", infinite},
		`(?i)abc`:                   {"", 0},
		`ab|cd`:                     {"", 0},
		`[ab]*`:                     {"", 0},
	} {
		re, err := compileRegexp(&Ctx{}, []byte(pattern), reOptions{})
		if err != nil {
			t.Fatal(pattern, err)
		}
		got := reNeedle{}
		if re.needle != nil {
			got = *re.needle
		}
		if string(got.text) != want.text || got.lead != want.lead {
			t.Errorf("%s: %q behind %d, want %q behind %d", pattern, got.text, got.lead, want.text, want.lead)
		}
	}
}

// TestNeedleChangesNothing compares, for random patterns and texts, what is found with a needle and without.
func TestNeedleChangesNothing(t *testing.T) {
	needles := 0
	for seed := range int64(20_000) {
		r := rand.New(rand.NewSource(seed))
		pattern := randomPattern(r, 3)
		re, err := compileRegexp(&Ctx{}, []byte(pattern), reOptions{})
		if err != nil {
			continue
		}
		if re.needle == nil {
			continue
		}
		needles++
		plain := *re
		plain.needle, plain.fast = nil, nil
		for range 5 {
			var b strings.Builder
			for range r.Intn(14) {
				b.WriteString([]string{"a", "b", "c", "é", "\n"}[r.Intn(5)])
			}
			s := []byte(b.String())
			if got, want := re.matches(s), plain.matches(s); got != want {
				t.Fatalf("seed %d: %q matches %q: %v, want %v", seed, s, pattern, got, want)
			}
			from := 0
			for n := r.Intn(3); n > 0 && from < len(s); n-- {
				_, k := decodeAt(s, from)
				from += k
			}
			got, want := re.find(s, from, make([]int, 2*re.captures+2)), plain.find(s, from, make([]int, 2*re.captures+2))
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %q in %q from %d: %v, want %v", seed, pattern, s, from, got, want)
			}
		}
	}
	if needles < 5000 {
		t.Errorf("only %d patterns had a needle", needles)
	}
}

func randomPattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range 1 + r.Intn(4) {
		switch n := r.Intn(14); {
		case n < 6 || depth == 0:
			b.WriteString([]string{"a", "b", "c", "é"}[r.Intn(4)])
		case n == 6:
			b.WriteString([]string{".", "[ab]", "[^a]"}[r.Intn(3)])
		case n == 7:
			b.WriteString([]string{"^", "$", `\m`, `\y`}[r.Intn(4)])
		case n < 10:
			b.WriteString("(" + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")")
		case n == 10:
			b.WriteString([]string{"(?=", "(?!", "(?<="}[r.Intn(3)] + randomPattern(r, 0) + ")")
		default:
			b.WriteString("(?:" + randomPattern(r, depth-1) + ")" + []string{"*", "+", "?", "{1,2}", "*?"}[r.Intn(5)])
		}
	}
	return b.String()
}
