package expr

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"math"
	"unicode/utf8"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Text is valid UTF-8, counted in characters. The collation is C: case is ASCII's, order that of the bytes.

func textDefs() []def {
	return join(textSizeDefs(), textCaseDefs(), textPartDefs(), textMakeDefs(), textOrderDefs(), quoteDefs(), textListDefs(), textFormatDefs())
}

// textRow and textVec make a function of one text that appends its result.
func textRow(f func(dst, s []byte) []byte) rowFunc {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s := a[0].Bytes()
		return types.NewBytes(f(make([]byte, 0, len(s)), s)), nil
	}
}

func textVec(f func(dst, s []byte) []byte) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		w := writer{v: out}
		for _, i := range c.rows(sel, out.N) {
			w.fill(int(i) - 1)
			out.Data = f(out.Data, args[0].Bytes(slot(args[0], i)))
			w.fill(int(i))
		}
		w.done()
	}
}

// textNumber makes a def of a function from text to integer.
func textNumber(sig string, f func(s []byte) int64) def {
	return def{sig: sig,
		row: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.NewInt(f(a[0].Bytes())), nil },
		vec: func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
			for _, i := range c.rows(sel, out.N) {
				out.Ints[i] = f(args[0].Bytes(slot(args[0], i)))
			}
		}}
}

// textAt makes a def of a function of a text and an integer whose result is a part of the text.
func textAt(sig string, f func(s []byte, n int64) []byte) def {
	return def{sig: sig,
		row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBytes(f(a[0].Bytes(), a[1].Int())), nil
		},
		vec: partVec(func(s []byte, args []*batch.Vec, i int32) ([]byte, error) {
			return f(s, args[1].Ints[slot(args[1], i)]), nil
		})}
}

// partVec makes a function over columns whose result is a part of its first argument; f has that of row i.
func partVec(f func(s []byte, args []*batch.Vec, i int32) ([]byte, error)) vecFunc {
	return func(c *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec) {
		w := writer{v: out}
		for _, i := range c.rows(sel, out.N) {
			if out.IsNull(int(i)) {
				continue
			}
			part, err := f(args[0].Bytes(slot(args[0], i)), args, i)
			if err != nil {
				c.Fail(int(i), err)
				w.null(int(i))
				continue
			}
			w.bytes(int(i), part)
		}
		w.done()
	}
}

func bytesLen(s []byte) int64 { return int64(len(s)) }
func bitsLen(s []byte) int64  { return 8 * int64(len(s)) }
func charsLen(s []byte) int64 { return int64(utf8.RuneCount(s)) }

