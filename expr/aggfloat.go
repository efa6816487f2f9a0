package expr

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// exactSum is a sum of floats or of products of floats without rounding: m * 2^e, m odd or 0. Sums of like numbers stay within
// the 128 bits of an integer; others grow as needed.
type exactSum struct {
	m integer
	e int
}

// split is f = m * 2^e with m odd; f is finite.
func split(f float64) (m int64, e int) {
	b := math.Float64bits(f)
	m = int64(b & (1<<52 - 1))
	e = int(b >> 52 & 0x7FF)
	if e == 0 {
		if m == 0 {
			return 0, 0
		}
		e = 1
	} else {
		m |= 1 << 52
	}
	n := bits.TrailingZeros64(uint64(m))
	m >>= n
	if b>>63 != 0 {
		m = -m
	}
	return m, e - 1075 + n
}

func (x *exactSum) add(m integer, e int) {
	switch {
	case m.isZero():
		return
	case x.m.isZero():
		x.m, x.e = m, e
	case e < x.e:
		x.m, x.e = x.m.lsh(uint(x.e-e)).add(m), e
	default:
		x.m = x.m.add(m.lsh(uint(e - x.e)))
	}
}

// normal makes m odd: equal sums look alike.
func (x *exactSum) normal() {
	m, n := x.m.odd()
	x.m, x.e = m, x.e+n
	if m.isZero() {
		x.e = 0
	}
}

func (x *exactSum) append(dst []byte) []byte { return x.m.append(binary.AppendVarint(dst, int64(x.e))) }

func readExact(b []byte) (x exactSum, rest []byte) {
	e, k := binary.Varint(b)
	x.e = int(e)
	x.m, rest = readInteger(b[k:])
	return x, rest
}

// float is the nearest float8, infinite beyond the range.
func (x exactSum) float() float64 {
	if x.m.big != nil {
		f, _ := x.bigFloat().Float64()
		return f
	}
	hi, lo := uint64(x.m.hi), x.m.lo
	if x.m.hi < 0 {
		var c uint64
		lo, c = bits.Add64(^lo, 1, 0)
		hi = ^hi + c
	}
	e := x.e
	if hi != 0 { // the upper 64 bits, the last of which tells whether more follow: rounding needs no more
		n := bits.Len64(hi)
		rest := lo << (64 - n)
		lo = hi<<(64-n) | lo>>n
		if rest != 0 {
			lo |= 1
		}
		e += n
	}
	// Below the normal range nothing is rounded: a sum of floats is a multiple of the smallest one.
	f := math.Ldexp(float64(lo), e)
	if x.m.hi < 0 {
		return -f
	}
	return f
}

func (x exactSum) bigFloat() *big.Float {
	b := x.m.toBig()
	f := new(big.Float).SetPrec(uint(max(64, b.BitLen()))).SetInt(b)
	return f.SetMantExp(f, x.e)
}

// floatSums is the state of aggregates over a float: the count, the exact sum and, for variances, that of the squares. NaN, the
// infinities and -0 are counted apart.
type floatSums struct {
	n                        int64
	nan, pinf, minf, negZero int64
	sum, square              exactSum
}

func (s *floatSums) read(b []byte, powers int) {
	if len(b) == 0 {
		return
	}
	var special bool
	s.n, special, b = readHead(b)
	if special {
		for _, p := range [...]*int64{&s.nan, &s.pinf, &s.minf, &s.negZero} {
			v, k := binary.Varint(b)
			*p, b = v, b[k:]
		}
	}
	s.sum, b = readExact(b)
	if powers > 1 {
		s.square, _ = readExact(b)
	}
}

// A head is a count and whether special values are counted.
func readHead(b []byte) (n int64, special bool, rest []byte) {
	h, k := binary.Varint(b)
	return h >> 1, h&1 != 0, b[k:]
}

func appendHead(dst []byte, n int64, special bool) []byte {
	h := n << 1
	if special {
		h |= 1
	}
	return binary.AppendVarint(dst, h)
}

func (s *floatSums) write(dst []byte, powers int) []byte {
	s.sum.normal()
	s.square.normal()
	special := s.nan|s.pinf|s.minf|s.negZero != 0
	if s.n == 0 && !special && s.sum.m.isZero() && s.square.m.isZero() {
		return dst
	}
	dst = appendHead(dst, s.n, special)
	if special {
		dst = appendVarints(dst, s.nan, s.pinf, s.minf, s.negZero)
	}
	dst = s.sum.append(dst)
	if powers > 1 {
		dst = s.square.append(dst)
	}
	return dst
}

