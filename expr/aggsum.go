package expr

import (
	"encoding/binary"
	"math/bits"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

// readVarints reads n signed varints; zeros from an empty state.
func readVarints(state []byte, out []int64) {
	for i := range out {
		v, k := binary.Varint(state)
		out[i] = v
		state = state[max(k, 0):]
	}
}

// appendVarints writes them; nothing if all are zero.
func appendVarints(dst []byte, vs ...int64) []byte {
	for _, v := range vs {
		if v != 0 {
			for _, v := range vs {
				dst = binary.AppendVarint(dst, v)
			}
			return dst
		}
	}
	return dst
}

// countDefs: a state is the count.
func countDefs() []aggDef {
	a := counting()
	return []aggDef{{sig: "count() int8", agg: a}, {sig: `count("any") int8`, agg: a}, {sig: "regr_count(float8,float8) int8", agg: a}}
}

func counting() Agg {
	return Agg{
		Linear: true, Strict: true, Empty: types.NewInt(0),
		Step: func(_ *Ctx, state []byte, _ []types.Datum, w int64) ([]byte, error) { return addCount(state, w), nil },
		StepVec: func(state []byte, _ []*batch.Vec, rows []int32, w []int64) []byte {
			n := int64(0)
			for _, r := range rows {
				n += w[r]
			}
			return addCount(state, n)
		},
		Final: func(_ *Ctx, state []byte) (types.Datum, error) {
			return types.NewInt(int64(binary.LittleEndian.Uint64(state))), nil
		},
		FinalVec: func(dst *batch.Vec, state []byte) error {
			dst.AppendInt(int64(binary.LittleEndian.Uint64(state)))
			return nil
		},
	}
}

func addCount(state []byte, w int64) []byte {
	n := w
	if len(state) > 0 {
		n += int64(binary.LittleEndian.Uint64(state))
	}
	if n == 0 {
		return state[:0]
	}
	return binary.LittleEndian.AppendUint64(state[:0], uint64(n))
}

// intSum is the state of sum and avg over integers: eight bytes each for the count and the sum, sixteen for a sum that needs
// them.
type intSum struct {
	n   int64
	sum integer // of 128 bits: 2^64 rows cannot exceed it
}

func readIntSum(b []byte) (s intSum) {
	if len(b) == 0 {
		return s
	}
	s.n = int64(binary.LittleEndian.Uint64(b))
	s.sum = intOf(int64(binary.LittleEndian.Uint64(b[8:])))
	if len(b) > 16 {
		s.sum.hi = int64(binary.LittleEndian.Uint64(b[16:]))
	}
	return s
}

func (s *intSum) add(v, w int64) {
	s.n += w
	p := intOf(v)
	if w == -1 {
		p = p.neg()
	} else if w != 1 {
		p = product(v, w)
	}
	lo, c := bits.Add64(s.sum.lo, p.lo, 0)
	s.sum.lo, s.sum.hi = lo, s.sum.hi+p.hi+int64(c)
}

func (s *intSum) write(dst []byte) []byte {
	if s.n == 0 && s.sum.isZero() {
		return dst
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.n))
	dst = binary.LittleEndian.AppendUint64(dst, s.sum.lo)
	if _, ok := s.sum.int64(); !ok {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(s.sum.hi))
	}
	return dst
}

func intSumAgg(final func(s intSum) (types.Datum, error)) Agg {
	return Agg{
		Linear: true, Strict: true,
		Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
			s := readIntSum(state)
			s.add(args[0].Int(), w)
			return s.write(state[:0]), nil
		},
		StepVec: func(state []byte, args []*batch.Vec, rows []int32, w []int64) []byte {
			s := readIntSum(state)
			v := args[0].Ints
			for _, r := range rows {
				s.add(v[r], w[r])
			}
			return s.write(state[:0])
		},
		Final: func(_ *Ctx, state []byte) (types.Datum, error) {
			s := readIntSum(state)
			if s.n == 0 {
				return types.Null, nil
			}
			return final(s)
		},
	}
}

