package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

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

// numberWriter is the state of writing a number by a format (PostgreSQL's NUMProc).
type numberWriter struct {
	*numberFormat
	out       []byte
	number    string
	at        int // in number
	signChar  byte
	signDone  bool
	spaces    int // blanks in front of the number
	count     int
	curr      int
	last      int // the last digit that matters under FM, -1: all do
	inDigits  bool
	zeroFirst int
}

func (f *numberFormat) format(number string, sign byte, spaces int) types.Datum {
	w := &numberWriter{numberFormat: f, number: number, signChar: sign, spaces: spaces, last: -1, zeroFirst: max(f.zeroStart-1, 0)}
	if f.roman {
		*f = numberFormat{tokens: f.tokens, roman: true, fill: f.fill}
		w.zeroFirst = 0
	}
	if f.plus || f.minus {
		w.signDone = f.minus
	} else {
		if sign != '-' && f.fill {
			f.bracket = false
		}
		w.signDone = sign == '+' && f.fill && !f.sign
		if f.signAt == signInFront && f.pre == f.signPre {
			f.signAt = signBehind
		}
	}
	w.count = f.post + f.pre - 1
	if dot := strings.IndexByte(number, '.'); f.fill && f.decimal && dot >= 0 {
		w.last = max(dot, len(strings.TrimRight(number, "0"))-1)
		if f.zeroEnd > spaces {
			w.last = max(w.last, min(len(number)-1, f.zeroEnd-spaces))
		}
	}
	if !w.signDone && spaces == 0 {
		w.count++
	}
	for _, t := range f.tokens {
		w.token(t)
	}
	return types.NewBytes(append([]byte{}, w.out...))
}

func (w *numberWriter) put(s string) { w.out = append(w.out, s...) }

func (w *numberWriter) token(t numberToken) {
	switch t.up {
	case "":
		w.put(t.text)
	case "9", "0", ".", "D":
		w.digitOrPoint(t.up)
	case ",", "G":
		switch {
		case w.inDigits:
			w.put(",")
		case !w.fill:
			w.put(" ")
		}
	case "L":
		w.put(" ")
	case "RN":
		s := w.number
		if t.key == "rn" {
			s = strings.ToLower(s)
		}
		if !w.fill {
			s = fmt.Sprintf("%15s", s)
		}
		w.put(s)
	case "TH":
		if !w.roman && w.number[0] != '#' && w.signChar != '-' && !w.decimal {
			w.put(ordinal(w.number, t.key)[len(w.number):])
		}
	case "MI":
		w.signIf('-')
	case "PL":
		w.signIf('+')
	case "SG":
		w.out = append(w.out, w.signChar)
	}
}

func (w *numberWriter) signIf(c byte) {
	if w.signChar == c {
		w.out = append(w.out, c)
	} else if !w.fill {
		w.put(" ")
	}
}

// blankZero: the 0 of 0.1 is not shown by 9.9.
func (w *numberWriter) blankZero() bool {
	return !w.zero && w.at == 0 && w.number[0] == '0' && w.post != 0
}

func (w *numberWriter) lastIsPoint() bool { return w.last >= 0 && w.number[w.last] == '.' }

func (w *numberWriter) char() byte {
	if w.at < len(w.number) {
		return w.number[w.at]
	}
	return 0
}

func (w *numberWriter) digitOrPoint(up string) {
	if w.roman {
		return
	}
	w.inDigits = false
	if !w.signDone && (w.curr >= w.spaces || w.zero && w.zeroFirst == w.curr) && (!w.blankZero() || w.lastIsPoint()) {
		w.leadingSign()
	}
	switch {
	case w.curr < w.spaces && (w.zeroFirst > w.curr || !w.zero):
		if !w.fill {
			w.put(" ")
		}
	case w.zero && w.curr < w.spaces:
		w.put("0")
		w.inDigits = true
	default:
		w.digit(up)
		if w.at < len(w.number) {
			w.at++
		}
	}
	end := w.count + int(b2i(w.spaces > 0)) + int(b2i(w.decimal))
	if w.last >= 0 && w.last == w.at {
		end = w.curr
	}
	if w.curr+1 == end {
		switch {
		case w.signDone && w.bracket:
			w.put(map[bool]string{true: " ", false: ">"}[w.signChar == '+'])
		case w.sign && w.signAt == signBehind:
			w.out = append(w.out, w.signChar)
		}
	}
	w.curr++
}

func (w *numberWriter) leadingSign() {
	switch {
	case w.sign:
		if w.signAt == signInFront {
			w.out = append(w.out, w.signChar)
			w.signDone = true
		}
	case w.bracket:
		w.put(map[bool]string{true: " ", false: "<"}[w.signChar == '+'])
		w.signDone = true
	case w.signChar == '+':
		if !w.fill {
			w.put(" ")
		}
		w.signDone = true
	case w.signChar == '-':
		w.put("-")
		w.signDone = true
	}
}

