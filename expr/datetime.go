package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

func datetimeDefs() []def {
	return join(dateArithmeticDefs(), timestampArithmeticDefs(), intervalDefs(), datetimePartDefs(), datetimeTruncDefs(),
		datetimeMakeDefs(), datetimeZoneDefs(), datetimeClockDefs(), datetimeOverlapsDefs())
}

func interval(d types.Datum) datetime.Interval { return datetime.IntervalFromImage(d.Bytes()) }

func intervalDatum(v datetime.Interval) types.Datum {
	return types.NewInterval(v.Months, v.Days, v.Micros)
}

func intervalOr(v datetime.Interval, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return intervalDatum(v), nil
}

func intOr(v int64, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return types.NewInt(v), nil
}

// swapped is a function of two arguments for them the other way round.
func swapped(f rowFunc) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) { return f(c, []types.Datum{a[1], a[0]}) }
}

// intsRow is a function of two values that lie in memory as integers.
func intsRow(f func(a, b int64) (int64, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return intOr(f(a[0].Int(), a[1].Int())) }
}

// shiftRow moves a timestamp, with back against the interval's direction.
func shiftRow(f func(c *Ctx, us int64, v datetime.Interval) (int64, error), back bool) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := interval(a[1])
		if back {
			var err error
			if v, err = v.Neg(); err != nil {
				return types.Null, err
			}
		}
		return intOr(f(c, a[0].Int(), v))
	}
}

func shiftTimestamp(_ *Ctx, us int64, v datetime.Interval) (int64, error) {
	return datetime.AddInterval(us, v)
}

func shiftTimestamptz(c *Ctx, us int64, v datetime.Interval) (int64, error) {
	return datetime.AddIntervalTZ(c.config().TimeZone, us, v)
}

func shiftDate(_ *Ctx, days int64, v datetime.Interval) (int64, error) {
	us, err := datetime.DateToTimestamp(days)
	if err != nil {
		return 0, err
	}
	return datetime.AddInterval(us, v)
}

// shiftTime goes round the clock.
func shiftTime(_ *Ctx, us int64, v datetime.Interval) (int64, error) {
	_, rest := datetime.SplitDay(us%datetime.Day + v.Micros%datetime.Day)
	return rest, nil
}

func addDays(date, n int64) (int64, error) {
	if !datetime.FiniteDate(date) {
		return date, nil
	}
	if date += n; !datetime.ValidDate(date) {
		return 0, datetime.DateOutOfRange()
	}
	return date, nil
}

func subDates(a, b int64) (int64, error) {
	if !datetime.FiniteDate(a) || !datetime.FiniteDate(b) {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "cannot subtract infinite dates")
	}
	return a - b, nil
}

func dateAndTime(date, us int64) (int64, error) {
	ts, err := datetime.DateToTimestamp(date)
	if err != nil || !datetime.Finite(ts) {
		return ts, err
	}
	if ts += us; !datetime.ValidTimestamp(ts) {
		return 0, datetime.TimestampOutOfRange()
	}
	return ts, nil
}

func dateArithmeticDefs() []def {
	plusInt, plusTime, plusInterval := intsRow(addDays), intsRow(dateAndTime), shiftRow(shiftDate, false)
	timePlus := shiftRow(shiftTime, false)
	return []def{
		{sig: "+(date,int4) date", flags: canFail, row: plusInt},
		{sig: "+(int4,date) date", flags: canFail, row: swapped(plusInt)},
		{sig: "-(date,int4) date", flags: canFail, row: intsRow(func(d, n int64) (int64, error) { return addDays(d, -n) })},
		{sig: "-(date,date) int4", flags: canFail, row: intsRow(subDates)},
		{sig: "+(date,time) timestamp", flags: canFail, row: plusTime},
		{sig: "+(time,date) timestamp", flags: canFail, row: swapped(plusTime)},
		{sig: "+(date,interval) timestamp", flags: canFail, row: plusInterval},
		{sig: "+(interval,date) timestamp", flags: canFail, row: swapped(plusInterval)},
		{sig: "-(date,interval) timestamp", flags: canFail, row: shiftRow(shiftDate, true)},
		{sig: "+(time,interval) time", row: timePlus},
		{sig: "+(interval,time) time", row: swapped(timePlus)},
		{sig: "-(time,interval) time", row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return intOr(shiftTime(c, a[0].Int(), datetime.Interval{Micros: -(interval(a[1]).Micros % datetime.Day)}))
		}},
		{sig: "-(time,time) interval", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInterval(0, 0, a[0].Int()-a[1].Int()), nil
		}},
		{sig: "isfinite(date) bool", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBool(datetime.FiniteDate(a[0].Int())), nil
		}},
		{sig: "isfinite(interval) bool", row: func(*Ctx, []types.Datum) (types.Datum, error) { return types.NewBool(true), nil }},
	}
}

