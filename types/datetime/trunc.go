package datetime

import (
	"strings"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// Unit is a unit of date_trunc and extract.
type Unit uint8

// The units, in the order of their size; those from Epoch on are extract's alone.
const (
	Microseconds Unit = iota + 1
	Milliseconds
	Seconds
	Minutes
	Hours
	Days
	Weeks
	Months
	Quarters
	Years
	Decades
	Centuries
	Millennia
	Epoch
	DOW
	ISODOW
	DOY
	ISOYear
	JulianDay
	Timezone
	TimezoneHour
	TimezoneMinute
)

var unitOf = map[int]Unit{
	uMicro: Microseconds, uMilli: Milliseconds, uSecond: Seconds, uMinute: Minutes, uHour: Hours, uDay: Days, uWeek: Weeks,
	uMonth: Months, uQuarter: Quarters, uYear: Years, uDecade: Decades, uCentury: Centuries, uMillennium: Millennia,
}

var extractUnits = map[string]Unit{
	"epoch": Epoch, "dow": DOW, "isodow": ISODOW, "doy": DOY, "isoyear": ISOYear, "j": JulianDay, "jd": JulianDay,
	"julian": JulianDay, "timezone": Timezone, "timezone_h": TimezoneHour, "timezone_m": TimezoneMinute,
}

// ParseUnit reads a unit's name in any case, plural and abbreviations too ("mons", "msec"); false if there is none.
func ParseUnit(s string) (Unit, bool) {
	s = strings.ToLower(s)
	if len(s) > maxWord {
		s = s[:maxWord]
	}
	if w, ok := unitWords[s]; ok && w.kind == fUnits {
		return unitOf[w.value], true
	}
	u, ok := extractUnits[s]
	return u, ok
}

// UnknownUnit and UnsupportedUnit are the errors for a unit that there is not, and for one that a type has not.
func UnknownUnit(unit, typ string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, `unit "%s" not recognized for type %s`, strings.ToLower(unit), typ)
}

func UnsupportedUnit(unit, typ string) error {
	return sqlerr.New(sqlerr.FeatureNotSupported, `unit "%s" not supported for type %s`, strings.ToLower(unit), typ)
}

// TruncError is the error for a unit that date_trunc of a type does not take.
func TruncError(unit, typ string) error {
	if u, ok := ParseUnit(unit); ok && (u <= Millennia || u >= Timezone) {
		return UnsupportedUnit(unit, typ)
	}
	return UnknownUnit(unit, typ)
}

// Trunc is date_trunc of a timestamp, local if zoned; false for a unit that cannot be truncated to
// (TruncError).
func Trunc(u Unit, us int64) (int64, bool, error) {
	if !Finite(us) { // whatever the unit
		return us, true, nil
	}
	if u > Millennia || u == 0 {
		return 0, false, nil
	}
	if w := clockUnits[u]; w != 0 {
		_, rest := floorDiv(us, w)
		return us - rest, true, nil
	}
	f := Split(us)
	f = Fields{Year: f.Year, Month: f.Month, Day: f.Day}
	if u == Weeks {
		days, _ := floorDiv(us, Day)
		_, monday := floorDiv(days+5, 7)
		r := (days - monday) * Day
		if !ValidTimestamp(r) {
			return 0, true, TimestampOutOfRange()
		}
		return r, true, nil
	}
	f.Day = 1
	switch u {
	case Months:
	case Quarters:
		f.Month = (f.Month-1)/3*3 + 1
	default:
		f.Month = 1
		f.Year = truncYear(u, f.Year)
	}
	r, ok := Join(f)
	if !ok {
		return 0, true, TimestampOutOfRange()
	}
	return r, true, nil
}

// clockUnits are the lengths of the units up to a day.
var clockUnits = map[Unit]int64{
	Microseconds: 1, Milliseconds: 1000, Seconds: Second, Minutes: Minute, Hours: Hour, Days: Day,
}

// truncYear is the first year of its decade, century or millennium; the latter count from 1, without a year 0.
func truncYear(u Unit, y int) int {
	span := map[Unit]int{Decades: 10, Centuries: 100, Millennia: 1000}[u]
	switch {
	case span == 0:
		return y
	case u == Decades:
		q, _ := floorDiv(int64(y), 10)
		return int(q) * 10
	}
	q, _ := floorDiv(int64(y)-1, int64(span))
	return int(q)*span + 1
}

// TruncTZ is date_trunc of a timestamptz in a zone. Up to the hour it keeps the offset, so that it cannot jump over a
// change of the clock.
func TruncTZ(u Unit, loc *time.Location, us int64) (int64, bool, error) {
	local, err := ToLocal(loc, us)
	if err != nil {
		return 0, true, err
	}
	t, ok, err := Trunc(u, local)
	if !ok || err != nil || !Finite(us) {
		return t, ok, err
	}
	if u < Days {
		return t - (local - us), true, nil
	}
	t, err = ToUTC(loc, t)
	return t, true, err
}

// TruncInterval is date_trunc of an interval; weeks cannot be truncated to, as months are not whole weeks.
func TruncInterval(u Unit, v Interval) (Interval, bool) {
	months := map[Unit]int32{Months: 1, Quarters: 3, Years: 12, Decades: 120, Centuries: 1200, Millennia: 12000}[u]
	switch {
	case months != 0:
		return Interval{Months: v.Months / months * months}, true
	case u == Days:
		v.Micros = 0
		return v, true
	case clockUnits[u] != 0:
		v.Micros = v.Micros / clockUnits[u] * clockUnits[u]
		return v, true
	}
	return v, false
}
