package planner

import (
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
)

// ExplainView is the plan of a materialized view in text, a line per element: what a read has yet to do, then what is maintained: operators, keys,
// arrangements and, by shared, who else uses them.
func ExplainView(v *physical.View, c *catalog.Catalog, shared func(fingerprint string) []string) []string {
	x := &explainer{shared: shared}
	depth := 0
	if f := v.Finish; f != nil {
		if f.Limit >= 0 {
			x.add(depth, "When read: "+x.topKText(&physical.TopK{Partition: firstCols(v.Params), Order: v.Order[v.Params:], Limit: f.Limit, Offset: f.Offset}, v.Names))
			depth++
		}
		for _, l := range f.Late {
			x.add(depth, fmt.Sprintf("When read: Lookup in %s by %s for %s", relationName(c, l.Table), x.cols(l.Key, v.Names), x.cols(l.Cols, v.Names)))
			depth++
		}
	}
	x.node(v.Root, depth)
	return x.lines
}

func firstCols(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func relationName(c *catalog.Catalog, id catalog.ID) string {
	if o := c.Object(id); o != nil {
		_, name := o.Qualified()
		return name
	}
	return fmt.Sprintf("relation %d", id)
}

// ExplainQuery is the plan of an ad-hoc query in text.
func ExplainQuery(q *physical.Query) []string {
	x := &explainer{}
	depth := 0
	if q.Limit != nil || q.Offset != nil {
		x.add(depth, "Limit"+limitText(q))
		depth++
	}
	if q.Lookup != nil {
		if len(q.Order) > 0 && !q.Lookup.Sorted {
			x.add(depth, "Sort by "+x.order(q.Order, x.names(q.Root)))
			depth++
		}
		x.lookup(q, depth)
		return x.lines
	}
	if len(q.Order) > 0 {
		x.add(depth, "Sort by "+x.order(q.Order, x.names(q.Root)))
		depth++
	}
	x.node(q.Root, depth)
	return x.lines
}

func limitText(q *physical.Query) string {
	s := ""
	if q.Limit != nil {
		s += " " + plan.Text(q.Limit, nil)
	}
	if q.WithTies {
		s += " with ties"
	}
	if q.Offset != nil {
		s += " offset " + plan.Text(q.Offset, nil)
	}
	return s
}

type explainer struct {
	shared func(string) []string
	lines  []string
}

func (x *explainer) add(depth int, text string) {
	prefix := strings.Repeat("  ", depth)
	if depth > 0 {
		prefix = strings.Repeat("      ", depth-1) + "  ->  "
	}
	x.lines = append(x.lines, prefix+text)
}

// detail adds a line about the node above, which is at depth - 1.
func (x *explainer) detail(depth int, text string) {
	x.lines = append(x.lines, strings.Repeat("      ", depth-1)+"  "+text)
}

func (x *explainer) node(n physical.Node, depth int) {
	switch n := n.(type) {
	case *physical.Scan:
		x.add(depth, "Scan "+n.Name)
	case *physical.Recursive:
		s := "Recursive " + n.Name + ": what comes first, then again and again what the last rows add"
		if !n.All {
			s += " that is new"
		}
		x.add(depth, s)
		x.node(n.Init, depth+1)
		x.node(n.Step, depth+1)
	case *physical.Working:
		x.add(depth, "Last rows of "+n.Name)
	case *physical.Given:
		x.add(depth, "Rows of "+n.Name)
	case *physical.Constant:
		x.add(depth, fmt.Sprintf("Values, %d %s", len(n.Rows), plural(len(n.Rows), "row")))
	case *physical.Filter:
		x.add(depth, "Filter "+x.expr(n.Pred, x.names(n.In)))
	case *physical.Project:
		x.add(depth, "Project "+x.exprs(n.Exprs, x.names(n.In)))
	case *physical.FlatMap:
		s := "Function " + n.Fn.Name + "(" + x.exprs(n.Args, x.names(n.In)) + ")"
		if n.Outer {
			s += ", at least one row"
		}
		x.add(depth, s)
	case *physical.Arrange:
		x.arrange(n, depth)
		return
	case *physical.Join:
		x.join(n, depth)
	case *physical.Delta:
		x.delta(n, depth)
	case *physical.Reduce:
		x.reduce(n, depth)
	case *physical.Distinct:
		x.add(depth, "Distinct")
	case *physical.TopK:
		x.topK(n, depth)
	case *physical.Window:
		x.window(n, depth)
	case *physical.Union:
		x.add(depth, "Union All")
	case *physical.SetOp:
		s := "Intersect"
		if n.Except {
			s = "Except"
		}
		if n.All {
			s += " All"
		}
		x.add(depth, s)
	case *physical.Single:
		x.add(depth, "At Most One Row"+x.per(n.Key, x.names(n.In)))
	default:
		x.add(depth, fmt.Sprintf("%T", n))
	}
	for _, in := range n.Inputs() {
		x.node(in, depth+1)
	}
}

func plural(n int, s string) string {
	if n == 1 {
		return s
	}
	return s + "s"
}

func (x *explainer) arrange(n *physical.Arrange, depth int) {
	names := x.names(n.In)
	s := "Arrangement"
	if len(n.Key) > 0 {
		s += " by " + x.cols(n.Key, names)
	}
	if sc, ok := n.In.(*physical.Scan); ok {
		s += " of " + sc.Name
		if n.Thin {
			s += ", keys alone"
		}
		x.add(depth, s)
	} else {
		x.add(depth, s)
		defer x.node(n.In, depth+1)
	}
	if x.shared != nil {
		if who := x.shared(physical.Fingerprint(n)); len(who) > 0 {
			x.detail(depth+1, "Shared with: "+strings.Join(who, ", "))
		}
	}
}

func (x *explainer) join(n *physical.Join, depth int) {
	kind := map[physical.JoinKind]string{
		physical.Inner: "Join", physical.Left: "Left Join", physical.Full: "Full Join", physical.Semi: "Semi Join",
		physical.Anti: "Anti Join", physical.AntiNull: "Anti Join, NULL matches,",
	}[n.Kind]
	ln, rn := x.names(n.L), x.names(n.R)
	if n.Keys == 0 {
		kind = "Cross " + kind
	} else {
		var on []string
		for i := range n.Keys {
			on = append(on, ln[n.L.Key[i]]+" = "+rn[n.R.Key[i]])
		}
		kind += " on " + strings.Join(on, " AND ")
	}
	x.add(depth, kind)
	if n.Residual != nil {
		x.detail(depth+1, "Where: "+x.expr(n.Residual, append(append([]string(nil), ln...), rn...)))
	}
	if len(n.L.Key) == 0 || len(n.R.Key) == 0 {
		x.detail(depth+1, "Cost: a change on one side meets every row of the other")
	} else if n.Keys == 0 {
		x.detail(depth+1, "Cost: a change on one side meets the rows of the other within its bounds")
	}
}

// delta says what a changed row of each table looks up, and under which conditions.
func (x *explainer) delta(n *physical.Delta, depth int) {
	names := x.names(n)
	var tables []string
	for _, t := range n.Tables {
		tables = append(tables, t.Name)
	}
	x.add(depth, "Delta Join of "+strings.Join(tables, ", "))
	for i, p := range n.Paths {
		s := "A row of " + tables[i]
		if p.Where != nil {
			s += " where " + x.expr(p.Where, names)
		}
		for k, step := range p.Steps {
			s += map[bool]string{true: " looks up ", false: ", "}[k == 0] + tables[step.Table] + " by "
			in := x.names(step.In)
			for c, col := range step.Key {
				if c > 0 {
					s += " AND "
				}
				s += name(in, step.In.Key[c]) + " = " + name(names, col)
			}
			if step.Where != nil {
				s += " where " + x.expr(step.Where, names)
			}
		}
		x.detail(depth+1, s)
	}
}

func (x *explainer) reduce(n *physical.Reduce, depth int) {
	names := x.names(n.In)
	s := "Aggregate"
	if len(n.Keys) > 0 {
		s = "Group by " + x.cols(n.Keys, names)
	}
	x.add(depth, s)
	for _, a := range n.Aggs {
		t := x.agg(a, names)
		if a.PerGroup() {
			t += "  (a change costs as much as its group)"
		}
		x.detail(depth+1, t)
	}
}

func (x *explainer) agg(a *expr.AggCall, names []string) string {
	if a.Fn.Ordered != nil {
		s := a.Fn.Name + "(" + x.exprs(a.Direct, names) + ") WITHIN GROUP (ORDER BY " + x.exprs(a.Args, names) + direction(a.Fn.Desc, a.Fn.Desc) + ")"
		return s + x.aggFilter(a, names)
	}
	s := a.Fn.Name + "("
	if len(a.Args) == 0 {
		s += "*"
	}
	if a.Distinct {
		s += "DISTINCT "
	}
	s += x.exprs(a.Args, names)
	for i, k := range a.Order {
		if i == 0 {
			s += " ORDER BY "
		} else {
			s += ", "
		}
		s += x.expr(k.Expr, names) + direction(k.Desc, k.NullsFirst)
	}
	return s + ")" + x.aggFilter(a, names)
}

func (x *explainer) aggFilter(a *expr.AggCall, names []string) string {
	if a.Filter == nil {
		return ""
	}
	return " FILTER (WHERE " + x.expr(a.Filter, names) + ")"
}

func direction(desc, nullsFirst bool) string {
	s := ""
	if desc {
		s = " DESC"
	}
	if nullsFirst != desc {
		s += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[nullsFirst]
	}
	return s
}

func (x *explainer) topK(n *physical.TopK, depth int) { x.add(depth, x.topKText(n, x.names(n.In))) }

func (x *explainer) window(n *physical.Window, depth int) {
	names := x.names(n.In)
	s := "Window" + x.per(n.Partition, names)
	if len(n.Order) > 0 {
		s += " by " + x.order(n.Order, names)
	}
	x.add(depth, s)
	for _, c := range n.Calls {
		x.detail(depth+1, c.Text(func(e expr.Expr) string { return x.expr(e, names) }))
	}
	x.detail(depth+1, "Cost: a change costs as much as its partition")
}

func (x *explainer) topKText(n *physical.TopK, names []string) string {
	s := "Top"
	if n.Limit >= 0 {
		s += fmt.Sprintf(" %d", n.Limit)
	}
	if n.WithTies {
		s += " with ties"
	}
	if n.Offset > 0 {
		s += fmt.Sprintf(" after %d", n.Offset)
	}
	s += x.per(n.Partition, names)
	if len(n.Order) > 0 {
		s += " by " + x.order(n.Order, names)
	}
	return s
}

func (x *explainer) per(cols []int, names []string) string {
	if len(cols) == 0 {
		return ""
	}
	return " per " + x.cols(cols, names)
}

func (x *explainer) lookup(q *physical.Query, depth int) {
	l := q.Lookup
	names := x.relationNames(q.Root, l.Relation)
	s := "Lookup in " + x.relation(q.Root, l.Relation)
	if l.Via != "" {
		s += " by " + l.Via
	}
	if l.Backward {
		s += ", backwards"
	}
	x.add(depth, s)
	if len(l.Eq) > 0 {
		x.detail(depth+1, "Key: "+x.exprs(l.Eq, nil))
	}
	var r []string
	if l.Lo != nil {
		r = append(r, map[bool]string{true: "> ", false: ">= "}[l.LoOpen]+x.expr(l.Lo, nil))
	}
	if l.Hi != nil {
		r = append(r, map[bool]string{true: "< ", false: "<= "}[l.HiOpen]+x.expr(l.Hi, nil))
	}
	if len(r) > 0 {
		x.detail(depth+1, "Range: "+strings.Join(r, " AND "))
	}
	if l.Filter != nil {
		x.detail(depth+1, "Filter: "+x.expr(l.Filter, names))
	}
}

func (x *explainer) order(o []physical.OrderCol, names []string) string {
	parts := make([]string, len(o))
	for i, c := range o {
		parts[i] = name(names, c.Col) + direction(c.Desc, c.NullsFirst)
	}
	return strings.Join(parts, ", ")
}

func (x *explainer) cols(cols []int, names []string) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = name(names, c)
	}
	return strings.Join(parts, ", ")
}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("#%d", i)
}

func (x *explainer) expr(e expr.Expr, names []string) string {
	return plan.Text(e, func(i int) string { return name(names, i) })
}

func (x *explainer) exprs(es []expr.Expr, names []string) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = x.expr(e, names)
	}
	return strings.Join(parts, ", ")
}
