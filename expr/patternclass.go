package expr

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// charSet is a set of characters: ranges, and the ASCII part as bits.
type charSet struct {
	ranges []rune // lo, hi, lo, hi... ascending once finished
	ascii  [2]uint64
}

func (s *charSet) add(lo, hi rune) { s.ranges = append(s.ranges, lo, hi) }

func (s *charSet) addSet(t *charSet) { s.ranges = append(s.ranges, t.ranges...) }

// foldCase adds the other case of each ASCII letter.
func (s *charSet) foldCase() {
	for i := 0; i+1 < len(s.ranges); i += 2 {
		lo, hi := s.ranges[i], s.ranges[i+1]
		if a, b := max(lo, 'A'), min(hi, 'Z'); a <= b {
			defer s.add(a+'a'-'A', b+'a'-'A')
		}
		if a, b := max(lo, 'a'), min(hi, 'z'); a <= b {
			defer s.add(a-'a'+'A', b-'a'+'A')
		}
	}
}

func (s *charSet) normalize() {
	n := len(s.ranges) / 2
	pairs := make([][2]rune, n)
	for i := range pairs {
		pairs[i] = [2]rune{s.ranges[2*i], s.ranges[2*i+1]}
	}
	slices.SortFunc(pairs, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	s.ranges = s.ranges[:0]
	for _, p := range pairs {
		if k := len(s.ranges); k > 0 && p[0] <= s.ranges[k-1]+1 {
			s.ranges[k-1] = max(s.ranges[k-1], p[1])
		} else {
			s.ranges = append(s.ranges, p[0], p[1])
		}
	}
}

func (s *charSet) invert() {
	s.normalize()
	var out []rune
	next := rune(0)
	for i := 0; i < len(s.ranges); i += 2 {
		if s.ranges[i] > next {
			out = append(out, next, s.ranges[i]-1)
		}
		next = s.ranges[i+1] + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, next, utf8.MaxRune)
	}
	s.ranges = out
}

func (s *charSet) finish() {
	s.normalize()
	s.ascii = [2]uint64{}
	for i := 0; i < len(s.ranges); i += 2 {
		for r := s.ranges[i]; r <= min(s.ranges[i+1], 127); r++ {
			s.ascii[r>>6] |= 1 << (r & 63)
		}
	}
}

func (s *charSet) has(r rune) bool {
	if r < utf8.RuneSelf {
		return s.ascii[r>>6]>>(r&63)&1 != 0
	}
	for i := 0; i < len(s.ranges); i += 2 {
		if r <= s.ranges[i+1] {
			return r >= s.ranges[i]
		}
	}
	return false
}

// classRanges are the named classes in the C locale.
var classRanges = map[string]string{
	"alnum": "09AZaz", "alpha": "AZaz", "ascii": "\x00\x7f", "blank": "\t\t  ", "cntrl": "\x00\x1f\x7f\x7f", "digit": "09",
	"graph": "!~", "lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "xdigit": "09AFaf",
	"word": "09AZ__az",
}

func (s *charSet) addClass(name string) bool {
	r, ok := classRanges[name]
	for i := 0; i+1 < len(r); i += 2 {
		s.add(rune(r[i]), rune(r[i+1]))
	}
	return ok
}

// classEscape is \d, \s, \w and their complements; nil for other letters.
func classEscape(c byte) *charSet {
	name := map[byte]string{'d': "digit", 's': "space", 'w': "word"}[c|0x20]
	if name == "" {
		return nil
	}
	set := &charSet{}
	set.addClass(name)
	if c < 'a' {
		set.invert()
	}
	return set
}

// escape reads what stands behind a backslash outside of brackets.
func (p *reParser) escape() (*subRE, bool) {
	if p.pos >= len(p.s) {
		p.fail(reBadEscape)
		return nil, false
	}
	if c := p.s[p.pos]; !p.opt.extended {
		if set := classEscape(c); set != nil {
			p.pos++
			if c == 'S' && p.opt.dotStop {
				set.finish() // a newline is white space: never in it
			}
			return setAtom(set), true
		}
		if a, ok := map[byte]reAssert{'A': atStart, 'Z': atEnd, 'm': atWordStart, 'M': atWordEnd, 'y': atBoundary, 'Y': notBoundary}[c]; ok {
			p.pos++
			return constraint(a), false
		}
		if p.backReference() {
			return nil, false
		}
	}
	r := p.charEscape()
	return &subRE{op: '=', re: p.char(r)}, true
}