func (w *numberWriter) digit(up string) {
	c := w.char()
	switch {
	case c == '.':
		if w.last < 0 || !w.lastIsPoint() || w.fill {
			w.put(".")
		}
	case w.last >= 0 && w.at > w.last && up != "0":
	case w.blankZero():
		if !w.fill {
			w.put(" ")
		} else if w.lastIsPoint() {
			w.put("0")
		}
	case c != 0:
		w.out = append(w.out, c)
		w.inDigits = true
	}
}

// numberReader is the state of reading a number by a format.
type numberReader struct {
	*numberFormat
	s                 string
	at                int
	signChar          byte
	digits            []byte
	readPre, readPost int
	readPoint         bool
}

func toNumber(_ *Ctx, a []types.Datum) (types.Datum, error) {
	format := a[1].String()
	if format == "" {
		return types.Null, nil
	}
	f, err := parseNumberFormat(format)
	if err != nil {
		return types.Null, err
	}
	if f.e || f.roman {
		name := "EEEE"
		if !f.e {
			name = "RN"
		}
		return types.Null, sqlerr.New(sqlerr.FeatureNotSupported, `"%s" not supported for input`, name)
	}
	r := &numberReader{numberFormat: f, s: a[0].String(), signChar: ' '}
	for _, t := range f.tokens {
		if r.at >= len(r.s) {
			break
		}
		r.token(t)
	}
	d, err := numeric.Parse(string(r.signChar) + strings.TrimSuffix(string(r.digits), "."))
	if err != nil {
		return types.Null, err
	}
	if d, err = d.Fit(f.pre+f.multi+r.readPost, r.readPost); err != nil {
		return types.Null, err
	}
	if f.v {
		p, err := numeric.Power(numeric.FromInt(10), numeric.FromInt(int64(-f.multi)))
		if err != nil {
			return types.Null, err
		}
		if d, err = numeric.Mul(d, p); err != nil {
			return types.Null, err
		}
	}
	return types.NewDecimal(d), nil
}

// skip passes over up to n characters that cannot belong to a number.
func (r *numberReader) skip(n int) {
	for ; n > 0 && r.at < len(r.s) && strings.IndexByte("0123456789.,+-", r.s[r.at]) < 0; n-- {
		_, size := utf8.DecodeRuneInString(r.s[r.at:])
		r.at += size
	}
}

func (r *numberReader) token(t numberToken) {
	c := r.s[r.at]
	switch t.up {
	case "":
		_, size := utf8.DecodeRuneInString(r.s[r.at:])
		r.at += size
	case "9", "0", ".", "D":
		r.digit(t.up == "9" || t.up == "0")
		r.at++
	case ",", "G":
		if !r.fill && c == ',' { // under FM a separator in front of the number is none; the number's place is not kept while reading
			r.at++
		}
	case "L":
		r.skip(1)
	case "TH":
		if !r.decimal && r.signChar != '-' {
			r.skip(2)
		}
	case "MI", "PL", "SG":
		if c == '-' && t.up != "PL" || c == '+' && t.up != "MI" {
			r.signChar = c
			r.at++
		} else {
			r.skip(1)
		}
	}
}

func (r *numberReader) isSign(at int) bool {
	return at < len(r.s) && (r.s[at] == '-' || r.s[at] == '+')
}

// digit reads a digit or the point, with a sign before or behind.
func (r *numberReader) digit(number bool) {
	done := func() bool { return r.at >= len(r.s) }
	if done() {
		return
	}
	if r.s[r.at] == ' ' {
		r.at++
	}
	if done() {
		return
	}
	if r.signChar == ' ' && number && r.readPre+r.readPost == 0 {
		switch c := r.s[r.at]; {
		case r.sign && r.signAt != signInFront:
		case c == '-' || c == '+':
			r.signChar = c
			r.at++
		case c == '<' && r.bracket:
			r.signChar = '-'
			r.at++
		}
	}
	if done() {
		return
	}
	read := false
	switch c := r.s[r.at]; {
	case isDigit(c):
		if r.readPoint && r.readPost == r.post {
			return
		}
		r.digits = append(r.digits, c)
		if r.readPoint {
			r.readPost++
		} else {
			r.readPre++
		}
		read = true
	case r.decimal && !r.readPoint && c == '.':
		r.digits = append(r.digits, '.')
		r.readPoint, read = true, true
	}
	if r.signChar != ' ' || r.readPre+r.readPost == 0 {
		return
	}
	switch {
	case r.sign && read && r.at+1 < len(r.s) && !isDigit(r.s[r.at+1]):
		if r.isSign(r.at + 1) {
			r.at++
			r.signChar = r.s[r.at]
		}
	case !read && !r.sign && (r.plus || r.minus) && r.isSign(r.at):
		r.signChar = r.s[r.at]
	}
}
