package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/numeric"
)

func numberFormatDefs() []def {
	var out []def
	for _, k := range intKinds[1:] {
		out = append(out, def{sig: "to_char(" + k.name + ",text) text", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return decimalToChar(numeric.FromInt(a[0].Int()), a[1].String())
		}})
	}
	return append(out, []def{
		{sig: "to_char(numeric,text) text", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return decimalToChar(types.DecodeDecimal(a[0]), a[1].String())
		}},
		{sig: "to_char(float8,text) text", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return floatToChar(a[0].Float(), a[1].String(), 15)
		}},
		{sig: "to_char(float4,text) text", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return floatToChar(a[0].Float(), a[1].String(), 6)
		}},
		{sig: "to_number(text,text) numeric", flags: stable | canFail, row: toNumber},
	}...)
}

// numberFormat is a parsed format (PostgreSQL's NUMDesc).
type numberFormat struct {
	tokens                                                       []numberToken
	pre, post, multi                                             int // digits before and behind the point, and behind V
	zeroStart, zeroEnd                                           int // where the digits 0 begin, from 1, and end
	zero, decimal, fill, sign, bracket, minus, plus, roman, v, e bool
	signAt                                                       signPlace
	signPre                                                      int // digits in front of S
}

type signPlace uint8

const (
	signNowhere signPlace = iota
	signInFront
	signBehind
)

// numberToken is a pattern, or a character.
type numberToken struct{ key, up, text string }

var numberKeys = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", "B", "C", "D", "G", "L", "S", "V", "E", ",", ".", "0", "9"}

func numberKey(s string) string {
	for _, k := range numberKeys {
		if strings.HasPrefix(s, k) {
			return k
		}
		if l := strings.ToLower(k); strings.HasPrefix(s, l) {
			return l
		}
	}
	return ""
}

func parseNumberFormat(s string) (*numberFormat, error) {
	f := &numberFormat{}
	for s != "" {
		key := numberKey(s)
		if key == "" {
			var chars []dateToken
			chars, s = literalTokens(nil, s, false)
			for _, c := range chars {
				f.tokens = append(f.tokens, numberToken{text: c.text})
			}
			continue
		}
		s = s[len(key):]
		t := numberToken{key: key, up: strings.ToUpper(key)}
		if why := f.prepare(t.up); why != "" {
			e := sqlerr.New(sqlerr.SyntaxError, "%s", why)
			if strings.Contains(why, "incompatible") {
				return nil, e.WithDetail(`"EEEE" may only be used together with digit and decimal point patterns.`)
			}
			return nil, e
		}
		f.tokens = append(f.tokens, t)
	}
	return f, nil
}

// prepare notes what a pattern says of the whole; why it may not stand there, else "".
func (f *numberFormat) prepare(up string) (why string) {
	if f.e && up != "EEEE" && up != "E" {
		return `"EEEE" must be the last pattern used`
	}
	switch up {
	case "9", "0":
		return f.digit(up == "0")
	case "D", ".":
		switch {
		case f.decimal:
			return "multiple decimal points"
		case f.v:
			return `cannot use "V" and decimal point together`
		}
		f.decimal = true
	case "FM":
		f.fill = true
	case "S":
		switch {
		case f.sign:
			return `cannot use "S" twice`
		case f.plus || f.minus || f.bracket:
			return `cannot use "S" and "PL"/"MI"/"SG"/"PR" together`
		case !f.decimal:
			f.signAt, f.signPre = signInFront, f.pre
		default:
			f.signAt = signBehind
		}
		f.sign = true
	case "MI", "PL", "SG":
		if f.sign {
			return `cannot use "S" and "` + up + `" together`
		}
		f.minus = f.minus || up != "PL"
		f.plus = f.plus || up != "MI"
	case "PR":
		if f.sign || f.plus || f.minus {
			return `cannot use "PR" and "S"/"PL"/"MI"/"SG" together`
		}
		f.bracket = true
	case "RN":
		f.roman = true
	case "V":
		if f.decimal {
			return `cannot use "V" and decimal point together`
		}
		f.v = true
	case "EEEE":
		switch {
		case f.e:
			return `cannot use "EEEE" twice`
		case f.fill || f.sign || f.bracket || f.minus || f.plus || f.roman || f.v:
			return `"EEEE" is incompatible with other formats`
		}
		f.e = true
	}
	return ""
}

func (f *numberFormat) digit(zero bool) string {
	switch {
	case f.bracket && zero:
		return `"0" must be ahead of "PR"`
	case f.bracket:
		return `"9" must be ahead of "PR"`
	case f.v && !zero:
		f.multi++
		return ""
	}
	if zero && !f.zero && !f.decimal {
		f.zero, f.zeroStart = true, f.pre+1
	}
	if f.decimal {
		f.post++
	} else {
		f.pre++
	}
	if zero {
		f.zeroEnd = f.pre + f.post
	}
	return ""
}

