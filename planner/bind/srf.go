package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// srfCall is a set-returning function in a select list: its arguments and columns.
type srfCall struct {
	fn   *expr.SRF
	args []expr.Expr
	ids  []int
	// level is how many calls are nested in its arguments: those of a level run side by side, over the rows of the level below.
	level int
}

// setReturning binds a set-returning function in a select list; nil if it is not one.
func (b *Binder) setReturning(c *context, e *ast.Func, name string, args []expr.Expr, pos []ast.Pos) (expr.Expr, error) {
	call, err := b.addSRF(c, e, name, args, pos)
	if call == nil || err != nil {
		return nil, err
	}
	if len(call.ids) == 1 {
		return b.Meta.Col(call.ids[0]), nil
	}
	var names []string
	var cols []expr.Expr
	for i, id := range call.ids {
		names, cols = append(names, call.fn.Cols[i].Name), append(cols, b.Meta.Col(id))
	}
	return makeRow(names, cols, e.Pos), nil
}

// addSRF registers a set-returning function with its query level; nil if it is not one.
func (b *Binder) addSRF(c *context, e *ast.Func, name string, args []expr.Expr, pos []ast.Pos) (*srfCall, error) {
	fn, coerce, err := expr.LookupSRF(name, typesOf(args))
	if err != nil {
		return nil, at(err, e.Pos)
	}
	if fn == nil {
		return nil, nil
	}
	if c.inAgg {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "aggregate function calls cannot contain set-returning function calls").At(int(e.Pos)).
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
	}
	if c.inWindow {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "window function calls cannot contain set-returning function calls").At(int(e.Pos)).
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item.")
	}
	if c.srfs == nil {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "set-returning functions are not allowed in %s", c.clause).At(int(e.Pos))
	}
	if b.inView && fn.Volatility == types.Volatile {
		return nil, unsupported(e, "%s in a materialized view", name)
	}
	if args, err = b.coerceArgs(args, coerce, pos); err != nil {
		return nil, err
	}
	call := srfCall{fn: fn, args: args}
	refs := plan.RefsOf(args...)
	for i := range *c.srfs {
		o := &(*c.srfs)[i]
		if o.fn.Name == fn.Name && fn.Volatility != types.Volatile && slices.EqualFunc(o.args, args, sameExpr) {
			return o, nil
		}
		if refs.HasAny(plan.SetOf(o.ids...)) {
			call.level = max(call.level, o.level+1)
		}
	}
	for _, col := range fn.Cols {
		call.ids = append(call.ids, b.Meta.Add(col.Name, col.T))
	}
	*c.srfs = append(*c.srfs, call)
	return &(*c.srfs)[len(*c.srfs)-1], nil
}

func sameExpr(a, b expr.Expr) bool { return a.Type() == b.Type() && a.String() == b.String() }

// applySRFs puts calls over a node, those of a level side by side.
func applySRFs(n plan.Node, calls []srfCall) plan.Node {
	for level, done := 0, 0; done < len(calls); level++ {
		f := &plan.FlatMap{In: n}
		var fns []*expr.SRF
		for _, c := range calls {
			if c.level == level {
				fns, f.Args, f.IDs = append(fns, c.fn), append(f.Args, c.args...), append(f.IDs, c.ids...)
				done++
			}
		}
		if len(fns) > 0 {
			f.Fn = expr.Zip(fns)
			n = f
		}
	}
	return n
}

// takeGrouped takes out the calls that GROUP BY uses, which run below the grouping, and those that they use.
func (sel *selection) takeGrouped() (grouped []srfCall) {
	refs := plan.ColSet{}
	for _, g := range sel.groups {
		plan.Refs(g.expr, refs)
	}
	var rest []srfCall
	for _, f := range slices.Backward(sel.srfs) { // a call stands behind those in its arguments
		if refs.HasAny(plan.SetOf(f.ids...)) {
			for _, a := range f.args {
				plan.Refs(a, refs)
			}
			grouped = append(grouped, f)
			for _, id := range f.ids {
				sel.aggs.own[id] = true
			}
		} else {
			rest = append(rest, f)
		}
	}
	slices.Reverse(grouped)
	slices.Reverse(rest)
	sel.srfs = rest
	return grouped
}

// field binds (f(...)).name for a function that returns rows, (t).name for a relation, (ROW(...)).fN.
func (b *Binder) field(c *context, e *ast.Field) (expr.Expr, error) {
	switch x := e.X.(type) {
	case *ast.Func:
		call, err := b.compositeSRF(c, x)
		if err != nil {
			return nil, err
		}
		if call == nil {
			break
		}
		for i, col := range call.fn.Cols {
			if col.Name == e.Name {
				return b.Meta.Col(call.ids[i]), nil
			}
		}
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q not found in data type record", e.Name).At(int(e.Pos))
	case *ast.ColRef:
		if r := b.namedRel(c, x); r != nil {
			return b.scalar(c, &ast.ColRef{Pos: x.Pos, Parts: append(slices.Clone(x.Parts), e.Name)})
		}
	}
	x, fields, err := b.composite(c, e.X, e, e.Name)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(fields, func(f types.Field) bool { return f.Name == e.Name })
	if i < 0 {
		return nil, sqlerr.New(sqlerr.UndefinedColumn, "could not identify column %q in record data type", e.Name).At(int(e.Pos))
	}
	return b.selectField(x, fields, i, e.Pos), nil
}

// compositeSRF binds a set-returning function of several columns; nil if f is none.
func (b *Binder) compositeSRF(c *context, f *ast.Func) (*srfCall, error) {
	name := f.Name.Last()
	args, pos, err := b.scalars(c, f.Args)
	if err != nil {
		return nil, err
	}
	if fn, _, err := expr.LookupSRF(name, typesOf(args)); err != nil || fn == nil || len(fn.Cols) == 1 {
		return nil, err
	}
	return b.addSRF(c, f, name, args, pos)
}

// starOf expands (f(...)).* and (t).* in a select list.
func (sel *selection) starOf(st *ast.StarOf) error {
	b := sel.b
	switch x := st.X.(type) {
	case *ast.Func:
		call, err := b.compositeSRF(sel.ctx, x)
		if err != nil {
			return err
		}
		if call == nil {
			break
		}
		for i, col := range call.fn.Cols {
			sel.targets = append(sel.targets, &target{name: col.Name, expr: b.Meta.Col(call.ids[i]), pos: st.Pos})
		}
		return nil
	case *ast.ColRef:
		if b.namedRel(sel.ctx, x) != nil {
			return sel.star(&ast.Star{Pos: x.Pos, Qual: x.Parts})
		}
	}
	x, fields, err := b.composite(sel.ctx, st.X, st, "*")
	if err != nil {
		return err
	}
	for i, f := range fields {
		sel.targets = append(sel.targets, &target{name: f.Name, expr: b.selectField(x, fields, i, st.Pos), pos: st.Pos})
	}
	return nil
}
