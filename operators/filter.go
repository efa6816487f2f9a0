package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// Filter keeps the rows for which a predicate is true: d(filter R) = filter dR. A row on which the predicate fails becomes
// an error that knows all its columns. An error of which is known that its row would not pass ends here.
//
//	a > 1:   +1 -> nothing    +2 -> +2    -3 -> -3
type Filter struct {
	ctx  *expr.Ctx
	pred expr.Expr
	cols []int
	sel  []int32
	out  *batch.Batch
}

// NewFilter filters rows of types ts.
func NewFilter(ctx *expr.Ctx, ts []types.Type, pred expr.Expr) *Filter {
	return &Filter{ctx: ctx, pred: pred, cols: allCols(len(ts)), out: batch.New(ts, 0)}
}

func (f *Filter) Name() string     { return "filter" }
func (f *Filter) Finish(Out) error { return nil }

func (f *Filter) Step(_ int, in *batch.Batch, out Out) error {
	f.ctx.Reset()
	f.sel = expr.Filter(f.ctx, f.pred, in, nil, f.sel[:0])
	if len(f.sel) == in.Len() && len(in.Errs) == 0 {
		if in.Empty() {
			return nil
		}
		return out(in)
	}
	f.out.Reset()
	gather(f.out, in, f.sel)
	if f.ctx.Failed() {
		for i, w := range in.W {
			if err := f.ctx.Err(i); err != nil {
				f.out.Errs = append(f.out.Errs, errAt(err, in, i, f.cols, w))
			}
		}
	}
	for i := range in.Errs {
		if !Refuted(f.ctx, f.pred, &in.Errs[i]) {
			f.out.Errs = append(f.out.Errs, in.Errs[i])
		}
	}
	return flush(f.out, out)
}
