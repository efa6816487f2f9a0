package types

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// appendArrayText writes {1,NULL,"a b"}; with bounds in front where a lower bound is not 1.
func appendArrayText(dst []byte, cfg *Config, elem Type, d Datum) []byte {
	a := DecodeArray(elem, d)
	if len(a.Elems) == 0 {
		return append(dst, "{}"...)
	}
	for _, l := range a.Lower {
		if l == 1 {
			continue
		}
		for i, l := range a.Lower {
			dst = strconv.AppendInt(append(dst, '['), int64(l), 10)
			dst = strconv.AppendInt(append(dst, ':'), int64(l+a.Dims[i]-1), 10)
			dst = append(dst, ']')
		}
		dst = append(dst, '=')
		break
	}
	w := arrayWriter{cfg: cfg, a: &a}
	return w.dim(dst, 0)
}

type arrayWriter struct {
	cfg  *Config
	a    *Array
	next int
	buf  []byte
}

func (w *arrayWriter) dim(dst []byte, k int) []byte {
	dst = append(dst, '{')
	for i := range w.a.Dims[k] {
		if i > 0 {
			dst = append(dst, ',')
		}
		if k+1 < len(w.a.Dims) {
			dst = w.dim(dst, k+1)
			continue
		}
		dst = w.elem(dst, w.a.Elems[w.next])
		w.next++
	}
	return append(dst, '}')
}

