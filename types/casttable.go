package types

import (
	"math"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
)

type evalFunc = func(cfg *Config, d Datum, explicit bool) (Datum, error)

// tableCast is the entry of pg_cast between two plain types; nil if it has none.
func tableCast(from, to Type) *Cast {
	cast := func(ctx CastContext, canFail bool, f evalFunc) *Cast {
		return &Cast{From: from, To: to, Context: ctx, CanFail: canFail, Eval: f}
	}
	switch {
	case isNumber(from.Kind) && isNumber(to.Kind):
		return numberCast(from, to)
	case isTextKind(from.Kind) && isTextKind(to.Kind):
		return textCast(from, to)
	case isDatetime(from.Kind) && isDatetime(to.Kind):
		return datetimeCast(from, to)
	case isOIDKind(to.Kind) || isOIDKind(from.Kind):
		return oidCast(from, to)
	case from.Kind == JSONB && to.Kind != JSON:
		return jsonbCast(from, to)
	}
	switch [2]Kind{from.Kind, to.Kind} {
	case [2]Kind{Bool, Int4}:
		return identity(from, to, Explicit)
	case [2]Kind{Int4, Bool}:
		return cast(Explicit, false, func(_ *Config, d Datum, _ bool) (Datum, error) { return NewBool(d.n != 0), nil })
	case [2]Kind{Bool, Text}, [2]Kind{Bool, Varchar}, [2]Kind{Bool, BPChar}:
		return cast(Assignment, false, func(_ *Config, d Datum, _ bool) (Datum, error) {
			if d.n != 0 {
				return NewString("true"), nil
			}
			return NewString("false"), nil
		})
	case [2]Kind{Char, Int4}: // "char" is signed here and nowhere else
		return cast(Explicit, false, func(_ *Config, d Datum, _ bool) (Datum, error) { return NewInt(int64(int8(d.n))), nil })
	case [2]Kind{Int4, Char}:
		return cast(Explicit, true, func(_ *Config, d Datum, _ bool) (Datum, error) {
			if d.n < math.MinInt8 || d.n > math.MaxInt8 {
				return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, `"char" out of range`)
			}
			return NewInt(int64(uint8(d.n))), nil
		})
	case [2]Kind{JSON, JSONB}:
		return cast(Assignment, true, func(_ *Config, d Datum, _ bool) (Datum, error) {
			v, err := jsonb.Parse(d.b)
			return NewBytes(v), err
		})
	case [2]Kind{JSONB, JSON}:
		return cast(Assignment, false, func(_ *Config, d Datum, _ bool) (Datum, error) {
			return NewBytes(jsonb.Value(d.b).AppendText(nil)), nil
		})
	}
	return nil
}

func isNumber(k Kind) bool {
	switch k {
	case Int2, Int4, Int8, Float4, Float8, Numeric:
		return true
	}
	return false
}

func isTextKind(k Kind) bool {
	switch k {
	case Text, Varchar, BPChar, Name, Char:
		return true
	}
	return false
}

func isDatetime(k Kind) bool {
	switch k {
	case Date, Time, Timestamp, Timestamptz, Interval:
		return true
	}
	return false
}

func isOIDKind(k Kind) bool {
	return k == OID || k == Regclass || k == Regtype || k == Regproc || k == Regnamespace || k == Regrole
}

// numberRank orders the number types: a cast upwards is implicit, downwards an assignment.
func numberRank(k Kind) int {
	return map[Kind]int{Int2: 1, Int4: 2, Int8: 3, Numeric: 4, Float4: 5, Float8: 6}[k]
}

func numberCast(from, to Type) *Cast {
	c := &Cast{From: from, To: to, Context: Implicit}
	if numberRank(from.Kind) > numberRank(to.Kind) {
		c.Context = Assignment
	}
	switch to.Kind {
	case Int2, Int4, Int8:
		c.CanFail = c.Context == Assignment
		c.Identity = c.Context == Implicit
		c.Eval = toInt(from.Kind, to.Kind)
	case Numeric:
		c.Eval = toNumeric(from.Kind)
	default:
		// A numeric can be too large for either, a float8 for float4.
		c.CanFail = from.Kind == Numeric || from.Kind == Float8
		c.Eval = toFloat(from.Kind, to.Kind)
		c.Identity = from.Kind == Float4
	}
	return c
}

// OutOfRange is the error of an integer that does not fit: "integer out of range".
func OutOfRange(k Kind) error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "%s out of range", infos[k].format)
}

