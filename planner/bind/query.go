package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Query binds an outermost query.
func (b *Binder) Query(q *ast.Query) (*Query, error) { return b.query(q, nil, true) }

// query binds a query level. known: output columns of unknown type become text (not so for the source of an INSERT).
func (b *Binder) query(q *ast.Query, outer *scope, known bool) (*Query, error) {
	if err := b.enter(q.Pos); err != nil {
		return nil, err
	}
	defer b.leave()
	if len(q.Locks) > 0 && outer != nil {
		return b.lockingQuery(q, outer)
	}
	return b.queryLevel(q, outer, known)
}

// queryLevel binds a query level, also one that locks rows.
func (b *Binder) queryLevel(q *ast.Query, outer *scope, known bool) (*Query, error) {
	sc := &scope{parent: outer, locks: q.Locks}
	if err := b.with(sc, q); err != nil {
		return nil, err
	}
	out, err := b.body(q, sc, known)
	if err != nil {
		return nil, err
	}
	return out, b.limits(q, sc, out)
}

// with makes the names of WITH known; each definition sees those before it.
func (b *Binder) with(sc *scope, q *ast.Query) error {
	for i, c := range q.With {
		for _, prev := range q.With[:i] {
			if prev.Name == c.Name {
				return sqlerr.New(sqlerr.DuplicateAlias, "WITH query name %q specified more than once", c.Name).At(int(c.Pos))
			}
		}
		for _, later := range q.With[i+1:] {
			if q.Recursive && mentions(c, later.Name) {
				return unsupported(c, "a reference to a later WITH query")
			}
		}
		entry := &cte{def: c, next: sc.ctes, ctes: sc.ctes, from: sc, recursive: q.Recursive && mentions(c, c.Name)}
		if _, ok := c.Stmt.(*ast.Query); !ok {
			if err := b.modify(entry); err != nil {
				return err
			}
		}
		sc.ctes = entry
	}
	// A definition that nobody uses must be valid all the same.
	for c := sc.ctes; c != nil; c = c.next {
		if c.stage != nil {
			continue
		}
		if _, err := b.cteRef(c, &ast.Rel{Pos: c.def.Pos, Name: ast.Name{c.def.Name}}); err != nil {
			return err
		}
	}
	return nil
}

func (b *Binder) body(q *ast.Query, sc *scope, known bool) (*Query, error) {
	switch body := q.Body.(type) {
	case *ast.Select:
		return b.selectCore(body, sc, q.Order, known)
	case *ast.Values:
		if err := noLocks(q.Locks, "cannot be applied to VALUES"); err != nil {
			return nil, err
		}
		out, err := b.values(body, sc)
		if err != nil {
			return nil, err
		}
		return out, b.orderByName(sc, out, q.Order, "VALUES")
	case *ast.TableCmd:
		s := &ast.Select{Pos: body.Pos, Targets: []*ast.Target{{Pos: body.Pos, Expr: &ast.Star{Pos: body.Pos}}}, From: []ast.From{&ast.Rel{Pos: body.Pos, Name: body.Name}}}
		return b.selectCore(s, sc, q.Order, known)
	case *ast.Query:
		if len(q.Locks) > 0 {
			return nil, unsupported(q.Locks[0], "%s of a query in parentheses", strengths[q.Locks[0].Strength])
		}
		out, err := b.query(body, sc, known)
		if err != nil {
			return nil, err
		}
		if len(q.Order) == 0 && q.Limit == nil && q.Offset == nil {
			return out, nil
		}
		if out.Node, err = b.limited(out, body); err != nil {
			return nil, err
		}
		inner := &Query{Node: out.Node, Cols: out.Cols, Order: out.Order}
		if len(q.Order) > 0 {
			inner.Order = nil
			return inner, b.orderByName(sc, inner, q.Order, "subquery")
		}
		return inner, nil
	case *ast.SetOp:
		if err := noLocks(slices.Concat(q.Locks, body.L.Locks, body.R.Locks), "is not allowed with UNION/INTERSECT/EXCEPT"); err != nil {
			return nil, err
		}
		out, err := b.setOp(body, sc, known)
		if err != nil {
			return nil, err
		}
		return out, b.orderByName(sc, out, q.Order, "UNION/INTERSECT/EXCEPT")
	}
	return nil, unsupported(q, "this query")
}

