package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// cast converts a column. What changes only the type shares the argument's memory.
func (c *Ctx) cast(e *Cast, b *batch.Batch, sel []int32) (*batch.Vec, bool) {
	v, owned := c.eval(e.X, b, sel)
	if e.keepsBytes() {
		if owned {
			v.Type = e.To
			return v, true
		}
		w := *v
		w.Type = e.To
		return &w, false
	}
	n := b.Len()
	if v.N == 1 && n != 1 {
		n = 1 // the conversion of a constant is one; if it fails, every row does
	}
	out := c.take(e.To, n)
	if !c.castFast(e, v, sel, out) {
		c.castRows(e, v, b, sel, out)
	}
	if owned {
		c.Release(v)
	}
	return out, true
}

// keepsBytes tells that the value in memory does not change: varchar as text, a wider integer.
func (e *Cast) keepsBytes() bool {
	if e.To.Typmod() >= 0 {
		return false
	}
	if e.Conv == nil || e.Conv.Identity {
		return true
	}
	return isInt(e.Conv.From) && isInt(e.Conv.To) && e.Conv.From.Kind < e.Conv.To.Kind
}

func isInt(t types.Type) bool { return t.Is(types.Int2) || t.Is(types.Int4) || t.Is(types.Int8) }

// castFast is the common conversions between fixed-size types that need a loop only.
func (c *Ctx) castFast(e *Cast, v *batch.Vec, sel []int32, out *batch.Vec) bool {
	if e.Conv == nil || e.To.Typmod() >= 0 || v.N != out.N {
		return false
	}
	if !isInt(e.Conv.From) || !e.Conv.To.Is(types.Float8) {
		return false
	}
	uniteNulls(out, v)
	if sel == nil || out.N == 1 { // which may stand for all rows
		for i, x := range v.Ints[:out.N] {
			out.Floats[i] = float64(x)
		}
		return true
	}
	for _, i := range sel {
		out.Floats[i] = float64(v.Ints[i])
	}
	return true
}

func (c *Ctx) castRows(e *Cast, v *batch.Vec, b *batch.Batch, sel []int32, out *batch.Vec) {
	w := writer{v: out}
	if out.N == 1 && b.Len() != 1 {
		d, err := castDatum(c, e, v.Datum(0))
		if err != nil {
			for _, i := range c.rows(sel, b.Len()) {
				c.Fail(int(i), err)
			}
		}
		w.set(0, d)
		w.done()
		return
	}
	for _, i := range c.rows(sel, out.N) {
		if c.failed.Get(int(i)) {
			w.null(int(i))
			continue
		}
		d, err := castDatum(c, e, v.Datum(int(i)))
		if err != nil {
			c.Fail(int(i), err)
		}
		w.set(int(i), d)
	}
	w.done()
}

// castDatum converts one value, then applies the modifier.
func castDatum(c *Ctx, e *Cast, d types.Datum) (types.Datum, error) {
	if d.IsNull() {
		return d, nil
	}
	var err error
	if e.Conv != nil {
		if d, err = e.Conv.Eval(c.config(), d, e.Explicit); err != nil || d.IsNull() {
			return types.Null, err
		}
	}
	if e.To.Typmod() < 0 {
		return d, nil
	}
	if d, err = types.ApplyMod(e.To, d, e.Explicit); err != nil {
		return types.Null, err
	}
	return d, nil
}
