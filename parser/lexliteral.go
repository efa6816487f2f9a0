package parser

import (
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// number reads a numeric literal. Hexadecimal, octal and binary integers become decimal.
func (l *lexer) number() {
	start := l.i
	if l.peek(0) == '0' && l.peek(1) != 0 && strings.IndexByte("xXoObB", l.peek(1)) >= 0 {
		l.basedInteger()
		return
	}
	kind := tokInt
	l.digits(isDigit)
	if l.peek(0) == '.' && l.peek(1) != '.' {
		kind = tokNum
		l.i++
		l.digits(isDigit)
	}
	if c := l.peek(0); c == 'e' || c == 'E' {
		n := 1
		if d := l.peek(1); d == '+' || d == '-' {
			n = 2
		}
		if isDigit(l.peek(n)) {
			kind = tokNum
			l.i += n
			l.digits(isDigit)
		}
	}
	if isIdentStart(l.peek(0)) {
		l.failNear(start, l.i+1, "trailing junk after numeric literal")
		return
	}
	l.emit(kind, start, strings.ReplaceAll(l.src[start:l.i], "_", ""))
}

// digits passes digits, single underscores between them.
func (l *lexer) digits(ok func(byte) bool) {
	for ok(l.peek(0)) || l.peek(0) == '_' && ok(l.peek(1)) {
		l.i++
	}
}

// maxBasedDigits bounds the conversion of a hexadecimal integer, whose cost is quadratic.
const maxBasedDigits = 1000

func (l *lexer) basedInteger() {
	start := l.i
	valid, base := isHexDigit, 16
	switch l.peek(1) | 0x20 {
	case 'o':
		valid, base = func(c byte) bool { return c >= '0' && c <= '7' }, 8
	case 'b':
		valid, base = func(c byte) bool { return c == '0' || c == '1' }, 2
	}
	l.i += 2
	l.digits(valid)
	text := strings.ReplaceAll(l.src[start+2:l.i], "_", "")
	v, ok := new(big.Int), false
	if len(text) <= maxBasedDigits {
		_, ok = v.SetString(text, base)
	}
	if !ok || isIdentPart(l.peek(0)) {
		l.failNear(start, min(l.i+1, len(l.src)), "trailing junk after numeric literal")
		return
	}
	l.emit(tokInt, start, v.String())
}

// prefixedString reads E'..', B'..', X'..' or N'..'.
func (l *lexer) prefixedString(prefix byte) {
	start := l.i
	l.i++
	switch prefix {
	case 'e':
		l.emit(tokString, start, l.stringBody(start, true))
	case 'n': // as the grammar has it: the type name nchar and a string
		l.toks = append(l.toks, token{kind: tokIdent, keyword: 'C', pos: int32(start), end: int32(l.i), text: "nchar"})
		at := l.i
		l.emit(tokString, at, l.stringBody(at, false))
	default:
		body := l.stringBody(start, false)
		for i := range len(body) {
			if prefix == 'b' && body[i] != '0' && body[i] != '1' {
				l.fail(sqlerr.New(sqlerr.InvalidTextRepresentation, "\"%c\" is not a valid binary digit", body[i]).At(start))
			} else if prefix == 'x' && !isHexDigit(body[i]) {
				l.fail(sqlerr.New(sqlerr.InvalidTextRepresentation, "\"%c\" is not a valid hexadecimal digit", body[i]).At(start))
			}
		}
		l.emit(tokBit, start, string(prefix)+body)
	}
}

// unicodeString reads U&'..' and U&".." with an optional UESCAPE behind.
func (l *lexer) unicodeString() {
	start := l.i
	l.i += 2
	quoted := l.src[l.i] == '"'
	var body string
	if quoted {
		body = l.quotedBody(start)
	} else {
		body = l.stringBody(start, false)
	}
	body = l.decodeUnicode(start, body, l.escapeCharacter())
	switch {
	case quoted && body == "":
		l.failNear(start, min(l.i, len(l.src)), "zero-length delimited identifier")
	case quoted:
		l.emit(tokQuoted, start, truncateName(body))
	default:
		l.emit(tokString, start, body)
	}
}

// escapeCharacter reads UESCAPE 'c'; a backslash where there is none.
func (l *lexer) escapeCharacter() byte {
	const word = "uescape"
	before := l.i
	l.skipSpace()
	if len(l.src)-l.i < len(word) || !strings.EqualFold(l.src[l.i:l.i+len(word)], word) {
		if l.err == nil {
			l.i = before
		}
		return '\\'
	}
	l.i += len(word)
	l.skipSpace()
	at := l.i
	if l.peek(0) != '\'' {
		l.failNear(at, min(at+1, len(l.src)), "UESCAPE must be followed by a simple string literal")
		return '\\'
	}
	esc := l.stringBody(at, false)
	if len(esc) != 1 || isHexDigit(esc[0]) || isSpace(esc[0]) || strings.ContainsAny(esc, `+'"`) {
		l.failNear(at, min(l.i, len(l.src)), "invalid Unicode escape character")
		return '\\'
	}
	return esc[0]
}

// stringBody reads a string whose opening quote is at l.i, with the segments that continue it behind a newline.
func (l *lexer) stringBody(start int, escapes bool) string {
	var b strings.Builder
	for l.stringSegment(start, escapes, &b) {
		end := l.i
		if !l.skipSpace() || l.peek(0) != '\'' {
			if l.err == nil {
				l.i = end
			}
			break
		}
	}
	s := b.String()
	if escapes && l.err == nil {
		if err := checkEncoding(s); err != nil {
			l.fail(sqlerr.From(err).At(start))
		}
	}
	return s
}

// stringSegment appends what stands between two quotes to b, and reports whether it was closed.
func (l *lexer) stringSegment(start int, escapes bool, b *strings.Builder) bool {
	l.i++
	from := l.i
	for l.i < len(l.src) {
		switch c := l.src[l.i]; {
		case c == '\'' && l.peek(1) == '\'':
			b.WriteString(l.src[from : l.i+1])
			l.i += 2
			from = l.i
		case c == '\'':
			b.WriteString(l.src[from:l.i])
			l.i++
			return true
		case c == '\\' && escapes:
			b.WriteString(l.src[from:l.i])
			l.escape(b)
			from = l.i
		default:
			l.i++
		}
	}
	if l.err == nil {
		l.failNear(start, len(l.src), "unterminated quoted string")
	}
	return false
}

// escape reads one backslash escape of an E” string.
func (l *lexer) escape(b *strings.Builder) {
	at := l.i
	l.i++
	if l.i >= len(l.src) {
		return
	}
	c := l.src[l.i]
	l.i++
	switch c {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'v':
		b.WriteByte('\v')
	case 'x':
		v, n := 0, 0
		for ; n < 2 && isHexDigit(l.peek(0)); n++ {
			v = v<<4 | hexValue(l.peek(0))
			l.i++
		}
		if n == 0 {
			b.WriteByte('x')
			return
		}
		b.WriteByte(byte(v))
	case 'u':
		l.unicodeEscape(at, 4, b)
	case 'U':
		l.unicodeEscape(at, 8, b)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v := int(c - '0')
		for n := 0; n < 2 && l.peek(0) >= '0' && l.peek(0) <= '7'; n++ {
			v = v<<3 | int(l.peek(0)-'0')
			l.i++
		}
		b.WriteByte(byte(v))
	default:
		b.WriteByte(c)
	}
}

// unicodeEscape reads the n hexadecimal digits of \u or \U, and the second half of a surrogate pair.
func (l *lexer) unicodeEscape(at, n int, b *strings.Builder) {
	r, ok := l.hex(n)
	if !ok {
		l.fail(sqlerr.New(sqlerr.InvalidEscapeSequence, "invalid Unicode escape").At(at).
			WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX."))
		return
	}
	if isHighSurrogate(r) {
		low, ok := rune(0), false
		if l.peek(0) == '\\' && (l.peek(1) == 'u' || l.peek(1) == 'U') {
			n := 4
			if l.peek(1) == 'U' {
				n = 8
			}
			l.i += 2
			low, ok = l.hex(n)
		}
		if !ok || !isLowSurrogate(low) {
			l.failNear(at, min(l.i, len(l.src)), "invalid Unicode surrogate pair")
			return
		}
		r = joinSurrogates(r, low)
	}
	if r == 0 || !utf8.ValidRune(r) {
		l.failNear(at, min(l.i, len(l.src)), "invalid Unicode escape value")
		return
	}
	b.WriteRune(r)
}

// hex reads exactly n hexadecimal digits.
func (l *lexer) hex(n int) (rune, bool) {
	var v uint32
	for k := range n {
		if !isHexDigit(l.peek(k)) {
			return 0, false
		}
		v = v<<4 | uint32(hexValue(l.peek(k)))
	}
	l.i += n
	return rune(v), v <= utf8.MaxRune
}

// quotedBody reads a quoted identifier whose opening quote is at l.i.
func (l *lexer) quotedBody(start int) string {
	var b strings.Builder
	l.i++
	for l.i < len(l.src) {
		c := l.src[l.i]
		l.i++
		if c == '"' {
			if l.peek(0) != '"' {
				return b.String()
			}
			l.i++
		}
		b.WriteByte(c)
	}
	l.failNear(start, len(l.src), "unterminated quoted identifier")
	return ""
}

// decodeUnicode replaces the escapes of a U& string: \XXXX, \+XXXXXX and the doubled escape character.
func (l *lexer) decodeUnicode(pos int, s string, esc byte) string {
	if strings.IndexByte(s, esc) < 0 {
		return s
	}
	sub := &lexer{src: s}
	var b strings.Builder
	var high rune
	for sub.i < len(s) {
		c := s[sub.i]
		sub.i++
		if c != esc || sub.peek(0) == esc {
			if c == esc {
				sub.i++
			}
			if high != 0 {
				break
			}
			b.WriteByte(c)
			continue
		}
		n := 4
		if sub.peek(0) == '+' {
			n = 6
			sub.i++
		}
		r, ok := sub.hex(n)
		switch {
		case !ok:
			l.fail(sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape").At(pos).
				WithHint("Unicode escapes must be \\XXXX or \\+XXXXXX."))
			return ""
		case high != 0 && isLowSurrogate(r):
			r, high = joinSurrogates(high, r), 0
		case high == 0 && isHighSurrogate(r):
			high = r
			continue
		}
		if high != 0 || r == 0 || !utf8.ValidRune(r) {
			l.fail(sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape value").At(pos))
			return ""
		}
		b.WriteRune(r)
	}
	if high != 0 {
		l.fail(sqlerr.New(sqlerr.SyntaxError, "invalid Unicode surrogate pair").At(pos))
	}
	return b.String()
}

func isHighSurrogate(r rune) bool        { return r >= 0xD800 && r < 0xDC00 }
func isLowSurrogate(r rune) bool         { return r >= 0xDC00 && r < 0xE000 }
func joinSurrogates(high, low rune) rune { return 0x10000 + (high-0xD800)<<10 + (low - 0xDC00) }

func isHexDigit(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// hexValue is the value of a digit for which isHexDigit holds.
func hexValue(c byte) int {
	if isDigit(c) {
		return int(c - '0')
	}
	return int(c|0x20-'a') + 10
}
