package expr

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func divisionByZero() error { return sqlerr.New(sqlerr.DivisionByZero, "division by zero") }

// intKinds are the integer types by width.
var intKinds = [...]struct {
	name string
	kind types.Kind
}{{"int2", types.Int2}, {"int4", types.Int4}, {"int8", types.Int8}}

func intDefs() []def {
	var out []def
	for i, l := range intKinds {
		for j, r := range intKinds {
			t := intKinds[max(i, j)]
			in := "(" + l.name + "," + r.name + ") " + t.name
			for _, op := range []struct {
				name string
				f    func(a, b int64) (int64, bool)
				vec  func(types.Kind) vecFunc
			}{{"+", addInt, addVec}, {"-", subInt, subVec}, {"*", mulInt, mulVec}} {
				out = append(out, def{sig: op.name + in, flags: canFail, row: intRow(t.kind, op.f), vec: op.vec(t.kind)})
			}
			out = append(out, def{sig: "/" + in, flags: canFail, row: divRow(t.kind), vec: divVec(t.kind)})
			if i == j {
				out = append(out, sameIntDefs(t.name, t.kind)...)
			}
		}
	}
	return append(out, []def{
		{sig: "to_hex(int4) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewString(hexText(uint64(uint32(a[0].Int())))), nil
		}},
		{sig: "to_hex(int8) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewString(hexText(uint64(a[0].Int()))), nil
		}},
	}...)
}

// sameIntDefs are what integers of one type have beside + - * /.
func sameIntDefs(name string, k types.Kind) []def {
	two, one := "("+name+","+name+") "+name, "("+name+") "+name
	pure := func(f func(a, b int64) int64) rowFunc {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(f(a[0].Int(), a[1].Int())), nil
		}
	}
	negate := intRow1(k, func(a int64) (int64, bool) { return -a, a != math.MinInt64 })
	abs := intRow1(k, func(a int64) (int64, bool) { return max(a, -a), a != math.MinInt64 })
	width := uint(8 * types.Of(k).Len())
	out := []def{
		{sig: "%" + two, flags: canFail, row: modRow, vec: modVec},
		{sig: "mod" + two, flags: canFail, row: modRow, vec: modVec},
		{sig: "-" + one, flags: canFail, row: negate},
		{sig: "+" + one, row: identityRow},
		{sig: "@" + one, flags: canFail, row: abs},
		{sig: "abs" + one, flags: canFail, row: abs},
		{sig: "&" + two, row: pure(func(a, b int64) int64 { return a & b })},
		{sig: "|" + two, row: pure(func(a, b int64) int64 { return a | b })},
		{sig: "#" + two, row: pure(func(a, b int64) int64 { return a ^ b })},
		{sig: "~" + one, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewInt(^a[0].Int()), nil }},
		{sig: "<<(" + name + ",int4) " + name, row: pure(func(a, b int64) int64 { return wrap(a<<shiftCount(b, width), width) })},
		{sig: ">>(" + name + ",int4) " + name, row: pure(func(a, b int64) int64 { return wrap(a>>shiftCount(b, width), width) })},
	}
	if k != types.Int2 {
		out = append(out,
			def{sig: "gcd" + two, flags: canFail, row: intRow(k, func(a, b int64) (int64, bool) {
				g := gcd(a, b)
				return int64(g), g <= math.MaxInt64
			})},
			def{sig: "lcm" + two, flags: canFail, row: intRow(k, lcm)})
	}
	return out
}

// shiftCount is what C on PostgreSQL's platforms makes of the count of a shift: int2 is shifted as int.
func shiftCount(b int64, width uint) uint { return uint(b) & (max(width, 32) - 1) }

// wrap cuts to width bits and extends the sign.
func wrap(v int64, width uint) int64 { return v << (64 - width) >> (64 - width) }

func identityRow(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }

func addInt(a, b int64) (int64, bool) { s := a + b; return s, (s > a) == (b > 0) }
func subInt(a, b int64) (int64, bool) { s := a - b; return s, (s < a) == (b > 0) }

func mulInt(a, b int64) (int64, bool) {
	p := a * b
	if a == 0 || b == 0 {
		return 0, true
	}
	return p, p/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
}

func absU(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func gcd(a, b int64) uint64 {
	x, y := absU(a), absU(b)
	for y != 0 {
		x, y = y, x%y
	}
	return x
}

func lcm(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	hi, lo := bits.Mul64(absU(a)/gcd(a, b), absU(b))
	return int64(lo), hi == 0 && lo <= math.MaxInt64
}

func inRange(k types.Kind, v int64) bool {
	lo, hi := types.IntRange(k)
	return v >= lo && v <= hi
}

func intRow(k types.Kind, f func(a, b int64) (int64, bool)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, ok := f(a[0].Int(), a[1].Int())
		if !ok || !inRange(k, v) {
			return types.Null, types.OutOfRange(k)
		}
		return types.NewInt(v), nil
	}
}

