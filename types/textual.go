package types

import (
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
)

const maxNameBytes = 63

// truncateName cuts a name to 63 bytes at a character's end.
func truncateName(s string) string {
	if len(s) <= maxNameBytes {
		return s
	}
	n := maxNameBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// parseChar is the input of "char": the first byte, or an octal escape.
func parseChar(s string) int64 {
	if s == "" {
		return 0
	}
	if len(s) == 4 && s[0] == '\\' && octal(s[1]) && octal(s[2]) && octal(s[3]) {
		return int64((s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'))
	}
	return int64(s[0])
}

func octal(c byte) bool { return c >= '0' && c <= '7' }

func appendChar(dst []byte, v int64) []byte {
	c := byte(v)
	switch {
	case c == 0:
		return dst
	case c >= 0x80:
		return append(dst, '\\', '0'+(c>>6), '0'+(c>>3&7), '0'+(c&7))
	}
	return append(dst, c)
}

// parseBytea reads \x and hexadecimal digits, or the escape format.
func parseBytea(s string) (Datum, error) {
	if len(s) >= 2 && s[0] == '\\' && s[1] == 'x' {
		return parseHex(s[2:])
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		switch {
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && octal(s[i+2]) && octal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return Null, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return NewBytes(out), nil
}

func parseHex(s string) (Datum, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			continue
		}
		hi, ok := unhex(s[i])
		if !ok {
			return Null, badHexDigit(s[i:])
		}
		if i++; i >= len(s) {
			return Null, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo, ok := unhex(s[i])
		if !ok {
			return Null, badHexDigit(s[i:])
		}
		out = append(out, hi<<4|lo)
	}
	return NewBytes(out), nil
}

func badHexDigit(s string) error {
	_, n := utf8.DecodeRuneInString(s)
	return sqlerr.New(sqlerr.InvalidParameterValue, `invalid hexadecimal digit: "%s"`, s[:n])
}

func appendBytea(dst, b []byte, output string) []byte {
	if output != "escape" {
		dst = append(dst, '\\', 'x')
		for _, c := range b {
			dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
		}
		return dst
	}
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+(c>>6), '0'+(c>>3&7), '0'+(c&7))
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
