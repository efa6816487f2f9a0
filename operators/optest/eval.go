package optest

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Eval computes a plan over the contents of its base relations, by nested loops and sorting.
func Eval(p Plan, base func(id int) *Rel) *Rel {
	if p, ok := p.(*Recursive); ok {
		return evalRecursive(p, base)
	}
	var ins []*Rel
	for _, in := range p.Inputs() {
		ins = append(ins, Eval(in, base))
	}
	out := NewRel(p.Types())
	switch p := p.(type) {
	case *Base:
		b := base(p.ID)
		out.Rows, out.Errs = slices.Clone(b.Rows), slices.Clone(b.Errs)
	case *Working:
		out.Rows = base(workID).Rows
	case *Constant:
		for _, r := range p.Rows {
			out.Rows = append(out.Rows, Row{r, 1})
		}
	case *Filter:
		evalFilter(p, ins[0], out)
	case *Project:
		out.pass(ins[0], columnsOf(p.Exprs))
		evalProject(p, ins[0], out)
	case *FlatMap:
		out.pass(ins[0], identity(len(p.In.Types())))
		evalFlatMap(p, ins[0], out)
	case *Union:
		for _, in := range ins {
			out.Rows = append(out.Rows, in.Rows...)
			out.pass(in, identity(len(in.Types)))
		}
	case *Join:
		evalJoin(p, ins[0], ins[1], out)
	case *Many:
		evalMany(p, ins, out)
	case *Reduce:
		out.pass(ins[0], p.Keys)
		evalReduce(p, ins[0], out)
	case *Distinct:
		out.pass(ins[0], identity(len(p.Types())))
		for _, g := range ins[0].groups(identity(len(p.Types()))) {
			out.Rows = append(out.Rows, Row{ins[0].least(g).D, 1})
		}
	case *TopK:
		out.pass(ins[0], only(p.Spec.Partition, len(p.Types())))
		for _, g := range ins[0].groups(p.Spec.Partition) {
			evalTopK(p.Spec, ins[0], g, out)
		}
	case *Window:
		out.pass(ins[0], only(p.Spec.Partition, len(p.Types())))
		for _, g := range ins[0].groups(p.Spec.Partition) {
			evalWindow(p.Spec, ins[0], g, out)
		}
	case *SetOp:
		evalSetOp(p, ins[0], ins[1], out)
	case *Single:
		out.pass(ins[0], only(p.Key, len(p.Types())))
		evalSingle(p, ins[0], out)
	default:
		panic(fmt.Sprintf("optest: unknown plan %T", p))
	}
	out.consolidate()
	return out
}

func identity(n int) []int {
	from := make([]int, n)
	for i := range from {
		from[i] = i
	}
	return from
}

// only is the identity of some of n columns.
func only(cols []int, n int) []int {
	from := slices.Repeat([]int{-1}, n)
	for _, c := range cols {
		from[c] = c
	}
	return from
}

func columnsOf(es []expr.Expr) []int {
	from := make([]int, len(es))
	for i, e := range es {
		from[i] = -1
		if c, ok := e.(*expr.Col); ok {
			from[i] = c.ID
		}
	}
	return from
}

// pass hands in's errors on; from says which input column an output column is, -1: none.
func (r *Rel) pass(in *Rel, from []int) {
	for _, e := range in.Errs {
		r.Errs = append(r.Errs, r.errorOf(e.Err, e.Cols, e.Known, from, e.W))
	}
}

// errorOf is an error that knows column i if from[i] is known in cols (known nil: all).
func (r *Rel) errorOf(err error, cols []types.Datum, known []bool, from []int, w int64) batch.ErrRow {
	e := batch.ErrRow{Err: sqlerr.From(err), W: w, Cols: make([]types.Datum, len(r.Types)), Known: make([]bool, len(r.Types))}
	for i, c := range from {
		if c >= 0 && (known == nil || c < len(known) && known[c]) {
			e.Cols[i], e.Known[i] = cols[c], true
		}
	}
	return e
}

func ctx() *expr.Ctx { return &expr.Ctx{Config: types.DefaultConfig()} }

func evalFilter(p *Filter, in, out *Rel) {
	for _, e := range in.Errs {
		if !operators.Refuted(ctx(), p.Pred, &e) {
			out.Errs = append(out.Errs, e)
		}
	}
	for _, row := range in.Rows {
		v, err := expr.EvalRow(ctx(), p.Pred, row.D)
		switch {
		case err != nil:
			out.Errs = append(out.Errs, out.errorOf(err, row.D, nil, identity(len(row.D)), row.W))
		case !v.IsNull() && v.Bool():
			out.Rows = append(out.Rows, row)
		}
	}
}

func evalProject(p *Project, in, out *Rel) {
	for _, row := range in.Rows {
		d := make([]types.Datum, len(p.Exprs))
		from := identity(len(d))
		var first error
		for i, e := range p.Exprs {
			v, err := expr.EvalRow(ctx(), e, row.D)
			if err != nil {
				from[i] = -1
				if first == nil {
					first = err
				}
			}
			d[i] = v
		}
		if first != nil {
			out.Errs = append(out.Errs, out.errorOf(first, d, nil, from, row.W))
		} else {
			out.Rows = append(out.Rows, Row{d, row.W})
		}
	}
}

