package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Unnest takes the subqueries out of expressions: each becomes the right side of an Apply.
//
//	Filter(EXISTS q, x)        => SemiApply(x, q);  NOT EXISTS: anti
//	Filter(a op ANY q, x)      => SemiApply(a op c, x, q);  NOT (a = ANY q): anti-null
//	Filter(a op ALL q, x)      => AntiApply(a op c IS NOT TRUE, x, q)
//	Project(f(q), x)           => Project(f(c), LeftApply(x, Single(q)))
//
// In places other than a conjunct, EXISTS, ANY and ALL become counts, ARRAY(q) an array_agg. Where a subquery that can fail stands
// behind a guard (a CASE arm, AND, OR, COALESCE), the Apply has the guard.
func Unnest(c *Ctx, n plan.Node) (plan.Node, error) {
	n, err := mapInputs(n, func(in plan.Node) (plan.Node, error) { return Unnest(c, in) })
	if err != nil || !slices.ContainsFunc(plan.Exprs(n), plan.HasSubquery) {
		return n, err
	}
	u := &unnester{c: c}
	switch n := n.(type) {
	case *plan.Filter:
		return u.filter(n)
	case *plan.Join:
		return u.join(n)
	case *plan.Apply:
		if n.Kind == plan.Inner {
			return u.filter(&plan.Filter{In: &plan.Apply{Kind: plan.Inner, L: n.L, R: n.R, Guard: n.Guard, Pos: n.Pos}, Preds: n.On})
		}
		out := *n
		out.On = nil
		var err error
		out.R, err = Unnest(c, &plan.Filter{In: n.R, Preds: n.On})
		return &out, err
	case *plan.Project, *plan.FlatMap, *plan.Reduce, *plan.Window:
		return u.over(n)
	}
	return nil, sqlerr.New(sqlerr.InternalError, "a subquery in %T", n)
}

type unnester struct {
	c    *Ctx
	node plan.Node
	err  error
}

// over makes the subqueries of a node with one input columns of that input.
func (u *unnester) over(n plan.Node) (plan.Node, error) {
	u.node = n.Inputs()[0]
	var out plan.Node
	if r, ok := n.(*plan.Reduce); ok {
		c := *r
		c.Aggs = nil
		for _, a := range r.Aggs {
			c.Aggs = append(c.Aggs, plan.Agg{ID: a.ID, Call: u.agg(a.Call)})
		}
		out = &c
	} else {
		out = plan.MapExprs(n, func(e expr.Expr) expr.Expr { return u.value(e, nil) })
	}
	if u.err != nil {
		return nil, u.err
	}
	return u.trimmed(out.WithInputs([]plan.Node{u.node}), n.Cols()), nil
}

// agg: arguments run only where the filter is true.
func (u *unnester) agg(call *expr.AggCall) *expr.AggCall {
	out := *call
	var guard []expr.Expr
	if call.Filter != nil {
		out.Filter = u.value(call.Filter, nil)
		guard = []expr.Expr{out.Filter}
	}
	body := out
	body.Filter = nil
	done := plan.MapAgg(&body, func(e expr.Expr) expr.Expr { return u.value(e, guard) })
	done.Filter = out.Filter
	return done
}

func (u *unnester) trimmed(n plan.Node, cols []int) plan.Node {
	if len(n.Cols()) == len(cols) {
		return n
	}
	return &plan.Project{In: n, Items: plan.Pass(u.c.Meta, cols)}
}

func posOf(e expr.Expr) int {
	pos := -1
	expr.Walk(e, func(x expr.Expr) bool {
		if s, ok := x.(*plan.Subquery); ok && pos < 0 {
			pos = s.Pos
		}
		return true
	})
	return pos
}

// canFailSub tells whether a subquery in e can fail.
func canFailSub(e expr.Expr) bool {
	fails := false
	expr.Walk(e, func(x expr.Expr) bool {
		if s, ok := x.(*plan.Subquery); ok {
			fails = fails || canFail(s.Plan) || s.Kind == plan.ScalarSub && !plan.PropsOf(s.Plan).UniqueOn(nil)
		}
		return !fails
	})
	return fails
}

