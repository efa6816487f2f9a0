package planner

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/planner/rewrite"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// rules lets bind use rewrite, which stands above it.
type rules struct{ config *types.Config }

func (r rules) Parameterise(m *plan.Meta, n plan.Node, keep []int, params []plan.Param) (*plan.Parameterised, error) {
	return rewrite.Parameterise(&rewrite.Ctx{Meta: m, Config: r.config}, n, keep, params)
}

func (r rules) ReadByValue(m *plan.Meta, s *plan.Scan, vals []expr.Expr, eqs []*expr.Call) plan.Node {
	return rewrite.ReadByValue(&rewrite.Ctx{Meta: m, Config: r.config}, s, vals, eqs)
}

func newBinder(env *Env) *bind.Binder { return bind.New(env, rules{configOf(env)}) }

// PlanQuery plans a SELECT that changes nothing: one with data-modifying WITH queries, or FOR UPDATE, is refused. Errors are *sqlerr.Error with positions in the
// statement's text.
func PlanQuery(env *Env, q *ast.Query) (*Query, error) {
	p := planning{env, newBinder(env)}
	out, err := p.query(q)
	if err != nil {
		return nil, err
	}
	if err := p.finish(&out.Head); err != nil {
		return nil, err
	}
	if !Reads(out) {
		return nil, sqlerr.Unsupported(int(q.Pos), "a query that changes or locks rows in this place").WithHint("Use it in a statement of its own.")
	}
	return out, nil
}

// output is what a bound query wants of a plan.
func output(q *bind.Query) physical.Output {
	o := physical.Output{Node: q.Node, Order: q.Order, Limit: q.Limit, Offset: q.Offset, WithTies: q.WithTies}
	for _, c := range q.Cols {
		o.Cols, o.Names = append(o.Cols, c.ID), append(o.Names, c.Name)
	}
	return o
}

func physicalQuery(env *Env, b *bind.Binder, q *bind.Query) (*physical.Query, error) {
	o := output(q)
	var err error
	if o.Node, err = rewritten(env, b, &o); err != nil {
		return nil, err
	}
	return (&physical.Builder{Catalog: env.Catalog, Meta: b.Meta}).Query(o)
}

// rewritten rewrites o.Node to the columns that o wants.
func rewritten(env *Env, b *bind.Binder, o *physical.Output) (plan.Node, error) {
	c := &rewrite.Ctx{Meta: b.Meta, Config: configOf(env)}
	return rewrite.Rewrite(c, o.Node, o.Columns())
}

func configOf(env *Env) *types.Config {
	if env.Config == nil {
		return types.DefaultConfig()
	}
	return env.Config
}

// BindScalar binds an expression without columns (EXECUTE arguments, SET values) or, with t, over t's columns (DEFAULT, CHECK). want
// Unknown: the type is the expression's own.
func BindScalar(env *Env, e ast.Expr, t *catalog.Table, want types.Type) (expr.Expr, error) {
	b := newBinder(env)
	x, row, err := b.Scalar(e, t, want)
	if err != nil {
		return nil, err
	}
	return physical.Place(x, row), nil
}
