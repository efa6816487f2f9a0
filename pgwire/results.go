package pgwire

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/jackc/pgproto3/v2"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// formats are the result formats that a Bind asked for: none (text), one for all columns, or one per column.
type formats []int16

const (
	textFormat   = 0
	binaryFormat = 1
)

func (f formats) of(column int) int16 {
	switch len(f) {
	case 0:
		return textFormat
	case 1:
		return f[0]
	}
	return f[column]
}

// results is the result.Writer of a connection. It writes into the connection's buffer, and to the socket when that is full.
type results struct {
	c       *conn
	formats formats
}

// Columns implements result.Writer.
func (w *results) Columns(cols []result.Column) error {
	w.c.rowDescription(cols, w.formats)
	return w.c.out.err
}

// Rows implements result.Writer. Values go from the columns into the buffer with nothing in between.
func (w *results) Rows(b *batch.Batch) error {
	if len(b.Errs) > 0 {
		return b.Errs[0].Err
	}
	if len(w.formats) > 1 && len(w.formats) != len(b.Cols) {
		return formatCountError(len(w.formats), len(b.Cols))
	}
	out := &w.c.out
	cfg := w.c.session.Config()
	for i, weight := range b.W {
		for range weight {
			start := len(out.b)
			if err := w.row(out, cfg, b, i); err != nil {
				out.b = out.b[:start]
				return err
			}
			if !out.full() {
				continue
			}
			if err := out.flush(); err != nil {
				return err
			}
		}
	}
	return out.err
}

// maxRow is what a DataRow may hold, as PostgreSQL's strings.
const maxRow = 1<<30 - 1

func (w *results) row(out *buffer, cfg *types.Config, b *batch.Batch, i int) error {
	m := out.begin('D')
	out.uint16(uint16(len(b.Cols)))
	for k, col := range b.Cols {
		if col.IsNull(i) {
			out.uint32(1<<32 - 1)
			continue
		}
		at := len(out.b)
		out.b = append(out.b, 0, 0, 0, 0)
		if w.formats.of(k) == binaryFormat {
			out.b = types.AppendBinary(out.b, col.Type, col.Datum(i))
		} else {
			out.b = types.AppendText(out.b, cfg, col.Type, col.Datum(i))
		}
		if len(out.b)-m > maxRow {
			return sqlerr.New(sqlerr.ProgramLimitExceeded, "row is too long to be sent").
				WithDetail("A row may have %d bytes.", maxRow)
		}
		binary.BigEndian.PutUint32(out.b[at:], uint32(len(out.b)-at-4))
	}
	out.end(m)
	return nil
}

// Complete implements result.Writer.
func (w *results) Complete(tag string) error {
	m := w.c.out.begin('C')
	w.c.out.cstring(tag)
	w.c.out.end(m)
	return w.c.out.err
}

// Empty implements result.Writer.
func (w *results) Empty() error {
	w.c.out.empty('I')
	return w.c.out.err
}

// Notice implements result.Writer. Notices do not wait: they may be about a statement that still takes long.
func (w *results) Notice(n *sqlerr.Error) error {
	r := pgproto3.NoticeResponse(*errorResponse(noticeSeverity(n.Code), n, w.c.sql))
	w.c.out.message(&r)
	return w.c.out.flush()
}

// Parameter implements result.Writer. As from PostgreSQL, clients hear of it before the next ReadyForQuery.
func (w *results) Parameter(name, value string) error {
	w.c.changed[name] = value
	return w.c.out.err
}

// reportParameters sends the settings that are not what the client was told last.
func (c *conn) reportParameters() {
	for _, name := range slices.Sorted(maps.Keys(c.changed)) {
		if value := c.changed[name]; c.reported[name] != value {
			c.reported[name] = value
			c.out.message(&pgproto3.ParameterStatus{Name: clean(name), Value: clean(value)})
		}
	}
	clear(c.changed)
}

// rowDescription announces columns.
func (c *conn) rowDescription(cols []result.Column, f formats) {
	m := c.out.begin('T')
	c.out.uint16(uint16(len(cols)))
	for i, col := range cols {
		c.out.cstring(col.Name)
		c.out.uint32(col.TableOID)
		c.out.uint16(uint16(col.Attnum))
		c.out.uint32(col.Type.OID())
		c.out.uint16(uint16(col.Type.Len()))
		c.out.uint32(uint32(col.Type.Typmod()))
		c.out.uint16(uint16(f.of(i)))
	}
	c.out.end(m)
}

func formatCountError(formats, columns int) *sqlerr.Error {
	return sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", formats, columns)
}