func textSizeDefs() []def {
	var out []def
	for _, name := range []string{"length", "char_length", "character_length"} {
		out = append(out,
			textNumber(name+"(text) int4", charsLen),
			textNumber(name+"(bpchar) int4", func(s []byte) int64 { return charsLen(bytes.TrimRight(s, " ")) }))
	}
	return append(out,
		textNumber("octet_length(text) int4", bytesLen),
		textNumber("octet_length(bpchar) int4", bytesLen),
		textNumber("bit_length(text) int4", bitsLen),
		textNumber("ascii(text) int4", func(s []byte) int64 {
			if len(s) == 0 {
				return 0
			}
			r, _ := utf8.DecodeRune(s)
			return int64(r)
		}))
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func upperByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

func appendLower(dst, s []byte) []byte {
	for _, c := range s {
		dst = append(dst, lowerByte(c))
	}
	return dst
}

func appendUpper(dst, s []byte) []byte {
	for _, c := range s {
		dst = append(dst, upperByte(c))
	}
	return dst
}

func appendInitcap(dst, s []byte) []byte {
	inWord := false
	for _, c := range s {
		if inWord {
			c = lowerByte(c)
		} else {
			c = upperByte(c)
		}
		dst = append(dst, c)
		inWord = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	return dst
}

func appendReverse(dst, s []byte) []byte {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		dst = append(dst, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return dst
}

func appendMD5(dst, s []byte) []byte {
	sum := md5.Sum(s)
	return hex.AppendEncode(dst, sum[:])
}

func textCaseDefs() []def {
	var out []def
	for _, f := range []struct {
		sig string
		f   func(dst, s []byte) []byte
	}{
		{"lower(text) text", appendLower}, {"upper(text) text", appendUpper}, {"initcap(text) text", appendInitcap},
		{"reverse(text) text", appendReverse}, {"md5(text) text", appendMD5},
	} {
		out = append(out, def{sig: f.sig, row: textRow(f.f), vec: textVec(f.f)})
	}
	return out
}

// charOffset is where character n (from 0) of s begins; len(s) if there are fewer.
func charOffset(s []byte, n int64) int {
	if n >= int64(len(s)) {
		return len(s)
	}
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, size := utf8.DecodeRune(s[i:])
		i += size
	}
	return i
}

func negativeSubstring() error {
	return sqlerr.New(sqlerr.SubstringError, "negative substring length not allowed")
}

// window is where a substring from start (from 1) of length characters begins and ends, from 0, before it is cut to the text's length.
func window(start, length int64) (from, to int64, err error) {
	if length < 0 {
		return 0, 0, negativeSubstring()
	}
	return max(start-1, 0), max(start+length-1, 0), nil
}

func substrFrom(s []byte, start int64) []byte { return s[charOffset(s, max(start-1, 0)):] }

func substrFor(s []byte, start, length int64) ([]byte, error) {
	from, to, err := window(start, length)
	if err != nil {
		return nil, err
	}
	s = s[charOffset(s, from):]
	return s[:charOffset(s, to-from)], nil
}

func leftText(s []byte, n int64) []byte {
	if n < 0 {
		n = max(charsLen(s)+n, 0)
	}
	return s[:charOffset(s, n)]
}

func rightText(s []byte, n int64) []byte {
	switch {
	case n == math.MinInt32: // PostgreSQL negates in 32 bits
		return s
	case n < 0:
		return s[charOffset(s, -n):]
	}
	return s[charOffset(s, max(charsLen(s)-n, 0)):]
}

// trimSet is btrim's argument: characters to strip.
func trimSet(s, set []byte, left, right bool) []byte {
	for left && len(s) > 0 {
		_, n := utf8.DecodeRune(s)
		if !bytes.Contains(set, s[:n]) {
			break
		}
		s = s[n:]
	}
	for right && len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		if !bytes.Contains(set, s[len(s)-n:]) {
			break
		}
		s = s[:len(s)-n]
	}
	return s
}

// strpos is the character, from 1, at which sub begins in s; 0 if nowhere.
func strpos(s, sub []byte) int64 {
	i := bytes.Index(s, sub)
	if i < 0 {
		return 0
	}
	return charsLen(s[:i]) + 1
}

func splitPart(s, sep []byte, n int64) ([]byte, error) {
	if n == 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "field position must not be zero")
	}
	if len(sep) == 0 {
		if n == 1 || n == -1 {
			return s, nil
		}
		return nil, nil
	}
	if n < 0 { // fields are cut from the front even so
		if n += int64(bytes.Count(s, sep)) + 2; n < 1 {
			return nil, nil
		}
	}
	for ; ; n-- {
		i := bytes.Index(s, sep)
		switch {
		case n == 1 && i < 0:
			return s, nil
		case n == 1:
			return s[:i], nil
		case i < 0:
			return nil, nil
		}
		s = s[i+len(sep):]
	}
}

func b2int(b bool) int {
	if b {
		return 1
	}
	return 0
}

func textPartDefs() []def {
	var out []def
	for _, name := range []string{"substr", "substring"} {
		out = append(out,
			textAt(name+"(text,int4) text", substrFrom),
			def{sig: name + "(text,int4,int4) text", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				s, err := substrFor(a[0].Bytes(), a[1].Int(), a[2].Int())
				return types.NewBytes(s), err
			}})
	}
	for _, t := range []struct {
		name        string
		left, right bool
	}{{"btrim", true, true}, {"ltrim", true, false}, {"rtrim", false, true}} {
		out = append(out,
			def{sig: t.name + "(text) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBytes(trimSet(a[0].Bytes(), []byte{' '}, t.left, t.right)), nil
			}},
			def{sig: t.name + "(text,text) text", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBytes(trimSet(a[0].Bytes(), a[1].Bytes(), t.left, t.right)), nil
			}})
	}
	find := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewInt(strpos(a[0].Bytes(), a[1].Bytes())), nil
	}
	prefix := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewBool(bytes.HasPrefix(a[0].Bytes(), a[1].Bytes())), nil
	}
	return append(out,
		textAt("left(text,int4) text", leftText),
		textAt("right(text,int4) text", rightText),
		def{sig: "position(text,text) int4", row: find},
		def{sig: "strpos(text,text) int4", row: find},
		def{sig: "starts_with(text,text) bool", row: prefix},
		def{sig: "^@(text,text) bool", row: prefix},
		def{sig: "split_part(text,text,int4) text", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, err := splitPart(a[0].Bytes(), a[1].Bytes(), a[2].Int())
			return types.NewBytes(s), err
		}, vec: partVec(func(s []byte, args []*batch.Vec, i int32) ([]byte, error) {
			return splitPart(s, args[1].Bytes(slot(args[1], i)), args[2].Ints[slot(args[2], i)])
		})})
}

func textOrderDefs() []def {
	var out []def
	for _, op := range comparisons[2:] {
		out = append(out, def{sig: "~" + op.name + "~(text,text) bool", row: compareType(op, types.Of(types.Text)), vec: bytesComparison(op)},
			def{sig: "~" + op.name + "~(bpchar,bpchar) bool", row: compareType(op, types.Of(types.BPChar))})
	}
	return out
}
