package expr

import (
	"bytes"
	"math"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func textFormatDefs() []def {
	return []def{
		{sig: "format(text) text", flags: stable | lenient | canFail, bind: formatText},
		{sig: "format(text,any...) text", flags: stable | lenient | canFail, bind: formatText},
	}
}

// formatText is format(): %s, %I and %L with position, flag and width, as C's printf knows them.
func formatText(args []types.Type, _ types.Type) rowFunc {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Null, nil
		}
		f := formatter{c: c, types: args, args: a, s: a[0].Bytes(), out: []byte{}}
		if err := f.run(); err != nil {
			return types.Null, err
		}
		return types.NewBytes(f.out), nil
	}
}

type formatter struct {
	c     *Ctx
	types []types.Type
	args  []types.Datum // the format and its arguments
	last  int           // the argument used last
	s     []byte        // what is left of the format
	out   []byte
}

func (f *formatter) run() error {
	for {
		i := bytes.IndexByte(f.s, '%')
		if i < 0 {
			f.out = append(f.out, f.s...)
			return nil
		}
		f.out = append(f.out, f.s[:i]...)
		f.s = f.s[i+1:]
		if len(f.s) > 0 && f.s[0] == '%' {
			f.out = append(f.out, '%')
			f.s = f.s[1:]
			continue
		}
		if err := f.spec(); err != nil {
			return err
		}
	}
}

func unterminatedFormat() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "unterminated format() type specifier").
		WithHint(`For a single "%%" use "%%%%".`)
}

func badFormatWidth() error {
	return sqlerr.New(sqlerr.NumericValueOutOfRange, "number is out of range")
}

// digits reads a number; false if there is none.
func (f *formatter) digits() (n int64, ok bool, err error) {
	for ; len(f.s) > 0 && f.s[0] >= '0' && f.s[0] <= '9'; f.s = f.s[1:] {
		if n, ok = n*10+int64(f.s[0]-'0'), true; n > math.MaxInt32 {
			return 0, false, badFormatWidth()
		}
	}
	if ok && len(f.s) == 0 {
		return 0, false, unterminatedFormat()
	}
	return n, ok, nil
}

// formatPosition checks the n of "n$".
func formatPosition(n int64) error {
	if n == 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
	}
	return nil
}

// spec is one specifier: [n$][-][width | * | *n$] and a letter.
func (f *formatter) spec() error {
	var arg, width int64
	left := false
	n, ok, err := f.digits()
	if err != nil {
		return err
	}
	switch {
	case len(f.s) == 0:
		return unterminatedFormat()
	case ok && f.s[0] == '$':
		if arg, err = n, formatPosition(n); err != nil {
			return err
		}
		f.s = f.s[1:]
	case ok: // no position: a width
		return f.convert(0, n, false)
	}
	for ; len(f.s) > 0 && f.s[0] == '-'; f.s = f.s[1:] {
		left = true
	}
	if len(f.s) > 0 && f.s[0] == '*' {
		if width, err = f.starWidth(); err != nil {
			return err
		}
	} else if width, _, err = f.digits(); err != nil {
		return err
	}
	return f.convert(arg, width, left)
}

// starWidth is a width that is an argument.
func (f *formatter) starWidth() (int64, error) {
	f.s = f.s[1:]
	n, ok, err := f.digits()
	if err != nil {
		return 0, err
	}
	if len(f.s) == 0 {
		return 0, unterminatedFormat()
	}
	arg := 0
	if ok {
		if f.s[0] != '$' {
			return 0, sqlerr.New(sqlerr.InvalidParameterValue, `width argument position must be ended by "$"`)
		}
		if err := formatPosition(n); err != nil {
			return 0, err
		}
		arg, f.s = int(n), f.s[1:]
	}
	d, t, err := f.next(arg)
	if err != nil || d.IsNull() {
		return 0, err
	}
	if !t.Array && (t.Kind == types.Int2 || t.Kind == types.Int4) {
		return d.Int(), nil
	}
	w, err := types.ParseText(f.c.config(), types.Of(types.Int4), string(types.AppendText(nil, f.c.config(), t, d)))
	return w.Int(), err
}

// next is argument n, or for 0 the one after the last.
func (f *formatter) next(n int) (types.Datum, types.Type, error) {
	if n == 0 {
		n = f.last + 1
	}
	if n >= len(f.args) {
		return types.Null, types.Type{}, sqlerr.New(sqlerr.InvalidParameterValue, "too few arguments for format()")
	}
	f.last = n
	return f.args[n], f.types[n], nil
}

func (f *formatter) convert(arg, width int64, left bool) error {
	if len(f.s) == 0 {
		return unterminatedFormat()
	}
	verb := f.s[0]
	if verb != 's' && verb != 'I' && verb != 'L' {
		return sqlerr.New(sqlerr.InvalidParameterValue, `unrecognized format() type specifier "%s"`, f.s[:charOffset(f.s, 1)]).
			WithHint(`For a single "%%" use "%%%%".`)
	}
	f.s = f.s[1:]
	d, t, err := f.next(int(arg))
	if err != nil {
		return err
	}
	var text []byte
	if !d.IsNull() {
		text = types.AppendText(nil, f.c.config(), t, d)
	}
	switch verb {
	case 'I':
		if d.IsNull() {
			return sqlerr.New(sqlerr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
		}
		text = appendQuotedIdent(nil, text)
	case 'L':
		if d.IsNull() {
			text = []byte("NULL")
		} else {
			text = appendQuotedLiteral(nil, text)
		}
	}
	if width < 0 {
		left, width = true, -width
	}
	if width > maxValue || len(f.out)+len(text)+int(width) > maxValue {
		return textTooLong()
	}
	blanks := bytes.Repeat([]byte{' '}, int(max(width-charsLen(text), 0)))
	if left {
		f.out = append(append(f.out, text...), blanks...)
	} else {
		f.out = append(append(f.out, blanks...), text...)
	}
	return nil
}
