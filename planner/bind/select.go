package bind

import (
	"slices"
	"strconv"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
)

// target is an item of a select list.
type target struct {
	name string
	expr expr.Expr
	rel  string
	pos  ast.Pos
	id   int      // once projected
	text ast.Expr // as it was written, nil: by a star
}

// selection is a SELECT while it is being bound.
type selection struct {
	b       *Binder
	s       *ast.Select
	sc      *scope
	node    plan.Node
	ctx     *context
	aggs    *aggregation
	srfs    []srfCall
	windows []windowCall
	targets []*target
	having  expr.Expr
	groups  []group
	sets    [][]int // the grouping sets, of numbers of groups
	twice   error   // of grouping sets: an expression stands for two items of the select list
	order   []orderItem
	on      []int // DISTINCT ON: numbers of targets or hidden items
	hidden  []*target
}

// orderItem is an item of ORDER BY: a target's number, or len(targets)+k for hidden expression k.
type orderItem struct {
	item int
	key  expr.SortKey
	pos  ast.Pos
}

func itoa(n int) string { return strconv.Itoa(n) }

func (b *Binder) selectCore(s *ast.Select, sc *scope, order []*ast.SortItem, known bool) (*Query, error) {
	sel := &selection{b: b, s: s, sc: sc}
	var err error
	if slices.ContainsFunc(s.From, isJoin) {
		sc.mentioned = ast.Mentioned(s, order)
	}
	if sel.node, err = b.from(sc, s.From); err != nil {
		return nil, err
	}
	if s.Where != nil {
		w, err := b.condition(&context{sc: sc, clause: "WHERE"}, s.Where, "WHERE")
		if err != nil {
			return nil, err
		}
		sel.node = &plan.Filter{In: sel.node, Preds: plan.Conjuncts(w)}
	}
	sel.aggs = &aggregation{own: sc.own(), text: map[string]int{}}
	sel.ctx = &context{sc: sc, clause: "SELECT", aggs: sel.aggs, srfs: &sel.srfs, windowed: &sel.windows, named: s.Windows}
	if err := sel.bindTargets(known); err != nil {
		return nil, err
	}
	if err := sel.bindOrder(order); err != nil {
		return nil, err
	}
	if err := sel.bindDistinctOn(); err != nil {
		return nil, err
	}
	if err := sel.bindGroups(); err != nil {
		return nil, err
	}
	if s.Having != nil {
		c := *sel.ctx
		c.srfs, c.windowed, c.clause = nil, nil, "HAVING"
		if sel.having, err = b.condition(&c, s.Having, "HAVING"); err != nil {
			return nil, err
		}
	}
	if len(sel.aggs.aggs) > 0 || len(sel.aggs.groupings) > 0 || len(s.GroupBy) > 0 || s.Having != nil {
		if len(sel.aggs.aggs) > 0 {
			if err := sel.noAggregates(); err != nil {
				return nil, err
			}
		}
		if err := sel.group(); err != nil {
			return nil, err
		}
	}
	sel.applyCalls()
	out, err := sel.finish()
	if err == nil && len(sc.locks) > 0 {
		err = sel.lock(out, sc.locks)
	}
	return out, err
}

func isJoin(f ast.From) bool {
	_, ok := f.(*ast.Join)
	return ok
}

func (sel *selection) bindTargets(known bool) error {
	b := sel.b
	for _, t := range sel.s.Targets {
		switch st := t.Expr.(type) {
		case *ast.Star:
			if err := sel.star(st); err != nil {
				return err
			}
			continue
		case *ast.StarOf:
			if err := sel.starOf(st); err != nil {
				return err
			}
			continue
		}
		x, err := b.scalar(sel.ctx, t.Expr)
		if err != nil {
			return err
		}
		if known {
			if x, err = b.known(x, loc(t.Expr)); err != nil {
				return err
			}
		}
		name := t.As
		if !t.HasAs && name == "" {
			name = exprName(t.Expr)
			if sub, ok := x.(*plan.Subquery); ok && isStarSubquery(t.Expr) {
				name = sub.Name
			}
		}
		tg := &target{name: name, expr: x, pos: loc(t.Expr), text: t.Expr}
		if c, ok := x.(*expr.Col); ok && !t.HasAs {
			tg.rel = relOf(b.refs[c].name)
		}
		sel.targets = append(sel.targets, tg)
	}
	return nil
}

// isStarSubquery tells whether e is a scalar subquery whose column has no name before it is bound.
func isStarSubquery(e ast.Expr) bool {
	q, ok := e.(*ast.SubQuery)
	if !ok {
		return false
	}
	s, ok := q.Query.Body.(*ast.Select)
	if !ok || len(s.Targets) != 1 {
		return false
	}
	switch s.Targets[0].Expr.(type) {
	case *ast.Star, *ast.StarOf:
		return true
	}
	return false
}

