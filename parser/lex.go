package parser

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

// lexer cuts a text into PostgreSQL's tokens (scan.l with standard_conforming_strings on). After its first error it
// stands at the end of the text, so that every loop ends; err is looked at once, by lex.
type lexer struct {
	src  string
	i    int
	toks []token
	err  *sqlerr.Error
	good int // how many tokens there were before err
}

// operatorChars are the characters that operators are made of.
const operatorChars = "~!@#^&|`?+-*/%<>="

// lex returns the tokens of src, the last one tokEOF. With an error it returns those before it, since the parser may find
// an error in them; nil if nothing is to be parsed at all.
func lex(src string) ([]token, *sqlerr.Error) {
	if err := checkEncoding(src); err != nil {
		return nil, err
	}
	l := &lexer{src: src, toks: make([]token, 0, len(src)/5+8)}
	for {
		l.skipSpace()
		if l.i >= len(src) {
			break
		}
		if len(l.toks) >= maxTokens {
			return nil, sqlerr.New(sqlerr.StatementTooComplex, "statement too complex").At(l.i).
				WithDetail("It has more than %d words.", maxTokens).WithHint("Split it, or use COPY.")
		}
		l.next()
	}
	if l.err != nil {
		l.toks = l.toks[:l.good]
	}
	l.emit(tokEOF, len(src), "")
	return l.toks, l.err
}

// checkEncoding refuses NUL and what is not UTF-8.
func checkEncoding(src string) *sqlerr.Error {
	if i := strings.IndexByte(src, 0); i >= 0 {
		return encodingError(src[i : i+1]).At(i)
	}
	if utf8.ValidString(src) {
		return nil
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRuneInString(src[i:])
		if r == utf8.RuneError && n == 1 {
			return encodingError(src[i:min(len(src), i+encodedLength(src[i]))]).At(i)
		}
		i += n
	}
	return nil
}

// encodedLength is the length that the first byte of a character announces.
func encodedLength(c byte) int {
	switch {
	case c&0xe0 == 0xc0:
		return 2
	case c&0xf0 == 0xe0:
		return 3
	case c&0xf8 == 0xf0:
		return 4
	}
	return 1
}

func encodingError(bad string) *sqlerr.Error {
	var b strings.Builder
	for i := range len(bad) {
		fmt.Fprintf(&b, " 0x%02x", bad[i])
	}
	return sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\":%s", b.String())
}

func (l *lexer) fail(err *sqlerr.Error) {
	if l.err == nil {
		l.err, l.good = err, len(l.toks)
	}
	l.i = len(l.src)
}

// failNear reports a syntax error that quotes the text from start to end, as scanner_yyerror does.
func (l *lexer) failNear(start, end int, message string) {
	l.fail(sqlerr.New(sqlerr.SyntaxError, "%s at or near \"%s\"", message, l.src[start:end]).At(start))
}

func (l *lexer) peek(n int) byte {
	if l.i+n < len(l.src) {
		return l.src[l.i+n]
	}
	return 0
}

func (l *lexer) emit(k tokenKind, start int, text string) {
	l.toks = append(l.toks, token{kind: k, pos: int32(start), end: int32(l.i), text: text})
}

// skipSpace passes white space and comments; it reports whether there was a newline among it.
func (l *lexer) skipSpace() (newline bool) {
	for l.i < len(l.src) {
		c := l.src[l.i]
		switch {
		case isSpace(c):
			newline = newline || c == '\n' || c == '\r'
			l.i++
		case c == '-' && l.peek(1) == '-':
			for l.i < len(l.src) && l.src[l.i] != '\n' && l.src[l.i] != '\r' {
				l.i++
			}
		case c == '/' && l.peek(1) == '*':
			l.skipComment()
		default:
			return newline
		}
	}
	return newline
}

// skipComment passes a comment; comments nest.
func (l *lexer) skipComment() {
	start := l.i
	for depth := 0; ; {
		switch {
		case l.i >= len(l.src):
			l.failNear(start, len(l.src), "unterminated /* comment")
			return
		case l.src[l.i] == '/' && l.peek(1) == '*':
			depth++
			l.i += 2
		case l.src[l.i] == '*' && l.peek(1) == '/':
			depth--
			l.i += 2
			if depth == 0 {
				return
			}
		default:
			l.i++
		}
	}
}

