package datetime

import (
	"math"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// fieldType is what a field of the input looks like.
type fieldType uint8

const (
	ftNumber fieldType = iota
	ftString
	ftDate
	ftTime
	ftTZ
	ftSpecial
)

type field struct {
	text string // lower case
	typ  fieldType
}

// problem is why a text is no date or time; the caller knows the type and makes the error of it.
type problem uint8

const (
	fine problem = iota
	badFormat
	fieldOverflow
	monthDayOverflow // perhaps the order of day and month is another one
	intervalOverflow
	zoneOverflow
	badZone // the text names a zone that there is not
)

// problemError is PostgreSQL's DateTimeParseError.
func problemError(p problem, s, typ string) error {
	switch p {
	case fieldOverflow:
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, `date/time field value out of range: "%s"`, s)
	case monthDayOverflow:
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, `date/time field value out of range: "%s"`, s).
			WithHint(`Perhaps you need a different "datestyle" setting.`)
	case intervalOverflow:
		return sqlerr.New(sqlerr.IntervalFieldOverflow, `interval field value out of range: "%s"`, s)
	case zoneOverflow:
		return sqlerr.New(sqlerr.InvalidTimeZone, `time zone displacement out of range: "%s"`, s)
	}
	return badSyntax(typ, s)
}

func isDigit(c byte) bool { return c-'0' <= 9 }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isDigit(c) && !isAlpha(c) }

const (
	maxFields = 25
	maxText   = 128 // PostgreSQL's buffer is about as long
)

// scanner cuts a text into fields.
type scanner struct {
	s string
	i int
}

func (c *scanner) at() byte {
	if c.i < len(c.s) {
		return c.s[c.i]
	}
	return 0
}

func (c *scanner) while(ok func(byte) bool) {
	for c.i < len(c.s) && ok(c.s[c.i]) {
		c.i++
	}
}

// cut splits a text into fields by what their characters say.
func cut(s string) ([]field, problem) {
	if len(s) > maxText+maxFields {
		return nil, badFormat
	}
	c := scanner{s: strings.ToLower(s)}
	var out []field
	for c.i < len(c.s) {
		ch := c.s[c.i]
		if isSpace(ch) {
			c.i++
			continue
		}
		if len(out) >= maxFields {
			return nil, badFormat
		}
		start := c.i
		var typ fieldType
		switch {
		case isDigit(ch):
			typ = c.digits()
		case ch == '.':
			c.i++
			c.while(isDigit)
			typ = ftNumber
		case isAlpha(ch):
			typ = c.letters()
		case ch == '+' || ch == '-':
			c.i++
			c.while(isSpace)
			sign := c.i
			switch {
			case isDigit(c.at()):
				c.while(func(b byte) bool { return isDigit(b) || b == ':' || b == '.' || b == '-' })
				typ = ftTZ
			case isAlpha(c.at()):
				c.while(isAlpha)
				typ = ftSpecial
			default:
				return nil, badFormat
			}
			out = append(out, field{string(ch) + c.s[sign:c.i], typ})
			continue
		case isPunct(ch):
			c.i++
			continue
		default:
			return nil, badFormat
		}
		out = append(out, field{c.s[start:c.i], typ})
	}
	return out, fine
}

// digits scans a field that begins with a digit: a time, a date or a number.
func (c *scanner) digits() fieldType {
	c.while(isDigit)
	delim := c.at()
	switch delim {
	case ':':
		c.while(func(b byte) bool { return isDigit(b) || b == ':' || b == '.' })
		return ftTime
	case '-', '/', '.':
		c.i++
		if !isDigit(c.at()) {
			c.while(func(b byte) bool { return isDigit(b) || isAlpha(b) || b == delim })
			return ftDate
		}
		c.while(isDigit)
		if c.at() == delim {
			c.while(func(b byte) bool { return isDigit(b) || b == delim })
			return ftDate
		}
		if delim == '.' {
			return ftNumber
		}
		return ftDate
	}
	return ftNumber
}

// letters scans a word, a date with a month's name in front, or the name of a zone.
func (c *scanner) letters() fieldType {
	start := c.i
	c.while(isAlpha)
	date := false
	switch ch := c.at(); {
	case ch == '-' || ch == '/' || ch == '.':
		date = true
	case ch == '+' || isDigit(ch):
		_, known := lookup(dateWords, c.s[start:c.i])
		date = !known
	}
	if !date {
		return ftString
	}
	c.while(func(b byte) bool {
		return isDigit(b) || isAlpha(b) || b == '+' || b == '-' || b == '/' || b == '_' || b == '.' || b == ':'
	})
	return ftDate
}

// leadingInt reads a number as C's strtol does into an int32, and gives what follows it.
func leadingInt(s string) (v int, rest string, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(s[:i], "+"), 10, 32)
	if err != nil {
		ne, isRange := err.(*strconv.NumError)
		return 0, s[i:], !isRange || ne.Err != strconv.ErrRange
	}
	return int(n), s[i:], true
}

// fraction reads ".digits" as microseconds, rounded.
func fraction(s string) (micros int, p problem) {
	if len(s) == 0 || s[0] != '.' {
		return 0, badFormat
	}
	if len(s) == 1 {
		return 0, fine
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, badFormat
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, badFormat
	}
	return int(math.RoundToEven(f * 1e6)), fine
}
