package expr

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

// dateToken is a piece of a format: a field, or a character.
type dateToken struct {
	key  string // as PostgreSQL names it ("Month"); "" for a character
	up   string // key in capitals, "SSSS" for "SSSSS"
	text string // of a character
	kind tokenKind
	fm   bool
	th   string // "TH" or "th"
}

type tokenKind uint8

const (
	tokenField tokenKind = iota
	tokenChar
	tokenSeparator
	tokenSpace
)

// dateKeys are the fields; of those that begin alike the longest stands first. Each is known in capitals and in small letters too.
var dateKeys = []string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "Month", "Mon", "OF",
	"P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
}

func dateKey(s string) string {
	for _, k := range dateKeys {
		if strings.HasPrefix(s, k) {
			return k
		}
		if l := strings.ToLower(k); strings.HasPrefix(s, l) {
			return l
		}
	}
	return ""
}

func isSeparator(c byte) bool { return c > 0x20 && c < 0x7f && !isLetter(c) && !isDigit(c) }
func isBlank(c byte) bool     { return c == ' ' || c >= '\t' && c <= '\r' }

// literalToken reads a quoted string or one character of a format.
func literalTokens(out []dateToken, s string, separators bool) ([]dateToken, string) {
	char := func(kind tokenKind) {
		_, n := utf8.DecodeRuneInString(s)
		out = append(out, dateToken{text: s[:n], kind: kind})
		s = s[n:]
	}
	if s[0] == '"' {
		for s = s[1:]; s != ""; {
			if s[0] == '"' {
				return out, s[1:]
			}
			if s[0] == '\\' && len(s) > 1 {
				s = s[1:]
			}
			char(tokenChar)
		}
		return out, s
	}
	if strings.HasPrefix(s, `\"`) {
		s = s[1:]
	}
	switch {
	case separators && isSeparator(s[0]):
		char(tokenSeparator)
	case isBlank(s[0]):
		char(tokenSpace)
	default:
		char(tokenChar)
	}
	return out, s
}

type dateFormatKey string

// dateFormat is a format taken apart, once for all rows.
func dateFormat(c *Ctx, s string) ([]dateToken, error) {
	return memo(c, dateFormatKey(s), func() ([]dateToken, error) { return parseDateFormat(strings.Clone(s)) })
}

func parseDateFormat(s string) ([]dateToken, error) {
	var out []dateToken
	for s != "" {
		t := dateToken{}
		if p := s[:min(2, len(s))]; p == "FM" || p == "fm" || p == "TM" || p == "tm" {
			t.fm = p == "FM" || p == "fm"
			if s = s[2:]; !t.fm {
				return nil, sqlerr.New(sqlerr.FeatureNotSupported, "TM in formats is not supported")
			}
		}
		if s == "" {
			break
		}
		if t.key = dateKey(s); t.key == "" {
			out, s = literalTokens(out, s, true)
			continue
		}
		s = s[len(t.key):]
		if t.up = strings.ToUpper(t.key); t.up == "SSSSS" {
			t.up = "SSSS"
		}
		switch p := s[:min(2, len(s))]; p {
		case "TH", "th":
			t.th = p
			s = s[2:]
		case "SP":
			s = s[2:]
		}
		out = append(out, t)
	}
	return out, nil
}

// dateFields is what to_char formats.
type dateFields struct {
	datetime.Fields
	days     int64 // the date
	yday     int
	interval bool
	zone     string
	offset   int
}

// timestampToChar formats a local time; utc, if not nil, is the time that it stands for in the session's zone.
func timestampToChar(c *Ctx, local int64, format string, utc *int64) (types.Datum, error) {
	if format == "" || !datetime.Finite(local) {
		return types.Null, nil
	}
	f := dateFields{Fields: datetime.Split(local)}
	f.days, _ = datetime.SplitDay(local)
	f.yday = datetime.DayOfYear(f.days)
	if utc != nil {
		const epochShift = 946684800
		sec, _ := floorDiv64(*utc, 1e6)
		f.zone, f.offset = time.Unix(sec+epochShift, 0).In(c.config().TimeZone).Zone()
	}
	return f.toChar(c, format)
}

