package datetime

import (
	"strconv"
	"strings"
	"time"
)

// Which hour AM and PM mean.
const (
	clock24 = iota
	clockAM
	clockPM
)

// decoder gives fields their meaning: PostgreSQL's DecodeDateTime and DecodeTimeOnly. seen has a bit for each kind of
// field that was read; reading one twice is an error.
type decoder struct {
	in       Input
	timeOnly bool
	fields   []field
	seen     uint32

	f         Fields
	doy       int
	textMonth bool
	julian    bool
	twoDigits bool
	bc        bool
	meridian  int
	label     int // what the previous field says the next one is; 0: nothing
	special   int // vEpoch, vLate or vEarly instead of a time

	offset int // seconds east of Greenwich, if seen has fTZ and zone is nil
	zone   *time.Location
	abbrev string // zone counts by what it meant by this
	bad    string // the unknown zone's name, with badZone
}

// decode reads all fields and checks the whole.
func (d *decoder) decode() problem {
	for i := range d.fields {
		mask, p := d.field(i)
		if p != fine {
			return p
		}
		if mask&d.seen != 0 {
			return badFormat
		}
		d.seen |= mask
	}
	if p := d.validate(); p != fine {
		return p
	}
	if d.meridian != clock24 && d.f.Hour > 12 {
		return fieldOverflow
	}
	if d.meridian == clockAM && d.f.Hour == 12 {
		d.f.Hour = 0
	} else if d.meridian == clockPM && d.f.Hour != 12 {
		d.f.Hour += 12
	}
	if d.timeOnly {
		if d.clockOverflows() {
			return fieldOverflow
		}
		if d.seen&maskTime != maskTime {
			return badFormat
		}
		if d.zone != nil && d.abbrev == "" && d.seen&maskDate != maskDate && !fixed(d.zone) {
			return badFormat
		}
		return fine
	}
	if d.special == 0 && d.seen&maskDate != maskDate {
		return badFormat
	}
	if d.seen&bit(fDTZMod) != 0 && (d.zone != nil || d.seen&bit(fTZ) == 0) {
		return badFormat
	}
	return fine
}

// dateSeen is seen, where a time only takes the date as given.
func (d *decoder) dateSeen() uint32 {
	if d.timeOnly {
		return d.seen | maskDate
	}
	return d.seen
}

func (d *decoder) field(i int) (uint32, problem) {
	f := d.fields[i]
	switch f.typ {
	case ftDate:
		return d.dateField(i, f.text)
	case ftTime:
		if d.label != 0 && d.label != uTime {
			return 0, badFormat
		}
		d.label = 0
		if p := d.clock(f.text); p != fine {
			return 0, p
		}
		if !d.timeOnly && d.clockOverflows() {
			return 0, fieldOverflow
		}
		return maskTime, fine
	case ftTZ:
		o, p := zoneOffset(f.text)
		d.offset, d.zone = o, nil
		return bit(fTZ), p
	case ftNumber:
		if d.label != 0 {
			return d.labelled(f.text)
		}
		return d.number(i, f.text)
	}
	return d.word(i, f.text)
}

// dateField reads a field with separators: a date, a time run together with a zone (hhmmss-zz), a zone's name.
func (d *decoder) dateField(i int, s string) (uint32, problem) {
	if d.label == uJulian {
		v, rest, ok := leadingInt(s)
		if !ok || v < 0 {
			return 0, fieldOverflow
		}
		d.setJulian(v)
		d.label = 0
		o, p := zoneOffset(rest)
		d.offset = o
		return maskDate | maskTime | bit(fTZ), p
	}
	haveDay := d.seen&(bit(fMonth)|bit(fDay)) == bit(fMonth)|bit(fDay)
	if d.timeOnly {
		n := len(d.fields)
		if i == 0 && n >= 2 && (d.fields[n-1].typ == ftDate || d.fields[1].typ == ftTime) {
			return d.date(s)
		}
	} else if d.label == 0 && !haveDay {
		return d.date(s)
	}
	if !isDigit(s[0]) && (d.label == 0 || d.timeOnly) {
		return d.namedZone(s)
	}
	if d.label != 0 && d.label != uTime {
		return 0, badFormat
	}
	d.label = 0
	if d.seen&maskTime == maskTime {
		return 0, badFormat
	}
	dash := strings.IndexByte(s, '-')
	if dash < 0 {
		return 0, badFormat
	}
	o, p := zoneOffset(s[dash:])
	if p != fine {
		return 0, p
	}
	d.offset = o
	mask, p := d.runTogether(s[:dash], d.dateSeen())
	return mask | bit(fTZ), p
}

func (d *decoder) namedZone(s string) (uint32, problem) {
	l, err := LoadLocation(s)
	if err != nil {
		d.bad = s
		return 0, badZone
	}
	d.zone = l
	return bit(fTZ), fine
}

func (d *decoder) setJulian(v int) {
	d.f.Year, d.f.Month, d.f.Day = YMD(FromJulian(int64(v)))
	d.julian = true
}

