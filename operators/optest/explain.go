package optest

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/expr"
)

// Explain prints a plan as a tree. A part that is used twice is printed once.
func Explain(p Plan) string {
	var b strings.Builder
	explain(&b, p, 0, map[Plan]int{})
	return b.String()
}

func explain(b *strings.Builder, p Plan, depth int, seen map[Plan]int) {
	fmt.Fprintf(b, "%s", strings.Repeat("  ", depth))
	if n := seen[p]; n > 0 {
		fmt.Fprintf(b, "#%d again\n", n)
		return
	}
	seen[p] = len(seen) + 1
	fmt.Fprintf(b, "#%d %s\n", seen[p], node1(p))
	for _, in := range p.Inputs() {
		explain(b, in, depth+1, seen)
	}
}

// node1 is one node in words.
func node1(p Plan) string {
	switch p := p.(type) {
	case *Base:
		return fmt.Sprintf("base %d %v key %v", p.ID, p.Cols, p.Key)
	case *Constant:
		return fmt.Sprintf("constant of %d rows", len(p.Rows))
	case *Filter:
		return "filter " + p.Pred.String()
	case *Project:
		return "project " + exprs(p.Exprs)
	case *FlatMap:
		return fmt.Sprintf("flat map %s(%s) ordinality %t outer %t", p.Spec.Fn.Name, exprs(p.Spec.Args), p.Spec.Ordinality, p.Spec.Outer)
	case *Join:
		s := fmt.Sprintf("%s %v = %v, in the order of %v, %v,", p.Kind, p.LK, p.RK, p.LBy, p.RBy)
		if p.Residual != nil {
			s += " and " + p.Residual.String()
		}
		return s
	case *Many:
		s := fmt.Sprintf("delta join %v", p.Equal)
		for _, path := range p.Paths {
			s += fmt.Sprintf("; where %v", path.Where)
			for _, step := range path.Steps {
				s += fmt.Sprintf(", table %d by %v = %v where %v", step.Table, step.By, step.Key, step.Where)
			}
		}
		return s
	case *Reduce:
		s := fmt.Sprintf("reduce by %v scalar %t:", p.Keys, p.Scalar)
		for _, a := range p.Aggs {
			s += fmt.Sprintf(" %s(%s) distinct %t filter %v order %d", a.Fn.Name, exprs(a.Args), a.Distinct, a.Filter, len(a.Order))
		}
		return s
	case *TopK:
		return fmt.Sprintf("top-k %+v", p.Spec)
	case *Window:
		s := fmt.Sprintf("window per %v order %v:", p.Spec.Partition, p.Spec.Order)
		for _, c := range p.Spec.Calls {
			s += " " + c.Text(expr.Expr.String)
		}
		return s
	case *SetOp:
		return fmt.Sprintf("set operation except %t all %t", p.Except, p.All)
	case *Recursive:
		return fmt.Sprintf("recursive, all %t", p.All)
	case *Single:
		return fmt.Sprintf("single by %v", p.Key)
	}
	return fmt.Sprintf("%T", p)
}

func exprs(es []expr.Expr) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = e.String()
	}
	return strings.Join(s, ", ")
}