func floorDiv64(a, b int64) (q, r int64) {
	if q, r = a/b, a%b; r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

func intervalToChar(c *Ctx, a []types.Datum) (types.Datum, error) {
	months, days, us := types.DecodeInterval(a[0])
	f := dateFields{interval: true}
	f.Year, f.Month, f.Day = int(months/12), int(months%12), int(days)
	f.Hour, us = int(us/datetime.Hour), us%datetime.Hour
	f.Minute, us = int(us/datetime.Minute), us%datetime.Minute
	f.Second, f.Micro = int(us/datetime.Second), int(us%datetime.Second)
	f.yday = (f.Year*12+f.Month)*30 + f.Day
	f.days = datetime.DateFromYMD(f.Year, f.Month, f.Day)
	if a[1].String() == "" {
		return types.Null, nil
	}
	return f.toChar(c, a[1].String())
}

func (f *dateFields) toChar(c *Ctx, format string) (types.Datum, error) {
	tokens, err := dateFormat(c, format)
	if err != nil {
		return types.Null, err
	}
	out := []byte{}
	for i := range tokens {
		t := &tokens[i]
		if t.key == "" {
			out = append(out, t.text...)
			continue
		}
		s, err := f.field(t)
		if err != nil {
			return types.Null, err
		}
		out = append(out, s...)
	}
	return types.NewBytes(out), nil
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	romans     = [...]string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}
)

// ordinal is 1st, 2nd, 3rd, 4th.
func ordinal(s, th string) string {
	if th == "" {
		return s
	}
	end := "th"
	if n := len(s); n < 2 || s[n-2] != '1' {
		switch s[n-1] {
		case '1':
			end = "st"
		case '2':
			end = "nd"
		case '3':
			end = "rd"
		}
	}
	if th == "TH" {
		end = strings.ToUpper(end)
	}
	return s + end
}

// number is v with at least so many digits, one more place for a sign.
func (t *dateToken) number(v, width int) string {
	if t.fm {
		width = 0
	} else if v < 0 {
		width++
	}
	return ordinal(fmt.Sprintf("%0*d", width, v), t.th)
}

// signed is number where the sign that makes room is that of another value.
func (t *dateToken) signed(v, of, width int) string {
	if t.fm {
		width = 0
	} else if of < 0 {
		width++
	}
	return ordinal(fmt.Sprintf("%0*d", width, v), t.th)
}

// name is a name in the case of the key, padded to nine characters if it is a full one.
func (t *dateToken) name(s string, full bool) string {
	switch {
	case t.key[1] >= 'A' && t.key[1] <= 'Z':
		s = strings.ToUpper(s)
	case t.key[0] >= 'a':
		s = strings.ToLower(s)
	}
	if !full {
		return s[:3]
	}
	if t.fm {
		return s
	}
	return fmt.Sprintf("%-9s", s)
}

func (t *dateToken) either(first bool, a, b string) string {
	if !first {
		a = b
	}
	if strings.Contains(t.key, ".") {
		a = a[:1] + "." + a[1:] + "."
	}
	if t.key[0] >= 'a' {
		return strings.ToLower(a)
	}
	return a
}

func (f *dateFields) adjustedYear(y int) int {
	if f.interval || y > 0 {
		return y
	}
	return -(y - 1)
}

func (f *dateFields) weekday() int { return datetime.DayOfWeek(f.days) }

func abs(v int) int { return max(v, -v) }

// onlyDates are the fields that intervals have not.
const onlyDates = " TZ TZH TZM OF A.D. AD B.C. BC MONTH MON DAY DY D ID "

