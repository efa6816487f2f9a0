package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Stage is a part of a statement that runs by itself: a data-modifying WITH query, a query within that locks rows, or the value of a LIMIT. Just one of
// Change and Query is set.
type Stage struct {
	Name   string
	Slot   int // of the rows that it returns
	Change *Change
	Query  *Query
	// Value, if set, is what a query of one value is known by to the others.
	Value *expr.Param
	// Numbered: behind the columns of Query stands the number of the row, as its order is not for itself alone.
	Numbered bool
}

// columns are what a stage returns.
func (st *Stage) columns() []OutCol {
	if st.Query != nil {
		return st.Query.Cols
	}
	return st.Change.Returning
}

// Derived is a query over rows that its statement has made: In are their columns, of which the last one numbers them, and the query keeps that order.
type Derived struct {
	Slot  int
	In    []int
	Query *Query
}

// slot is the next place for rows that the statement makes before a query reads them.
func (b *Binder) slot() int {
	b.Slots++
	return b.Slots - 1
}

// modify binds a data-modifying WITH query.
func (b *Binder) modify(c *cte) error {
	if c.from.parent != nil {
		return sqlerr.New(sqlerr.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level").At(int(c.def.Pos))
	}
	var err error
	st := &Stage{Name: c.def.Name, Slot: b.slot()}
	if st.Change, err = b.change(c.def.Stmt, &scope{ctes: c.ctes}); err != nil {
		return err
	}
	if n := len(st.Change.Returning); n > 0 && len(c.def.Cols) > n {
		return tooFewColumns(c.def, n)
	}
	c.stage = st
	b.Stages = append(b.Stages, st)
	return nil
}

// Change binds an INSERT, UPDATE or DELETE.
func (b *Binder) Change(s ast.Stmt) (*Change, error) { return b.change(s, nil) }

func (b *Binder) change(s ast.Stmt, outer *scope) (*Change, error) {
	switch s := s.(type) {
	case *ast.Insert:
		return b.insert(s, outer)
	case *ast.Update:
		return b.update(s, outer)
	case *ast.Delete:
		return b.delete(s, outer)
	}
	return nil, unsupported(s, "this statement")
}

// returned is a reference to a WITH query that is a stage: what it returns.
func (b *Binder) returned(c *cte, it *ast.Rel) (source, error) {
	if len(c.stage.columns()) == 0 && c.stage.Change != nil {
		return source{}, sqlerr.New(sqlerr.FeatureNotSupported, "WITH query %q does not have a RETURNING clause", c.def.Name).At(int(it.Pos))
	}
	n, outs := b.given(c.stage)
	var cols []*col
	for i, out := range outs {
		if i < len(c.def.Cols) {
			out.Name = c.def.Cols[i]
		}
		cols = append(cols, &col{name: out.Name, id: out.ID, t: out.T})
	}
	r, err := named(cols, it.Alias, c.def.Name, "")
	if err != nil {
		return source{}, err
	}
	return source{node: n, rels: []*rel{r}, cols: r.cols}, nil
}

// given is what a stage returns, as columns of their own; of numbered rows the last column of the node is the number.
func (b *Binder) given(st *Stage) (*plan.Given, []OutCol) {
	n := &plan.Given{Name: st.Name, Slot: st.Slot}
	cols := slices.Clone(st.columns())
	for i := range cols {
		was := cols[i].ID
		cols[i].ID = b.Meta.Add(cols[i].Name, cols[i].T)
		if o, ok := b.origins[was]; ok {
			b.origins[cols[i].ID] = o
		}
		if was > 0 {
			b.Meta.SetFields(cols[i].ID, b.Meta.Fields(was))
		}
		n.IDs = append(n.IDs, cols[i].ID)
	}
	if st.Numbered {
		n.IDs = append(n.IDs, b.Meta.Add("number", types.Of(types.Int8)))
	}
	return n, cols
}

// valueStage computes an expression without columns, of subqueries, once for the whole statement.
func (b *Binder) valueStage(x expr.Expr, e ast.Expr, what string) (expr.Expr, error) {
	if b.inView || len(b.expanding) > 0 {
		return nil, unsupported(e, "a subquery in %s of a view", what)
	}
	id := b.Meta.Add(what, x.Type())
	q := &Query{Node: &plan.Project{In: plan.One(), Items: []plan.Item{{ID: id, Expr: x}}}, Cols: []OutCol{{Name: what, ID: id, T: x.Type()}}}
	st := &Stage{Name: what, Slot: b.slot(), Query: q, Value: &expr.Param{T: x.Type()}}
	b.Stages = append(b.Stages, st)
	return st.Value, nil
}

// derive computes expressions over rows of columns cols; nil if none of them has a subquery, so that it is as well done row by row. With a guard
// the first column is that, and a row for which it is not true has NULL for all that follows.
func (b *Binder) derive(cols []int, guard expr.Expr, exprs []expr.Expr) *Derived {
	sub := func(e expr.Expr) bool { return e != nil && plan.HasSubquery(e) }
	if !sub(guard) && !slices.ContainsFunc(exprs, sub) {
		return nil
	}
	number := b.Meta.Add("number", types.Of(types.Int8))
	d := &Derived{Slot: b.slot(), In: append(slices.Clone(cols), number)}
	p := &plan.Project{In: &plan.Given{Name: "the statement", IDs: d.In, Slot: d.Slot}, Items: plan.Pass(b.Meta, []int{number})}
	d.Query = &Query{Node: p, Order: []plan.Sort{{Col: number}}}
	if guard != nil {
		id := b.Meta.Add("guard", guard.Type())
		p.In = &plan.Project{In: p.In, Items: append(plan.Pass(b.Meta, d.In), plan.Item{ID: id, Expr: guard})}
		guard = b.Meta.Col(id)
		p.Items = append(p.Items, plan.Item{ID: id, Expr: guard})
		d.Query.Cols = append(d.Query.Cols, OutCol{Name: "guard", ID: id, T: guard.Type()})
	}
	for _, e := range exprs {
		if guard != nil {
			e = &expr.Case{Whens: []expr.When{{Cond: guard, Then: e}}, T: e.Type()}
		}
		id := b.Meta.Add("computed", e.Type())
		p.Items = append(p.Items, plan.Item{ID: id, Expr: e})
		d.Query.Cols = append(d.Query.Cols, OutCol{Name: "computed", ID: id, T: e.Type()})
	}
	return d
}
