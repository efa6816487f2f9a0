package physical

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// byList probes a relation for each value of a list, instead of reading all of it. Only for a plan that runs once: a view's filter sees the
// change alone.
//
//	Filter(a = ANY (1, 2), scan) => Join(k = a, (1), (2), scan)
//
// a begins the key of a tree of the relation; whatever stands before the list in the filter cannot fail, and the values are of a type whose equal
// values are the same, so that none is joined twice.
func (b *Builder) byList(n *plan.Filter) (rel, bool) {
	s, ok := n.In.(*plan.Scan)
	if !ok || !b.AdHoc {
		return rel{}, false
	}
	for i, e := range n.Preds {
		col, values := listOf(e)
		if at := slices.Index(s.IDs, col); at >= 0 && b.leads(s, at) {
			return b.probe(s, at, values, slices.Delete(slices.Clone(n.Preds), i, i+1)), true
		}
		if expr.CanFail(e) {
			break
		}
	}
	return rel{}, false
}

// leads tells whether a tree's key begins with a column, ascending.
func (b *Builder) leads(s *plan.Scan, col int) bool {
	return slices.ContainsFunc(b.trees(s), func(t tree) bool {
		return len(t.columns) > 0 && t.columns[0].Col == col && !t.columns[0].Desc && !t.columns[0].NullsFirst
	})
}

// probe is the join of the values with the relation, filtered by the other conditions.
func (b *Builder) probe(s *plan.Scan, at int, values [][]types.Datum, preds []expr.Expr) rel {
	list := &Constant{Rows: values, Cols: []types.Type{b.Meta.Type(s.IDs[at])}}
	j := &Join{Kind: Inner, L: &Arrange{In: list, Key: []int{0}}, R: &Arrange{In: b.bareScan(s), Key: []int{at}}, Keys: 1}
	r := b.ordered(rel{j, append([]int{0}, s.IDs...)}, s.IDs)
	if len(preds) == 0 {
		return r
	}
	return rel{&Filter{In: r.node, Pred: r.place(plan.Conjoin(preds))}, r.cols}
}

// listOf takes a = ANY (constant array) apart; the values are there once each, without NULLs.
func listOf(e expr.Expr) (col int, values [][]types.Datum) {
	a, ok := e.(*expr.AnyAll)
	if !ok || a.All || a.Op.Name != "=" {
		return 0, nil
	}
	c, ok1 := a.X.(*expr.Col)
	k, ok2 := a.Array.(*expr.Const)
	if !ok1 || !ok2 || k.D.IsNull() || c.T.Base() != k.T.Elem().Base() || !types.EqualityIsIdentity(c.T) {
		return 0, nil
	}
	list := types.DecodeArray(k.T.Elem(), k.D).Elems
	list = slices.DeleteFunc(slices.Clone(list), types.Datum.IsNull)
	slices.SortFunc(list, func(x, y types.Datum) int { return types.Compare(c.T, x, y) })
	list = slices.CompactFunc(list, func(x, y types.Datum) bool { return types.Compare(c.T, x, y) == 0 })
	for _, d := range list {
		values = append(values, []types.Datum{d})
	}
	return c.ID, values
}
