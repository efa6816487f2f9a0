package bind

import (
	"strconv"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// outputRef resolves an ORDER BY or GROUP BY item that is an ordinal or the name of an output column.
func (b *Binder) outputRef(cols []OutCol, e ast.Expr, clause string) (int, bool, error) {
	switch e := e.(type) {
	case *ast.Const:
		if e.Kind != ast.IntConst {
			return 0, false, sqlerr.New(sqlerr.SyntaxError, "non-integer constant in %s", clause).At(int(e.Pos))
		}
		n, err := strconv.Atoi(e.S)
		if err != nil || n < 1 || n > len(cols) {
			return 0, false, sqlerr.New(sqlerr.InvalidColumnReference, "%s position %s is not in select list", clause, e.S).At(int(e.Pos))
		}
		return n - 1, true, nil
	case *ast.ColRef:
		if len(e.Parts) != 1 {
			return 0, false, nil
		}
		hit := -1
		for i, c := range cols {
			if c.Name != e.Parts[0] {
				continue
			}
			if hit >= 0 && cols[hit].ID != c.ID {
				return 0, false, sqlerr.New(sqlerr.AmbiguousColumn, "%s %q is ambiguous", clause, e.Parts[0]).At(int(e.Pos))
			}
			if hit < 0 {
				hit = i
			}
		}
		return hit, hit >= 0, nil
	}
	return 0, false, nil
}

// outputs are the targets as output columns, for outputRef: equal expressions have equal ids there.
func (sel *selection) outputs() []OutCol {
	out := make([]OutCol, len(sel.targets))
	seen := map[string]int{}
	for i, t := range sel.targets {
		key := t.expr.String()
		if _, ok := seen[key]; !ok {
			seen[key] = i + 1
		}
		out[i] = OutCol{Name: t.name, ID: seen[key], T: t.expr.Type()}
	}
	return out
}

// written finds the item that was written as e is, where e has a subquery: each time that one is bound it makes columns of its own.
func (sel *selection) written(e ast.Expr) (int, bool) {
	if !ast.HasSubquery(e) {
		return 0, false
	}
	for i, t := range append(append([]*target(nil), sel.targets...), sel.hidden...) {
		if t.text != nil && ast.Equal(t.text, e) {
			return i, true
		}
	}
	return 0, false
}

// item finds an expression among the targets and hidden items, or adds it as hidden.
func (sel *selection) item(e expr.Expr, text ast.Expr) int {
	s := e.String()
	for i, t := range sel.targets {
		if t.expr.String() == s {
			return i
		}
	}
	for i, t := range sel.hidden {
		if t.expr.String() == s {
			return len(sel.targets) + i
		}
	}
	sel.hidden = append(sel.hidden, &target{name: "order", expr: e, pos: loc(text), text: text})
	return len(sel.targets) + len(sel.hidden) - 1
}

func (sel *selection) at(i int) *target {
	if i < len(sel.targets) {
		return sel.targets[i]
	}
	return sel.hidden[i-len(sel.targets)]
}

func (sel *selection) bindOrder(order []*ast.SortItem) error {
	b := sel.b
	if len(order) == 0 {
		return nil
	}
	outs := sel.outputs()
	for _, it := range order {
		i, ok, err := b.outputRef(outs, it.Expr, "ORDER BY")
		if err != nil {
			return err
		}
		if !ok {
			i, ok = sel.written(it.Expr)
		}
		if !ok {
			c := *sel.ctx
			c.clause = "ORDER BY"
			x, err := b.typedScalar(&c, it.Expr)
			if err != nil {
				return err
			}
			i = sel.item(x, it.Expr)
			if i >= len(sel.targets) && sel.s.Distinct && len(sel.s.DistinctOn) == 0 {
				return sqlerr.New(sqlerr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list").At(int(loc(it.Expr)))
			}
		}
		if sel.at(i).expr, err = b.known(sel.at(i).expr, loc(it.Expr)); err != nil {
			return err
		}
		k, err := b.direction(it, sel.at(i).expr)
		if err != nil {
			return err
		}
		sel.order = append(sel.order, orderItem{item: i, key: k, pos: loc(it.Expr)})
	}
	return nil
}

func (sel *selection) bindDistinctOn() error {
	b := sel.b
	if len(sel.s.DistinctOn) == 0 {
		return nil
	}
	outs := sel.outputs()
	for _, e := range sel.s.DistinctOn {
		i, ok, err := b.outputRef(outs, e, "DISTINCT ON")
		if err != nil {
			return err
		}
		if !ok {
			i, ok = sel.written(e)
		}
		if !ok {
			c := *sel.ctx
			c.clause = "DISTINCT ON"
			x, err := b.typedScalar(&c, e)
			if err != nil {
				return err
			}
			i = sel.item(x, e)
		}
		if err := b.hasEquality(sel.at(i).expr, int(loc(e))); err != nil {
			return err
		}
		dup := false
		for _, o := range sel.on {
			dup = dup || o == i
		}
		if !dup {
			sel.on = append(sel.on, i)
		}
	}
	// The DISTINCT ON expressions must be the first of ORDER BY, in whatever order.
	left := map[int]bool{}
	for _, i := range sel.on {
		left[i] = true
	}
	for _, o := range sel.order {
		if len(left) == 0 {
			break
		}
		in := false
		for _, i := range sel.on {
			in = in || i == o.item
		}
		if !in {
			return sqlerr.New(sqlerr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions").At(int(sel.at(firstOf(sel.on, left)).pos))
		}
		delete(left, o.item)
	}
	return nil
}

func firstOf(on []int, left map[int]bool) int {
	for _, i := range on {
		if left[i] {
			return i
		}
	}
	return on[0]
}

// orderByName binds the ORDER BY of a set operation or VALUES: names and ordinals of the output only.
func (b *Binder) orderByName(sc *scope, out *Query, order []*ast.SortItem, what string) error {
	for _, it := range order {
		i, ok, err := b.outputRef(out.Cols, it.Expr, "ORDER BY")
		if err != nil {
			return err
		}
		if !ok {
			if _, isRef := it.Expr.(*ast.ColRef); isRef {
				inner := &scope{}
				inner.cols = append(inner.cols, outCols(out)...)
				if _, _, err := b.column(inner, it.Expr.(*ast.ColRef)); err != nil {
					return err
				}
			}
			if what != "UNION/INTERSECT/EXCEPT" {
				if err := b.orderByExpr(sc, out, it); err != nil {
					return err
				}
				continue
			}
			return sqlerr.New(sqlerr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").At(int(loc(it.Expr))).
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
		}
		k, err := b.direction(it, &expr.Col{ID: out.Cols[i].ID, T: out.Cols[i].T})
		if err != nil {
			return err
		}
		out.Order = append(out.Order, plan.Sort{Col: out.Cols[i].ID, Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return nil
}

// orderByExpr orders VALUES or a query in parentheses by an expression over its columns: a hidden column.
func (b *Binder) orderByExpr(sc *scope, out *Query, it *ast.SortItem) error {
	inner := &scope{parent: sc.parent, ctes: sc.ctes, cols: outCols(out)}
	k, err := b.sortKey(&context{sc: inner, clause: "ORDER BY"}, it)
	if err != nil {
		return err
	}
	id := b.Meta.Add("order", k.Expr.Type())
	items := append(plan.Pass(b.Meta, out.Node.Cols()), plan.Item{ID: id, Expr: k.Expr})
	out.Node = &plan.Project{In: out.Node, Items: items}
	out.Order = append(out.Order, plan.Sort{Col: id, Desc: k.Desc, NullsFirst: k.NullsFirst})
	return nil
}
