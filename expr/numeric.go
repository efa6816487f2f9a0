package expr

import (
	"math/big"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/numeric"
)

// Decimal's functions as rows, by their arguments.

func numericRow1(f func(numeric.Decimal) numeric.Decimal) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewDecimal(f(types.DecodeDecimal(a[0]))), nil
	}
}

func numericTry1(f func(numeric.Decimal) (numeric.Decimal, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return decimalOr(f(types.DecodeDecimal(a[0])))
	}
}

func numericTry2(f func(a, b numeric.Decimal) (numeric.Decimal, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return decimalOr(f(types.DecodeDecimal(a[0]), types.DecodeDecimal(a[1])))
	}
}

// numericInt is a function of a numeric and an int4.
func numericInt(f func(d numeric.Decimal, n int) numeric.Decimal) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewDecimal(f(types.DecodeDecimal(a[0]), int(a[1].Int()))), nil
	}
}

func decimalOr(d numeric.Decimal, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return types.NewDecimal(d), nil
}

func numericDefs() []def {
	negate, abs := numericRow1(numeric.Decimal.Neg), numericRow1(numeric.Decimal.Abs)
	ceil := numericRow1(numeric.Decimal.Ceil)
	power, mod := numericTry2(numeric.Power), numericTry2(numeric.Mod)
	log10 := func(d numeric.Decimal) (numeric.Decimal, error) { return numeric.Log(numeric.FromInt(10), d) }
	step := func(by int64) rowFunc {
		return numericTry1(func(d numeric.Decimal) (numeric.Decimal, error) { return numeric.Add(d, numeric.FromInt(by)) })
	}
	return []def{
		{sig: "+(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.Add), vec: numericVec(numeric.Add)},
		{sig: "-(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.Sub), vec: numericVec(numeric.Sub)},
		{sig: "*(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.Mul), vec: numericVec(numeric.Mul)},
		{sig: "/(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.Div), vec: numericVec(numeric.Div)},
		{sig: "%(numeric,numeric) numeric", flags: canFail, row: mod, vec: numericVec(numeric.Mod)},
		{sig: "mod(numeric,numeric) numeric", flags: canFail, row: mod, vec: numericVec(numeric.Mod)},
		{sig: "^(numeric,numeric) numeric", flags: canFail, row: power},
		{sig: "power(numeric,numeric) numeric", flags: canFail, row: power},
		{sig: "pow(numeric,numeric) numeric", flags: canFail, row: power},
		{sig: "-(numeric) numeric", row: negate},
		{sig: "+(numeric) numeric", row: identityRow},
		{sig: "@(numeric) numeric", row: abs},
		{sig: "abs(numeric) numeric", row: abs},
		{sig: "sign(numeric) numeric", row: numericRow1(numericSign)},
		{sig: "ceil(numeric) numeric", row: ceil},
		{sig: "ceiling(numeric) numeric", row: ceil},
		{sig: "floor(numeric) numeric", row: numericRow1(numeric.Decimal.Floor)},
		{sig: "round(numeric) numeric", row: numericRow1(func(d numeric.Decimal) numeric.Decimal { return d.Round(0) })},
		{sig: "round(numeric,int4) numeric", row: numericInt(numeric.Decimal.Round)},
		{sig: "trunc(numeric) numeric", row: numericRow1(func(d numeric.Decimal) numeric.Decimal { return d.Trunc(0) })},
		{sig: "trunc(numeric,int4) numeric", row: numericInt(numeric.Decimal.Trunc)},
		{sig: "div(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.DivTrunc)},
		{sig: "sqrt(numeric) numeric", flags: canFail, row: numericTry1(numeric.Sqrt)},
		{sig: "exp(numeric) numeric", flags: canFail, row: numericTry1(numeric.Exp)},
		{sig: "ln(numeric) numeric", flags: canFail, row: numericTry1(numeric.Ln)},
		{sig: "log(numeric) numeric", flags: canFail, row: numericTry1(log10)},
		{sig: "log10(numeric) numeric", flags: canFail, row: numericTry1(log10)},
		{sig: "log(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.Log)},
		{sig: "gcd(numeric,numeric) numeric", row: numericTry2(func(a, b numeric.Decimal) (numeric.Decimal, error) {
			return numeric.GCD(a, b), nil
		})},
		{sig: "lcm(numeric,numeric) numeric", flags: canFail, row: numericTry2(numeric.LCM)},
		{sig: "numeric_inc(numeric) numeric", flags: canFail, row: step(1)},
		{sig: "factorial(int8) numeric", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return decimalOr(numeric.Factorial(a[0].Int()))
		}},
		{sig: "scale(numeric) int4", row: finiteScale(numeric.Decimal.Scale)},
		{sig: "min_scale(numeric) int4", row: finiteScale(numeric.Decimal.MinScale)},
		{sig: "trim_scale(numeric) numeric", row: numericRow1(numeric.Decimal.TrimScale)},
		{sig: "width_bucket(numeric,numeric,numeric,int4) int4", flags: canFail, row: numericBucketRow},
	}
}

func numericSign(d numeric.Decimal) numeric.Decimal {
	if d.IsNaN() {
		return d
	}
	return numeric.FromInt(int64(d.Sign()))
}

// finiteScale: the special values have no scale, NULL.
func finiteScale(f func(numeric.Decimal) int) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		d := types.DecodeDecimal(a[0])
		if !d.IsFinite() {
			return types.Null, nil
		}
		return types.NewInt(int64(f(d))), nil
	}
}

func bucketError(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidBucketArgument, format, args...)
}

func numericBucketRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, lo, hi := types.DecodeDecimal(a[0]), types.DecodeDecimal(a[1]), types.DecodeDecimal(a[2])
	count := a[3].Int()
	switch {
	case count <= 0:
		return types.Null, bucketError("count must be greater than zero")
	case v.IsNaN() || lo.IsNaN() || hi.IsNaN():
		return types.Null, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case lo.IsInf() || hi.IsInf():
		return types.Null, bucketError("lower and upper bounds must be finite")
	}
	order := numeric.Cmp(lo, hi)
	if order == 0 {
		return types.Null, bucketError("lower bound cannot equal upper bound")
	}
	// Descending bounds are the ascending ones of the negated line.
	if order > 0 {
		v, lo, hi = v.Neg(), lo.Neg(), hi.Neg()
	}
	switch {
	case numeric.Cmp(v, lo) < 0:
		return types.NewInt(0), nil
	case numeric.Cmp(v, hi) >= 0:
		return bucketPast(count)
	}
	return types.NewInt(bucketOf(v, lo, hi, count)), nil
}

// bucketPast is the bucket after the last one, of what lies beyond the bounds.
func bucketPast(count int64) (types.Datum, error) {
	if !inRange(types.Int4, count+1) {
		return types.Null, types.OutOfRange(types.Int4)
	}
	return types.NewInt(count + 1), nil
}

// bucketOf is floor(count * (v-lo) / (hi-lo)) + 1, exactly, for lo <= v < hi.
func bucketOf(v, lo, hi numeric.Decimal, count int64) int64 {
	scale := max(v.Scale(), lo.Scale(), hi.Scale())
	at := func(d numeric.Decimal) *big.Int {
		p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.Scale())), nil)
		return p.Mul(p, d.Coef())
	}
	base := at(lo)
	num := at(v)
	num.Sub(num, base).Mul(num, big.NewInt(count))
	width := at(hi)
	width.Sub(width, base)
	return num.Quo(num, width).Int64() + 1
}

// numericVec is an operation on columns: no row of datums and no result of its own is allocated per row.
func numericVec(f func(a, b numeric.Decimal) (numeric.Decimal, error)) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		l, r := args[0], args[1]
		ml, mr := mask(l), mask(r)
		w := writer{v: out}
		var a, b numeric.Decimal
		if ml == 0 && !l.IsNull(0) {
			a = numeric.FromImage(l.Bytes(0))
		}
		if mr == 0 && !r.IsNull(0) {
			b = numeric.FromImage(r.Bytes(0))
		}
		for _, i := range c.rows(sel, out.N) {
			if out.IsNull(int(i)) {
				continue
			}
			if ml != 0 {
				a = numeric.FromImage(l.Bytes(int(i)))
			}
			if mr != 0 {
				b = numeric.FromImage(r.Bytes(int(i)))
			}
			d, err := f(a, b)
			if err != nil {
				c.Fail(int(i), err)
				setNull(out, int(i))
				continue
			}
			w.fill(int(i) - 1)
			out.Data = d.AppendImage(out.Data)
			w.fill(int(i))
		}
		w.done()
	}
}