// next reads one token.
func (l *lexer) next() {
	start := l.i
	c := l.src[l.i]
	switch {
	case l.peek(1) == '\'' && strings.IndexByte("eEbBxXnN", c) >= 0:
		l.prefixedString(c | 0x20)
	case (c == 'u' || c == 'U') && l.peek(1) == '&' && (l.peek(2) == '\'' || l.peek(2) == '"'):
		l.unicodeString()
	case isIdentStart(c):
		l.word()
	case c == '"':
		s := l.quotedBody(start)
		if s == "" && l.err == nil {
			l.failNear(start, l.i, "zero-length delimited identifier")
			return
		}
		l.emit(tokQuoted, start, truncateName(s))
	case c == '\'':
		l.emit(tokString, start, l.stringBody(start, false))
	case isDigit(c) || c == '.' && isDigit(l.peek(1)):
		l.number()
	case c == '$':
		l.dollar()
	case strings.IndexByte("()[],;", c) >= 0:
		l.i++
		l.emit(tokPunct, start, l.src[start:l.i])
	case c == ':':
		l.i++
		if n := l.peek(0); n == ':' || n == '=' {
			l.i++
		}
		l.emit(tokPunct, start, l.src[start:l.i])
	case c == '.':
		l.i++
		if l.peek(0) == '.' {
			l.i++
		}
		l.emit(tokPunct, start, l.src[start:l.i])
	case strings.IndexByte(operatorChars, c) >= 0:
		l.operator()
	default:
		_, n := utf8.DecodeRuneInString(l.src[start:])
		l.failNear(start, start+n, "syntax error")
	}
}

// word reads an identifier or keyword.
func (l *lexer) word() {
	start := l.i
	for l.i < len(l.src) && isIdentPart(l.src[l.i]) {
		l.i++
	}
	w := truncateName(fold(l.src[start:l.i]))
	l.toks = append(l.toks, token{kind: tokIdent, keyword: keywords[w], pos: int32(start), end: int32(l.i), text: w})
}

// operator reads the longest operator, less what the SQL standard's own operators claim: a comment's start ends it,
// and + and - may stand last only behind a character that no standard operator has.
func (l *lexer) operator() {
	start, j := l.i, l.i
	for j < len(l.src) && strings.IndexByte(operatorChars, l.src[j]) >= 0 {
		if j > start && (strings.HasPrefix(l.src[j:], "--") || strings.HasPrefix(l.src[j:], "/*")) {
			break
		}
		j++
	}
	op := l.src[start:j]
	if !strings.ContainsAny(op, "~!@#^&|`?%") {
		for len(op) > 1 && (op[len(op)-1] == '+' || op[len(op)-1] == '-') {
			op = op[:len(op)-1]
		}
	}
	l.i += len(op)
	switch {
	case len(op) >= maxNameLength+1:
		l.failNear(start, l.i, "operator too long")
	case op == "=>":
		l.emit(tokPunct, start, op)
	case op == "!=":
		l.emit(tokOp, start, "<>")
	default:
		l.emit(tokOp, start, op)
	}
}

// dollar reads $1, $name or a dollar-quoted string. PostgreSQL has no $name; a dollar sign right behind the name
// makes it the tag of a string, as there.
func (l *lexer) dollar() {
	start := l.i
	if isDigit(l.peek(1)) {
		l.i++
		for isDigit(l.peek(0)) {
			l.i++
		}
		if isIdentStart(l.peek(0)) {
			l.failNear(start, l.i+1, "trailing junk after parameter")
			return
		}
		l.emit(tokParam, start, l.src[start+1:l.i])
		return
	}
	j := start + 1
	if j < len(l.src) && isIdentStart(l.src[j]) {
		for j < len(l.src) && isIdentPart(l.src[j]) && l.src[j] != '$' {
			j++
		}
	}
	switch {
	case j < len(l.src) && l.src[j] == '$':
		tag := l.src[start : j+1]
		n := strings.Index(l.src[j+1:], tag)
		if n < 0 {
			l.failNear(start, len(l.src), "unterminated dollar-quoted string")
			return
		}
		l.i = j + 1 + n + len(tag)
		l.emit(tokString, start, l.src[j+1:j+1+n])
	case j > start+1:
		l.i = j
		l.emit(tokNamed, start, truncateName(fold(l.src[start+1:j])))
	default:
		l.failNear(start, start+1, "syntax error")
	}
}

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }
func isSpace(c byte) bool     { return c == ' ' || c >= '\t' && c <= '\r' }

// fold lowers ASCII letters, as PostgreSQL does in a multi-byte encoding.
func fold(s string) string {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			continue
		}
		b := []byte(s)
		for ; i < len(b); i++ {
			if b[i] >= 'A' && b[i] <= 'Z' {
				b[i] += 'a' - 'A'
			}
		}
		return string(b)
	}
	return s
}

// maxNameLength is NAMEDATALEN - 1.
const maxNameLength = 63

// truncateName cuts a name to what PostgreSQL keeps of it, at a character's border.
func truncateName(s string) string {
	if len(s) <= maxNameLength {
		return s
	}
	n := maxNameLength
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