func (s *floatSums) add(f float64, powers int, w int64) {
	s.n += w
	switch {
	case f != f:
		s.nan += w
	case f > math.MaxFloat64:
		s.pinf += w
	case f < -math.MaxFloat64:
		s.minf += w
	case f == 0:
		if math.Signbit(f) {
			s.negZero += w
		}
	default:
		m, e := split(f)
		s.sum.add(product(m, w), e)
		if powers > 1 {
			s.square.add(product(m, m).mul(w), 2*e)
		}
	}
}

func (s *floatSums) finite() bool { return s.nan == 0 && s.pinf == 0 && s.minf == 0 }

// special is the sum where NaN or an infinity takes part.
func (s *floatSums) special() float64 {
	switch {
	case s.nan > 0 || s.pinf > 0 && s.minf > 0:
		return math.NaN()
	case s.pinf > 0:
		return math.Inf(1)
	}
	return math.Inf(-1)
}

// floatAgg is an aggregate from the sums of the first powers of its argument.
func floatAgg(powers int, final func(s *floatSums) (types.Datum, error)) Agg {
	return Agg{
		Linear: true, Strict: true,
		Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
			var s floatSums
			s.read(state, powers)
			s.add(args[0].Float(), powers, w)
			return s.write(state[:0], powers), nil
		},
		StepVec: func(state []byte, args []*batch.Vec, rows []int32, w []int64) []byte {
			var s floatSums
			s.read(state, powers)
			v := args[0].Floats
			for _, r := range rows {
				s.add(v[r], powers, w[r])
			}
			return s.write(state[:0], powers)
		},
		Final: func(_ *Ctx, state []byte) (types.Datum, error) {
			var s floatSums
			s.read(state, powers)
			if s.n == 0 {
				return types.Null, nil
			}
			return final(&s)
		},
	}
}

// floatResult refuses what left the range.
func floatResult(f float64) (types.Datum, error) {
	if math.IsInf(f, 0) {
		return types.Null, floatOverflow()
	}
	return types.NewFloat(f), nil
}

func finalFloatSum(s *floatSums) (types.Datum, error) {
	switch {
	case !s.finite():
		return types.NewFloat(s.special()), nil
	case s.n == s.negZero:
		return types.NewFloat(math.Copysign(0, -1)), nil
	}
	return floatResult(s.sum.float())
}

func finalFloat4Sum(s *floatSums) (types.Datum, error) {
	if !s.finite() || s.n == s.negZero {
		return finalFloatSum(s)
	}
	f, _ := s.sum.bigFloat().Float32()
	return floatResult(float64(f))
}

func finalFloatAvg(s *floatSums) (types.Datum, error) {
	if !s.finite() {
		return types.NewFloat(s.special()), nil
	}
	d, err := floatResult(s.sum.float())
	if err != nil {
		return d, err
	}
	return types.NewFloat(d.Float() / float64(s.n)), nil
}

// moment is the sum of (x - mean x)(y - mean y), from the sums of x, y and x*y: (n * sum xy - sum x * sum y) / n.
func moment(n int64, x, y, xy exactSum) float64 {
	a := new(big.Int).Mul(xy.m.toBig(), big.NewInt(n))
	b := new(big.Int).Mul(x.m.toBig(), y.m.toBig())
	ea, eb := xy.e, x.e+y.e
	if ea > eb {
		a.Lsh(a, uint(ea-eb))
		ea = eb
	} else {
		b.Lsh(b, uint(eb-ea))
	}
	a.Sub(a, b)
	if a.Sign() == 0 {
		return 0
	}
	q := new(big.Float).SetPrec(256).SetInt(a)
	q.Quo(q, new(big.Float).SetPrec(256).SetInt64(n))
	f, _ := q.SetMantExp(q, ea).Float64()
	return f
}

func (v spread) float(s *floatSums) (types.Datum, error) {
	if v.sample && s.n <= 1 {
		return types.Null, nil
	}
	if !s.finite() {
		return types.NewFloat(math.NaN()), nil
	}
	by := s.n
	if v.sample {
		by--
	}
	f := moment(s.n, s.sum, s.sum, s.square) / float64(by)
	if v.root {
		f = math.Sqrt(f)
	}
	return floatResult(f)
}
