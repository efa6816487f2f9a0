package expr

import (
	"time"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

// timestamptzOf is the number of a point in time.
func timestamptzOf(t time.Time) int64 { return t.UnixMicro() + unixDays*datetime.Day }

// now is the time of the transaction, which the settings carry.
func (c *Ctx) now() (int64, error) {
	t := c.config().Now
	if t.IsZero() {
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "the clock cannot be read here")
	}
	return timestamptzOf(t), nil
}

// midnight is the beginning of the current day, local.
func midnight(c *Ctx) (int64, error) {
	us, err := c.now()
	if err != nil {
		return 0, err
	}
	if us, err = datetime.ToLocal(c.config().TimeZone, us); err != nil {
		return 0, err
	}
	day, _ := datetime.SplitDay(us)
	return day * datetime.Day, nil
}

func nowRow(c *Ctx, _ []types.Datum) (types.Datum, error) { return intOr(c.now()) }

// statementRow asks the session when the statement began; without one the transaction's time is it.
func statementRow(c *Ctx, _ []types.Datum) (types.Datum, error) {
	if c.SessionInfo != nil {
		if d, err := c.SessionInfo("statement_timestamp"); err == nil {
			return d, nil
		}
	}
	return intOr(c.now())
}

func datetimeClockDefs() []def {
	return []def{
		{sig: "now() timestamptz", flags: stable, row: nowRow},
		{sig: "transaction_timestamp() timestamptz", flags: stable, row: nowRow},
		{sig: "statement_timestamp() timestamptz", flags: stable, row: statementRow},
		{sig: "clock_timestamp() timestamptz", flags: volatile, row: func(*Ctx, []types.Datum) (types.Datum, error) {
			return types.NewInt(timestamptzOf(time.Now())), nil
		}},
		{sig: "pg_sleep(float8) void", flags: volatile, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			c.sleep(a[0].Float())
			return types.NewString(""), nil
		}},
		{sig: "timeofday() text", flags: volatile, row: func(c *Ctx, _ []types.Datum) (types.Datum, error) {
			t := time.Now().In(c.config().TimeZone)
			return types.NewString(t.Format("Mon Jan 02 15:04:05.000000 2006 MST")), nil
		}},
	}
}

// datetimeOverlapsDefs is (s1, e1) OVERLAPS (s2, e2). An end may be given as an interval from its start.
func datetimeOverlapsDefs() []def {
	var out []def
	for _, t := range []struct {
		name  string
		shift func(c *Ctx, us int64, v datetime.Interval) (int64, error)
		fl    flags
	}{{"time", shiftTime, 0}, {"timestamp", shiftTimestamp, canFail}, {"timestamptz", shiftTimestamptz, canFail | stable}} {
		for _, e1 := range []string{t.name, "interval"} {
			for _, e2 := range []string{t.name, "interval"} {
				fl := t.fl
				if e1 != "interval" && e2 != "interval" {
					fl = 0
				}
				out = append(out, def{sig: "overlaps(" + t.name + "," + e1 + "," + t.name + "," + e2 + ") bool", flags: fl | lenient,
					row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
						end := func(start, end types.Datum, typ string) (types.Datum, error) {
							if typ != "interval" || end.IsNull() {
								return end, nil
							}
							if start.IsNull() {
								return types.Null, nil
							}
							return intOr(t.shift(c, start.Int(), interval(end)))
						}
						x, err := end(a[0], a[1], e1)
						if err != nil {
							return types.Null, err
						}
						y, err := end(a[2], a[3], e2)
						if err != nil {
							return types.Null, err
						}
						return overlap(a[0], x, a[2], y), nil
					}})
			}
		}
	}
	return out
}

// overlap is the SQL standard's predicate: periods are half-open, their ends in any order, a period of no length is a
// point.
func overlap(s1, e1, s2, e2 types.Datum) types.Datum {
	order := func(s, e types.Datum) (types.Datum, types.Datum) {
		if s.IsNull() || !e.IsNull() && s.Int() > e.Int() {
			return e, s
		}
		return s, e
	}
	s1, e1 = order(s1, e1)
	s2, e2 = order(s2, e2)
	if s1.IsNull() || s2.IsNull() {
		return types.Null
	}
	if s1.Int() == s2.Int() {
		if e1.IsNull() || e2.IsNull() {
			return types.Null
		}
		return types.NewBool(true)
	}
	if s1.Int() < s2.Int() {
		s1, e1, s2, e2 = s2, e2, s1, e1
	}
	// Period 1 starts later: they overlap if it does so before the end of period 2.
	switch {
	case e2.IsNull():
		return types.Null
	case s1.Int() < e2.Int():
		return types.NewBool(true)
	case e1.IsNull():
		return types.Null
	}
	return types.NewBool(false)
}
