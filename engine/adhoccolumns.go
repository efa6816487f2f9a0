package engine

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
)

// columnSet are positions of columns; nil is all of them.
type columnSet map[int]bool

// with is the set with the columns of expressions.
func (s columnSet) with(es ...expr.Expr) columnSet {
	if s == nil {
		return nil
	}
	out := columnSet{}
	for c := range s {
		out[c] = true
	}
	for _, e := range es {
		if e == nil {
			continue
		}
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Col); ok {
				out[c.ID] = true
			}
			return true
		})
	}
	return out
}

// findColumns notes which columns of the relations the query uses: what is looked up for others is not.
func (a *adhoc) findColumns(n physical.Node, used columnSet) {
	switch n := n.(type) {
	case *physical.Scan:
		text := a.b.texts.Of(n)
		if known, ok := a.columns[text]; ok && (known == nil || used == nil) {
			used = nil
		} else {
			for c := range known {
				used[c] = true
			}
		}
		a.columns[text] = used
	case *physical.Project:
		a.findColumns(n.In, columnSet{}.with(n.Exprs...))
	case *physical.Filter:
		a.findColumns(n.In, used.with(n.Pred))
	case *physical.Arrange:
		if used != nil {
			used = used.with()
			for _, c := range n.Key {
				used[c] = true
			}
		}
		a.findColumns(n.In, used)
	case *physical.Join:
		used = used.with(n.Residual)
		left := len(n.L.Types())
		a.findColumns(n.L, used.within(0, left))
		a.findColumns(n.R, used.within(left, left+len(n.R.Types())))
	case *physical.Reduce:
		in := columnSet{}
		for _, k := range n.Keys {
			in[k] = true
		}
		for _, g := range n.Aggs {
			in = in.with(g.Args...).with(g.Filter)
			for _, o := range g.Order {
				in = in.with(o.Expr)
			}
		}
		a.findColumns(n.In, in)
	default:
		for _, in := range n.Inputs() {
			a.findColumns(in, nil)
		}
	}
}

// within are the columns from up to to, counted from there.
func (s columnSet) within(from, to int) columnSet {
	if s == nil {
		return nil
	}
	out := columnSet{}
	for c := range s {
		if from <= c && c < to {
			out[c-from] = true
		}
	}
	return out
}

// tree is the relation's own tree, with the columns that the query uses.
func (a *adhoc) tree(s *physical.Scan, t *catalog.Table, v *catalog.View) operators.Reader {
	r := a.rd.tree(t, v)
	if f, ok := r.(*finished); ok {
		if used := a.columns[a.b.texts.Of(s)]; used != nil {
			var cols []int
			for c := range used {
				cols = append(cols, c)
			}
			f.want(cols)
		}
	}
	return r
}