// overflow is what stands for a number without room.
func (f *numberFormat) overflow() string {
	return strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post)
}

// overflowE is the same for EEEE.
func (f *numberFormat) overflowE() string {
	b := []byte(strings.Repeat("#", f.pre+f.post+6))
	b[0], b[f.pre+1] = ' ', '.'
	return string(b)
}

func decimalToChar(d numeric.Decimal, format string) (types.Datum, error) {
	if format == "" {
		return types.NewString(""), nil
	}
	f, err := parseNumberFormat(format)
	if err != nil {
		return types.Null, err
	}
	switch {
	case f.roman:
		v, ok := d.Int64()
		if !d.IsFinite() {
			what := "infinity"
			if d.IsNaN() {
				what = "NaN"
			}
			return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert %s to integer", what)
		}
		if !ok || !inRange(types.Int4, v) {
			return types.Null, types.OutOfRange(types.Int4)
		}
		return f.format(roman(v), 0, 0), nil
	case f.e && !d.IsFinite():
		return types.NewString(f.overflowE()), nil
	case f.e:
		s := scientific(d, f.post)
		if s[0] != '-' {
			s = " " + s
		}
		return types.NewString(s), nil
	}
	if f.multi > 0 {
		p := numeric.New(1, 0)
		for range f.multi {
			if p, err = numeric.Mul(p, numeric.FromInt(10)); err != nil {
				return types.Null, err
			}
		}
		if d, err = numeric.Mul(d, p); err != nil {
			return types.Null, err
		}
	}
	if f.v {
		f.pre += f.multi
	}
	return f.finish(d.Round(f.post).String()), nil
}

// scientific is numeric_out_sci: one digit, so many behind the point, an exponent of two digits or more.
func scientific(d numeric.Decimal, post int) string {
	if d.Sign() == 0 {
		return "0" + point(post) + strings.Repeat("0", post) + "e+00"
	}
	exponent := len(d.Abs().Coef().String()) - 1 - d.Scale()
	r := d.Round(post - exponent).Abs()
	// Rounding may add a digit, which PostgreSQL shows: 10.00e+00.
	digits := r.Coef().String()
	first := 1
	if len(digits)-1-r.Scale() > exponent {
		first = 2
	}
	digits = (digits + strings.Repeat("0", first+post))[:first+post]
	sign := ""
	if d.Sign() < 0 {
		sign = "-"
	}
	return fmt.Sprintf("%s%s%s%se%+03d", sign, digits[:first], point(post), digits[first:], exponent)
}

func point(post int) string {
	if post > 0 {
		return "."
	}
	return ""
}

func floatToChar(v float64, format string, digits int) (types.Datum, error) {
	if format == "" {
		return types.NewString(""), nil
	}
	f, err := parseNumberFormat(format)
	if err != nil {
		return types.Null, err
	}
	special := math.IsNaN(v) || math.IsInf(v, 0)
	switch {
	case f.roman && (special || math.Abs(v) > math.MaxInt32):
		return f.format(roman(0), 0, 0), nil
	case f.roman:
		return f.format(roman(int64(math.RoundToEven(v))), 0, 0), nil
	case f.e && special:
		return types.NewString(f.overflowE()), nil
	case f.e:
		s := strconv.FormatFloat(v, 'e', f.post, 64)
		if s[0] != '-' {
			s = " " + s
		}
		return types.NewString(s), nil
	}
	if f.v {
		v *= math.Pow(10, float64(f.multi))
		if digits == 6 {
			v = float64(float32(v))
		}
		f.pre += f.multi
	}
	if special = math.IsNaN(v) || math.IsInf(v, 0); special {
		return f.finish(map[bool]string{true: "NaN", false: strings.Replace(strings.ToLower(strconv.FormatFloat(v, 'f', 0, 64)), "+inf", "Infinity", 1)}[math.IsNaN(v)]), nil
	}
	n := len(strconv.FormatFloat(math.Abs(v), 'f', 0, 64))
	if n >= digits {
		f.post = 0
	} else if n+f.post > digits {
		f.post = digits - n
	}
	return f.finish(strconv.FormatFloat(v, 'f', f.post, 64)), nil
}

// finish formats a plain number.
func (f *numberFormat) finish(s string) types.Datum {
	sign := byte('+')
	if s[0] == '-' {
		sign, s = '-', s[1:]
	}
	n := strings.IndexByte(s, '.')
	if n < 0 {
		n = len(s)
	}
	if n > f.pre {
		return f.format(f.overflow(), sign, 0)
	}
	return f.format(s, sign, f.pre-n)
}

func roman(v int64) string {
	if v < 1 || v > 3999 {
		return strings.Repeat("#", 15)
	}
	var b strings.Builder
	for i, n := range []int64{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1} {
		for ; v >= n; v -= n {
			b.WriteString([]string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"}[i])
		}
	}
	return b.String()
}