// canFail tells whether computing n may raise an error on some contents.
func canFail(n plan.Node) bool {
	if _, ok := n.(*plan.Single); ok {
		return true
	}
	if _, ok := n.(*plan.FlatMap); ok {
		return true
	}
	for _, e := range plan.Exprs(n) {
		if expr.CanFail(e) || canFailSub(e) {
			return true
		}
	}
	return slices.ContainsFunc(n.Inputs(), canFail)
}

// filter applies predicates in order; those before a subquery guard it.
func (u *unnester) filter(n *plan.Filter) (plan.Node, error) {
	u.node = n.In
	var pending []expr.Expr
	for _, p := range n.Preds {
		if !plan.HasSubquery(p) {
			pending = append(pending, p)
			continue
		}
		u.node = filtered(u.node, pending)
		pending = nil
		if ok := u.conjunct(p); ok || u.err != nil {
			if u.err != nil {
				return nil, u.err
			}
			continue
		}
		pending = append(pending, u.value(p, nil))
		if u.err != nil {
			return nil, u.err
		}
	}
	return u.trimmed(filtered(u.node, pending), n.In.Cols()), nil
}

// conjunct turns a predicate that is a subquery test into a semi or anti join.
func (u *unnester) conjunct(p expr.Expr) bool {
	negated := false
	if c, ok := p.(*expr.Call); ok && c.Fn.Name == "not" && len(c.Args) == 1 {
		p, negated = c.Args[0], true
	}
	s, ok := p.(*plan.Subquery)
	if !ok || slices.ContainsFunc(s.Cond, plan.HasSubquery) {
		return false
	}
	if _, ok := boundOf(s); ok && (s.Kind == plan.AnySub || s.Kind == plan.AllSub) {
		return false
	}
	right, err := Unnest(u.c, s.Plan)
	if err != nil {
		u.err = err
		return true
	}
	a := &plan.Apply{L: u.node, R: right, Pos: s.Pos}
	test := plan.Conjoin(s.Cond)
	switch {
	case s.Kind == plan.ExistsSub:
		a.Kind = plan.Semi
		if negated {
			a.Kind = plan.Anti
		}
	case s.Kind == plan.AnySub && !negated:
		a.Kind, a.On = plan.Semi, s.Cond
	case s.Kind == plan.AnySub && u.neverUnknown(s, right):
		a.Kind, a.On = plan.Anti, s.Cond
	case s.Kind == plan.AnySub && equalities(s.Cond):
		a.Kind, a.On = plan.AntiNull, s.Cond
	case s.Kind == plan.AnySub:
		a.Kind, a.On = plan.Anti, []expr.Expr{&expr.IsTrue{X: test, Not: true, Want: false}}
	case s.Kind == plan.AllSub && !negated:
		a.Kind, a.On = plan.Anti, []expr.Expr{&expr.IsTrue{X: test, Not: true, Want: true}}
	case s.Kind == plan.AllSub:
		a.Kind, a.On = plan.Semi, []expr.Expr{&expr.IsTrue{X: test, Want: false}}
	default:
		return false
	}
	u.node = a
	return true
}

func equalities(on []expr.Expr) bool {
	for _, e := range on {
		if _, _, ok := plan.Equality(e); !ok {
			return false
		}
	}
	return true
}

// neverUnknown tells whether the comparisons of NOT IN cannot be NULL.
func (u *unnester) neverUnknown(s *plan.Subquery, right plan.Node) bool {
	known := plan.ColSet{}
	for c := range plan.PropsOf(u.node).NotNull {
		known.Add(c)
	}
	for c := range plan.PropsOf(right).NotNull {
		known.Add(c)
	}
	for _, e := range s.Cond {
		l, r, ok := plan.Equality(e)
		if !ok || !plainNotNull(l, known) || !plainNotNull(r, known) {
			return false
		}
	}
	return true
}

func plainNotNull(e expr.Expr, known plan.ColSet) bool {
	switch e := e.(type) {
	case *expr.Col:
		return known.Has(e.ID)
	case *expr.Const:
		return !e.D.IsNull()
	case *expr.Cast:
		return plainNotNull(e.X, known)
	}
	return false
}

