package expr

import "math"

// PostgreSQL computes with the C library, whose elementary functions are correctly rounded but for rare cases; Go's
// are often one unit off in the last place. These here work with twice the precision and round once.

// dd is a number as an unevaluated sum, |lo| <= ulp(hi)/2: 106 bits. (Dekker, "A floating-point technique for extending the
// available precision", 1971.)
type dd struct{ hi, lo float64 }

var (
	ddLn2    = dd{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}
	ddPi     = dd{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}
	ddHalfPi = dd{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}
)

// halfPiTail is pi/2 beyond ddHalfPi.
const halfPiTail = -0x1.f1976b7ed8fbcp-110

// The explicit conversions keep a compiler from fusing a product with a sum.

func twoSum(a, b float64) dd {
	s := a + b
	t := s - a
	return dd{s, (a - (s - t)) + (b - t)}
}

func fastSum(a, b float64) dd {
	s := a + b
	return dd{s, b - (s - a)}
}

func twoProd(a, b float64) dd {
	p := float64(a * b)
	return dd{p, math.FMA(a, b, -p)}
}

func (a dd) add(b dd) dd {
	s, t := twoSum(a.hi, b.hi), twoSum(a.lo, b.lo)
	s = fastSum(s.hi, s.lo+t.hi)
	return fastSum(s.hi, s.lo+t.lo)
}

func (a dd) neg() dd { return dd{-a.hi, -a.lo} }

func (a dd) sub(b dd) dd { return a.add(b.neg()) }

func (a dd) mul(b dd) dd {
	p := twoProd(a.hi, b.hi)
	return fastSum(p.hi, p.lo+float64(a.hi*b.lo)+float64(a.lo*b.hi))
}

func (a dd) scale(f float64) dd { // f a power of two
	return dd{a.hi * f, a.lo * f}
}

func (a dd) times(f float64) dd {
	p := twoProd(a.hi, f)
	return fastSum(p.hi, p.lo+float64(a.lo*f))
}

func (a dd) div(b dd) dd {
	q := a.hi / b.hi
	r := a.sub(b.times(q))
	q2 := r.hi / b.hi
	r = r.sub(b.times(q2))
	s := fastSum(q, q2)
	return s.add(dd{r.hi / b.hi, 0})
}

func (a dd) float() float64 { return a.hi + a.lo }

// ddSqrt is the root of a float.
func ddSqrt(f float64) dd {
	s := math.Sqrt(f)
	if s == 0 {
		return dd{}
	}
	return fastSum(s, -math.FMA(s, s, -f)/(2*s))
}

// ddExp gives m and k with e^x = (1 + m) * 2^k, |m| < 0.42, for |x| < 800.
func ddExp(x dd) (m dd, k int) {
	n := math.RoundToEven(x.hi / math.Ln2)
	r := x.sub(ddLn2.times(n))
	// The argument is halved eight times, the series of e^r - 1 summed, the halvings undone: (1+s)^2 - 1 = 2s + s^2.
	r = r.scale(1.0 / 256)
	s := r
	term := r
	for i := 2.0; i <= 10; i++ {
		term = term.mul(r).div(dd{i, 0})
		s = s.add(term)
	}
	for range 8 {
		s = s.scale(2).add(s.mul(s))
	}
	return s, int(n)
}

// ddLog is ln x, x > 0.
func ddLog(x dd) dd {
	_, k := math.Frexp(x.hi)
	m := dd{math.Ldexp(x.hi, -k), math.Ldexp(x.lo, -k)}
	if m.hi < math.Sqrt2/2 {
		m, k = m.scale(2), k-1
	}
	var y dd
	if f := m.sub(dd{1, 0}); math.Abs(f.hi) < 0.01 {
		y = ddLog1pSmall(f)
	} else {
		// A step from the float's logarithm: ln m = y0 + ln(m e^-y0).
		y0 := math.Log(m.hi)
		e, n := ddExp(dd{-y0, 0})
		e = e.add(dd{1, 0}).scale(math.Ldexp(1, n))
		t := m.mul(e).sub(dd{1, 0})
		y = dd{y0, 0}.add(t).sub(t.mul(t).scale(0.5))
	}
	return y.add(ddLn2.times(float64(k)))
}

// ddLog1pSmall is ln(1+f) for small f: 2 artanh(f / (2+f)).
func ddLog1pSmall(f dd) dd {
	z := f.div(f.add(dd{2, 0}))
	square := z.mul(z)
	s, term := z, z
	for i := 3.0; i <= 17; i += 2 {
		term = term.mul(square)
		s = s.add(term.div(dd{i, 0}))
	}
	return s.scale(2)
}

