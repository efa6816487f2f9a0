package optest

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func evalReduce(p *Reduce, in, out *Rel) {
	gs := in.groups(p.Keys)
	if len(gs) == 0 && p.Scalar {
		gs = [][]Row{nil}
	}
	keyRel := &Rel{}
	for _, k := range p.Keys {
		keyRel.Types = append(keyRel.Types, in.Types[k])
	}
	for _, g := range gs {
		var keys []types.Datum
		for _, row := range g {
			var k []types.Datum
			for _, c := range p.Keys {
				k = append(k, row.D[c])
			}
			if keys == nil || keyRel.image(k) < keyRel.image(keys) {
				keys = k
			}
		}
		var failures []*sqlerr.Error
		d := slices.Clone(keys)
		for _, a := range p.Aggs {
			v, errs := evalAgg(a, g)
			failures = append(failures, errs...)
			d = append(d, v)
		}
		if len(failures) == 0 {
			out.Rows = append(out.Rows, Row{d, 1})
			continue
		}
		least := slices.MinFunc(failures, func(a, b *sqlerr.Error) int { return compareStrings(string(a.Code), string(b.Code)) })
		from := slices.Repeat([]int{-1}, len(out.Types))
		copy(from, identity(len(keys)))
		out.Errs = append(out.Errs, out.errorOf(least, keys, nil, from, 1))
	}
}

// argRow is the arguments of an aggregate for a row, with what ORDER BY sorts them by.
type argRow struct {
	args, order []types.Datum
	w           int64
}

// evalAgg computes an aggregate over a group from scratch, or lists what failed.
func evalAgg(a *expr.AggCall, g []Row) (types.Datum, []*sqlerr.Error) {
	rows, errs := aggArgs(a, g)
	if len(errs) > 0 {
		return types.Null, errs
	}
	sortArgs(a, rows)
	if a.Distinct {
		rows = slices.CompactFunc(rows, func(x, y argRow) bool {
			for i, e := range a.Args {
				if !equal(e.Type(), x.args[i], y.args[i]) {
					return false
				}
			}
			return true
		})
		for i := range rows {
			rows[i].w = 1
		}
	}
	if len(rows) == 0 {
		return a.Fn.Empty, nil
	}
	v, err := foldArgs(a, rows)
	if err != nil {
		return types.Null, []*sqlerr.Error{sqlerr.From(err)}
	}
	return v, nil
}

func aggArgs(a *expr.AggCall, g []Row) (rows []argRow, errs []*sqlerr.Error) {
rows:
	for _, row := range g {
		r := argRow{w: row.W}
		if a.Filter != nil {
			v, err := expr.EvalRow(ctx(), a.Filter, row.D)
			if err != nil {
				errs = append(errs, sqlerr.From(err))
				continue
			}
			if v.IsNull() || !v.Bool() {
				continue
			}
		}
		null := false
		for i, e := range append(slices.Clone(a.Args), orderExprs(a)...) {
			v, err := expr.EvalRow(ctx(), e, row.D)
			if err != nil {
				errs = append(errs, sqlerr.From(err))
				continue rows
			}
			if i >= len(a.Args) {
				r.order = append(r.order, v)
				continue
			}
			null = null || v.IsNull()
			r.args = append(r.args, v)
		}
		if null && a.Fn.Strict {
			continue
		}
		rows = append(rows, r)
	}
	return rows, errs
}

func orderExprs(a *expr.AggCall) (es []expr.Expr) {
	for _, k := range a.Order {
		es = append(es, k.Expr)
	}
	return es
}

// sortArgs is the order in which an aggregate sees its rows: ORDER BY, the arguments, their images.
func sortArgs(a *expr.AggCall, rows []argRow) {
	argRel := &Rel{}
	for _, e := range a.Args {
		argRel.Types = append(argRel.Types, e.Type())
	}
	desc := a.Fn.Desc
	slices.SortStableFunc(rows, func(x, y argRow) int {
		for i, k := range a.Order {
			if a.Fn.First || a.Fn.Linear {
				break
			}
			if c := compareOrder(k.Expr.Type(), x.order[i], y.order[i], k.Desc, k.NullsFirst); c != 0 {
				return c
			}
		}
		for i, t := range argRel.Types {
			if c := compareOrder(t, x.args[i], y.args[i], desc, false); c != 0 {
				return c
			}
		}
		return compareStrings(argRel.image(x.args), argRel.image(y.args))
	})
}

// foldOrdered is an ordered-set aggregate over sorted rows.
func foldOrdered(a *expr.AggCall, rows []argRow) (types.Datum, error) {
	var all []types.Datum
	var mode types.Datum
	best := int64(0)
	for i := 0; i < len(rows); {
		n, first := int64(0), rows[i].args[0]
		for ; i < len(rows) && equal(a.Args[0].Type(), rows[i].args[0], first); i++ {
			n += rows[i].w
			all = append(all, slices.Repeat([]types.Datum{rows[i].args[0]}, int(rows[i].w))...)
		}
		if n > best {
			mode, best = first, n
		}
	}
	if a.Fn.Ordered.Ranks == nil {
		return mode, nil
	}
	var values []types.Datum
	for _, rank := range a.Fn.Ordered.Ranks(int64(len(all))) {
		values = append(values, all[rank])
	}
	return a.Fn.Ordered.Pick(int64(len(all)), values)
}

func foldArgs(a *expr.AggCall, rows []argRow) (types.Datum, error) {
	switch {
	case a.Fn.First:
		return rows[0].args[0], nil
	case a.Fn.Ordered != nil:
		return foldOrdered(a, rows)
	case a.Fn.Linear:
		var state []byte
		var err error
		for _, r := range rows {
			if state, err = a.Fn.Step(ctx(), state, r.args, r.w); err != nil {
				return types.Null, err
			}
		}
		return a.Fn.Final(ctx(), state)
	}
	i := -1
	return a.Fn.Fold(ctx(), func() ([]types.Datum, int64, bool) {
		if i++; i >= len(rows) {
			return nil, 0, false
		}
		return rows[i].args, rows[i].w, true
	})
}
