package plan

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/expr"
)

// Format is the plan as text, a line per node, indented: for tests and debugging. With a Meta, columns show as name:id.
func Format(n Node, m *Meta) string {
	var b strings.Builder
	f := formatter{m: m, b: &b}
	f.node(n, 0)
	return b.String()
}

type formatter struct {
	m *Meta
	b *strings.Builder
}

func (f formatter) node(n Node, depth int) {
	fmt.Fprintf(f.b, "%s%s\n", strings.Repeat("  ", depth), f.line(n))
	for _, in := range n.Inputs() {
		f.node(in, depth+1)
	}
}

func (f formatter) line(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return "scan " + n.Name + " " + f.cols(n.Cols())
	case *Recursive:
		return "recursive " + n.Name + " " + f.cols(n.IDs)
	case *Given:
		return "given " + n.Name + " " + f.cols(n.IDs)
	case *Working:
		return "working " + n.Name + " " + f.cols(n.IDs)
	case *Values:
		return fmt.Sprintf("values %d rows %s", len(n.Rows), f.cols(n.IDs))
	case *Filter:
		return "filter " + f.exprs(n.Preds)
	case *Project:
		parts := make([]string, len(n.Items))
		for i, it := range n.Items {
			if c, ok := it.Expr.(*expr.Col); ok && c.ID == it.ID {
				parts[i] = f.col(it.ID)
			} else {
				parts[i] = f.col(it.ID) + " := " + f.expr(it.Expr)
			}
		}
		return "project [" + strings.Join(parts, ", ") + "]"
	case *Join:
		return strings.TrimRight(n.Kind.String()+"-join "+f.exprs(n.On), " ")
	case *Apply:
		s := n.Kind.String() + "-apply " + f.exprs(n.On)
		if n.Guard != nil {
			s += " guard " + f.expr(n.Guard)
		}
		return strings.TrimRight(s, " ")
	case *FlatMap:
		s := "flat-map " + n.Fn.Name + "(" + f.exprs(n.Args) + ") " + f.cols(n.IDs)
		if n.Outer {
			s += " outer"
		}
		return s
	case *Reduce:
		parts := make([]string, len(n.Aggs))
		for i, a := range n.Aggs {
			parts[i] = f.col(a.ID) + " := " + f.agg(a.Call)
		}
		s := "reduce " + f.cols(n.Keys) + " [" + strings.Join(parts, ", ") + "]"
		if n.Scalar {
			s += " scalar"
		}
		return s
	case *Distinct:
		return "distinct"
	case *TopK:
		s := "top-k"
		if len(n.Partition) > 0 {
			s += " per " + f.cols(n.Partition)
		}
		s += " order " + f.sorts(n.Order)
		if n.Limit >= 0 {
			s += fmt.Sprintf(" limit %d", n.Limit)
		}
		if n.Offset > 0 {
			s += fmt.Sprintf(" offset %d", n.Offset)
		}
		if n.WithTies {
			s += " with ties"
		}
		return s
	case *Window:
		parts := make([]string, len(n.Calls))
		for i, c := range n.Calls {
			parts[i] = f.col(c.ID) + " := " + c.Call.Text(f.expr)
		}
		return "window [" + strings.Join(parts, ", ") + "] per " + f.cols(n.Partition) + " order " + f.sorts(n.Order)
	case *Union:
		return "union-all " + f.cols(n.IDs)
	case *SetOp:
		s := "intersect"
		if n.Except {
			s = "except"
		}
		if n.All {
			s += "-all"
		}
		return s + " " + f.cols(n.IDs)
	case *Single:
		return "single per " + f.cols(n.Key)
	}
	return fmt.Sprintf("%T", n)
}

func (f formatter) col(id int) string {
	if f.m == nil {
		return fmt.Sprintf("#%d", id)
	}
	return fmt.Sprintf("%s:%d", f.m.Name(id), id)
}

func (f formatter) cols(ids []int) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = f.col(id)
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func (f formatter) sorts(ss []Sort) string {
	parts := make([]string, len(ss))
	for i, s := range ss {
		parts[i] = f.col(s.Col)
		if s.Desc {
			parts[i] += " desc"
		}
		if s.NullsFirst != s.Desc {
			parts[i] += map[bool]string{true: " nulls first", false: " nulls last"}[s.NullsFirst]
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func (f formatter) exprs(es []expr.Expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = f.expr(e)
	}
	return strings.Join(parts, ", ")
}

func (f formatter) agg(c *expr.AggCall) string {
	s := c.Fn.Name + "("
	if c.Distinct {
		s += "distinct "
	}
	s += f.exprs(c.Args)
	if c.Fn.Ordered != nil {
		s += " within " + f.exprs(c.Direct)
		if c.Fn.Desc {
			s += " desc"
		}
	}
	for i, k := range c.Order {
		if i == 0 {
			s += " order by "
		} else {
			s += ", "
		}
		s += f.expr(k.Expr)
		if k.Desc {
			s += " desc"
		}
	}
	s += ")"
	if c.Filter != nil {
		s += " filter (" + f.expr(c.Filter) + ")"
	}
	return s
}

func (f formatter) expr(e expr.Expr) string { return Text(e, f.colName) }

func (f formatter) colName(id int) string { return f.col(id) }
