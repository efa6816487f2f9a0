package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Project computes the columns of its output: d(project R) = project dR, weights as they are. A row on which an
// expression fails becomes an error that knows the columns that did not fail.
//
//	(a, 10/a):   +1 -> +(1,10)    -5 -> -(5,2)    +0 -> error 22012 at (0,?)
type Project struct {
	ctx   *expr.Ctx
	exprs []expr.Expr
	types []types.Type
	from  []int // the input column of each output column, -1: computed
	out   batch.Batch
	owned []bool // of the output columns: they are used again
}

// NewProject computes exprs over its input.
func NewProject(ctx *expr.Ctx, exprs []expr.Expr) *Project {
	p := &Project{ctx: ctx, exprs: exprs, from: make([]int, len(exprs)), types: make([]types.Type, len(exprs))}
	p.out.Cols, p.owned = make([]*batch.Vec, len(exprs)), make([]bool, len(exprs))
	for i, e := range exprs {
		p.types[i] = e.Type()
		p.from[i] = -1
		if c, ok := e.(*expr.Col); ok {
			p.from[i] = c.ID
		}
	}
	return p
}

func (p *Project) Name() string     { return "project" }
func (p *Project) Finish(Out) error { return nil }

func (p *Project) Step(_ int, in *batch.Batch, out Out) error {
	o := &p.out
	o.W, o.Errs = in.W, o.Errs[:0]
	for i := range in.Errs {
		o.Errs = append(o.Errs, mapErr(&in.Errs[i], p.from))
	}
	var bad *failures
	for k, e := range p.exprs {
		if p.from[k] >= 0 {
			o.Cols[k] = in.Cols[p.from[k]]
			continue
		}
		p.ctx.Reset()
		o.Cols[k], p.owned[k] = expr.EvalOwned(p.ctx, e, in, nil)
		if p.ctx.Failed() {
			bad = bad.note(p.ctx, k, in.Len(), len(p.exprs))
		}
	}
	defer p.release()
	if bad != nil {
		return out(bad.divide(o, p.types))
	}
	if o.Empty() {
		return nil
	}
	return out(o)
}

func (p *Project) release() {
	for k, owned := range p.owned {
		if owned {
			p.ctx.Release(p.out.Cols[k])
			p.out.Cols[k], p.owned[k] = nil, false
		}
	}
}

// failures are the rows of a batch on which some of a list of expressions failed: the rare way.
type failures struct {
	first []*sqlerr.Error // by row: the failure of the first expression that failed
	cols  []batch.Bitmap  // by expression: its failed rows
}

// note records what ctx says of expression k. A nil receiver begins.
func (f *failures) note(ctx *expr.Ctx, k, rows, exprs int) *failures {
	if f == nil {
		f = &failures{first: make([]*sqlerr.Error, rows), cols: make([]batch.Bitmap, exprs)}
	}
	for i := range f.first {
		if err := ctx.Err(i); err != nil {
			f.cols[k].Set(i)
			if f.first[i] == nil {
				f.first[i] = err
			}
		}
	}
	return f
}

// divide makes errors of the failed rows of b, the batch of the expressions' results.
func (f *failures) divide(b *batch.Batch, ts []types.Type) *batch.Batch {
	good := batch.New(ts, b.Len())
	good.Errs = append(good.Errs, b.Errs...)
	sel := make([]int32, 0, b.Len())
	from := make([]int, len(b.Cols))
	for i, err := range f.first {
		if err == nil {
			sel = append(sel, int32(i))
			continue
		}
		for k := range from {
			from[k] = k
			if f.cols[k].Get(i) {
				from[k] = -1
			}
		}
		good.Errs = append(good.Errs, errAt(err, b, i, from, b.W[i]))
	}
	gather(good, b, sel)
	return good
}
