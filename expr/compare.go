package expr

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
)

// comparison is one of the six operators, reduced to = and <: a > b is b < a, a >= b is not a < b.
type comparison struct {
	name         string
	eq           bool // else less
	swap, negate bool
}

var comparisons = [...]comparison{
	{"=", true, false, false}, {"<>", true, false, true},
	{"<", false, false, false}, {">", false, true, false},
	{"<=", false, true, true}, {">=", false, false, true},
}

// holds turns the sign of a three-way comparison into the operator's answer.
func (op comparison) holds(c int) bool {
	if op.swap {
		c = -c
	}
	if op.eq {
		return (c == 0) != op.negate
	}
	return (c < 0) != op.negate
}

func comparisonDefs() []def {
	var out []def
	add := func(l, r string, fl flags, row func(comparison) rowFunc, vec func(comparison) vecFunc) {
		for _, op := range comparisons {
			d := def{sig: op.name + "(" + l + "," + r + ") bool", flags: fl, row: row(op)}
			if vec != nil {
				d.vec = vec(op)
			}
			out = append(out, d)
		}
	}
	ints := []string{"int2", "int4", "int8"}
	for _, l := range ints {
		for _, r := range ints {
			add(l, r, 0, compareAs(types.Int8), intComparison)
		}
	}
	for _, l := range []string{"float4", "float8"} {
		for _, r := range []string{"float4", "float8"} {
			add(l, r, 0, compareAs(types.Float8), floatComparison)
		}
	}
	for _, t := range []string{"bool", "date", "time", "timestamp", "timestamptz", "oid", `"char"`} {
		add(t, t, 0, compareAs(types.Int8), intComparison)
	}
	for _, t := range []string{"text", "bytea", "uuid", "name"} {
		add(t, t, 0, compareAs(types.Text), bytesComparison)
	}
	add("name", "text", 0, compareAs(types.Text), bytesComparison)
	add("text", "name", 0, compareAs(types.Text), bytesComparison)
	for _, k := range []types.Kind{types.Numeric, types.Interval, types.BPChar, types.JSONB} {
		t := types.Of(k).Name()
		add(t, t, 0, compareAs(k), nil)
	}
	times := []string{"date", "timestamp", "timestamptz"}
	for _, l := range times {
		for _, r := range times {
			if l != r {
				fl := flags(0)
				if l == "timestamptz" || r == "timestamptz" {
					fl = stable
				}
				add(l, r, fl, func(op comparison) rowFunc { return compareTimes(op, l, r) }, nil)
			}
		}
	}
	for _, op := range comparisons {
		out = append(out, def{sig: op.name + "(anyarray,anyarray) bool", bind: func(args []types.Type, _ types.Type) rowFunc {
			return compareType(op, args[0])
		}})
	}
	return out
}

func compareAs(k types.Kind) func(comparison) rowFunc {
	return func(op comparison) rowFunc { return compareType(op, types.Of(k)) }
}

func compareType(op comparison, t types.Type) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBool(op.holds(types.Compare(t, a[0], a[1]))), nil
	}
}

// compareTimes compares dates, timestamps and timestamptzs with each other; a date beyond the timestamps is beyond them.
func compareTimes(op comparison, l, r string) rowFunc {
	zoned := l == "timestamptz" || r == "timestamptz"
	instant := func(c *Ctx, t string, v int64) int64 {
		if t == "date" {
			us, err := datetime.DateToTimestamp(v)
			if err != nil {
				return datetime.Infinity - 1
			}
			v = us
		}
		if zoned && t != "timestamptz" {
			if us, err := datetime.ToUTC(c.config().TimeZone, v); err == nil {
				v = us
			}
		}
		return v
	}
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x, y := types.NewInt(instant(c, l, a[0].Int())), types.NewInt(instant(c, r, a[1].Int()))
		return types.NewBool(op.holds(types.Compare(types.Of(types.Int8), x, y))), nil
	}
}

// mask makes an index into a column of n slots or of one: i & mask.
func mask(v *batch.Vec) int {
	if v.N == 1 {
		return 0
	}
	return -1
}

// dense tells whether to run over all rows: what cannot fail may as well compute slots that nobody reads.
func dense(sel []int32, n int) bool { return sel == nil || len(sel) > n/8 }

func intComparison(op comparison) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b := args[0], args[1]
		if op.swap {
			a, b = b, a
		}
		if op.eq {
			equalLoop(a.Ints, b.Ints, mask(a), mask(b), c, sel, out.Ints, b2i(op.negate))
		} else {
			lessLoop(a.Ints, b.Ints, mask(a), mask(b), c, sel, out.Ints, b2i(op.negate))
		}
	}
}

func equalLoop(a, b []int64, ma, mb int, c *Ctx, sel []int32, out []int64, negate int64) {
	if !dense(sel, len(out)) {
		for _, i := range sel {
			out[i] = b2i(a[int(i)&ma] == b[int(i)&mb]) ^ negate
		}
		return
	}
	if mb == 0 && len(a) >= len(out) {
		x := b[0]
		a = a[:len(out)]
		for i := range out {
			out[i] = b2i(a[i] == x) ^ negate
		}
		return
	}
	for i := range out {
		out[i] = b2i(a[i&ma] == b[i&mb]) ^ negate
	}
}

func lessLoop(a, b []int64, ma, mb int, c *Ctx, sel []int32, out []int64, negate int64) {
	if !dense(sel, len(out)) {
		for _, i := range sel {
			out[i] = b2i(a[int(i)&ma] < b[int(i)&mb]) ^ negate
		}
		return
	}
	switch {
	case mb == 0 && len(a) >= len(out):
		x := b[0]
		a = a[:len(out)]
		for i := range out {
			out[i] = b2i(a[i] < x) ^ negate
		}
	case ma == 0 && len(b) >= len(out):
		x := a[0]
		b = b[:len(out)]
		for i := range out {
			out[i] = b2i(x < b[i]) ^ negate
		}
	default:
		for i := range out {
			out[i] = b2i(a[i&ma] < b[i&mb]) ^ negate
		}
	}
}

// floatComparison: NaN equals NaN and is above everything.
func floatComparison(op comparison) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b := args[0], args[1]
		if op.swap {
			a, b = b, a
		}
		ma, mb, negate := mask(a), mask(b), b2i(op.negate)
		rows := sel
		if dense(sel, out.N) {
			rows = c.rows(nil, out.N)
		}
		if op.eq {
			for _, i := range rows {
				x, y := a.Floats[int(i)&ma], b.Floats[int(i)&mb]
				out.Ints[i] = b2i(x == y || x != x && y != y) ^ negate
			}
			return
		}
		for _, i := range rows {
			x, y := a.Floats[int(i)&ma], b.Floats[int(i)&mb]
			out.Ints[i] = b2i(x < y || y != y && x == x) ^ negate
		}
	}
}

func bytesComparison(op comparison) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		a, b := args[0], args[1]
		if op.swap {
			a, b = b, a
		}
		ma, mb, negate := mask(a), mask(b), b2i(op.negate)
		rows := c.rows(sel, out.N)
		if op.eq {
			for _, i := range rows {
				out.Ints[i] = b2i(bytes.Equal(a.Bytes(int(i)&ma), b.Bytes(int(i)&mb))) ^ negate
			}
			return
		}
		for _, i := range rows {
			out.Ints[i] = b2i(bytes.Compare(a.Bytes(int(i)&ma), b.Bytes(int(i)&mb)) < 0) ^ negate
		}
	}
}
