package numeric

import (
	"math/big"
	"strconv"

	"github.com/streamsql/streamsql/sqlerr"
)

func appendUint(dst []byte, u uint64) []byte { return strconv.AppendUint(dst, u, 10) }

// String is PostgreSQL's output.
func (d Decimal) String() string { return string(d.AppendText(nil)) }

// AppendText appends PostgreSQL's output: always plain digits, as many after the point as the scale says.
func (d Decimal) AppendText(dst []byte) []byte {
	switch d.form {
	case nan:
		return append(dst, "NaN"...)
	case posInf:
		return append(dst, "Infinity"...)
	case negInf:
		return append(dst, "-Infinity"...)
	}
	if d.Sign() < 0 {
		dst = append(dst, '-')
	}
	var buf [40]byte
	var text []byte
	if d.big == nil {
		text = appendUint(buf[:0], absU(d.small))
	} else {
		text = new(big.Int).Abs(d.big).Append(buf[:0], 10)
	}
	scale := int(d.scale)
	if scale == 0 {
		return append(dst, text...)
	}
	whole := len(text) - scale
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, text...)
	}
	dst = append(dst, text[:whole]...)
	dst = append(dst, '.')
	return append(dst, text[whole:]...)
}

// Parse reads PostgreSQL's input: digits with an optional point and exponent, NaN, [+-]inf[inity]; blanks around.
func Parse(s string) (Decimal, error) {
	d, ok := parseSmall(s)
	if ok {
		return d, nil
	}
	t := trimSpace(s)
	if d, ok := parseSpecial(t); ok {
		return d, nil
	}
	return parseLong(s, t)
}

// parseSmall reads the common case: a sign, at most 18 digits and a point.
func parseSmall(s string) (Decimal, bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	if len(s)-i > 19 {
		return Decimal{}, false
	}
	var v int64
	digits, scale, point := 0, 0, false
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c-'0' <= 9:
			v = v*10 + int64(c-'0')
			digits++
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return Decimal{}, false
		}
	}
	if digits == 0 || digits > 18 {
		return Decimal{}, false
	}
	if negative {
		v = -v
	}
	return Decimal{small: v, scale: int32(scale)}, true
}

func parseSpecial(t string) (Decimal, bool) {
	sign := 0
	u := t
	if u != "" && (u[0] == '+' || u[0] == '-') {
		sign = 1
		if u[0] == '-' {
			sign = -1
		}
		u = u[1:]
	}
	switch {
	case sign == 0 && equalFold(u, "nan"):
		return NaN, true
	case equalFold(u, "inf"), equalFold(u, "infinity"):
		if sign < 0 {
			return NegInf, true
		}
		return PosInf, true
	}
	return Decimal{}, false
}

// parseLong reads any finite number; s is the whole input for the error, t is s without blanks around.
func parseLong(s, t string) (Decimal, error) {
	bad := func() (Decimal, error) {
		return Decimal{}, sqlerr.New(sqlerr.InvalidTextRepresentation, `invalid input syntax for type numeric: "%s"`, s)
	}
	i, negative := 0, false
	if i < len(t) && (t[i] == '-' || t[i] == '+') {
		negative = t[i] == '-'
		i++
	}
	digits := make([]byte, 0, len(t))
	scale, point := 0, false
	for ; i < len(t); i++ {
		if c := t[i]; c-'0' <= 9 {
			digits = append(digits, c)
			if point {
				scale++
			}
		} else if c == '.' && !point {
			point = true
		} else {
			break
		}
	}
	if len(digits) == 0 {
		return bad()
	}
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		exp, err := strconv.ParseInt(t[i+1:], 10, 64)
		if ne, isNum := err.(*strconv.NumError); isNum && ne.Err == strconv.ErrRange {
			return Decimal{}, overflow()
		} else if err != nil {
			return bad()
		}
		if exp >= 1<<30 || exp <= -(1<<30) {
			return Decimal{}, overflow()
		}
		scale -= int(exp)
		i = len(t)
	}
	if i != len(t) {
		return bad()
	}
	return assemble(digits, scale, negative)
}

// assemble makes a number of decimal digits; a negative scale means zeros before the point.
func assemble(digits []byte, scale int, negative bool) (Decimal, error) {
	start := 0
	for start < len(digits) && digits[start] == '0' {
		start++
	}
	digits = digits[start:]
	if len(digits) == 0 {
		if scale > MaxScale {
			return Decimal{}, overflow()
		}
		return Decimal{scale: int32(max(scale, 0))}, nil
	}
	if len(digits)-scale > maxWholeDigits || scale > MaxScale {
		return Decimal{}, overflow()
	}
	c, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return Decimal{}, overflow()
	}
	if scale < 0 {
		c.Mul(c, pow10(-scale))
		scale = 0
	}
	if negative {
		c.Neg(c)
	}
	return FromBig(c, scale), nil
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

func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
