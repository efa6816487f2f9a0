package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
)

// group is an expression of GROUP BY and the column that holds it. target is the first item of the select list that it is, or that an ordinal
// or name of GROUP BY said; -1: none.
type group struct {
	expr   expr.Expr
	id     int
	target int
}

// groupItem binds an expression, ordinal or output name of GROUP BY, and tells which item of the select list it is (-1: none).
func (sel *selection) groupItem(g ast.Expr) (x expr.Expr, item int, err error) {
	b := sel.b
	byOutput := func() (expr.Expr, int, error) {
		i, ok, err := b.outputRef(sel.outputs(), g, "GROUP BY")
		if err != nil || !ok {
			return nil, -1, err
		}
		t := sel.targets[i]
		for _, a := range sel.aggs.aggs {
			if plan.RefsOf(t.expr).Has(a.ID) {
				return nil, -1, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in GROUP BY").At(int(t.pos))
			}
		}
		if len(sel.windows) > 0 {
			refs := plan.RefsOf(t.expr)
			for _, w := range sel.windows {
				if refs.Has(w.id) {
					return nil, -1, sqlerr.New(sqlerr.WindowingError, "window functions are not allowed in GROUP BY").At(int(t.pos))
				}
			}
		}
		return t.expr, i, nil
	}
	if ref, ok := g.(*ast.ColRef); ok && len(ref.Parts) == 1 {
		// A column of FROM wins over an output name.
		found := slices.ContainsFunc(sel.sc.cols, func(c *col) bool { return c.name == ref.Parts[0] })
		if !found {
			if x, i, err := byOutput(); i >= 0 || err != nil {
				return x, i, err
			}
		}
	}
	if _, ok := g.(*ast.Const); ok {
		return byOutput()
	}
	if i, ok := sel.written(g); ok && i < len(sel.targets) {
		return sel.targets[i].expr, i, nil
	}
	if x, err = b.scalar(&context{sc: sel.sc, clause: "GROUP BY", srfs: &sel.srfs}, g); err != nil {
		return nil, -1, err
	}
	return x, slices.IndexFunc(sel.targets, func(t *target) bool { return sameExpr(t.expr, x) }), nil
}

// group puts a Reduce over the node and rewrites everything above it to the Reduce's columns.
func (sel *selection) group() error {
	b := sel.b
	sel.node = applySRFs(sel.node, sel.takeGrouped())
	items := plan.Pass(b.Meta, sel.node.Cols())
	computed := false
	outs := sel.node.Cols()
	for i := range sel.groups {
		g := &sel.groups[i]
		if c, ok := g.expr.(*expr.Col); ok && slices.Contains(outs, c.ID) {
			g.id = c.ID
			continue
		}
		g.id = b.newColumn("group", g.expr)
		items = append(items, plan.Item{ID: g.id, Expr: g.expr})
		computed = true
	}
	if computed {
		sel.node = &plan.Project{In: sel.node, Items: items}
	}
	gs, err := sel.expandSets()
	if err != nil {
		return err
	}
	keys := append(gs.keys, sel.dependent(gs.common)...)
	reduce := &plan.Reduce{In: sel.node, Keys: keys, Scalar: len(sel.sets) == 1 && len(sel.sets[0]) == 0}
	sel.node = reduce
	g := &grouper{sel: sel, keys: plan.SetOf(keys...)}
	if g.grouping, err = sel.bindGroupings(gs); err != nil {
		return err
	}
	for i, t := range append(append([]*target(nil), sel.targets...), sel.hidden...) {
		t.expr = g.item(i, t.expr)
	}
	for i := range sel.srfs {
		for j, a := range sel.srfs[i].args {
			sel.srfs[i].args[j] = g.rewrite(a)
		}
	}
	for i := range sel.windows {
		sel.windows[i].rewrite(g.rewrite)
	}
	if sel.having != nil {
		sel.having = g.rewrite(sel.having)
	}
	if g.err != nil {
		return g.err
	}
	if err := g.checkDirect(); err != nil {
		return err
	}
	reduce.Aggs = gs.aggregates(sel.aggs.aggs)
	if sel.having != nil {
		sel.node = &plan.Filter{In: sel.node, Preds: plan.Conjuncts(sel.having)}
	}
	return nil
}

