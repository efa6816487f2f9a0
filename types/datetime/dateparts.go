package datetime

import (
	"math"
	"strconv"
	"strings"
)

// What a single field holds: a clock, an offset, the parts of a date, digits run together.

// clockOverflows tells whether the time of day is beyond 24:00:00; a second 60 is the next minute's first.
func (d *decoder) clockOverflows() bool {
	f := &d.f
	if f.Hour < 0 || f.Hour > 24 || f.Minute < 0 || f.Minute >= 60 || f.Second < 0 || f.Second > 60 || f.Micro < 0 || f.Micro > 1e6 {
		return true
	}
	return TimeOf(f.Hour, f.Minute, f.Second, f.Micro) > Day
}

// clock reads h:m[:s[.f]], or m:s.f.
func (d *decoder) clock(s string) problem {
	var p problem
	d.f.Hour, d.f.Minute, d.f.Second, d.f.Micro, p = splitClock(s)
	return p
}

func splitClock(s string) (h, m, sec, micro int, p problem) {
	h, rest, ok := leadingInt(s)
	if !ok {
		return 0, 0, 0, 0, fieldOverflow
	}
	if !strings.HasPrefix(rest, ":") {
		return 0, 0, 0, 0, badFormat
	}
	if m, rest, ok = leadingInt(rest[1:]); !ok {
		return 0, 0, 0, 0, fieldOverflow
	}
	switch {
	case rest == "":
	case rest[0] == '.':
		if micro, p = fraction(rest); p != fine {
			return 0, 0, 0, 0, p
		}
		h, m, sec = 0, h, m
	case rest[0] == ':':
		if sec, rest, ok = leadingInt(rest[1:]); !ok {
			return 0, 0, 0, 0, fieldOverflow
		}
		if rest != "" {
			if micro, p = fraction(rest); p != fine {
				return 0, 0, 0, 0, p
			}
		}
	default:
		return 0, 0, 0, 0, badFormat
	}
	if h < 0 || m < 0 || m > 59 || sec < 0 || sec > 60 || micro < 0 || micro > 1e6 {
		return 0, 0, 0, 0, fieldOverflow
	}
	return h, m, sec, micro, fine
}

// zoneOffset reads +hh[:mm[:ss]] or +hhmm as seconds east of Greenwich.
func zoneOffset(s string) (int, problem) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, badFormat
	}
	h, rest, ok := leadingInt(s[1:])
	if !ok {
		return 0, zoneOverflow
	}
	var m, sec int
	switch {
	case strings.HasPrefix(rest, ":"):
		if m, rest, ok = leadingInt(rest[1:]); !ok {
			return 0, zoneOverflow
		}
		if strings.HasPrefix(rest, ":") {
			if sec, rest, ok = leadingInt(rest[1:]); !ok {
				return 0, zoneOverflow
			}
		}
	case rest == "" && len(s) > 3:
		h, m = h/100, h%100
	}
	if h < 0 || h > 15 || m < 0 || m >= 60 || sec < 0 || sec >= 60 {
		return 0, zoneOverflow
	}
	if rest != "" {
		return 0, badFormat
	}
	o := h*3600 + m*60 + sec
	if s[0] == '-' {
		o = -o
	}
	return o, fine
}

// date reads a field of date parts between separators.
func (d *decoder) date(s string) (uint32, problem) {
	var parts []string
	for s != "" {
		for s != "" && !isDigit(s[0]) && !isAlpha(s[0]) {
			s = s[1:]
		}
		if s == "" {
			return 0, badFormat
		}
		i := 0
		if isDigit(s[0]) {
			for i < len(s) && isDigit(s[i]) {
				i++
			}
		} else {
			for i < len(s) && isAlpha(s[i]) {
				i++
			}
		}
		parts = append(parts, s[:i])
		if s = s[i:]; s != "" {
			s = s[1:]
		}
	}
	seen, mask, textMonth := d.seen, uint32(0), false
	add := func(m uint32, p problem) problem {
		if p == fine && seen&m != 0 {
			return badFormat
		}
		seen |= m
		mask |= m
		return p
	}
	for i, w := range parts { // a month's name first: it leaves no doubt
		if !isAlpha(w[0]) {
			continue
		}
		k, ok := lookup(dateWords, w)
		if ok && k.kind == fIgnore {
			continue
		}
		if !ok || k.kind != fMonth {
			return 0, badFormat
		}
		d.f.Month, textMonth = k.value, true
		if p := add(bit(fMonth), fine); p != fine {
			return 0, p
		}
		parts[i] = ""
	}
	for _, w := range parts {
		if w == "" || isAlpha(w[0]) {
			continue
		}
		if p := add(d.datePart(w, textMonth, seen)); p != fine {
			return 0, p
		}
	}
	if seen&^(bit(fDOY)|bit(fTZ)) != maskDate {
		return 0, badFormat
	}
	return mask, fine
}

