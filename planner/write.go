package planner

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
)

// PlanInsert plans an INSERT.
func PlanInsert(env *Env, s *ast.Insert) (*Insert, error) {
	b := newBinder(env)
	c, err := b.Insert(s)
	if err != nil {
		return nil, err
	}
	out := &Insert{Table: c.Table, Targets: c.Targets, Values: c.Values, Defaults: placeAll(c.Defaults, c.Row)}
	if c.Source != nil {
		if out.Source, err = source(env, b, c); err != nil {
			return nil, err
		}
	}
	if k := c.Conflict; k != nil {
		both := append(append([]int(nil), c.Row...), k.Excluded...)
		out.Conflict = &Conflict{Arbiters: k.Arbiters, Nothing: k.Nothing, Set: placeAll(k.Set, both), Where: physical.Place(k.Where, both)}
	}
	out.Write, err = write(b, c, c.Row)
	return out, err
}

// PlanUpdate plans an UPDATE.
func PlanUpdate(env *Env, s *ast.Update) (*Update, error) {
	b := newBinder(env)
	c, err := b.Update(s)
	if err != nil {
		return nil, err
	}
	out := &Update{Table: c.Table, Set: placeAll(c.Set, c.SourceCols)}
	if out.Source, err = source(env, b, c); err != nil {
		return nil, err
	}
	out.Write, err = write(b, c, c.SourceCols)
	return out, err
}

// PlanDelete plans a DELETE.
func PlanDelete(env *Env, s *ast.Delete) (*Delete, error) {
	b := newBinder(env)
	c, err := b.Delete(s)
	if err != nil {
		return nil, err
	}
	out := &Delete{Table: c.Table}
	if out.Source, err = source(env, b, c); err != nil {
		return nil, err
	}
	out.Write, err = write(b, c, c.SourceCols)
	return out, err
}

// source plans where the rows of a change come from.
func source(env *Env, b *bind.Binder, c *bind.Change) (*physical.Query, error) {
	q := &bind.Query{Node: c.Source, Order: c.Order}
	for _, id := range c.SourceCols {
		q.Cols = append(q.Cols, bind.OutCol{Name: b.Meta.Name(id), ID: id, T: b.Meta.Type(id)})
	}
	return physicalQuery(env, b, q)
}

func write(b *bind.Binder, c *bind.Change, row []int) (Write, error) {
	w := Write{Returning: placeAll(c.Exprs, row), Reads: b.Reads, Clock: b.Clock}
	for _, k := range c.Checks {
		w.Checks = append(w.Checks, BoundCheck{Name: k.Name, Expr: physical.Place(k.Expr, c.Row)})
	}
	if len(c.Returning) > 0 {
		w.Columns = b.Columns(c.Returning)
	}
	var err error
	w.Params, err = b.Params()
	return w, err
}

func placeAll(es []expr.Expr, cols []int) []expr.Expr {
	if es == nil {
		return nil
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		if e != nil {
			out[i] = physical.Place(e, cols)
		}
	}
	return out
}
