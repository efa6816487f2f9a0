package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
	"slices"
)

// aggregation collects the aggregate calls of a query level.
type aggregation struct {
	own  map[int]bool // columns of the level
	aggs []plan.Agg
	text map[string]int // an aggregate's text -> its column, so that count(*) written twice is computed once
	// direct are the direct arguments of ordered-set aggregates, as far as they are not constants.
	direct []directArg
	// groupings are the calls of GROUPING().
	groupings []groupingCall
}

// aggregate binds an aggregate call; nil if name is not an aggregate's.
func (b *Binder) aggregate(c *context, e *ast.Func, name string) (expr.Expr, error) {
	if fn, _, _, err := expr.LookupAgg(name, nil); fn == nil && err == nil {
		return nil, nil
	}
	inner := &context{sc: c.sc, clause: c.clause, aggs: c.aggs, inAgg: true}
	f, err := b.findAgg(inner, e, name)
	if err != nil {
		return nil, err
	}
	args, pos := f.args, f.pos
	if len(args) == 0 && !e.Star {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", name).At(int(e.Pos))
	}
	if args, err = b.coerceArgs(args, f.coerce, pos); err != nil {
		return nil, err
	}
	for i := range args {
		if args[i], err = b.known(args[i], pos[i]); err != nil {
			return nil, err
		}
	}
	for i := 0; e.Distinct && i < len(args); i++ {
		if err := b.hasEquality(args[i], int(pos[i])); err != nil {
			return nil, err
		}
	}
	call := &expr.AggCall{Fn: f.fn, Args: args, Distinct: e.Distinct, T: f.ret}
	if call.Order, err = b.aggOrder(inner, e, args); err != nil {
		return nil, err
	}
	if e.Filter != nil {
		if call.Filter, err = b.condition(inner, e.Filter, "FILTER"); err != nil {
			return nil, err
		}
	}
	return b.addAgg(c, call, name, e)
}

// foundAgg is an aggregate with the arguments that it was found by, not yet coerced.
type foundAgg struct {
	fn     *expr.Agg
	coerce []types.Type
	ret    types.Type
	args   []expr.Expr
	pos    []ast.Pos
}

// findAgg binds the arguments of an aggregate and finds it by them.
func (b *Binder) findAgg(c *context, e *ast.Func, name string) (f foundAgg, err error) {
	if f.args, f.pos, err = b.scalars(c, e.Args); err != nil {
		return f, err
	}
	if name == "count" && len(f.args) == 1 && !e.Distinct {
		f.args[0] = presence(f.args[0])
	}
	f.fn, f.coerce, f.ret, err = expr.LookupAgg(name, typesOf(f.args))
	return f, at(err, e.Pos)
}

// addAgg registers an aggregate with its query level and stands for it by a column.
func (b *Binder) addAgg(c *context, call *expr.AggCall, name string, e *ast.Func) (expr.Expr, error) {
	at := b.aggLevel(c, plan.RefsOf(plan.AggExprs(call)...))
	switch {
	case at == nil:
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level").At(int(e.Pos))
	case at.inAgg:
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate function calls cannot be nested").At(int(e.Pos))
	case at.aggs == nil:
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in %s", at.clause).At(int(e.Pos))
	}
	key := aggText(call)
	id, ok := at.aggs.text[key]
	if !ok {
		id = b.Meta.Add(name, call.T)
		at.aggs.aggs = append(at.aggs.aggs, plan.Agg{ID: id, Call: call})
		at.aggs.text[key] = id
	}
	return b.Meta.Col(id), nil
}

// aggLevel is where an aggregate belongs: the innermost query level of which it uses a column; its own, if it uses none. nil: that level is in
// its FROM clause.
func (b *Binder) aggLevel(c *context, refs plan.ColSet) *context {
	if len(refs) == 0 {
		return c
	}
	for id := range refs {
		if b.viewParam(id) != nil {
			return c
		}
	}
	for s := c.sc; s != nil; s = s.parent {
		own := s.own()
		for id := range refs {
			if !own[id] {
				continue
			}
			if s == c.sc {
				return c
			}
			return s.at
		}
	}
	return c
}

func aggText(call *expr.AggCall) string {
	s := call.Fn.Name
	if call.Fn.Ordered != nil {
		s += " within group"
		for _, e := range call.Direct {
			s += " " + e.String()
		}
		if call.Fn.Desc {
			s += " desc"
		}
	}
	if call.Distinct {
		s += " distinct"
	}
	for _, a := range call.Fn.Args {
		s += " " + a.String()
	}
	for _, e := range plan.AggExprs(call) {
		s += "|" + e.String()
	}
	for _, k := range call.Order {
		s += "|order"
		if k.Desc {
			s += " desc"
		}
		if k.NullsFirst {
			s += " first"
		}
	}
	if call.Filter != nil {
		s += "|filter"
	}
	return s
}

