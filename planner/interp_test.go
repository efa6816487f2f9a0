package planner

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// The interpreters below run logical and physical plans row by row in the plainest way: nested loops, subqueries anew for each row. They are the
// oracle for rewriting: a query as bound, with its subqueries, and its physical plan must give the same rows.

type (
	datums = []types.Datum
	data   map[catalog.ID][]datums
)

type interp struct {
	data data
	meta *plan.Meta
	ctx  *expr.Ctx
}

// failure carries an evaluation error up to the caller.
type failure struct{ err error }

func (in *interp) must(d types.Datum, err error) types.Datum {
	if err != nil {
		panic(failure{err})
	}
	return d
}

// run evaluates f and turns a failure into an error.
func run(f func() []datums) (rows []datums, err error) {
	defer func() {
		if r := recover(); r != nil {
			fail, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = fail.err
		}
	}()
	return f(), nil
}

// eval computes e over columns cols of row, and outer columns.
func (in *interp) eval(e expr.Expr, cols []int, row datums, outer map[int]types.Datum) types.Datum {
	env := map[int]types.Datum{}
	for k, v := range outer {
		env[k] = v
	}
	for i, c := range cols {
		env[c] = row[i]
	}
	e = expr.Map(e, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Col:
			// Columns of a subquery's own output, in its condition, are left for it.
			if d, ok := env[x.ID]; ok {
				return &expr.Const{D: d, T: x.T}
			}
		case *plan.Subquery:
			return in.subquery(x, env)
		}
		return x
	})
	return in.must(expr.EvalRow(in.ctx, e, nil))
}

// subquery is its value as a constant, or, if it fails, an expression that fails when it is reached.
func (in *interp) subquery(s *plan.Subquery, env map[int]types.Datum) expr.Expr {
	var val types.Datum
	rows, err := run(func() []datums { return in.rows(s.Plan, env) })
	if err == nil && s.Kind == plan.ScalarSub && len(rows) > 1 {
		err = fmt.Errorf("more than one row")
	}
	if err != nil {
		fn := &expr.Func{Name: "fail", Ret: s.T, CanFail: true, Volatility: types.Volatile, Row: func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.Null, err }}
		return &expr.Call{Fn: fn, T: s.T}
	}
	cols := s.Plan.Cols()
	switch s.Kind {
	case plan.ScalarSub:
		if len(rows) == 1 {
			val = rows[0][slices.Index(cols, s.Out[0])]
		}
	case plan.ExistsSub:
		val = types.NewBool(len(rows) > 0)
	case plan.AnySub, plan.AllSub:
		val = types.NewBool(s.Kind == plan.AllSub)
		for _, r := range rows {
			all := types.NewBool(true)
			for _, c := range s.Cond {
				all = and(all, in.eval(c, cols, r, env))
			}
			if s.Kind == plan.AnySub {
				val = not(and(not(val), not(all)))
			} else {
				val = and(val, all)
			}
		}
	case plan.ArraySub:
		rows = in.sorted(rows, cols, s.Order)
		a := types.Array{Elem: s.T.Elem()}
		for _, r := range rows {
			a.Elems = append(a.Elems, r[slices.Index(cols, s.Out[0])])
		}
		if len(rows) > 0 {
			a.Dims, a.Lower = []int{len(rows)}, []int{1}
		}
		val = types.NewArray(a)
	}
	return &expr.Const{D: val, T: s.T}
}

func and(a, b types.Datum) types.Datum {
	switch {
	case !a.IsNull() && !a.Bool(), !b.IsNull() && !b.Bool():
		return types.NewBool(false)
	case a.IsNull(), b.IsNull():
		return types.Null
	}
	return types.NewBool(true)
}

func not(a types.Datum) types.Datum {
	if a.IsNull() {
		return a
	}
	return types.NewBool(!a.Bool())
}

func isTrue(d types.Datum) bool { return !d.IsNull() && d.Bool() }

// keyOf encodes a row for equality and order.
func (in *interp) keyOf(row datums, ts []types.Type) string {
	var b []byte
	for i, d := range row {
		b = types.AppendKey(b, ts[i], d, false, false)
	}
	return string(b)
}

func (in *interp) typesOf(cols []int) []types.Type {
	out := make([]types.Type, len(cols))
	for i, c := range cols {
		out[i] = in.meta.Type(c)
	}
	return out
}

func (in *interp) sorted(rows []datums, cols []int, order []plan.Sort) []datums {
	var o []physical.OrderCol
	for _, s := range order {
		o = append(o, physical.OrderCol{Col: slices.Index(cols, s.Col), Desc: s.Desc, NullsFirst: s.NullsFirst})
	}
	return sortRows(rows, in.typesOf(cols), o)
}

