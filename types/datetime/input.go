package datetime

import (
	"time"

	"github.com/streamsql/streamsql/sqlerr"
)

// Input is what reading depends on beside the text.
type Input struct {
	Order string         // of day, month and year: MDY, DMY, YMD
	Loc   *time.Location // of what has no zone
	Now   time.Time      // for 'now', 'today' and the like; zero: they are refused
}

// ParseDate reads a date; 22007 for what is none, 22008 for what is out of range.
func ParseDate(in Input, s string) (int64, error) {
	if f, ok := isoDate(s); ok && len(s) == 10 {
		return DateFromYMD(f.Year, f.Month, f.Day), nil
	}
	return parseDate(in, s)
}

// ParseTimestamp reads a timestamp without time zone, ignoring a zone in the text as PostgreSQL does.
func ParseTimestamp(in Input, s string) (int64, error) {
	if us, _, _, ok := isoTimestamp(s); ok {
		return us, nil
	}
	return parseTimestamp(in, s, false)
}

// ParseTimestamptz reads a timestamp with time zone; without one in the text it is local to in.Loc.
func ParseTimestamptz(in Input, s string) (int64, error) {
	if us, offset, zoned, ok := isoTimestamp(s); ok {
		if !zoned {
			return ToUTC(in.Loc, us)
		}
		if us -= int64(offset) * Second; ValidTimestamp(us) {
			return us, nil
		}
	}
	return parseTimestamp(in, s, true)
}

// ParseTime reads a time of day, ignoring a zone.
func ParseTime(in Input, s string) (int64, error) {
	var f Fields
	if end, ok := isoClock(s, 0, &f); ok && end == len(s) {
		return TimeOf(f.Hour, f.Minute, f.Second, f.Micro), nil
	}
	return parseTime(in, s)
}

// read decodes s.
func read(in Input, s, typ string, timeOnly bool) (*decoder, error) {
	fields, p := cut(s)
	d := &decoder{in: in, timeOnly: timeOnly, fields: fields}
	if p == fine {
		p = d.decode()
	}
	if p == badZone {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, `time zone "%s" not recognized`, d.bad)
	}
	if p != fine {
		return nil, problemError(p, s, typ)
	}
	return d, nil
}

func parseDate(in Input, s string) (int64, error) {
	d, err := read(in, s, "date", false)
	if err != nil {
		return 0, err
	}
	switch d.special {
	case vEpoch:
		return -unixEpochDays, nil
	case vLate:
		return DateInfinity, nil
	case vEarly:
		return DateMinusInfinity, nil
	}
	days := DateFromYMD(d.f.Year, d.f.Month, d.f.Day)
	if !ValidDate(days) {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, `date out of range: "%s"`, s)
	}
	return days, nil
}

func parseTimestamp(in Input, s string, zoned bool) (int64, error) {
	typ := "timestamp"
	if zoned {
		typ = "timestamp with time zone"
	}
	d, err := read(in, s, typ, false)
	if err != nil {
		return 0, err
	}
	switch d.special {
	case vEpoch:
		return -unixEpochSeconds * Second, nil
	case vLate:
		return Infinity, nil
	case vEarly:
		return MinusInfinity, nil
	}
	us, ok := join(d.f)
	if ok && zoned {
		offset := d.offset
		switch {
		case d.zone != nil:
			offset = offsetOfAbbrev(d.zone, d.abbrev, us)
		case d.seen&bit(fTZ) == 0:
			offset = offsetOfLocal(in.Loc, us)
		}
		us -= int64(offset) * Second
	}
	if !ok || !ValidTimestamp(us) {
		return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, `timestamp out of range: "%s"`, s)
	}
	return us, nil
}

func parseTime(in Input, s string) (int64, error) {
	d, err := read(in, s, "time", true)
	if err != nil {
		return 0, err
	}
	return TimeOf(d.f.Hour, d.f.Minute, d.f.Second, d.f.Micro), nil
}

func badSyntax(typ, s string) error {
	return sqlerr.New(sqlerr.InvalidDatetimeFormat, `invalid input syntax for type %s: "%s"`, typ, s)
}
