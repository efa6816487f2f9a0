package expr

import (
	"math"
	"strings"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

// part is a field of a date or time: (whole + frac / 10^scale) + add. extract shows it as numeric, date_part as float8.
type part struct {
	whole, frac int64
	scale       int
	// julian: the fraction of a day is frac of a day's microseconds.
	julian bool
	// infinite: of an infinity, +1 or -1; 2: NULL, of a field that goes round and round.
	infinite int
}

// The types' names, for messages.
const (
	timestampName   = "timestamp without time zone"
	timestamptzName = "timestamp with time zone"
	timeName        = "time without time zone"
)

func (p part) numeric() (types.Datum, error) {
	switch {
	case p.infinite == 2:
		return types.Null, nil
	case p.infinite > 0:
		return types.NewDecimal(numeric.PosInf), nil
	case p.infinite < 0:
		return types.NewDecimal(numeric.NegInf), nil
	case p.julian:
		day, err := numeric.Div(numeric.FromInt(p.frac), numeric.FromInt(datetime.Day))
		if err != nil {
			return types.Null, err
		}
		return decimalOr(numeric.Add(numeric.FromInt(p.whole), day))
	case p.scale == 0:
		return types.NewDecimal(numeric.FromInt(p.whole)), nil
	case p.whole == 0:
		return types.NewDecimal(numeric.New(p.frac, p.scale)), nil
	}
	return decimalOr(numeric.Add(numeric.FromInt(p.whole), numeric.New(p.frac, p.scale)))
}

func (p part) float() (types.Datum, error) {
	switch {
	case p.infinite == 2:
		return types.Null, nil
	case p.infinite != 0:
		return types.NewFloat(math.Inf(p.infinite)), nil
	case p.julian:
		whole, frac := p.frac/datetime.Second, p.frac%datetime.Second
		return types.NewFloat(float64(p.whole) + (float64(whole)+float64(frac)/1e6)/86400), nil
	case p.scale == 0:
		return types.NewFloat(float64(p.whole)), nil
	}
	return types.NewFloat(float64(p.whole) + float64(p.frac)/math.Pow10(p.scale)), nil
}

// notAUnit is the error for a name that no field of the type has. Types with dates know the words of their input, too.
func notAUnit(unit, typ string) error {
	if _, ok := datetime.ParseUnit(unit); ok || typ != timeName && typ != "interval" && reservedWords[strings.ToLower(unit)] {
		return datetime.UnsupportedUnit(unit, typ)
	}
	return datetime.UnknownUnit(unit, typ)
}

// reservedWords are those words.
var reservedWords = map[string]bool{"now": true, "today": true, "tomorrow": true, "yesterday": true, "infinity": true,
	"-infinity": true, "epoch": true, "allballs": true}

func secondPart(u datetime.Unit, second, micro int64) part {
	switch u {
	case datetime.Microseconds:
		return part{whole: second*datetime.Second + micro}
	case datetime.Milliseconds:
		return part{whole: second * 1000, frac: micro, scale: 3}
	}
	return part{whole: second, frac: micro, scale: 6}
}

// calendarPart is a field of a date.
func calendarPart(u datetime.Unit, days int64) (part, bool) {
	y, m, d := datetime.YMD(days)
	v := 0
	switch u {
	case datetime.Days:
		v = d
	case datetime.Weeks:
		_, v = datetime.ISOWeek(days)
	case datetime.Months:
		v = m
	case datetime.Quarters:
		v = (m-1)/3 + 1
	case datetime.Years:
		v = noYearZero(y)
	case datetime.ISOYear:
		v, _ = datetime.ISOWeek(days)
		v = noYearZero(v)
	case datetime.Decades:
		v = y / 10
		if y < 0 {
			v = -((8 - (y - 1)) / 10)
		}
	case datetime.Centuries:
		v = countedYears(y, 100)
	case datetime.Millennia:
		v = countedYears(y, 1000)
	case datetime.DOW:
		v = datetime.DayOfWeek(days)
	case datetime.ISODOW:
		if v = datetime.DayOfWeek(days); v == 0 {
			v = 7
		}
	case datetime.DOY:
		v = datetime.DayOfYear(days)
	case datetime.JulianDay:
		return part{whole: datetime.Julian(days)}, true
	case datetime.Epoch:
		return part{whole: (days - unixDays) * 86400}, true
	default:
		return part{}, false
	}
	return part{whole: int64(v)}, true
}

// unixDays is the date 1970-01-01.
const unixDays = -10957

// noYearZero: the year before 1 is -1.
func noYearZero(y int) int {
	if y <= 0 {
		return y - 1
	}
	return y
}

// countedYears is the century or millennium; the first begins in year 1, the one before it is -1.
func countedYears(y, n int) int {
	if y > 0 {
		return (y + n - 1) / n
	}
	return -((n - 1 - (y - 1)) / n)
}

func clockPart(u datetime.Unit, us int64) (part, bool) {
	switch u {
	case datetime.Microseconds, datetime.Milliseconds, datetime.Seconds:
		return secondPart(u, us/datetime.Second%60, us%datetime.Second), true
	case datetime.Minutes:
		return part{whole: us / datetime.Minute % 60}, true
	case datetime.Hours:
		return part{whole: us / datetime.Hour}, true
	}
	return part{}, false
}

// infinitePart: fields that grow with time are infinite, those that repeat are NULL.
func infinitePart(u datetime.Unit, positive bool) part {
	switch u {
	case datetime.Years, datetime.Decades, datetime.Centuries, datetime.Millennia, datetime.JulianDay, datetime.ISOYear, datetime.Epoch:
		if positive {
			return part{infinite: 1}
		}
		return part{infinite: -1}
	}
	return part{infinite: 2}
}

func zonePart(u datetime.Unit, offset int64) (part, bool) {
	switch u {
	case datetime.Timezone:
		return part{whole: offset}, true
	case datetime.TimezoneHour:
		return part{whole: offset / 3600}, true
	case datetime.TimezoneMinute:
		return part{whole: offset / 60 % 60}, true
	}
	return part{}, false
}

// timestampPart is a field of a local timestamp; us is the same in UTC for the epoch.
func timestampPart(u datetime.Unit, local, us int64) (part, bool) {
	switch u {
	case datetime.Epoch:
		const epoch = unixDays * datetime.Day
		if us > math.MaxInt64+epoch {
			const rest = 1_000_000
			return part{whole: us/rest - epoch/rest, frac: us % rest, scale: 6}, true
		}
		return part{frac: us - epoch, scale: 6}, true
	case datetime.JulianDay:
		days, rest := datetime.SplitDay(local)
		return part{whole: datetime.Julian(days), frac: rest, julian: true}, true
	}
	days, rest := datetime.SplitDay(local)
	if p, ok := clockPart(u, rest); ok {
		return p, true
	}
	return calendarPart(u, days)
}

func extractTimestamp(_ *Ctx, unit string, d types.Datum) (part, error) {
	us := d.Int()
	u, ok := datetime.ParseUnit(unit)
	switch {
	case ok && !datetime.Finite(us):
		return infinitePart(u, us > 0), nil
	case ok:
		if p, ok := timestampPart(u, us, us); ok {
			return p, nil
		}
	}
	return part{}, notAUnit(unit, timestampName)
}

func extractTimestamptz(c *Ctx, unit string, d types.Datum) (part, error) {
	us := d.Int()
	u, ok := datetime.ParseUnit(unit)
	switch {
	case ok && !datetime.Finite(us):
		return infinitePart(u, us > 0), nil
	case ok:
		offset := int64(datetime.OffsetAt(c.config().TimeZone, us))
		if p, ok := zonePart(u, offset); ok {
			return p, nil
		}
		if p, ok := timestampPart(u, us+offset*datetime.Second, us); ok {
			return p, nil
		}
	}
	return part{}, notAUnit(unit, timestamptzName)
}

func extractDate(_ *Ctx, unit string, d types.Datum) (part, error) {
	days := d.Int()
	if u, ok := datetime.ParseUnit(unit); ok {
		finite := datetime.FiniteDate(days)
		x := days
		if !finite {
			x = 0
		}
		if p, ok := calendarPart(u, x); ok {
			if !finite {
				return infinitePart(u, days > 0), nil
			}
			return p, nil
		}
	}
	return part{}, notAUnit(unit, "date")
}

func extractTime(_ *Ctx, unit string, d types.Datum) (part, error) {
	if u, ok := datetime.ParseUnit(unit); ok {
		if u == datetime.Epoch {
			return part{frac: d.Int(), scale: 6}, nil
		}
		if p, ok := clockPart(u, d.Int()); ok {
			return p, nil
		}
	}
	return part{}, notAUnit(unit, timeName)
}

func extractInterval(_ *Ctx, unit string, d types.Datum) (part, error) {
	v := interval(d)
	u, ok := datetime.ParseUnit(unit)
	if !ok {
		return part{}, notAUnit(unit, "interval")
	}
	if p, ok := clockPart(u, v.Micros); ok {
		return p, nil
	}
	years, months := int64(v.Months/12), int64(v.Months%12)
	switch u {
	case datetime.Days:
		return part{whole: int64(v.Days)}, nil
	case datetime.Months:
		return part{whole: months}, nil
	case datetime.Quarters:
		return part{whole: months/3 + 1}, nil
	case datetime.Years:
		return part{whole: years}, nil
	case datetime.Decades:
		return part{whole: years / 10}, nil
	case datetime.Centuries:
		return part{whole: years / 100}, nil
	case datetime.Millennia:
		return part{whole: years / 1000}, nil
	case datetime.Epoch:
		return part{whole: intervalSeconds(v), frac: v.Micros, scale: 6}, nil
	}
	return part{}, notAUnit(unit, "interval")
}

// intervalSeconds are those of months and days: a year has 365.25 days, a month beyond it 30.
func intervalSeconds(v datetime.Interval) int64 {
	quarters := 1461*int64(v.Months/12) + 120*int64(v.Months%12) + 4*int64(v.Days)
	return quarters * (86400 / 4)
}

func datetimePartDefs() []def {
	var out []def
	for _, t := range []struct {
		name    string
		extract func(c *Ctx, unit string, d types.Datum) (part, error)
		fl      flags
	}{
		{"date", extractDate, canFail}, {"time", extractTime, canFail}, {"timestamp", extractTimestamp, canFail},
		{"timestamptz", extractTimestamptz, canFail | stable}, {"interval", extractInterval, canFail},
	} {
		float := func(c *Ctx, a []types.Datum) (types.Datum, error) {
			p, err := t.extract(c, string(a[0].Bytes()), a[1])
			if err != nil {
				return types.Null, err
			}
			return p.float()
		}
		if t.name == "date" { // by way of a timestamp, whose fields it has
			float = func(c *Ctx, a []types.Datum) (types.Datum, error) {
				us, err := datetime.DateToTimestamp(a[1].Int())
				if err != nil {
					return types.Null, err
				}
				p, err := extractTimestamp(c, string(a[0].Bytes()), types.NewInt(us))
				if err != nil {
					return types.Null, err
				}
				return p.float()
			}
		}
		out = append(out,
			def{sig: "extract(text," + t.name + ") numeric", flags: t.fl, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
				p, err := t.extract(c, string(a[0].Bytes()), a[1])
				if err != nil {
					return types.Null, err
				}
				return p.numeric()
			}},
			def{sig: "date_part(text," + t.name + ") float8", flags: t.fl, row: float})
	}
	return out
}
