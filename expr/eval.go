package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Eval computes e over the rows sel (nil: all; else ascending) of b. The result has b.Len() slots; those not in sel are
// unspecified. It may alias a column of b, else it is the caller's. Row failures are in ctx; their slots are NULL.
//
// ctx keeps the failures of one batch: call Reset before the next.
func Eval(ctx *Ctx, e Expr, b *batch.Batch, sel []int32) *batch.Vec {
	v, _ := EvalOwned(ctx, e, b, sel)
	return v
}

// EvalOwned is Eval that tells whether the result is the caller's. Who has done with it may give it to Release.
func EvalOwned(ctx *Ctx, e Expr, b *batch.Batch, sel []int32) (v *batch.Vec, owned bool) {
	ctx.check()
	v, owned = ctx.eval(e, b, sel)
	n := b.Len()
	if v.N != n {
		w := ctx.take(v.Type, n)
		broadcast(w, v)
		if owned {
			ctx.Release(v)
		}
		v, owned = w, true
	}
	if owned && ctx.Failed() {
		for row := range ctx.errs {
			setNull(v, row)
		}
	}
	return v, owned
}

// setNull makes slot i NULL; of bytes the content stays in the column's data, unseen.
func setNull(v *batch.Vec, i int) {
	v.Nulls.Set(i)
	switch v.Type.Rep() {
	case types.RepInt:
		v.Ints[i] = 0
	case types.RepFloat:
		v.Floats[i] = 0
	}
}

// broadcast fills out with the one value of v.
func broadcast(out, v *batch.Vec) {
	if v.IsNull(0) {
		for i := range out.N {
			out.Nulls.Set(i)
		}
	}
	switch v.Type.Rep() {
	case types.RepInt:
		for i := range out.Ints {
			out.Ints[i] = v.Ints[0]
		}
	case types.RepFloat:
		for i := range out.Floats {
			out.Floats[i] = v.Floats[0]
		}
	default:
		x := v.Bytes(0)
		mustFitColumn(len(x) * out.N)
		for i := range out.N {
			out.Data = append(out.Data, x...)
			out.Off[i+1] = uint32(len(out.Data))
		}
	}
}

// rows is sel, or all rows where it is nil.
func (c *Ctx) rows(sel []int32, n int) []int32 {
	if sel != nil {
		return sel
	}
	for i := len(c.all); i < n; i++ {
		c.all = append(c.all, int32(i))
	}
	if n == 0 {
		return []int32{}
	}
	return c.all[:n]
}

// eval is Eval for use inside: a constant has a single slot (N == 1), and owned tells whether the column came from take
// and may be released.
func (c *Ctx) eval(e Expr, b *batch.Batch, sel []int32) (v *batch.Vec, owned bool) {
	switch e := e.(type) {
	case *Col:
		return b.Cols[e.ID], false
	case *Const:
		return c.constant(e.T, e.D), true
	case *Param:
		d, err := c.param(e)
		if err != nil {
			return c.failAll(err, e.T, b, sel), true
		}
		return c.constant(e.T, d), true
	case *Call:
		return c.call(e, b, sel), true
	case *Cast:
		return c.cast(e, b, sel)
	case *And:
		return c.junction(e.Args, 0, b, sel), true
	case *Or:
		return c.junction(e.Args, 1, b, sel), true
	case *Case:
		return c.caseWhen(e, b, sel), true
	case *Coalesce:
		return c.coalesce(e, b, sel), true
	case *IsNull:
		return c.isNull(e, b, sel), true
	case *IsTrue:
		return c.isTrue(e, b, sel), true
	case *IsDistinct:
		return c.isDistinct(e, b, sel), true
	case *AnyAll:
		return c.anyAll(e, b, sel), true
	case *ArrayExpr:
		return c.array(e, b, sel), true
	}
	return c.failAll(notEvaluable(e), e.Type(), b, sel), true
}

// notEvaluable: a node of the planner that should have been rewritten before.
func notEvaluable(e Expr) error {
	return sqlerr.New(sqlerr.InternalError, "expression %s reached evaluation", e)
}

func (c *Ctx) failAll(err error, t types.Type, b *batch.Batch, sel []int32) *batch.Vec {
	for _, i := range c.rows(sel, b.Len()) {
		c.Fail(int(i), err)
	}
	return c.constant(t, types.Null)
}

func (c *Ctx) param(e *Param) (types.Datum, error) {
	if e.N < 1 || e.N > len(c.Params) {
		return types.Null, sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%d", e.N)
	}
	return c.Params[e.N-1], nil
}

// constant is a column of one slot.
func (c *Ctx) constant(t types.Type, d types.Datum) *batch.Vec {
	v := c.take(t, 1)
	switch {
	case d.IsNull():
		setNull(v, 0)
		if v.Off != nil {
			v.Off[1] = 0
		}
	case v.Type.Rep() == types.RepInt:
		v.Ints[0] = d.Int()
	case v.Type.Rep() == types.RepFloat:
		v.Floats[0] = d.Float()
	default:
		v.Data = append(v.Data, d.Bytes()...)
		v.Off[1] = uint32(len(v.Data))
	}
	return v
}

// slot is the slot of row i in v, which has one slot if it is constant.
func slot(v *batch.Vec, i int32) int {
	if v.N == 1 {
		return 0
	}
	return int(i)
}

