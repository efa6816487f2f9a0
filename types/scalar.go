package types

import (
	"math"
	mathbits "math/bits"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/numeric"
)

// NewDecimal and DecodeDecimal are the codec of numerics.
func NewDecimal(d numeric.Decimal) Datum    { return NewBytes(d.AppendImage(make([]byte, 0, 9))) }
func DecodeDecimal(d Datum) numeric.Decimal { return numeric.FromImage(d.b) }

// NewInterval and DecodeInterval are the codec of intervals.
func NewInterval(months, days int32, micros int64) Datum {
	return newInterval(datetime.Interval{Months: months, Days: days, Micros: micros})
}

func DecodeInterval(d Datum) (months, days int32, micros int64) {
	v := datetime.IntervalFromImage(d.b)
	return v.Months, v.Days, v.Micros
}

func newInterval(v datetime.Interval) Datum { return NewBytes(v.AppendImage(make([]byte, 0, 16))) }

func syntaxError(typ, s string) error {
	return sqlerr.New(sqlerr.InvalidTextRepresentation, `invalid input syntax for type %s: "%s"`, typ, s)
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func trimSpace(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// parseInt reads a decimal integer of so many bits, blanks around it.
func parseInt(s string, bits int, typ string) (Datum, error) {
	t := s
	if t == "" || isSpace(t[0]) || isSpace(t[len(t)-1]) {
		t = trimSpace(t)
	}
	u := t
	negative := false
	if u != "" && (u[0] == '-' || u[0] == '+') {
		negative = u[0] == '-'
		u = u[1:]
	}
	if u == "" {
		return Null, syntaxError(typ, s)
	}
	limit := uint64(1)<<(bits-1) - 1
	if negative {
		limit++
	}
	var v uint64
	over := false
	for i := 0; i < len(u); i++ {
		c := uint64(u[i] - '0')
		if c > 9 {
			return Null, syntaxError(typ, s)
		}
		if v > (limit-c)/10 || over {
			over = true
			continue
		}
		v = v*10 + c
	}
	if over {
		return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, `value "%s" is out of range for type %s`, s, typ)
	}
	if negative {
		return NewInt(-int64(v)), nil
	}
	return NewInt(int64(v)), nil
}

// parseOID reads an unsigned number; negative ones wrap as in PostgreSQL.
func parseOID(s, typ string) (Datum, error) {
	v, err := strconv.ParseInt(trimSpace(s), 10, 64)
	if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange || err == nil && (v > math.MaxUint32 || v < math.MinInt32) {
		return Null, sqlerr.New(sqlerr.NumericValueOutOfRange, `value "%s" is out of range for type %s`, s, typ)
	}
	if err != nil {
		return Null, syntaxError(typ, s)
	}
	return NewInt(int64(uint32(v))), nil
}

// parseReg reads the number of a catalog object, and names of types; names of relations and functions need the
// catalog, so that casts from constant text are resolved where that is known.
func parseReg(cfg *Config, t Type, s string) (Datum, error) {
	if s == "-" {
		return NewInt(0), nil
	}
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return parseOID(s, "oid")
	}
	if cfg != nil && cfg.FindObject != nil {
		if oid, ok := cfg.FindObject(t.Kind, s); ok {
			return NewInt(int64(oid)), nil
		}
	}
	switch t.Kind {
	case Regtype:
		name := strings.ToLower(trimSpace(s))
		dims := 0
		for strings.HasSuffix(name, "[]") {
			name, dims = strings.TrimSpace(strings.TrimSuffix(name, "[]")), 1
		}
		rt, err := FromName(strings.TrimPrefix(name, "pg_catalog."), nil, dims)
		if err != nil {
			return Null, sqlerr.New(sqlerr.UndefinedObject, `type "%s" does not exist`, s)
		}
		return NewInt(int64(rt.OID())), nil
	case Regclass:
		return Null, sqlerr.New(sqlerr.UndefinedTable, `relation "%s" does not exist`, s)
	case Regnamespace:
		return Null, sqlerr.New(sqlerr.InvalidSchemaName, `schema "%s" does not exist`, s)
	case Regrole:
		return Null, sqlerr.New(sqlerr.UndefinedObject, `role "%s" does not exist`, s)
	}
	return Null, sqlerr.New(sqlerr.UndefinedFunction, `function "%s" does not exist`, s)
}