func sortRows(rows []datums, ts []types.Type, order []physical.OrderCol) []datums {
	rows = slices.Clone(rows)
	key := func(r datums) []byte {
		var b []byte
		for _, o := range order {
			b = types.AppendKey(b, ts[o.Col], r[o.Col], o.Desc, o.NullsFirst)
		}
		for i := range r {
			b = types.AppendKey(b, ts[i], r[i], false, false)
		}
		return b
	}
	slices.SortStableFunc(rows, func(a, b datums) int { return bytes.Compare(key(a), key(b)) })
	return rows
}

// topK keeps, per value of part, rows offset.. of the order.
func topK(rows []datums, ts []types.Type, part []int, order []physical.OrderCol, limit, offset int64, ties bool) []datums {
	count := map[string]int64{}
	last := map[string]string{}
	var out []datums
	for _, r := range sortRows(rows, ts, order) {
		var p, o []byte
		for _, c := range part {
			p = types.AppendKey(p, ts[c], r[c], false, false)
		}
		for _, c := range order {
			o = types.AppendKey(o, ts[c.Col], r[c.Col], c.Desc, c.NullsFirst)
		}
		n := count[string(p)]
		count[string(p)]++
		switch {
		case n < offset:
		case limit < 0 || n < offset+limit:
			out = append(out, r)
			last[string(p)] = string(o)
		case ties && limit > 0 && last[string(p)] == string(o):
			out = append(out, r)
		}
	}
	return out
}

// rows runs a logical plan.
func (in *interp) rows(n plan.Node, outer map[int]types.Datum) []datums {
	switch n := n.(type) {
	case *plan.Scan:
		var out []datums
		for _, r := range in.data[n.Relation] {
			p := make(datums, len(n.Keep))
			for i, k := range n.Keep {
				p[i] = r[k]
			}
			out = append(out, p)
		}
		return out
	case *plan.Values:
		var out []datums
		for _, r := range n.Rows {
			p := make(datums, len(r))
			for i, e := range r {
				p[i] = in.eval(e, nil, nil, outer)
			}
			out = append(out, p)
		}
		return out
	case *plan.Filter:
		var out []datums
		for _, r := range in.rows(n.In, outer) {
			if isTrue(in.eval(conj(n.Preds), n.In.Cols(), r, outer)) {
				out = append(out, r)
			}
		}
		return out
	case *plan.Project:
		var out []datums
		for _, r := range in.rows(n.In, outer) {
			p := make(datums, len(n.Items))
			for i, it := range n.Items {
				p[i] = in.eval(it.Expr, n.In.Cols(), r, outer)
			}
			out = append(out, p)
		}
		return out
	case *plan.Join:
		right := in.rows(n.R, outer)
		return in.join(n.Kind, in.rows(n.L, outer), func(datums) []datums { return right }, n.L.Cols(), n.R.Cols(), n.On, outer, right)
	case *plan.Apply:
		return in.join(n.Kind, in.rows(n.L, outer), func(l datums) []datums {
			env := map[int]types.Datum{}
			for k, v := range outer {
				env[k] = v
			}
			for i, c := range n.L.Cols() {
				env[c] = l[i]
			}
			return in.rows(n.R, env)
		}, n.L.Cols(), n.R.Cols(), n.On, outer, nil)
	case *plan.FlatMap:
		var out []datums
		for _, r := range in.rows(n.In, outer) {
			var args datums
			for _, a := range n.Args {
				args = append(args, in.eval(a, n.In.Cols(), r, outer))
			}
			for _, s := range series(args) {
				out = append(out, append(slices.Clone(r), s))
			}
		}
		return out
	case *plan.Reduce:
		cols := n.In.Cols()
		var keys []int
		for _, k := range n.Keys {
			keys = append(keys, slices.Index(cols, k))
		}
		return in.reduce(in.rows(n.In, outer), in.typesOf(cols), keys, n.Scalar, len(n.Aggs), func(i int, rows []datums) types.Datum {
			return aggregate(n.Aggs[i].Call, rows, func(e expr.Expr, r datums) types.Datum { return in.eval(e, cols, r, outer) })
		})
	case *plan.Distinct:
		return in.distinct(in.rows(n.In, outer), in.typesOf(n.Cols()))
	case *plan.TopK:
		cols := n.In.Cols()
		var part []int
		for _, p := range n.Partition {
			part = append(part, slices.Index(cols, p))
		}
		var order []physical.OrderCol
		for _, s := range n.Order {
			order = append(order, physical.OrderCol{Col: slices.Index(cols, s.Col), Desc: s.Desc, NullsFirst: s.NullsFirst})
		}
		return topK(in.rows(n.In, outer), in.typesOf(cols), part, order, n.Limit, n.Offset, n.WithTies)
	case *plan.Window:
		cols := n.In.Cols()
		at := func(e expr.Expr) expr.Expr {
			return expr.Map(e, func(x expr.Expr) expr.Expr {
				if c, ok := x.(*expr.Col); ok {
					return &expr.Col{ID: slices.Index(cols, c.ID), T: c.T}
				}
				return x
			})
		}
		var part []int
		for _, p := range n.Partition {
			part = append(part, slices.Index(cols, p))
		}
		var order []physical.OrderCol
		for _, s := range n.Order {
			order = append(order, physical.OrderCol{Col: slices.Index(cols, s.Col), Desc: s.Desc, NullsFirst: s.NullsFirst})
		}
		var calls []*expr.WindowCall
		for _, c := range n.Calls {
			calls = append(calls, c.Call.Map(at))
		}
		return in.window(in.rows(n.In, outer), in.typesOf(cols), part, order, calls)
	case *plan.Union:
		var out []datums
		for k, x := range n.Ins {
			out = append(out, pick(in.rows(x, outer), x.Cols(), n.Maps[k])...)
		}
		return out
	case *plan.SetOp:
		return in.setOp(pick(in.rows(n.L, outer), n.L.Cols(), n.LMap), pick(in.rows(n.R, outer), n.R.Cols(), n.RMap), in.typesOf(n.LMap), n.Except, n.All)
	case *plan.Single:
		rows := in.rows(n.In, outer)
		var keys []int
		for _, k := range n.Key {
			keys = append(keys, slices.Index(n.In.Cols(), k))
		}
		single(rows, in.typesOf(n.In.Cols()), keys)
		return rows
	}
	panic(fmt.Sprintf("no interpreter for %T", n))
}

