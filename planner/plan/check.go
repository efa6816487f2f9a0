package plan

import (
	"fmt"

	"github.com/streamsql/streamsql/expr"
)

// Check verifies what every phase must keep: a node refers only to columns of its inputs (the right side of an Apply, to the left's, too;
// params are always known), and outputs no column twice.
func Check(n Node, params ColSet) error { return check(n, params) }

func check(n Node, outer ColSet) error {
	seen := ColSet{}
	for _, c := range n.Cols() {
		if seen.Has(c) {
			return fmt.Errorf("%T outputs column %d twice", n, c)
		}
		seen.Add(c)
	}
	visible := outer.clone()
	for i, in := range n.Inputs() {
		inner := outer
		if _, ok := n.(*Apply); ok && i == 1 {
			inner = visible
		}
		if err := check(in, inner); err != nil {
			return err
		}
		visible.Add(in.Cols()...)
	}
	for _, e := range Exprs(n) {
		for c := range RefsOf(e) {
			if !visible.Has(c) {
				return fmt.Errorf("%s refers to column %d, which no input has", formatter{}.line(n), c)
			}
		}
		if err := checkSubs(e, visible); err != nil {
			return err
		}
	}
	for _, c := range structural(n) {
		if !visible.Has(c) {
			return fmt.Errorf("%s refers to column %d, which no input has", formatter{}.line(n), c)
		}
	}
	return nil
}

func checkSubs(e expr.Expr, visible ColSet) error {
	var err error
	expr.Walk(e, func(x expr.Expr) bool {
		if s, ok := x.(*Subquery); ok && err == nil {
			err = check(s.Plan, visible)
		}
		return err == nil
	})
	return err
}

// structural are the columns that a node names other than in expressions.
func structural(n Node) []int {
	switch n := n.(type) {
	case *Reduce:
		return n.Keys
	case *TopK:
		return append(sortCols(n.Order), n.Partition...)
	case *Window:
		return append(sortCols(n.Order), n.Partition...)
	case *Single:
		return n.Key
	case *Union:
		var out []int
		for _, m := range n.Maps {
			out = append(out, m...)
		}
		return out
	case *SetOp:
		return concat(n.LMap, n.RMap)
	}
	return nil
}

func sortCols(ss []Sort) []int {
	out := make([]int, len(ss))
	for i, s := range ss {
		out[i] = s.Col
	}
	return out
}