// IntRange are the bounds of an integer type.
func IntRange(k Kind) (lo, hi int64) {
	switch k {
	case Int2:
		return math.MinInt16, math.MaxInt16
	case Int4:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func toInt(from, to Kind) evalFunc {
	lo, hi := IntRange(to)
	switch from {
	case Float4, Float8:
		return func(_ *Config, d Datum, _ bool) (Datum, error) {
			v, ok := FloatToInt(d.Float(), lo, hi)
			if !ok {
				return Null, OutOfRange(to)
			}
			return NewInt(v), nil
		}
	case Numeric:
		return func(_ *Config, d Datum, _ bool) (Datum, error) { return numericToInt(numeric.FromImage(d.b), to) }
	}
	if from != to && numberRank(from) < numberRank(to) {
		return evalIdentity
	}
	return func(_ *Config, d Datum, _ bool) (Datum, error) {
		if d.n < lo || d.n > hi {
			return Null, OutOfRange(to)
		}
		return d, nil
	}
}

// FloatToInt rounds half to even; false if the result is not in lo..hi.
func FloatToInt(f float64, lo, hi int64) (int64, bool) {
	f = math.RoundToEven(f)
	if !(f >= float64(lo) && f < -float64(math.MinInt64)) {
		return 0, false
	}
	v := int64(f)
	return v, v <= hi
}

func numericToInt(v numeric.Decimal, to Kind) (Datum, error) {
	if v.IsNaN() {
		return Null, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert NaN to %s", infos[to].format)
	}
	if v.IsInf() {
		return Null, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert infinity to %s", infos[to].format)
	}
	lo, hi := IntRange(to)
	i, ok := v.Int64()
	if !ok || i < lo || i > hi {
		return Null, OutOfRange(to)
	}
	return NewInt(i), nil
}

func toNumeric(from Kind) evalFunc {
	return func(_ *Config, d Datum, _ bool) (Datum, error) {
		switch from {
		case Float4:
			return NewDecimal(numeric.FromFloat32(d.Float())), nil
		case Float8:
			return NewDecimal(numeric.FromFloat64(d.Float())), nil
		}
		return NewDecimal(numeric.FromInt(d.n)), nil
	}
}

func toFloat(from, to Kind) evalFunc {
	switch {
	case from == Numeric:
		return func(_ *Config, d Datum, _ bool) (Datum, error) { return numericToFloat(numeric.FromImage(d.b), to) }
	case from == Float8:
		return func(_ *Config, d Datum, _ bool) (Datum, error) { return FloatToFloat4(d.Float()) }
	case from == Float4:
		return evalIdentity
	case to == Float4:
		return func(_ *Config, d Datum, _ bool) (Datum, error) { return NewFloat(float64(float32(d.n))), nil }
	}
	return func(_ *Config, d Datum, _ bool) (Datum, error) { return NewFloat(float64(d.n)), nil }
}

// FloatToFloat4 rounds to float4; 22003 where that makes an infinity or a zero of what was none.
func FloatToFloat4(f float64) (Datum, error) {
	g := float64(float32(f))
	if math.IsInf(g, 0) && !math.IsInf(f, 0) {
		return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: overflow")
	}
	if g == 0 && f != 0 {
		return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, "value out of range: underflow")
	}
	return NewFloat(g), nil
}

func numericToFloat(v numeric.Decimal, to Kind) (Datum, error) {
	if to == Float4 {
		if !v.IsFinite() {
			return NewFloat(v.Float64()), nil
		}
		return parseFloat(v.String(), 32)
	}
	f := v.Float64()
	if v.IsFinite() && (math.IsInf(f, 0) || f == 0 && v.Sign() != 0) {
		return Null, outOfRangeText(v.String(), 64)
	}
	return NewFloat(f), nil
}

func textCast(from, to Type) *Cast {
	c := &Cast{From: from, To: to, Context: Implicit, Eval: evalIdentity}
	if to.Kind == Char && from.Kind == Name {
		return nil // only by their text
	}
	if from.Kind == Char && to.Kind == Name {
		return nil
	}
	switch {
	case from.Kind == Char:
		if to.Kind != Text {
			c.Context = Assignment
		}
		c.Eval = evalOutput(from, to)
	case to.Kind == Char:
		c.Context = Assignment
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) { return NewInt(firstByte(d.b)), nil }
	case to.Kind == Name:
		blanks := from.Kind == BPChar
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) {
			s := truncateName(string(d.b))
			if blanks {
				return NewBytes(trimBlanks([]byte(s))), nil
			}
			return NewString(s), nil
		}
	case from.Kind == Name:
		if to.Kind != Text {
			c.Context = Assignment
		}
		c.Identity = true
	case from.Kind == BPChar:
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) { return NewBytes(trimBlanks(d.b)), nil }
	default:
		c.Identity = true
	}
	return c
}

// firstByte is text as "char".
func firstByte(b []byte) int64 { return parseChar(string(b)) }

