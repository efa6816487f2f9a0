package jsonb

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/numeric"
)

// maxDepth is how deep values may nest; beyond is 54001.
const maxDepth = 6000

// Parse reads JSON text into jsonb; 22P02 if it is none, 22P05 for \u0000, which jsonb cannot hold.
func Parse(s []byte) (Value, error) {
	p := parser{s: s, build: true}
	return p.document()
}

// Validate checks JSON text: the input of type json, which is kept as it is.
func Validate(s []byte) error {
	p := parser{s: s}
	_, err := p.document()
	return err
}

// parser is a recursive-descent parser; it builds values only if asked to.
type parser struct {
	s     []byte
	i     int
	depth int
	build bool
}

func (p *parser) document() (Value, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.blanks(); p.i < len(p.s) {
		return nil, p.unexpected("Expected end of input, but found")
	}
	return v, nil
}

func (p *parser) blanks() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\n' || p.s[p.i] == '\r') {
		p.i++
	}
}

func (p *parser) value() (Value, error) {
	p.blanks()
	if p.i >= len(p.s) {
		return nil, p.fail("The input string ended unexpectedly.")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.nested(p.object)
	case c == '[':
		return p.nested(p.array)
	case c == '"':
		b, err := p.str()
		if err != nil || !p.build {
			return nil, err
		}
		return NewString(b), nil
	case c == '-' || c-'0' <= 9:
		return p.number()
	}
	start := p.i
	switch word := p.token(); word {
	case "null":
		p.i += 4
		return NullValue, nil
	case "true":
		p.i += 4
		return TrueValue, nil
	case "false":
		p.i += 5
		return FalseValue, nil
	}
	p.i = start
	return nil, p.unexpected("Expected JSON value, but found")
}

func (p *parser) nested(f func() (Value, error)) (Value, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded")
	}
	v, err := f()
	p.depth--
	return v, err
}

func (p *parser) array() (Value, error) {
	p.i++
	var elems []Value
	for first := true; ; first = false {
		p.blanks()
		if first && p.at(']') {
			break
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if p.build {
			elems = append(elems, v)
		}
		if p.blanks(); p.at(',') {
			p.i++
			continue
		}
		if !p.at(']') {
			return nil, p.unexpected(`Expected "," or "]", but found`)
		}
		break
	}
	p.i++
	if !p.build {
		return nil, nil
	}
	return NewArray(elems), nil
}

func (p *parser) object() (Value, error) {
	p.i++
	var pairs []Pair
	for first := true; ; first = false {
		p.blanks()
		if first && p.at('}') {
			break
		}
		if !p.at('"') {
			if first {
				return nil, p.unexpected(`Expected string or "}", but found`)
			}
			return nil, p.unexpected("Expected string, but found")
		}
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.blanks(); !p.at(':') {
			return nil, p.unexpected(`Expected ":", but found`)
		}
		p.i++
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if p.build {
			pairs = append(pairs, Pair{k, v})
		}
		if p.blanks(); p.at(',') {
			p.i++
			continue
		}
		if !p.at('}') {
			return nil, p.unexpected(`Expected "," or "}", but found`)
		}
		break
	}
	p.i++
	if !p.build {
		return nil, nil
	}
	return NewObject(pairs), nil
}

func (p *parser) at(c byte) bool { return p.i < len(p.s) && p.s[p.i] == c }

// number reads -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (p *parser) number() (Value, error) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.s) && p.s[p.i]-'0' <= 9 {
			p.i++
		}
		return p.i > from
	}
	ok := true
	if p.at('-') {
		p.i++
	}
	if p.at('0') {
		p.i++
	} else {
		ok = digits()
	}
	if ok && p.at('.') {
		p.i++
		ok = digits()
	}
	if ok && (p.at('e') || p.at('E')) {
		p.i++
		if p.at('+') || p.at('-') {
			p.i++
		}
		ok = digits()
	}
	if !ok || p.i < len(p.s) && wordByte(p.s[p.i]) {
		end := p.i
		for end < len(p.s) && wordByte(p.s[end]) {
			end++
		}
		return nil, p.failAt(end, `Token "%s" is invalid.`, p.s[start:end])
	}
	if !p.build {
		return nil, nil
	}
	d, err := numeric.Parse(string(p.s[start:p.i]))
	if err != nil {
		return nil, err
	}
	return NewNumber(d), nil
}

// str reads a string and gives its content.
func (p *parser) str() ([]byte, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) { // without escapes the content is the input
		switch c := p.s[p.i]; {
		case c == '"':
			b := p.s[start:p.i]
			p.i++
			return b, nil
		case c < ' ':
			return nil, p.control(start)
		case c == '\\':
			return p.escaped(start)
		}
		p.i++
	}
	p.i = start - 1
	return nil, p.invalidToken()
}

func (p *parser) control(start int) error {
	from := start - 1
	return p.fail("Character with value 0x%02x must be escaped.", p.s[p.i]).WithWhere("JSON data, line %d: %s", p.line(), p.s[p.lineStart():min(len(p.s), max(from, p.i))])
}

