package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"github.com/streamsql/streamsql/types/numeric"
)

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
