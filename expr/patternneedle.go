package expr

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// reNeedle is a text that stands in every match of a pattern: where it is not, nothing needs to be tried.
type reNeedle struct {
	text []byte
	lead int // the most bytes of a match in front of it; infinite: any number
}

// needleOf is the longest run of single characters that re asks for.
func needleOf(re *reNode) *reNeedle {
	var best, run reNeedle
	at := 0 // the most bytes before the part at hand
	end := func() {
		if len(run.text) > len(best.text) {
			best = reNeedle{slices.Clone(run.text), run.lead}
		}
		run.text = run.text[:0]
	}
	var walk func(n *reNode)
	walk = func(n *reNode) {
		switch {
		case n.op == reCat:
			for _, k := range n.kids {
				walk(k)
			}
			return
		case n.op == reSet && len(n.set.ranges) == 2 && n.set.ranges[0] == n.set.ranges[1]:
			if len(run.text) == 0 {
				run.lead = at
			}
			run.text = utf8.AppendRune(run.text, n.set.ranges[0])
		case n.op == reConstraint || n.op == reLook: // takes nothing
		default:
			end()
		}
		at = addWidths(at, n.width())
	}
	walk(re)
	end()
	if len(best.text) == 0 {
		return nil
	}
	return &best
}

func addWidths(a, b int) int {
	if a == infinite || b == infinite {
		return infinite
	}
	return a + b
}

// width is the most bytes that a match of n has.
func (n *reNode) width() int {
	w := 0
	switch n.op {
	case reSet:
		return utf8.UTFMax
	case reCat:
		for _, k := range n.kids {
			w = addWidths(w, k.width())
		}
	case reAlt:
		for _, k := range n.kids {
			if w = max(w, k.width()); k.width() == infinite {
				return infinite
			}
		}
	case reRepeat:
		if w = n.kids[0].width(); w != 0 && (w == infinite || n.max == infinite) {
			return infinite
		}
		return w * n.max
	}
	return w
}

// from is where a match can begin at the earliest, at or behind from; -1: nowhere.
func (n *reNeedle) from(s []byte, from int) int {
	i := bytes.Index(s[from:], n.text)
	if i < 0 {
		return -1
	}
	if n.lead == infinite || i <= n.lead {
		return from
	}
	at := from + i - n.lead
	for !utf8.RuneStart(s[at]) { // at the latest the text's first byte is one
		at++
	}
	return at
}
