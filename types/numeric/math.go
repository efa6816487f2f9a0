package numeric

import (
	"math"
	"math/big"

	"github.com/streamsql/streamsql/sqlerr"
)

// The inexact functions. Each picks its result's scale by PostgreSQL's rule, computes with guard digits in fixed-point
// integers, and rounds once.

const (
	log10e = 0.434294481903252
	ln10   = 2.302585092994046
)

// clampScale limits a scale to what inexact results may have, and to at least the scales of the arguments.
func clampScale(scale int, args ...Decimal) int {
	for _, a := range args {
		scale = max(scale, int(a.scale))
	}
	return min(max(scale, 0), maxDisplayScale)
}

// leadingDigits are the first n digits of base 10000 as one number, with the decimal weight of its last digit.
func (d Decimal) leadingDigits(n int) (digits float64, weight int) {
	w, first := d.leading()
	digits, weight = float64(first), 4*w
	if n < 2 {
		return digits, weight
	}
	// What follows the first digit: cut so many decimals that n groups remain.
	cut := d.Abs().Trunc(4*(n-1) - 4*w)
	have := 4 * (n - 1)
	for g := n - 1; g > 0; g-- { // fewer groups if the number has fewer
		t := d.Abs().Trunc(4*(g-1) - 4*w)
		if Cmp(t, cut) != 0 {
			break
		}
		have -= 4
	}
	shifted, _ := new(big.Float).SetInt(cut.Coef()).Float64()
	return shifted * math.Pow(10, float64(have-4*w-int(cut.scale))), 4*w - have
}

// Sqrt is the square root with at least 16 significant digits; 2201F for a negative number.
func Sqrt(a Decimal) (Decimal, error) {
	if a.form == nan || a.form == posInf {
		return a, nil
	}
	if a.Sign() < 0 {
		return NaN, sqlerr.New(sqlerr.InvalidPowerArgument, "cannot take square root of a negative number")
	}
	w, _ := a.leading()
	scale := clampScale(minSigDigits-(w*4/2+1), a)
	// One digit more than shown decides the rounding: a root is rational or has no end.
	c := a.Coef()
	shift := 2*(scale+1) - int(a.scale)
	if shift >= 0 {
		c = new(big.Int).Mul(c, pow10(shift))
	} else {
		c = new(big.Int).Quo(c, pow10(-shift))
	}
	r := new(big.Int).Sqrt(c)
	return FromBig(quoRound(r, big.NewInt(10)), scale), nil
}

// float is d as a float64 without refusing what overflows.
func (d Decimal) float() float64 { return d.Float64() }

// Exp is e to the power of a.
func Exp(a Decimal) (Decimal, error) {
	switch a.form {
	case nan, posInf:
		return a, nil
	case negInf:
		return Decimal{}, nil
	}
	w := min(max(a.float()*log10e, -maxResultScale), maxResultScale)
	return expAt(a, clampScale(minSigDigits-int(w), a))
}

// expAt is e^a rounded at a scale; 22003 if it is too large.
func expAt(a Decimal, scale int) (Decimal, error) {
	v := a.float()
	if math.Abs(v) >= maxResultScale*3 {
		if v > 0 {
			return NaN, overflow()
		}
		return Decimal{scale: int32(scale)}, nil
	}
	// Enough digits that the whole part of the result is right too.
	prec := scale + max(int(v*log10e), 0) + 20
	return roundFixed(fixedExp(toFixed(a, prec), prec), prec, scale).checked()
}

// estimateLnWeight is PostgreSQL's estimate_ln_dweight: the decimal weight of ln(a).
func estimateLnWeight(a Decimal) int {
	if Cmp(a, New(9, 1)) >= 0 && Cmp(a, New(11, 1)) <= 0 {
		x, _ := Sub(a, FromInt(1))
		if x.Sign() == 0 {
			return 0
		}
		w, first := x.leading()
		return 4*w + int(math.Log10(float64(first)))
	}
	if a.Sign() <= 0 {
		return 0
	}
	digits, weight := a.leadingDigits(2)
	return int(math.Log10(math.Abs(math.Log(digits) + float64(weight)*ln10)))
}

func logError(a Decimal) error {
	if a.Sign() == 0 {
		return sqlerr.New(sqlerr.InvalidLogarithmArgument, "cannot take logarithm of zero")
	}
	return sqlerr.New(sqlerr.InvalidLogarithmArgument, "cannot take logarithm of a negative number")
}