func evalFlatMap(p *FlatMap, in, out *Rel) {
	for _, row := range in.Rows {
		res, err := callSRF(p, row)
		if err != nil {
			out.Errs = append(out.Errs, out.errorOf(err, row.D, nil, identity(len(row.D)), row.W))
			continue
		}
		if len(res) == 0 && p.Spec.Outer {
			d := append(slices.Clone(row.D), make([]types.Datum, len(out.Types)-len(row.D))...)
			out.Rows = append(out.Rows, Row{d, row.W})
		}
		for i, r := range res {
			d := append(slices.Clone(row.D), r...)
			if p.Spec.Ordinality {
				d = append(d, types.NewInt(int64(i+1)))
			}
			out.Rows = append(out.Rows, Row{d, row.W})
		}
	}
}

func callSRF(p *FlatMap, row Row) (rows [][]types.Datum, err error) {
	var args []types.Datum
	for _, e := range p.Spec.Args {
		v, err := expr.EvalRow(ctx(), e, row.D)
		if err != nil {
			return nil, err
		}
		if v.IsNull() && p.Spec.Fn.Strict {
			return nil, nil
		}
		args = append(args, v)
	}
	var ts []types.Type
	for _, c := range p.Spec.Fn.Cols {
		ts = append(ts, c.T)
	}
	b := batch.New(ts, 0)
	if err := p.Spec.Fn.Rows(ctx(), args, b); err != nil {
		return nil, err
	}
	for i := range b.Cols[0].Len() {
		rows = append(rows, b.AppendRowTo(nil, i))
	}
	return rows, nil
}

// equal is SQL's equality of two columns in the sense of GROUP BY, where NULLs are equal.
func equal(t types.Type, a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	return types.Compare(t, a, b) == 0
}

// groups divides the rows by equality of columns.
func (r *Rel) groups(cols []int) [][]Row {
	var gs [][]Row
rows:
	for _, row := range r.Rows {
		for i, g := range gs {
			if r.equalOn(cols, g[0].D, row.D) {
				gs[i] = append(g, row)
				continue rows
			}
		}
		gs = append(gs, []Row{row})
	}
	return gs
}

func (r *Rel) equalOn(cols []int, a, b []types.Datum) bool {
	for _, c := range cols {
		if !equal(r.Types[c], a[c], b[c]) {
			return false
		}
	}
	return true
}

// least is the row with the smallest image.
func (r *Rel) least(g []Row) Row {
	return slices.MinFunc(g, func(a, b Row) int { return compareStrings(r.image(a.D), r.image(b.D)) })
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// order is ORDER BY cols, then the image.
func (r *Rel) order(cols []operators.OrderCol, a, b []types.Datum) int {
	if c := r.orderCols(cols, a, b); c != 0 {
		return c
	}
	return compareStrings(r.image(a), r.image(b))
}

func (r *Rel) orderCols(cols []operators.OrderCol, a, b []types.Datum) int {
	for _, k := range cols {
		if c := compareOrder(r.Types[k.Col], a[k.Col], b[k.Col], k.Desc, k.NullsFirst); c != 0 {
			return c
		}
	}
	return 0
}

func compareOrder(t types.Type, a, b types.Datum, desc, nullsFirst bool) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull() == nullsFirst && (a.IsNull() || b.IsNull()):
		return -1
	case a.IsNull() || b.IsNull():
		return 1
	case desc:
		return -types.Compare(t, a, b)
	}
	return types.Compare(t, a, b)
}

func evalTopK(s operators.TopKSpec, in *Rel, g []Row, out *Rel) {
	var all [][]types.Datum
	for _, row := range g {
		for range row.W {
			all = append(all, row.D)
		}
	}
	slices.SortFunc(all, func(a, b []types.Datum) int { return in.order(s.Order, a, b) })
	end := int64(len(all))
	if s.Limit >= 0 {
		end = min(end, s.Offset+s.Limit)
	}
	for s.WithTies && s.Limit > 0 && end > 0 && end < int64(len(all)) && in.orderCols(s.Order, all[end-1], all[end]) == 0 {
		end++
	}
	for i := s.Offset; i < end; i++ {
		out.Rows = append(out.Rows, Row{all[i], 1})
	}
}

func evalSetOp(p *SetOp, l, r, out *Rel) {
	out.pass(l, identity(len(l.Types)))
	out.pass(r, identity(len(l.Types)))
	cols := identity(len(l.Types))
	for _, g := range l.groups(cols) {
		var nl, nr int64
		for _, row := range g {
			nl += row.W
		}
		for _, row := range r.Rows {
			if l.equalOn(cols, g[0].D, row.D) {
				nr += row.W
			}
		}
		n := int64(0)
		switch {
		case p.All && p.Except:
			n = max(0, nl-nr)
		case p.All:
			n = min(nl, nr)
		case (nr > 0) != p.Except:
			n = 1
		}
		slices.SortFunc(g, func(a, b Row) int { return compareStrings(l.image(a.D), l.image(b.D)) })
		for _, row := range g {
			w := min(n, row.W)
			n -= w
			out.Rows = append(out.Rows, Row{row.D, w})
		}
	}
}

func evalSingle(p *Single, in, out *Rel) {
	from := make([]int, len(in.Types))
	for i := range from {
		from[i] = -1
		if slices.Contains(p.Key, i) {
			from[i] = i
		}
	}
	for _, g := range in.groups(p.Key) {
		if len(g) == 1 && g[0].W == 1 {
			out.Rows = append(out.Rows, g[0])
			continue
		}
		// The key's image in the error is that of the first row in key order.
		err := sqlerr.New(sqlerr.CardinalityViolation, "more than one row")
		out.Errs = append(out.Errs, out.errorOf(err, in.least(g).D, nil, from, 1))
	}
}
