package physical

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// Output is what a statement wants of a plan: which columns, in which order.
type Output struct {
	Node          plan.Node
	Cols          []int
	Names         []string
	Order         []plan.Sort
	Limit, Offset expr.Expr
	WithTies      bool
}

// Columns are the visible columns, then those that only serve the order.
func (o Output) Columns() []int {
	cols := slices.Clone(o.Cols)
	for _, s := range o.Order {
		if !slices.Contains(cols, s.Col) {
			cols = append(cols, s.Col)
		}
	}
	return cols
}

func orderOf(cols []int, order []plan.Sort) []OrderCol {
	var out []OrderCol
	for _, s := range order {
		out = append(out, OrderCol{Col: slices.Index(cols, s.Col), Desc: s.Desc, NullsFirst: s.NullsFirst})
	}
	return out
}

// Query makes the plan of an ad-hoc query. o.Node outputs o's columns in order.
func (b *Builder) Query(o Output) (*Query, error) {
	cols := o.Columns()
	b.AdHoc = true
	q := &Query{Names: o.Names, Visible: len(o.Cols), Order: orderOf(cols, o.Order), Limit: o.Limit, Offset: o.Offset, WithTies: o.WithTies}
	var err error
	if q.Root, err = b.Build(o.Node); err != nil {
		return nil, err
	}
	if !o.WithTies {
		q.Lookup = b.lookup(o.Node, o.Order, o.Limit != nil)
	}
	return q, nil
}

// NewView is a materialized view of o's columns, params of which are its parameters, without its plans.
func NewView(o Output, params int) *View {
	cols := o.Columns()
	v := &View{Names: o.Names, Params: params}
	for i := range params {
		v.Order = append(v.Order, OrderCol{Col: i})
	}
	for _, s := range orderOf(cols, o.Order) {
		if s.Col >= params {
			v.Order = append(v.Order, s)
		}
	}
	if len(o.Order) == 0 {
		v.Order = append(v.Order, keyOrder(plan.PropsOf(o.Node), cols, params)...)
	}
	return v
}

// Fingerprint is that of what the view's tree holds and of how its rows are made of it.
func (v *View) Fingerprint() string {
	if v.Finish == nil {
		return Fingerprint(v.Root)
	}
	return fmt.Sprintf("%s finish %+v of %s", Fingerprint(v.Root), *v.Finish, Fingerprint(v.Whole))
}

// keyOrder is the order of a view that has none of its own: by its shortest key, so that a row is found by it.
func keyOrder(p plan.Props, cols []int, params int) (order []OrderCol) {
	for _, key := range p.Keys {
		var by []OrderCol
		for _, id := range key {
			if i := slices.Index(cols, id); i >= params {
				by = append(by, OrderCol{Col: i})
			} else if i < 0 {
				by = nil
				break
			}
		}
		if len(by) > 0 && (order == nil || len(by) < len(order)) {
			order = by
		}
	}
	return order
}

// Place turns references to the columns cols into positions.
func Place(e expr.Expr, cols []int) expr.Expr { return rel{cols: cols}.place(e) }
