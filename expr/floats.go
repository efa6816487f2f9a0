package expr

import (
	"math"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func floatOverflow() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
}

func floatUnderflow() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: underflow")
}

// floatOp is an operation; exact reports whether a result of 0 is right for these operands.
type floatOp struct {
	name string
	f    func(a, b float64) float64
	zero func(a, b float64) bool
}

func never(a, b float64) bool { return true }

var floatOps = [...]floatOp{
	{"+", func(a, b float64) float64 { return a + b }, never},
	{"-", func(a, b float64) float64 { return a - b }, never},
	{"*", func(a, b float64) float64 { return a * b }, func(a, b float64) bool { return a == 0 || b == 0 }},
	{"/", func(a, b float64) float64 { return a / b }, func(a, b float64) bool { return a == 0 || math.IsInf(b, 0) }},
}

// eval computes and checks as float.h does; single rounds to float4.
func (op *floatOp) eval(a, b float64, single bool) (float64, error) {
	if op.name == "/" && b == 0 && a == a {
		return 0, divisionByZero()
	}
	r := op.f(a, b)
	if single {
		r = float64(float32(r))
	}
	if math.IsInf(r, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		return 0, floatOverflow()
	}
	if r == 0 && !op.zero(a, b) {
		return 0, floatUnderflow()
	}
	return r, nil
}

func floatDefs() []def {
	var out []def
	for _, l := range []string{"float4", "float8"} {
		for _, r := range []string{"float4", "float8"} {
			ret := "float8"
			if l == "float4" && r == "float4" {
				ret = "float4"
			}
			for i := range floatOps {
				op := &floatOps[i]
				single := ret == "float4"
				out = append(out, def{sig: op.name + "(" + l + "," + r + ") " + ret, flags: canFail,
					row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
						v, err := op.eval(a[0].Float(), a[1].Float(), single)
						return types.NewFloat(v), err
					},
					vec: floatVec(op, single)})
			}
		}
	}
	for _, t := range []string{"float4", "float8"} {
		one := "(" + t + ") " + t
		abs := func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewFloat(math.Abs(a[0].Float())), nil }
		out = append(out,
			def{sig: "-" + one, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewFloat(-a[0].Float()), nil }},
			def{sig: "+" + one, row: identityRow},
			def{sig: "@" + one, row: abs},
			def{sig: "abs" + one, row: abs})
	}
	return out
}

// floatVec runs a plain loop where results are ordinary numbers and looks closer where one is 0, infinite or NaN.
func floatVec(op *floatOp, single bool) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b, ma, mb := args[0].Floats, args[1].Floats, mask(args[0]), mask(args[1])
		o := out.Floats
		kernel := floatLoops[op.name]
		if !single && kernel != nil && dense(sel, out.N) {
			if !kernel(a, b, ma, mb, o) {
				return
			}
		}
		for _, i := range c.rows(sel, out.N) {
			if out.IsNull(int(i)) {
				continue
			}
			v, err := op.eval(a[int(i)&ma], b[int(i)&mb], single)
			if err != nil {
				c.Fail(int(i), err)
				setNull(out, int(i))
				continue
			}
			o[i] = v
		}
	}
}

// floatLoops are the operations as loops; they report whether some result needs a closer look.
var floatLoops = map[string]func(a, b []float64, ma, mb int, out []float64) bool{
	"+": func(a, b []float64, ma, mb int, out []float64) bool {
		var acc float64
		for i := range out {
			r := a[i&ma] + b[i&mb]
			out[i] = r
			acc += r - r // NaN from the first infinity or NaN on
		}
		return acc != 0
	},
	"-": func(a, b []float64, ma, mb int, out []float64) bool {
		var acc float64
		for i := range out {
			r := a[i&ma] - b[i&mb]
			out[i] = r
			acc += r - r
		}
		return acc != 0
	},
	"*": func(a, b []float64, ma, mb int, out []float64) bool {
		odd := false
		for i := range out {
			r := a[i&ma] * b[i&mb]
			out[i] = r
			odd = odd || r-r != 0 || r == 0
		}
		return odd
	},
}
