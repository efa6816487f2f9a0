package operators

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Error rows are united, never negated: every operator passes them on with their weight. What changes on the way is
// which columns are known: mapErr. Only a filter stops some: Refuted.

// mapErr is e at the other side of an operator: from gives for each output column the input column with the same value, or
// -1 where there is none.
func mapErr(e *batch.ErrRow, from []int) batch.ErrRow {
	out := batch.ErrRow{Err: e.Err, W: e.W, Cols: make([]types.Datum, len(from)), Known: make([]bool, len(from))}
	for i, c := range from {
		if c >= 0 && c < len(e.Known) && e.Known[c] {
			out.Cols[i], out.Known[i] = e.Cols[c], true
		}
	}
	return out
}

// errAt is the failure of row i of b, all columns of which are known; from as in mapErr.
func errAt(err *sqlerr.Error, b *batch.Batch, i int, from []int, w int64) batch.ErrRow {
	out := batch.ErrRow{Err: err, W: w, Cols: make([]types.Datum, len(from)), Known: make([]bool, len(from))}
	for k, c := range from {
		if c >= 0 {
			out.Cols[k], out.Known[k] = cloneDatum(b.Cols[c], i), true
		}
	}
	return out
}

// Refuted tells whether what is known of e keeps it from passing pred, whatever the rest is: some conjunct whose columns are all known is not
// true. The row that failed would not have been in the result, so that its failure is not either.
//
//	a = 1 AND b > 2:   error at (3,?) -> refuted    error at (1,?) -> not    error at (?,?) -> not
func Refuted(ctx *expr.Ctx, pred expr.Expr, e *batch.ErrRow) bool {
	switch p := pred.(type) {
	case *expr.And:
		return slices.ContainsFunc(p.Args, func(x expr.Expr) bool { return Refuted(ctx, x, e) })
	case *expr.Or:
		return !slices.ContainsFunc(p.Args, func(x expr.Expr) bool { return !Refuted(ctx, x, e) })
	}
	known := true
	expr.Walk(pred, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Col); ok {
			known = known && c.ID < len(e.Known) && e.Known[c.ID] && (types.EqualityIsIdentity(c.T) || compares(pred, c))
		}
		return known
	})
	if !known || expr.VolatilityOf(pred) == types.Volatile {
		return false
	}
	d, err := expr.EvalRow(ctx, pred, e.Cols)
	return err == nil && (d.IsNull() || !d.Bool())
}

// compares tells whether pred compares column c itself with something else. What an error knows of a key is equal to the rows' value, but
// may print differently (numeric 1.0 and 1.00).
func compares(pred expr.Expr, c *expr.Col) bool {
	call, ok := pred.(*expr.Call)
	if !ok || !call.Fn.IsOperator() || len(call.Args) != 2 || call.Args[0] != expr.Expr(c) && call.Args[1] != expr.Expr(c) {
		return false
	}
	return slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, call.Fn.Name)
}

// cloneDatum is value i of v as a datum of its own.
func cloneDatum(v *batch.Vec, i int) types.Datum {
	d := v.Datum(i)
	if v.Off != nil && !d.IsNull() {
		return types.NewBytes(append([]byte{}, d.Bytes()...))
	}
	return d
}

// The encoding of an error row, without its weight: equal bytes are the same error.
const (
	errUnknown = iota
	errNull
	errInt
	errFloat
	errBytes
)

// appendErr encodes e.
func appendErr(dst []byte, e *batch.ErrRow) []byte {
	dst = appendErrCols(dst, e)
	x := e.Err
	for _, s := range [...]string{string(x.Code), x.Message, x.Detail, x.Hint, x.Where, x.Table, x.Column, x.Constraint} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return binary.AppendUvarint(dst, uint64(x.Position))
}

func appendErrCols(dst []byte, e *batch.ErrRow) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(e.Known)))
	for i, known := range e.Known {
		if !known {
			dst = append(dst, errUnknown)
			continue
		}
		switch d := e.Cols[i]; d.Rep() {
		case 0:
			dst = append(dst, errNull)
		case types.RepInt:
			dst = binary.AppendVarint(append(dst, errInt), d.Int())
		case types.RepFloat:
			dst = binary.BigEndian.AppendUint64(append(dst, errFloat), math.Float64bits(d.Float()))
		default:
			dst = binary.AppendUvarint(append(dst, errBytes), uint64(len(d.Bytes())))
			dst = append(dst, d.Bytes()...)
		}
	}
	return dst
}

// decodeErr is the error row that appendErr encoded, with weight w. It keeps nothing of b.
func decodeErr(b []byte, w int64) batch.ErrRow {
	r := errReader{append([]byte(nil), b...)}
	n := int(r.uvarint())
	e := batch.ErrRow{W: w, Err: &sqlerr.Error{}, Cols: make([]types.Datum, n), Known: make([]bool, n)}
	for i := range n {
		tag := r.byte()
		e.Known[i] = tag != errUnknown
		switch tag {
		case errInt:
			v, k := binary.Varint(r.b)
			r.b = r.b[k:]
			e.Cols[i] = types.NewInt(v)
		case errFloat:
			e.Cols[i] = types.NewFloat(math.Float64frombits(binary.BigEndian.Uint64(r.b)))
			r.b = r.b[8:]
		case errBytes:
			e.Cols[i] = types.NewBytes(r.bytes())
		}
	}
	x := e.Err
	x.Code = sqlerr.Code(r.bytes())
	for _, s := range [...]*string{&x.Message, &x.Detail, &x.Hint, &x.Where, &x.Table, &x.Column, &x.Constraint} {
		*s = string(r.bytes())
	}
	x.Position = int(r.uvarint())
	return e
}

type errReader struct{ b []byte }

func (r *errReader) byte() byte {
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *errReader) uvarint() uint64 {
	v, k := binary.Uvarint(r.b)
	r.b = r.b[k:]
	return v
}

func (r *errReader) bytes() []byte {
	n := r.uvarint()
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}
