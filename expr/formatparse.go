package expr

import (
	"math"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// parsedDate is what to_date and to_timestamp read.
type parsedDate struct {
	year, month, day            int
	hour, minute, second, micro int
	zoned                       bool
	offset                      int // seconds east
}

// dateReader reads a text by a format. Zero means that a field was not given.
type dateReader struct {
	s                                                                string // what is left
	read                                                             byte   // the last character passed over as blank or separator
	fixed                                                            bool   // FX
	skipped                                                          int
	hh, mi, ss, ssss, d, dd, ddd, mm, ms, year, bc, ww, w, cc, j, us int
	yearDigits                                                       int
	pm                                                               int
	twelve, iso, gregorian                                           bool
	zoneSign, zoneHour, zoneMinute                                   int
}

func badFormat(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, format, args...)
}

func parseByFormat(c *Ctx, text, format string) (parsedDate, error) {
	tokens, err := dateFormat(c, format)
	if err != nil {
		return parsedDate{}, err
	}
	r := &dateReader{s: text}
	if err := r.run(tokens); err != nil {
		return parsedDate{}, err
	}
	return r.finish(text)
}

func (r *dateReader) pass(n int) {
	r.read = r.s[n-1]
	r.s = r.s[n:]
}

func (r *dateReader) skipBlanks() {
	for r.s != "" && isBlank(r.s[0]) {
		r.pass(1)
		r.skipped++
	}
}

func (r *dateReader) run(tokens []dateToken) error {
	for i := range tokens {
		t := &tokens[i]
		if r.s == "" {
			return nil
		}
		if !r.fixed && t.up != "FX" && (t.kind == tokenField || i == 0) {
			if r.skipBlanks(); r.s == "" {
				return nil
			}
		}
		switch {
		case t.kind == tokenSpace || t.kind == tokenSeparator:
			if r.fixed {
				r.pass(charOffset([]byte(r.s), 1))
				continue
			}
			r.skipped--
			if isBlank(r.s[0]) || isSeparator(r.s[0]) {
				r.pass(1)
				r.skipped++
			}
			continue
		case t.kind == tokenChar:
			if !r.fixed && r.skipped > 0 {
				r.skipped--
			} else {
				r.pass(charOffset([]byte(r.s), 1))
			}
			continue
		}
		if err := r.field(t, tokens[i+1:]); err != nil {
			return err
		}
		if !r.fixed {
			r.skipped = 0
			r.skipBlanks()
		}
	}
	return nil
}