func exactExp(x float64) float64 {
	if !(x > -746 && x < 710) {
		return math.Exp(x)
	}
	m, k := ddExp(dd{x, 0})
	return math.Ldexp(m.add(dd{1, 0}).float(), k)
}

func exactLog(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log(x)
	}
	return ddLog(dd{x, 0}).float()
}

func exactPow(x, y float64) float64 {
	r := math.Pow(x, y)
	if r == 0 || r != r || math.IsInf(r, 0) && math.IsInf(x, 0) || math.IsInf(y, 0) || x == 0 || x == 1 || y == 0 {
		return r
	}
	p := ddLog(dd{math.Abs(x), 0}).times(y)
	if !(math.Abs(p.hi) < 800) {
		return r
	}
	v := 1.0
	if math.Abs(p.hi) >= 0x1p-60 {
		m, k := ddExp(p)
		v = math.Ldexp(m.add(dd{1, 0}).float(), k)
	}
	return math.Copysign(v, r)
}

// maxReduce is where the reduction by three parts of pi/2 ends being exact enough.
const maxReduce = 0x1p50

// ddSinCos is the sine and cosine of a finite float below maxReduce.
func ddSinCos(x float64) (sin, cos dd) {
	n := math.RoundToEven(x * (2 / math.Pi))
	r := dd{x, 0}.sub(twoProd(n, ddHalfPi.hi)).sub(twoProd(n, ddHalfPi.lo)).sub(dd{n * halfPiTail, 0})
	s, c := ddTaylor(r)
	switch int64(n) & 3 {
	case 1:
		return c, s.neg()
	case 2:
		return s.neg(), c.neg()
	case 3:
		return c.neg(), s
	}
	return s, c
}

// ddTaylor sums the series of sine and cosine for |r| <= pi/4.
func ddTaylor(r dd) (sin, cos dd) {
	square := r.mul(r).neg()
	sin, cos = r, dd{1, 0}
	s, c := r, dd{1, 0}
	for i := 2.0; i <= 28; i += 2 {
		c = c.mul(square).div(twoProd(i-1, i))
		s = s.mul(square).div(twoProd(i, i+1))
		cos, sin = cos.add(c), sin.add(s)
	}
	return sin, cos
}

func reducible(x float64) bool { return math.Abs(x) < maxReduce && math.Abs(x) > 0x1p-100 }

func exactSin(x float64) float64 {
	if !reducible(x) {
		return math.Sin(x)
	}
	s, _ := ddSinCos(x)
	return s.float()
}

func exactCos(x float64) float64 {
	if !reducible(x) {
		return math.Cos(x)
	}
	_, c := ddSinCos(x)
	return c.float()
}

func exactTan(x float64) float64 {
	if !reducible(x) {
		return math.Tan(x)
	}
	s, c := ddSinCos(x)
	return s.div(c).float()
}

// ddAsin is for 2^-100 < |x| < 0.8: a step from the float's arc sine.
func ddAsin(x dd) dd {
	y := math.Asin(x.hi)
	s, c := ddSinCos(y)
	return dd{y, 0}.add(x.sub(s).div(c))
}

// ddAcosHalf is acos(x) for x > 0.5: 2 asin(sqrt((1-x)/2)).
func ddAcosHalf(x float64) dd {
	r := ddSqrt((1 - x) / 2)
	if r.hi == 0 {
		return r
	}
	return ddAsin(r).scale(2)
}

func exactAsin(x float64) float64 {
	switch a := math.Abs(x); {
	case !(a <= 1) || a < 0x1p-60:
		return math.Asin(x)
	case a > 0.5:
		return math.Copysign(ddHalfPi.sub(ddAcosHalf(a)).float(), x)
	}
	return ddAsin(dd{x, 0}).float()
}

func exactAcos(x float64) float64 {
	switch {
	case !(x >= -1 && x <= 1) || math.Abs(x) < 0x1p-60:
		return math.Acos(x)
	case x > 0.5:
		return ddAcosHalf(x).float()
	case x < -0.5:
		return ddPi.sub(ddAcosHalf(-x)).float()
	}
	return ddHalfPi.sub(ddAsin(dd{x, 0})).float()
}

func exactAtan(x float64) float64 { return exactAtan2(x, 1) }

// exactAtan2 turns the point back by the float's angle and adds what is left.
func exactAtan2(y, x float64) float64 {
	r := math.Atan2(y, x)
	middling := func(f float64) bool { return math.Abs(f) < 1e140 && math.Abs(f) > 1e-140 }
	if !middling(y) || !middling(x) || !reducible(r) {
		return r
	}
	s, c := ddSinCos(r)
	rest := c.times(y).sub(s.times(x)).div(c.times(x).add(s.times(y)))
	return dd{r, 0}.add(rest).float()
}