// limits binds LIMIT and OFFSET.
func (b *Binder) limits(q *ast.Query, sc *scope, out *Query) error {
	bind := func(e ast.Expr, what string) (expr.Expr, error) {
		if e == nil {
			return nil, nil
		}
		c := &context{sc: sc, clause: what}
		x, err := b.scalar(c, e)
		if err != nil {
			return nil, err
		}
		t := x.Type()
		x, ok, err := b.coerce(x, types.Of(types.Int8), types.Assignment, loc(e))
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", what, t).At(int(loc(e)))
		}
		for id := range plan.RefsOf(x) {
			if sc.parent != nil && !sc.own()[id] {
				return nil, unsupported(e, "a column of an outer query in %s", what)
			}
			return nil, sqlerr.New(sqlerr.InvalidColumnReference, "argument of %s must not contain variables", what).At(int(loc(e)))
		}
		if plan.HasSubquery(x) {
			return b.valueStage(x, e, what)
		}
		if c, ok := x.(*expr.Const); ok && c.D.IsNull() {
			return nil, nil
		}
		return b.fold(x), nil
	}
	if q.Limit == nil && q.Offset == nil {
		return nil
	}
	var err error
	if out.Limit, err = bind(q.Limit, "LIMIT"); err != nil {
		return err
	}
	if out.Offset, err = bind(q.Offset, "OFFSET"); err != nil {
		return err
	}
	if out.WithTies = q.WithTies; q.WithTies && len(out.Order) == 0 {
		return sqlerr.New(sqlerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
	}
	return nil
}

// values binds VALUES lists of equal length, column types resolved as in UNION.
func (b *Binder) values(v *ast.Values, sc *scope) (*Query, error) {
	width := len(v.Rows[0])
	rows := make([][]expr.Expr, len(v.Rows))
	pos := make([][]ast.Pos, width)
	cols := make([][]expr.Expr, width)
	c := &context{sc: sc, clause: "VALUES"}
	for i, r := range v.Rows {
		if len(r) != width {
			return nil, sqlerr.New(sqlerr.SyntaxError, "VALUES lists must all be the same length").At(int(r[0].Position()))
		}
		for j, e := range r {
			x, err := b.scalar(c, e)
			if err != nil {
				return nil, err
			}
			cols[j], pos[j] = append(cols[j], x), append(pos[j], loc(e))
		}
		rows[i] = make([]expr.Expr, width)
	}
	out := &Query{}
	n := &plan.Values{Rows: rows}
	for j := range cols {
		xs, t, err := b.unify(cols[j], pos[j], "VALUES")
		if err != nil {
			return nil, err
		}
		for i := range xs {
			rows[i][j] = xs[i]
		}
		name := "column" + itoa(j+1)
		id := b.Meta.Add(name, t)
		n.IDs = append(n.IDs, id)
		out.Cols = append(out.Cols, OutCol{Name: name, ID: id, T: t, pos: int(v.Pos)})
	}
	out.Node = n
	return out, b.hoistValues(n, out)
}

// hoistValues gives rows with subqueries a plan of their own: one Project each, united.
func (b *Binder) hoistValues(n *plan.Values, out *Query) error {
	sub := false
	for _, e := range plan.Exprs(n) {
		sub = sub || plan.HasSubquery(e)
	}
	if !sub {
		return nil
	}
	u := &plan.Union{IDs: n.IDs}
	for _, r := range n.Rows {
		p := &plan.Project{In: plan.One()}
		var m []int
		for j, e := range r {
			id := b.Meta.Add(out.Cols[j].Name, out.Cols[j].T)
			p.Items = append(p.Items, plan.Item{ID: id, Expr: e})
			m = append(m, id)
		}
		u.Ins, u.Maps = append(u.Ins, p), append(u.Maps, m)
	}
	out.Node = u
	return nil
}