func conj(es []expr.Expr) expr.Expr {
	if len(es) == 0 {
		return expr.Bool(true)
	}
	return plan.Conjoin(es)
}

func pick(rows []datums, cols, want []int) []datums {
	var out []datums
	for _, r := range rows {
		p := make(datums, len(want))
		for i, c := range want {
			p[i] = r[slices.Index(cols, c)]
		}
		out = append(out, p)
	}
	return out
}

// window computes the rows of each partition, in order.
func (in *interp) window(rows []datums, ts []types.Type, part []int, order []physical.OrderCol, calls []*expr.WindowCall) []datums {
	var out []datums
	parts := map[string][]datums{}
	var names []string
	key := func(r datums, cols []physical.OrderCol) string {
		var b []byte
		for _, c := range cols {
			b = types.AppendKey(b, ts[c.Col], r[c.Col], c.Desc, c.NullsFirst)
		}
		return string(b)
	}
	for _, r := range sortRows(rows, ts, order) {
		p := ""
		for _, c := range part {
			p += key(r, []physical.OrderCol{{Col: c}})
		}
		if parts[p] == nil {
			names = append(names, p)
		}
		parts[p] = append(parts[p], r)
	}
	for _, name := range names {
		p := expr.Partition{Rows: batch.New(ts, 0)}
		for i, r := range parts[name] {
			p.Rows.AppendRow(r, 1)
			p.Added(i > 0 && key(r, order) == key(parts[name][i-1], order))
		}
		from := len(out)
		for _, r := range parts[name] {
			out = append(out, slices.Clone(r))
		}
		for _, c := range calls {
			v := batch.NewVec(c.T, 0)
			if err := c.Eval(&expr.Ctx{Config: types.DefaultConfig()}, &p, v); err != nil {
				panic(failure{err})
			}
			for i := range parts[name] {
				out[from+i] = append(out[from+i], v.Datum(i))
			}
		}
	}
	return out
}

func single(rows []datums, ts []types.Type, keys []int) {
	seen := map[string]bool{}
	for _, r := range rows {
		var b []byte
		for _, k := range keys {
			b = types.AppendKey(b, ts[k], r[k], false, false)
		}
		if seen[string(b)] {
			panic(failure{fmt.Errorf("more than one row")})
		}
		seen[string(b)] = true
	}
}

func (in *interp) join(kind plan.JoinKind, left []datums, right func(datums) []datums, lcols, rcols []int, on []expr.Expr, outer map[int]types.Datum, all []datums) []datums {
	cols := append(slices.Clone(lcols), rcols...)
	matched := map[int]bool{}
	var out []datums
	for _, l := range left {
		hit, unknown := false, false
		for i, r := range right(l) {
			both := append(slices.Clone(l), r...)
			v := in.eval(conj(on), cols, both, outer)
			unknown = unknown || v.IsNull()
			if !isTrue(v) {
				continue
			}
			hit = true
			matched[i] = true
			if !kind.LeftOnly() {
				out = append(out, both)
			}
		}
		switch kind {
		case plan.Semi:
			if hit {
				out = append(out, l)
			}
		case plan.Anti:
			if !hit {
				out = append(out, l)
			}
		case plan.AntiNull:
			if !hit && !unknown {
				out = append(out, l)
			}
		case plan.Left, plan.Full:
			if !hit {
				out = append(out, append(slices.Clone(l), make(datums, len(rcols))...))
			}
		}
	}
	if kind == plan.Full {
		for i, r := range all {
			if !matched[i] {
				out = append(out, append(make(datums, len(lcols)), r...))
			}
		}
	}
	return out
}