// escaped goes on with a string from its first backslash.
func (p *parser) escaped(start int) ([]byte, error) {
	out := append(make([]byte, 0, p.i-start+16), p.s[start:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == '"':
			p.i++
			return out, nil
		case c < ' ':
			return nil, p.control(start)
		case c != '\\':
			out = append(out, c)
			p.i++
			continue
		}
		p.i++
		if p.i >= len(p.s) {
			break
		}
		c = p.s[p.i]
		p.i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, err := p.unicode()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, p.fail(`Escape sequence "\%s" is invalid.`, firstRune(p.s[p.i-1:]))
		}
	}
	p.i = start - 1
	return nil, p.invalidToken()
}

func (p *parser) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	var r rune
	for _, c := range p.s[p.i : p.i+4] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	p.i += 4
	return r, true
}

// unicode reads what follows \u, and the second half of a surrogate pair. The check-only mode of json looks at no
// more than the digits, as PostgreSQL does.
func (p *parser) unicode() (rune, error) {
	r, ok := p.hex4()
	if !ok {
		return 0, p.fail(`"\u" must be followed by four hexadecimal digits.`)
	}
	if !p.build {
		return r, nil
	}
	switch {
	case r == 0:
		return 0, sqlerr.New(sqlerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail(`\u0000 cannot be converted to text.`)
	case r >= 0xDC00 && r <= 0xDFFF:
		return 0, p.fail("Unicode low surrogate must follow a high surrogate.")
	case r < 0xD800 || r > 0xDFFF:
		return r, nil
	}
	if p.i+1 < len(p.s) && p.s[p.i] == '\\' && p.s[p.i+1] == 'u' {
		p.i += 2
		low, ok := p.hex4()
		if !ok {
			return 0, p.fail(`"\u" must be followed by four hexadecimal digits.`)
		}
		switch {
		case low >= 0xDC00 && low <= 0xDFFF:
			return utf16.DecodeRune(r, low), nil
		case low >= 0xD800 && low <= 0xDBFF:
			return 0, p.fail("Unicode high surrogate must not follow a high surrogate.")
		}
	}
	return 0, p.fail("Unicode low surrogate must follow a high surrogate.")
}

func wordByte(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// token is the word or the character at the parser's place, for messages and literals.
func (p *parser) token() string {
	j := p.i
	for j < len(p.s) && wordByte(p.s[j]) {
		j++
	}
	if j == p.i && j < len(p.s) {
		_, n := utf8.DecodeRune(p.s[j:])
		j += n
	}
	return string(p.s[p.i:j])
}

// unexpected is the error for a token that is none or stands at the wrong place.
func (p *parser) unexpected(what string) error {
	if p.i >= len(p.s) {
		return p.fail("The input string ended unexpectedly.")
	}
	t := p.token()
	switch t {
	case "{", "}", "[", "]", ",", ":", "true", "false", "null":
		return p.failAt(p.i+len(t), `%s "%s".`, what, t)
	}
	q := parser{s: p.s, i: p.i}
	switch c := t[0]; {
	case c == '"':
		if _, err := q.str(); err != nil {
			return err
		}
		return p.failAt(q.i, `%s "%s".`, what, p.s[p.i:q.i])
	case c == '-' || c-'0' <= 9:
		if _, err := q.number(); err != nil {
			return err
		}
		return p.failAt(q.i, `%s "%s".`, what, p.s[p.i:q.i])
	}
	return p.invalidToken()
}

func (p *parser) invalidToken() error {
	end := p.i + len(p.token())
	if p.s[p.i] == '"' {
		end = len(p.s)
	}
	return p.failAt(end, `Token "%s" is invalid.`, p.s[p.i:end])
}

func (p *parser) line() int {
	n := 1
	for _, c := range p.s[:min(p.i, len(p.s))] {
		if c == '\n' {
			n++
		}
	}
	return n
}

func (p *parser) lineStart() int {
	for i := min(p.i, len(p.s)) - 1; i >= 0; i-- {
		if p.s[i] == '\n' {
			return i + 1
		}
	}
	return 0
}

func (p *parser) fail(detail string, args ...any) *sqlerr.Error {
	return p.failAt(p.i, detail, args...)
}

// failAt is the error whose context shows the line up to end, the last 50 bytes of it.
func (p *parser) failAt(end int, detail string, args ...any) *sqlerr.Error {
	start := p.lineStart()
	prefix := ""
	for end-start >= 50 {
		prefix = "..."
		start++
	}
	for start < end && !utf8.RuneStart(p.s[start]) {
		start++
	}
	suffix := ""
	if end < len(p.s) && p.s[end] != '\n' && p.s[end] != '\r' {
		suffix = "..."
	}
	return sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type json").
		WithDetail(detail, args...).
		WithWhere("JSON data, line %d: %s%s%s", p.line(), prefix, p.s[start:end], suffix)
}

func firstRune(b []byte) string {
	_, n := utf8.DecodeRune(b)
	return string(b[:n])
}
