package expr

import (
	"math"
	"strings"
	"time"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

func datetimeTruncDefs() []def {
	truncTZ := func(c *Ctx, unit string, loc *time.Location, us int64) (types.Datum, error) {
		u, _ := datetime.ParseUnit(unit)
		r, ok, err := datetime.TruncTZ(u, loc, us)
		if !ok && err == nil {
			err = datetime.TruncError(unit, timestamptzName)
		}
		return intOr(r, err)
	}
	bin := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return intOr(datetime.Bin(interval(a[0]), a[1].Int(), a[2].Int()))
	}
	return []def{
		{sig: "date_trunc(text,timestamp) timestamp", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			unit := string(a[0].Bytes())
			u, _ := datetime.ParseUnit(unit)
			r, ok, err := datetime.Trunc(u, a[1].Int())
			if !ok && err == nil {
				err = datetime.TruncError(unit, timestampName)
			}
			return intOr(r, err)
		}},
		{sig: "date_trunc(text,timestamptz) timestamptz", flags: canFail | stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return truncTZ(c, string(a[0].Bytes()), c.config().TimeZone, a[1].Int())
		}},
		{sig: "date_trunc(text,timestamptz,text) timestamptz", flags: canFail | stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if !datetime.Finite(a[1].Int()) { // whatever unit and zone
				return a[1], nil
			}
			z, err := datetime.FindZone(string(a[2].Bytes()))
			if err != nil {
				return types.Null, err
			}
			return truncTZ(c, string(a[0].Bytes()), z.Location(), a[1].Int())
		}},
		{sig: "date_trunc(text,interval) interval", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			unit := string(a[0].Bytes())
			u, _ := datetime.ParseUnit(unit)
			v, ok := datetime.TruncInterval(u, interval(a[1]))
			if !ok {
				return types.Null, datetime.TruncError(unit, "interval")
			}
			return intervalDatum(v), nil
		}},
		{sig: "date_bin(interval,timestamp,timestamp) timestamp", flags: canFail, row: bin},
		{sig: "date_bin(interval,timestamptz,timestamptz) timestamptz", flags: canFail, row: bin},
	}
}

func outOfRange(format string, args ...any) error {
	return sqlerr.New(sqlerr.DatetimeFieldOverflow, format, args...)
}

// makeDate is a date of its numbers; a negative year is BC.
func makeDate(year, month, day int64) (int64, error) {
	y := year
	if year < 0 {
		y = year + 1
	}
	if year == 0 || month < 1 || month > 12 || day < 1 || day > 31 || year < -math.MaxInt32 ||
		day > int64(datetime.DaysIn(int(y), int(month))) {
		return 0, outOfRange("date field value out of range: %d-%02d-%02d", year, month, day)
	}
	d := datetime.DateFromYMD(int(y), int(month), int(day))
	if !datetime.ValidDate(d) {
		return 0, outOfRange("date out of range: %d-%02d-%02d", y, month, day)
	}
	return d, nil
}

// makeTime is a time of day; 24:00:00 and 60 seconds are allowed.
func makeTime(hour, minute int64, second float64) (int64, error) {
	us := math.RoundToEven(second * 1e6)
	if hour >= 0 && hour <= 24 && minute >= 0 && minute < 60 && us >= 0 && us <= 60e6 {
		if t := hour*datetime.Hour + minute*datetime.Minute + int64(us); t <= datetime.Day {
			return t, nil
		}
	}
	return 0, outOfRange("time field value out of range: %d:%02d:%s", hour, minute, shortSeconds(second))
}

// shortSeconds is C's %02g.
func shortSeconds(f float64) string {
	s := shortG(f)
	if len(s) < 2 {
		s = "0" + s
	}
	return s
}

func makeTimestamp(a []types.Datum) (int64, error) {
	d, err := makeDate(a[0].Int(), a[1].Int(), a[2].Int())
	if err != nil {
		return 0, err
	}
	t, err := makeTime(a[3].Int(), a[4].Int(), a[5].Float())
	if err != nil {
		return 0, err
	}
	us, err := datetime.DateToTimestamp(d)
	if err == nil {
		us += t
	}
	if err != nil || !datetime.ValidTimestamp(us) {
		return 0, outOfRange("timestamp out of range: %d-%02d-%02d %d:%02d:%s",
			a[0].Int(), a[1].Int(), a[2].Int(), a[3].Int(), a[4].Int(), shortSeconds(a[5].Float()))
	}
	return us, nil
}

func datetimeMakeDefs() []def {
	out := []def{
		{sig: "make_date(int4,int4,int4) date", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return intOr(makeDate(a[0].Int(), a[1].Int(), a[2].Int()))
		}},
		{sig: "make_time(int4,int4,float8) time", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return intOr(makeTime(a[0].Int(), a[1].Int(), a[2].Float()))
		}},
		{sig: "make_timestamp(int4,int4,int4,int4,int4,float8) timestamp", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return intOr(makeTimestamp(a))
		}},
		{sig: "make_timestamptz(int4,int4,int4,int4,int4,float8) timestamptz", flags: canFail | stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			us, err := makeTimestamp(a)
			if err != nil {
				return types.Null, err
			}
			return intOr(datetime.ToUTC(c.config().TimeZone, us))
		}},
		{sig: "make_timestamptz(int4,int4,int4,int4,int4,float8,text) timestamptz", flags: canFail | stable, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			us, err := makeTimestamp(a)
			if err != nil {
				return types.Null, err
			}
			loc, err := saneZone(string(a[6].Bytes()))
			if err != nil {
				return types.Null, err
			}
			return intOr(datetime.ToUTC(loc, us))
		}},
		{sig: "to_timestamp(float8) timestamptz", flags: canFail, row: fromUnixRow},
	}
	// The arguments of make_interval have defaults, from the last one on.
	args := []string{"int4", "int4", "int4", "int4", "int4", "int4", "float8"}
	for n := range len(args) + 1 {
		out = append(out, def{sig: "make_interval(" + strings.Join(args[:n], ",") + ") interval", flags: canFail, row: makeIntervalRow})
	}
	return out
}

func makeIntervalRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	var v [6]int64
	for i := range min(len(a), len(v)) {
		v[i] = a[i].Int()
	}
	seconds := 0.0
	if len(a) > 6 {
		seconds = math.RoundToEven(a[6].Float() * 1e6)
	}
	months, days := v[0]*12+v[1], v[2]*7+v[3]
	us := v[4]*datetime.Hour + v[5]*datetime.Minute
	if !(math.Abs(seconds) < 1<<62) || !inRange(types.Int4, months) || !inRange(types.Int4, days) {
		return types.Null, datetime.IntervalOutOfRange()
	}
	total, ok := addInt(us, int64(seconds))
	if !ok && us != 0 && seconds != 0 {
		return types.Null, datetime.IntervalOutOfRange()
	}
	return types.NewInterval(int32(months), int32(days), total), nil
}

func fromUnixRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s := a[0].Float()
	switch {
	case s != s:
		return types.Null, outOfRange("timestamp cannot be NaN")
	case math.IsInf(s, 1):
		return types.NewInt(datetime.Infinity), nil
	case math.IsInf(s, -1):
		return types.NewInt(datetime.MinusInfinity), nil
	}
	us := math.RoundToEven((s + unixDays*86400) * 1e6)
	if !(math.Abs(us) < 1<<63) || !datetime.ValidTimestamp(int64(us)) {
		return types.Null, outOfRange(`timestamp out of range: "%s"`, shortG(s))
	}
	return types.NewInt(int64(us)), nil
}

// shortG is C's %g.
func shortG(f float64) string {
	return string(types.AppendText(nil, &types.Config{ExtraFloatDigits: -9}, types.Of(types.Float8), types.NewFloat(f)))
}

// saneZone is a zone as make_timestamptz takes it: a signed offset, positive east of Greenwich, or a name.
func saneZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `time zone "" not recognized`)
	}
	if name[0] >= '0' && name[0] <= '9' {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `invalid input syntax for type %s: "%s"`, "numeric time zone", name).
			WithHint(`Numeric time zones must have "-" or "+" as first character.`)
	}
	if name[0] != '+' && name[0] != '-' {
		z, err := datetime.FindZone(name)
		return z.Location(), err
	}
	offset, ok := numericZone(name[1:])
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `time zone "%s" not recognized`, name)
	}
	if offset >= 16*3600 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `numeric time zone "%s" out of range`, name)
	}
	if name[0] == '-' {
		offset = -offset
	}
	return datetime.FixedZone(offset), nil
}

// numericZone reads h, hh, hmm, hhmm or hh:mm[:ss] as seconds.
func numericZone(s string) (int, bool) {
	number := func(s string) (int, bool) {
		v := 0
		for i := 0; i < len(s); i++ {
			if s[i] < '0' || s[i] > '9' || i > 6 {
				return 0, false
			}
			v = v*10 + int(s[i]-'0')
		}
		return v, s != ""
	}
	parts := strings.Split(s, ":")
	if len(parts) > 3 {
		return 0, false
	}
	var v [3]int
	for i, p := range parts {
		var ok bool
		if v[i], ok = number(p); !ok {
			return 0, false
		}
	}
	if len(parts) == 1 && len(s) > 2 {
		v[0], v[1] = v[0]/100, v[0]%100
	}
	if v[1] >= 60 || v[2] >= 60 {
		return 16 * 3600, true
	}
	return v[0]*3600 + v[1]*60 + v[2], true
}

// datetimeZoneDefs is AT TIME ZONE: timezone(zone, x).
func datetimeZoneDefs() []def {
	convert := func(zone func(d types.Datum) (*time.Location, error), f func(*time.Location, int64) (int64, error)) rowFunc {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if !datetime.Finite(a[1].Int()) {
				return a[1], nil
			}
			loc, err := zone(a[0])
			if err != nil {
				return types.Null, err
			}
			return intOr(f(loc, a[1].Int()))
		}
	}
	named := func(d types.Datum) (*time.Location, error) {
		z, err := datetime.FindZone(string(d.Bytes()))
		return z.Location(), err
	}
	offset := func(d types.Datum) (*time.Location, error) {
		v := interval(d)
		if v.Months != 0 || v.Days != 0 {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, `interval time zone "%s" must not include months or days`,
				v.AppendText(nil, "postgres"))
		}
		return datetime.FixedZone(int(v.Micros / datetime.Second)), nil
	}
	dateTime := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, err := dateAndTime(a[0].Int(), a[1].Int())
		if err != nil {
			return types.Null, err
		}
		return intOr(datetime.ToUTC(c.config().TimeZone, us))
	}
	return []def{
		{sig: "timezone(text,timestamp) timestamptz", flags: canFail, row: convert(named, datetime.ToUTC)},
		{sig: "timezone(text,timestamptz) timestamp", flags: canFail, row: convert(named, datetime.ToLocal)},
		{sig: "timezone(interval,timestamp) timestamptz", flags: canFail, row: convert(offset, datetime.ToUTC)},
		{sig: "timezone(interval,timestamptz) timestamp", flags: canFail, row: convert(offset, datetime.ToLocal)},
		{sig: "timestamptz(date,time) timestamptz", flags: canFail | stable, row: dateTime},
	}
}
