package planner

import (
	"fmt"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/planner/physical"
)

// names are readable names of a node's columns, for EXPLAIN: those of the tables that they come from, else of what computes them.
func (x *explainer) names(n physical.Node) []string {
	switch n := n.(type) {
	case *physical.Scan:
		out := make([]string, len(n.Cols))
		for i := range out {
			out[i] = n.Name + "." + name(n.Names, i)
		}
		return out
	case *physical.Project:
		in := x.names(n.In)
		out := make([]string, len(n.Exprs))
		for i, e := range n.Exprs {
			out[i] = x.expr(e, in)
		}
		return out
	case *physical.Reduce:
		in := x.names(n.In)
		var out []string
		for _, k := range n.Keys {
			out = append(out, name(in, k))
		}
		for _, a := range n.Aggs {
			out = append(out, x.agg(a, in))
		}
		return out
	case *physical.FlatMap:
		out := append([]string(nil), x.names(n.In)...)
		for _, c := range n.Fn.Cols {
			out = append(out, n.Fn.Name+"."+c.Name)
		}
		return append(out, "ordinality")
	case *physical.Join:
		out := append([]string(nil), x.names(n.L)...)
		if len(n.Types()) > len(out) {
			out = append(out, x.names(n.R)...)
		}
		return out
	case *physical.Delta:
		var out []string
		for _, t := range n.Tables {
			out = append(out, x.names(t)...)
		}
		return out
	case *physical.Recursive:
		return n.Names
	case *physical.Working:
		return n.Names
	case *physical.Given:
		return n.Names
	case *physical.Constant:
		out := make([]string, len(n.Cols))
		for i := range out {
			out[i] = fmt.Sprintf("column%d", i+1)
		}
		return out
	}
	if in := n.Inputs(); len(in) > 0 {
		return x.names(in[0])
	}
	return nil
}

// relation and relationNames find a scan in the plan that a lookup replaces.
func (x *explainer) relation(n physical.Node, id catalog.ID) string {
	if s := findScan(n, id); s != nil {
		return s.Name
	}
	return "relation"
}

func (x *explainer) relationNames(n physical.Node, id catalog.ID) []string {
	if s := findScan(n, id); s != nil {
		return x.names(s)
	}
	return nil
}

func findScan(n physical.Node, id catalog.ID) *physical.Scan {
	if s, ok := n.(*physical.Scan); ok && s.Relation == id {
		return s
	}
	for _, in := range n.Inputs() {
		if s := findScan(in, id); s != nil {
			return s
		}
	}
	return nil
}
