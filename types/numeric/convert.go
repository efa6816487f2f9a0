package numeric

import (
	"math"
	"math/big"
	"strconv"
)

// Int64 is d rounded half away from zero; false if it does not fit or is special.
func (d Decimal) Int64() (int64, bool) {
	if d.form != finite {
		return 0, false
	}
	r := d.roundTo(0)
	return r.small, r.big == nil
}

// Float64 is the nearest float64, overflowing to an infinity; underflow to 0 is exact enough for the caller to check.
func (d Decimal) Float64() float64 {
	switch d.form {
	case nan:
		return math.NaN()
	case posInf:
		return math.Inf(1)
	case negInf:
		return math.Inf(-1)
	}
	if d.big == nil && absU(d.small) <= 1<<53 && d.scale <= 22 {
		return float64(d.small) / math.Pow10(int(d.scale)) // both exact, so correctly rounded
	}
	var buf [64]byte
	f, _ := strconv.ParseFloat(string(d.AppendText(buf[:0])), 64)
	return f
}

// FromFloat64 is the decimal that prints as PostgreSQL's float8-to-numeric cast: 15 significant digits.
func FromFloat64(f float64) Decimal { return fromFloat(f, 15) }

// FromFloat32 is the same for float4: 6 significant digits.
func FromFloat32(f float64) Decimal { return fromFloat(f, 6) }

func fromFloat(f float64, digits int) Decimal {
	switch {
	case f != f:
		return NaN
	case math.IsInf(f, 1):
		return PosInf
	case math.IsInf(f, -1):
		return NegInf
	case f == math.Trunc(f) && math.Abs(f) < 1e6:
		return Decimal{small: int64(f)}
	}
	var buf [32]byte
	// As C's %.15g: no trailing zeros.
	text := strconv.AppendFloat(buf[:0], f, 'e', digits-1, 64)
	d, err := Parse(string(trimMantissa(text)))
	if err != nil {
		return NaN
	}
	return d
}

// trimMantissa drops the trailing zeros of the digits in d.ddde+xx, so that the scale shows only digits that matter.
func trimMantissa(text []byte) []byte {
	e := len(text)
	for i, c := range text {
		if c == 'e' {
			e = i
		}
	}
	end := e
	for end > 0 && text[end-1] == '0' {
		end--
	}
	if end > 0 && text[end-1] == '.' {
		end--
	}
	return append(text[:end], text[e:]...)
}

// FromUint64 is an unsigned integer.
func FromUint64(u uint64) Decimal {
	if u <= math.MaxInt64 {
		return Decimal{small: int64(u)}
	}
	return FromBig(new(big.Int).SetUint64(u), 0)
}
