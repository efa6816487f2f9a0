package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// FlatMapSpec describes a set-returning function applied to each row of an input of types In. The output is the input's
// columns, the function's, and with Ordinality the row's number from 1 (int8). Outer keeps rows for which the function
// gives none, padded with NULLs.
type FlatMapSpec struct {
	In         []types.Type
	Fn         *expr.SRF
	Args       []expr.Expr
	Ordinality bool
	Outer      bool
}

// FlatMap puts behind each input row the rows of a function: d out = sum over rows r of dR of w(r) * f(r). It keeps nothing.
//
//	unnest(a):   +({1,2}) -> +({1,2},1) +({1,2},2)     -({1,2}) -> -({1,2},1) -({1,2},2)     +({}) -> nothing
type FlatMap struct {
	spec FlatMapSpec
	ctx  *expr.Ctx
	ni   int
	rows *batch.Batch // of one call
	args []*batch.Vec
	row  []types.Datum
	from []int
	out  *batch.Batch
}

// NewFlatMap makes the operator.
func NewFlatMap(ctx *expr.Ctx, s FlatMapSpec) *FlatMap {
	f := &FlatMap{spec: s, ctx: ctx, ni: len(s.In), args: make([]*batch.Vec, len(s.Args))}
	ts := append([]types.Type{}, s.In...)
	var own []types.Type
	for _, c := range s.Fn.Cols {
		own = append(own, c.T)
	}
	ts = append(ts, own...)
	if s.Ordinality {
		ts = append(ts, types.Of(types.Int8))
	}
	f.from = unknown(len(ts))
	copy(f.from, allCols(f.ni))
	f.rows, f.out = batch.New(own, 0), batch.New(ts, 0)
	return f
}

func (f *FlatMap) Name() string     { return "flat map" }
func (f *FlatMap) Finish(Out) error { return nil }

func (f *FlatMap) Step(_ int, in *batch.Batch, out Out) error {
	f.out.Reset()
	for i := range in.Errs {
		f.out.Errs = append(f.out.Errs, mapErr(&in.Errs[i], f.from))
	}
	var bad *failures
	for k, e := range f.spec.Args {
		f.ctx.Reset()
		f.args[k] = expr.Eval(f.ctx, e, in, nil)
		if f.ctx.Failed() {
			bad = bad.note(f.ctx, k, in.Len(), len(f.args))
		}
	}
	for i := range in.W {
		if bad != nil && bad.first[i] != nil {
			f.out.Errs = append(f.out.Errs, errAt(bad.first[i], in, i, f.from, in.W[i]))
			continue
		}
		if err := f.expand(in, i, out); err != nil {
			return err
		}
	}
	return flush(f.out, out)
}

// expand adds the rows of input row i.
func (f *FlatMap) expand(in *batch.Batch, i int, out Out) error {
	f.row = f.row[:0]
	null := false
	for _, v := range f.args {
		null = null || v.IsNull(i)
		f.row = append(f.row, v.Datum(i))
	}
	f.rows.Reset()
	if !null || !f.spec.Fn.Strict {
		if err := f.spec.Fn.Rows(f.ctx, f.row, f.rows); err != nil {
			f.out.Errs = append(f.out.Errs, errAt(sqlerr.From(err), in, i, f.from, in.W[i]))
			return nil
		}
	}
	n := len(f.rows.W)
	if len(f.rows.Cols) > 0 {
		n = f.rows.Cols[0].Len() // the function need not set weights
	}
	if n == 0 {
		if f.spec.Outer {
			f.pad(in, i)
		}
		return nil
	}
	size := 1
	for _, v := range in.Cols {
		if v.Off != nil {
			size += len(v.Bytes(i))
		}
	}
	for lo := 0; lo < n; {
		hi := min(n, lo+min(max(1, SliceRows-f.out.Len()), 1+sliceBytes/size))
		f.add(in, i, lo, hi)
		lo = hi
		if full(f.out) {
			if err := flush(f.out, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds rows lo to hi of the function's result.
func (f *FlatMap) add(in *batch.Batch, i, lo, hi int) {
	for k, v := range in.Cols {
		repeat(f.out.Cols[k], v, i, hi-lo)
	}
	for k, v := range f.rows.Cols {
		f.out.Cols[f.ni+k].AppendRange(v, lo, hi)
	}
	for r := lo; r < hi; r++ {
		if f.spec.Ordinality {
			f.out.Cols[len(f.out.Cols)-1].AppendInt(int64(r + 1))
		}
		f.out.W = append(f.out.W, in.W[i])
	}
}

func (f *FlatMap) pad(in *batch.Batch, i int) {
	for k, v := range f.out.Cols {
		if k < f.ni {
			v.AppendFrom(in.Cols[k], i)
		} else {
			v.AppendNull()
		}
	}
	f.out.W = append(f.out.W, in.W[i])
}
