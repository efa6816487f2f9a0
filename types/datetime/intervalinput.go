package datetime

import (
	"math"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// The fields that an interval type may be limited to, as bits of PostgreSQL's modifier.
const (
	FieldMonth  = 1 << fMonth
	FieldYear   = 1 << fYear
	FieldDay    = 1 << fDay
	FieldHour   = 1 << fHour
	FieldMinute = 1 << fMinute
	FieldSecond = 1 << fSecond
	AllFields   = 0x7fff
)

// ParseInterval reads an interval: PostgreSQL's style ("1 day 2 hours ago"), the SQL standard's ("1-2 3 4:05:06") and
// ISO 8601 ("P1Y2M", "P0001-02-03T04:05:06"). fields say what a number without a unit is; style (IntervalStyle) how far
// a leading minus reaches. 22007 for what is none, 22015 for what is out of range.
func ParseInterval(s string, fields int32, style string) (Interval, error) {
	fs, p := cut(s)
	d := intervalDecoder{fields: fields}
	if p == fine {
		p = d.decode(fs, style)
	}
	if p == badFormat {
		d = intervalDecoder{}
		p = d.iso(s)
	}
	switch p {
	case fine:
		months := int64(d.years)*monthsPerYear + int64(d.v.Months)
		if d.v.Months = int32(months); months != int64(d.v.Months) {
			return Interval{}, IntervalOutOfRange()
		}
		return d.v, nil
	case fieldOverflow:
		p = intervalOverflow
	}
	return Interval{}, problemError(p, s, "interval")
}

// intervalDecoder is PostgreSQL's DecodeInterval.
type intervalDecoder struct {
	v        Interval
	years    int32 // added to the months at the end
	fields   int32
	unit     int // of the number to be read next; 0: none, unitless: not yet known
	negative bool
	ago      bool
}

const unitless = -1

// decode reads the fields from the right to the left, so that units come before their numbers.
func (d *intervalDecoder) decode(fs []field, style string) problem {
	if style == "sql_standard" && len(fs) > 0 && fs[0].text[0] == '-' {
		d.negative = true
		for _, f := range fs[1:] {
			if f.text[0] == '-' || f.text[0] == '+' {
				d.negative = false
			}
		}
	}
	d.unit = unitless
	var seen uint32
	for i := len(fs) - 1; i >= 0; i-- {
		mask, p := d.field(fs[i])
		if p != fine {
			return p
		}
		if mask&seen != 0 {
			return badFormat
		}
		seen |= mask
	}
	if seen == 0 {
		return badFormat
	}
	if d.ago {
		if d.years == math.MinInt32 || d.v.Months == math.MinInt32 || d.v.Days == math.MinInt32 || d.v.Micros == math.MinInt64 {
			return fieldOverflow
		}
		d.years = -d.years
		d.v = Interval{-d.v.Months, -d.v.Days, -d.v.Micros}
	}
	return fine
}

func (d *intervalDecoder) field(f field) (uint32, problem) {
	switch f.typ {
	case ftTime:
		return d.clock(f.text, false)
	case ftTZ:
		if strings.IndexByte(f.text, ':') > 0 {
			if mask, p := d.clock(f.text[1:], f.text[0] == '-'); p == fine {
				return mask, p
			}
		}
		return d.number(f.text)
	case ftDate, ftNumber:
		return d.number(f.text)
	}
	w, ok := lookup(unitWords, f.text)
	switch {
	case !ok:
		return 0, badFormat
	case w.kind == fUnits:
		d.unit = w.value
	case w.kind == fAgo:
		d.ago = true
		d.unit = 0
	}
	return 0, fine
}

// clock reads h:m[:s]; m:s if the type has minutes and seconds only.
func (d *intervalDecoder) clock(s string, minus bool) (uint32, problem) {
	hours, rest, ok := leadingInt64(s)
	if !ok {
		return 0, fieldOverflow
	}
	if !strings.HasPrefix(rest, ":") {
		return 0, badFormat
	}
	// The hours may be many; the rest is as in a time.
	h, m, sec, micro, p := splitClock("0" + rest)
	if p != fine {
		return 0, p
	}
	two := strings.Count(s, ":") == 1
	switch {
	case two && strings.IndexByte(s, '.') >= 0:
		m, hours = int(hours), 0 // splitClock took m:s.f
		if m > 59 {
			return 0, fieldOverflow
		}
	case two && d.fields == FieldMinute|FieldSecond:
		m, sec, hours = int(hours), m, 0
		if m > 59 {
			return 0, fieldOverflow
		}
	}
	_ = h
	us, ok := mulAdd(hours, Hour, int64(m)*Minute+int64(sec)*Second+int64(micro))
	if !ok || hours < 0 {
		return 0, fieldOverflow
	}
	if minus || d.negative && us > 0 {
		us = -us
	}
	d.v.Micros = us
	d.unit = uDay
	return maskTime, fine
}

// unitOfFields is what a number without a unit is, by the type's last field.
func unitOfFields(fields int32) int {
	switch {
	case fields == AllFields || fields&FieldSecond != 0:
		return uSecond
	case fields&FieldMinute != 0:
		return uMinute
	case fields&FieldHour != 0:
		return uHour
	case fields&FieldDay != 0:
		return uDay
	case fields&FieldMonth != 0:
		return uMonth
	case fields&FieldYear != 0:
		return uYear
	}
	return uSecond
}

func (d *intervalDecoder) number(s string) (uint32, problem) {
	if d.unit == unitless {
		d.unit = unitOfFields(d.fields)
	}
	v, rest, ok := leadingInt64(s)
	if !ok {
		return 0, fieldOverflow
	}
	var part float64
	switch {
	case rest == "":
	case rest[0] == '-': // years-months
		m, rest, ok := leadingInt(rest[1:])
		if !ok || m < 0 || m >= monthsPerYear {
			return 0, fieldOverflow
		}
		if rest != "" {
			return 0, badFormat
		}
		d.unit = uMonth
		if s[0] == '-' {
			m = -m
		}
		if v, ok = mulAdd(v, monthsPerYear, int64(m)); !ok {
			return 0, fieldOverflow
		}
	case rest[0] == '.':
		for _, c := range []byte(rest[1:]) {
			if !isDigit(c) {
				return 0, badFormat
			}
		}
		if rest != "." {
			part, _ = strconv.ParseFloat(rest, 64)
		}
		if s[0] == '-' {
			part = -part
		}
	default:
		return 0, badFormat
	}
	if d.negative {
		v, part = -max(v, -v), -math.Abs(part)
	}
	return d.add(v, part)
}

// add adds a number and its fraction of the current unit.
func (d *intervalDecoder) add(v int64, part float64) (uint32, problem) {
	ok := true
	var mask uint32
	switch d.unit {
	case uMicro:
		mask, ok = bit(fMicro), d.addMicros(v, part, 1)
	case uMilli:
		mask, ok = bit(fMilli), d.addMicros(v, part, 1000)
	case uSecond:
		if mask = bit(fSecond); part != 0 {
			mask = maskSeconds
		}
		ok = d.addMicros(v, part, Second)
	case uMinute:
		mask, ok = bit(fMinute), d.addMicros(v, part, Minute)
	case uHour:
		mask, ok = bit(fHour), d.addMicros(v, part, Hour)
		d.unit = uDay
	case uDay:
		mask, ok = bit(fDay), d.addDays(v, 1) && d.addPart(part, Day)
	case uWeek:
		mask, ok = bit(fWeek), d.addDays(v, 7) && d.addPartDays(part, 7)
	case uMonth:
		mask, ok = bit(fMonth), d.addMonths(v, 1) && d.addPartDays(part, daysPerMonth)
	case uYear:
		mask, ok = bit(fYear), d.addYears(v, part, 1)
	case uDecade:
		mask, ok = bit(fDecade), d.addYears(v, part, 10)
	case uCentury:
		mask, ok = bit(fCentury), d.addYears(v, part, 100)
	case uMillennium:
		mask, ok = bit(fMillennium), d.addYears(v, part, 1000)
	default:
		return 0, badFormat
	}
	if !ok {
		return 0, fieldOverflow
	}
	return mask, fine
}

func (d *intervalDecoder) addMicros(v int64, part float64, scale int64) bool {
	us, ok := mulAdd(v, scale, d.v.Micros)
	d.v.Micros = us
	return ok && d.addPart(part, scale)
}

// addPart adds a fraction, below 1, of so many microseconds, rounded.
func (d *intervalDecoder) addPart(part float64, scale int64) bool {
	part *= float64(scale)
	us := int64(part)
	if part -= float64(us); part > 0.5 {
		us++
	} else if part < -0.5 {
		us--
	}
	var ok bool
	d.v.Micros, ok = mulAdd(us, 1, d.v.Micros)
	return ok
}

func (d *intervalDecoder) addDays(v, scale int64) bool {
	n, ok := mulAdd(v, scale, int64(d.v.Days))
	d.v.Days = int32(n)
	return ok && n == int64(int32(n))
}

// addPartDays adds a fraction of so many days, as days and the rest as time.
func (d *intervalDecoder) addPartDays(part float64, scale int64) bool {
	part *= float64(scale)
	whole := int64(part)
	return d.addDays(whole, 1) && d.addPart(part-float64(whole), Day)
}

func (d *intervalDecoder) addMonths(v, scale int64) bool {
	n, ok := mulAdd(v, scale, int64(d.v.Months))
	d.v.Months = int32(n)
	return ok && n == int64(int32(n))
}

func (d *intervalDecoder) addYears(v int64, part float64, scale int64) bool {
	n, ok := mulAdd(v, scale, int64(d.years))
	d.years = int32(n)
	return ok && n == int64(d.years) && d.addMonths(int64(math.RoundToEven(part*float64(scale)*monthsPerYear)), 1)
}

// mulAdd is a*b + c; false if it overflows.
func mulAdd(a, b, c int64) (int64, bool) {
	p := a * b
	if a != 0 && (p/a != b || a == -1 && b == math.MinInt64) {
		return 0, false
	}
	s := p + c
	return s, (s > p) == (c > 0)
}

func leadingInt64(s string) (v int64, rest string, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	v, err := strconv.ParseInt(s[:i], 10, 64)
	if ne, bad := err.(*strconv.NumError); bad && ne.Err == strconv.ErrRange {
		return 0, s[i:], false
	}
	return v, s[i:], true
}

// isoNumber reads a number with an optional fraction at the front of s.
func isoNumber(s string) (v int64, part float64, rest string, p problem) {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	for i < len(s) && (isDigit(s[i]) || s[i] == '.') {
		i++
	}
	f, err := strconv.ParseFloat(s[:i], 64)
	if err != nil || i == start {
		return 0, 0, s, badFormat
	}
	if f < -1e15 || f > 1e15 {
		return 0, 0, s, fieldOverflow
	}
	whole := math.Trunc(f)
	return int64(whole), f - whole, s[i:], fine
}

// integerWidth is the number of leading digits, a sign aside.
func integerWidth(s string) int {
	s = strings.TrimPrefix(s, "-")
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

var isoDateUnits = map[byte]int{'Y': uYear, 'M': uMonth, 'W': uWeek, 'D': uDay}
var isoTimeUnits = map[byte]int{'H': uHour, 'M': uMinute, 'S': uSecond}

// iso reads ISO 8601, with designators or in the alternative format.
func (d *intervalDecoder) iso(s string) problem {
	if len(s) < 2 || s[0] != 'P' {
		return badFormat
	}
	s = s[1:]
	units, have := isoDateUnits, false
	for s != "" {
		if s[0] == 'T' {
			units, have, s = isoTimeUnits, false, s[1:]
			continue
		}
		inDate := units['Y'] != 0
		start := s
		v, part, rest, p := isoNumber(s)
		if p != fine {
			return p
		}
		if rest != "" && units[rest[0]] != 0 {
			d.unit = units[rest[0]]
			if _, p := d.add(v, part); p != fine {
				return p
			}
			s, have = rest[1:], true
			continue
		}
		if have {
			return badFormat
		}
		if rest, p = d.isoAlternative(inDate, start, v, part, rest); p != fine {
			return p
		}
		if rest == "" {
			return fine
		}
		if !inDate || rest[0] != 'T' {
			return badFormat
		}
		s = rest
	}
	return fine
}

// isoAlternative reads YYYYMMDD, YYYY-MM-DD, HHMMSS or HH:MM:SS, of which the first number was read.
func (d *intervalDecoder) isoAlternative(inDate bool, start string, v int64, part float64, rest string) (string, problem) {
	units, sep, width := [3]int{uHour, uMinute, uSecond}, byte(':'), 6
	if inDate {
		units, sep, width = [3]int{uYear, uMonth, uDay}, '-', 8
	}
	add := func(unit int, v int64, part float64) problem {
		d.unit = unit
		_, p := d.add(v, part)
		return p
	}
	atEnd := rest == "" || inDate && rest[0] == 'T'
	if atEnd && integerWidth(start) == width {
		for i, x := range [3]int64{v / 10000, v / 100 % 100, v % 100} {
			if i < 2 {
				if p := add(units[i], x, 0); p != fine {
					return rest, p
				}
				continue
			}
			if p := add(units[i], x, part); p != fine {
				return rest, p
			}
		}
		return rest, fine
	}
	for i, unit := range units {
		if i > 0 {
			if rest == "" || inDate && rest[0] == 'T' {
				return rest, fine
			}
			if rest[0] != sep {
				return rest, badFormat
			}
			var p problem
			if v, part, rest, p = isoNumber(rest[1:]); p != fine {
				return rest, p
			}
		}
		if p := add(unit, v, part); p != fine {
			return rest, p
		}
	}
	return rest, fine
}

// Restrict limits an interval to fields and to so many digits of a second (negative: all): interval(p), interval year
// to month. What is below the last field is cut, the fraction rounded.
func (v Interval) Restrict(fields int32, fraction int) (Interval, error) {
	if fields != AllFields {
		switch {
		case fields&FieldSecond != 0:
		case fields&FieldMinute != 0:
			v.Micros = v.Micros / Minute * Minute
		case fields&FieldHour != 0:
			v.Micros = v.Micros / Hour * Hour
		case fields&FieldDay != 0:
			v.Micros = 0
		case fields&FieldMonth != 0:
			v.Days, v.Micros = 0, 0
		case fields&FieldYear != 0:
			v.Months, v.Days, v.Micros = v.Months/monthsPerYear*monthsPerYear, 0, 0
		}
	}
	if fraction >= 0 && fraction < 6 {
		if v.Micros > math.MaxInt64-Second || v.Micros < math.MinInt64+Second {
			return v, IntervalOutOfRange()
		}
		v.Micros = RoundFraction(v.Micros, fraction)
	}
	return v, nil
}

// IntervalOutOfRange is the error of arithmetic that leaves the range.
func IntervalOutOfRange() error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "interval out of range")
}
