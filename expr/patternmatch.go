package expr

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// posixRegexp is a compiled regular expression. It is not safe for concurrent use.
type posixRegexp struct {
	tree     *subRE
	captures int
	whole    *reProg
	// fast is the same language for Go's engine, where it can express it: it tells whether there is a match, not which.
	fast   *regexp.Regexp
	needle *reNeedle // nil: none
	global bool
}

func (re *posixRegexp) shorter() bool { return re.tree.flags&prefShorter != 0 }

type regexpKey struct {
	pattern string
	opt     reOptions
}

// compileRegexp is the compiled pattern, from ctx's cache if it was used before.
func compileRegexp(c *Ctx, pattern []byte, opt reOptions) (*posixRegexp, error) {
	return memo(c, regexpKey{string(pattern), opt}, func() (*posixRegexp, error) {
		tree, captures, err := parseRegexp(string(pattern), opt)
		if err != nil {
			return nil, err
		}
		whole, err := compileProg(tree.re)
		if err != nil {
			return nil, err
		}
		re := &posixRegexp{tree: tree, captures: captures, whole: whole, needle: needleOf(tree.re), global: opt.global}
		var b strings.Builder
		if writeGoSyntax(&b, tree.re) {
			re.fast, _ = regexp.Compile(b.String()) // refused for its size: then without
		}
		return re, nil
	})
}

// writeGoSyntax writes re for Go's regexp; false if it has what that does not know.
func writeGoSyntax(b *strings.Builder, re *reNode) bool {
	switch re.op {
	case reSet:
		b.WriteByte('[')
		for i := 0; i < len(re.set.ranges); i += 2 {
			writeHexRange(b, re.set.ranges[i], re.set.ranges[i+1])
		}
		b.WriteByte(']')
		return len(re.set.ranges) > 0
	case reConstraint:
		s := map[reAssert]string{atStart: `\A`, atEnd: `\z`, atLineStart: `(?m:^)`, atLineEnd: `(?m:$)`, atBoundary: `\b`, notBoundary: `\B`}[re.assert]
		b.WriteString(s)
		return s != ""
	case reLook:
		return false
	case reRepeat:
		b.WriteString("(?:")
		ok := writeGoSyntax(b, re.kids[0])
		b.WriteString("){" + itoa(re.min) + ",")
		if re.max != infinite {
			b.WriteString(itoa(re.max))
		}
		b.WriteByte('}')
		return ok
	}
	for i, k := range re.kids {
		if i > 0 && re.op == reAlt {
			b.WriteByte('|')
		}
		b.WriteString("(?:")
		if !writeGoSyntax(b, k) {
			return false
		}
		b.WriteByte(')')
	}
	return true
}

// matches tells whether there is a match.
func (re *posixRegexp) matches(s []byte) bool {
	if re.needle != nil && !bytes.Contains(s, re.needle.text) {
		return false
	}
	if re.fast != nil {
		return re.fast.Match(s)
	}
	start, _ := re.whole.search(s, 0, true)
	return start >= 0
}

// find is the first match at or behind from: its limits in m[0] and m[1], then those of the captures if m has room, -1 where they took no
// part. A nil result is no match.
func (re *posixRegexp) find(s []byte, from int, m []int) []int {
	if from > len(s) {
		return nil
	}
	switch {
	case re.needle != nil:
		if from = re.needle.from(s, from); from < 0 {
			return nil
		}
	case from == 0 && re.fast != nil && !re.fast.Match(s):
		return nil
	}
	start, end := re.whole.search(s, from, re.shorter())
	if start < 0 {
		return nil
	}
	for i := range m {
		m[i] = -1
	}
	m[0], m[1] = start, end
	if len(m) > 2 {
		d := dissection{s: s, m: m}
		if !d.node(re.tree, start, end) {
			if d.err == nil {
				d.err = sqlerr.New(sqlerr.InternalError, "regular expression match could not be taken apart")
			}
			panic(d.err)
		}
	}
	return m
}

// dissection finds what of a match the captures take (Spencer's regexec.c: cdissect and its kin).
type dissection struct {
	s   []byte
	m   []int
	err error
}

func (d *dissection) prog(t *subRE) *reProg {
	if t.prog == nil {
		t.prog, d.err = compileProg(t.re)
		if d.err != nil { // smaller than the whole, which did compile
			panic(d.err)
		}
	}
	return t.prog
}

