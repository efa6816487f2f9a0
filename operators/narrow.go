package operators

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
)

// Columns are those of a relation that somebody looks at; nil: all.
type Columns []bool

// ColumnReader is an operator that may look at some columns of its input only, given at which of its output somebody looks.
type ColumnReader interface {
	Reads(above Columns) Columns
}

// Narrower makes rows of images. Columns that nobody looks at are NULL then, instead of being decoded. It is called before the first tick.
type Narrower interface {
	Narrow(cols Columns)
}

// With is what both look at.
func (c Columns) With(other Columns) Columns {
	out := make(Columns, max(len(c), len(other)))
	for i := range out {
		out[i] = i < len(c) && c[i] || i < len(other) && other[i]
	}
	return out
}

func columnsOf(n int, es ...expr.Expr) Columns {
	out := make(Columns, n)
	for _, e := range es {
		if e == nil {
			continue
		}
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Col); ok {
				out[c.ID] = true
			}
			return true
		})
	}
	return out
}

// Reads: what is projected away is not looked at.
func (p *Project) Reads(Columns) Columns {
	n := 0
	for _, e := range p.exprs {
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Col); ok {
				n = max(n, c.ID+1)
			}
			return true
		})
	}
	return columnsOf(n, p.exprs...)
}

// Reads: what the predicate looks at, and those behind it.
func (f *Filter) Reads(above Columns) Columns {
	if above == nil {
		return nil
	}
	return columnsOf(len(f.cols), f.pred).With(above)
}

// Reads: keys and arguments.
func (r *Reduce) Reads(Columns) Columns {
	out := make(Columns, len(r.spec.In))
	for _, k := range r.spec.Keys {
		out[k] = true
	}
	for _, a := range r.spec.Aggs {
		es := append(append([]expr.Expr{a.Filter}, a.Args...), a.Direct...)
		for _, k := range a.Order {
			es = append(es, k.Expr)
		}
		out = out.With(columnsOf(len(r.spec.In), es...))
	}
	return out
}

// Narrow: an error of a row is not made of its columns here, they are given.
func (s *Scan) Narrow(cols Columns) { s.cols = cols }

// Narrow: of a join that puts pairs out. A residual that fails makes an error of all that is known of the pair; then all is decoded.
func (j *Join) Narrow(cols Columns) {
	if !j.spec.Kind.pairs() || j.spec.Residual != nil && expr.CanFail(j.spec.Residual) {
		return
	}
	nl := len(j.l.part.Cols)
	if cols != nil {
		j.l.shown, j.r.shown = slices.Contains(cols[:min(nl, len(cols))], true), slices.Contains(cols[min(nl, len(cols)):], true)
	}
	cols = cols.With(columnsOf(nl+len(j.r.part.Cols), j.spec.Residual))
	j.l.cols, j.r.cols = cols[:nl], cols[nl:]
	j.l.keyed, j.r.keyed = j.l.side.A.keyedRow(j.l.cols), j.r.side.A.keyedRow(j.r.cols)
}