func timestampArithmeticDefs() []def {
	var out []def
	for _, t := range []struct {
		name  string
		shift func(c *Ctx, us int64, v datetime.Interval) (int64, error)
		fl    flags
	}{{"timestamp", shiftTimestamp, canFail}, {"timestamptz", shiftTimestamptz, canFail | stable}} {
		plus := shiftRow(t.shift, false)
		out = append(out, []def{
			{sig: "+(" + t.name + ",interval) " + t.name, flags: t.fl, row: plus},
			{sig: "+(interval," + t.name + ") " + t.name, flags: t.fl, row: swapped(plus)},
			{sig: "-(" + t.name + ",interval) " + t.name, flags: t.fl, row: shiftRow(t.shift, true)},
			{sig: "-(" + t.name + "," + t.name + ") interval", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return intervalOr(datetime.SubTimestamps(a[0].Int(), a[1].Int()))
			}},
			{sig: "isfinite(" + t.name + ") bool", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBool(datetime.Finite(a[0].Int())), nil
			}},
		}...)
	}
	return append(out, []def{
		{sig: "age(timestamp,timestamp) interval", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return intervalOr(datetime.Age(a[0].Int(), a[1].Int()))
		}},
		{sig: "age(timestamptz,timestamptz) interval", flags: canFail, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return ageTZ(c, a[0].Int(), a[1].Int())
		}},
		{sig: "age(timestamp) interval", flags: canFail | stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			today, err := midnight(c)
			if err != nil {
				return types.Null, err
			}
			return intervalOr(datetime.Age(today, a[0].Int()))
		}},
		{sig: "age(timestamptz) interval", flags: canFail | stable, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			today, err := midnight(c)
			if err != nil {
				return types.Null, err
			}
			if today, err = datetime.ToUTC(c.config().TimeZone, today); err != nil {
				return types.Null, err
			}
			return ageTZ(c, today, a[0].Int())
		}},
	}...)
}

func ageTZ(c *Ctx, a, b int64) (types.Datum, error) {
	x, err := datetime.ToLocal(c.config().TimeZone, a)
	if err != nil {
		return types.Null, err
	}
	y, err := datetime.ToLocal(c.config().TimeZone, b)
	if err != nil {
		return types.Null, err
	}
	return intervalOr(datetime.Age(x, y))
}

func intervalRow1(f func(datetime.Interval) (datetime.Interval, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return intervalOr(f(interval(a[0]))) }
}

func intervalRow2(f func(a, b datetime.Interval) (datetime.Interval, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return intervalOr(f(interval(a[0]), interval(a[1])))
	}
}

func intervalFloatRow(f func(datetime.Interval, float64) (datetime.Interval, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return intervalOr(f(interval(a[0]), a[1].Float())) }
}

func intervalDefs() []def {
	mul := intervalFloatRow(datetime.Interval.Mul)
	return []def{
		{sig: "+(interval,interval) interval", flags: canFail, row: intervalRow2(datetime.Interval.Add)},
		{sig: "-(interval,interval) interval", flags: canFail, row: intervalRow2(datetime.Interval.Sub)},
		{sig: "-(interval) interval", flags: canFail, row: intervalRow1(datetime.Interval.Neg)},
		{sig: "*(interval,float8) interval", flags: canFail, row: mul},
		{sig: "*(float8,interval) interval", flags: canFail, row: swapped(mul)},
		{sig: "/(interval,float8) interval", flags: canFail, row: intervalFloatRow(datetime.Interval.Div)},
		{sig: "justify_hours(interval) interval", flags: canFail, row: intervalRow1(datetime.Interval.JustifyHours)},
		{sig: "justify_days(interval) interval", flags: canFail, row: intervalRow1(datetime.Interval.JustifyDays)},
		{sig: "justify_interval(interval) interval", flags: canFail, row: intervalRow1(datetime.Interval.Justify)},
	}
}
