package bind

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// nested binds a subquery in an expression; its order is kept only as far as its limit needs it.
func (b *Binder) nested(c *context, q *ast.Query) (*Query, error) {
	defer func(at *context) { c.sc.at = at }(c.sc.at)
	c.sc.at = c
	return b.query(q, c.sc, true)
}

func (b *Binder) exists(c *context, e *ast.Exists) (expr.Expr, error) {
	sub, err := b.nested(c, e.Query)
	if err != nil {
		return nil, err
	}
	n, err := b.limited(sub, e.Query)
	if err != nil {
		return nil, err
	}
	return &plan.Subquery{Kind: plan.ExistsSub, Plan: n, T: types.Of(types.Bool), Pos: int(e.Pos)}, nil
}

func (b *Binder) scalarSubquery(c *context, e *ast.SubQuery) (expr.Expr, error) {
	sub, err := b.nested(c, e.Query)
	if err != nil {
		return nil, err
	}
	if len(sub.Cols) != 1 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery must return only one column").At(int(e.Pos))
	}
	n, err := b.limited(sub, e.Query)
	if err != nil {
		return nil, err
	}
	return &plan.Subquery{Kind: plan.ScalarSub, Plan: n, Out: ids(sub.Cols), Name: sub.Cols[0].Name, T: sub.Cols[0].T, Pos: int(e.Pos)}, nil
}

func (b *Binder) arraySubquery(c *context, e *ast.ArraySub) (expr.Expr, error) {
	sub, err := b.nested(c, e.Query)
	if err != nil {
		return nil, err
	}
	if len(sub.Cols) != 1 {
		return nil, sqlerr.New(sqlerr.SyntaxError, "subquery must return only one column").At(int(e.Pos))
	}
	t := sub.Cols[0].T.Base()
	if !t.Array { // arrays make one of a dimension more
		t = types.ArrayOf(t)
	}
	n, err := b.limited(sub, e.Query)
	if err != nil {
		return nil, err
	}
	return &plan.Subquery{Kind: plan.ArraySub, Plan: n, Out: ids(sub.Cols), Order: sub.Order, T: t, Pos: int(e.Pos)}, nil
}

func ids(cols []OutCol) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = c.ID
	}
	return out
}

func (b *Binder) inSubquery(c *context, e *ast.In) (expr.Expr, error) {
	x, err := b.quantified(c, e.X, e.Sub, "=", false, e.Pos)
	if err != nil || !e.Not {
		return x, err
	}
	return b.not(x, e.Pos)
}

// quantified binds x op ANY|ALL (subquery).
func (b *Binder) quantified(c *context, x ast.Expr, q *ast.Query, op string, all bool, pos ast.Pos) (expr.Expr, error) {
	lefts := []ast.Expr{x}
	if r, ok := x.(*ast.Row); ok {
		var err error
		if lefts, err = b.rowElems(c, r); err != nil {
			return nil, err
		}
	}
	xs, xpos, err := b.scalars(c, lefts)
	if err != nil {
		return nil, err
	}
	sub, err := b.nested(c, q)
	if err != nil {
		return nil, err
	}
	if err := sameWidth(len(xs), sub, pos); err != nil {
		return nil, err
	}
	n, err := b.limited(sub, q)
	if err != nil {
		return nil, err
	}
	s := &plan.Subquery{Kind: plan.AnySub, Plan: n, Out: ids(sub.Cols), T: types.Of(types.Bool), Pos: int(pos)}
	if all {
		s.Kind = plan.AllSub
	}
	ys, ypos := make([]expr.Expr, len(xs)), make([]ast.Pos, len(xs))
	for i, col := range sub.Cols {
		ys[i], ypos[i] = b.Meta.Col(col.ID), pos
	}
	cond, err := b.compareFields(&ast.Op{Pos: pos, Name: op}, xs, ys, xpos, ypos)
	if err != nil {
		return nil, err
	}
	s.Cond = plan.Conjuncts(cond)
	return s, nil
}

// limited makes a query a plain relation: LIMIT and OFFSET become a TopK, an order without them is dropped.
func (b *Binder) limited(q *Query, at ast.Node) (plan.Node, error) {
	if q.Limit == nil && q.Offset == nil {
		return q.Node, nil
	}
	k := &plan.TopK{In: q.Node, Order: q.Order, Limit: -1, WithTies: q.WithTies}
	var err error
	if q.Limit != nil {
		if k.Limit, err = constantCount(q.Limit, at, "LIMIT", -1); err != nil {
			return nil, err
		}
	}
	if q.Offset != nil {
		if k.Offset, err = constantCount(q.Offset, at, "OFFSET", 0); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// constantCount is the value of a LIMIT or OFFSET that must be known when the plan is made.
func constantCount(e expr.Expr, n ast.Node, what string, null int64) (int64, error) {
	c, ok := e.(*expr.Const)
	if !ok {
		return 0, sqlerr.Unsupported(int(n.Position()), "%s of a subquery or view that is not a constant", what)
	}
	if c.D.IsNull() {
		return null, nil
	}
	if v := c.D.Int(); v >= 0 {
		return v, nil
	}
	if what == "LIMIT" {
		return 0, sqlerr.New(sqlerr.InvalidRowCountInLimit, "LIMIT must not be negative")
	}
	return 0, sqlerr.New(sqlerr.InvalidRowCountInOffset, "OFFSET must not be negative")
}