// setOp binds UNION, INTERSECT and EXCEPT.
func (b *Binder) setOp(s *ast.SetOp, sc *scope, known bool) (*Query, error) {
	what := [...]string{"UNION", "INTERSECT", "EXCEPT"}[s.Op]
	sides := [2]*Query{}
	for i, q := range []*ast.Query{s.L, s.R} {
		sub, err := b.query(q, sc, false)
		if err != nil {
			return nil, err
		}
		if sub.Node, err = b.limited(sub, q); err != nil {
			return nil, err
		}
		sides[i] = sub
	}
	l, r := sides[0], sides[1]
	if len(l.Cols) != len(r.Cols) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "each %s query must have the same number of columns", what).At(r.firstPos(s.R))
	}
	out := &Query{}
	maps := [2][]int{}
	items := [2][]plan.Item{plan.Pass(b.Meta, l.Node.Cols()), plan.Pass(b.Meta, r.Node.Cols())}
	convert := [2]bool{}
	for i := range l.Cols {
		var xs []expr.Expr
		var pos []ast.Pos
		for _, q := range sides {
			xs = append(xs, b.leaf(q, i))
			pos = append(pos, ast.Pos(q.Cols[i].pos))
		}
		xs, t, err := b.unify(xs, pos, what)
		if err != nil {
			return nil, err
		}
		if s.Op != ast.Union || !s.All {
			if err := b.hasEquality(xs[0], l.Cols[i].pos); err != nil {
				return nil, err
			}
			if err := similar(b.fieldsOf(xs[0]), b.fieldsOf(xs[1])); err != nil {
				return nil, at(err, pos[1])
			}
		}
		for k := range sides {
			c, same := xs[k].(*expr.Col)
			if same && c.ID == sides[k].Cols[i].ID {
				maps[k] = append(maps[k], c.ID)
				continue
			}
			id := b.Meta.Add(l.Cols[i].Name, t)
			items[k] = append(items[k], plan.Item{ID: id, Expr: xs[k]})
			maps[k] = append(maps[k], id)
			convert[k] = true
		}
		id := b.Meta.Add(l.Cols[i].Name, t)
		if fields := b.fieldsOf(xs[0]); slices.Equal(fields, b.fieldsOf(xs[1])) {
			b.Meta.SetFields(id, fields)
		}
		out.Cols = append(out.Cols, OutCol{Name: l.Cols[i].Name, ID: id, T: t, pos: l.Cols[i].pos})
	}
	for k, q := range sides {
		if convert[k] {
			q.Node = &plan.Project{In: q.Node, Items: items[k]}
		}
	}
	cols := ids(out.Cols)
	switch {
	case s.Op == ast.Union:
		out.Node = &plan.Union{Ins: []plan.Node{l.Node, r.Node}, Maps: [][]int{maps[0], maps[1]}, IDs: cols}
		if !s.All {
			out.Node = &plan.Distinct{In: out.Node}
		}
	default:
		out.Node = &plan.SetOp{Except: s.Op == ast.Except, All: s.All, L: l.Node, R: r.Node, LMap: maps[0], RMap: maps[1], IDs: cols}
	}
	return out, nil
}

func (q *Query) firstPos(n ast.Node) int {
	if len(q.Cols) > 0 {
		return q.Cols[0].pos
	}
	return int(n.Position())
}

// leaf is the expression of a set operation's input column: literals are still seen as such, so that their type can be resolved.
func (b *Binder) leaf(q *Query, i int) expr.Expr {
	id := q.Cols[i].ID
	if p, ok := q.Node.(*plan.Project); ok && q.Cols[i].T.Is(types.Unknown) {
		for _, it := range p.Items {
			if it.ID == id {
				return it.Expr
			}
		}
	}
	return &expr.Col{ID: id, T: q.Cols[i].T}
}