// star expands * or rel.* in a select list.
func (sel *selection) star(st *ast.Star) error {
	cols, err := sel.b.star(sel.sc, st)
	if err != nil {
		return err
	}
	for _, c := range cols {
		e := &expr.Col{ID: c.id, T: c.t}
		rel := ""
		if c.rel != nil {
			rel = c.rel.name
		}
		sel.b.refs[e] = colRef{int(st.Pos), rel + "." + c.name}
		sel.targets = append(sel.targets, &target{name: c.name, expr: e, rel: rel, pos: st.Pos})
	}
	return nil
}

// relOf is the relation in a reference's full name "rel.col".
func relOf(full string) string {
	for i := range full {
		if full[i] == '.' {
			return full[:i]
		}
	}
	return ""
}

// exprName is the name that PostgreSQL gives to an output column without one.
func exprName(e ast.Expr) string {
	name, _ := figureName(e)
	return name
}

// figureName is exprName, with what the name is worth (parse_target.c, FigureColnameInternal): a cast takes the name of what it casts, unless
// that is weak itself, as the names of casts and of CASE are.
func figureName(e ast.Expr) (name string, strong bool) {
	switch e := e.(type) {
	case *ast.ColRef:
		return e.Parts[len(e.Parts)-1], true
	case *ast.Func:
		return e.Name.Last(), true
	case *ast.Cast:
		if n, strong := figureName(e.X); strong {
			return n, true
		}
		return e.Type.Name.Last(), false
	case *ast.Case:
		if e.Else != nil {
			if n, strong := figureName(e.Else); strong {
				return n, true
			}
		}
		return "case", false
	case *ast.Special:
		return e.Name, true
	case *ast.Array, *ast.ArraySub:
		return "array", true
	case *ast.Exists:
		return "exists", true
	case *ast.Row:
		return "row", true
	case *ast.SQLValue:
		return e.Name, true
	case *ast.Subscript:
		return figureName(e.X)
	case *ast.Collate:
		return figureName(e.X)
	case *ast.SubQuery:
		if s, ok := e.Query.Body.(*ast.Select); ok && len(s.Targets) == 1 {
			if s.Targets[0].As != "" {
				return s.Targets[0].As, true
			}
			return figureName(s.Targets[0].Expr)
		}
	case *ast.Field:
		return e.Name, true
	}
	return "?column?", false
}

// applyCalls puts window functions and set-returning functions over the node.
func (sel *selection) applyCalls() {
	sel.applyWindows()
	sel.node = applySRFs(sel.node, sel.srfs)
}

// finish projects the targets and applies DISTINCT.
func (sel *selection) finish() (*Query, error) {
	b := sel.b
	out := &Query{}
	var items []plan.Item
	used := map[int]bool{}
	for i, t := range append(append([]*target(nil), sel.targets...), sel.hidden...) {
		if c, ok := t.expr.(*expr.Col); ok && !used[c.ID] && b.viewParam(c.ID) == nil && !sel.outer(c.ID) {
			t.id = c.ID
		} else {
			t.id = b.newColumn(t.name, t.expr)
			if ok {
				b.origins[t.id] = b.origins[c.ID]
			}
		}
		used[t.id] = true
		items = append(items, plan.Item{ID: t.id, Expr: t.expr})
		if i < len(sel.targets) {
			out.Cols = append(out.Cols, OutCol{Name: t.name, ID: t.id, T: t.expr.Type(), Rel: t.rel, pos: int(t.pos)})
		}
	}
	out.Node = &plan.Project{In: sel.node, Items: items}
	for _, o := range sel.order {
		out.Order = append(out.Order, plan.Sort{Col: sel.at(o.item).id, Desc: o.key.Desc, NullsFirst: o.key.NullsFirst})
	}
	switch {
	case len(sel.on) > 0:
		k := &plan.TopK{In: out.Node, Order: out.Order, Limit: 1}
		for _, i := range sel.on {
			k.Partition = append(k.Partition, sel.at(i).id)
		}
		out.Node = k
	case sel.s.Distinct:
		for _, t := range sel.targets {
			if err := b.hasEquality(t.expr, int(t.pos)); err != nil {
				return nil, err
			}
		}
		out.Node = &plan.Distinct{In: out.Node}
	}
	return out, nil
}

// outer tells whether a column comes from an outer query: the output then needs a column of its own.
func (sel *selection) outer(id int) bool {
	for _, c := range sel.node.Cols() {
		if c == id {
			return false
		}
	}
	return true
}
