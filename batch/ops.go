package batch

import (
	"slices"

	"github.com/streamsql/streamsql/types"
)

// Negate is b with all weights negated, those of error rows too; the columns are shared.
func (b *Batch) Negate() *Batch {
	out := &Batch{Cols: b.Cols, W: make([]Weight, len(b.W)), Errs: slices.Clone(b.Errs)}
	for i, w := range b.W {
		out.W[i] = -w
	}
	for i := range out.Errs {
		out.Errs[i].W = -out.Errs[i].W
	}
	return out
}

// Select is a new batch of the given rows, in that order, without error rows.
func (b *Batch) Select(rows []int32) *Batch {
	out := &Batch{Cols: make([]*Vec, len(b.Cols)), W: make([]Weight, len(rows))}
	for k, c := range b.Cols {
		out.Cols[k] = c.Select(rows)
	}
	for k, i := range rows {
		out.W[k] = b.W[i]
	}
	return out
}

// Project is b with the given columns, which are shared, and its error rows, whose values follow.
func (b *Batch) Project(cols []int) *Batch {
	out := &Batch{Cols: make([]*Vec, len(cols)), W: b.W}
	for k, c := range cols {
		out.Cols[k] = b.Cols[c]
	}
	for _, e := range b.Errs {
		out.Errs = append(out.Errs, e.Project(cols))
	}
	return out
}

// Project is e with the given columns of its values.
func (e ErrRow) Project(cols []int) ErrRow {
	ds, known := make([]types.Datum, len(cols)), make([]bool, len(cols))
	for k, c := range cols {
		if c < len(e.Cols) && c < len(e.Known) {
			ds[k], known[k] = e.Cols[c], e.Known[c]
		}
	}
	e.Cols, e.Known = ds, known
	return e
}

// Clone is a copy that shares nothing that changes.
func (b *Batch) Clone() *Batch {
	out := &Batch{Cols: make([]*Vec, len(b.Cols)), W: slices.Clone(b.W), Errs: slices.Clone(b.Errs)}
	for k, c := range b.Cols {
		out.Cols[k] = c.Clone()
	}
	return out
}

// Append adds the rows and error rows of other, a batch of the same types.
func (b *Batch) Append(other *Batch) {
	for k, c := range b.Cols {
		c.AppendRange(other.Cols[k], 0, other.Len())
	}
	b.W = append(b.W, other.W...)
	b.Errs = append(b.Errs, other.Errs...)
}

// AppendRange adds rows i to j, exclusively, of src.
func (b *Batch) AppendRange(src *Batch, i, j int) {
	for k, c := range b.Cols {
		c.AppendRange(src.Cols[k], i, j)
	}
	b.W = append(b.W, src.W[i:j]...)
}

// Equal tells whether a and b are the same multiset of rows and of error rows.
func Equal(a, b *Batch) bool {
	if len(a.Cols) != len(b.Cols) {
		return false
	}
	d := a.Clone()
	d.Append(b.Negate())
	return d.Consolidate().Empty()
}

// Size is roughly the bytes that the batch takes in memory.
func (b *Batch) Size() int {
	n := 8 * len(b.W)
	for _, c := range b.Cols {
		n += 8*len(c.Ints) + 8*len(c.Floats) + 4*len(c.Off) + len(c.Data) + 8*len(c.Nulls)
	}
	return n + 128*len(b.Errs)
}
