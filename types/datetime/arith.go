package datetime

import (
	"math"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// addMonths moves a day by months; a day that the month does not have becomes its last.
func (f *Fields) addMonths(n int32) {
	m := int64(f.Year)*monthsPerYear + int64(f.Month-1) + int64(n)
	y, r := floorDiv(m, monthsPerYear)
	f.Year, f.Month = int(y), int(r)+1
	f.Day = min(f.Day, DaysIn(f.Year, f.Month))
}

// AddInterval is timestamp + interval: first the months, then the days, then the time. 22008 out of range.
func AddInterval(us int64, v Interval) (int64, error) {
	if !Finite(us) {
		return us, nil
	}
	us, ok := addCalendar(us, v)
	if ok {
		us, ok = mulAdd(v.Micros, 1, us)
	}
	if !ok || !ValidTimestamp(us) {
		return 0, TimestampOutOfRange()
	}
	return us, nil
}

// addCalendar adds months and days to a local timestamp.
func addCalendar(us int64, v Interval) (int64, bool) {
	ok := true
	if v.Months != 0 {
		f := Split(us)
		f.addMonths(v.Months)
		if us, ok = Join(f); !ok {
			return 0, false
		}
	}
	if v.Days != 0 {
		us, ok = mulAdd(int64(v.Days), Day, us)
		ok = ok && ValidTimestamp(us)
	}
	return us, ok
}

// AddIntervalTZ is timestamptz + interval: months and days are those of the zone's calendar, so that a day may have 23
// or 25 hours.
func AddIntervalTZ(loc *time.Location, us int64, v Interval) (int64, error) {
	if !Finite(us) {
		return us, nil
	}
	step := func(w Interval) error { // each on its own local time
		local, err := ToLocal(loc, us)
		if err != nil {
			return err
		}
		local, ok := addCalendar(local, w)
		if !ok {
			return TimestampOutOfRange()
		}
		us, err = ToUTC(loc, local)
		return err
	}
	if v.Months != 0 {
		if err := step(Interval{Months: v.Months}); err != nil {
			return 0, err
		}
	}
	if v.Days != 0 {
		if err := step(Interval{Days: v.Days}); err != nil {
			return 0, err
		}
	}
	us, ok := mulAdd(v.Micros, 1, us)
	if !ok || !ValidTimestamp(us) {
		return 0, TimestampOutOfRange()
	}
	return us, nil
}

// SubTimestamps is timestamp - timestamp: days and time, no months. More than 292 thousand years are refused, where
// PostgreSQL 15 gives what is left of them.
func SubTimestamps(a, b int64) (Interval, error) {
	if !Finite(a) || !Finite(b) {
		return Interval{}, sqlerr.New(sqlerr.DatetimeFieldOverflow, "cannot subtract infinite timestamps")
	}
	d := a - b
	if (d < a) != (b > 0) && b != 0 {
		return Interval{}, IntervalOutOfRange()
	}
	return Interval{Micros: d}.JustifyHours()
}

// Neg, Add and Sub are the arithmetic of intervals, field by field; 22008 out of range.
func (v Interval) Neg() (Interval, error) {
	if v.Months == math.MinInt32 || v.Days == math.MinInt32 || v.Micros == math.MinInt64 {
		return v, IntervalOutOfRange()
	}
	return Interval{-v.Months, -v.Days, -v.Micros}, nil
}

func (v Interval) Add(w Interval) (Interval, error) {
	return v.combine(int64(v.Months)+int64(w.Months), int64(v.Days)+int64(w.Days), w.Micros, 1)
}

func (v Interval) Sub(w Interval) (Interval, error) {
	return v.combine(int64(v.Months)-int64(w.Months), int64(v.Days)-int64(w.Days), w.Micros, -1)
}

func (v Interval) combine(months, days, micros, sign int64) (Interval, error) {
	us := v.Micros + sign*micros
	over := sign > 0 && (us > v.Micros) != (micros > 0) || sign < 0 && (us < v.Micros) != (micros > 0)
	r := Interval{int32(months), int32(days), us}
	if micros != 0 && over || int64(r.Months) != months || int64(r.Days) != days {
		return r, IntervalOutOfRange()
	}
	return r, nil
}

// roundMicro rounds a fraction to what PostgreSQL's TSROUND keeps.
func roundMicro(f float64) float64 { return math.RoundToEven(f*1e6) / 1e6 }

// Mul is interval * float8. Fractions of a month become days (30 a month), fractions of a day time.
func (v Interval) Mul(f float64) (Interval, error) {
	return v.scale(float64(v.Months)*f, float64(v.Days)*f, float64(v.Micros)*f)
}

// Div is interval / float8; 22012 for 0.
func (v Interval) Div(f float64) (Interval, error) {
	if f == 0 {
		return v, sqlerr.New(sqlerr.DivisionByZero, "division by zero")
	}
	return v.scale(float64(v.Months)/f, float64(v.Days)/f, float64(v.Micros)/f)
}

func (v Interval) scale(months, days, micros float64) (Interval, error) {
	fits := func(f float64) bool { return f >= math.MinInt32 && f <= math.MaxInt32 }
	if !fits(months) || !fits(days) {
		return v, IntervalOutOfRange()
	}
	r := Interval{Months: int32(months), Days: int32(days)}
	restDays := roundMicro((months - float64(r.Months)) * daysPerMonth)
	whole := math.Trunc(restDays)
	seconds := roundMicro((days - float64(r.Days) + restDays - whole) * 86400)
	extra := int64(whole)
	if math.Abs(seconds) >= 86400 {
		n := math.Trunc(seconds / 86400)
		extra += int64(n)
		seconds -= n * 86400
	}
	total := int64(r.Days) + extra
	if r.Days = int32(total); int64(r.Days) != total {
		return v, IntervalOutOfRange()
	}
	us := math.RoundToEven(micros + seconds*1e6)
	if !(us >= math.MinInt64 && us < -math.MinInt64) {
		return v, IntervalOutOfRange()
	}
	r.Micros = int64(us)
	return r, nil
}

// JustifyHours turns 24 hours into days, JustifyDays 30 days into months, Justify both, so that the fields agree in
// sign.
func (v Interval) JustifyHours() (Interval, error) {
	days := int64(v.Days) + v.Micros/Day
	us := v.Micros % Day
	if days > 0 && us < 0 {
		us, days = us+Day, days-1
	} else if days < 0 && us > 0 {
		us, days = us-Day, days+1
	}
	return justified(int64(v.Months), days, us)
}

func (v Interval) JustifyDays() (Interval, error) {
	months, days := int64(v.Months)+int64(v.Days/daysPerMonth), int64(v.Days%daysPerMonth)
	if months > 0 && days < 0 {
		days, months = days+daysPerMonth, months-1
	} else if months < 0 && days > 0 {
		days, months = days-daysPerMonth, months+1
	}
	return justified(months, days, v.Micros)
}

func (v Interval) Justify() (Interval, error) {
	days, us := int64(v.Days)+v.Micros/Day, v.Micros%Day
	months := int64(v.Months) + days/daysPerMonth
	days %= daysPerMonth
	if months > 0 && (days < 0 || days == 0 && us < 0) {
		days, months = days+daysPerMonth, months-1
	} else if months < 0 && (days > 0 || days == 0 && us > 0) {
		days, months = days-daysPerMonth, months+1
	}
	if days > 0 && us < 0 {
		us, days = us+Day, days-1
	} else if days < 0 && us > 0 {
		us, days = us-Day, days+1
	}
	return justified(months, days, us)
}

func justified(months, days, us int64) (Interval, error) {
	r := Interval{int32(months), int32(days), us}
	if int64(r.Months) != months || int64(r.Days) != days {
		return r, IntervalOutOfRange()
	}
	return r, nil
}

// Age is a - b in years, months, days and time, as a person counts. For timestamptz pass local times. Infinities are
// refused; PostgreSQL 15 computes with their numbers.
func Age(a, b int64) (Interval, error) {
	if !Finite(a) || !Finite(b) {
		return Interval{}, TimestampOutOfRange()
	}
	sign := int64(1)
	if a < b {
		a, b = b, a
		sign = -1
	}
	x, y := Split(a), Split(b)
	us := TimeOf(x.Hour, x.Minute, x.Second, x.Micro) - TimeOf(y.Hour, y.Minute, y.Second, y.Micro)
	days := x.Day - y.Day
	months := (x.Year-y.Year)*monthsPerYear + x.Month - y.Month
	if us < 0 {
		us += Day
		days--
	}
	for days < 0 { // by the length of the earlier one's month
		days += DaysIn(y.Year, y.Month)
		months--
	}
	return justified(sign*int64(months), sign*int64(days), sign*us)
}

// Bin is date_bin: the start of the stride that a timestamp lies in, counted from origin.
func Bin(stride Interval, us, origin int64) (int64, error) {
	if !Finite(us) {
		return us, nil
	}
	switch {
	case !Finite(origin):
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "origin out of range")
	case stride.Months != 0:
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	width, ok := mulAdd(int64(stride.Days), Day, stride.Micros)
	if !ok {
		return 0, IntervalOutOfRange()
	}
	if width <= 0 {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "stride must be greater than zero")
	}
	diff := us - origin
	if origin != 0 && (diff < us) != (origin > 0) {
		return 0, IntervalOutOfRange()
	}
	_, rest := floorDiv(diff, width)
	r, ok := mulAdd(-rest, 1, us)
	if !ok || !ValidTimestamp(r) {
		return 0, TimestampOutOfRange()
	}
	return r, nil
}
