package session

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// field is a value of a line of COPY data.
type field struct {
	text []byte
	null bool
}

// lineReader cuts a client's pieces into lines; in csv a line goes on while a quote is open.
type lineReader struct {
	next          func() ([]byte, error)
	csv           bool
	quote, escape byte
	number        int64 // of the last line, from 1
	lines         int64 // as many have ended
	crlf          bool  // the first one ended in a carriage return and a newline
	buf           []byte
	pos           int
	eof           bool
}

// line returns the next line without its end, io.EOF after the last. It is valid until the next call. With another error it is what there was of it.
func (l *lineReader) line() ([]byte, error) {
	l.number++
	scanned, quoted := 0, false
	for {
		rest := l.buf[l.pos:]
		i := -1
		if l.csv {
			i, quoted, scanned = l.csvEnd(rest, scanned, quoted)
		} else {
			i, scanned = textEnd(rest, scanned)
		}
		if i >= 0 {
			l.pos += i + 1
			l.countBreaks(rest[:i])
			return l.end(rest[:i:i])
		}
		if l.eof {
			l.pos = len(l.buf)
			l.countBreaks(rest)
			if quoted {
				return rest, sqlerr.New(sqlerr.BadCopyFileFormat, "unterminated CSV quoted field")
			}
			if len(rest) == 0 {
				return nil, io.EOF
			}
			return rest, nil
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// end takes a line's carriage return away. All lines end as the first one does: what else stands before a newline is data, which must not
// look so.
func (l *lineReader) end(line []byte) ([]byte, error) {
	bare, crlf := bytes.CutSuffix(line, []byte{'\r'})
	if l.lines++; l.lines == 1 {
		l.crlf = crlf
	}
	if crlf == l.crlf {
		return bare, nil
	}
	found, escape := "carriage return", `\r`
	if l.crlf {
		found, escape = "newline", `\n`
	}
	if l.csv {
		return line, sqlerr.New(sqlerr.BadCopyFileFormat, "unquoted %s found in data", found).WithHint("Use quoted CSV field to represent %s.", found)
	}
	return line, sqlerr.New(sqlerr.BadCopyFileFormat, "literal %s found in data", found).WithHint(`Use "%s" to represent %s.`, escape, found)
}

// countBreaks counts the line breaks within quotes: number is that of a line's last one, as in PostgreSQL.
func (l *lineReader) countBreaks(line []byte) {
	if l.csv {
		l.number += int64(bytes.Count(line, []byte{'\n'}))
	}
}

// fill gets the client's next piece.
func (l *lineReader) fill() error {
	l.buf = append(l.buf[:0], l.buf[l.pos:]...)
	l.pos = 0
	p, err := l.next()
	if errors.Is(err, io.EOF) {
		l.eof = true
		return nil
	}
	l.buf = append(l.buf, p...)
	return err
}

// textEnd looks for a line's end that no backslash stands before, from byte from on.
func textEnd(p []byte, from int) (end, scanned int) {
	for {
		i := bytes.IndexByte(p[from:], '\n')
		if i < 0 {
			return -1, len(p)
		}
		i += from
		slashes := 0
		for slashes < i && p[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i, i
		}
		from = i + 1
	}
}

// csvEnd looks for a line's end outside quotes, from byte from on.
func (l *lineReader) csvEnd(p []byte, from int, quoted bool) (end int, inQuotes bool, scanned int) {
	for i := from; i < len(p); i++ {
		switch c := p[i]; {
		case quoted && c == l.escape && l.escape != l.quote:
			if i+1 == len(p) {
				return -1, quoted, i
			}
			i++
		case c == l.quote:
			quoted = !quoted
		case c == '\n' && !quoted:
			return i, quoted, i
		}
	}
	return -1, quoted, len(p)
}

// split cuts a line into fields. Their texts may alias the line.
func (f *copyFormat) split(dst []field, line []byte, _ *lineReader) ([]field, error) {
	if f.csv {
		return f.splitCSV(dst, line)
	}
	for {
		i := fieldEnd(line, f.delimiter)
		raw := line
		if i >= 0 {
			raw = line[:i]
		}
		if string(raw) == f.null {
			dst = append(dst, field{null: true})
		} else {
			text, err := unescape(raw)
			if err != nil {
				return dst, err
			}
			dst = append(dst, field{text: text})
		}
		if i < 0 {
			return dst, nil
		}
		line = line[i+1:]
	}
}

// fieldEnd is where a text field ends: at a delimiter without a backslash before it; -1 at the end of the line.
func fieldEnd(line []byte, delimiter byte) int {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case delimiter:
			return i
		}
	}
	return -1
}

// unescape resolves the backslashes of the text format.
func unescape(raw []byte) ([]byte, error) {
	i := bytes.IndexByte(raw, '\\')
	if i < 0 {
		return raw, nil
	}
	out := append(make([]byte, 0, len(raw)), raw[:i]...)
	for ; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			out = append(out, raw[i])
			continue
		}
		i++
		c := raw[i]
		switch {
		case c >= '0' && c <= '7':
			v, n := 0, 0
			for ; n < 3 && i+n < len(raw) && raw[i+n] >= '0' && raw[i+n] <= '7'; n++ {
				v = v<<3 | int(raw[i+n]-'0')
			}
			out = append(out, byte(v))
			i += n - 1
		case c == 'x' && i+1 < len(raw) && hexDigit(raw[i+1]) >= 0:
			v, n := 0, 0
			for ; n < 2 && i+1+n < len(raw) && hexDigit(raw[i+1+n]) >= 0; n++ {
				v = v<<4 | hexDigit(raw[i+1+n])
			}
			out = append(out, byte(v))
			i += n
		default:
			if j := bytes.IndexByte([]byte("bfnrtv"), c); j >= 0 {
				c = "\b\f\n\r\t\v"[j]
			}
			out = append(out, c)
		}
	}
	if slices.Contains(out, 0) {
		return nil, sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x00`)
	}
	return out, nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (f *copyFormat) splitCSV(dst []field, line []byte) ([]field, error) {
	for i := 0; ; i++ {
		var text []byte
		wasQuoted, quoted := false, false
		start := i
		for ; i < len(line); i++ {
			c := line[i]
			if quoted {
				switch {
				case c == f.escape && i+1 < len(line) && (line[i+1] == f.quote || line[i+1] == f.escape):
					i++
					text = append(text, line[i])
				case c == f.quote:
					quoted = false
				default:
					text = append(text, c)
				}
				continue
			}
			if c == f.delimiter {
				break
			}
			if c == f.quote {
				if !wasQuoted {
					text = append(text, line[start:i]...)
				}
				wasQuoted, quoted = true, true
				continue
			}
			if wasQuoted {
				text = append(text, c)
			}
		}
		if quoted {
			return dst, sqlerr.New(sqlerr.BadCopyFileFormat, "unterminated CSV quoted field")
		}
		if !wasQuoted {
			text = line[start:i]
		}
		dst = append(dst, field{text: text, null: !wasQuoted && string(text) == f.null})
		if i >= len(line) {
			return dst, nil
		}
	}
}

// appendHeader writes what comes before the rows.
func (f *copyFormat) appendHeader(out []byte, cols []result.Column) []byte {
	switch {
	case f.binary:
		return append(append(out, binarySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
	case f.header:
		for i, c := range cols {
			out = f.appendField(out, i, []byte(c.Name), false)
		}
		return append(out, '\n')
	}
	return out
}

// appendRow writes row i of b as a line or tuple.
func (f *copyFormat) appendRow(out []byte, cfg *types.Config, b *batch.Batch, i int) []byte {
	if f.binary {
		return appendTuple(out, b, i)
	}
	var text []byte
	for k, c := range b.Cols {
		if c.IsNull(i) {
			out = f.appendField(out, k, nil, true)
			continue
		}
		text = types.AppendText(text[:0], cfg, c.Type, c.Datum(i))
		out = f.appendField(out, k, text, false)
	}
	return append(out, '\n')
}

func (f *copyFormat) appendField(out []byte, k int, text []byte, null bool) []byte {
	if k > 0 {
		out = append(out, f.delimiter)
	}
	switch {
	case null:
		return append(out, f.null...)
	case f.csv:
		return f.appendCSV(out, text)
	}
	for _, c := range text {
		switch j := bytes.IndexByte([]byte("\b\f\n\r\t\v"), c); {
		case j >= 0:
			out = append(out, '\\', "bfnrtv"[j])
		case c == '\\' || c == f.delimiter:
			out = append(out, '\\', c)
		default:
			out = append(out, c)
		}
	}
	return out
}

func (f *copyFormat) appendCSV(out, text []byte) []byte {
	if string(text) != f.null && string(text) != `\.` && bytes.IndexByte(text, f.delimiter) < 0 && bytes.IndexByte(text, f.quote) < 0 && !bytes.ContainsAny(text, "\r\n") {
		return append(out, text...)
	}
	out = append(out, f.quote)
	for _, c := range text {
		if c == f.quote || c == f.escape {
			out = append(out, f.escape)
		}
		out = append(out, c)
	}
	return append(out, f.quote)
}