// oidCast converts between numbers and the identifiers of catalog objects.
func oidCast(from, to Type) *Cast {
	c := &Cast{From: from, To: to, Context: Implicit, Identity: true, Eval: evalIdentity}
	switch {
	case isOIDKind(from.Kind) && isOIDKind(to.Kind):
		if from.Kind != OID && to.Kind != OID {
			return nil
		}
		return c
	case to.Kind == Regclass && (from.Kind == Text || from.Kind == Varchar):
		c.Identity, c.CanFail, c.Volatility = false, true, Stable
		c.Eval = func(cfg *Config, d Datum, _ bool) (Datum, error) { return parseReg(cfg, to, string(d.b)) }
		return c
	case isOIDKind(to.Kind) && (from.Kind == Int2 || from.Kind == Int4):
		c.Identity = false
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) { return NewInt(int64(uint32(d.n))), nil }
		return c
	case isOIDKind(to.Kind) && from.Kind == Int8:
		c.Identity, c.CanFail = false, true
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) {
			if d.n < 0 || d.n > math.MaxUint32 {
				return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, "OID out of range")
			}
			return d, nil
		}
		return c
	case isOIDKind(from.Kind) && to.Kind == Int8:
		c.Context = Assignment
		return c
	case isOIDKind(from.Kind) && to.Kind == Int4:
		c.Context, c.Identity = Assignment, false
		c.Eval = func(_ *Config, d Datum, _ bool) (Datum, error) { return NewInt(int64(int32(uint32(d.n)))), nil }
		return c
	}
	return nil
}

// datetimeCast converts between dates, times and intervals; what crosses into or out of timestamptz depends on the
// time zone.
func datetimeCast(from, to Type) *Cast {
	cast := func(ctx CastContext, vol Volatility, canFail bool, f evalFunc) *Cast {
		return &Cast{From: from, To: to, Context: ctx, Volatility: vol, CanFail: canFail, Eval: f}
	}
	switch [2]Kind{from.Kind, to.Kind} {
	case [2]Kind{Date, Timestamp}:
		return cast(Implicit, Immutable, true, func(_ *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.DateToTimestamp(d.n)
			return NewInt(us), err
		})
	case [2]Kind{Date, Timestamptz}:
		return cast(Implicit, Stable, true, func(cfg *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.DateToTimestamp(d.n)
			if err != nil {
				return Null, err
			}
			us, err = datetime.ToUTC(cfg.TimeZone, us)
			return NewInt(us), err
		})
	case [2]Kind{Timestamp, Date}:
		return cast(Assignment, Immutable, false, func(_ *Config, d Datum, _ bool) (Datum, error) {
			return NewInt(datetime.TimestampToDate(d.n)), nil
		})
	case [2]Kind{Timestamp, Time}:
		return cast(Assignment, Immutable, false, func(_ *Config, d Datum, _ bool) (Datum, error) { return timeOf(d.n), nil })
	case [2]Kind{Timestamp, Timestamptz}:
		return cast(Implicit, Stable, true, func(cfg *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.ToUTC(cfg.TimeZone, d.n)
			return NewInt(us), err
		})
	case [2]Kind{Timestamptz, Timestamp}:
		return cast(Assignment, Stable, true, func(cfg *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.ToLocal(cfg.TimeZone, d.n)
			return NewInt(us), err
		})
	case [2]Kind{Timestamptz, Date}:
		return cast(Assignment, Stable, true, func(cfg *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.ToLocal(cfg.TimeZone, d.n)
			return NewInt(datetime.TimestampToDate(us)), err
		})
	case [2]Kind{Timestamptz, Time}:
		return cast(Assignment, Stable, true, func(cfg *Config, d Datum, _ bool) (Datum, error) {
			us, err := datetime.ToLocal(cfg.TimeZone, d.n)
			return timeOf(us), err
		})
	case [2]Kind{Time, Interval}:
		return cast(Implicit, Immutable, false, func(_ *Config, d Datum, _ bool) (Datum, error) {
			return NewInterval(0, 0, d.n), nil
		})
	case [2]Kind{Interval, Time}:
		return cast(Assignment, Immutable, false, func(_ *Config, d Datum, _ bool) (Datum, error) {
			_, rest := datetime.SplitDay(datetime.IntervalFromImage(d.b).Micros)
			return NewInt(rest), nil
		})
	}
	return nil
}

// timeOf is the time of day of a timestamp; NULL for the infinities.
func timeOf(us int64) Datum {
	if !datetime.Finite(us) {
		return Null
	}
	_, rest := datetime.SplitDay(us)
	return NewInt(rest)
}

// jsonbCast takes a scalar out of jsonb.
func jsonbCast(from, to Type) *Cast {
	if to.Kind != Bool && !isNumber(to.Kind) {
		return nil
	}
	want := jsonb.Number
	var conv evalFunc
	if to.Kind != Bool && to.Kind != Numeric {
		conv = numberCast(Of(Numeric), to).Eval
	}
	return &Cast{From: from, To: to, Context: Explicit, CanFail: true, Eval: func(cfg *Config, d Datum, explicit bool) (Datum, error) {
		v := jsonb.Value(d.b)
		switch k := v.Kind(); {
		case to.Kind == Bool && (k == jsonb.True || k == jsonb.False):
			return NewBool(k == jsonb.True), nil
		case to.Kind != Bool && k == want && conv == nil:
			return NewDecimal(v.Decimal()), nil
		case to.Kind != Bool && k == want:
			return conv(cfg, NewDecimal(v.Decimal()), explicit)
		}
		what := v.TypeName()
		if what == "number" {
			what = "numeric"
		}
		return Null, sqlerr.New(sqlerr.InvalidParameterValue, "cannot cast jsonb %s to type %s", what, infos[to.Kind].format)
	}}
}
