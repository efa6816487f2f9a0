package planner

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/planner/physical"
)

// PlanStatement plans a SELECT, INSERT, UPDATE or DELETE. Errors are *sqlerr.Error with positions in the statement's text.
func PlanStatement(env *Env, s ast.Stmt) (Statement, error) {
	p := planning{env, newBinder(env)}
	out, err := p.statement(s)
	if err != nil {
		return nil, err
	}
	return out, p.finish(out.header())
}

// planning is the planning of one statement.
type planning struct {
	env *Env
	b   *bind.Binder
}

func (p planning) statement(s ast.Stmt) (Statement, error) {
	if q, ok := s.(*ast.Query); ok {
		return p.query(q)
	}
	c, err := p.b.Change(s)
	if err != nil {
		return nil, err
	}
	return p.change(c)
}

func (p planning) query(q *ast.Query) (*Query, error) {
	bound, err := p.b.Query(q)
	if err != nil {
		return nil, err
	}
	return p.bound(bound)
}

// bound plans a query that was bound.
func (p planning) bound(q *bind.Query) (*Query, error) {
	out := &Query{Head: Head{Columns: p.b.Columns(q.Cols)}}
	with := *q
	for _, l := range q.Locks {
		k := Lock{Table: l.Table, Strength: l.Strength, Wait: l.Wait}
		for _, id := range l.Key {
			at := slices.IndexFunc(with.Cols, func(c bind.OutCol) bool { return c.ID == id })
			if at < 0 {
				at = len(with.Cols)
				with.Cols = append(with.Cols[:at:at], bind.OutCol{ID: id})
			}
			k.Key = append(k.Key, at)
		}
		out.Locks = append(out.Locks, k)
	}
	var err error
	if out.Physical, err = physicalQuery(p.env, p.b, &with); err != nil {
		return nil, err
	}
	out.Needs = p.needs(out.Physical)
	return out, nil
}

// finish gives a statement's head what it has once all is planned.
func (p planning) finish(h *Head) error {
	h.Reads, h.Clock, h.Slots = p.b.Reads, p.b.Clock, p.b.Slots
	for _, st := range p.b.Stages {
		s := Stage{Name: st.Name, Slot: st.Slot, Numbered: st.Numbered, Value: st.Value}
		var err error
		if st.Query != nil {
			s.Plan, err = p.bound(st.Query)
		} else {
			s.Plan, err = p.change(st.Change)
		}
		if err != nil {
			return err
		}
		h.Stages = append(h.Stages, s)
	}
	var err error
	h.Params, err = p.b.Params()
	n := len(h.Params)
	for _, st := range h.Stages {
		if st.Value != nil {
			n++
			st.Value.N = n
		}
	}
	return err
}

// needs are the stages whose rows queries read; a query may be nil.
func (p planning) needs(qs ...*physical.Query) (out []int) {
	var slots []int
	for _, q := range qs {
		if q != nil {
			slots = physical.AppendSlots(slots, q.Root)
		}
	}
	for i, st := range p.b.Stages {
		if slices.Contains(slots, st.Slot) {
			out = append(out, i)
		}
	}
	return out
}

func (p planning) change(c *bind.Change) (Statement, error) {
	switch c.Kind {
	case bind.Inserting:
		return p.insert(c)
	case bind.Updating:
		return p.update(c)
	}
	return p.delete(c)
}

func (p planning) insert(c *bind.Change) (*Insert, error) {
	out := &Insert{Table: c.Table, Targets: c.Targets, Values: c.Values, Defaults: placeAll(c.Defaults, c.Row)}
	var err error
	if c.Source != nil {
		if out.Source, err = p.source(c); err != nil {
			return nil, err
		}
	}
	if k := c.Conflict; k != nil {
		out.Conflict = &Conflict{Arbiters: k.Arbiters, Nothing: k.Nothing}
		if out.Conflict.Computed, err = p.derived(k.Computed); err != nil {
			return nil, err
		}
		if k.Computed == nil {
			both := append(append([]int(nil), c.Row...), k.Excluded...)
			out.Conflict.Set, out.Conflict.Where = placeAll(k.Set, both), physical.Place(k.Where, both)
		}
	}
	out.Write, err = p.write(c, c.Row, out.Source)
	if out.Conflict != nil && out.Conflict.Computed != nil {
		out.Needs = p.needs(out.Source, out.Conflict.Computed.Query, out.returned())
	}
	return out, err
}

func (p planning) update(c *bind.Change) (out *Update, err error) {
	out = &Update{Table: c.Table, Set: placeAll(c.Set, c.SourceCols)}
	if out.Source, err = p.source(c); err != nil {
		return nil, err
	}
	out.Write, err = p.write(c, c.SourceCols, out.Source)
	return out, err
}

func (p planning) delete(c *bind.Change) (out *Delete, err error) {
	out = &Delete{Table: c.Table}
	if out.Source, err = p.source(c); err != nil {
		return nil, err
	}
	out.Write, err = p.write(c, c.SourceCols, out.Source)
	return out, err
}

// source plans where the rows of a change come from.
func (p planning) source(c *bind.Change) (*physical.Query, error) {
	q := &bind.Query{Node: c.Source, Order: c.Order}
	for _, id := range c.SourceCols {
		q.Cols = append(q.Cols, bind.OutCol{Name: p.b.Meta.Name(id), ID: id, T: p.b.Meta.Type(id)})
	}
	return physicalQuery(p.env, p.b, q)
}

// derived plans a query over rows that the statement has made; nil of nil.
func (p planning) derived(d *bind.Derived) (*Derived, error) {
	if d == nil {
		return nil, nil
	}
	out := &Derived{Slot: d.Slot}
	for _, id := range d.In {
		out.Types = append(out.Types, p.b.Meta.Type(id))
	}
	var err error
	out.Query, err = physicalQuery(p.env, p.b, d.Query)
	return out, err
}

// write plans what all changes have. row is the columns that RETURNING is over.
func (p planning) write(c *bind.Change, row []int, source *physical.Query) (w Write, err error) {
	if w.Returned, err = p.derived(c.Returned); err != nil {
		return w, err
	}
	if c.Returned == nil {
		w.Returning = placeAll(c.Exprs, row)
	}
	for _, k := range c.Checks {
		w.Checks = append(w.Checks, BoundCheck{Name: k.Name, Expr: physical.Place(k.Expr, c.Row)})
	}
	if len(c.Returning) > 0 {
		w.Columns = p.b.Columns(c.Returning)
	}
	w.Needs = p.needs(source, w.returned())
	return w, nil
}

// returned is the query that computes RETURNING; nil: there is none.
func (w *Write) returned() *physical.Query {
	if w.Returned == nil {
		return nil
	}
	return w.Returned.Query
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