func intRow1(k types.Kind, f func(a int64) (int64, bool)) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, ok := f(a[0].Int())
		if !ok || !inRange(k, v) {
			return types.Null, types.OutOfRange(k)
		}
		return types.NewInt(v), nil
	}
}

func divInt(k types.Kind, a, b int64) (int64, error) {
	if b == 0 {
		return 0, divisionByZero()
	}
	if b == -1 && a == math.MinInt64 || b == -1 && !inRange(k, -a) {
		return 0, types.OutOfRange(k)
	}
	return a / b, nil
}

func divRow(k types.Kind) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, err := divInt(k, a[0].Int(), a[1].Int())
		return types.NewInt(v), err
	}
}

func modInt(a, b int64) (int64, error) {
	switch b {
	case 0:
		return 0, divisionByZero()
	case -1:
		return 0, nil // the machine's division would overflow on the smallest number
	}
	return a % b, nil
}

func modRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, err := modInt(a[0].Int(), a[1].Int())
	return types.NewInt(v), err
}

// The loops of + - * run over all slots, keep only whether anything went wrong anywhere, and look for the culprits among the
// rows that count afterwards.

// overflows is non-zero if v does not fit width bits.
func overflows(v int64, width uint) uint64 { return uint64(wrap(v, width) ^ v) }

// recheck finds the failures after a loop saw some.
func recheck(c *Ctx, k types.Kind, args []*batch.Vec, sel []int32, out *batch.Vec, f func(a, b int64) (int64, bool)) {
	a, b := args[0], args[1]
	ma, mb := mask(a), mask(b)
	for _, i := range c.rows(sel, out.N) {
		if out.IsNull(int(i)) {
			continue
		}
		if v, ok := f(a.Ints[int(i)&ma], b.Ints[int(i)&mb]); !ok || !inRange(k, v) {
			c.Fail(int(i), types.OutOfRange(k))
			setNull(out, int(i))
		}
	}
}

func addVec(k types.Kind) vecFunc {
	width := uint(8 * types.Of(k).Len())
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b, ma, mb, o := args[0].Ints, args[1].Ints, mask(args[0]), mask(args[1]), out.Ints
		var bad uint64
		for i := range o {
			x, y := a[i&ma], b[i&mb]
			s := x + y
			bad |= uint64((s^x)&(s^y))>>63 | overflows(s, width)
			o[i] = s
		}
		if bad != 0 {
			recheck(c, k, args, sel, out, addInt)
		}
	}
}

func subVec(k types.Kind) vecFunc {
	width := uint(8 * types.Of(k).Len())
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b, ma, mb, o := args[0].Ints, args[1].Ints, mask(args[0]), mask(args[1]), out.Ints
		var bad uint64
		for i := range o {
			x, y := a[i&ma], b[i&mb]
			s := x - y
			bad |= uint64((x^y)&(s^x))>>63 | overflows(s, width)
			o[i] = s
		}
		if bad != 0 {
			recheck(c, k, args, sel, out, subInt)
		}
	}
}

func mulVec(k types.Kind) vecFunc {
	width := uint(8 * types.Of(k).Len())
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b, ma, mb, o := args[0].Ints, args[1].Ints, mask(args[0]), mask(args[1]), out.Ints
		var bad uint64
		if width < 64 {
			for i := range o {
				p := a[i&ma] * b[i&mb] // of two 32-bit numbers
				bad |= overflows(p, width)
				o[i] = p
			}
		} else {
			for i := range o {
				x, y := a[i&ma], b[i&mb]
				hi, lo := bits.Mul64(uint64(x), uint64(y))
				// The high half of the signed product, which must be the low half's sign.
				h := int64(hi) - (x>>63)&y - (y>>63)&x
				bad |= uint64(h ^ int64(lo)>>63)
				o[i] = int64(lo)
			}
		}
		if bad != 0 {
			recheck(c, k, args, sel, out, mulInt)
		}
	}
}

func divVec(k types.Kind) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		quotients(c, args, sel, out, func(a, b int64) int64 { return a / b }, func(a, b int64) (int64, error) { return divInt(k, a, b) })
	}
}

func modVec(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
	quotients(c, args, sel, out, func(a, b int64) int64 { return a % b }, modInt)
}

// quotients divides: safe where the divisor is neither 0 nor -1, else checked.
func quotients(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec, safe func(a, b int64) int64,
	checked func(a, b int64) (int64, error)) {
	a, b, ma, mb := args[0].Ints, args[1].Ints, mask(args[0]), mask(args[1])
	for _, i := range c.rows(sel, out.N) {
		x, y := a[int(i)&ma], b[int(i)&mb]
		if uint64(y)+1 > 1 {
			out.Ints[i] = safe(x, y)
			continue
		}
		if out.IsNull(int(i)) {
			continue
		}
		v, err := checked(x, y)
		if err != nil {
			c.Fail(int(i), err)
			setNull(out, int(i))
			continue
		}
		out.Ints[i] = v
	}
}

func hexText(v uint64) string { return strconv.FormatUint(v, 16) }
