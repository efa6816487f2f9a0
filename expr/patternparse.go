package expr

import (
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// Regular expressions are PostgreSQL's AREs (re_syntax; Henry Spencer's regcomp.c), which choose among matches otherwise than Go's: the
// whole takes the longest or shortest match by its greediness, then each part, from the left, the longest or shortest that leaves
// the rest possible. This file parses a pattern into the tree that this choice walks (patterntree.go); patternnfa.go runs automata, patternmatch.go
// takes matches apart. Back references are refused. Characters have classes and cases in ASCII only: the C collation.

// reOptions are what flags and the options in front of a pattern say.
type reOptions struct {
	fold     bool // i
	dotStop  bool // n, p: "." and [^...] stop at newlines
	anchors  bool // n, w: ^ and $ match at lines
	expanded bool // x
	literal  bool // q
	extended bool // e: no escapes but of punctuation
	global   bool // g: the functions' own
}

type reParser struct {
	s     string
	pos   int
	opt   reOptions
	caps  int
	look  int // depth of lookaround, where parentheses do not capture
	depth int
	err   error
}

func badRegexp(why string) error {
	return sqlerr.New(sqlerr.InvalidRegularExpression, "invalid regular expression: %s", why)
}

func (p *reParser) fail(why string) {
	if p.err == nil {
		p.err = badRegexp(why)
	}
	p.pos = len(p.s)
}

const (
	reBadRepeat  = "quantifier operand invalid"
	reBadCount   = "invalid repetition count(s)"
	reBadParens  = "parentheses () not balanced"
	reBadBracket = "brackets [] not balanced"
	reBadBraces  = "braces {} not balanced"
	reBadEscape  = `invalid escape \ sequence`
	reBadRange   = "invalid character range"
	reBadClass   = "invalid character class"
	reBadElement = "invalid collating element"
	reTooComplex = "regular expression is too complex"
)

// parseRegexp reads a pattern.
func parseRegexp(pattern string, opt reOptions) (tree *subRE, captures int, err error) {
	p := &reParser{s: pattern, opt: opt}
	if p.opt.literal {
		top := &subRE{op: '=', re: &reNode{}}
		for _, r := range pattern {
			top.re.kids = append(top.re.kids, p.char(r))
		}
		return top, 0, nil
	}
	p.prefixes()
	if p.opt.literal {
		return parseRegexp(p.s[p.pos:], p.opt)
	}
	tree = p.alternatives()
	if p.err == nil && p.pos < len(p.s) {
		p.fail(reBadParens)
	}
	return tree, p.caps, p.err
}

// prefixes reads ***: or ***= and embedded options.
func (p *reParser) prefixes() {
	if len(p.s) >= 3 && p.s[:3] == "***" {
		switch {
		case len(p.s) > 3 && p.s[3] == ':':
			p.opt.extended = false
			p.pos = 4
		case len(p.s) > 3 && p.s[3] == '=':
			p.opt.literal = true
			p.pos = 4
			return
		default:
			p.fail(reBadRepeat)
			return
		}
	}
	if p.opt.extended || !p.has("(?") || p.pos+2 >= len(p.s) || !isLetter(p.s[p.pos+2]) {
		return
	}
	p.pos += 2
	for ; p.pos < len(p.s) && isLetter(p.s[p.pos]); p.pos++ {
		if !p.opt.set(p.s[p.pos]) {
			p.fail("invalid embedded option")
			return
		}
	}
	if p.pos >= len(p.s) || p.s[p.pos] != ')' {
		p.fail("invalid embedded option")
		return
	}
	p.pos++
}

// set takes an option's letter; false if it is none.
func (o *reOptions) set(c byte) bool {
	switch c {
	case 'c':
		o.fold = false
	case 'e':
		o.extended, o.literal = true, false
	case 'i':
		o.fold = true
	case 'm', 'n':
		o.dotStop, o.anchors = true, true
	case 'p':
		o.dotStop, o.anchors = true, false
	case 'q':
		o.literal = true
	case 's':
		o.dotStop, o.anchors = false, false
	case 't':
		o.expanded = false
	case 'w':
		o.dotStop, o.anchors = false, true
	case 'x':
		o.expanded = true
	default:
		return false
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func (p *reParser) has(s string) bool {
	return len(p.s)-p.pos >= len(s) && p.s[p.pos:p.pos+len(s)] == s
}

func (p *reParser) accept(s string) bool {
	if p.has(s) {
		p.pos += len(s)
		return true
	}
	return false
}

// skip passes over comments, and in the expanded syntax over white space.
func (p *reParser) skip() {
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case p.opt.expanded && (c == ' ' || c >= '\t' && c <= '\r'):
			p.pos++
		case p.opt.expanded && c == '#':
			for p.pos < len(p.s) && p.s[p.pos] != '\n' {
				p.pos++
			}
		case !p.opt.extended && p.has("(?#"):
			for p.pos < len(p.s) && p.s[p.pos] != ')' {
				p.pos++
			}
			p.accept(")")
		default:
			return
		}
	}
}

func (p *reParser) branchEnds() bool {
	p.skip()
	return p.pos >= len(p.s) || p.s[p.pos] == '|' || p.s[p.pos] == ')'
}

// alternatives is Spencer's parse().
func (p *reParser) alternatives() *subRE {
	if p.depth++; p.depth > 500 {
		p.fail(reTooComplex)
	}
	defer func() { p.depth-- }()
	all := &subRE{op: '|', flags: prefLonger, re: &reNode{op: reAlt}}
	for {
		b := p.branch()
		all.kids, all.re.kids = append(all.kids, b), append(all.re.kids, b.re)
		all.flags |= upFlags(all.flags | b.flags)
		if !p.accept("|") {
			break
		}
	}
	switch {
	case len(all.kids) == 1:
		return all.kids[0]
	case !messy(all.flags):
		all.op, all.kids = '=', nil
	}
	return all
}

// branch is parsebranch(): plain pieces gather in top; the first one that is more takes the rest of the branch with it.
func (p *reParser) branch() *subRE {
	top := &subRE{op: '=', re: &reNode{}}
	for top.op == '=' && p.err == nil && !p.branchEnds() {
		p.piece(top)
	}
	return top
}

// piece is parseqatom(): an atom with its quantifier.
func (p *reParser) piece(top *subRE) {
	atom, quantified := p.atom()
	if p.err != nil {
		return
	}
	if !quantified {
		top.re.kids = append(top.re.kids, atom.re)
		return
	}
	lo, hi, pref := p.quantifier()
	if lo == 0 && hi == 0 {
		return
	}
	if f := top.flags | pref | atom.flags; !messy(upFlags(f)) && atom.flags&hasCapture == 0 {
		top.re.kids, top.flags = append(top.re.kids, repeated(atom.re, lo, hi)), f
		return
	}
	prefix := &subRE{op: '=', flags: top.flags, re: &reNode{kids: top.re.kids}}
	item := quantify(atom, lo, hi, pref)
	f := combineFlags(pref, atom.flags)
	top.op, top.re = '.', &reNode{kids: []*reNode{prefix.re, item.re}}
	if p.branchEnds() {
		top.kids, top.flags = []*subRE{prefix, item}, top.flags|combineFlags(top.flags, f)
		return
	}
	rest := p.branch()
	tail := &subRE{op: '.', flags: f | combineFlags(f, rest.flags), kids: []*subRE{item, rest},
		re: &reNode{kids: []*reNode{item.re, rest.re}}}
	top.kids, top.flags = []*subRE{prefix, tail}, top.flags|combineFlags(top.flags, tail.flags)
	top.re.kids[1] = tail.re
}

func repeated(re *reNode, lo, hi int) *reNode {
	if lo == 1 && hi == 1 {
		return re
	}
	return &reNode{op: reRepeat, kids: []*reNode{re}, min: lo, max: hi}
}

// quantify puts a quantifier on what is not plain. Of an iteration only the last round's captures count: x{m,n} is x{m-1,n-1}x.
func quantify(atom *subRE, lo, hi, pref int) *subRE {
	own := atom.flags & (prefLonger | prefShorter | mixedPref)
	f := combineFlags(pref, atom.flags)
	switch {
	case lo == 1 && hi == 1 && (pref == 0 || own == 0 || pref == own):
		return atom
	case atom.flags&hasCapture == 0:
		return &subRE{op: '=', flags: f, re: repeated(atom.re, lo, hi)}
	case lo > 0:
		fewer := hi
		if hi != infinite {
			fewer--
		}
		front := &subRE{op: '=', flags: f & (prefLonger | prefShorter), re: repeated(atom.re, lo-1, fewer)}
		if lo == 1 && fewer == 0 {
			front.re = &reNode{}
		}
		return &subRE{op: '.', flags: f, kids: []*subRE{front, atom}, re: &reNode{kids: []*reNode{front.re, atom.re}}}
	}
	return &subRE{op: '*', flags: f, min: lo, max: hi, kids: []*subRE{atom}, re: repeated(atom.re, lo, hi)}
}

// quantifier reads * + ? {m,n} and a ? behind.
func (p *reParser) quantifier() (lo, hi, pref int) {
	p.skip()
	switch {
	case p.accept("*"):
		lo, hi = 0, infinite
	case p.accept("+"):
		lo, hi = 1, infinite
	case p.accept("?"):
		lo, hi = 0, 1
	case p.boundAhead():
		p.pos++
		lo = p.count()
		hi = lo
		exact := true
		if p.accept(",") {
			exact = false
			if hi = infinite; p.pos < len(p.s) && isDigit(p.s[p.pos]) {
				hi = p.count()
			}
		}
		if hi != infinite && lo > hi {
			p.fail(reBadCount)
			return 1, 1, 0
		}
		if !p.accept("}") {
			if p.err == nil && p.pos < len(p.s) {
				p.fail(reBadCount)
			}
			p.fail(reBadBraces)
			return 1, 1, 0
		}
		if exact {
			p.lazy()
			return lo, hi, 0
		}
	default:
		return 1, 1, 0
	}
	if p.lazy() {
		return lo, hi, prefShorter
	}
	return lo, hi, prefLonger
}

func (p *reParser) lazy() bool { return !p.opt.extended && p.accept("?") }

func (p *reParser) boundAhead() bool {
	return p.pos < len(p.s) && p.s[p.pos] == '{' && (p.opt.extended || p.pos+1 < len(p.s) && isDigit(p.s[p.pos+1]))
}

func (p *reParser) count() int {
	n, start := 0, p.pos
	for ; p.pos < len(p.s) && isDigit(p.s[p.pos]); p.pos++ {
		n = min(n*10+int(p.s[p.pos]-'0'), maxRepeat+1)
	}
	if p.pos == start || n > maxRepeat {
		p.fail(reBadCount)
	}
	return n
}

func constraint(a reAssert) *subRE { return &subRE{op: '=', re: &reNode{op: reConstraint, assert: a}} }

func (p *reParser) char(r rune) *reNode {
	set := &charSet{}
	set.add(r, r)
	if p.opt.fold {
		set.foldCase()
	}
	set.finish()
	return &reNode{op: reSet, set: set}
}

func setAtom(set *charSet) *subRE {
	set.finish()
	return &subRE{op: '=', re: &reNode{op: reSet, set: set}}
}

// atom reads an atom, or a constraint, which takes no quantifier.
func (p *reParser) atom() (a *subRE, quantified bool) {
	c := p.s[p.pos]
	switch {
	case c == '*' || c == '+' || c == '?' || p.boundAhead():
		p.fail(reBadRepeat)
		return nil, false
	case c == '^':
		p.pos++
		if p.opt.anchors {
			return constraint(atLineStart), false
		}
		return constraint(atStart), false
	case c == '$':
		p.pos++
		if p.opt.anchors {
			return constraint(atLineEnd), false
		}
		return constraint(atEnd), false
	case c == '(':
		p.pos++
		return p.group()
	case c == '.':
		p.pos++
		set := &charSet{}
		set.add(0, utf8.MaxRune)
		if p.opt.dotStop {
			set = &charSet{}
			set.add('\n', '\n')
			set.invert()
		}
		return setAtom(set), true
	case p.accept("[[:<:]]"):
		return constraint(atWordStart), false
	case p.accept("[[:>:]]"):
		return constraint(atWordEnd), false
	case c == '[':
		p.pos++
		return p.bracket(), true
	case c == '\\':
		p.pos++
		return p.escape()
	}
	r, n := utf8.DecodeRuneInString(p.s[p.pos:])
	p.pos += n
	return &subRE{op: '=', re: p.char(r)}, true
}

// group reads what stands behind an opening parenthesis.
func (p *reParser) group() (*subRE, bool) {
	closed := func(a *subRE) *subRE {
		if !p.accept(")") {
			p.fail(reBadParens)
		}
		return a
	}
	if !p.opt.extended && p.accept("?") {
		look := reNode{op: reLook}
		switch {
		case p.accept(":"):
			return closed(p.alternatives()), true
		case p.accept("="):
		case p.accept("!"):
			look.negate = true
		case p.accept("<="):
			look.behind = true
		case p.accept("<!"):
			look.behind, look.negate = true, true
		default:
			p.fail(reBadRepeat)
			return nil, false
		}
		p.look++
		look.kids = []*reNode{closed(p.alternatives()).re}
		p.look--
		return &subRE{op: '=', re: &look}, false
	}
	if p.look > 0 {
		return closed(p.alternatives()), true
	}
	p.caps++
	n := p.caps
	a := closed(p.alternatives())
	if a.capture != 0 { // ((x)): the parentheses need a node of their own
		a = &subRE{op: '(', flags: a.flags, kids: []*subRE{a}, re: a.re}
	}
	a.capture, a.flags = n, a.flags|hasCapture
	return a, true
}
