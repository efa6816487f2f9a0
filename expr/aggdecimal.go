package expr

import (
	"encoding/binary"
	"math/big"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/numeric"
)

// decimalSums is the state of sums over numeric. The rows of each display scale are counted and summed apart: what is shown has
// the largest scale among the rows that are there, also after a row of a larger one went. Special values are counted.
//
//	1.00, 1  sum 2.00     -1.00  sum 1
//
// Encoded: the number of scales, doubled, plus 1 if special values are counted; for each scale, ascending, the scale, the
// count, the sum of coefficients and, for variances, that of their squares; then the counts of NaN, Infinity, -Infinity.
type decimalSums struct {
	scales          []scaleSum
	nan, pinf, minf int64
	room            [2]scaleSum
	squares         bool
}

type scaleSum struct {
	scale       int
	n           int64
	sum, square integer
}

func (s *decimalSums) read(b []byte, squares bool) {
	s.squares = squares
	s.scales = s.room[:0]
	if len(b) == 0 {
		return
	}
	head, k := binary.Uvarint(b)
	b = b[k:]
	for range head >> 1 {
		var e scaleSum
		scale, k := binary.Uvarint(b)
		e.scale, b = int(scale), b[k:]
		n, k := binary.Varint(b)
		e.n, b = n, b[k:]
		e.sum, b = readInteger(b)
		if squares {
			e.square, b = readInteger(b)
		}
		s.scales = append(s.scales, e)
	}
	if head&1 != 0 {
		var v [3]int64
		readVarints(b, v[:])
		s.nan, s.pinf, s.minf = v[0], v[1], v[2]
	}
}

func (s *decimalSums) write(dst []byte) []byte {
	special := s.nan != 0 || s.pinf != 0 || s.minf != 0
	head := uint64(len(s.scales)) << 1
	if special {
		head |= 1
	}
	if head == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, head)
	for i := range s.scales {
		e := &s.scales[i]
		dst = binary.AppendUvarint(dst, uint64(e.scale))
		dst = binary.AppendVarint(dst, e.n)
		dst = e.sum.append(dst)
		if s.squares {
			dst = e.square.append(dst)
		}
	}
	if special {
		dst = appendVarints(dst, s.nan, s.pinf, s.minf)
	}
	return dst
}

func (s *decimalSums) add(d numeric.Decimal, w int64) {
	switch {
	case d.IsNaN():
		s.nan += w
		return
	case d.IsInf() && d.Sign() > 0:
		s.pinf += w
		return
	case d.IsInf():
		s.minf += w
		return
	}
	coef := integer{}
	if v, ok := d.Small(); ok {
		coef = intOf(v)
	} else {
		coef = fromBig(d.Coef())
	}
	i := 0
	for i < len(s.scales) && s.scales[i].scale < d.Scale() {
		i++
	}
	if i == len(s.scales) || s.scales[i].scale != d.Scale() {
		s.scales = append(s.scales, scaleSum{})
		copy(s.scales[i+1:], s.scales[i:])
		s.scales[i] = scaleSum{scale: d.Scale()}
	}
	e := &s.scales[i]
	e.n += w
	e.sum = e.sum.add(coef.mul(w))
	if s.squares {
		e.square = e.square.add(square(coef).mul(w))
	}
	if e.n == 0 && e.sum.isZero() && e.square.isZero() {
		s.scales = append(s.scales[:i], s.scales[i+1:]...)
	}
}

func square(x integer) integer {
	if v, ok := x.int64(); ok {
		return product(v, v)
	}
	b := x.toBig()
	return fromBig(new(big.Int).Mul(b, b))
}

// count is the number of rows, special ones too.
func (s *decimalSums) count() int64 {
	n := s.nan + s.pinf + s.minf
	for i := range s.scales {
		n += s.scales[i].n
	}
	return n
}

func (s *decimalSums) finite() bool { return s.nan == 0 && s.pinf == 0 && s.minf == 0 }

// sum is the sum with the largest scale.
func (s *decimalSums) sum() numeric.Decimal {
	switch {
	case s.nan > 0 || s.pinf > 0 && s.minf > 0:
		return numeric.NaN
	case s.pinf > 0:
		return numeric.PosInf
	case s.minf > 0:
		return numeric.NegInf
	}
	c, scale := s.total()
	return c.decimal(scale)
}