func (b *Binder) aggOrder(c *context, e *ast.Func, args []expr.Expr) ([]expr.SortKey, error) {
	var out []expr.SortKey
	for _, it := range e.Order {
		if i := slices.IndexFunc(e.Args, func(a ast.Expr) bool { return ast.HasSubquery(a) && ast.Equal(a, it.Expr) }); i >= 0 && i < len(args) {
			k, err := b.direction(it, args[i]) // each binding of a subquery makes columns of its own
			if err != nil {
				return nil, err
			}
			out = append(out, k)
			continue
		}
		k, err := b.sortKey(c, it)
		if err != nil {
			return nil, err
		}
		arg := argumentOf(args, k.Expr)
		if e.Distinct && arg == nil {
			return nil, sqlerr.New(sqlerr.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list").
				At(int(loc(it.Expr)))
		}
		if e.Distinct {
			k.Expr = arg
		}
		out = append(out, k)
	}
	return out, nil
}

// argumentOf is the argument that an expression is, be it cast to the type that the function takes; nil if there is none.
func argumentOf(args []expr.Expr, e expr.Expr) expr.Expr {
	s := e.String()
	for _, x := range args {
		if x.String() == s {
			return x
		}
		if c, ok := x.(*expr.Cast); ok && !c.Explicit && c.X.String() == s {
			return x
		}
	}
	return nil
}

// withinGroup binds an ordered-set aggregate.
func (b *Binder) withinGroup(c *context, e *ast.Func, name string) (expr.Expr, error) {
	switch {
	case e.Distinct:
		return nil, sqlerr.New(sqlerr.SyntaxError, "cannot use DISTINCT with WITHIN GROUP").At(int(e.Pos))
	case len(e.Order) > 0:
		return nil, sqlerr.New(sqlerr.SyntaxError, "cannot use multiple ORDER BY clauses with WITHIN GROUP").At(int(e.Pos))
	}
	inner := &context{sc: c.sc, clause: c.clause, aggs: c.aggs, inAgg: true}
	if expr.IsHypothetical(name) {
		return b.hypotheticalSet(c, inner, e, name)
	}
	args, pos, err := b.scalars(inner, e.Args)
	if err != nil {
		return nil, err
	}
	direct := len(args)
	var keys []expr.SortKey
	for _, it := range e.Within {
		x, err := b.scalar(inner, it.Expr)
		if err != nil {
			return nil, err
		}
		k, err := b.direction(it, x)
		if err != nil {
			return nil, err
		}
		args, pos, keys = append(args, x), append(pos, loc(it.Expr)), append(keys, k)
	}
	o, coerce, err := expr.LookupOrdered(name, typesOf(args))
	if err != nil {
		return nil, at(err, e.Pos)
	}
	if o == nil {
		return nil, b.notOrderedSet(e, name, args)
	}
	if args, err = b.coerceArgs(args, coerce, pos); err != nil {
		return nil, err
	}
	call := &expr.AggCall{Direct: args[:direct], Args: args[direct:], T: o.Ret}
	if call.Args[0], err = b.known(call.Args[0], pos[direct]); err != nil {
		return nil, err
	}
	if call.Direct, err = b.directArgs(call.Direct, pos, name); err != nil {
		return nil, err
	}
	var values []types.Datum
	for _, x := range call.Direct {
		values = append(values, x.(*expr.Const).D)
	}
	if call.Fn, err = o.Bind(values, keys[0].Desc); err != nil {
		return nil, err
	}
	if e.Filter != nil {
		if call.Filter, err = b.condition(inner, e.Filter, "FILTER"); err != nil {
			return nil, err
		}
	}
	return b.addAgg(c, call, name, e)
}

// directArgs are the constants that direct arguments must be: what is kept of a group depends on them.
func (b *Binder) directArgs(args []expr.Expr, pos []ast.Pos, name string) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		k, ok := b.fold(a).(*expr.Const)
		if !ok {
			return nil, sqlerr.Unsupported(int(pos[i]), "a direct argument of %s that is not a constant", name)
		}
		out[i] = k
	}
	return out, nil
}

// notOrderedSet is why a function cannot have WITHIN GROUP.
func (b *Binder) notOrderedSet(e *ast.Func, name string, args []expr.Expr) error {
	fn, _, _, err := expr.LookupAgg(name, typesOf(args))
	switch {
	case err != nil:
		return at(err, e.Pos)
	case fn != nil:
		return sqlerr.New(sqlerr.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name).At(int(e.Pos))
	}
	if _, err := b.call(name, false, args, make([]ast.Pos, len(args)), e.Pos); err != nil {
		return err
	}
	return sqlerr.New(sqlerr.WrongObjectType, "WITHIN GROUP specified, but %s is not an aggregate function", name).At(int(e.Pos))
}