func (c *Ctx) call(e *Call, b *batch.Batch, sel []int32) *batch.Vec {
	var few [4]*batch.Vec
	var own [4]bool
	args, owned := few[:0], own[:0]
	failedBefore := len(c.errs)
	cur := sel
	var mine []int32
	for _, a := range e.Args {
		v, o := c.eval(a, b, cur)
		args, owned = append(args, v), append(owned, o)
		// A later argument is not computed where an earlier one failed, nor is the function.
		if len(c.errs) != failedBefore {
			failedBefore = len(c.errs)
			next := c.withoutFailed(c.rows(cur, b.Len()))
			if mine != nil {
				c.releaseSel(mine)
			}
			mine, cur = next, next
		}
	}
	out := c.take(e.T, b.Len())
	c.apply(e.Fn, args, cur, out)
	if mine != nil {
		c.releaseSel(mine)
	}
	for i, v := range args {
		if owned[i] {
			c.Release(v)
		}
	}
	return out
}

// withoutFailed is a new selection of those rows that have not failed.
func (c *Ctx) withoutFailed(rows []int32) []int32 {
	next := c.takeSel(len(rows))
	for _, i := range rows {
		if !c.failed.Get(int(i)) {
			next = append(next, i)
		}
	}
	return next
}

// apply computes fn over rows whose arguments stand.
func (c *Ctx) apply(fn *Func, args []*batch.Vec, sel []int32, out *batch.Vec) {
	if fn.Vec == nil {
		c.applyRows(fn, args, c.rows(sel, out.N), out)
		return
	}
	if fn.Strict {
		for _, a := range args {
			if len(a.Nulls) > 0 && a.N == 1 && out.N != 1 && a.IsNull(0) {
				allNull(out) // a NULL constant
				return
			}
			if len(a.Nulls) > 0 && a.N == out.N {
				uniteNulls(out, a)
			}
		}
	}
	fn.Vec(c, args, sel, out)
	if fn.Strict {
		zeroNulls(out)
	}
}

func allNull(v *batch.Vec) {
	for i := range v.N {
		v.Nulls.Set(i)
	}
	clear(v.Ints)
	clear(v.Floats)
	clear(v.Off)
}

func uniteNulls(out, a *batch.Vec) {
	for len(out.Nulls) < len(a.Nulls) {
		out.Nulls = append(out.Nulls, 0)
	}
	for i, w := range a.Nulls {
		out.Nulls[i] |= w
	}
}

// zeroNulls keeps the promise that the slot under a NULL is zero.
func zeroNulls(v *batch.Vec) {
	if v.Off != nil {
		return
	}
	for w, bits := range v.Nulls {
		if bits == 0 {
			continue
		}
		for i := w << 6; i < min((w+1)<<6, v.N); i++ {
			if v.Nulls.Get(i) {
				if v.Floats != nil {
					v.Floats[i] = 0
				} else {
					v.Ints[i] = 0
				}
			}
		}
	}
}

// applyRows is the adaptor from columns to a function of single values.
func (c *Ctx) applyRows(fn *Func, args []*batch.Vec, rows []int32, out *batch.Vec) {
	w := writer{v: out}
	base := len(c.args)
	for _, a := range args {
		d := types.Null
		if a.N == 1 { // a constant, mostly
			d = a.Datum(0)
		}
		if c.args = append(c.args, d); a.N == 1 && fn.Strict && d.IsNull() {
			rows = nil
			allNull(out)
		}
	}
	defer func() { c.args = c.args[:base] }()
	ds := c.args[base : base+len(args) : base+len(args)]
next:
	for _, i := range rows {
		for k, a := range args {
			if a.N == 1 {
				continue
			}
			if ds[k] = a.Datum(int(i)); fn.Strict && ds[k].IsNull() {
				w.null(int(i))
				continue next
			}
		}
		d, err := fn.Row(c, ds)
		if err != nil {
			c.Fail(int(i), err)
			d = types.Null
		}
		w.set(int(i), d)
	}
	w.done()
}

// writer fills the slots of a column in ascending order; bytes need their offsets in between filled too.
type writer struct {
	v    *batch.Vec
	next int // bytes: the first slot whose end is not yet set
}

func (w *writer) fill(i int) {
	end := uint32(len(w.v.Data))
	for ; w.next <= i; w.next++ {
		w.v.Off[w.next+1] = end
	}
}

func (w *writer) null(i int) { setNull(w.v, i) }

func (w *writer) set(i int, d types.Datum) {
	switch {
	case d.IsNull():
		setNull(w.v, i)
	case w.v.Off != nil:
		w.bytes(i, d.Bytes())
	case w.v.Floats != nil:
		w.v.Floats[i] = d.Float()
	default:
		w.v.Ints[i] = d.Int()
	}
}

func (w *writer) bytes(i int, x []byte) {
	w.fill(i - 1)
	w.room(len(x))
	w.v.Data = append(w.v.Data, x...)
	w.fill(i)
}

// room is to be asked before n bytes of a value are appended.
func (w *writer) room(n int) {
	mustFit(n)
	mustFitColumn(len(w.v.Data) + n)
}

// from copies slot k of src.
func (w *writer) from(i int, src *batch.Vec, k int) {
	switch {
	case src.IsNull(k):
		setNull(w.v, i)
	case w.v.Off != nil:
		w.bytes(i, src.Bytes(k))
	case w.v.Floats != nil:
		w.v.Floats[i] = src.Floats[k]
	default:
		w.v.Ints[i] = src.Ints[k]
	}
}

// done is to be called after the last slot.
func (w *writer) done() {
	if w.v.Off != nil {
		w.fill(w.v.N - 1)
	}
}