// appendObject appends the name of a catalog object, or its number where the configuration knows none.
func appendObject(dst []byte, cfg *Config, k Kind, oid int64) []byte {
	if oid == 0 {
		return append(dst, '-')
	}
	if cfg != nil && cfg.ObjectName != nil {
		if name, ok := cfg.ObjectName(k, uint32(oid)); ok {
			return append(dst, name...)
		}
	}
	return strconv.AppendInt(dst, oid, 10)
}

func appendRegtype(dst []byte, oid int64) []byte {
	if oid == 0 {
		return append(dst, '-')
	}
	if t, ok := FromOID(uint32(oid)); ok {
		return append(dst, t.String()...)
	}
	return strconv.AppendInt(dst, oid, 10)
}

// parseBool reads a unique prefix of true, false, yes, no, on, off, or 1, 0.
func parseBool(s string) (Datum, error) {
	t := trimSpace(s)
	if len(t) == 1 {
		switch t[0] {
		case 't', 'T', 'y', 'Y', '1':
			return NewBool(true), nil
		case 'f', 'F', 'n', 'N', '0':
			return NewBool(false), nil
		}
	} else if len(t) > 1 && len(t) <= 5 {
		l := strings.ToLower(t)
		switch {
		case strings.HasPrefix("true", l), strings.HasPrefix("yes", l), l == "on":
			return NewBool(true), nil
		case strings.HasPrefix("false", l), strings.HasPrefix("no", l), strings.HasPrefix("off", l):
			return NewBool(false), nil
		}
	}
	return Null, syntaxError("boolean", s)
}

// floatName is a float type's name in messages.
func floatName(bits int) string {
	if bits == 32 {
		return "real"
	}
	return "double precision"
}

// parseFloat reads what C's strtod does, and the words of PostgreSQL.
func parseFloat(s string, bits int) (Datum, error) {
	t := trimSpace(s)
	if strings.IndexByte(t, '_') >= 0 {
		return Null, syntaxError(floatName(bits), s)
	}
	f, err := strconv.ParseFloat(t, bits)
	if err == nil {
		if f == 0 && hasNonZeroDigit(t) {
			return Null, outOfRangeText(t, bits)
		}
		return NewFloat(f), nil
	}
	if ne := err.(*strconv.NumError); ne.Err == strconv.ErrRange {
		return Null, outOfRangeText(t, bits)
	}
	if l := strings.ToLower(t); strings.HasPrefix(strings.TrimLeft(l, "+-"), "0x") && strings.IndexByte(l, 'p') < 0 {
		if f, err := strconv.ParseFloat(t+"p0", bits); err == nil {
			return NewFloat(f), nil
		}
	} else if l == "-nan" || l == "+nan" {
		return NewFloat(math.NaN()), nil
	}
	return Null, syntaxError(floatName(bits), s)
}

// hasNonZeroDigit tells an underflow from a zero.
func hasNonZeroDigit(t string) bool {
	for i := 0; i < len(t); i++ {
		switch c := t[i]; {
		case c >= '1' && c <= '9':
			return true
		case c == 'e' || c == 'E' || c == 'x' || c == 'X':
			return false
		}
	}
	return false
}

func outOfRangeText(t string, bits int) error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, `"%s" is out of range for type %s`, t, floatName(bits))
}

