package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// Distinct keeps one copy of each row, by equality of all columns; of equal rows the one with the smallest image shows.
//
//	out = {min image of k : k has rows};  d out = out_new - out_old for each key touched
//
//	+1.0 -> +1.0    +1.00 -> nothing    -1.0 -> -1.0 +1.00
type Distinct struct {
	x   *index
	out *batch.Batch
}

// NewDistinct makes the operator for rows of types ts. Role: rows.
func NewDistinct(ts []types.Type, maps Maps) *Distinct {
	return &Distinct{
		x:   newIndex(ts, Ascending(allCols(len(ts))), maps("rows", specRows)),
		out: batch.New(ts, 0),
	}
}

func (o *Distinct) Name() string { return "distinct" }

func (o *Distinct) Step(_ int, in *batch.Batch, out Out) error {
	o.x.collectRows(in)
	return passErrs(in, out)
}

func (o *Distinct) Finish(out Out) error {
	o.x.apply()
	defer o.x.reset()
	d := &o.x.d
	n := len(o.x.Key)
	for i := 0; i < d.len(); i = d.group(i) {
		key := d.key(i)
		was, had := o.x.first(key, n, true)
		is, has := o.x.first(key, n, false)
		if had == has && bytes.Equal(was, is) {
			continue
		}
		if had {
			if err := appendBounded(o.out, was, -1, out); err != nil {
				return err
			}
		}
		if has {
			if err := appendBounded(o.out, is, 1, out); err != nil {
				return err
			}
		}
	}
	return flush(o.out, out)
}

// passErrs emits the errors of a slice alone, where columns stay in place.
func passErrs(in *batch.Batch, out Out) error {
	if len(in.Errs) == 0 {
		return nil
	}
	return out(errsOnly(in.Types(), in.Errs))
}

// passErrsOf emits the errors of a slice alone; they know no other columns than cols any more.
func passErrsOf(in *batch.Batch, cols []int, out Out) error {
	if len(in.Errs) == 0 {
		return nil
	}
	from := unknown(len(in.Cols))
	for _, c := range cols {
		from[c] = c
	}
	errs := make([]batch.ErrRow, len(in.Errs))
	for i := range in.Errs {
		errs[i] = mapErr(&in.Errs[i], from)
	}
	return out(errsOnly(in.Types(), errs))
}

// errsOnly is a batch of nothing but errors.
func errsOnly(ts []types.Type, errs []batch.ErrRow) *batch.Batch {
	b := batch.New(ts, 0)
	b.Errs = errs
	return b
}
