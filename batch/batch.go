// Package batch is the delta: weighted rows in columns, and the row images by which weights add up.
//
// A Batch is what flows between operators and from readers to the wire. Rows whose computation failed travel beside
// the good ones, as data (Errs), so that they can be retracted with their cause.
package batch

import (
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Weight is a signed number of copies of a row; a deletion is negative.
type Weight = int64

// Batch is a delta: row i is Cols[*][i] with weight W[i]. Rows need not be distinct until Consolidate. A consumer
// must not change a batch that it was given, nor keep it beyond the call unless it was told that it owns it.
type Batch struct {
	Cols []*Vec
	W    []Weight
	Errs []ErrRow
}

// ErrRow is a row that could not be computed, as an element of the same multiset as the good rows. Cols are the values
// known where it failed; Known says which (a key column that is known limits the reads that the error fails).
type ErrRow struct {
	Err   *sqlerr.Error
	Cols  []types.Datum
	Known []bool
	W     Weight
}

// New makes an empty batch of the given column types with room for n rows.
func New(ts []types.Type, n int) *Batch {
	b := &Batch{Cols: make([]*Vec, len(ts)), W: make([]Weight, 0, n)}
	for i, t := range ts {
		b.Cols[i] = NewVec(t, n)
	}
	return b
}

// Len is the number of rows, without error rows.
func (b *Batch) Len() int { return len(b.W) }

// Empty tells whether there is neither a row nor an error row.
func (b *Batch) Empty() bool { return len(b.W) == 0 && len(b.Errs) == 0 }

// Types are the columns' types.
func (b *Batch) Types() []types.Type {
	ts := make([]types.Type, len(b.Cols))
	for i, c := range b.Cols {
		ts[i] = c.Type
	}
	return ts
}

// AppendRow adds a row.
func (b *Batch) AppendRow(row []types.Datum, w Weight) {
	for i, c := range b.Cols {
		c.Append(row[i])
	}
	b.W = append(b.W, w)
}

// AppendFrom adds row i of src, a batch of the same types, with weight w.
func (b *Batch) AppendFrom(src *Batch, i int, w Weight) {
	for k, c := range b.Cols {
		c.AppendFrom(src.Cols[k], i)
	}
	b.W = append(b.W, w)
}

// AppendRowTo appends the datums of row i to dst; bytes alias the batch.
func (b *Batch) AppendRowTo(dst []types.Datum, i int) []types.Datum {
	for _, c := range b.Cols {
		dst = append(dst, c.Datum(i))
	}
	return dst
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	for _, c := range b.Cols {
		c.Reset()
	}
	b.W, b.Errs = b.W[:0], b.Errs[:0]
}