func (f *dateFields) field(t *dateToken) (string, error) {
	if f.interval && strings.Contains(onlyDates, " "+t.up+" ") {
		return "", sqlerr.New(sqlerr.InvalidDatetimeFormat, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	if s, ok := f.timeField(t); ok {
		return s, nil
	}
	switch t.up {
	case "A.D.", "AD", "B.C.", "BC":
		return t.either(f.Year <= 0, "BC", "AD"), nil
	case "MONTH", "MON":
		return t.name(monthNames[f.Month-1], t.up == "MONTH"), nil
	case "DAY", "DY":
		return t.name(dayNames[f.weekday()], t.up == "DAY"), nil
	case "MM":
		return t.number(f.Month, 2), nil
	case "DDD":
		return t.number(f.yday, 3), nil
	case "IDDD":
		y, _ := datetime.ISOWeek(f.days)
		return t.number(int(f.days-datetime.ISOWeekStart(y, 1))+1, 3), nil
	case "DD":
		return t.signed(f.Day, 0, 2), nil // no room for a sign here
	case "D":
		return t.number(f.weekday()+1, 1), nil
	case "ID":
		return t.number((f.weekday()+6)%7+1, 1), nil
	case "WW":
		return t.number((f.yday-1)/7+1, 2), nil
	case "IW":
		_, w := datetime.ISOWeek(f.days)
		return t.number(w, 2), nil
	case "Q":
		if f.Month == 0 {
			return "", nil
		}
		return t.number((f.Month-1)/3+1, 1), nil
	case "W":
		return t.number((f.Day-1)/7+1, 1), nil
	case "J":
		return t.number(int(datetime.Julian(f.days)), 1), nil
	case "RM":
		return f.roman(t), nil
	}
	return f.yearField(t), nil
}

// timeField is the fields of the time of day.
func (f *dateFields) timeField(t *dateToken) (string, bool) {
	switch t.up {
	case "FX":
		return "", true
	case "A.M.", "P.M.", "AM", "PM":
		return t.either(f.Hour%24 >= 12, "PM", "AM"), true
	case "HH", "HH12":
		h := f.Hour % 12
		if h == 0 {
			h = 12
		}
		return t.signed(h, f.Hour, 2), true
	case "HH24":
		return t.number(f.Hour, 2), true
	case "MI":
		return t.number(f.Minute, 2), true
	case "SS":
		return t.number(f.Second, 2), true
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "MS", "US":
		n := map[string]int{"MS": 3, "US": 6}[t.up]
		if n == 0 {
			n = int(t.up[2] - '0')
		}
		v := f.Micro
		for range 6 - n {
			v /= 10
		}
		return ordinal(fmt.Sprintf("%0*d", n, v), t.th), true
	case "SSSS":
		return ordinal(fmt.Sprint(f.Hour*3600+f.Minute*60+f.Second), t.th), true
	case "TZ":
		if t.key == "tz" {
			return strings.ToLower(f.zone), true
		}
		return f.zone, true
	}
	sign := "+"
	if f.offset < 0 {
		sign = "-"
	}
	switch t.up {
	case "TZH":
		return fmt.Sprintf("%s%02d", sign, abs(f.offset)/3600), true
	case "TZM":
		return fmt.Sprintf("%02d", abs(f.offset)%3600/60), true
	case "OF":
		width := 2
		if t.fm {
			width = 0
		}
		s := fmt.Sprintf("%s%0*d", sign, width, abs(f.offset)/3600)
		if m := abs(f.offset) % 3600 / 60; abs(f.offset)%3600 != 0 {
			s += fmt.Sprintf(":%02d", m)
		}
		return s, true
	}
	return "", false
}

func (f *dateFields) roman(t *dateToken) string {
	if f.Month == 0 && f.Year == 0 {
		return ""
	}
	i := 12 - f.Month
	switch {
	case f.Month == 0 && f.Year >= 0:
		i = 0
	case f.Month == 0:
		i = 11
	case f.Month < 0:
		i = -(f.Month + 1)
	}
	s := romans[i]
	if t.key == "rm" {
		s = strings.ToLower(s)
	}
	if t.fm {
		return s
	}
	return fmt.Sprintf("%-4s", s)
}

func (f *dateFields) yearField(t *dateToken) string {
	y := f.Year
	switch t.up {
	case "CC":
		c := y / 100
		if !f.interval {
			if c = y/100 - 1; y > 0 {
				c = (y-1)/100 + 1
			}
		}
		if abs(c) > 99 {
			return ordinal(fmt.Sprint(c), t.th)
		}
		return t.number(c, 2)
	}
	room := f.adjustedYear(y) // whose sign makes room, also for ISO's year
	if t.up[0] == 'I' {
		y, _ = datetime.ISOWeek(f.days)
	}
	a := f.adjustedYear(y)
	switch t.up {
	case "Y,YYY":
		return ordinal(fmt.Sprintf("%d,%03d", a/1000, a%1000), t.th)
	case "YYYY", "IYYY":
		return t.signed(a, room, 4)
	case "YYY", "IYY":
		return t.signed(a%1000, room, 3)
	case "YY", "IY":
		return t.signed(a%100, room, 2)
	}
	return ordinal(fmt.Sprint(a%10), t.th)
}
