package expr

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// unistr decodes \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\.
func unistr(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s := a[0].Bytes()
	var out []byte
	high := rune(0) // the first half of a surrogate pair
	for len(s) > 0 {
		if s[0] != '\\' || len(s) > 1 && s[1] == '\\' {
			if high != 0 {
				return types.Null, badSurrogates()
			}
			out = append(out, s[0])
			s = s[1+b2int(s[0] == '\\'):]
			continue
		}
		r, n, err := unicodeEscape(s)
		if err != nil {
			return types.Null, err
		}
		s = s[n:]
		switch first := r >= 0xd800 && r < 0xdc00; {
		case high != 0:
			if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
				return types.Null, badSurrogates()
			}
			high = 0
		case first:
			high = r
			continue
		case utf16.IsSurrogate(r):
			return types.Null, badSurrogates()
		}
		out = utf8.AppendRune(out, r)
	}
	if high != 0 {
		return types.Null, badSurrogates()
	}
	return types.NewBytes(out), nil
}

func badSurrogates() error { return sqlerr.New(sqlerr.SyntaxError, "invalid Unicode surrogate pair") }

// unicodeEscape reads the escape that s begins with, and its length.
func unicodeEscape(s []byte) (rune, int, error) {
	for _, form := range []struct {
		prefix string
		digits int
	}{{`\u`, 4}, {`\U`, 8}, {`\+`, 6}, {`\`, 4}} {
		p, n := len(form.prefix), len(form.prefix)+form.digits
		if !bytes.HasPrefix(s, []byte(form.prefix)) || len(s) < n || bytes.IndexByte(s[p:n], '_') >= 0 {
			continue
		}
		v, err := strconv.ParseUint(string(s[p:n]), 16, 32)
		if err != nil {
			continue
		}
		if v == 0 || v > utf8.MaxRune {
			return 0, 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid Unicode code point: %04X", v)
		}
		return rune(v), n, nil
	}
	return 0, 0, sqlerr.New(sqlerr.SyntaxError, "invalid Unicode escape").
		WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}
