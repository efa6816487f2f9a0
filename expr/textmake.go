package expr

import (
	"bytes"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func textTooLong() error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "requested length too large")
}

func repeatText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, n := a[0].Bytes(), max(a[1].Int(), 0)
	if int64(len(s))*n > maxValue {
		return types.Null, textTooLong()
	}
	return types.NewBytes(bytes.Repeat(s, int(n))), nil
}

// pad is lpad and rpad.
func pad(left bool) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, n, fill := a[0].Bytes(), max(a[1].Int(), 0), []byte{' '}
		if len(a) > 2 {
			fill = a[2].Bytes()
		}
		have := min(charsLen(s), n)
		if len(fill) == 0 {
			n = have
		}
		if n > maxValue/utf8.UTFMax {
			return types.Null, textTooLong()
		}
		s = s[:charOffset(s, have)]
		missing := n - have
		out := make([]byte, 0, len(s)+int(missing)*min(len(fill), utf8.UTFMax))
		if !left {
			out = append(out, s...)
		}
		if missing > 0 {
			size := charsLen(fill)
			for ; missing >= size; missing -= size {
				out = append(out, fill...)
			}
			out = append(out, fill[:charOffset(fill, missing)]...)
		}
		if left {
			out = append(out, s...)
		}
		return types.NewBytes(out), nil
	}
}

func replaceText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, from, to := a[0].Bytes(), a[1].Bytes(), a[2].Bytes()
	if len(from) == 0 || !bytes.Contains(s, from) {
		return a[0], nil
	}
	if grows := len(to) - len(from); grows > 0 {
		n := bytes.Count(s, from)
		mustFitTimes(n, grows)
		mustFit(len(s) + n*grows)
	}
	return types.NewBytes(bytes.ReplaceAll(s, from, to)), nil
}

// translateText replaces each character that is in from by the one at its place in to, or removes it.
func translateText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, from, to := a[0].Bytes(), []rune(string(a[1].Bytes())), []rune(string(a[2].Bytes()))
	out := make([]byte, 0, len(s))
next:
	for _, r := range string(s) {
		for i, f := range from {
			if r == f {
				if i < len(to) {
					out = utf8.AppendRune(out, to[i])
				}
				continue next
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return types.NewBytes(out), nil
}

func chrText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	switch n := a[0].Int(); {
	case n < 0:
		return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "character number must be positive")
	case n == 0:
		return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "null character not permitted")
	case n > utf8.MaxRune:
		return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "requested character too large for encoding: %d", n)
	case !utf8.ValidRune(rune(n)):
		return types.Null, sqlerr.New(sqlerr.ProgramLimitExceeded, "requested character not valid for encoding: %d", n)
	default:
		return types.NewBytes(utf8.AppendRune(nil, rune(n))), nil
	}
}

func overlayText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, with := a[0].Bytes(), a[1].Bytes()
	length := charsLen(with)
	if len(a) > 3 {
		length = a[3].Int()
	}
	before, after, err := overlayWindow(a[2].Int(), length)
	if err != nil {
		return types.Null, err
	}
	head, err := substrFor(s, 1, before)
	if err != nil {
		return types.Null, err
	}
	return types.NewBytes(bytes.Join([][]byte{head, with, substrFrom(s, after)}, nil)), nil
}

// overlayWindow is how long what stays in front is, and where (from 1) what stays behind begins.
func overlayWindow(start, length int64) (before, after int64, err error) {
	if start <= 0 {
		return 0, 0, negativeSubstring()
	}
	if after = start + length; after > math.MaxInt32 || after < math.MinInt32 {
		return 0, 0, types.OutOfRange(types.Int4)
	}
	return start - 1, after, nil
}

func concatVec(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
	w := writer{v: out}
	for _, i := range c.rows(sel, out.N) {
		x, y := args[0].Bytes(slot(args[0], i)), args[1].Bytes(slot(args[1], i))
		w.fill(int(i) - 1)
		w.room(len(x) + len(y))
		out.Data = append(append(out.Data, x...), y...)
		w.fill(int(i))
	}
	w.done()
}

func concatRow(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := a[0].Bytes(), a[1].Bytes()
	mustFit(len(x) + len(y))
	return types.NewBytes(append(append(make([]byte, 0, len(x)+len(y)), x...), y...)), nil
}

// textOf makes the cast to text, which for booleans differs from the output function's text.
func textOf(t types.Type) func(c *Ctx, d types.Datum) ([]byte, error) {
	cast := types.FindCast(t, types.Of(types.Text))
	return func(c *Ctx, d types.Datum) ([]byte, error) {
		if cast == nil {
			return types.AppendText(nil, c.config(), t, d), nil
		}
		d, err := cast.Eval(c.config(), d, true)
		return d.Bytes(), err
	}
}

// concatAny is text || anything.
func concatAny(args []types.Type, _ types.Type) rowFunc {
	left, right := textOf(args[0]), textOf(args[1])
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		l, err := left(c, a[0])
		if err != nil {
			return types.Null, err
		}
		r, err := right(c, a[1])
		return types.NewBytes(slices.Concat(l, r)), err
	}
}

func textMakeDefs() []def {
	return []def{
		{sig: "||(text,text) text", row: concatRow, vec: concatVec},
		{sig: "||(text,anynonarray) text", flags: stable, bind: concatAny},
		{sig: "||(anynonarray,text) text", flags: stable, bind: concatAny},
		{sig: "repeat(text,int4) text", flags: canFail, row: repeatText},
		{sig: "lpad(text,int4) text", flags: canFail, row: pad(true)},
		{sig: "lpad(text,int4,text) text", flags: canFail, row: pad(true)},
		{sig: "rpad(text,int4) text", flags: canFail, row: pad(false)},
		{sig: "rpad(text,int4,text) text", flags: canFail, row: pad(false)},
		{sig: "replace(text,text,text) text", row: replaceText},
		{sig: "translate(text,text,text) text", row: translateText},
		{sig: "chr(int4) text", flags: canFail, row: chrText},
		{sig: "overlay(text,text,int4) text", flags: canFail, row: overlayText},
		{sig: "overlay(text,text,int4,int4) text", flags: canFail, row: overlayText},
		{sig: "unistr(text) text", flags: canFail, row: unistr},
	}
}

// textOrderDefs are ~<~ and the like: order by bytes, which here is that of < too.