// labelled reads a number after a unit's letter, as in y2001m02d04.
func (d *decoder) labelled(s string) (uint32, problem) {
	label := d.label
	d.label = 0
	v, rest, ok := leadingInt(s)
	if !ok {
		return 0, fieldOverflow
	}
	decimal := strings.HasPrefix(rest, ".")
	if !decimal && rest != "" || decimal && label != uJulian && label != uTime && label != uSecond {
		return 0, badFormat
	}
	switch label {
	case uYear:
		d.f.Year = v
		return bit(fYear), fine
	case uMonth:
		if d.seen&bit(fMonth) != 0 && d.seen&bit(fHour) != 0 {
			d.f.Minute = v
			return bit(fMinute), fine
		}
		d.f.Month = v
		return bit(fMonth), fine
	case uDay:
		d.f.Day = v
		return bit(fDay), fine
	case uHour:
		d.f.Hour = v
		return bit(fHour), fine
	case uMinute:
		d.f.Minute = v
		return bit(fMinute), fine
	case uSecond:
		d.f.Second = v
		if !decimal {
			return bit(fSecond), fine
		}
		var p problem
		d.f.Micro, p = fraction(rest)
		return maskSeconds, p
	case uJulian:
		if v < 0 {
			return 0, fieldOverflow
		}
		d.setJulian(v)
		if !decimal {
			return maskDate, fine
		}
		part, err := strconv.ParseFloat("0"+rest, 64)
		if err != nil {
			return 0, badFormat
		}
		year, month, day := d.f.Year, d.f.Month, d.f.Day
		d.f.setTime(int64(part * float64(Day)))
		d.f.Year, d.f.Month, d.f.Day = year, month, day
		return maskDate | maskTime, fine
	case uTime:
		mask, p := d.runTogether(s, d.seen|maskDate)
		if p == fine && mask != maskTime {
			p = badFormat
		}
		return mask, p
	}
	return 0, badFormat
}

// number reads a number without a label: a part of a date, or digits run together.
func (d *decoder) number(i int, s string) (uint32, problem) {
	dot := strings.IndexByte(s, '.')
	if d.timeOnly {
		switch {
		case dot >= 0 && i == 0 && len(d.fields) >= 2 && d.fields[len(d.fields)-1].typ == ftDate:
			return d.date(s)
		case dot > 2, dot < 0 && len(s) > 4:
			return d.runTogether(s, d.seen|maskDate)
		case dot >= 0:
			return 0, badFormat
		}
		return d.datePart(s, false, d.seen|maskDate)
	}
	switch {
	case dot >= 0 && d.seen&maskDate == 0:
		return d.date(s)
	case dot > 2, len(s) >= 6 && (d.seen&maskDate == 0 || d.seen&maskTime == 0):
		return d.runTogether(s, d.seen)
	}
	return d.datePart(s, d.textMonth, d.seen)
}

// word reads a month, a day's name, a zone and the like.
func (d *decoder) word(i int, s string) (uint32, problem) {
	if a, ok := zoneAbbrevs()[s]; ok {
		return d.abbreviation(a, s)
	}
	w, ok := lookup(dateWords, s)
	if !ok {
		if _, err := LoadLocation(s); err != nil {
			return 0, badFormat
		}
		return d.namedZone(s)
	}
	mask := bit(w.kind)
	switch w.kind {
	case fIgnore:
		return 0, fine
	case fReserved:
		return d.reserved(w.value)
	case fMonth:
		if d.timeOnly {
			return 0, badFormat
		}
		if d.seen&bit(fMonth) != 0 && !d.textMonth && d.seen&bit(fDay) == 0 && d.f.Month >= 1 && d.f.Month <= 31 {
			d.f.Day = d.f.Month
			mask = bit(fDay)
		}
		d.textMonth = true
		d.f.Month = w.value
	case fDTZMod:
		d.offset += w.value
		mask |= bit(fDTZ)
	case fAMPM:
		d.meridian = clockAM
		if w.value == vPM {
			d.meridian = clockPM
		}
	case fADBC:
		d.bc = w.value == vBC
	case fDOW:
		if d.timeOnly {
			return 0, badFormat
		}
	case fUnits:
		d.label = w.value
		return 0, fine
	case fISOTime:
		if !d.timeOnly && d.seen&maskDate != maskDate || i >= len(d.fields)-1 {
			return 0, badFormat
		}
		switch d.fields[i+1].typ {
		case ftNumber, ftTime, ftDate:
		default:
			return 0, badFormat
		}
		d.label = w.value
		return 0, fine
	default:
		return 0, badFormat
	}
	return mask, fine
}

func (d *decoder) abbreviation(a abbreviation, s string) (uint32, problem) {
	if a.zone != "" {
		l, err := LoadLocation(a.zone)
		if err != nil {
			return 0, badFormat
		}
		d.zone, d.abbrev = l, strings.ToUpper(s)
		return bit(fDynTZ) | bit(fTZ), fine
	}
	d.offset, d.zone = a.offset, nil
	if a.dst {
		return bit(fDTZ) | bit(fTZ), fine
	}
	return bit(fTZ), fine
}

// reserved reads now, today, epoch, infinity and the like.
func (d *decoder) reserved(v int) (uint32, problem) {
	switch v {
	case vNow, vToday, vTomorrow, vYesterday:
		if d.in.Now.IsZero() || d.timeOnly && v != vNow {
			return 0, badFormat
		}
		now := d.in.Now.In(d.in.location())
		_, d.offset = now.Zone()
		local := now.UnixMicro() + int64(d.offset)*Second - unixEpochSeconds*Second
		if v != vNow {
			day, _ := floorDiv(local, Day)
			d.f.Year, d.f.Month, d.f.Day = YMD(day + int64(map[int]int{vToday: 0, vTomorrow: 1, vYesterday: -1}[v]))
			return maskDate, fine
		}
		d.f = Split(local)
		if d.timeOnly {
			return maskTime, fine
		}
		return maskDate | maskTime | bit(fTZ), fine
	case vZulu:
		d.offset = 0
		return maskTime | bit(fTZ), fine
	}
	if d.timeOnly {
		return 0, badFormat
	}
	d.special = v
	return bit(fReserved), fine
}

func (in Input) location() *time.Location {
	if in.Loc == nil {
		return time.UTC
	}
	return in.Loc
}
