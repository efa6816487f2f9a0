package pgwire

// query serves the simple protocol.
func (c *conn) query(body []byte) {
	c.sql = ""
	if err := c.simple(body); err != nil {
		c.sendError(err, c.sql)
	}
	if c.out.err == nil {
		c.ready()
	}
}

func (c *conn) simple(body []byte) error {
	text, rest, ok := cutString(body)
	if !ok || len(rest) > 0 {
		return malformed()
	}
	if err := checkUTF8(text); err != nil {
		return err
	}
	c.sql = string(text)
	c.results = results{c: c}
	return c.session.Query(c.context(), c.sql, &c.results)
}
