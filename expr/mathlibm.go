package expr

import "math"

// The functions below are those of the C library that are not correctly rounded: the same steps give the same last
// digits. (Sun's fdlibm, as in glibc; cbrt is glibc's own.)

func libmLog10(x float64) float64 {
	const (
		invLn10 = 4.34294481903251816668e-01
		log2Hi  = 3.01029995663611771306e-01
		log2Lo  = 3.69423907715893078616e-13
	)
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log10(x)
	}
	m, k := math.Frexp(x) // 0.5 <= m < 1
	m, k = m*2, k-1
	if k < 0 {
		m, k = m/2, k+1
	}
	y := float64(k)
	z := float64(y*log2Lo) + float64(invLn10*exactLog(m))
	return z + float64(y*log2Hi)
}

func libmCbrt(x float64) float64 {
	cbrt2, cbrt4 := 1.2599210498948731648, 1.5874010519681994748 // not constants: their reciprocals are rounded twice
	factor := [5]float64{1 / cbrt4, 1 / cbrt2, 1, cbrt2, cbrt4}
	if x == 0 || x != x || math.IsInf(x, 0) {
		return x
	}
	m, e := math.Frexp(math.Abs(x))
	u := 2.11499494167371287 - float64((2.44693122563534430-float64((1.83469277483613086-
		float64((0.784932344976639262-float64(0.145263899385486367*m))*m))*m))*m)
	u = 0.354895765043919860 + float64((1.50819193781584896-float64(u*m))*m)
	t := float64(u * u * u)
	y := u * (t + 2*m) / (2*t + m) * factor[2+e%3]
	return math.Copysign(math.Ldexp(y, e/3), x)
}

func libmSinh(x float64) float64 {
	h, a := math.Copysign(0.5, x), math.Abs(x)
	switch {
	case x != x || a < 0x1p-28:
		return x
	case a < 22:
		t := math.Expm1(a)
		if a < 1 {
			return h * (2*t - float64(t*t)/(t+1))
		}
		return h * (t + t/(t+1))
	case a < 709.78:
		return h * exactExp(a)
	}
	w := exactExp(0.5 * a)
	return h * w * w
}

func libmCosh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0.5*math.Ln2:
		t := math.Expm1(a)
		w := 1 + t
		return 1 + float64(t*t)/(w+w)
	case a < 22:
		t := exactExp(a)
		return float64(0.5*t) + 0.5/t
	case a < 709.78:
		return 0.5 * exactExp(a)
	}
	w := exactExp(0.5 * a)
	return 0.5 * w * w
}

func libmTanh(x float64) float64 {
	z, a := 1.0, math.Abs(x)
	switch {
	case x != x || a < 0x1p-55:
		return x
	case a >= 22:
	case a >= 1:
		z = 1 - 2/(math.Expm1(2*a)+2)
	default:
		t := math.Expm1(-2 * a)
		z = -t / (t + 2)
	}
	return math.Copysign(z, x)
}

func libmAsinh(x float64) float64 {
	a := math.Abs(x)
	var w float64
	switch {
	case x != x || a < 0x1p-28 || math.IsInf(x, 0):
		return x
	case a > 0x1p28:
		w = exactLog(a) + math.Ln2
	case a > 2:
		w = exactLog(float64(2*a) + 1/(math.Sqrt(float64(a*a)+1)+a))
	default:
		t := float64(a * a)
		w = math.Log1p(a + t/(1+math.Sqrt(1+t)))
	}
	return math.Copysign(w, x)
}

func libmAcosh(x float64) float64 {
	switch {
	case math.IsInf(x, 1):
		return x
	case x > 0x1p28:
		return exactLog(x) + math.Ln2
	case x > 2:
		return exactLog(float64(2*x) - 1/(x+math.Sqrt(float64(x*x)-1)))
	}
	t := x - 1
	return math.Log1p(t + math.Sqrt(float64(2*t)+float64(t*t)))
}

func libmAtanh(x float64) float64 {
	a := math.Abs(x)
	var t float64
	switch {
	case a < 0x1p-28:
		return x
	case a < 0.5:
		t = a + a
		t = 0.5 * math.Log1p(t+float64(t*a)/(1-a))
	case a < 1:
		t = 0.5 * math.Log1p((a+a)/(1-a))
	default:
		return math.Copysign(math.Inf(1), x)
	}
	return math.Copysign(t, x)
}
