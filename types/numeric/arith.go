package numeric

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/streamsql/streamsql/sqlerr"
)

// DivisionByZero is the error of Div and Mod.
func DivisionByZero() error { return sqlerr.New(sqlerr.DivisionByZero, "division by zero") }

// Add is a + b with the larger scale.
func Add(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return addSpecial(a, b), nil
	}
	if a.big == nil && b.big == nil {
		x, y, scale, ok := alignSmall(a, b)
		if s := x + y; ok && (s > x) == (y > 0) {
			return Decimal{small: s, scale: scale}, nil
		}
	}
	x, y := align(a, b)
	return FromBig(new(big.Int).Add(x, y), int(max(a.scale, b.scale))).checked()
}

// Sub is a - b with the larger scale.
func Sub(a, b Decimal) (Decimal, error) {
	if a.form == finite && b.form == finite && a.big == nil && b.big == nil {
		x, y, scale, ok := alignSmall(a, b)
		if s := x - y; ok && (s < x) == (y > 0) {
			return Decimal{small: s, scale: scale}, nil
		}
	}
	return Add(a, b.Neg())
}

func addSpecial(a, b Decimal) Decimal {
	switch {
	case a.form == nan || b.form == nan:
		return NaN
	case a.form == finite:
		return b
	case b.form == finite || a.form == b.form:
		return a
	}
	return NaN // Inf - Inf
}

// alignSmall brings small coefficients to the larger scale, if they stay small.
func alignSmall(a, b Decimal) (x, y int64, scale int32, ok bool) {
	if a.scale == b.scale {
		return a.small, b.small, a.scale, true
	}
	if a.scale < b.scale {
		x, ok = mulPow10(a.small, int(b.scale-a.scale))
		return x, b.small, b.scale, ok
	}
	y, ok = mulPow10(b.small, int(a.scale-b.scale))
	return a.small, y, a.scale, ok
}

func mulPow10(v int64, k int) (int64, bool) {
	if k > 18 {
		return 0, v == 0
	}
	return mulSmall(v, int64(pow10u[k]))
}

func mulSmall(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(absU(a), absU(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

// Mul is a * b; the scales add up.
func Mul(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return mulSpecial(a, b), nil
	}
	scale := int(a.scale) + int(b.scale)
	if scale <= MaxScale && a.big == nil && b.big == nil {
		if p, ok := mulSmall(a.small, b.small); ok {
			return Decimal{small: p, scale: int32(scale)}, nil
		}
	}
	p := new(big.Int).Mul(a.Coef(), b.Coef())
	if scale > MaxScale {
		p, scale = rescale(p, scale, MaxScale), MaxScale
	}
	return FromBig(p, scale).checked()
}

func mulSpecial(a, b Decimal) Decimal {
	switch s := a.Sign() * b.Sign(); {
	case a.form == nan || b.form == nan || s == 0:
		return NaN
	case s > 0:
		return PosInf
	}
	return NegInf
}

// Div is a / b, rounded to PostgreSQL's scale for quotients (select_div_scale): at least 16 significant digits and no
// fewer digits after the point than either operand.
func Div(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return divSpecial(a, b)
	}
	if b.Sign() == 0 {
		return NaN, DivisionByZero()
	}
	return divAt(a, b, divScale(a, b)).checked()
}

func divSpecial(a, b Decimal) (Decimal, error) {
	switch {
	case a.form == nan || b.form == nan || a.form != finite && b.form != finite:
		return NaN, nil
	case a.form == finite: // x / Inf
		return Decimal{}, nil
	case b.Sign() == 0:
		return NaN, DivisionByZero()
	case b.Sign() < 0:
		return a.Neg(), nil
	}
	return a, nil
}

// leading gives the weight in base 10000 of the first non-zero digit of that base, and that digit; 0, 0 for zero.
func (d Decimal) leading() (weight, digit int) {
	n := d.digits()
	if n == 0 {
		return 0, 0
	}
	p := n - int(d.scale) - 1 // weight in base 10
	weight = p >> 2
	take := p - 4*weight + 1 // decimal digits of the leading digit of base 10000
	switch {
	case take >= n:
		u := d.small
		if d.big != nil {
			u = d.big.Int64()
		}
		digit = int(absU(u) * pow10u[take-n])
	case d.big == nil:
		digit = int(absU(d.small) / pow10u[n-take])
	default:
		digit = int(absU(new(big.Int).Quo(d.big, pow10(n-take)).Int64()))
	}
	return weight, digit
}

func divScale(a, b Decimal) int {
	wa, fa := a.leading()
	wb, fb := b.leading()
	w := wa - wb
	if fa <= fb {
		w--
	}
	return min(max(minSigDigits-4*w, int(a.scale), int(b.scale), 0), maxDisplayScale)
}

// divAt is a / b rounded half away from zero at the given scale; b is not 0.
func divAt(a, b Decimal, scale int) Decimal {
	shift := scale + int(b.scale) - int(a.scale)
	if a.big == nil && b.big == nil && shift >= 0 && shift < len(pow10u) {
		hi, lo := bits.Mul64(absU(a.small), pow10u[shift])
		if d := absU(b.small); hi < d {
			q, r := bits.Div64(hi, lo, d)
			if r >= d-r {
				q++
			}
			if q <= math.MaxInt64 {
				v := int64(q)
				if (a.small < 0) != (b.small < 0) {
					v = -v
				}
				return Decimal{small: v, scale: int32(scale)}
			}
		}
	}
	x, y := a.Coef(), b.Coef()
	if shift >= 0 {
		x = new(big.Int).Mul(x, pow10(shift))
	} else {
		y = new(big.Int).Mul(y, pow10(-shift))
	}
	return FromBig(quoRound(x, y), scale)
}

// quoRound is x / y rounded half away from zero.
func quoRound(x, y *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(x, y, new(big.Int))
	if r.Sign() == 0 {
		return q
	}
	if r.Lsh(r, 1).CmpAbs(y) >= 0 {
		one := big.NewInt(1)
		if x.Sign()*y.Sign() < 0 {
			return q.Sub(q, one)
		}
		return q.Add(q, one)
	}
	return q
}

// DivTrunc is SQL's div(a, b): the quotient truncated toward zero, scale 0.
func DivTrunc(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return divSpecial(a, b)
	}
	if b.Sign() == 0 {
		return NaN, DivisionByZero()
	}
	if a.big == nil && b.big == nil {
		if x, y, _, ok := alignSmall(a, b); ok && y != -1 {
			return Decimal{small: x / y}, nil
		}
	}
	x, y := align(a, b)
	return FromBig(new(big.Int).Quo(x, y), 0).checked()
}

// Mod is a - b*trunc(a/b), with the sign of a and the larger scale.
func Mod(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		switch {
		case a.form == nan || b.form == nan:
			return NaN, nil
		case b.form == finite && b.Sign() == 0:
			return NaN, DivisionByZero()
		case a.form != finite:
			return NaN, nil
		}
		return a, nil // x % Inf
	}
	if b.Sign() == 0 {
		return NaN, DivisionByZero()
	}
	if a.big == nil && b.big == nil {
		if x, y, scale, ok := alignSmall(a, b); ok {
			if y == -1 {
				return Decimal{scale: scale}, nil
			}
			return Decimal{small: x % y, scale: scale}, nil
		}
	}
	x, y := align(a, b)
	return FromBig(new(big.Int).Rem(x, y), int(max(a.scale, b.scale))), nil
}