func finalIntSum(s intSum) (types.Datum, error) {
	v, ok := s.sum.int64()
	if !ok {
		return types.Null, types.OutOfRange(types.Int8)
	}
	return types.NewInt(v), nil
}

func finalBigSum(s intSum) (types.Datum, error) { return types.NewDecimal(s.sum.decimal(0)), nil }

// intSumAggVec is intSumAgg of a sum that is not nothing, with a way to add it to a column.
func intSumAggVec(final func(s intSum) (types.Datum, error), add func(dst *batch.Vec, s intSum) error) Agg {
	a := intSumAgg(final)
	a.FinalVec = func(dst *batch.Vec, state []byte) error {
		s := readIntSum(state)
		if s.n == 0 {
			dst.AppendNull()
			return nil
		}
		return add(dst, s)
	}
	return a
}

func addBigSum(dst *batch.Vec, s intSum) error {
	dst.Data = s.sum.decimal(0).AppendImage(dst.Data)
	dst.EndBytes()
	return nil
}

func addIntSum(dst *batch.Vec, s intSum) error {
	v, err := finalIntSum(s)
	if err == nil {
		dst.AppendInt(v.Int())
	}
	return err
}

func finalIntAvg(s intSum) (types.Datum, error) {
	return decimalResult(numeric.Div(s.sum.decimal(0), numeric.FromInt(s.n)))
}

func decimalResult(d numeric.Decimal, err error) (types.Datum, error) {
	if err != nil {
		return types.Null, err
	}
	return types.NewDecimal(d), nil
}

func sumDefs() []aggDef {
	return []aggDef{
		{sig: "sum(int8) numeric", agg: intSumAggVec(finalBigSum, addBigSum)},
		{sig: "sum(int4) int8", agg: intSumAggVec(finalIntSum, addIntSum)},
		{sig: "sum(int2) int8", agg: intSumAggVec(finalIntSum, addIntSum)},
		{sig: "sum(float4) float4", agg: floatAgg(1, finalFloat4Sum)},
		{sig: "sum(float8) float8", agg: floatAgg(1, finalFloatSum)},
		{sig: "sum(numeric) numeric", agg: decimalAgg(false, finalDecimalSum)},
		{sig: "sum(interval) interval", agg: intervalAgg(finalIntervalSum)},
		{sig: "avg(int8) numeric", agg: intSumAgg(finalIntAvg)},
		{sig: "avg(int4) numeric", agg: intSumAgg(finalIntAvg)},
		{sig: "avg(int2) numeric", agg: intSumAgg(finalIntAvg)},
		{sig: "avg(float4) float8", agg: floatAgg(1, finalFloatAvg)},
		{sig: "avg(float8) float8", agg: floatAgg(1, finalFloatAvg)},
		{sig: "avg(numeric) numeric", agg: decimalAgg(false, finalDecimalAvg)},
		{sig: "avg(interval) interval", agg: intervalAgg(finalIntervalAvg)},
	}
}

// intervalSum sums the three fields of intervals apart.
type intervalSum struct {
	n, months, days int64
	micros          integer
}

func readIntervalSum(b []byte) (s intervalSum) {
	if len(b) == 0 {
		return s
	}
	var v [3]int64
	for i := range v {
		x, k := binary.Varint(b)
		v[i], b = x, b[k:]
	}
	s.n, s.months, s.days = v[0], v[1], v[2]
	s.micros, _ = readInteger(b)
	return s
}

func (s *intervalSum) write(dst []byte) []byte {
	if s.n == 0 && s.months == 0 && s.days == 0 && s.micros.isZero() {
		return dst
	}
	for _, v := range [...]int64{s.n, s.months, s.days} {
		dst = binary.AppendVarint(dst, v)
	}
	return s.micros.append(dst)
}

