package optest

import (
	"bytes"
	"fmt"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// copyOf copies a batch, with everything that its receiver could spoil.
func copyOf(b *batch.Batch) *batch.Batch {
	c := batch.New(b.Types(), b.Len())
	for i, w := range b.W {
		c.AppendFrom(b, i, w)
	}
	for _, e := range b.Errs {
		c.Errs = append(c.Errs, cloneErr(e))
	}
	return c
}

// spoil overwrites a batch.
func spoil(b *batch.Batch) {
	for i := range b.W {
		b.W[i] = -77
	}
	for _, v := range b.Cols {
		for i := range v.Ints {
			v.Ints[i] = -77
		}
		for i := range v.Floats {
			v.Floats[i] = -77
		}
		for i := range v.Data {
			v.Data[i] = 0xAA
		}
		for i := range v.Nulls {
			v.Nulls[i] = ^v.Nulls[i]
		}
	}
	for _, e := range b.Errs {
		for i := range e.Known {
			if e.Cols[i].Rep() == types.RepBytes {
				for k := range e.Cols[i].Bytes() {
					e.Cols[i].Bytes()[k] = 0xAA
				}
			}
			e.Known[i], e.Cols[i] = !e.Known[i], types.NewInt(-77)
		}
	}
}

// same tells whether two batches have the same rows, weights and errors in the same order.
func same(a, b *batch.Batch) bool { return bytes.Equal(image(a), image(b)) }

func image(b *batch.Batch) []byte {
	var x []byte
	for i, w := range b.W {
		x = fmt.Append(x, w, " ")
		x = b.AppendImage(x, i, nil)
	}
	r := NewRel(b.Types())
	for _, e := range b.Errs {
		x = fmt.Append(x, e.W, r.errText(e))
	}
	return x
}

// wellFormed checks what an operator emits.
func wellFormed(b *batch.Batch) error {
	if b.Empty() {
		return fmt.Errorf("an empty slice was emitted")
	}
	for k, v := range b.Cols {
		if v.Len() != b.Len() {
			return fmt.Errorf("a slice of %d rows has %d values in column %d", b.Len(), v.Len(), k)
		}
	}
	for _, e := range b.Errs {
		if len(e.Known) != len(b.Cols) || len(e.Cols) != len(b.Cols) || e.Err == nil {
			return fmt.Errorf("an error of %d columns among rows of %d", len(e.Known), len(b.Cols))
		}
	}
	return nil
}
