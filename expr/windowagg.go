package expr

import (
	"github.com/streamsql/streamsql/types"
)

// windowAgg is an aggregate over the frames of a partition's rows, one after the other. What is linear takes a row in and out as the frame
// passes it; of min and max the rows are kept that may yet be the extreme; the others are computed from each frame that differs from the one
// before.
type windowAgg struct {
	w      *windowRun
	fn     *Agg
	lo, hi int // the rows that are in
	state  []byte
	best   []int // rows of the frame, each better than all behind it
	args   []types.Datum
	last   types.Datum
	some   bool // last is of the frame lo to hi
}

func newWindowAgg(w *windowRun) *windowAgg {
	return &windowAgg{w: w, fn: w.call.Fn.Agg, args: make([]types.Datum, len(w.args))}
}

// value is the aggregate over the frame of row i.
func (a *windowAgg) value(w *windowRun, i int) (types.Datum, error) {
	if w.call.Frame.Exclude != ExcludeNothing {
		spans := w.within(i)
		a.clear(0)
		for _, s := range spans {
			if a.fn.Fold == nil {
				if err := a.enter(s[0], s[1]); err != nil {
					return types.Null, err
				}
			}
		}
		return a.result(spans)
	}
	lo, hi := w.frame.lo, w.frame.hi
	if a.some && lo == a.lo && hi == a.hi {
		return a.last, nil
	}
	if lo >= a.hi {
		a.clear(lo)
	}
	if a.fn.Fold == nil {
		if err := a.leave(lo); err != nil {
			return types.Null, err
		}
		if err := a.enter(a.hi, hi); err != nil {
			return types.Null, err
		}
	}
	a.lo, a.hi, a.some = lo, hi, true
	var err error
	a.last, err = a.result([][2]int{{lo, hi}})
	return a.last, err
}

// clear begins anew at a row.
func (a *windowAgg) clear(at int) {
	a.lo, a.hi, a.some = at, at, false
	a.state, a.best = a.state[:0], a.best[:0]
}

// row reads the arguments of row i; false: it does not count.
func (a *windowAgg) row(i int) (bool, error) {
	if err := a.w.fails[i]; err != nil {
		return false, err
	}
	if a.w.keep != nil && !a.w.keep[i] {
		return false, nil
	}
	for k := range a.args {
		d, err := a.w.arg(k, i)
		if err != nil {
			return false, err
		}
		if d.IsNull() && a.fn.Strict {
			return false, nil
		}
		a.args[k] = d
	}
	return true, nil
}

// enter takes rows from to to in.
func (a *windowAgg) enter(from, to int) error {
	for i := from; i < to; i++ {
		ok, err := a.row(i)
		if err != nil {
			return err
		}
		switch {
		case !ok:
		case a.fn.First:
			for k := len(a.best) - 1; k >= 0 && !a.better(a.best[k], i); k-- {
				a.best = a.best[:k]
			}
			a.best = append(a.best, i)
		default:
			if a.state, err = a.fn.Step(a.w.ctx, a.state, a.args, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// better tells whether row i is before row j, not equal to it, in the order of min or max.
func (a *windowAgg) better(i, j int) bool {
	v := a.w.args[0]
	c := types.Compare(v.Type, v.Datum(i), v.Datum(j))
	if a.fn.Desc {
		c = -c
	}
	return c < 0
}

// leave takes out the rows before lo.
func (a *windowAgg) leave(lo int) error {
	for len(a.best) > 0 && a.best[0] < lo {
		a.best = a.best[1:]
	}
	for ; a.fn.Linear && a.lo < lo; a.lo++ {
		ok, err := a.row(a.lo)
		if err == nil && ok {
			a.state, err = a.fn.Step(a.w.ctx, a.state, a.args, -1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// result is the aggregate of what is in; of a fold, of the rows of spans.
func (a *windowAgg) result(spans [][2]int) (types.Datum, error) {
	switch {
	case a.fn.Fold != nil:
		return a.fold(spans)
	case a.fn.First && len(a.best) > 0:
		return a.w.arg(0, a.best[0])
	case a.fn.Linear && len(a.state) > 0:
		return a.fn.Final(a.w.ctx, a.state)
	}
	return a.fn.Empty, nil
}

func (a *windowAgg) fold(spans [][2]int) (types.Datum, error) {
	var failed error
	some := false
	next := func() ([]types.Datum, int64, bool) {
		for failed == nil && len(spans) > 0 {
			i := spans[0][0]
			if i == spans[0][1] {
				spans = spans[1:]
				continue
			}
			spans[0][0]++
			ok, err := a.row(i)
			if failed = err; ok {
				some = true
				return a.args, 1, true
			}
		}
		return nil, 0, false
	}
	d, err := a.fn.Fold(a.w.ctx, next)
	switch {
	case failed != nil:
		return types.Null, failed
	case !some && err == nil:
		return a.fn.Empty, nil
	}
	return d, err
}
