// Package numeric is PostgreSQL's numeric: exact decimal numbers that remember how many digits they show after the
// point, with NaN and the infinities, and PostgreSQL's rules for the scale of every result.
//
// A number whose coefficient fits an int64, which is nearly every number that occurs, is computed without allocation;
// the rest goes through math/big. Layers: decimal.go the value, image.go its bytes, text.go and binary.go the wire
// forms, arith.go the four operations, round.go scales, math.go roots and logarithms.
package numeric

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/streamsql/streamsql/sqlerr"
)

// PostgreSQL's limits, in decimal digits.
const (
	MaxPrecision    = 1000   // of a type modifier
	MaxScale        = 16383  // digits that a value may show after the point
	maxWholeDigits  = 131072 // digits that a value may have before the point
	minSigDigits    = 16     // significant digits that inexact results have at least
	maxDisplayScale = 1000   // scale that inexact results have at most
	maxResultScale  = 2000
)

type form uint8

const (
	finite form = iota
	nan
	posInf
	negInf
)

// Decimal is an immutable number: coefficient / 10^scale, or one of three special values. The zero Decimal is 0.
type Decimal struct {
	form  form
	scale int32
	small int64    // the coefficient, if big is nil
	big   *big.Int // only where the coefficient does not fit an int64
}

// The special values, ordered as -Inf < finite < +Inf < NaN; NaN equals itself.
var (
	NaN    = Decimal{form: nan}
	PosInf = Decimal{form: posInf}
	NegInf = Decimal{form: negInf}
)

// New is coef / 10^scale, scale >= 0.
func New(coef int64, scale int) Decimal { return Decimal{small: coef, scale: int32(scale)} }

// FromInt is an integer with no digits after the point.
func FromInt(v int64) Decimal { return Decimal{small: v} }

// FromBig is coef / 10^scale; coef must not be changed afterwards.
func FromBig(coef *big.Int, scale int) Decimal {
	if coef.IsInt64() {
		return Decimal{small: coef.Int64(), scale: int32(scale)}
	}
	return Decimal{big: coef, scale: int32(scale)}
}

// IsNaN, IsInf and IsFinite tell the forms apart; an infinity is of either sign.
func (d Decimal) IsNaN() bool    { return d.form == nan }
func (d Decimal) IsInf() bool    { return d.form == posInf || d.form == negInf }
func (d Decimal) IsFinite() bool { return d.form == finite }

// Scale is the number of digits shown after the point; 0 for special values.
func (d Decimal) Scale() int { return int(d.scale) }

// Sign is -1, 0 or 1; 0 for NaN.
func (d Decimal) Sign() int {
	switch d.form {
	case nan:
		return 0
	case posInf:
		return 1
	case negInf:
		return -1
	}
	if d.big != nil {
		return d.big.Sign()
	}
	switch {
	case d.small > 0:
		return 1
	case d.small < 0:
		return -1
	}
	return 0
}

// Coef is the coefficient of a finite number; the caller owns it only if it does not change it.
func (d Decimal) Coef() *big.Int {
	if d.big != nil {
		return d.big
	}
	return big.NewInt(d.small)
}

// Small is the coefficient if the number is finite and the coefficient fits.
func (d Decimal) Small() (int64, bool) { return d.small, d.form == finite && d.big == nil }

// Neg is -d.
func (d Decimal) Neg() Decimal {
	switch {
	case d.form == posInf:
		return NegInf
	case d.form == negInf:
		return PosInf
	case d.form == nan:
		return d
	case d.big != nil:
		return FromBig(new(big.Int).Neg(d.big), int(d.scale))
	case d.small == math.MinInt64:
		return FromBig(new(big.Int).Neg(big.NewInt(d.small)), int(d.scale))
	}
	d.small = -d.small
	return d
}

// Abs is |d|.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// rank orders the forms.
func (d Decimal) rank() int {
	return [...]int{finite: 1, nan: 3, posInf: 2, negInf: 0}[d.form]
}

// Cmp orders two numbers by value, whatever their scales.
func Cmp(a, b Decimal) int {
	if a.form != finite || b.form != finite {
		return a.rank() - b.rank()
	}
	if a.big == nil && b.big == nil {
		if a.scale == b.scale {
			return cmpInt(a.small, b.small)
		}
		if c, ok := cmpScaled(a, b); ok {
			return c
		}
	}
	if sa, sb := a.Sign(), b.Sign(); sa != sb {
		return cmpInt(int64(sa), int64(sb))
	}
	x, y := align(a, b)
	return x.Cmp(y)
}

// cmpScaled compares small coefficients of different scales in 128 bits.
func cmpScaled(a, b Decimal) (int, bool) {
	sa, sb := a.Sign(), b.Sign()
	if sa != sb || sa == 0 {
		return cmpInt(int64(sa), int64(sb)), true
	}
	swap := a.scale > b.scale
	if swap {
		a, b = b, a
	}
	k := int(b.scale - a.scale)
	if k > 19 {
		return 0, false
	}
	hi, lo := bits.Mul64(absU(a.small), pow10u[k])
	c := 0
	if hi != 0 || lo > absU(b.small) {
		c = 1
	} else if lo < absU(b.small) {
		c = -1
	}
	if sa < 0 {
		c = -c
	}
	if swap {
		c = -c
	}
	return c, true
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func absU(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// align gives the coefficients at the larger of two scales.
func align(a, b Decimal) (x, y *big.Int) {
	x, y = a.Coef(), b.Coef()
	if a.scale < b.scale {
		x = new(big.Int).Mul(x, pow10(int(b.scale-a.scale)))
	} else if b.scale < a.scale {
		y = new(big.Int).Mul(y, pow10(int(a.scale-b.scale)))
	}
	return x, y
}

// pow10u are the powers of ten that fit a uint64.
var pow10u = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19}

// pow10 is 10^n, n >= 0.
func pow10(n int) *big.Int {
	if n < len(pow10u) {
		return new(big.Int).SetUint64(pow10u[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// digits is the number of decimal digits of a finite number's coefficient; 0 for zero.
func (d Decimal) digits() int {
	if d.big == nil {
		return digitsU(absU(d.small))
	}
	// log10(2) bounds the count to one of two.
	n := int(float64(d.big.BitLen()-1)*math.Log10(2)) + 1
	if d.big.CmpAbs(pow10(n)) >= 0 {
		return n + 1
	}
	if n > 0 && d.big.CmpAbs(pow10(n-1)) < 0 {
		return n - 1
	}
	return n
}

func digitsU(u uint64) int {
	n := bits.Len64(u) * 1233 >> 12
	if n < 20 && u >= pow10u[n] {
		n++
	}
	return n
}

// overflow is the error for what no numeric can hold.
func overflow() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value overflows numeric format")
}

// checked refuses numbers beyond PostgreSQL's limits.
func (d Decimal) checked() (Decimal, error) {
	if d.big == nil || d.digits()-int(d.scale) <= maxWholeDigits {
		return d, nil
	}
	return NaN, overflow()
}
