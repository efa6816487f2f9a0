package pgwire

import (
	"encoding/binary"

	"github.com/jackc/pgproto3/v2"

	"github.com/streamsql/streamsql/sqlerr"
)

// statement and portal are what the protocol remembers of the session's objects of these names.
type statement struct {
	name string
	sql  string // for the positions of errors
}

type portal struct {
	name    string
	sql     string
	formats formats
}

// extended serves a message of the extended protocol. After an error, everything until Sync is ignored.
func (c *conn) extended(typ byte, body []byte) {
	c.sql = ""
	var err error
	switch typ {
	case 'P':
		err = c.parse(body)
	case 'B':
		err = c.bind(body)
	case 'D':
		err = c.describe(body)
	case 'E':
		err = c.execute(body)
	case 'C':
		err = c.closeObject(body)
	}
	if err != nil {
		c.sendError(err, c.sql)
		c.skipping = true
		c.out.flush() // the Sync may come late, and the client may want to know before
	}
}

func (c *conn) parse(body []byte) error {
	var m pgproto3.Parse
	if m.Decode(body) != nil {
		return malformed()
	}
	if err := checkUTF8([]byte(m.Name)); err != nil {
		return err
	}
	if err := checkUTF8([]byte(m.Query)); err != nil {
		return err
	}
	c.sql = m.Query
	if err := c.session.Prepare(c.context(), m.Name, m.Query, m.ParameterOIDs); err != nil {
		return err
	}
	c.statements[m.Name] = &statement{name: m.Name, sql: m.Query}
	c.out.empty('1')
	return nil
}

func (c *conn) describe(body []byte) error {
	kind, name, err := namedObject(body)
	if err != nil {
		return err
	}
	if kind == 'P' {
		cols, err := c.session.DescribePortal(c.context(), name)
		if err != nil {
			return err
		}
		if cols == nil {
			c.out.empty('n')
			return nil
		}
		var f formats
		if p := c.portals[name]; p != nil {
			f = p.formats
		}
		if len(f) > 1 && len(f) != len(cols) {
			return formatCountError(len(f), len(cols))
		}
		c.rowDescription(cols, f)
		return nil
	}
	st, err := c.session.DescribeStatement(c.context(), name)
	if err != nil {
		return err
	}
	m := c.out.begin('t')
	c.out.uint16(uint16(len(st.Params)))
	for _, t := range st.Params {
		c.out.uint32(t.OID())
	}
	c.out.end(m)
	if st.Columns == nil {
		c.out.empty('n')
	} else {
		c.rowDescription(st.Columns, nil)
	}
	return nil
}

func (c *conn) execute(body []byte) error {
	name, rest, ok := cutString(body)
	if !ok || len(rest) != 4 {
		return malformed()
	}
	p := c.portals[string(name)]
	if p == nil {
		p = &portal{name: string(name)} // DECLAREd, if it exists
	}
	c.sql = p.sql
	c.results = results{c: c, formats: p.formats}
	limit := int64(int32(binary.BigEndian.Uint32(rest)))
	if limit < 0 {
		limit = 0 // what is not positive means all
	}
	suspended, err := c.session.Execute(c.context(), p.name, limit, c.in.syncNext(), &c.results)
	if err != nil {
		return err
	}
	if suspended {
		c.out.empty('s')
	}
	return nil
}

func (c *conn) closeObject(body []byte) error {
	kind, name, err := namedObject(body)
	if err != nil {
		return err
	}
	if kind == 'P' {
		c.session.ClosePortal(name)
		delete(c.portals, name)
	} else {
		c.session.CloseStatement(name)
		delete(c.statements, name)
	}
	c.out.empty('3')
	return nil
}

// namedObject reads what Describe and Close have in common.
func namedObject(body []byte) (kind byte, name string, err error) {
	if len(body) < 2 {
		return 0, "", malformed()
	}
	s, rest, ok := cutString(body[1:])
	if !ok || len(rest) > 0 {
		return 0, "", malformed()
	}
	if kind = body[0]; kind != 'S' && kind != 'P' {
		return 0, "", sqlerr.New(sqlerr.ProtocolViolation, "invalid DESCRIBE message subtype %d", kind)
	}
	return kind, string(s), checkUTF8(s)
}

// sync ends a batch of messages.
func (c *conn) sync() {
	failed := c.skipping
	c.skipping = false
	c.sql = ""
	if err := c.session.Sync(c.context(), failed); err != nil {
		c.sendError(err, "")
	}
	if c.session.Status() == 'I' {
		clear(c.portals) // they ended with the transaction
	}
	if c.out.err == nil {
		c.ready()
	}
}
