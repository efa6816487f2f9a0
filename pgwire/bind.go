package pgwire

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// bindMessage is a Bind. It is decoded here and not by pgproto3, whose decoder (v2.3.3) panics on a parameter length below -1, and
// allocates for each part. The slices alias the message.
type bindMessage struct {
	portal, statement []byte
	paramFormats      formats
	params            [][]byte // nil: NULL
	resultFormats     formats
}

// cutString takes a C string off b.
func cutString(b []byte) (s, rest []byte, ok bool) { return bytes.Cut(b, []byte{0}) }

// decode reads a message body; m's slices are used again.
func (m *bindMessage) decode(b []byte) bool {
	var ok bool
	if m.portal, b, ok = cutString(b); !ok {
		return false
	}
	if m.statement, b, ok = cutString(b); !ok {
		return false
	}
	if m.paramFormats, b, ok = decodeFormats(m.paramFormats[:0], b); !ok {
		return false
	}
	if m.params, b, ok = decodeValues(m.params[:0], b); !ok {
		return false
	}
	m.resultFormats, b, ok = decodeFormats(m.resultFormats[:0], b)
	return ok && len(b) == 0
}

func decodeFormats(dst formats, b []byte) (formats, []byte, bool) {
	if len(b) < 2 {
		return dst, b, false
	}
	n := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	if len(b) < 2*n {
		return dst, b, false
	}
	for range n {
		dst = append(dst, int16(binary.BigEndian.Uint16(b)))
		b = b[2:]
	}
	return dst, b, true
}

func decodeValues(dst [][]byte, b []byte) ([][]byte, []byte, bool) {
	if len(b) < 2 {
		return dst, b, false
	}
	n := int(binary.BigEndian.Uint16(b))
	b = b[2:]
	for range n {
		if len(b) < 4 {
			return dst, b, false
		}
		size := int(int32(binary.BigEndian.Uint32(b)))
		b = b[4:]
		switch {
		case size == -1:
			dst = append(dst, nil)
			continue
		case size < 0 || size > len(b):
			return dst, b, false
		}
		dst = append(dst, b[:size:size])
		b = b[size:]
	}
	return dst, b, true
}

// bind serves Bind.
func (c *conn) bind(body []byte) error {
	m := &c.bindMsg
	if !m.decode(body) {
		return malformed()
	}
	st, err := c.boundStatement(m)
	if err != nil {
		return err
	}
	c.sql = st.sql
	want, err := c.session.ParamTypes(st.name)
	if err != nil {
		return err
	}
	if err := m.check(st.name, len(want)); err != nil {
		return err
	}
	params, err := c.datums(m, want)
	if err != nil {
		return err
	}
	p := c.portalNamed(m.portal)
	if err := c.session.Bind(c.context(), p.name, st.name, params); err != nil {
		return err
	}
	p.sql = st.sql
	p.formats = append(p.formats[:0], m.resultFormats...)
	if len(p.formats) > 1 {
		cols, err := c.session.DescribePortal(c.context(), p.name)
		if err != nil {
			return err
		}
		if cols != nil && len(cols) != len(p.formats) {
			return formatCountError(len(p.formats), len(cols))
		}
	}
	c.out.empty('2')
	return nil
}

// boundStatement finds the statement that m names. One that came to be by PREPARE is the session's alone.
func (c *conn) boundStatement(m *bindMessage) (*statement, error) {
	if st := c.statements[string(m.statement)]; st != nil {
		return st, nil
	}
	if err := checkUTF8(m.statement); err != nil {
		return nil, err
	}
	return &statement{name: string(m.statement)}, nil
}

func (c *conn) portalNamed(name []byte) *portal {
	p := c.portals[string(name)]
	if p == nil {
		p = &portal{name: string(name)}
		c.portals[p.name] = p
	}
	return p
}

// check compares the message's counts with the statement's parameters.
func (m *bindMessage) check(statement string, want int) error {
	if n := len(m.paramFormats); n > 1 && n != len(m.params) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(m.params))
	}
	if n := len(m.params); n != want {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement \"%s\" requires %d",
			n, statement, want)
	}
	for _, fs := range []formats{m.paramFormats, m.resultFormats} {
		for _, f := range fs {
			if f != textFormat && f != binaryFormat {
				return sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", f)
			}
		}
	}
	return nil
}

// datums reads the parameters. The portal outlives the message, so what a datum may alias is copied first.
func (c *conn) datums(m *bindMessage, want []types.Type) ([]types.Datum, error) {
	if len(want) == 0 {
		return nil, nil
	}
	ds := make([]types.Datum, len(want))
	for i, src := range m.params {
		if src == nil {
			continue
		}
		d, err := c.datum(want[i], m.paramFormats.of(i), src)
		if err != nil {
			return nil, c.inParameter(err, m, i)
		}
		ds[i] = d
	}
	return ds, nil
}

func (c *conn) datum(t types.Type, format int16, src []byte) (types.Datum, error) {
	if format == binaryFormat {
		if n := int(t.Len()); n > len(src) && !t.Is(types.Name) {
			return types.Null, sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
		}
		if t.Rep() == types.RepBytes {
			src = bytes.Clone(src)
		}
		return types.ParseBinary(t, src)
	}
	if err := checkUTF8(src); err != nil {
		return types.Null, err
	}
	return types.ParseText(c.session.Config(), t, string(src))
}

// inParameter says which parameter is wrong, in PostgreSQL's words.
func (c *conn) inParameter(err error, m *bindMessage, i int) error {
	e := *sqlerr.From(err)
	e.Position = 0
	portal := "unnamed portal"
	if len(m.portal) > 0 {
		portal = fmt.Sprintf("portal \"%s\"", m.portal)
	}
	e.Where = fmt.Sprintf("%s parameter $%d", portal, i+1)
	switch {
	case e.Code == sqlerr.CharacterNotInRepertoire: // found before it is a value
	case m.paramFormats.of(i) == textFormat:
		e.Where += " = '...'"
	case e.Code == sqlerr.InvalidBinaryRepresentation && e.Message == "incorrect binary data format":
		e.Message = fmt.Sprintf("incorrect binary data format in bind parameter %d", i+1)
	}
	return &e
}