// Ln is the natural logarithm; 2201E for what has none.
func Ln(a Decimal) (Decimal, error) {
	if a.form == nan || a.form == posInf {
		return a, nil
	}
	if a.Sign() <= 0 {
		return NaN, logError(a)
	}
	scale := clampScale(minSigDigits-estimateLnWeight(a), a)
	return lnAt(a, scale), nil
}

func lnAt(a Decimal, scale int) Decimal {
	prec := scale + 20
	return roundFixed(fixedLn(a, prec), prec, scale)
}

// Log is the logarithm of a to a base.
func Log(base, a Decimal) (Decimal, error) {
	if base.form == nan || a.form == nan {
		return NaN, nil
	}
	// Of two bad arguments PostgreSQL names the base's fault, but with an infinity the negative one's.
	bad := base.Sign()
	if bad > 0 || !(base.IsFinite() && a.IsFinite()) {
		bad = min(bad, a.Sign())
	}
	if bad <= 0 {
		return NaN, logError(FromInt(int64(bad)))
	}
	switch {
	case base.form == posInf && a.form == posInf:
		return NaN, nil
	case base.form == posInf:
		return Decimal{}, nil
	case a.form == posInf:
		return PosInf, nil // whatever the base
	}
	wb, wa := estimateLnWeight(base), estimateLnWeight(a)
	scale := clampScale(minSigDigits-(wa-wb), base, a)
	prec := scale + max(-wb, 0) + max(wa-wb, 0) + max(-wa, 0) + 20
	lb, la := fixedLn(base, prec), fixedLn(a, prec)
	if lb.Sign() == 0 {
		return NaN, DivisionByZero()
	}
	return FromBig(quoRound(new(big.Int).Mul(la, pow10(scale)), lb), scale), nil
}

// Power is a to the power of b.
func Power(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return powerSpecial(a, b)
	}
	if a.Sign() == 0 && b.Sign() < 0 {
		return NaN, sqlerr.New(sqlerr.InvalidPowerArgument, "zero raised to a negative power is undefined")
	}
	if b.MinScale() == 0 {
		if e, ok := b.Int64(); ok && e >= math.MinInt32 && e <= math.MaxInt32 {
			return powerInt(a, int(e), clampScale(minSigDigits, a))
		}
	}
	if a.Sign() == 0 {
		return Decimal{scale: minSigDigits}, nil
	}
	negative := false
	if a.Sign() < 0 {
		if b.MinScale() != 0 {
			return NaN, complexPower()
		}
		negative = b.Coef().Bit(0) == 1 && b.scale == 0 || b.TrimScale().Coef().Bit(0) == 1
		a = a.Neg()
	}
	lw := estimateLnWeight(a)
	rough := max(8-lw, 0) // PostgreSQL's estimate is rounded so, and the scale depends on it
	product, err := Mul(lnAt(a, rough), b)
	if err != nil {
		return NaN, err
	}
	v := product.roundTo(rough).float()
	if math.Abs(v) > maxResultScale*3.01 {
		if v > 0 {
			return NaN, overflow()
		}
		return Decimal{scale: maxDisplayScale}, nil
	}
	v *= log10e
	scale := clampScale(minSigDigits-int(v), a, b)
	prec := scale + int(math.Abs(v)) + max(lw, 0) + 20
	arg := new(big.Int).Mul(fixedLn(a, prec+b.digits()), b.Coef())
	arg = quoRound(arg, pow10(int(b.scale)+b.digits()))
	r := roundFixed(fixedExp(arg, prec), prec, scale)
	if negative {
		r = r.Neg()
	}
	return r.checked()
}

func complexPower() error {
	return sqlerr.New(sqlerr.InvalidPowerArgument,
		"a negative number raised to a non-integer power yields a complex result")
}

