package types

import (
	"bytes"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

// ApplyMod coerces a non-null value of t's kind to t.Mod: numeric rounding (22003), varchar and char length (22001 unless
// explicit), fractional seconds, the fields of an interval. Without a modifier the value stays as it is.
func ApplyMod(t Type, d Datum, explicit bool) (Datum, error) {
	if !t.hasMod() || d.rep == 0 {
		return d, nil
	}
	if t.Array {
		elem := t.Elem()
		return MapArray(elem, elem, d, func(e Datum) (Datum, error) { return ApplyMod(elem, e, explicit) })
	}
	switch t.Kind {
	case Varchar:
		return fitVarchar(d, t.CharLength(), explicit)
	case BPChar:
		return fitChar(d, t.CharLength(), explicit)
	case Numeric:
		p, s := t.PrecisionScale()
		v, err := numeric.FromImage(d.b).Fit(p, s)
		if err != nil {
			return Null, err
		}
		return NewDecimal(v), nil
	case Time, Timestamp, Timestamptz:
		return NewInt(datetime.RoundFraction(d.n, t.Fraction())), nil
	case Interval:
		v, err := datetime.IntervalFromImage(d.b).Restrict(intervalMask(t.Mod), t.Fraction())
		return newInterval(v), err
	}
	return d, nil
}

// intervalMask are the fields that an interval's modifier leaves; all without one.
func intervalMask(mod int32) int32 {
	if mod <= 0 {
		return intervalFull >> 16
	}
	return mod >> 16 & 0x7fff
}

// prefixLen is the length in bytes of the first n characters; len(b) if there are no more.
func prefixLen(b []byte, n int) int {
	if len(b) <= n {
		return len(b)
	}
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, w := utf8.DecodeRune(b[i:])
		i += w
	}
	return i
}

func onlyBlanks(b []byte) bool { return len(trimBlanks(b)) == 0 }

func tooLong(typ string, n int) error {
	return sqlerr.New(sqlerr.StringDataRightTruncation, "value too long for type %s(%d)", typ, n)
}

func fitVarchar(d Datum, n int, explicit bool) (Datum, error) {
	cut := prefixLen(d.b, n)
	if cut == len(d.b) {
		return d, nil
	}
	if !explicit && !onlyBlanks(d.b[cut:]) {
		return Null, tooLong("character varying", n)
	}
	return NewBytes(d.b[:cut:cut]), nil
}

// fitChar cuts or pads with blanks to n characters.
func fitChar(d Datum, n int, explicit bool) (Datum, error) {
	cut := prefixLen(d.b, n)
	if cut < len(d.b) {
		if !explicit && !onlyBlanks(d.b[cut:]) {
			return Null, tooLong("character", n)
		}
		return NewBytes(d.b[:cut:cut]), nil
	}
	missing := n - utf8.RuneCount(d.b)
	if missing == 0 {
		return d, nil
	}
	b := append(make([]byte, 0, len(d.b)+missing), d.b...)
	return NewBytes(append(b, bytes.Repeat([]byte{' '}, missing)...)), nil
}
