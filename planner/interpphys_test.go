package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

func positions(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (in *interp) at(e expr.Expr, row datums) types.Datum {
	return in.eval(e, positions(len(row)), row, nil)
}

// phys runs a physical plan.
func (in *interp) phys(n physical.Node) []datums {
	switch n := n.(type) {
	case *physical.Scan:
		return in.data[n.Relation]
	case *physical.Constant:
		return n.Rows
	case *physical.Filter:
		var out []datums
		for _, r := range in.phys(n.In) {
			if isTrue(in.at(n.Pred, r)) {
				out = append(out, r)
			}
		}
		return out
	case *physical.Project:
		var out []datums
		for _, r := range in.phys(n.In) {
			p := make(datums, len(n.Exprs))
			for i, e := range n.Exprs {
				p[i] = in.at(e, r)
			}
			out = append(out, p)
		}
		return out
	case *physical.FlatMap:
		var out []datums
		for _, r := range in.phys(n.In) {
			var args datums
			for _, a := range n.Args {
				args = append(args, in.at(a, r))
			}
			for _, s := range series(args) {
				out = append(out, append(slices.Clone(r), s))
			}
		}
		return out
	case *physical.Join:
		return in.physJoin(n)
	case *physical.Delta:
		return in.physDelta(n)
	case *physical.Reduce:
		return in.reduce(in.phys(n.In), n.In.Types(), n.Keys, n.Scalar, len(n.Aggs), func(i int, rows []datums) types.Datum {
			return aggregate(n.Aggs[i], rows, in.at)
		})
	case *physical.Distinct:
		return in.distinct(in.phys(n.In), n.Types())
	case *physical.TopK:
		return topK(in.phys(n.In), n.Types(), n.Partition, n.Order, n.Limit, n.Offset, n.WithTies)
	case *physical.Window:
		return in.window(in.phys(n.In), n.In.Types(), n.Partition, n.Order, n.Calls)
	case *physical.Union:
		var out []datums
		for _, x := range n.Ins {
			out = append(out, in.phys(x)...)
		}
		return out
	case *physical.SetOp:
		return in.setOp(in.phys(n.L), in.phys(n.R), n.Types(), n.Except, n.All)
	case *physical.Single:
		rows := in.phys(n.In)
		single(rows, n.Types(), n.Key)
		return rows
	}
	panic(fmt.Sprintf("no interpreter for %T", n))
}

// lookup reads a tree as the plan says.
func (in *interp) lookup(cat *catalog.Catalog, l *physical.Lookup) []datums {
	t := cat.Object(l.Relation).(*catalog.Table)
	var cols []catalog.IndexColumn
	for _, c := range t.PrimaryKey {
		cols = append(cols, catalog.IndexColumn{Col: c})
	}
	if l.Index != 0 {
		cols = cat.Object(l.Index).(*catalog.Index).Columns
	}
	var ts []types.Type
	for _, c := range t.Columns {
		ts = append(ts, c.Type)
	}
	var order []physical.OrderCol
	for _, c := range cols {
		order = append(order, physical.OrderCol{Col: c.Col, Desc: c.Desc, NullsFirst: c.NullsFirst})
	}
	rows := sortRows(in.data[t.ID], ts, order)
	if l.Backward {
		slices.Reverse(rows)
	}
	var out []datums
	for _, r := range rows {
		ok := true
		for i, e := range l.Eq {
			v := in.at(e, nil)
			d := r[cols[i].Col]
			ok = ok && !v.IsNull() && !d.IsNull() && types.Compare(ts[cols[i].Col], v, d) == 0
		}
		bound := func(e expr.Expr, open bool, sign int) {
			if e == nil {
				return
			}
			v := in.at(e, nil)
			d := r[cols[len(l.Eq)].Col]
			if v.IsNull() || d.IsNull() {
				ok = false
				return
			}
			c := sign * types.Compare(ts[cols[len(l.Eq)].Col], d, v)
			ok = ok && (c > 0 || c == 0 && !open)
		}
		bound(l.Lo, l.LoOpen, 1)
		bound(l.Hi, l.HiOpen, -1)
		if !ok || l.Filter != nil && !isTrue(in.at(l.Filter, r)) {
			continue
		}
		if l.Project != nil {
			p := make(datums, len(l.Project))
			for i, e := range l.Project {
				p[i] = in.at(e, r)
			}
			r = p
		}
		out = append(out, r)
	}
	return out
}

// ordered tells whether rows are in an order, ties in any.
func ordered(rows []datums, ts []types.Type, order []physical.OrderCol) bool {
	key := func(r datums) string {
		var b []byte
		for _, o := range order {
			b = types.AppendKey(b, ts[o.Col], r[o.Col], o.Desc, o.NullsFirst)
		}
		return string(b)
	}
	return slices.IsSortedFunc(rows, func(a, b datums) int { return strings.Compare(key(a), key(b)) })
}

// physDelta takes the paths one after the other, each over all rows: they must give the same.
func (in *interp) physDelta(n *physical.Delta) []datums {
	var first []datums
	for i := range n.Paths {
		out := in.physPath(n, i)
		slices.SortFunc(out, func(a, b datums) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if i > 0 && fmt.Sprint(out) != fmt.Sprint(first) {
			panic(fmt.Sprintf("path %d of a delta join gives %v, the first one %v", i, out, first))
		}
		first = out
	}
	return first
}

func (in *interp) physPath(n *physical.Delta, from int) []datums {
	var offs []int
	width := 0
	for _, t := range n.Tables {
		offs = append(offs, width)
		width += len(t.Cols)
	}
	holds := func(e expr.Expr, r datums) bool { return e == nil || isTrue(in.at(e, r)) }
	var rows []datums
	for _, r := range in.phys(n.Tables[from]) {
		row := make(datums, width)
		copy(row[offs[from]:], r)
		if holds(n.Paths[from].Where, row) {
			rows = append(rows, row)
		}
	}
	ts := n.Types()
	for _, s := range n.Paths[from].Steps {
		var next []datums
		for _, row := range rows {
			for _, r := range in.phys(s.In.In) {
				both := slices.Clone(row)
				copy(both[offs[s.Table]:], r)
				equal := true
				for i, k := range s.Key {
					a, b := row[k], r[s.In.Key[i]]
					equal = equal && !a.IsNull() && !b.IsNull() &&
						string(types.AppendKey(nil, ts[k].Base(), a, false, false)) == string(types.AppendKey(nil, ts[k].Base(), b, false, false))
				}
				if equal && holds(s.Where, both) {
					next = append(next, both)
				}
			}
		}
		rows = next
	}
	return rows
}

// physJoin matches keys by their encoding, as an arrangement does: NULL never matches.
func (in *interp) physJoin(n *physical.Join) []datums {
	lt, rt := n.L.Types(), n.R.Types()
	kind := plan.JoinKind(n.Kind)
	left, right := in.phys(n.L.In), in.phys(n.R.In)
	// The key comparison of a pair: equal, not, or unknown.
	compare := func(l, r datums) types.Datum {
		v := types.NewBool(true)
		for i := range n.Keys {
			a, b := l[n.L.Key[i]], r[n.R.Key[i]]
			if a.IsNull() || b.IsNull() {
				v = and(v, types.Null)
				continue
			}
			x := types.AppendKey(nil, lt[n.L.Key[i]].Base(), a, false, false)
			y := types.AppendKey(nil, rt[n.R.Key[i]].Base(), b, false, false)
			v = and(v, types.NewBool(string(x) == string(y)))
		}
		return v
	}
	matched := map[int]bool{}
	var out []datums
	for _, l := range left {
		hit, unknown := false, false
		for i, r := range right {
			both := append(slices.Clone(l), r...)
			v := compare(l, r)
			if isTrue(v) && n.Residual != nil {
				v = in.at(n.Residual, both)
			}
			unknown = unknown || v.IsNull()
			if !isTrue(v) {
				continue
			}
			hit, matched[i] = true, true
			if !kind.LeftOnly() {
				out = append(out, both)
			}
		}
		switch {
		case kind == plan.Semi && hit, kind == plan.Anti && !hit, kind == plan.AntiNull && !hit && !unknown:
			out = append(out, l)
		case (kind == plan.Left || kind == plan.Full) && !hit:
			out = append(out, append(slices.Clone(l), make(datums, len(rt))...))
		}
	}
	for i, r := range right {
		if kind == plan.Full && !matched[i] {
			out = append(out, append(make(datums, len(lt)), r...))
		}
	}
	return out
}

// result is the visible columns of a plan, without the first skip.
func (in *interp) result(n physical.Node, visible, skip int) []datums {
	var out []datums
	for _, r := range in.phys(n) {
		out = append(out, r[skip:visible])
	}
	return out
}

// limited is the rows of a query with ORDER BY and LIMIT.
func (in *interp) limited(q *physical.Query) []datums {
	count := func(e expr.Expr, none int64) int64 {
		if e == nil {
			return none
		}
		return in.at(e, nil).Int()
	}
	var out []datums
	for _, r := range topK(in.phys(q.Root), q.Root.Types(), nil, q.Order, count(q.Limit, -1), count(q.Offset, 0), q.WithTies) {
		out = append(out, r[:q.Visible])
	}
	return out
}
