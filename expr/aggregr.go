package expr

import (
	"encoding/binary"
	"math"

	"github.com/streamsql/streamsql/types"
)

// pairSums is the state of the regression aggregates, over pairs (y, x): how many, the exact sums of y, x, y^2, x^2 and xy
// over those that are finite, and counts of the special values, which decide what the others are worth.
type pairSums struct {
	n    int64
	spec [7]int64 // NaN, Infinity, -Infinity of y, then of x; pairs in which either is special
	sums [5]exactSum
}

const (
	sumY = iota
	sumX
	sumYY
	sumXX
	sumXY
)

const specPairs = 6

func readPairs(b []byte) (s pairSums) {
	if len(b) == 0 {
		return s
	}
	var special bool
	s.n, special, b = readHead(b)
	if special {
		for i := range s.spec {
			v, k := binary.Varint(b)
			s.spec[i], b = v, b[k:]
		}
	}
	for i := range s.sums {
		s.sums[i], b = readExact(b)
	}
	return s
}

func (s *pairSums) write(dst []byte) []byte {
	special, zero := s.spec != [7]int64{}, s.n == 0
	for i := range s.sums {
		s.sums[i].normal()
		zero = zero && s.sums[i].m.isZero()
	}
	if zero && !special {
		return dst
	}
	dst = appendHead(dst, s.n, special)
	if special {
		dst = appendVarints(dst, s.spec[:]...)
	}
	for i := range s.sums {
		dst = s.sums[i].append(dst)
	}
	return dst
}

// specialOf is 0 for a finite number, else 1, 2, 3 for NaN, Infinity, -Infinity.
func specialOf(f float64) int {
	switch {
	case f != f:
		return 1
	case f > math.MaxFloat64:
		return 2
	case f < -math.MaxFloat64:
		return 3
	}
	return 0
}

func (s *pairSums) add(y, x float64, w int64) {
	s.n += w
	ky, kx := specialOf(y), specialOf(x)
	if ky > 0 {
		s.spec[ky-1] += w
	}
	if kx > 0 {
		s.spec[3+kx-1] += w
	}
	if ky > 0 || kx > 0 {
		s.spec[specPairs] += w
	}
	my, ey := split(y)
	mx, ex := split(x)
	if ky == 0 {
		s.sums[sumY].add(product(my, w), ey)
		s.sums[sumYY].add(product(my, my).mul(w), 2*ey)
	}
	if kx == 0 {
		s.sums[sumX].add(product(mx, w), ex)
		s.sums[sumXX].add(product(mx, mx).mul(w), 2*ex)
	}
	if ky == 0 && kx == 0 {
		s.sums[sumXY].add(product(my, mx).mul(w), ex+ey)
	}
}

// total is the sum of y or x.
func (s *pairSums) total(i int) float64 {
	c := s.spec[3*i : 3*i+3]
	f := floatSums{nan: c[0], pinf: c[1], minf: c[2]}
	if !f.finite() {
		return f.special()
	}
	return s.sums[i].float()
}

// moments are Syy, Sxx and Sxy: NaN where a special value takes part.
func (s *pairSums) moments() (yy, xx, xy float64) {
	yy, xx, xy = math.NaN(), math.NaN(), math.NaN()
	if s.spec[0]|s.spec[1]|s.spec[2] == 0 {
		yy = moment(s.n, s.sums[sumY], s.sums[sumY], s.sums[sumYY])
	}
	if s.spec[3]|s.spec[4]|s.spec[5] == 0 {
		xx = moment(s.n, s.sums[sumX], s.sums[sumX], s.sums[sumXX])
	}
	if s.spec[specPairs] == 0 {
		xy = moment(s.n, s.sums[sumY], s.sums[sumX], s.sums[sumXY])
	}
	return yy, xx, xy
}

// overflowed tells whether finite values led to infinite sums, which PostgreSQL refuses.
func (s *pairSums) overflowed(fs ...float64) bool {
	for _, f := range fs {
		if math.IsInf(f, 0) {
			return true
		}
	}
	ofY, ofX := s.spec[0]|s.spec[1]|s.spec[2] == 0, s.spec[3]|s.spec[4]|s.spec[5] == 0
	return ofY && math.IsInf(s.total(sumY), 0) || ofX && math.IsInf(s.total(sumX), 0)
}

func regressionDefs() []aggDef {
	var defs []aggDef
	for _, f := range []struct {
		name  string
		least int64 // pairs, else NULL
		final func(n, y, x, yy, xx, xy float64) (f float64, ok bool)
	}{
		{"regr_sxx", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) { return xx, true }},
		{"regr_syy", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) { return yy, true }},
		{"regr_sxy", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) { return xy, true }},
		{"regr_avgx", 1, nil},
		{"regr_avgy", 1, nil},
		{"regr_r2", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) {
			switch {
			case xx == 0:
				return 0, false
			case yy == 0:
				return 1, true
			}
			return (xy * xy) / (xx * yy), true
		}},
		{"regr_slope", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) {
			if xx == 0 {
				return 0, false
			}
			return xy / xx, true
		}},
		{"regr_intercept", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) {
			if xx == 0 {
				return 0, false
			}
			return (y - x*xy/xx) / n, true
		}},
		{"covar_pop", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) { return xy / n, true }},
		{"covar_samp", 2, func(n, y, x, yy, xx, xy float64) (float64, bool) { return xy / (n - 1), true }},
		{"corr", 1, func(n, y, x, yy, xx, xy float64) (float64, bool) {
			if xx == 0 || yy == 0 {
				return 0, false
			}
			return xy / math.Sqrt(xx*yy), true
		}},
	} {
		a := Agg{Linear: true, Strict: true,
			Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
				s := readPairs(state)
				s.add(args[0].Float(), args[1].Float(), w)
				return s.write(state[:0]), nil
			},
			Final: func(_ *Ctx, state []byte) (types.Datum, error) {
				s := readPairs(state)
				if s.n < f.least {
					return types.Null, nil
				}
				yy, xx, xy := s.moments()
				if s.overflowed(yy, xx, xy) {
					return types.Null, floatOverflow()
				}
				n, y, x := float64(s.n), s.total(sumY), s.total(sumX)
				switch f.name {
				case "regr_avgx":
					return types.NewFloat(x / n), nil
				case "regr_avgy":
					return types.NewFloat(y / n), nil
				}
				r, ok := f.final(n, y, x, yy, xx, xy)
				if !ok {
					return types.Null, nil
				}
				return types.NewFloat(r), nil
			}}
		defs = append(defs, aggDef{sig: f.name + "(float8,float8) float8", agg: a})
	}
	return defs
}
