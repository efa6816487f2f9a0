package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Single guards a scalar subquery: a value of the key columns with one row shows it, one with more shows the error 21000
// instead, which knows the key.
//
//	+(1,a) -> +(1,a)     +(1,b) -> -(1,a) +error at (1,?)     -(1,a) -> -error +(1,b)
type Single struct {
	x   *index
	key []int
	out *batch.Batch
}

// NewSingle guards rows of types ts by columns key. Role: rows.
func NewSingle(ts []types.Type, key []int, maps Maps) *Single {
	return &Single{x: newIndex(ts, Ascending(key), maps("rows", specRows)), key: key, out: batch.New(ts, 0)}
}

func (o *Single) Name() string { return "single" }

func (o *Single) Step(_ int, in *batch.Batch, out Out) error {
	o.x.collectRows(in)
	return passErrsOf(in, o.key, out)
}

func (o *Single) Finish(out Out) error {
	o.x.apply()
	defer o.x.reset()
	d := &o.x.d
	for i := 0; i < d.len(); i = d.group(i) {
		if err := o.side(d.key(i), true, -1, out); err != nil {
			return err
		}
		if err := o.side(d.key(i), false, 1, out); err != nil {
			return err
		}
	}
	return flush(o.out, out)
}

// side outputs what a key shows, old or new.
func (o *Single) side(key []byte, old bool, w int64, out Out) error {
	n := o.x.total(key, old)
	c := o.x.cursorOf(old)
	c.seek(key, len(o.key), old)
	if n == 0 || !c.next() {
		return nil
	}
	if n == 1 {
		return appendBounded(o.out, c.image, w, out)
	}
	row := batch.New(o.out.Types(), 1)
	if _, err := row.AppendFromImage(c.image, 1); err != nil {
		return err
	}
	from := unknown(len(row.Cols))
	for _, k := range o.key {
		from[k] = k
	}
	err := sqlerr.New(sqlerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
	o.out.Errs = append(o.out.Errs, errAt(err, row, 0, from, w))
	return nil
}