// value replaces the subqueries of e by columns of u.node. guard must be true for e to be evaluated.
func (u *unnester) value(e expr.Expr, guard []expr.Expr) expr.Expr {
	if u.err != nil || !plan.HasSubquery(e) {
		return e
	}
	more := func(g expr.Expr) { guard = append(guard[:len(guard):len(guard)], g) }
	switch x := e.(type) {
	case *plan.Subquery:
		return u.subquery(x, guard)
	case *expr.And:
		return u.list(x, guard, func(a expr.Expr) expr.Expr { return &expr.IsTrue{X: a, Not: true, Want: false} })
	case *expr.Or:
		return u.list(x, guard, func(a expr.Expr) expr.Expr { return &expr.IsTrue{X: a, Not: true, Want: true} })
	case *expr.Coalesce:
		return u.list(x, guard, func(a expr.Expr) expr.Expr { return &expr.IsNull{X: a} })
	case *expr.Case:
		out := &expr.Case{T: x.T}
		for _, w := range x.Whens {
			cond := u.value(w.Cond, guard)
			then := u.value(w.Then, append(guard[:len(guard):len(guard)], cond))
			out.Whens = append(out.Whens, expr.When{Cond: cond, Then: then})
			more(&expr.IsTrue{X: cond, Not: true, Want: true})
		}
		if x.Else != nil {
			out.Else = u.value(x.Else, guard)
		}
		return out
	}
	ch := e.Children()
	out := make([]expr.Expr, len(ch))
	for i, c := range ch {
		out[i] = u.value(c, guard)
	}
	return e.WithChildren(out)
}

// list is value for operators whose later arguments run only where goesOn(earlier one) is true.
func (u *unnester) list(e expr.Expr, guard []expr.Expr, goesOn func(expr.Expr) expr.Expr) expr.Expr {
	ch := e.Children()
	out := make([]expr.Expr, len(ch))
	for i, c := range ch {
		out[i] = u.value(c, guard)
		guard = append(guard[:len(guard):len(guard)], goesOn(out[i]))
	}
	return e.WithChildren(out)
}

// subquery puts the subquery beside u.node and gives the expression for its value.
func (u *unnester) subquery(s *plan.Subquery, guard []expr.Expr) expr.Expr {
	fails := canFailSub(s)
	right, err := Unnest(u.c, s.Plan)
	if err != nil {
		u.err = err
		return s
	}
	a := &plan.Apply{Kind: plan.Left, L: u.node, Pos: s.Pos}
	if fails {
		a.Guard = plan.Conjoin(guard)
	}
	cond := make([]expr.Expr, len(s.Cond))
	for i, e := range s.Cond {
		cond[i] = u.value(e, guard)
	}
	a.L = u.node
	switch s.Kind {
	case plan.ScalarSub:
		if slices.Contains(u.node.Cols(), s.Out[0]) {
			return u.c.Meta.Col(s.Out[0]) // the same subquery, met twice
		}
		if !plan.PropsOf(right).UniqueOn(nil) {
			right = &plan.Single{In: right}
		}
		a.R = right
		u.node = a
		return u.c.Meta.Col(s.Out[0])
	case plan.ExistsSub:
		n := u.count(nil)
		a.R = &plan.Reduce{In: right, Aggs: []plan.Agg{n}, Scalar: true}
		u.node = a
		return u.positive(n)
	case plan.AnySub, plan.AllSub:
		if x, ok := u.member(a, right, s, cond); ok {
			return x
		}
		if b, ok := boundOf(s); ok {
			return u.bounded(a, right, b, s.Kind == plan.AllSub)
		}
		return u.quantified(a, right, s.Kind == plan.AllSub, plan.Conjoin(cond))
	}
	return u.array(a, right, s)
}

// quantified counts the rows that decide and those that leave it open.
func (u *unnester) quantified(a *plan.Apply, right plan.Node, all bool, cond expr.Expr) expr.Expr {
	decides := u.count(&expr.IsTrue{X: cond, Want: !all})
	unknown := u.count(&expr.IsNull{X: cond})
	a.R = &plan.Reduce{In: right, Aggs: []plan.Agg{decides, unknown}, Scalar: true}
	u.node = a
	return &expr.Case{T: types.Of(types.Bool), Whens: []expr.When{
		{Cond: u.positive(decides), Then: expr.Bool(!all)},
		{Cond: u.positive(unknown), Then: expr.Null(types.Of(types.Bool))},
	}, Else: expr.Bool(all)}
}