// dependent are the other columns of relations whose primary key is grouped by: they are functionally dependent, so that they may be used and,
// as keys, change nothing.
func (sel *selection) dependent(keys []int) []int {
	var out []int
	for _, r := range sel.sc.rels {
		if r.table == nil {
			continue
		}
		all := r.table.PrimaryKeyName != ""
		for _, k := range r.table.PrimaryKey {
			all = all && r.table.Columns[k].Visible() && slices.Contains(keys, r.ids[k])
		}
		if !all {
			continue
		}
		for i, id := range r.ids {
			if r.table.Columns[i].Visible() && !slices.Contains(keys, id) && !sel.groupedBy(id) && sel.mentions(id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// groupedBy tells whether the column is an expression of GROUP BY.
func (sel *selection) groupedBy(id int) bool {
	return slices.ContainsFunc(sel.groups, func(g group) bool {
		c, ok := g.expr.(*expr.Col)
		return ok && c.ID == id
	})
}

// mentions tells whether something above the grouping uses the column.
func (sel *selection) mentions(id int) bool {
	es := []expr.Expr{}
	for _, t := range append(append([]*target(nil), sel.targets...), sel.hidden...) {
		es = append(es, t.expr)
	}
	if sel.having != nil {
		es = append(es, sel.having)
	}
	for _, f := range sel.srfs {
		es = append(es, f.args...)
	}
	for i := range sel.windows {
		es = append(es, sel.windows[i].exprs()...)
	}
	return plan.RefsOf(es...).Has(id)
}

// grouper rewrites an expression over a grouping's input to one over its output; a column that is neither grouped nor
// aggregated is an error.
type grouper struct {
	sel  *selection
	keys plan.ColSet
	// grouping is what stands for each GROUPING().
	grouping map[int]expr.Expr
	err      error
}

// item rewrites the i-th item of the select list. One that GROUP BY names is NULL where a set leaves it out, even a constant; a constant
// elsewhere is only that.
func (g *grouper) item(i int, e expr.Expr) expr.Expr {
	if _, ok := e.(*expr.Const); ok && len(g.sel.sets) > 1 {
		for _, k := range g.sel.groups {
			if k.target == i {
				return &expr.Col{ID: k.id, T: k.expr.Type()}
			}
		}
	}
	return g.rewrite(e)
}

func (g *grouper) rewrite(e expr.Expr) expr.Expr {
	if g.err != nil {
		return e
	}
	if c, ok := e.(*expr.Col); ok {
		return g.column(c, false)
	}
	if _, ok := e.(*expr.Const); ok {
		return e
	}
	s := ""
	for _, k := range g.sel.groups {
		if _, plain := k.expr.(*expr.Col); plain {
			continue
		}
		if s == "" {
			s = e.String()
		}
		if k.expr.String() == s {
			return &expr.Col{ID: k.id, T: k.expr.Type()}
		}
	}
	if sub, ok := e.(*plan.Subquery); ok {
		return g.subquery(sub)
	}
	ch := e.Children()
	if len(ch) == 0 {
		return e
	}
	out := make([]expr.Expr, len(ch))
	for i, x := range ch {
		out[i] = g.rewrite(x)
	}
	return e.WithChildren(out)
}

func (g *grouper) column(c *expr.Col, inSub bool) expr.Expr {
	if x, ok := g.grouping[c.ID]; ok {
		return x
	}
	if g.keys.Has(c.ID) || !g.sel.aggs.own[c.ID] {
		return c
	}
	for _, k := range g.sel.groups {
		if kc, ok := k.expr.(*expr.Col); ok && kc.ID == c.ID {
			return &expr.Col{ID: k.id, T: c.T}
		}
	}
	ref := g.sel.b.refs[c]
	if ref.name == "" {
		ref = colRef{-1, g.sel.b.Meta.Name(c.ID)}
	}
	if inSub {
		g.err = sqlerr.New(sqlerr.GroupingError, "subquery uses ungrouped column %q from outer query", ref.name).At(ref.pos)
	} else {
		g.err = sqlerr.New(sqlerr.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", ref.name).At(ref.pos)
	}
	return c
}

// subquery rewrites what a subquery uses of the grouped level.
func (g *grouper) subquery(s *plan.Subquery) expr.Expr {
	n := *s
	n.Cond = make([]expr.Expr, len(s.Cond))
	for i, c := range s.Cond {
		n.Cond[i] = g.rewrite(c)
	}
	n.Plan = g.node(s.Plan)
	return &n
}

func (g *grouper) node(n plan.Node) plan.Node {
	ins := n.Inputs()
	if len(ins) > 0 {
		c := make([]plan.Node, len(ins))
		for i, in := range ins {
			c[i] = g.node(in)
		}
		n = n.WithInputs(c)
	}
	return plan.MapExprs(n, g.inner)
}

func (g *grouper) inner(e expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.Col:
		return g.column(x, true)
	case *plan.Subquery:
		return g.subquery(x)
	}
	s := ""
	for _, k := range g.sel.groups {
		if _, plain := k.expr.(*expr.Col); !plain {
			if s == "" {
				s = e.String()
			}
			if k.expr.String() == s {
				return &expr.Col{ID: k.id, T: k.expr.Type()}
			}
		}
	}
	ch := e.Children()
	if len(ch) == 0 {
		return e
	}
	out := make([]expr.Expr, len(ch))
	for i, c := range ch {
		out[i] = g.inner(c)
	}
	return e.WithChildren(out)
}
