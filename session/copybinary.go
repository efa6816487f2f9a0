package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// binarySignature begins COPY's binary format.
const binarySignature = "PGCOPY\n\xff\r\n\x00"

// tupleReader cuts a client's pieces into what COPY's binary format is made of.
type tupleReader struct {
	next func() ([]byte, error)
	buf  []byte
	pos  int
}

// take returns the next n bytes, valid until the next call.
func (r *tupleReader) take(n int) ([]byte, error) {
	for len(r.buf)-r.pos < n {
		r.buf = append(r.buf[:0], r.buf[r.pos:]...)
		r.pos = 0
		p, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil, sqlerr.New(sqlerr.BadCopyFileFormat, "unexpected EOF in COPY data")
		}
		if err != nil {
			return nil, err
		}
		r.buf = append(r.buf, p...)
	}
	p := r.buf[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return p, nil
}

// ended tells whether the data are over.
func (r *tupleReader) ended() (bool, error) {
	for r.pos == len(r.buf) {
		p, err := r.next()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		r.buf, r.pos = append(r.buf[:0], p...), 0
	}
	return false, nil
}

func (r *tupleReader) int16() (int16, error) {
	p, err := r.take(2)
	if err != nil {
		return 0, err
	}
	return int16(binary.BigEndian.Uint16(p)), nil
}

func (r *tupleReader) int32() (int32, error) {
	p, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return int32(binary.BigEndian.Uint32(p)), nil
}

// header reads the signature, the flags and the extension.
func (r *tupleReader) header() error {
	p, err := r.take(len(binarySignature))
	if err != nil && sqlerr.CodeOf(err) != sqlerr.BadCopyFileFormat {
		return err
	}
	if err != nil || string(p) != binarySignature {
		return sqlerr.New(sqlerr.BadCopyFileFormat, "COPY file signature not recognized")
	}
	flags, err := r.int32()
	if err != nil {
		return err
	}
	if flags != 0 {
		return sqlerr.New(sqlerr.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	}
	n, err := r.int32()
	if err != nil {
		return err
	}
	if n < 0 || n > 1<<20 {
		return sqlerr.New(sqlerr.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	}
	_, err = r.take(int(n))
	return err
}

func (c *copier) runBinary(in *tupleReader) error {
	if err := in.header(); err != nil {
		return err
	}
	for {
		c.line++
		end, err := in.ended()
		if err != nil {
			return c.where(err, "")
		}
		if end { // without the trailer, as some drivers send it and PostgreSQL takes it
			return c.flush()
		}
		n, err := in.int16()
		if err != nil {
			return c.where(err, "")
		}
		if n == -1 {
			return c.flush()
		}
		if int(n) != len(c.columns) {
			return c.where(sqlerr.New(sqlerr.BadCopyFileFormat, "row field count is %d, expected %d", n, len(c.columns)), "")
		}
		row := make([]types.Datum, len(c.table.Columns))
		for k, i := range c.columns {
			v, err := in.value(c.target[k])
			if err != nil {
				e := c.where(err, "")
				e.Where += fmt.Sprintf(", column %s", c.table.Columns[i].Name)
				return e
			}
			row[i] = v
		}
		if err := c.addRow(row, nil); err != nil {
			return err
		}
	}
}

// value reads a field of type t.
func (r *tupleReader) value(t types.Type) (types.Datum, error) {
	n, err := r.int32()
	if err != nil || n == -1 {
		return types.Null, err
	}
	if n < 0 {
		return types.Null, sqlerr.New(sqlerr.BadCopyFileFormat, "invalid field size")
	}
	p, err := r.take(int(n))
	if err != nil {
		return types.Null, err
	}
	v, err := types.ParseBinary(t, append([]byte(nil), p...))
	if err != nil {
		return types.Null, err
	}
	return types.ApplyMod(t, v, false)
}

// appendTuple writes row i of b.
func appendTuple(out []byte, b *batch.Batch, i int) []byte {
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.Cols)))
	for _, c := range b.Cols {
		if c.IsNull(i) {
			out = binary.BigEndian.AppendUint32(out, 0xffffffff)
			continue
		}
		at := len(out)
		out = types.AppendBinary(append(out, 0, 0, 0, 0), c.Type, c.Datum(i))
		binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	}
	return out
}
