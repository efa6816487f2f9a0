package expr

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func inputOutOfRange() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "input is out of range")
}

func floatRow1(f func(float64) float64) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewFloat(f(a[0].Float())), nil }
}

func floatTry1(f func(float64) (float64, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return floatOr(f(a[0].Float())) }
}

func floatTry2(f func(a, b float64) (float64, error)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return floatOr(f(a[0].Float(), a[1].Float())) }
}

func floatOr(f float64, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return types.NewFloat(f), nil
}

func mathDefs() []def {
	var out []def
	float := func(names []string, args string, fl flags, row rowFunc) {
		for _, n := range names {
			out = append(out, def{sig: n + "(" + args + ") float8", flags: fl, row: row})
		}
	}
	one := func(row rowFunc, names ...string) { float(names, "float8", 0, row) }
	try := func(f func(float64) (float64, error), names ...string) { float(names, "float8", canFail, floatTry1(f)) }
	two := func(f func(a, b float64) (float64, error), names ...string) {
		float(names, "float8,float8", canFail, floatTry2(f))
	}
	one(floatRow1(math.RoundToEven), "round")
	one(floatRow1(math.Trunc), "trunc")
	one(floatRow1(math.Ceil), "ceil", "ceiling")
	one(floatRow1(math.Floor), "floor")
	one(floatRow1(floatSign), "sign")
	try(floatSqrt, "sqrt", "|/")
	one(floatRow1(libmCbrt), "cbrt", "||/")
	try(floatExp, "exp")
	try(logarithm(exactLog), "ln")
	try(logarithm(libmLog10), "log", "log10")
	two(floatPower, "power", "pow", "^")
	out = append(out, trigonometryDefs()...)
	return append(out, []def{
		{sig: "pi() float8", row: func(*Ctx, []types.Datum) (types.Datum, error) { return types.NewFloat(math.Pi), nil }},
		{sig: "random() float8", flags: volatile, row: randomRow},
		{sig: "setseed(float8) void", flags: volatile | canFail, row: setseedRow},
		{sig: "width_bucket(float8,float8,float8,int4) int4", flags: canFail, row: floatBucketRow},
		{sig: "width_bucket(anycompatible,anycompatiblearray) int4", flags: canFail, bind: thresholdRow},
	}...)
}

func floatSign(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0 // of NaN too
}

// checkFloat refuses a result that left the range of floats on the way from finite arguments.
func checkFloat(r float64, zeroIsRight bool) (float64, error) {
	switch {
	case math.IsInf(r, 0):
		return 0, floatOverflow()
	case r == 0 && !zeroIsRight:
		return 0, floatUnderflow()
	}
	return r, nil
}

func floatSqrt(f float64) (float64, error) {
	if f < 0 {
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "cannot take square root of a negative number")
	}
	return math.Sqrt(f), nil
}

func floatExp(f float64) (float64, error) {
	switch {
	case f != f, math.IsInf(f, 1):
		return f, nil
	case math.IsInf(f, -1):
		return 0, nil
	}
	return checkFloat(exactExp(f), false)
}

func logarithm(log func(float64) float64) func(float64) (float64, error) {
	return func(f float64) (float64, error) {
		switch {
		case f == 0:
			return 0, sqlerr.New(sqlerr.InvalidLogarithmArgument, "cannot take logarithm of zero")
		case f < 0:
			return 0, sqlerr.New(sqlerr.InvalidLogarithmArgument, "cannot take logarithm of a negative number")
		}
		return log(f), nil
	}
}

// floatPower is POSIX's pow, with errors for what it gives NaN and infinities for.
func floatPower(x, y float64) (float64, error) {
	switch {
	case x != x || y != y:
		return math.Pow(x, y), nil // 1 for NaN^0 and 1^NaN
	case x == 0 && y < 0:
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "zero raised to a negative power is undefined")
	case x < 0 && math.Floor(y) != y:
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "a negative number raised to a non-integer power yields a complex result")
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		if x == -1 {
			return 1, nil
		}
		return math.Pow(x, y), nil
	}
	return checkFloat(exactPow(x, y), x == 0)
}

func randomRow(c *Ctx, _ []types.Datum) (types.Datum, error) {
	if c.SessionInfo != nil {
		if d, err := c.SessionInfo("random"); err == nil {
			return d, nil
		}
	}
	return types.NewFloat(rand.Float64()), nil
}

// setseedRow leaves it to the session, which owns the generator.
func setseedRow(c *Ctx, a []types.Datum) (types.Datum, error) {
	seed := a[0].Float()
	if !(seed >= -1 && seed <= 1) {
		return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]",
			strconv.FormatFloat(seed, 'g', 6, 64))
	}
	if c.SessionInfo == nil {
		return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "setseed is not supported here")
	}
	if _, err := c.SessionInfo("setseed:" + strconv.FormatFloat(seed, 'g', -1, 64)); err != nil {
		return types.Null, err
	}
	return types.NewString(""), nil
}

func floatBucketRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, lo, hi, count := a[0].Float(), a[1].Float(), a[2].Float(), a[3].Int()
	switch {
	case count <= 0:
		return types.Null, bucketError("count must be greater than zero")
	case v != v || lo != lo || hi != hi:
		return types.Null, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case math.IsInf(lo, 0) || math.IsInf(hi, 0):
		return types.Null, bucketError("lower and upper bounds must be finite")
	case lo == hi:
		return types.Null, bucketError("lower bound cannot equal upper bound")
	}
	if lo > hi {
		v, lo, hi = -v, -lo, -hi
	}
	switch {
	case v < lo:
		return types.NewInt(0), nil
	case v >= hi:
		return bucketPast(count)
	}
	if width := hi - lo; !math.IsInf(width, 0) {
		if r := float64(count) * (v - lo) / width; !math.IsInf(r, 0) {
			return types.NewInt(int64(r + 1)), nil
		}
	}
	share := (v/2 - lo/2) / (hi/2 - lo/2)
	return types.NewInt(min(int64(float64(count)*share), count-1) + 1), nil
}

// thresholdRow finds a bucket by its lower bounds, which ascend.
func thresholdRow(args []types.Type, _ types.Type) rowFunc {
	t := args[0]
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		bounds := types.DecodeArray(t, a[1])
		if len(bounds.Dims) > 1 {
			return types.Null, sqlerr.New(sqlerr.ArraySubscriptError, "thresholds must be one-dimensional array")
		}
		for _, b := range bounds.Elems {
			if b.IsNull() {
				return types.Null, sqlerr.New(sqlerr.NullValueNotAllowed, "thresholds array must not contain NULLs")
			}
		}
		lo, hi := 0, len(bounds.Elems)
		for lo < hi {
			mid := (lo + hi) / 2
			if types.Compare(t, a[0], bounds.Elems[mid]) < 0 {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		return types.NewInt(int64(lo)), nil
	}
}
