package jsonb

// String is v's output.
func (v Value) String() string { return string(v.AppendText(nil)) }

// AppendText appends jsonb's output: {"a": 1, "b": [2, 3]}.
func (v Value) AppendText(dst []byte) []byte {
	switch v.Kind() {
	case String:
		return AppendQuoted(dst, v.Text())
	case Number:
		return v.Decimal().AppendText(dst)
	case False:
		return append(dst, "false"...)
	case True:
		return append(dst, "true"...)
	case Array:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = v.Elem(i).AppendText(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(AppendQuoted(dst, v.Key(i)), ": "...)
			dst = v.Field(i).AppendText(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// AppendPretty is jsonb_pretty: an item a line, indented by four. What is nested deeply gets much longer by that: it ends soon after most bytes.
func (v Value) AppendPretty(dst []byte, most int) []byte { return v.appendPretty(dst, 0, most) }

func (v Value) appendPretty(dst []byte, level, most int) []byte {
	open, shut := byte('['), byte(']')
	switch v.Kind() {
	case Object:
		open, shut = '{', '}'
	case Array:
	default:
		return v.AppendText(dst)
	}
	dst = append(dst, open)
	for i := range v.Len() {
		if len(dst) > most {
			return dst
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = indent(dst, level+1)
		if open == '{' {
			dst = append(AppendQuoted(dst, v.Key(i)), ": "...)
			dst = v.Field(i).appendPretty(dst, level+1, most)
		} else {
			dst = v.Elem(i).appendPretty(dst, level+1, most)
		}
	}
	if len(dst) > most {
		return dst
	}
	return append(indent(dst, level), shut)
}

func indent(dst []byte, level int) []byte {
	dst = append(dst, '\n')
	for ; level > 0; level-- {
		dst = append(dst, "    "...)
	}
	return dst
}

// AppendQuoted appends s as a JSON string, escaping as PostgreSQL does.
func AppendQuoted(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// Unquoted is what ->> gives: strings without quotes, other values as text; false for JSON null.
func (v Value) Unquoted() ([]byte, bool) {
	switch v.Kind() {
	case Null:
		return nil, false
	case String:
		return v.Text(), true
	}
	return v.AppendText(nil), true
}
