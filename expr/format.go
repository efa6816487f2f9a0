package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

// to_char and its reverse are ports of PostgreSQL's formatting.c: formatdate.go the patterns of dates, formatparse.go reading by them,
// formatnumber.go numbers.

func formatDefs() []def {
	return join(numberFormatDefs(), []def{
		{sig: "to_char(timestamp,text) text", flags: stable | canFail, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return timestampToChar(c, a[0].Int(), a[1].String(), nil)
		}},
		{sig: "to_char(timestamptz,text) text", flags: stable | canFail, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			us := a[0].Int()
			if !datetime.Finite(us) {
				return types.Null, nil
			}
			local, err := datetime.ToLocal(c.config().TimeZone, us)
			if err != nil {
				return types.Null, err
			}
			return timestampToChar(c, local, a[1].String(), &us)
		}},
		{sig: "to_char(interval,text) text", flags: stable | canFail, row: intervalToChar},
		{sig: "to_date(text,text) date", flags: stable | canFail, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			p, err := parseByFormat(c, a[0].String(), a[1].String())
			if err != nil {
				return types.Null, err
			}
			days := datetime.DateFromYMD(p.year, p.month, p.day)
			if !datetime.ValidDate(days) {
				return types.Null, sqlerr.New(sqlerr.DatetimeFieldOverflow, `date out of range: "%s"`, a[0].String())
			}
			return types.NewInt(days), nil
		}},
		{sig: "to_timestamp(text,text) timestamptz", flags: stable | canFail, row: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			p, err := parseByFormat(c, a[0].String(), a[1].String())
			if err != nil {
				return types.Null, err
			}
			us, ok := datetime.Join(datetime.Fields{Year: p.year, Month: p.month, Day: p.day, Hour: p.hour, Minute: p.minute, Second: p.second, Micro: p.micro})
			if !ok {
				return types.Null, datetime.TimestampOutOfRange()
			}
			loc := c.config().TimeZone
			if p.zoned {
				loc = datetime.FixedZone(p.offset)
			}
			us, err = datetime.ToUTC(loc, us)
			return types.NewInt(us), err
		}},
	})
}
