package expr

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func byteaDefs() []def {
	return join(byteaPartDefs(), byteaBitDefs(), byteaHashDefs(), byteaCodingDefs())
}

func substrBytesFrom(s []byte, start int64) []byte {
	return s[min(max(start-1, 0), int64(len(s))):]
}

func substrBytes(s []byte, start, length int64) ([]byte, error) {
	from, to, err := window(start, length)
	n := int64(len(s))
	return s[min(from, n):min(to, n)], err
}

func byteaPartDefs() []def {
	trim := func(left, right bool) rowFunc {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, set := a[0].Bytes(), a[1].Bytes()
			for left && len(s) > 0 && bytes.IndexByte(set, s[0]) >= 0 {
				s = s[1:]
			}
			for right && len(s) > 0 && bytes.IndexByte(set, s[len(s)-1]) >= 0 {
				s = s[:len(s)-1]
			}
			return types.NewBytes(s), nil
		}
	}
	var out []def
	for _, name := range []string{"substr", "substring"} {
		out = append(out,
			textAt(name+"(bytea,int4) bytea", substrBytesFrom),
			def{sig: name + "(bytea,int4,int4) bytea", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				s, err := substrBytes(a[0].Bytes(), a[1].Int(), a[2].Int())
				return types.NewBytes(s), err
			}})
	}
	return append(out,
		textNumber("length(bytea) int4", bytesLen),
		textNumber("octet_length(bytea) int4", bytesLen),
		textNumber("bit_length(bytea) int4", bitsLen),
		textNumber("bit_count(bytea) int8", func(s []byte) (n int64) {
			for _, c := range s {
				n += int64(bits.OnesCount8(c))
			}
			return n
		}),
		def{sig: "||(bytea,bytea) bytea", row: concatRow, vec: concatVec},
		def{sig: "position(bytea,bytea) int4", row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(bytes.Index(a[0].Bytes(), a[1].Bytes()) + 1)), nil
		}},
		def{sig: "btrim(bytea,bytea) bytea", row: trim(true, true)},
		def{sig: "ltrim(bytea,bytea) bytea", row: trim(true, false)},
		def{sig: "rtrim(bytea,bytea) bytea", row: trim(false, true)},
		def{sig: "overlay(bytea,bytea,int4) bytea", flags: canFail, row: overlayBytes},
		def{sig: "overlay(bytea,bytea,int4,int4) bytea", flags: canFail, row: overlayBytes})
}

func overlayBytes(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s, with := a[0].Bytes(), a[1].Bytes()
	length := int64(len(with))
	if len(a) > 3 {
		length = a[3].Int()
	}
	before, after, err := overlayWindow(a[2].Int(), length)
	if err != nil {
		return types.Null, err
	}
	head, err := substrBytes(s, 1, before)
	return types.NewBytes(bytes.Join([][]byte{head, with, substrBytesFrom(s, after)}, nil)), err
}

// byteAt checks an index below n.
func byteAt(i, n int64) error {
	if i < 0 || i >= n {
		return sqlerr.New(sqlerr.ArraySubscriptError, "index %d out of valid range, 0..%d", i, n-1)
	}
	return nil
}

func byteaBitDefs() []def {
	return []def{
		{sig: "get_byte(bytea,int4) int4", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, i := a[0].Bytes(), a[1].Int()
			if err := byteAt(i, int64(len(s))); err != nil {
				return types.Null, err
			}
			return types.NewInt(int64(s[i])), nil
		}},
		{sig: "set_byte(bytea,int4,int4) bytea", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, i := bytes.Clone(a[0].Bytes()), a[1].Int()
			if err := byteAt(i, int64(len(s))); err != nil {
				return types.Null, err
			}
			s[i] = byte(a[2].Int())
			return types.NewBytes(s), nil
		}},
		{sig: "get_bit(bytea,int8) int4", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, i := a[0].Bytes(), a[1].Int()
			if err := byteAt(i, bitsLen(s)); err != nil {
				return types.Null, err
			}
			return types.NewInt(int64(s[i/8] >> (i % 8) & 1)), nil
		}},
		{sig: "set_bit(bytea,int8,int4) bytea", flags: canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, i := bytes.Clone(a[0].Bytes()), a[1].Int()
			if err := byteAt(i, bitsLen(s)); err != nil {
				return types.Null, err
			}
			switch a[2].Int() {
			case 0:
				s[i/8] &^= 1 << (i % 8)
			case 1:
				s[i/8] |= 1 << (i % 8)
			default:
				return types.Null, sqlerr.New(sqlerr.InvalidParameterValue, "new bit must be 0 or 1")
			}
			return types.NewBytes(s), nil
		}},
	}
}

func byteaHashDefs() []def {
	var out []def
	for _, h := range []struct {
		sig string
		f   func(dst, s []byte) []byte
	}{
		{"md5(bytea) text", appendMD5},
		{"sha224(bytea) bytea", func(dst, s []byte) []byte { h := sha256.Sum224(s); return append(dst, h[:]...) }},
		{"sha256(bytea) bytea", func(dst, s []byte) []byte { h := sha256.Sum256(s); return append(dst, h[:]...) }},
		{"sha384(bytea) bytea", func(dst, s []byte) []byte { h := sha512.Sum384(s); return append(dst, h[:]...) }},
		{"sha512(bytea) bytea", func(dst, s []byte) []byte { h := sha512.Sum512(s); return append(dst, h[:]...) }},
	} {
		out = append(out, def{sig: h.sig, row: textRow(h.f), vec: textVec(h.f)})
	}
	return out
}