func intervalAgg(final func(s intervalSum, sum datetime.Interval) (datetime.Interval, error)) Agg {
	return Agg{
		Linear: true, Strict: true,
		Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
			s := readIntervalSum(state)
			months, days, micros := types.DecodeInterval(args[0])
			s.n += w
			s.months += int64(months) * w
			s.days += int64(days) * w
			s.micros = s.micros.add(product(micros, w))
			return s.write(state[:0]), nil
		},
		Final: func(_ *Ctx, state []byte) (types.Datum, error) {
			s := readIntervalSum(state)
			if s.n == 0 {
				return types.Null, nil
			}
			micros, ok := s.micros.int64()
			if !ok || int64(int32(s.months)) != s.months || int64(int32(s.days)) != s.days {
				return types.Null, datetime.IntervalOutOfRange()
			}
			v, err := final(s, datetime.Interval{Months: int32(s.months), Days: int32(s.days), Micros: micros})
			if err != nil {
				return types.Null, err
			}
			return types.NewInterval(v.Months, v.Days, v.Micros), nil
		},
	}
}

func finalIntervalSum(_ intervalSum, v datetime.Interval) (datetime.Interval, error) { return v, nil }
func finalIntervalAvg(s intervalSum, v datetime.Interval) (datetime.Interval, error) {
	return v.Div(float64(s.n))
}

// boolAggDefs: a state counts true and false.
func boolAggDefs() []aggDef {
	agg := func(final func(trues, falses int64) bool) Agg {
		return Agg{
			Linear: true, Strict: true,
			Step: func(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
				var n [2]int64
				readVarints(state, n[:])
				n[args[0].Int()] += w
				return appendVarints(state[:0], n[0], n[1]), nil
			},
			Final: func(_ *Ctx, state []byte) (types.Datum, error) {
				var n [2]int64
				readVarints(state, n[:])
				return types.NewBool(final(n[1], n[0])), nil
			},
		}
	}
	and := agg(func(_, falses int64) bool { return falses == 0 })
	return []aggDef{
		{sig: "bool_and(bool) bool", agg: and},
		{sig: "bool_or(bool) bool", agg: agg(func(trues, _ int64) bool { return trues > 0 })},
		{sig: "every(bool) bool", agg: and},
	}
}

// bitAggDefs: a state is the count of rows and, of each bit that some row has, how many have it.
func bitAggDefs() []aggDef {
	var defs []aggDef
	for _, t := range []string{"int2", "int4", "int8"} {
		for _, op := range []struct {
			name string
			set  func(ones, n int64) bool
		}{
			{"bit_and", func(ones, n int64) bool { return ones == n }},
			{"bit_or", func(ones, _ int64) bool { return ones > 0 }},
			{"bit_xor", func(ones, _ int64) bool { return ones&1 != 0 }},
		} {
			defs = append(defs, aggDef{sig: op.name + "(" + t + ") " + t, agg: Agg{Linear: true, Strict: true, Step: stepBits,
				Final: func(_ *Ctx, state []byte) (types.Datum, error) {
					c := readBits(state)
					v := uint64(0)
					for i, ones := range c.ones {
						if op.set(ones, c.n) {
							v |= 1 << i
						}
					}
					return types.NewInt(int64(v)), nil
				}}})
		}
	}
	return defs
}

type bitCounts struct {
	n    int64
	ones [64]int64
}

func readBits(b []byte) (c bitCounts) {
	if len(b) == 0 {
		return c
	}
	n, k := binary.Varint(b)
	c.n, b = n, b[k:]
	mask, k := binary.Uvarint(b)
	b = b[k:]
	for ; mask != 0; mask &= mask - 1 {
		v, k := binary.Varint(b)
		c.ones[bits.TrailingZeros64(mask)], b = v, b[k:]
	}
	return c
}

func stepBits(_ *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error) {
	c := readBits(state)
	c.n += w
	for v := uint64(args[0].Int()); v != 0; v &= v - 1 {
		c.ones[bits.TrailingZeros64(v)] += w
	}
	mask := uint64(0)
	for i, n := range c.ones {
		if n != 0 {
			mask |= 1 << i
		}
	}
	state = state[:0]
	if c.n == 0 && mask == 0 {
		return state, nil
	}
	state = binary.AppendUvarint(binary.AppendVarint(state, c.n), mask)
	for _, n := range c.ones {
		if n != 0 {
			state = binary.AppendVarint(state, n)
		}
	}
	return state, nil
}
