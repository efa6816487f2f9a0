package expr

import (
	"math"

	"github.com/streamsql/streamsql/types"
)

func trigonometryDefs() []def {
	out := []def{
		{sig: "degrees(float8) float8", flags: canFail, row: floatTry1(func(f float64) (float64, error) {
			return scaled(f, f/radiansPerDegree)
		})},
		{sig: "radians(float8) float8", flags: canFail, row: floatTry1(func(f float64) (float64, error) {
			return scaled(f, f*radiansPerDegree)
		})},
		{sig: "atan2(float8,float8) float8", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewFloat(exactAtan2(a[0].Float(), a[1].Float())), nil
		}},
		{sig: "atan2d(float8,float8) float8", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewFloat(exactAtan2(a[0].Float(), a[1].Float()) / atan1 * 45), nil
		}},
	}
	for _, f := range []struct {
		name string
		f    func(float64) float64
		in   func(float64) bool // where it is defined; nil: everywhere
	}{
		{"sin", exactSin, notInf}, {"cos", exactCos, notInf}, {"tan", exactTan, notInf},
		{"cot", func(x float64) float64 { return 1 / exactTan(x) }, notInf},
		{"asin", exactAsin, inUnit}, {"acos", exactAcos, inUnit}, {"atan", exactAtan, nil},
		{"sind", sind, notInf}, {"cosd", cosd, notInf}, {"tand", tand, notInf}, {"cotd", cotd, notInf},
		{"asind", asind, inUnit}, {"acosd", acosd, inUnit}, {"atand", func(x float64) float64 { return exactAtan(x) / atan1 * 45 }, nil},
		{"sinh", libmSinh, nil}, {"cosh", libmCosh, nil}, {"tanh", libmTanh, nil},
		{"asinh", libmAsinh, nil}, {"acosh", libmAcosh, func(x float64) bool { return x >= 1 }}, {"atanh", libmAtanh, inUnit},
	} {
		d := def{sig: f.name + "(float8) float8"}
		if f.in == nil {
			d.row = floatRow1(f.f)
		} else {
			d.flags = canFail
			d.row = floatTry1(func(x float64) (float64, error) {
				switch {
				case x != x:
					return x, nil
				case !f.in(x):
					return 0, inputOutOfRange()
				}
				return f.f(x), nil
			})
		}
		out = append(out, d)
	}
	return out
}

func notInf(x float64) bool { return !math.IsInf(x, 0) }
func inUnit(x float64) bool { return x >= -1 && x <= 1 }

func scaled(from, to float64) (float64, error) {
	if math.IsInf(from, 0) {
		return to, nil
	}
	return checkFloat(to, from == 0)
}

// The functions of degrees are exact where that is expected: sind(30) is 0.5. Each is computed by those of radians relative
// to its value at an exact point (float.c).
var (
	radiansPerDegree = 0.0174532925199432957692 // a variable: constants multiply exactly, floats do not

	sin30         = exactSin(30 * radiansPerDegree)
	oneMinusCos60 = 1 - exactCos(60*radiansPerDegree)
	asinHalf      = exactAsin(0.5)
	acosHalf      = exactAcos(0.5)
	atan1         = exactAtan(1)
	tan45         = sindFirst(45) / cosdFirst(45)
	cot45         = cosdFirst(45) / sindFirst(45)
)

func sindTo30(x float64) float64 { return exactSin(x*radiansPerDegree) / sin30 / 2 }
func cosdTo60(x float64) float64 { return 1 - (1-exactCos(x*radiansPerDegree))/oneMinusCos60/2 }

// sindFirst and cosdFirst are for the first quadrant.
func sindFirst(x float64) float64 {
	if x <= 30 {
		return sindTo30(x)
	}
	return cosdTo60(90 - x)
}

func cosdFirst(x float64) float64 {
	if x <= 60 {
		return cosdTo60(x)
	}
	return sindTo30(90 - x)
}

// firstQuadrant folds an angle and gives the signs that sine and cosine have there.
func firstQuadrant(x float64) (q, sin, cos float64) {
	x, sin, cos = math.Mod(x, 360), 1, 1
	if x < 0 {
		x, sin = -x, -sin
	}
	if x > 180 {
		x, sin = 360-x, -sin
	}
	if x > 90 {
		x, cos = 180-x, -cos
	}
	return x, sin, cos
}

func sind(x float64) float64 {
	q, sign, _ := firstQuadrant(x)
	return sign * sindFirst(q)
}

func cosd(x float64) float64 {
	q, _, sign := firstQuadrant(x)
	return sign * cosdFirst(q)
}

func tand(x float64) float64 {
	q, s, c := firstQuadrant(x)
	return s*c*(sindFirst(q)/cosdFirst(q)/tan45) + 0 // never -0
}

func cotd(x float64) float64 {
	q, s, c := firstQuadrant(x)
	return s*c*(cosdFirst(q)/sindFirst(q)/cot45) + 0
}

func asindFirst(x float64) float64 {
	if x <= 0.5 {
		return exactAsin(x) / asinHalf * 30
	}
	return 90 - exactAcos(x)/acosHalf*60
}

func asind(x float64) float64 {
	if x >= 0 {
		return asindFirst(x)
	}
	return -asindFirst(-x)
}

func acosd(x float64) float64 {
	switch {
	case x < 0:
		return 90 + asindFirst(-x)
	case x <= 0.5:
		return 90 - exactAsin(x)/asinHalf*30
	}
	return exactAcos(x) / acosHalf * 60
}