// total is the coefficient of the sum of finite rows, and its scale.
func (s *decimalSums) total() (integer, int) {
	if len(s.scales) == 0 {
		return integer{}, 0
	}
	last := &s.scales[len(s.scales)-1]
	sum := last.sum
	for i := range len(s.scales) - 1 {
		e := &s.scales[i]
		sum = sum.add(fromBig(new(big.Int).Mul(e.sum.toBig(), tenTo(last.scale-e.scale))))
	}
	return sum, last.scale
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func decimalAgg(squares bool, final func(s *decimalSums) (types.Datum, error)) Agg {
	return Agg{
		Linear: true, Strict: true,
		Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
			var s decimalSums
			s.read(state, squares)
			s.add(types.DecodeDecimal(args[0]), w)
			return s.write(state[:0]), nil
		},
		StepVec: func(state []byte, args []*batch.Vec, rows []int32, w []int64) []byte {
			var s decimalSums
			s.read(state, squares)
			for _, r := range rows {
				s.add(numeric.FromImage(args[0].Bytes(int(r))), w[r])
			}
			return s.write(state[:0])
		},
		Final: finalDecimals(squares, final),
	}
}

func finalDecimals(squares bool, final func(s *decimalSums) (types.Datum, error)) func(*Ctx, []byte) (types.Datum, error) {
	return func(_ *Ctx, state []byte) (types.Datum, error) {
		var s decimalSums
		s.read(state, squares)
		if s.count() == 0 {
			return types.Null, nil
		}
		return final(&s)
	}
}

func finalDecimalSum(s *decimalSums) (types.Datum, error) {
	// Add also checks the range.
	return decimalResult(numeric.Add(s.sum(), numeric.FromInt(0)))
}

func finalDecimalAvg(s *decimalSums) (types.Datum, error) {
	return decimalResult(numeric.Div(s.sum(), numeric.FromInt(s.count())))
}

// intSquaresAgg are variances over integers: those of numeric with scale 0.
func intSquaresAgg(final func(s *decimalSums) (types.Datum, error)) Agg {
	a := decimalAgg(true, final)
	a.Step = func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
		var s decimalSums
		s.read(state, true)
		s.add(numeric.FromInt(args[0].Int()), w)
		return s.write(state[:0]), nil
	}
	a.StepVec = func(state []byte, args []*batch.Vec, rows []int32, w []int64) []byte {
		var s decimalSums
		s.read(state, true)
		for _, r := range rows {
			s.add(numeric.FromInt(args[0].Ints[r]), w[r])
		}
		return s.write(state[:0])
	}
	return a
}

// spread is which of stddev and variance, of a sample or of a population.
type spread struct{ sample, root bool }

func (v spread) decimal(s *decimalSums) (types.Datum, error) {
	n := s.count()
	if v.sample && n <= 1 {
		return types.Null, nil
	}
	if !s.finite() {
		return types.NewDecimal(numeric.NaN), nil
	}
	sum, scale := s.total()
	squares := new(big.Int)
	for i := range s.scales {
		e := &s.scales[i]
		squares.Add(squares, new(big.Int).Mul(e.square.toBig(), tenTo(2*(scale-e.scale))))
	}
	count := big.NewInt(n)
	squares.Mul(squares, count)
	b := sum.toBig()
	squares.Sub(squares, new(big.Int).Mul(b, b))
	if squares.Sign() <= 0 {
		return types.NewDecimal(numeric.FromInt(0)), nil
	}
	by := count
	if v.sample {
		by = big.NewInt(n - 1)
	}
	q, err := numeric.Div(numeric.FromBig(squares, 2*scale), numeric.FromBig(new(big.Int).Mul(count, by), 0))
	if err != nil || !v.root {
		return decimalResult(q, err)
	}
	return types.NewDecimal(rootAt(q)), nil
}

// rootAt is the square root rounded at the scale of its argument.
func rootAt(d numeric.Decimal) numeric.Decimal {
	x := new(big.Int).Mul(d.Coef(), tenTo(d.Scale()))
	r := new(big.Int).Sqrt(x)
	if x.Sub(x, new(big.Int).Mul(r, r)).Cmp(r) > 0 {
		r.Add(r, big.NewInt(1))
	}
	return numeric.FromBig(r, d.Scale())
}

func varianceDefs() []aggDef {
	var defs []aggDef
	for _, f := range []struct {
		name string
		v    spread
	}{
		{"stddev", spread{true, true}}, {"stddev_samp", spread{true, true}}, {"stddev_pop", spread{false, true}},
		{"variance", spread{true, false}}, {"var_samp", spread{true, false}}, {"var_pop", spread{false, false}},
	} {
		for _, t := range []string{"int8", "int4", "int2"} {
			defs = append(defs, aggDef{sig: f.name + "(" + t + ") numeric", agg: intSquaresAgg(f.v.decimal)})
		}
		defs = append(defs,
			aggDef{sig: f.name + "(float4) float8", agg: floatAgg(2, f.v.float)},
			aggDef{sig: f.name + "(float8) float8", agg: floatAgg(2, f.v.float)},
			aggDef{sig: f.name + "(numeric) numeric", agg: decimalAgg(true, f.v.decimal)})
	}
	return defs
}