// member is IN as a value, where the subquery does not depend on the row: whether the value is among its distinct ones, whether it has any row, whether
// it has a NULL.
//
//	a IN q  =>  CASE WHEN k IS NOT NULL THEN true WHEN n = 0 THEN false WHEN a IS NULL OR nulls > 0 THEN NULL ELSE false END
//	            over x LEFT JOIN Distinct(q.k) ON a = k, and Reduce(count, count of NULLs, q)
func (u *unnester) member(a *plan.Apply, right plan.Node, s *plan.Subquery, cond []expr.Expr) (expr.Expr, bool) {
	if s.Kind != plan.AnySub || len(cond) != 1 || a.Guard != nil || len(plan.Free(right)) > 0 {
		return nil, false
	}
	l, r, ok := plan.Equality(cond[0])
	k, isCol := r.(*expr.Col)
	if !ok || !isCol || k.ID != s.Out[0] || len(s.Out) != 1 || expr.CanFail(l) {
		return nil, false
	}
	m := u.c.Meta
	mark := m.Add(m.Name(k.ID), k.T)
	set := &plan.Distinct{In: &plan.Project{
		In:    &plan.Filter{In: right, Preds: []expr.Expr{&expr.IsNull{X: k, Not: true}}},
		Items: []plan.Item{{ID: mark, Expr: k}},
	}}
	eq := *cond[0].(*expr.Call)
	eq.Args = []expr.Expr{l, m.Col(mark)}
	j := &plan.Join{Kind: plan.Left, L: u.node, R: set, On: []expr.Expr{&eq}}
	n, nulls := u.count(nil), u.count(&expr.IsNull{X: k})
	u.node = &plan.Join{Kind: plan.Inner, L: j, R: &plan.Reduce{In: right, Aggs: []plan.Agg{n, nulls}, Scalar: true}}
	none := &expr.IsTrue{X: u.positive(n), Want: false}
	unknown := &expr.Or{Args: []expr.Expr{&expr.IsNull{X: l}, u.positive(nulls)}}
	return &expr.Case{T: types.Of(types.Bool), Whens: []expr.When{
		{Cond: &expr.IsNull{X: m.Col(mark), Not: true}, Then: expr.Bool(true)},
		{Cond: none, Then: expr.Bool(false)},
		{Cond: unknown, Then: expr.Null(types.Of(types.Bool))},
	}, Else: expr.Bool(false)}, true
}

func (u *unnester) count(filter expr.Expr) plan.Agg {
	fn, _, ret, err := expr.LookupAgg("count", nil)
	if err != nil {
		u.err = err
		return plan.Agg{}
	}
	return plan.Agg{ID: u.c.Meta.Add("count", ret), Call: &expr.AggCall{Fn: fn, Filter: filter, T: ret}}
}

func (u *unnester) positive(n plan.Agg) expr.Expr {
	return u.c.compare(">", u.c.Meta.Col(n.ID), &expr.Const{D: types.NewInt(0), T: types.Of(types.Int8)}, &u.err)
}

// compare builds an operator call over operands of one type.
func (c *Ctx) compare(op string, l, r expr.Expr, errp *error) expr.Expr {
	fn, _, ret, err := expr.Lookup(op, true, []types.Type{l.Type().Base(), r.Type().Base()})
	if err != nil {
		*errp = err
		return l
	}
	return &expr.Call{Fn: fn, Args: []expr.Expr{l, r}, T: ret, Pos: -1}
}

// array collects the subquery's rows; without any it is the empty array.
func (u *unnester) array(a *plan.Apply, right plan.Node, s *plan.Subquery) expr.Expr {
	x := u.c.Meta.Col(s.Out[0])
	fn, _, ret, err := expr.LookupAgg("array_agg", []types.Type{x.T.Base()})
	if err != nil {
		u.err = err
		return s
	}
	call := &expr.AggCall{Fn: fn, Args: []expr.Expr{x}, T: ret}
	for _, o := range s.Order {
		call.Order = append(call.Order, expr.SortKey{Expr: u.c.Meta.Col(o.Col), Desc: o.Desc, NullsFirst: o.NullsFirst})
	}
	id := u.c.Meta.Add("array", ret)
	a.R = &plan.Reduce{In: right, Aggs: []plan.Agg{{ID: id, Call: call}}, Scalar: true}
	u.node = a
	empty := &expr.Const{D: types.NewArray(types.Array{Elem: ret.Elem()}), T: ret}
	return &expr.Coalesce{Args: []expr.Expr{u.c.Meta.Col(id), empty}, T: ret}
}