func series(args datums) []types.Datum {
	var out []types.Datum
	if args[0].IsNull() || args[1].IsNull() {
		return nil
	}
	for v := args[0].Int(); v <= args[1].Int(); v++ {
		out = append(out, types.NewInt(v))
	}
	return out
}

func (in *interp) distinct(rows []datums, ts []types.Type) []datums {
	seen := map[string]bool{}
	var out []datums
	for _, r := range sortRows(rows, ts, nil) {
		if k := in.keyOf(r, ts); !seen[k] {
			seen[k] = true
			out = append(out, r)
		}
	}
	return out
}

func (in *interp) setOp(l, r []datums, ts []types.Type, except, all bool) []datums {
	count := map[string]int{}
	for _, x := range r {
		count[in.keyOf(x, ts)]++
	}
	var out []datums
	done := map[string]bool{}
	for _, x := range l {
		k := in.keyOf(x, ts)
		has := count[k] > 0
		if all {
			count[k]--
		} else if done[k] {
			continue
		}
		done[k] = true
		if has != except {
			out = append(out, x)
		}
	}
	return out
}

func (in *interp) reduce(rows []datums, ts []types.Type, keys []int, scalar bool, aggs int, agg func(int, []datums) types.Datum) []datums {
	groups := map[string][]datums{}
	var order []string
	if scalar {
		order, groups[""] = []string{""}, nil
	}
	for _, r := range rows {
		var b []byte
		for _, k := range keys {
			b = types.AppendKey(b, ts[k], r[k], false, false)
		}
		if _, ok := groups[string(b)]; !ok {
			order = append(order, string(b))
		}
		groups[string(b)] = append(groups[string(b)], r)
	}
	var out []datums
	for _, g := range order {
		var row datums
		for _, k := range keys {
			row = append(row, groups[g][0][k])
		}
		for i := range aggs {
			row = append(row, agg(i, groups[g]))
		}
		out = append(out, row)
	}
	return out
}

// aggregate computes the few aggregates that the oracle's queries use, over integers.
func aggregate(c *expr.AggCall, rows []datums, eval func(expr.Expr, datums) types.Datum) types.Datum {
	var vals []types.Datum
	n := int64(0)
	if len(c.Order) > 0 {
		rows = slices.Clone(rows)
		key := func(r datums) []byte {
			var b []byte
			for _, k := range c.Order {
				b = types.AppendKey(b, k.Expr.Type(), eval(k.Expr, r), k.Desc, k.NullsFirst)
			}
			return b
		}
		slices.SortStableFunc(rows, func(a, b datums) int { return bytes.Compare(key(a), key(b)) })
	}
	seen := map[int64]bool{}
	for _, r := range rows {
		if c.Filter != nil && !isTrue(eval(c.Filter, r)) {
			continue
		}
		if len(c.Args) == 0 {
			n++
			continue
		}
		v := eval(c.Args[0], r)
		if c.Distinct && (v.IsNull() || seen[v.Int()]) {
			continue
		}
		if c.Distinct {
			seen[v.Int()] = true
		}
		if !v.IsNull() || c.Fn.Name == "array_agg" {
			vals = append(vals, v)
			n++
		}
	}
	switch name := c.Fn.Name; {
	case name == "count":
		return types.NewInt(n)
	case len(vals) == 0:
		return types.Null
	case name == "array_agg":
		return types.NewArray(types.Array{Elem: c.T.Elem(), Dims: []int{len(vals)}, Lower: []int{1}, Elems: vals})
	default:
		acc := vals[0]
		for _, v := range vals[1:] {
			switch {
			case name == "sum":
				acc = types.NewInt(acc.Int() + v.Int())
			case name == "max" && v.Int() > acc.Int(), name == "min" && v.Int() < acc.Int():
				acc = v
			}
		}
		return acc
	}
}

// print is a multiset of rows as text.
func printRows(rows []datums, ts []types.Type) string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		parts := make([]string, len(r))
		for j, d := range r {
			parts[j] = "NULL"
			if !d.IsNull() {
				parts[j] = string(types.AppendText(nil, types.DefaultConfig(), ts[j], d))
			}
		}
		lines[i] = strings.Join(parts, "|")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
