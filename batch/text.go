package batch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// The text form, for tests: a row a line, weight first.
//
//	+1 (1, 'ann', NULL)
//	-2 (2, 'o''hara', 1.50)
//	+1 error 22012 division by zero
//
// Numbers and booleans stand bare, other values are quoted as in SQL.

// String is the text form, in the rows' order.
func (b *Batch) String() string {
	var out []byte
	for i := range b.Len() {
		out = append(b.appendRowText(out, i), '\n')
	}
	for i := range b.Errs {
		out = append(b.Errs[i].appendText(out), '\n')
	}
	return string(out)
}

// SortedString is the text form of the consolidated batch, its lines sorted: the same for equal multisets.
func (b *Batch) SortedString() string {
	lines := slices.Sorted(strings.Lines(b.Consolidate().String()))
	return strings.Join(lines, "")
}

func appendWeight(dst []byte, w Weight) []byte {
	if w >= 0 {
		dst = append(dst, '+')
	}
	return append(strconv.AppendInt(dst, w, 10), ' ')
}

func (b *Batch) appendRowText(dst []byte, i int) []byte {
	cfg := types.DefaultConfig()
	dst = append(appendWeight(dst, b.W[i]), '(')
	for k, c := range b.Cols {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendDatumText(dst, cfg, c.Type, c.Datum(i))
	}
	return append(dst, ')')
}

func appendDatumText(dst []byte, cfg *types.Config, t types.Type, d types.Datum) []byte {
	switch {
	case d.IsNull():
		return append(dst, "NULL"...)
	case t.Is(types.Bool):
		return strconv.AppendBool(dst, d.Bool())
	case bare(t):
		return types.AppendText(dst, cfg, t, d)
	}
	dst = append(dst, '\'')
	for _, c := range types.AppendText(nil, cfg, t, d) {
		if c == '\'' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

func bare(t types.Type) bool { return !t.Array && t.Category() == 'N' }

func (e *ErrRow) appendText(dst []byte) []byte {
	dst = append(appendWeight(dst, e.W), "error "...)
	if e.Err != nil {
		dst = append(append(dst, e.Err.Code...), ' ')
		dst = append(dst, e.Err.Message...)
	}
	return dst
}

// Parse reads the text form of rows of types ts; blank lines and lines that begin with # do not count.
func Parse(ts []types.Type, text string) (*Batch, error) {
	b := New(ts, strings.Count(text, "\n")+1)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := b.ParseRow(line); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// ParseRow reads one line of the text form and appends it.
func (b *Batch) ParseRow(line string) error {
	bad := func(what string) error {
		return sqlerr.New(sqlerr.InvalidTextRepresentation, "row %q: %s", line, what)
	}
	weight, rest, ok := strings.Cut(line, " ")
	w, err := strconv.ParseInt(weight, 10, 64)
	if !ok || err != nil {
		return bad("want a weight and a row")
	}
	rest = strings.TrimSpace(rest)
	if e, ok := strings.CutPrefix(rest, "error "); ok {
		code, msg, _ := strings.Cut(e, " ")
		b.Errs = append(b.Errs, ErrRow{Err: &sqlerr.Error{Code: sqlerr.Code(code), Message: msg}, W: w})
		return nil
	}
	if len(rest) < 2 || rest[0] != '(' || rest[len(rest)-1] != ')' {
		return bad("want parentheses")
	}
	rest = rest[1 : len(rest)-1]
	cfg := types.DefaultConfig()
	row := make([]types.Datum, len(b.Cols))
	for k, c := range b.Cols {
		var text string
		var quoted bool
		if text, rest, quoted, ok = cutValue(rest); !ok {
			return bad("too few values")
		}
		if !quoted && text == "NULL" {
			continue
		}
		if row[k], err = types.ParseText(cfg, c.Type, text); err != nil {
			return bad(err.Error())
		}
	}
	if strings.TrimSpace(rest) != "" {
		return bad("too many values")
	}
	b.AppendRow(row, w)
	return nil
}

// cutValue takes one value and the comma behind it off the front of s.
func cutValue(s string) (text, rest string, quoted, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" {
		return "", "", false, false
	}
	if s[0] != '\'' {
		text, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(text), rest, false, true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		rest = strings.TrimLeft(s[i+1:], " ")
		if rest == "" {
			return b.String(), "", true, true
		}
		return b.String(), rest[1:], true, rest[0] == ','
	}
	return "", "", true, false
}
