package types

import (
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/numeric"
)

const (
	modHeader     = 4 // PostgreSQL's VARHDRSZ, part of the modifiers of varchar, char and numeric
	maxCharLength = 10485760
	maxFraction   = 6 // digits of a second
)

// packMod makes atttypmod of what is written in parentheses.
func packMod(k Kind, mods []int64) (int32, error) {
	invalid := func(format string, args ...any) (int32, error) {
		return -1, sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
	}
	switch k {
	case Varchar, BPChar:
		name := infos[k].typname
		if k == BPChar {
			name = "char"
		}
		switch {
		case len(mods) != 1:
			return invalid("invalid type modifier")
		case mods[0] < 1:
			return invalid("length for type %s must be at least 1", name)
		case mods[0] > maxCharLength:
			return invalid("length for type %s cannot exceed %d", name, maxCharLength)
		}
		return int32(mods[0]) + modHeader, nil
	case Numeric:
		if len(mods) > 2 {
			return invalid("invalid NUMERIC type modifier")
		}
		if mods[0] < 1 || mods[0] > numeric.MaxPrecision {
			return invalid("NUMERIC precision %d must be between 1 and %d", mods[0], numeric.MaxPrecision)
		}
		var scale int64
		if len(mods) == 2 {
			scale = mods[1]
		}
		if scale < -1000 || scale > 1000 {
			return invalid("NUMERIC scale %d must be between %d and %d", scale, -1000, 1000)
		}
		return int32(mods[0])<<16 | int32(scale)&0x7ff + modHeader, nil
	case Time, Timestamp, Timestamptz, Interval:
		if len(mods) != 1 {
			return invalid("invalid type modifier")
		}
		p := mods[0]
		if p < 0 {
			what := map[Kind]string{Time: "TIME", Timestamp: "TIMESTAMP", Timestamptz: "TIMESTAMP", Interval: "INTERVAL"}[k]
			suffix := ""
			if k == Timestamptz {
				suffix = " WITH TIME ZONE"
			}
			return invalid("%s(%d)%s precision must not be negative", what, p, suffix)
		}
		p = min(p, maxFraction) // PostgreSQL warns and goes on
		if k == Interval {
			return intervalFull | int32(p), nil
		}
		return int32(p), nil
	}
	return -1, sqlerr.New(sqlerr.SyntaxError, `type modifier is not allowed for type "%s"`, infos[k].typname)
}

// CharLength is the n of varchar(n) and char(n); -1 for none.
func (t Type) CharLength() int {
	if (t.Kind == Varchar || t.Kind == BPChar) && t.Mod > modHeader {
		return int(t.Mod - modHeader)
	}
	return -1
}

// PrecisionScale is the p and s of numeric(p,s); -1, -1 for none. s may be negative.
func (t Type) PrecisionScale() (p, s int) {
	if t.Kind != Numeric || t.Mod < modHeader {
		return -1, -1
	}
	m := t.Mod - modHeader
	return int(m >> 16 & 0xffff), int(m&0x7ff^1024) - 1024
}

// Fraction is the number of fractional digits of a second that a time type is limited to; -1 for none.
func (t Type) Fraction() int {
	switch t.Kind {
	case Time, Timestamp, Timestamptz:
		if t.Mod >= 0 {
			return int(t.Mod)
		}
	case Interval:
		if p := t.Mod & 0xffff; t.Mod > 0 && p != intervalNoPrecision {
			return int(p)
		}
	}
	return -1
}

// The modifier of an interval is a mask of fields in the high half and a precision in the low half.
const (
	intervalFull        = 0x7fff << 16
	intervalNoPrecision = 0xffff

	fieldMonth, fieldYear, fieldDay, fieldHour, fieldMinute, fieldSecond = 1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11, 1 << 12
)

// intervalFields are the masks of what may follow INTERVAL.
var intervalFields = map[string]int32{
	"":                 0x7fff,
	"year":             fieldYear,
	"month":            fieldMonth,
	"day":              fieldDay,
	"hour":             fieldHour,
	"minute":           fieldMinute,
	"second":           fieldSecond,
	"year to month":    fieldYear | fieldMonth,
	"day to hour":      fieldDay | fieldHour,
	"day to minute":    fieldDay | fieldHour | fieldMinute,
	"day to second":    fieldDay | fieldHour | fieldMinute | fieldSecond,
	"hour to minute":   fieldHour | fieldMinute,
	"hour to second":   fieldHour | fieldMinute | fieldSecond,
	"minute to second": fieldMinute | fieldSecond,
}

// WithFields limits an interval type to fields ("year to month"; "" none), keeping its precision; false if there are no
// such fields.
func (t Type) WithFields(fields string) (Type, bool) {
	mask, ok := intervalFields[fields]
	if !ok || t.Kind != Interval {
		return t, false
	}
	if fields == "" {
		return t, true
	}
	p := int32(intervalNoPrecision)
	if f := t.Fraction(); f >= 0 {
		p = int32(f)
	}
	t.Mod = mask<<16 | p
	return t, true
}

func intervalModText(mod int32) string {
	s := ""
	for name, mask := range intervalFields {
		if mask == mod>>16&0x7fff && name != "" {
			s = " " + name
		}
	}
	if p := mod & 0xffff; p != intervalNoPrecision {
		s += "(" + strconv.Itoa(int(p)) + ")"
	}
	return s
}
