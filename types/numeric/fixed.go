package numeric

import "math/big"

// Fixed-point numbers: an integer counts units of 10^-prec. The functions are right to a few units.

// toFixed is d in fixed point.
func toFixed(d Decimal, prec int) *big.Int { return rescale(d.Coef(), int(d.scale), prec) }

// roundFixed is a fixed-point number rounded at a scale.
func roundFixed(x *big.Int, prec, scale int) Decimal { return FromBig(rescale(x, prec, scale), scale) }

// fixedExp is e^x: x is halved until small, the Taylor series summed, the result squared back.
func fixedExp(x *big.Int, prec int) *big.Int {
	halvings := 8
	if b := x.BitLen() - pow10(prec).BitLen(); b > 0 {
		halvings += b
	}
	// Each squaring loses about a bit; a result below one keeps its digits by working with 1/e^|x|.
	negative := x.Sign() < 0
	work := prec + halvings/3 + 10
	if negative {
		work = prec + 10 + halvings/3
	}
	one := pow10(work)
	r := new(big.Int).Abs(x)
	r.Mul(r, pow10(work-prec))
	r.Rsh(r, uint(halvings))
	sum, term := new(big.Int).Set(one), new(big.Int).Set(one)
	for k := int64(1); term.Sign() != 0; k++ {
		term.Mul(term, r)
		term.Quo(term, one)
		term.Quo(term, big.NewInt(k))
		sum.Add(sum, term)
	}
	for ; halvings > 0; halvings-- {
		sum.Mul(sum, sum)
		sum.Quo(sum, one)
	}
	if negative {
		sum = new(big.Int).Quo(new(big.Int).Mul(one, one), sum)
	}
	return quoRound(sum, pow10(work-prec))
}

// fixedLn is ln(a), a > 0: a is brought near 1 by a power of ten and square roots, then
// ln(y) = 2 artanh((y-1)/(y+1)) is summed.
func fixedLn(a Decimal, prec int) *big.Int {
	const roots = 6
	exp := a.digits() - int(a.scale) // a = m * 10^exp, 0.1 <= m < 1
	// A number near 1 loses the digits that cancel against the exponent's logarithm.
	if Cmp(a, New(5, 1)) >= 0 && Cmp(a, FromInt(2)) <= 0 {
		exp = 0
	}
	work := prec + 20
	one := pow10(work)
	m := rescale(a.Coef(), int(a.scale)+exp, work)
	for range roots {
		m.Mul(m, one)
		m.Sqrt(m)
	}
	r := artanh(m, one)
	r.Lsh(r, roots)
	if exp != 0 {
		r.Add(r, new(big.Int).Mul(fixedLn10(work), big.NewInt(int64(exp))))
	}
	return quoRound(r, pow10(work-prec))
}

// artanh is 2 artanh((y-1)/(y+1)) = ln y.
func artanh(y, one *big.Int) *big.Int {
	z := new(big.Int).Sub(y, one)
	z.Mul(z, one)
	z.Quo(z, new(big.Int).Add(y, one))
	square := new(big.Int).Mul(z, z)
	square.Quo(square, one)
	sum, term := new(big.Int).Set(z), z
	for k := int64(3); ; k += 2 {
		term = new(big.Int).Mul(term, square)
		term.Quo(term, one)
		if term.Sign() == 0 {
			break
		}
		sum.Add(sum, new(big.Int).Quo(term, big.NewInt(k)))
	}
	return sum.Lsh(sum, 1)
}

// fixedLn10 is ln 10 = 3 ln 2 + ln 1.25, both by artanh.
func fixedLn10(prec int) *big.Int {
	work := prec + 5
	one := pow10(work)
	two := new(big.Int).Lsh(one, 1)
	r := artanh(two, one)
	r.Mul(r, big.NewInt(3))
	quarter := new(big.Int).Quo(new(big.Int).Mul(one, big.NewInt(5)), big.NewInt(4))
	r.Add(r, artanh(quarter, one))
	return quoRound(r, pow10(work-prec))
}