func (w *arrayWriter) elem(dst []byte, d Datum) []byte {
	if d.IsNull() {
		return append(dst, "NULL"...)
	}
	w.buf = AppendText(w.buf[:0], w.cfg, w.a.Elem, d)
	if !needsQuotes(w.buf) {
		return append(dst, w.buf...)
	}
	dst = append(dst, '"')
	for _, c := range w.buf {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func needsQuotes(b []byte) bool {
	if len(b) == 0 || len(b) == 4 && strings.EqualFold(string(b), "null") {
		return true
	}
	for _, c := range b {
		if c == '"' || c == '\\' || c == '{' || c == '}' || c == ',' || isSpace(c) {
			return true
		}
	}
	return false
}

func malformed(s, detail string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidTextRepresentation, `malformed array literal: "%s"`, s).WithDetail(detail, args...)
}

// parseArrayText reads an array's text form.
func parseArrayText(cfg *Config, t Type, s string) (Datum, error) {
	r := arrayReader{cfg: cfg, whole: s, s: s, elem: t.Elem()}
	return r.read()
}

type arrayReader struct {
	cfg   *Config
	whole string
	s     string // what is left
	elem  Type
	dims  []int // as the first sub-array of each depth shows them; -1: not yet known
	elems []Datum
}

func (r *arrayReader) blanks() {
	for r.s != "" && isSpace(r.s[0]) {
		r.s = r.s[1:]
	}
}

func (r *arrayReader) read() (Datum, error) {
	dims, lower, err := r.bounds()
	if err != nil {
		return Null, err
	}
	if r.s == "" || r.s[0] != '{' {
		if dims != nil {
			return Null, malformed(r.whole, "Array contents must start with \"{\".")
		}
		return Null, malformed(r.whole, "Array value must start with \"{\" or dimension information.")
	}
	if err := r.dim(0); err != nil {
		return Null, err
	}
	if r.blanks(); r.s != "" {
		return Null, malformed(r.whole, "Junk after closing right brace.")
	}
	if len(r.elems) == 0 {
		return NewArray(Array{Elem: r.elem}), nil
	}
	if dims != nil {
		if len(dims) != len(r.dims) {
			return Null, malformed(r.whole, "Specified array dimensions do not match array contents.")
		}
		for i := range dims {
			if dims[i] != r.dims[i] {
				return Null, malformed(r.whole, "Specified array dimensions do not match array contents.")
			}
		}
	}
	return NewArray(Array{Elem: r.elem, Dims: r.dims, Lower: lower, Elems: r.elems}), nil
}

// bounds reads [l:u][l:u]= if it is there.
func (r *arrayReader) bounds() (dims, lower []int, err error) {
	for {
		if r.blanks(); r.s == "" || r.s[0] != '[' {
			break
		}
		if len(dims) >= MaxArrayDims {
			return nil, nil, tooManyDims(len(dims) + 1)
		}
		end := strings.IndexByte(r.s, ']')
		if end < 0 {
			return nil, nil, malformed(r.whole, `Missing "]" after array dimensions.`)
		}
		lo, up, both := strings.Cut(r.s[1:end], ":")
		if !both {
			lo, up = "1", lo
		}
		l, err1 := strconv.ParseInt(lo, 10, 32)
		u, err2 := strconv.ParseInt(up, 10, 32)
		if err1 != nil || err2 != nil {
			return nil, nil, malformed(r.whole, `"[" must introduce explicitly-specified array dimensions.`)
		}
		if u < l {
			return nil, nil, sqlerr.New(sqlerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		dims, lower = append(dims, int(u-l+1)), append(lower, int(l))
		r.s = r.s[end+1:]
	}
	if dims == nil {
		return nil, nil, nil
	}
	if !strings.HasPrefix(r.s, "=") {
		return nil, nil, malformed(r.whole, `Missing "=" after array dimensions.`)
	}
	r.s = r.s[1:]
	r.blanks()
	return dims, lower, nil
}

func tooManyDims(n int) error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, MaxArrayDims)
}

// dim reads one sub-array at depth k, from its opening brace past the closing one.
func (r *arrayReader) dim(k int) error {
	if k >= MaxArrayDims {
		return tooManyDims(k + 1)
	}
	first := len(r.dims) == k
	if first {
		r.dims = append(r.dims, -1)
	}
	r.s = r.s[1:]
	n := 0
	for {
		if r.blanks(); r.s == "" {
			return malformed(r.whole, "Unexpected end of input.")
		}
		if r.s[0] == '}' {
			if k > 0 || n > 0 {
				return malformed(r.whole, `Unexpected "}" character.`)
			}
			break
		}
		if err := r.item(k); err != nil {
			return err
		}
		n++
		if r.blanks(); r.s == "" {
			return malformed(r.whole, "Unexpected end of input.")
		}
		if r.s[0] == '}' {
			break
		}
		if r.s[0] != ',' {
			return malformed(r.whole, "Unexpected array element.")
		}
		if r.s = r.s[1:]; strings.HasPrefix(strings.TrimLeft(r.s, " \t\n\v\f\r"), "}") {
			return malformed(r.whole, `Unexpected "}" character.`)
		}
	}
	r.s = r.s[1:]
	if r.dims[k] == -1 {
		r.dims[k] = n
	} else if r.dims[k] != n {
		return malformed(r.whole, "Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	return nil
}

// item reads an element or a sub-array.
func (r *arrayReader) item(k int) error {
	switch c := r.s[0]; {
	case c == '{':
		if len(r.dims) == k+1 && r.dims[k] != -1 || len(r.dims) == k+1 && len(r.elems) > 0 {
			return malformed(r.whole, `Unexpected "{" character.`)
		}
		return r.dim(k + 1)
	case len(r.dims) > k+1:
		return malformed(r.whole, "Unexpected array element.")
	case c == ',':
		return malformed(r.whole, `Unexpected "," character.`)
	}
	text, quoted, err := r.word()
	if err != nil {
		return err
	}
	if r.blanks(); r.s == "" {
		return malformed(r.whole, "Unexpected end of input.")
	} else if r.s[0] != ',' && r.s[0] != '}' {
		return malformed(r.whole, "Unexpected array element.")
	}
	if !quoted && strings.EqualFold(text, "null") {
		r.elems = append(r.elems, Null)
		return nil
	}
	d, err := ParseText(r.cfg, r.elem, text)
	if err != nil {
		return err
	}
	r.elems = append(r.elems, d)
	return nil
}

// word reads an element's text; blanks around it do not count unless quoted or escaped.
func (r *arrayReader) word() (text string, quoted bool, err error) {
	if r.s[0] == '"' {
		return r.quotedWord()
	}
	var b []byte
	keep := 0 // trailing blanks up to here are part of it
	i := 0
	for ; i < len(r.s); i++ {
		c := r.s[i]
		switch {
		case c == '\\':
			if i++; i >= len(r.s) {
				return "", false, malformed(r.whole, "Unexpected end of input.")
			}
			b = append(b, r.s[i])
			keep, quoted = len(b), true
			continue
		case c == '"':
			return "", false, malformed(r.whole, "Unexpected array element.")
		case c == '{':
			return "", false, malformed(r.whole, `Unexpected "{" character.`)
		case c == ',' || c == '}':
			for len(b) > keep && isSpace(b[len(b)-1]) {
				b = b[:len(b)-1]
			}
			r.s = r.s[i:]
			return string(b), quoted, nil
		}
		b = append(b, c)
	}
	return "", false, malformed(r.whole, "Unexpected end of input.")
}

func (r *arrayReader) quotedWord() (string, bool, error) {
	var b []byte
	for i := 1; i < len(r.s); i++ {
		switch c := r.s[i]; c {
		case '"':
			r.s = r.s[i+1:]
			return string(b), true, nil
		case '\\':
			if i++; i < len(r.s) {
				b = append(b, r.s[i])
			}
		default:
			b = append(b, c)
		}
	}
	return "", false, malformed(r.whole, "Unexpected end of input.")
}
