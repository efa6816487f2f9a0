package optest

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// evalJoin is nested loops. A pair on which the residual fails is an error, and no match.
func evalJoin(p *Join, l, r, out *Rel) {
	nl, nr := len(l.Types), len(r.Types)
	lfrom, rfrom, failed := joinKnown(p, nl, nr, len(out.Types))
	out.pass(l, lfrom)
	out.pass(r, rfrom)
	matchedR := make([]bool, len(r.Rows))
	for _, lr := range l.Rows {
		matched := false
		for k, rr := range r.Rows {
			if !joinEqual(p, l, r, lr.D, rr.D) {
				continue
			}
			pair := append(slices.Clone(lr.D), rr.D...)
			if p.Residual != nil {
				ok, err := holds(p.Residual, pair)
				if err != nil {
					out.Errs = append(out.Errs, out.errorOf(err, pair, nil, failed, lr.W*rr.W))
				}
				if !ok {
					continue
				}
			}
			matched, matchedR[k] = true, true
			if p.Kind <= operators.Full {
				out.Rows = append(out.Rows, Row{pair, lr.W * rr.W})
			}
		}
		switch p.Kind {
		case operators.Left, operators.Full:
			if !matched {
				out.Rows = append(out.Rows, Row{append(slices.Clone(lr.D), make([]types.Datum, nr)...), lr.W})
			}
		case operators.Semi:
			if matched {
				out.Rows = append(out.Rows, lr)
			}
		case operators.Anti, operators.AntiNull:
			if !matched {
				out.Rows = append(out.Rows, lr)
			}
		}
	}
	for k, rr := range r.Rows {
		if p.Kind == operators.Full && !matchedR[k] {
			out.Rows = append(out.Rows, Row{append(make([]types.Datum, nl), rr.D...), rr.W})
		}
	}
}

// holds evaluates a condition as one: what follows a conjunct that is false or NULL is not evaluated.
func holds(e expr.Expr, row []types.Datum) (bool, error) {
	if and, ok := e.(*expr.And); ok {
		for _, a := range and.Args {
			if ok, err := holds(a, row); !ok {
				return false, err
			}
		}
		return true, nil
	}
	v, err := expr.EvalRow(ctx(), e, row)
	return err == nil && !v.IsNull() && v.Bool(), err
}

func joinEqual(p *Join, l, r *Rel, a, b []types.Datum) bool {
	for i := range p.LK {
		x, y := a[p.LK[i]], b[p.RK[i]]
		if x.IsNull() || y.IsNull() {
			if p.Kind == operators.AntiNull {
				continue
			}
			return false
		}
		if types.Compare(l.Types[p.LK[i]], x, y) != 0 {
			return false
		}
	}
	return true
}

// joinKnown says which columns errors of the left, of the right and of a pair know in the output.
func joinKnown(p *Join, nl, nr, n int) (l, r, pair []int) {
	none := func() []int { return slices.Repeat([]int{-1}, n) }
	l, r, pair = none(), none(), none()
	if p.Kind == operators.Full {
		return l, r, pair
	}
	for i := range nl {
		l[i], pair[i] = i, i
	}
	for i := range nr {
		if p.Kind == operators.Inner {
			r[nl+i], pair[nl+i] = i, nl+i
		}
	}
	for i := range p.LK {
		if p.Kind != operators.AntiNull {
			r[p.LK[i]] = p.RK[i]
		}
		if p.Kind == operators.Inner {
			l[nl+p.RK[i]] = p.LK[i]
		}
	}
	return l, r, pair
}