// mode notes a field's convention: Gregorian and ISO weeks do not mix.
func (r *dateReader) mode(up string) error {
	switch up {
	case "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I":
		r.iso = true
	case "MONTH", "MON", "MM", "DAY", "DY", "DDD", "DD", "D", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y", "RM":
		r.gregorian = true
	}
	if r.iso && r.gregorian {
		return badFormat("invalid combination of date conventions").
			WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	return nil
}

func (t *dateToken) isDigits() bool {
	switch t.up {
	case "A.D.", "AD", "A.M.", "AM", "B.C.", "BC", "P.M.", "PM", "DAY", "DY", "MONTH", "MON", "RM", "TZ", "TZH", "OF", "FX":
		return false
	}
	return true
}

// open tells whether a number reads as many digits as there are: no digit of the format follows.
func (t *dateToken) open(rest []dateToken) bool {
	switch {
	case t.fm || t.th != "" || len(rest) == 0:
		return true
	case rest[0].kind == tokenField:
		return !rest[0].isDigits()
	}
	return !(len(rest[0].text) == 1 && isDigit(rest[0].text[0]))
}

// parseLong is strtol: blanks, a sign, digits; n is what it read.
func parseLong(s string) (v int64, n int) {
	i := 0
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	neg := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	start := i
	for ; i < len(s) && isDigit(s[i]); i++ {
		v = min(v*10+int64(s[i]-'0'), math.MaxInt32+10)
	}
	if i == start {
		return 0, 0
	}
	if neg {
		v = -v
	}
	return v, i
}

// int reads a number of up to size digits into dest (nil: it does not matter), and how many characters it had.
func (r *dateReader) int(dest *int, size int, t *dateToken, rest []dateToken) (int, error) {
	for r.s != "" && isBlank(r.s[0]) {
		r.pass(1)
	}
	copied := r.s[:min(size, len(r.s))]
	var v int64
	n := 0
	if t.open(rest) {
		v, n = parseLong(r.s)
	} else {
		if len(copied) < size {
			return 0, badFormat(`source string too short for "%s" formatting field`, t.key).
				WithDetail("Field requires %d characters, but only %d remain.", size, len(copied)).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
		if v, n = parseLong(copied); n > 0 && n < size {
			return 0, badFormat(`invalid value "%s" for "%s"`, copied, t.key).
				WithDetail("Field requires %d characters, but only %d could be parsed.", size, n).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
	}
	if n == 0 {
		return 0, badFormat(`invalid value "%s" for "%s"`, copied, t.key).WithDetail("Value must be an integer.")
	}
	r.pass(n)
	if v > math.MaxInt32 || v < math.MinInt32 {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, `value for "%s" in source string is out of range`, t.key).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	return n, set(dest, int(v), t)
}

func set(dest *int, v int, t *dateToken) error {
	if dest == nil {
		return nil
	}
	if *dest != 0 && *dest != v {
		return badFormat(`conflicting values for "%s" field in formatting string`, t.key).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*dest = v
	return nil
}

// word finds which of words r.s begins with, in any case; the longest first is up to the caller.
func (r *dateReader) word(t *dateToken, words []string) (int, error) {
	for i, w := range words {
		if len(r.s) >= len(w) && strings.EqualFold(r.s[:len(w)], w) {
			r.pass(len(w))
			return i, nil
		}
	}
	bad := strings.FieldsFunc(r.s, func(c rune) bool { return c < 0x80 && isBlank(byte(c)) })
	bad = append(bad, "")
	return 0, badFormat(`invalid value "%s" for "%s"`, bad[0], t.key).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

func abbreviated(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n[:3]
	}
	return out
}

func (r *dateReader) field(t *dateToken, rest []dateToken) error {
	if err := r.mode(t.up); err != nil {
		return err
	}
	err := r.value(t, rest)
	if err == nil && t.th != "" {
		r.s = r.s[min(2, len(r.s)):]
	}
	return err
}

func (r *dateReader) value(t *dateToken, rest []dateToken) error {
	plain := func(dest *int, size int) error {
		_, err := r.int(dest, size, t, rest)
		return err
	}
	named := func(dest *int, words []string, value func(i int) int) error {
		i, err := r.word(t, words)
		if err != nil {
			return err
		}
		return set(dest, value(i), t)
	}
	switch t.up {
	case "FX":
		r.fixed = true
	case "A.M.", "P.M.":
		r.twelve = true
		return named(&r.pm, []string{"A.M.", "P.M."}, func(i int) int { return i })
	case "AM", "PM":
		r.twelve = true
		return named(&r.pm, []string{"AM", "PM"}, func(i int) int { return i })
	case "HH", "HH12":
		r.twelve = true
		return plain(&r.hh, 2)
	case "HH24":
		return plain(&r.hh, 2)
	case "MI":
		return plain(&r.mi, 2)
	case "SS":
		return plain(&r.ss, 2)
	case "MS":
		return r.fraction(&r.ms, 3, 3, t, rest)
	case "US":
		return r.fraction(&r.us, 6, 6, t, rest)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return r.fraction(&r.us, int(t.up[2]-'0'), 6, t, rest)
	case "SSSS":
		return plain(&r.ssss, len(t.key))
	case "TZ", "OF":
		return sqlerr.New(sqlerr.FeatureNotSupported, `formatting field "%s" is only supported in to_char`, t.key)
	case "TZH":
		r.zoneSign = 1
		switch {
		case strings.IndexByte("+- ", r.s[0]) >= 0:
			if r.s[0] == '-' {
				r.zoneSign = -1
			}
			if r.pass(1); r.s == "" {
				r.s = ""
			}
		case r.skipped > 0 && r.read == '-':
			r.zoneSign = -1
		}
		return plain(&r.zoneHour, 2)
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
		return plain(&r.zoneMinute, 2)
	case "A.D.", "B.C.":
		return named(&r.bc, []string{"A.D.", "B.C."}, func(i int) int { return i })
	case "AD", "BC":
		return named(&r.bc, []string{"AD", "BC"}, func(i int) int { return i })
	case "MONTH":
		return named(&r.mm, monthNames[:], func(i int) int { return i + 1 })
	case "MON":
		return named(&r.mm, abbreviated(monthNames[:]), func(i int) int { return i + 1 })
	case "MM":
		return plain(&r.mm, 2)
	case "DAY":
		return named(&r.d, dayNames[:], func(i int) int { return i + 1 })
	case "DY":
		return named(&r.d, abbreviated(dayNames[:]), func(i int) int { return i + 1 })
	case "DDD", "IDDD":
		return plain(&r.ddd, 3)
	case "DD":
		return plain(&r.dd, 2)
	case "D":
		return plain(&r.d, 1)
	case "ID":
		err := plain(&r.d, 1)
		if r.d++; r.d > 7 {
			r.d = 1
		}
		return err
	case "WW", "IW":
		return plain(&r.ww, 2)
	case "Q":
		return plain(nil, 1)
	case "CC":
		return plain(&r.cc, 2)
	case "RM":
		return named(&r.mm, romans[:], func(i int) int { return 12 - i })
	case "W":
		return plain(&r.w, 1)
	case "J":
		return plain(&r.j, 1)
	default:
		return r.readYear(t, rest)
	}
	return nil
}

// fraction reads digits of a second and scales them to so many places.
func (r *dateReader) fraction(dest *int, size, places int, t *dateToken, rest []dateToken) error {
	n, err := r.int(dest, size, t, rest)
	for ; n < places; n++ {
		*dest *= 10
	}
	return err
}

func (r *dateReader) readYear(t *dateToken, rest []dateToken) error {
	if t.up == "Y,YYY" {
		thousands, n := parseLong(r.s)
		if n == 0 || n >= len(r.s) || r.s[n] != ',' {
			return badFormat("invalid input string for \"Y,YYY\"")
		}
		years, m := parseLong(r.s[n+1 : min(n+4, len(r.s))])
		if m == 0 {
			return badFormat("invalid input string for \"Y,YYY\"")
		}
		r.pass(n + 1 + m)
		r.yearDigits = 4
		return set(&r.year, int(thousands*1000+years), t)
	}
	size := len(t.up)
	n, err := r.int(&r.year, size, t, rest)
	if r.yearDigits = size; size < 4 && n < 4 {
		switch y := r.year; { // the year nearest to 2020
		case y < 70:
			r.year += 2000
		case y < 100:
			r.year += 1900
		case y < 520:
			r.year += 2000
		case y < 1000:
			r.year += 1000
		}
	}
	return err
}