// backReference refuses \1 and the like: 0A000. A number above the groups so far is octal.
func (p *reParser) backReference() bool {
	if c := p.s[p.pos]; c < '1' || c > '9' {
		return false
	}
	n, i := 0, p.pos
	for ; i < len(p.s) && isDigit(p.s[i]) && n < 1000; i++ {
		n = n*10 + int(p.s[i]-'0')
	}
	switch {
	case i == p.pos+1 && n > p.caps:
		p.fail("invalid backreference number")
	case i == p.pos+1 || n <= p.caps:
		if p.err == nil {
			p.err = sqlerr.New(sqlerr.FeatureNotSupported, "back references in regular expressions are not supported")
		}
		p.pos = len(p.s)
	default:
		return false
	}
	return true
}

// charEscape is an escape that stands for one character.
func (p *reParser) charEscape() rune {
	c := p.s[p.pos]
	if !isLetter(c) && !isDigit(c) || p.opt.extended {
		r, n := utf8.DecodeRuneInString(p.s[p.pos:])
		p.pos += n
		return r
	}
	p.pos++
	switch c {
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	case 'B':
		return '\\'
	case 'c':
		if p.pos < len(p.s) {
			p.pos++
			return rune(p.s[p.pos-1] & 0x1f)
		}
	case 'e':
		return 0x1b
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	case 'u':
		return p.number(16, 4, 4)
	case 'U':
		return p.number(16, 8, 8)
	case 'x':
		return p.number(16, 1, 255)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.pos--
		if c > '7' {
			break
		}
		return p.number(8, 1, 3)
	}
	p.fail(reBadEscape)
	return 0
}

// number reads least to most digits.
func (p *reParser) number(base, least, most int) rune {
	v, n := 0, 0
	for ; n < most && p.pos < len(p.s); n++ {
		d := strings.IndexByte("0123456789abcdef", lowerByte(p.s[p.pos]))
		if d < 0 || d >= base {
			break
		}
		if v = v*base + d; v > utf8.MaxRune {
			p.fail(reBadEscape)
			return 0
		}
		p.pos++
	}
	if n < least {
		p.fail(reBadEscape)
	}
	return rune(v)
}

// bracket reads a bracket expression behind its [.
func (p *reParser) bracket() *subRE {
	set := &charSet{}
	negate := p.accept("^")
	for first := true; ; first = false {
		if p.pos >= len(p.s) {
			p.fail(reBadBracket)
			return nil
		}
		if !first && p.accept("]") {
			break
		}
		if !p.bracketItem(set) {
			return nil
		}
	}
	if p.opt.fold {
		set.foldCase()
	}
	if negate {
		if p.opt.dotStop {
			set.add('\n', '\n')
		}
		set.invert()
	}
	return setAtom(set)
}

// bracketItem reads a class, a character or a range into set; false if the expression failed.
func (p *reParser) bracketItem(set *charSet) bool {
	if p.accept("[:") {
		name, _, ok := strings.Cut(p.s[p.pos:], ":]")
		if !ok {
			p.fail(reBadBracket)
			return false
		}
		p.pos += len(name) + 2
		if p.opt.fold && (name == "lower" || name == "upper") {
			name = "alpha"
		}
		if !set.addClass(name) {
			p.fail(reBadClass)
			return false
		}
		return true
	}
	if p.has(`\`) && !p.opt.extended && p.pos+1 < len(p.s) {
		if s := classEscape(p.s[p.pos+1]); s != nil {
			p.pos += 2
			set.addSet(s)
			return true
		}
	}
	if p.has("-") && !p.has("-]") && p.s[p.pos-1] != '[' && p.s[p.pos-1] != '^' {
		p.fail(reBadRange)
		return false
	}
	lo := p.bracketChar()
	hi := lo
	if p.has("-") && !p.has("-]") {
		p.pos++
		if p.has("[:") || p.has(`\d`) || p.has(`\w`) || p.has(`\s`) {
			p.fail(reBadRange)
			return false
		}
		hi = p.bracketChar()
	}
	if p.err == nil && lo > hi {
		p.fail(reBadRange)
	}
	set.add(lo, hi)
	return p.err == nil
}

func (p *reParser) bracketChar() rune {
	if p.pos >= len(p.s) {
		p.fail(reBadBracket)
		return 0
	}
	for _, form := range []string{".", "="} {
		if !p.accept("[" + form) {
			continue
		}
		name, _, ok := strings.Cut(p.s[p.pos:], form+"]")
		if !ok {
			p.fail(reBadBracket)
			return 0
		}
		p.pos += len(name) + 2
		r, n := utf8.DecodeRuneInString(name)
		if name == "" || n != len(name) {
			p.fail(reBadElement)
		}
		return r
	}
	if !p.opt.extended && p.accept(`\`) {
		if p.pos >= len(p.s) {
			p.fail(reBadEscape)
			return 0
		}
		return p.charEscape()
	}
	r, n := utf8.DecodeRuneInString(p.s[p.pos:])
	p.pos += n
	return r
}