// appendFloat writes the shortest text that reads back as the same number, or with extra <= 0 so many significant
// digits.
func appendFloat(dst []byte, f float64, bits, extra int) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	digits, prec := 15, -1
	if bits == 32 {
		digits = 6
	}
	if extra <= 0 {
		digits = max(digits+extra, 1)
		prec = digits - 1
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', prec, bits)
	for prec < 0 && math.Abs(f) >= 1<<24 && halfway(dst[start:], bits) {
		// PostgreSQL does not take a text that lies exactly between two numbers, though it reads back well.
		_, text, _ := decimalOf(dst[start:])
		dst = strconv.AppendFloat(dst[:start], f, 'e', text, bits)
	}
	e := len(dst) - 1
	for dst[e] != 'e' {
		e--
	}
	exp, _ := strconv.Atoi(string(dst[e+1:]))
	if exp < -4 || exp >= digits {
		if extra <= 0 {
			return trimZeros(dst, start, e)
		}
		return dst
	}
	if extra > 0 {
		// Here the exponent is below the digits that a float has, so that no text is halfway.
		return strconv.AppendFloat(dst[:start], f, 'f', -1, bits)
	}
	dst = strconv.AppendFloat(dst[:start], f, 'f', max(digits-1-exp, 0), bits)
	return trimZeros(dst, start, len(dst))
}

// decimalOf takes d.ddde+xx apart as an integer of n digits and a power of ten.
func decimalOf(b []byte) (v uint64, n, exp int) {
	i, point := 0, -1
	for ; i < len(b) && b[i] != 'e'; i++ {
		switch c := b[i]; {
		case c == '.':
			point = n
		case c-'0' <= 9:
			v, n = v*10+uint64(c-'0'), n+1
		}
	}
	exp, _ = strconv.Atoi(string(b[i+1:]))
	if point >= 0 {
		exp -= n - point
	}
	for ; v != 0 && v%10 == 0; v /= 10 {
		exp++
	}
	return v, n, exp
}

// halfway tells whether a number written as d.ddde+xx is an integer halfway between two neighbouring floats: its odd
// part has one bit more than they have.
func halfway(b []byte, bits int) bool {
	v, _, exp := decimalOf(b)
	if exp < 0 || exp > 23 {
		return false
	}
	for ; exp > 0; exp-- {
		if v >= 1<<60 {
			return false
		}
		v *= 5
	}
	want := 54
	if bits == 32 {
		want = 25
	}
	return mathbits.Len64(v>>mathbits.TrailingZeros64(v)) == want
}

// trimZeros drops trailing zeros after a point in dst[start:e], as C's %g does; an exponent from e on stays.
func trimZeros(dst []byte, start, e int) []byte {
	point := false
	for _, c := range dst[start:e] {
		point = point || c == '.'
	}
	if !point {
		return dst
	}
	end := e
	for dst[end-1] == '0' {
		end--
	}
	if dst[end-1] == '.' {
		end--
	}
	return append(dst[:end], dst[e:]...)
}

const hexDigits = "0123456789abcdef"

func unhex(c byte) (byte, bool) {
	switch {
	case c-'0' <= 9:
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// parseUUID reads 32 hexadecimal digits, a hyphen allowed after every fourth, braces allowed around.
func parseUUID(s string) (Datum, error) {
	t := s
	if t != "" && t[0] == '{' {
		if t[len(t)-1] != '}' {
			return Null, syntaxError("uuid", s)
		}
		t = t[1 : len(t)-1]
	}
	out := make([]byte, 0, 16)
	for i := 0; i < 16; i++ {
		if len(t) < 2 {
			return Null, syntaxError("uuid", s)
		}
		hi, ok1 := unhex(t[0])
		lo, ok2 := unhex(t[1])
		if !ok1 || !ok2 {
			return Null, syntaxError("uuid", s)
		}
		out = append(out, hi<<4|lo)
		t = t[2:]
		if i%2 == 1 && i < 15 && t != "" && t[0] == '-' {
			t = t[1:]
		}
	}
	if t != "" {
		return Null, syntaxError("uuid", s)
	}
	return NewBytes(out), nil
}

func appendUUID(dst, b []byte) []byte {
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}
