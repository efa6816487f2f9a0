package datetime

import (
	"strconv"
	"time"
)

// Style is how dates are written (DateStyle's format) and which order ambiguous input has.
type Style struct {
	Format string // ISO, SQL, Postgres, German
	Order  string // MDY, DMY, YMD
}

// append2 appends a number below 100 as two digits.
func append2(dst []byte, v int) []byte { return append(dst, '0'+byte(v/10), '0'+byte(v%10)) }

// appendYear appends at least four digits; BC years count from 1.
func appendYear(dst []byte, y int) []byte {
	if y <= 0 {
		y = 1 - y
	}
	if y < 10000 {
		return append2(append2(dst, y/100), y%100)
	}
	return strconv.AppendInt(dst, int64(y), 10)
}

func appendBC(dst []byte, y int) []byte {
	if y <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

// appendYMD appends the day in a style's order; year 0 is 1 BC, which the caller marks.
func (s Style) appendYMD(dst []byte, f Fields, timestamp bool) []byte {
	switch s.Format {
	case "SQL":
		a, b := f.Month, f.Day
		if s.Order == "DMY" {
			a, b = b, a
		}
		dst = append(append2(append(append2(dst, a), '/'), b), '/')
		return appendYear(dst, f.Year)
	case "German":
		dst = append(append2(append(append2(dst, f.Day), '.'), f.Month), '.')
		return appendYear(dst, f.Year)
	case "Postgres":
		if timestamp {
			break
		}
		a, b := f.Month, f.Day
		if s.Order == "DMY" {
			a, b = b, a
		}
		dst = append(append2(append(append2(dst, a), '-'), b), '-')
		return appendYear(dst, f.Year)
	}
	dst = append(appendYear(dst, f.Year), '-')
	return append2(append(append2(dst, f.Month), '-'), f.Day)
}

func appendInfinity(dst []byte, positive bool) []byte {
	if positive {
		return append(dst, "infinity"...)
	}
	return append(dst, "-infinity"...)
}

// AppendDate appends a date's output.
func AppendDate(dst []byte, s Style, days int64) []byte {
	if !FiniteDate(days) {
		return appendInfinity(dst, days > 0)
	}
	var f Fields
	f.Year, f.Month, f.Day = YMD(days)
	return appendBC(s.appendYMD(dst, f, false), f.Year)
}

// AppendTime appends a time's output; 24:00:00 is a time.
func AppendTime(dst []byte, us int64) []byte {
	var f Fields
	f.setTime(us)
	return f.appendClock(dst)
}

// appendClock appends hh:mm:ss and the fraction without trailing zeros.
func (f *Fields) appendClock(dst []byte) []byte {
	dst = append(append2(dst, f.Hour), ':')
	dst = append(append2(dst, f.Minute), ':')
	dst = append2(dst, f.Second)
	return appendFraction(dst, f.Micro)
}

func appendFraction(dst []byte, micro int) []byte {
	if micro == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := 100000; micro > 0; unit /= 10 {
		dst = append(dst, '0'+byte(micro/unit))
		micro %= unit
	}
	return dst
}

// AppendTimestamp appends the output of a timestamp without time zone.
func AppendTimestamp(dst []byte, s Style, us int64) []byte {
	if !Finite(us) {
		return appendInfinity(dst, us > 0)
	}
	f := Split(us)
	dst = s.appendStamp(dst, f, us)
	return appendBC(dst, f.Year)
}

// AppendTimestamptz appends the output of a timestamp with time zone, as local time with its offset.
func AppendTimestamptz(dst []byte, s Style, loc *time.Location, us int64) []byte {
	if !Finite(us) {
		return appendInfinity(dst, us > 0)
	}
	abbrev, offset := zoneAt(loc, us)
	local := us + int64(offset)*Second
	f := Split(local)
	dst = s.appendStamp(dst, f, local)
	switch {
	case s.Format == "" || s.Format == "ISO":
		dst = AppendOffset(dst, offset)
	case abbrev == "" || abbrev[0] == '+' || abbrev[0] == '-':
		if s.Format == "Postgres" {
			dst = append(dst, ' ')
		}
		dst = AppendOffset(dst, offset)
	default:
		dst = append(append(dst, ' '), abbrev...)
	}
	return appendBC(dst, f.Year)
}

var (
	dayNames   = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	monthNames = [...]string{"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// appendStamp appends day and clock; in the Postgres style as "Wed Dec 17 07:37:16 1997".
func (s Style) appendStamp(dst []byte, f Fields, us int64) []byte {
	if s.Format != "Postgres" {
		dst = append(s.appendYMD(dst, f, true), ' ')
		return f.appendClock(dst)
	}
	dst = append(append(dst, dayNames[DayOfWeek(TimestampToDate(us))]...), ' ')
	if s.Order == "DMY" {
		dst = append(append(append2(dst, f.Day), ' '), monthNames[f.Month]...)
	} else {
		dst = append2(append(append(dst, monthNames[f.Month]...), ' '), f.Day)
	}
	dst = append(f.appendClock(append(dst, ' ')), ' ')
	return appendYear(dst, f.Year)
}

// AppendOffset appends +hh[:mm[:ss]] for seconds east of Greenwich.
func AppendOffset(dst []byte, offset int) []byte {
	if offset < 0 {
		dst = append(dst, '-')
		offset = -offset
	} else {
		dst = append(dst, '+')
	}
	dst = append2(dst, offset/3600)
	if offset%3600 != 0 {
		dst = append2(append(dst, ':'), offset/60%60)
	}
	if offset%60 != 0 {
		dst = append2(append(dst, ':'), offset%60)
	}
	return dst
}
