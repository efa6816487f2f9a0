package enginetest

import "testing"

// Where setval lets a sequence go on is durable when it returns, and a transaction that ends in ROLLBACK does not take it back.
func TestSetvalAfterCrash(t *testing.T) {
	d := open(t)
	c := d.session()
	c.do("CREATE SEQUENCE q")
	c.want("SELECT nextval('q'), nextval('q')", "1 2")
	c.do("BEGIN")
	c.want("SELECT setval('q', 500)", "500")
	c.do("ROLLBACK")
	d.crash()
	c = d.session()
	c.want("SELECT nextval('q')", "501")
	c.do("SELECT setval('q', 3, false)")
	other := d.session()
	other.want("SELECT nextval('q'), nextval('q')", "3 4")
	d.crash()
	c = d.session()
	c.do("SELECT setval('q', 40)")
	c.want("SELECT currval('q')", "40")
	c.want("SELECT nextval('q')", "41")
}
