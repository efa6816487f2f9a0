// Package typestest makes random values of every type, for the tests of this and of other packages: with the extremes,
// and with values that are equal without being identical.
package typestest

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
)

// Types are all types that have values, with their arrays.
func Types() []types.Type {
	var out []types.Type
	for k := types.Bool; k <= types.Regproc; k++ {
		out = append(out, types.Of(k), types.ArrayOf(types.Of(k)))
	}
	return out
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

// Datum is a random non-null value of t. Values come from few, so that equal ones occur.
func Datum(r *rand.Rand, t types.Type) types.Datum {
	if t.Array {
		return array(r, t.Elem())
	}
	switch t.Kind {
	case types.Bool:
		return types.NewBool(r.IntN(2) == 0)
	case types.Int2:
		return types.NewInt(int64(int16(integer(r))))
	case types.Int4:
		return types.NewInt(int64(int32(integer(r))))
	case types.Int8:
		return types.NewInt(integer(r))
	case types.Char:
		return types.NewInt(int64(uint8(integer(r))))
	case types.OID, types.Regclass, types.Regtype, types.Regproc:
		return types.NewInt(int64(uint32(integer(r))))
	case types.Float4:
		return types.NewFloat(float64(float32(float(r))))
	case types.Float8:
		return types.NewFloat(float(r))
	case types.Numeric:
		return types.NewDecimal(decimal(r))
	case types.Date:
		return types.NewInt(pick(r, datetime.DateInfinity, datetime.DateMinusInfinity, r.Int64N(3000)-1500, -2451545, 2145031948))
	case types.Time:
		return types.NewInt(pick(r, 0, datetime.Day, r.Int64N(datetime.Day), r.Int64N(86400)*datetime.Second))
	case types.Timestamp, types.Timestamptz:
		return types.NewInt(pick(r, datetime.Infinity, datetime.MinusInfinity, r.Int64N(1<<50)-1<<49, r.Int64N(5)*datetime.Day,
			-211813488000000000, 9223371331199999999))
	case types.Interval:
		return interval(r)
	case types.UUID:
		b := make([]byte, 16)
		for i := range b {
			b[i] = pick[byte](r, 0, 1, 2, 0xFE, 0xFF, byte(r.IntN(256)))
		}
		return types.NewBytes(b)
	case types.Bytea:
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = pick[byte](r, 0, 1, 2, 3, 0xFD, 0xFE, 0xFF)
		}
		return types.NewBytes(b)
	case types.JSON:
		return types.NewBytes(JSON(r, 3).AppendText(nil))
	case types.JSONB:
		return types.NewBytes(JSON(r, 3))
	case types.BPChar:
		return types.NewString(text(r) + strings.Repeat(" ", r.IntN(3)))
	}
	return types.NewString(text(r))
}

func integer(r *rand.Rand) int64 {
	v := int64(r.Uint64() >> r.IntN(64))
	return pick(r, v, -v, int64(r.IntN(5)), 207, 208, -1, 255, 256, -256, -257, math.MaxInt64, math.MinInt64, math.MaxInt32)
}

func float(r *rand.Rand) float64 {
	return pick(r, 0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, math.SmallestNonzeroFloat32,
		-math.SmallestNonzeroFloat32, r.NormFloat64(), r.NormFloat64()*1e10, float64(r.IntN(4))/2)
}

func decimal(r *rand.Rand) numeric.Decimal {
	switch r.IntN(12) {
	case 0:
		return pick(r, numeric.NaN, numeric.PosInf, numeric.NegInf)
	case 1: // many digits
		s := pick(r, "", "-") + strconv.FormatUint(r.Uint64(), 10) + strconv.FormatUint(r.Uint64(), 10) + "." + strconv.Itoa(r.IntN(1000))
		if d, err := numeric.Parse(s); err == nil {
			return d
		}
	case 2:
		return numeric.New(integer(r), r.IntN(80))
	case 3: // the same value at different scales
		return numeric.New(int64(r.IntN(5)-2), 0).Round(r.IntN(25))
	}
	return numeric.New(int64(r.IntN(2000)-1000), r.IntN(5))
}

func interval(r *rand.Rand) types.Datum {
	switch r.IntN(4) {
	case 0: // equal lengths in different fields
		return pick(r, types.NewInterval(1, 0, 0), types.NewInterval(0, 30, 0), types.NewInterval(0, 29, datetime.Day),
			types.NewInterval(0, 31, -datetime.Day), types.NewInterval(0, 0, 30*datetime.Day))
	case 1:
		return types.NewInterval(pick[int32](r, math.MinInt32, math.MaxInt32, 0), pick[int32](r, math.MinInt32, math.MaxInt32, 0),
			pick[int64](r, math.MinInt64, math.MaxInt64, 0))
	}
	return types.NewInterval(int32(r.IntN(5)-2), int32(r.IntN(100)-50), r.Int64N(1<<40)-1<<39)
}

func text(r *rand.Rand) string {
	return pick(r, "", "a", "ab", "b", "\x01", "\x02", "a\x01", "a\x02", "a\x03", "é", "日本", "a b", "z\u00ff", strconv.Itoa(r.IntN(50)),
		strings.Repeat("x", r.IntN(60)), "\U0010FFFF")
}

// JSON is a random jsonb value of so many levels.
func JSON(r *rand.Rand, depth int) jsonb.Value {
	n := r.IntN(8)
	if depth == 0 {
		n = r.IntN(5)
	}
	switch n {
	case 0:
		return jsonb.NullValue
	case 1, 2:
		return jsonb.NewString(text(r))
	case 3:
		for {
			if d := decimal(r); d.IsFinite() {
				return jsonb.NewNumber(d)
			}
		}
	case 4:
		return jsonb.NewBool(r.IntN(2) == 0)
	case 5, 6:
		elems := make([]jsonb.Value, r.IntN(4))
		for i := range elems {
			elems[i] = JSON(r, depth-1)
		}
		return jsonb.NewArray(elems)
	}
	pairs := make([]jsonb.Pair, r.IntN(4))
	for i := range pairs {
		pairs[i] = jsonb.Pair{Key: []byte(text(r)), Value: JSON(r, depth-1)}
	}
	return jsonb.NewObject(pairs)
}

func array(r *rand.Rand, elem types.Type) types.Datum {
	n := r.IntN(4)
	elems := make([]types.Datum, n)
	for i := range elems {
		if r.IntN(5) > 0 {
			elems[i] = Datum(r, elem)
		}
	}
	a := types.Array{Elem: elem, Dims: []int{n}, Lower: []int{pick(r, 1, 1, 1, 0, -3)}, Elems: elems}
	if n == 2 && r.IntN(3) == 0 {
		a.Dims, a.Lower = pick(r, []int{1, 2}, []int{2, 1}), []int{1, 1}
	}
	return types.NewArray(a)
}

// Row is a random row, NULLs among it.
func Row(r *rand.Rand, ts []types.Type) []types.Datum {
	row := make([]types.Datum, len(ts))
	for i, t := range ts {
		if r.IntN(6) > 0 {
			row[i] = Datum(r, t)
		}
	}
	return row
}
