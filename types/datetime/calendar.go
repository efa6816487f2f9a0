// Package datetime is PostgreSQL's dates, times, timestamps and intervals: the calendar, arithmetic, input in all the
// styles that PostgreSQL reads, and output.
//
// A date is days, a time microseconds since midnight, a timestamp microseconds, both counted from 2000-01-01; the
// least and the greatest number are -infinity and infinity. The input side is a port of the rules of PostgreSQL's
// datetime.c: parse.go cuts a string into fields, decode.go gives them meaning, words.go knows the words, zone.go the
// time zones.
package datetime

import (
	"math"

	"github.com/streamsql/streamsql/sqlerr"
)

// Units.
const (
	Second = int64(1_000_000)
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// The infinities, which have dates and timestamps.
const (
	DateInfinity      = math.MaxInt32
	DateMinusInfinity = math.MinInt32
	Infinity          = math.MaxInt64
	MinusInfinity     = math.MinInt64
	epochJulian       = 2451545 // of 2000-01-01
	unixEpochDays     = 10957   // from 1970-01-01 to 2000-01-01
	unixEpochSeconds  = unixEpochDays * 86400
	minDate           = -epochJulian
	endDate           = 2147483494 - epochJulian
	minTimestamp      = -211813488000000000
	endTimestamp      = 9223371331200000000
	daysPerMonth      = 30
	monthsPerYear     = 12
)

// ValidDate tells whether a finite date is in PostgreSQL's range, 4713 BC to 5874897.
func ValidDate(days int64) bool { return days >= minDate && days < endDate }

// ValidTimestamp tells whether a finite timestamp is in PostgreSQL's range, 4713 BC to 294276.
func ValidTimestamp(us int64) bool { return us >= minTimestamp && us < endTimestamp }

// Finite tells whether a timestamp is no infinity; FiniteDate the same of a date.
func Finite(us int64) bool       { return us != Infinity && us != MinusInfinity }
func FiniteDate(days int64) bool { return days != DateInfinity && days != DateMinusInfinity }

// TimestampOutOfRange and DateOutOfRange are the errors of arithmetic that leaves the range.
func TimestampOutOfRange() error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, "timestamp out of range")
}
func DateOutOfRange() error { return sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range") }

// floorDiv is a / b rounded down, with its remainder; b > 0.
func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// DateFromYMD is the date of a day of the proleptic Gregorian calendar; year 0 is 1 BC. month and day may be out of
// their ranges and then count on.
func DateFromYMD(year, month, day int) int64 {
	// Days from civil, Howard Hinnant, "chrono-compatible low-level date algorithms".
	y, m := floorDiv(int64(year)*12+int64(month)-1, 12)
	m++
	if m <= 2 {
		y--
	}
	era, yoe := floorDiv(y, 400)
	doy := (153*((m+9)%12)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468 - unixEpochDays
}

// YMD is the day of the calendar of a finite date; year 0 is 1 BC.
func YMD(days int64) (year, month, day int) {
	era, doe := floorDiv(days+719468+unixEpochDays, 146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	m := mp + 3
	if m > 12 {
		m -= 12
	}
	y := yoe + era*400
	if m <= 2 {
		y++
	}
	return int(y), int(m), day
}

// Leap tells whether a year (0: 1 BC) has 366 days.
func Leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// DaysIn is the length of a month, 1 to 12.
func DaysIn(year, month int) int {
	if month == 2 && Leap(year) {
		return 29
	}
	return monthDays[month]
}

// DayOfWeek of a finite date: 0 is Sunday.
func DayOfWeek(days int64) int {
	_, r := floorDiv(days+6, 7) // 2000-01-01 was a Saturday
	return int(r)
}

// DayOfYear of a finite date, from 1.
func DayOfYear(days int64) int {
	y, _, _ := YMD(days)
	return int(days-DateFromYMD(y, 1, 1)) + 1
}

// ISOWeek is the ISO 8601 week and its year (0: 1 BC).
func ISOWeek(days int64) (year, week int) {
	// The week belongs to the year that its Thursday is in.
	_, monday := floorDiv(days+5, 7) // 0: Monday
	thursday := days - monday + 3
	year, _, _ = YMD(thursday)
	return year, int(thursday-DateFromYMD(year, 1, 1))/7 + 1
}

// ISOWeekStart is the Monday of week of an ISO year.
func ISOWeekStart(year, week int) int64 {
	jan4 := DateFromYMD(year, 1, 4)
	_, monday := floorDiv(jan4+5, 7)
	return jan4 - monday + int64(week-1)*7
}

// Julian is the Julian day number of a date; FromJulian the reverse.
func Julian(days int64) int64              { return days + epochJulian }
func FromJulian(jd int64) int64            { return jd - epochJulian }
func SplitDay(us int64) (days, rest int64) { return floorDiv(us, Day) }

// Fields is a timestamp taken apart; year 0 is 1 BC.
type Fields struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Micro                int
}

// Split takes a finite timestamp apart.
func Split(us int64) Fields {
	days, t := floorDiv(us, Day)
	var f Fields
	f.Year, f.Month, f.Day = YMD(days)
	f.setTime(t)
	return f
}

func (f *Fields) setTime(t int64) {
	f.Hour, f.Minute = int(t/Hour), int(t/Minute%60)
	f.Second, f.Micro = int(t/Second%60), int(t%Second)
}

// Join is the reverse of Split; false if it is out of range.
func Join(f Fields) (int64, bool) {
	us, ok := join(f)
	return us, ok && ValidTimestamp(us)
}

// join is Join where only overflow matters: a zone may bring the result into range.
func join(f Fields) (int64, bool) {
	days := DateFromYMD(f.Year, f.Month, f.Day)
	if days < 2*minTimestamp/Day || days > endTimestamp/Day+1 { // the product below must not overflow
		return 0, false
	}
	return days*Day + TimeOf(f.Hour, f.Minute, f.Second, f.Micro), true
}

// TimeOf is the microseconds of a time of day.
func TimeOf(hour, minute, second, micro int) int64 {
	return int64(hour)*Hour + int64(minute)*Minute + int64(second)*Second + int64(micro)
}

// DateToTimestamp is midnight of a date; 22008 beyond the range of timestamps.
func DateToTimestamp(days int64) (int64, error) {
	switch days {
	case DateInfinity:
		return Infinity, nil
	case DateMinusInfinity:
		return MinusInfinity, nil
	}
	if days >= endTimestamp/Day {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range for timestamp")
	}
	return days * Day, nil
}

// TimestampToDate is the day of a timestamp.
func TimestampToDate(us int64) int64 {
	switch us {
	case Infinity:
		return DateInfinity
	case MinusInfinity:
		return DateMinusInfinity
	}
	d, _ := floorDiv(us, Day)
	return d
}

// RoundFraction rounds microseconds, half away from zero, to n digits (0 to 6) of a second.
func RoundFraction(us int64, n int) int64 {
	if n < 0 || n >= 6 || !Finite(us) {
		return us
	}
	unit := [...]int64{1000000, 100000, 10000, 1000, 100, 10}[n]
	half := unit / 2
	if us >= 0 {
		return (us + half) / unit * unit
	}
	return -((-us + half) / unit * unit)
}