func byteaCodingDefs() []def {
	return []def{
		{sig: "encode(bytea,text) text", flags: canFail, row: encodeBytes},
		{sig: "decode(text,text) bytea", flags: canFail, row: decodeText},
		{sig: "convert_from(bytea,name) text", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if err := onlyUTF8(a[1].String(), "source"); err != nil {
				return types.Null, err
			}
			return a[0], types.CheckText(a[0].String())
		}},
		{sig: "convert_to(text,name) bytea", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return a[0], onlyUTF8(a[1].String(), "destination")
		}},
		{sig: "length(bytea,name) int4", flags: stable | canFail, row: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if err := onlyUTF8(a[1].String(), ""); err != nil {
				return types.Null, err
			}
			return types.NewInt(charsLen(a[0].Bytes())), types.CheckText(a[0].String())
		}},
	}
}

// otherEncodings are PostgreSQL's other ones by their names without punctuation.
const otherEncodings = " abc alt big5 euccn eucjis2004 eucjp euckr euctw gb18030 gbk iso88591 iso88592 iso88593 iso88594 iso88595 iso88596 " +
	"iso88597 iso88598 iso88599 iso885910 iso885913 iso885914 iso885915 iso885916 johab koi8 koi8r koi8u latin1 latin2 latin3 latin4 " +
	"latin5 latin6 latin7 latin8 latin9 latin10 mskanji muleinternal shiftjis shiftjis2004 sjis sqlascii tcvn tcvn5712 uhc vscii win " +
	"win1250 win1251 win1252 win1253 win1254 win1255 win1256 win1257 win1258 win866 win874 win932 win936 win949 win950 windows1250 " +
	"windows1251 windows1252 windows1253 windows1254 windows1255 windows1256 windows1257 windows1258 windows866 windows874 windows932 " +
	"windows936 windows949 windows950 "

// onlyUTF8 refuses other otherEncodings: those that PostgreSQL knows with 0A000, the rest as it does.
func onlyUTF8(name, what string) error {
	key := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (isLetter(byte(r)) || isDigit(byte(r))) {
			return rune(lowerByte(byte(r)))
		}
		return -1
	}, name)
	switch {
	case key == "utf8" || key == "unicode":
		return nil
	case key != "" && strings.Contains(otherEncodings, " "+key+" "):
		return sqlerr.New(sqlerr.FeatureNotSupported, "encoding %q is not supported", name)
	case what == "":
		return sqlerr.New(sqlerr.InvalidParameterValue, "invalid encoding name \"%s\"", name)
	}
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid %s encoding name \"%s\"", what, name)
}

func badEncodingName(name string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, `unrecognized encoding: "%s"`, name)
}

func encodeBytes(_ *Ctx, a []types.Datum) (types.Datum, error) {
	s := a[0].Bytes()
	switch name := a[1].String(); strings.ToLower(name) {
	case "hex":
		return types.NewBytes(hex.AppendEncode(nil, s)), nil
	case "base64":
		return types.NewBytes(encodeBase64(s)), nil
	case "escape":
		return types.NewBytes(encodeEscape(s)), nil
	default:
		return types.Null, badEncodingName(name)
	}
}

func decodeText(_ *Ctx, a []types.Datum) (types.Datum, error) {
	var out []byte
	var err error
	s := a[0].Bytes()
	switch name := a[1].String(); strings.ToLower(name) {
	case "hex":
		return types.ParseText(types.DefaultConfig(), types.Of(types.Bytea), `\x`+string(s))
	case "base64":
		out, err = decodeBase64(s)
	case "escape":
		out, err = decodeEscape(s)
	default:
		err = badEncodingName(name)
	}
	return types.NewBytes(out), err
}

// encodeBase64 ends each full line, of 76 characters, with a newline.
func encodeBase64(s []byte) []byte {
	out := []byte{}
	for ; len(s) >= 57; s = s[57:] {
		out = append(base64.StdEncoding.AppendEncode(out, s[:57]), '\n')
	}
	return base64.StdEncoding.AppendEncode(out, s)
}

// decodeBase64 is PostgreSQL's: white space anywhere, and what is over at the end is dropped.
func decodeBase64(s []byte) ([]byte, error) {
	out := make([]byte, 0, len(s)*3/4)
	var buf uint32
	pos, end := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		v := uint32(0)
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '=':
			if end == 0 { // only the last one or two places of four may be empty
				switch pos {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return nil, sqlerr.New(sqlerr.InvalidParameterValue, `unexpected "=" while decoding base64 sequence`)
				}
			}
		default:
			k := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
			if k < 0 {
				_, n := utf8.DecodeRune(s[i:])
				return nil, sqlerr.New(sqlerr.InvalidParameterValue, `invalid symbol "%s" found while decoding base64 sequence`, s[i:i+n])
			}
			v = uint32(k)
		}
		buf = buf<<6 | v
		if pos++; pos == 4 {
			out = append(out, byte(buf>>16))
			if end == 0 || end > 1 {
				out = append(out, byte(buf>>8))
			}
			if end == 0 || end > 2 {
				out = append(out, byte(buf))
			}
			buf, pos = 0, 0
		}
	}
	if pos != 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return out, nil
}

func encodeEscape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for _, c := range s {
		switch {
		case c == 0 || c >= 0x80:
			out = append(out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		case c == '\\':
			out = append(out, '\\', '\\')
		default:
			out = append(out, c)
		}
	}
	return out
}

func decodeEscape(s []byte) ([]byte, error) {
	octal := func(c, most byte) bool { return c >= '0' && c <= most }
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case i+3 < len(s) && octal(s[i+1], '3') && octal(s[i+2], '7') && octal(s[i+3], '7'):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		default:
			return nil, sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return out, nil
}
