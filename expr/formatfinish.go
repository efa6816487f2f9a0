package expr

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
)

// finish makes a date of the fields.
func (r *dateReader) finish(text string) (parsedDate, error) {
	p := parsedDate{month: 1, day: 1}
	if r.ssss != 0 {
		p.hour, p.minute, p.second = r.ssss/3600, r.ssss%3600/60, r.ssss%60
	}
	for _, f := range []struct{ dest, from *int }{{&p.second, &r.ss}, {&p.minute, &r.mi}, {&p.hour, &r.hh}} {
		if *f.from != 0 {
			*f.dest = *f.from
		}
	}
	if r.twelve {
		if p.hour < 1 || p.hour > 12 {
			return p, badFormat(`hour "%d" is invalid for the 12-hour clock`, p.hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		switch {
		case r.pm != 0 && p.hour < 12:
			p.hour += 12
		case r.pm == 0 && p.hour == 12:
			p.hour = 0
		}
	}
	haveYear := r.finishYear(&p)
	haveMonth, haveDay, err := r.finishDay(&p)
	if err != nil {
		return p, err
	}
	p.micro = r.ms*1000 + r.us
	outOfRange := sqlerr.New(sqlerr.DatetimeFieldOverflow, `date/time field value out of range: "%s"`, text)
	if haveMonth && (p.month < 1 || p.month > 12) || haveDay && (p.day < 1 || p.day > 31) {
		return p, outOfRange
	}
	if (haveYear || r.j != 0 || r.iso && r.ww != 0) && haveMonth && haveDay && p.day > datetime.DaysIn(p.year, p.month) {
		return p, outOfRange
	}
	if p.hour < 0 || p.hour >= 24 || p.minute < 0 || p.minute >= 60 || p.second < 0 || p.second >= 60 || p.micro < 0 || p.micro >= 1e6 {
		return p, outOfRange
	}
	if r.zoneSign != 0 {
		if r.zoneHour < 0 || r.zoneHour > 15 || r.zoneMinute < 0 || r.zoneMinute >= 60 {
			return p, sqlerr.New(sqlerr.InvalidTimeZone, `time zone displacement out of range: "%s"`, text)
		}
		p.zoned, p.offset = true, r.zoneSign*(r.zoneHour*3600+r.zoneMinute*60)
	}
	return p, nil
}

func (r *dateReader) finishYear(p *parsedDate) bool {
	cc := r.cc
	if r.bc != 0 {
		cc = -cc
	}
	switch {
	case r.year != 0 && cc != 0 && r.yearDigits <= 2:
		y := r.year % 100
		switch {
		case y != 0 && cc >= 0:
			y += (cc - 1) * 100
		case y != 0:
			y = (cc+1)*100 - y + 1
		case cc >= 0:
			y = cc * 100
		default:
			y = cc*100 + 1
		}
		p.year = y
	case r.year != 0:
		if p.year = r.year; r.bc != 0 {
			p.year = -p.year
		}
		if p.year < 0 {
			p.year++
		}
	case cc > 0:
		p.year = (cc-1)*100 + 1
	case cc < 0:
		p.year = cc*100 + 1
	default:
		return false
	}
	return true
}

func (r *dateReader) finishDay(p *parsedDate) (haveMonth, haveDay bool, err error) {
	if r.j != 0 {
		p.year, p.month, p.day = datetime.YMD(datetime.FromJulian(int64(r.j)))
		haveMonth, haveDay = true, true
	}
	ddd := r.ddd
	if r.ww != 0 {
		if r.iso {
			days := datetime.ISOWeekStart(p.year, r.ww)
			if r.d > 1 {
				days += int64(r.d - 2)
			} else if r.d == 1 {
				days += 6
			}
			p.year, p.month, p.day = datetime.YMD(days)
			haveMonth, haveDay = true, true
		} else {
			ddd = (r.ww-1)*7 + 1
		}
	}
	dd := r.dd
	if r.w != 0 {
		dd = (r.w-1)*7 + 1
	}
	if dd != 0 {
		p.day, haveDay = dd, true
	}
	if r.mm != 0 {
		p.month, haveMonth = r.mm, true
	}
	if ddd == 0 || p.month > 1 && p.day > 1 {
		return haveMonth, haveDay, nil
	}
	if p.year == 0 && r.bc == 0 {
		return false, false, badFormat("cannot calculate day of year without year information")
	}
	if r.iso {
		p.year, p.month, p.day = datetime.YMD(datetime.ISOWeekStart(p.year, 1) + int64(ddd) - 1)
		return true, true, nil
	}
	month, before := 1, 0
	for ; month < 12 && ddd > before+datetime.DaysIn(p.year, month); month++ {
		before += datetime.DaysIn(p.year, month)
	}
	if p.month <= 1 {
		p.month = month
	}
	if p.day <= 1 {
		p.day = ddd - before
	}
	return true, true, nil
}
