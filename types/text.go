package types

import (
	"strconv"
	"unicode/utf8"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types/datetime"
	"github.com/streamsql/streamsql/types/jsonb"
	"github.com/streamsql/streamsql/types/numeric"
)

// ParseText reads a value's text form (the type's input function); 22P02 and the like on bad input. Applies t.Mod, as
// an assignment does.
func ParseText(cfg *Config, t Type, s string) (Datum, error) {
	if t.Array {
		return parseArrayText(cfg, t, s)
	}
	d, err := parseText(cfg, t, s)
	if err != nil || !t.hasMod() {
		return d, err
	}
	return ApplyMod(t, d, false)
}

func parseText(cfg *Config, t Type, s string) (Datum, error) {
	switch t.Kind {
	case Int2:
		return parseInt(s, 16, "smallint")
	case Int4:
		return parseInt(s, 32, "integer")
	case Int8:
		return parseInt(s, 64, "bigint")
	case Bool:
		return parseBool(s)
	case Float4:
		return parseFloat(s, 32)
	case Float8:
		return parseFloat(s, 64)
	case Numeric:
		d, err := numeric.Parse(s)
		return NewDecimal(d), err
	case Date:
		v, err := datetime.ParseDate(cfg.input(), s)
		return NewInt(v), err
	case Time:
		v, err := datetime.ParseTime(cfg.input(), s)
		return NewInt(v), err
	case Timestamp:
		v, err := datetime.ParseTimestamp(cfg.input(), s)
		return NewInt(v), err
	case Timestamptz:
		v, err := datetime.ParseTimestamptz(cfg.input(), s)
		return NewInt(v), err
	case Interval:
		v, err := datetime.ParseInterval(s, intervalMask(t.Mod), cfg.IntervalStyle)
		return newInterval(v), err
	case UUID:
		return parseUUID(s)
	case Bytea:
		return parseBytea(s)
	case OID:
		return parseOID(s, "oid")
	case Regclass, Regtype, Regproc, Regnamespace, Regrole:
		return parseReg(cfg, t, s)
	case Void:
		return NewString(""), nil
	case Record:
		return Null, noRecordInput()
	case AnyElement, AnyArray, Any, AnyNonArray, AnyCompatible, AnyCompatibleArray:
		return Null, sqlerr.New(sqlerr.FeatureNotSupported, "cannot accept a value of type %s", infos[t.Kind].typname)
	}
	if err := CheckText(s); err != nil {
		return Null, err
	}
	switch t.Kind {
	case JSON:
		return NewString(s), jsonb.Validate([]byte(s))
	case JSONB:
		v, err := jsonb.Parse([]byte(s))
		return NewBytes(v), err
	case Char:
		return NewInt(parseChar(s)), nil
	case Name:
		return NewString(truncateName(s)), nil
	}
	return NewString(s), nil
}

// CheckText refuses (22021) what no text value may hold: a NUL byte or bad UTF-8.
func CheckText(s string) error {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == 0 || c >= utf8.RuneSelf {
			return checkUTF8(s)
		}
	}
	return nil
}

func checkUTF8(s string) error {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && c != 0 {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && n == 1 {
			return badEncoding(s[i:])
		}
		i += n
	}
	return nil
}

// badEncoding names the bytes that the first one announces, as far as there are any.
func badEncoding(s string) error {
	n := 1
	switch c := s[0]; {
	case c&0xe0 == 0xc0:
		n = 2
	case c&0xf0 == 0xe0:
		n = 3
	case c&0xf8 == 0xf0:
		n = 4
	}
	text := ""
	for i := 0; i < min(n, len(s)); i++ {
		if i > 0 {
			text += " "
		}
		text += "0x" + string([]byte{"0123456789abcdef"[s[i]>>4], "0123456789abcdef"[s[i]&15]})
	}
	return sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": %s`, text)
}

// AppendText appends the text form (the type's output function) of a non-null value.
func AppendText(dst []byte, cfg *Config, t Type, d Datum) []byte {
	if t.Array {
		return appendArrayText(dst, cfg, t.Elem(), d)
	}
	switch t.Kind {
	case Int2, Int4, Int8, OID:
		return strconv.AppendInt(dst, d.n, 10)
	case Regclass, Regproc, Regnamespace, Regrole:
		return appendObject(dst, cfg, t.Kind, d.n)
	case Bool:
		if d.n != 0 {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case Float4:
		return appendFloat(dst, d.Float(), 32, cfg.ExtraFloatDigits)
	case Float8:
		return appendFloat(dst, d.Float(), 64, cfg.ExtraFloatDigits)
	case Numeric:
		return numeric.FromImage(d.b).AppendText(dst)
	case Date:
		return datetime.AppendDate(dst, cfg.style(), d.n)
	case Time:
		return datetime.AppendTime(dst, d.n)
	case Timestamp:
		return datetime.AppendTimestamp(dst, cfg.style(), d.n)
	case Timestamptz:
		return datetime.AppendTimestamptz(dst, cfg.style(), cfg.TimeZone, d.n)
	case Interval:
		return datetime.IntervalFromImage(d.b).AppendText(dst, cfg.IntervalStyle)
	case UUID:
		return appendUUID(dst, d.b)
	case Bytea:
		return appendBytea(dst, d.b, cfg.ByteaOutput)
	case JSONB:
		return jsonb.Value(d.b).AppendText(dst)
	case Char:
		return appendChar(dst, d.n)
	case Regtype:
		return appendRegtype(dst, d.n)
	case Record:
		return appendRecordText(dst, cfg, d.b)
	}
	return append(dst, d.b...)
}

func (c *Config) input() datetime.Input {
	return datetime.Input{Order: c.DateStyle.Order, Loc: c.TimeZone, Now: c.Now}
}

func (c *Config) style() datetime.Style { return datetime.Style(c.DateStyle) }