func (d *dissection) exact(t *subRE, start, end int) bool {
	return d.prog(t).shortest(d.s, start, end, end) == end
}

func (d *dissection) node(t *subRE, start, end int) bool {
	ok := false
	switch t.op {
	case '=':
		ok = true
	case '(':
		ok = d.node(t.kids[0], start, end)
	case '.':
		ok = d.concat(t, start, end)
	case '|':
		for _, k := range t.kids {
			if d.exact(k, start, end) && d.node(k, start, end) {
				ok = true
				break
			}
		}
	case '*':
		ok = d.iterate(t, start, end)
	}
	if ok && t.capture != 0 && 2*t.capture+1 < len(d.m) {
		d.m[2*t.capture], d.m[2*t.capture+1] = start, end
	}
	return ok
}

// concat gives the left part what it likes best of what leaves the right part possible.
func (d *dissection) concat(t *subRE, start, end int) bool {
	left, right := t.kids[0], t.kids[1]
	shorter := left.flags&prefShorter != 0
	mid := d.first(left, start, end, shorter)
	for mid >= 0 {
		if d.exact(right, mid, end) && d.node(left, start, mid) && d.node(right, mid, end) {
			return true
		}
		d.forget(left)
		d.forget(right)
		if shorter {
			if mid >= end {
				return false
			}
			mid = d.prog(left).shortest(d.s, start, mid+1, end)
		} else {
			if mid <= start {
				return false
			}
			mid = d.prog(left).longest(d.s, start, mid-1)
		}
	}
	return false
}

func (d *dissection) first(t *subRE, start, end int, shorter bool) int {
	if shorter {
		return d.prog(t).shortest(d.s, start, start, end)
	}
	return d.prog(t).longest(d.s, start, end)
}

// forget unsets the captures in t, which a failed attempt may have set.
func (d *dissection) forget(t *subRE) {
	if t.capture != 0 && 2*t.capture+1 < len(d.m) {
		d.m[2*t.capture], d.m[2*t.capture+1] = -1, -1
	}
	for _, k := range t.kids {
		d.forget(k)
	}
}

// iterate divides a match of x{0,n} into rounds; what has a minimum is no iteration (see quantify). Only the last round's captures stay.
func (d *dissection) iterate(t *subRE, start, end int) bool {
	if start == end {
		return true
	}
	child := t.kids[0]
	most := end - start
	if t.max != infinite && most > t.max {
		most = t.max
	}
	rounds, ok := d.rounds(child, start, end, most, child.flags&prefShorter != 0)
	if !ok {
		return false
	}
	for i := 0; i+1 < len(rounds); i++ {
		d.forget(child)
		if !d.node(child, rounds[i], rounds[i+1]) {
			return false
		}
	}
	return true
}

// rounds are the limits of at most so many non-empty rounds from start to end, each as long (or short) as can be. What is known to
// lead nowhere is not tried again.
func (d *dissection) rounds(child *subRE, start, end, most int, shorter bool) ([]int, bool) {
	type spot struct{ at, left int }
	dead := make(map[spot]bool)
	var from func(at, left int, path []int) ([]int, bool)
	from = func(at, left int, path []int) ([]int, bool) {
		if at == end {
			return path, true
		}
		if left == 0 || dead[spot{at, left}] {
			return nil, false
		}
		prog := d.prog(child)
		next := -1
		if shorter {
			next = prog.shortest(d.s, at, at+1, end)
		} else {
			next = prog.longest(d.s, at, end)
		}
		for next > at {
			if out, ok := from(next, left-1, append(path, next)); ok {
				return out, true
			}
			if shorter {
				if next >= end {
					break
				}
				next = prog.shortest(d.s, at, next+1, end)
			} else {
				next = prog.longest(d.s, at, next-1)
			}
		}
		dead[spot{at, left}] = true
		return nil, false
	}
	return from(start, most, []int{start})
}

// nextSearch is where to look for the match behind m.
func nextSearch(s []byte, m []int) int {
	if m[0] < m[1] {
		return m[1]
	}
	if m[1] >= len(s) {
		return len(s) + 1
	}
	_, n := utf8.DecodeRune(s[m[1]:])
	return m[1] + n
}