// powerInt is a^e, exactly where few digits suffice, rounded at scale.
func powerInt(a Decimal, e, scale int) (Decimal, error) {
	switch e {
	case 0:
		return FromInt(1).roundTo(scale), nil
	case 1:
		return a.roundTo(scale), nil
	case -1:
		return divAt(FromInt(1), a, scale).checked()
	case 2:
		p, err := Mul(a, a)
		return p.roundTo(scale), err
	}
	if a.Sign() == 0 {
		return Decimal{scale: int32(scale)}, nil
	}
	digits, weight := a.leadingDigits(4)
	f := float64(e) * (math.Log10(digits) + float64(weight))
	if f > 3*math.MaxInt16*4 {
		return NaN, overflow()
	}
	if f+1 < -float64(scale) || f+1 < -maxDisplayScale {
		return Decimal{scale: int32(scale)}, nil
	}
	if f > maxWholeDigits+1 {
		return NaN, overflow()
	}
	sig := 1 + scale + int(f) + int(math.Log(math.Abs(float64(e)))) + 8
	n := e
	if n < 0 {
		n = -n
	}
	r, x := big.NewInt(1), new(big.Int).Set(a.Coef())
	rs, xs := 0, int(a.scale) // scales, which may become negative
	for {
		if n&1 != 0 {
			r.Mul(r, x)
			rs += xs
			r, rs = trimDigits(r, rs, sig)
		}
		if n >>= 1; n == 0 {
			break
		}
		x.Mul(x, x)
		x, xs = trimDigits(x, 2*xs, sig)
	}
	if e < 0 {
		if r.Sign() == 0 {
			return NaN, overflow()
		}
		shift := scale + rs
		num, den := big.NewInt(1), r
		if shift >= 0 {
			num = pow10(shift)
		} else {
			den = new(big.Int).Mul(r, pow10(-shift))
		}
		return FromBig(quoRound(num, den), scale).checked()
	}
	return FromBig(rescale(r, rs, scale), scale).checked()
}

// trimDigits rounds a coefficient to some more than sig digits.
func trimDigits(c *big.Int, scale, sig int) (*big.Int, int) {
	have := FromBig(c, 0).digits()
	if cut := have - sig - 8; cut > 0 {
		return quoRound(c, pow10(cut)), scale - cut
	}
	return c, scale
}

// powerSpecial follows POSIX's pow, as PostgreSQL does.
func powerSpecial(a, b Decimal) (Decimal, error) {
	one := FromInt(1)
	switch {
	case a.form == nan:
		if b.form == finite && b.Sign() == 0 {
			return one, nil
		}
		return NaN, nil
	case b.form == nan:
		if Cmp(a, one) == 0 {
			return one, nil
		}
		return NaN, nil
	case a.form == finite && a.Sign() == 0 && b.Sign() < 0:
		return NaN, sqlerr.New(sqlerr.InvalidPowerArgument, "zero raised to a negative power is undefined")
	case a.Sign() < 0 && b.form == finite && b.MinScale() != 0:
		return NaN, complexPower()
	case Cmp(a, one) == 0, b.form == finite && b.Sign() == 0:
		return one, nil
	case a.form == finite && a.Sign() == 0:
		return Decimal{}, nil
	}
	if b.form != finite {
		c := Cmp(a.Abs(), one)
		switch {
		case c == 0:
			return one, nil
		case (c > 0) == (b.form == posInf):
			return PosInf, nil
		}
		return Decimal{}, nil
	}
	if b.Sign() < 0 {
		return Decimal{}, nil
	}
	if a.form == negInf && b.TrimScale().Coef().Bit(0) == 1 {
		return NegInf, nil
	}
	return PosInf, nil
}

// Factorial is n!; 22003 for negative and for too large n.
func Factorial(n int64) (Decimal, error) {
	if n < 0 {
		return NaN, sqlerr.New(sqlerr.NumericValueOutOfRange, "factorial of a negative number is undefined")
	}
	if n > 32177 {
		return NaN, overflow()
	}
	return FromBig(new(big.Int).MulRange(1, n), 0).checked()
}

// GCD and LCM of numerics have the larger scale; NaN if an argument is not finite.
func GCD(a, b Decimal) Decimal {
	if a.form != finite || b.form != finite {
		return NaN
	}
	x, y := align(a, b)
	return FromBig(new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y)), int(max(a.scale, b.scale)))
}

func LCM(a, b Decimal) (Decimal, error) {
	if a.form != finite || b.form != finite {
		return NaN, nil
	}
	scale := int(max(a.scale, b.scale))
	x, y := align(a, b)
	if x.Sign() == 0 || y.Sign() == 0 {
		return Decimal{scale: int32(scale)}, nil
	}
	g := new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y))
	l := new(big.Int).Mul(new(big.Int).Quo(x, g), y)
	return FromBig(l.Abs(l), scale).checked()
}
