package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Hypothetical-set aggregates say where a row would stand in a group. They are counts of the rows that would stand before it, so that a change
// costs what it costs a count:
//
//	rank(d) WITHIN GROUP (ORDER BY x)          1 + count(*) FILTER (x before d)
//	dense_rank(d)                              1 + count(DISTINCT ROW(x)) FILTER (x before d)
//	percent_rank(d)                            count(*) FILTER (x before d) / count(*), 0 of no rows
//	cume_dist(d)                               (1 + count(*) FILTER (x before d or its peer)) / (1 + count(*))

// directArg is a direct argument of an aggregate, which may use grouped columns only.
type directArg struct {
	expr expr.Expr
	pos  ast.Pos
}

// hypotheticalSet binds rank, dense_rank, percent_rank and cume_dist with WITHIN GROUP.
func (b *Binder) hypotheticalSet(c, inner *context, e *ast.Func, name string) (expr.Expr, error) {
	direct, pos, err := b.scalars(inner, e.Args)
	if err != nil {
		return nil, err
	}
	if len(direct) != len(e.Within) {
		return nil, b.unequalDirect(inner, e, name, direct)
	}
	keys := make([]expr.SortKey, len(direct))
	for i, it := range e.Within {
		x, err := b.scalar(inner, it.Expr)
		if err != nil {
			return nil, err
		}
		both, _, err := b.unify([]expr.Expr{x, direct[i]}, []ast.Pos{loc(it.Expr), pos[i]}, "WITHIN GROUP")
		if err != nil {
			return nil, err
		}
		if keys[i], err = b.direction(it, both[0]); err != nil {
			return nil, err
		}
		direct[i] = both[1]
	}
	var filter []expr.Expr
	if e.Filter != nil {
		x, err := b.condition(inner, e.Filter, "FILTER")
		if err != nil {
			return nil, err
		}
		filter = plan.Conjuncts(x)
	}
	count := func(distinct bool, args, preds []expr.Expr) (expr.Expr, error) {
		call := &expr.AggCall{Args: args, Distinct: distinct}
		if call.Fn, _, call.T, err = expr.LookupAgg("count", typesOf(args)); err != nil {
			return nil, err
		}
		if preds = slices.Concat(filter, preds); len(preds) > 0 {
			call.Filter = conj(preds)
		}
		return b.addAgg(c, call, name, e)
	}
	before, err := b.sortsBefore(keys, direct, name == "cume_dist", e.Pos)
	if err != nil {
		return nil, err
	}
	var distinct []expr.Expr
	if name == "dense_rank" {
		distinct = []expr.Expr{rowOf(keys, e.Pos)}
	}
	n, err := count(distinct != nil, distinct, []expr.Expr{before})
	if err != nil {
		return nil, err
	}
	b.useDirect(c, direct, pos, before)
	one := &expr.Const{D: types.NewInt(1), T: types.Of(types.Int8)}
	if name == "rank" || name == "dense_rank" {
		return b.arithmetic("+", n, one, e.Pos)
	}
	total, err := count(false, nil, nil)
	if err != nil {
		return nil, err
	}
	if name == "cume_dist" {
		if n, err = b.arithmetic("+", n, one, e.Pos); err == nil {
			total, err = b.arithmetic("+", total, one, e.Pos)
		}
	} else {
		// Of no rows none is before: 0 of at least one.
		total, err = b.call("greatest", false, []expr.Expr{total, one}, []ast.Pos{e.Pos, e.Pos}, e.Pos)
	}
	if err != nil {
		return nil, err
	}
	return b.ratio(n, total, e.Pos)
}

// useDirect notes, with the level of an aggregate over x, its direct arguments that are not constants.
func (b *Binder) useDirect(c *context, direct []expr.Expr, pos []ast.Pos, x expr.Expr) {
	at := b.aggLevel(c, plan.RefsOf(x))
	for i, d := range direct {
		if at != nil && at.aggs != nil && (plan.HasSubquery(d) || len(plan.RefsOf(d)) > 0) {
			at.aggs.direct = append(at.aggs.direct, directArg{d, pos[i]})
		}
	}
}

// checkDirect refuses direct arguments that use columns that are not grouped.
func (g *grouper) checkDirect() error {
	for _, d := range g.sel.aggs.direct {
		if len(g.sel.sets) > 1 {
			return sqlerr.Unsupported(int(d.pos), "a direct argument that is not a constant, with grouping sets,")
		}
		if g.rewrite(d.expr); g.err != nil {
			return sqlerr.From(g.err).WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns.")
		}
	}
	return nil
}

// unequalDirect is why a hypothetical-set aggregate has not as many direct arguments as columns.
func (b *Binder) unequalDirect(inner *context, e *ast.Func, name string, direct []expr.Expr) error {
	ts := typesOf(direct)
	for _, it := range e.Within {
		x, err := b.scalar(inner, it.Expr)
		if err != nil {
			return err
		}
		ts = append(ts, x.Type().Base())
	}
	return sqlerr.New(sqlerr.UndefinedFunction, "function %s does not exist", expr.Signature(name, ts)).At(int(e.Pos)).
		WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
			name, len(direct), len(e.Within))
}

// sortsBefore tells whether keys stand before values in their order; orPeer: or with them.
func (b *Binder) sortsBefore(keys []expr.SortKey, values []expr.Expr, orPeer bool, pos ast.Pos) (expr.Expr, error) {
	var out expr.Expr = expr.Bool(orPeer)
	at := []ast.Pos{pos, pos}
	for i := len(keys) - 1; i >= 0; i-- {
		k, pair := keys[i], []expr.Expr{keys[i].Expr, values[i]}
		op := "<"
		if k.Desc {
			op = ">"
		}
		less, err := b.call(op, true, pair, at, pos)
		if err != nil {
			return nil, err
		}
		eq, xs, err := b.comparison("=", pair, at, pos)
		if err != nil {
			return nil, err
		}
		null := func(x expr.Expr, not bool) expr.Expr { return &expr.IsNull{X: x, Not: not} }
		// A NULL stands before all values or behind them.
		first := &expr.Case{T: types.Of(types.Bool), Else: less, Whens: []expr.When{
			{Cond: null(k.Expr, false), Then: expr.Expr(&expr.And{Args: []expr.Expr{expr.Bool(k.NullsFirst), null(values[i], true)}})},
			{Cond: null(values[i], false), Then: expr.Bool(!k.NullsFirst)},
		}}
		same := &expr.IsDistinct{L: xs[0], R: xs[1], Eq: eq, Not: true}
		out = &expr.Or{Args: []expr.Expr{first, &expr.And{Args: []expr.Expr{same, out}}}}
	}
	return b.fold(out), nil
}

func rowOf(keys []expr.SortKey, pos ast.Pos) expr.Expr {
	var names []string
	var xs []expr.Expr
	for i, k := range keys {
		names, xs = append(names, types.FieldName(i)), append(xs, k.Expr)
	}
	return makeRow(names, xs, pos)
}

func (b *Binder) arithmetic(op string, x, y expr.Expr, pos ast.Pos) (expr.Expr, error) {
	return b.call(op, true, []expr.Expr{x, y}, []ast.Pos{pos, pos}, pos)
}

// ratio divides two integers as floats.
func (b *Binder) ratio(x, y expr.Expr, pos ast.Pos) (expr.Expr, error) {
	f := types.Of(types.Float8)
	x, err := b.must(x, f, types.Implicit, pos)
	if err != nil {
		return nil, err
	}
	if y, err = b.must(y, f, types.Implicit, pos); err != nil {
		return nil, err
	}
	return b.arithmetic("/", x, y, pos)
}