// datePart reads one number of a date, by what was seen and by the order of the session.
func (d *decoder) datePart(s string, textMonth bool, seen uint32) (uint32, problem) {
	v, rest, ok := leadingInt(s)
	if !ok {
		return 0, fieldOverflow
	}
	if len(rest) == len(s) {
		return 0, badFormat
	}
	if strings.HasPrefix(rest, ".") {
		if len(s)-len(rest) > 2 {
			return d.runTogether(s, seen|maskDate)
		}
		var p problem
		if d.f.Micro, p = fraction(rest); p != fine {
			return 0, p
		}
	} else if rest != "" {
		return 0, badFormat
	}
	if len(s) == 3 && seen&maskDate == bit(fYear) && v >= 1 && v <= 366 {
		d.doy = v
		return bit(fDOY) | bit(fMonth) | bit(fDay), fine
	}
	year := func() (uint32, problem) {
		d.f.Year, d.twoDigits = v, len(s) <= 2
		return bit(fYear), fine
	}
	month := func() (uint32, problem) { d.f.Month = v; return bit(fMonth), fine }
	day := func() (uint32, problem) { d.f.Day = v; return bit(fDay), fine }
	switch seen & maskDate {
	case 0:
		switch {
		case len(s) >= 3 || d.in.Order == "YMD":
			return year()
		case d.in.Order == "DMY":
			return day()
		}
		return month()
	case bit(fYear):
		return month()
	case bit(fMonth):
		if textMonth && (len(s) >= 3 || d.in.Order == "YMD") {
			return year()
		}
		return day()
	case bit(fYear) | bit(fMonth):
		if textMonth && len(s) >= 3 && d.twoDigits {
			d.f.Day, d.f.Year, d.twoDigits = d.f.Year, v, false
			return bit(fDay), fine
		}
		return day()
	case bit(fDay):
		return month()
	case bit(fMonth) | bit(fDay):
		return year()
	case maskDate:
		return d.runTogether(s, seen)
	}
	return 0, badFormat
}

// runTogether reads yyyymmdd, hhmmss or hhmm, seconds with a fraction.
func (d *decoder) runTogether(s string, seen uint32) (uint32, problem) {
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		d.f.Micro = 0
		if dot+1 < len(s) {
			end := dot + 1
			for end < len(s) && isDigit(s[end]) {
				end++
			}
			f, err := strconv.ParseFloat(s[dot:end], 64)
			if err != nil {
				return 0, badFormat
			}
			d.f.Micro = int(math.RoundToEven(f * 1e6))
		}
		s = s[:dot]
	} else if seen&maskDate != maskDate && len(s) >= 6 {
		n := len(s)
		d.f.Day, d.f.Month, d.f.Year = atoi(s[n-2:]), atoi(s[n-4:n-2]), atoi(s[:n-4])
		if n == 6 {
			d.twoDigits = true
		}
		return maskDate, fine
	}
	if seen&maskTime != maskTime {
		switch len(s) {
		case 6:
			d.f.Hour, d.f.Minute, d.f.Second = atoi(s[:2]), atoi(s[2:4]), atoi(s[4:])
			return maskTime, fine
		case 4:
			d.f.Hour, d.f.Minute, d.f.Second = atoi(s[:2]), atoi(s[2:]), 0
			return maskTime, fine
		}
	}
	return 0, badFormat
}

// atoi reads leading digits; numbers too large count as one out of every range.
func atoi(s string) int {
	v, _, ok := leadingInt(s)
	if !ok {
		return math.MaxInt32
	}
	return v
}

// validate checks the date and resolves two-digit years, BC and the day of the year.
func (d *decoder) validate() problem {
	f := &d.f
	if d.seen&bit(fYear) != 0 && !d.julian {
		switch {
		case d.bc:
			if f.Year <= 0 {
				return fieldOverflow
			}
			f.Year = 1 - f.Year
		case d.twoDigits:
			if f.Year < 0 {
				return fieldOverflow
			}
			if f.Year < 70 {
				f.Year += 2000
			} else if f.Year < 100 {
				f.Year += 1900
			}
		case f.Year <= 0 && d.special == 0:
			return fieldOverflow
		}
	}
	if d.special != 0 {
		return fine
	}
	if d.seen&bit(fDOY) != 0 {
		f.Year, f.Month, f.Day = YMD(DateFromYMD(f.Year, 1, 1) + int64(d.doy) - 1)
	}
	if d.seen&bit(fMonth) != 0 && (f.Month < 1 || f.Month > 12) {
		return monthDayOverflow
	}
	if d.seen&bit(fDay) != 0 && (f.Day < 1 || f.Day > 31) {
		return monthDayOverflow
	}
	if d.seen&maskDate == maskDate && f.Day > DaysIn(f.Year, f.Month) {
		return fieldOverflow
	}
	return fine
}
