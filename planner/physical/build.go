package physical

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Builder turns a rewritten logical plan into a physical one: it orders joins, chooses their keys and the arrangements that they probe.
type Builder struct {
	Catalog *catalog.Catalog
	Meta    *plan.Meta
	// AdHoc: the plan runs once. Then a filtered input is materialized by itself, so that the small side can drive a join, instead of
	// sharing an arrangement and filtering behind.
	AdHoc bool
	// Stands tells whether a thin arrangement of a table stands already, for another view; nil: none does.
	Stands func(table catalog.ID, key []int) bool
}

// rel is a physical node and the plan-wide ids of its columns, by position.
type rel struct {
	node Node
	cols []int
}

// Build makes the plan of n, its columns in the order of n.Cols().
func (b *Builder) Build(n plan.Node) (Node, error) {
	cols := n.Cols()
	r, err := b.build(n, plan.SetOf(cols...))
	if err != nil {
		return nil, err
	}
	return b.ordered(r, cols).node, nil
}

// build makes the plan of n with at least the columns of need, in any order.
func (b *Builder) build(n plan.Node, need plan.ColSet) (rel, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return b.scan(n), nil
	case *plan.Values:
		return b.values(n)
	case *plan.Recursive:
		return b.recursive(n)
	case *plan.Working:
		w := &Working{Name: n.Name, Level: n.Level}
		w.Names, w.Cols = b.named(n.IDs)
		return rel{w, n.IDs}, nil
	case *plan.Given:
		g := &Given{Name: n.Name, Slot: n.Slot}
		g.Names, g.Cols = b.named(n.IDs)
		return rel{g, n.IDs}, nil
	case *plan.Filter:
		return b.filter(n, need)
	case *plan.Project:
		return b.project(n)
	case *plan.Join:
		return b.join(n, need)
	case *plan.FlatMap:
		return b.flatMap(n, need)
	case *plan.Reduce:
		return b.reduce(n)
	case *plan.Distinct:
		in, err := b.exact(n.In, n.In.Cols())
		return rel{&Distinct{In: in.node}, in.cols}, err
	case *plan.TopK:
		return b.topK(n)
	case *plan.Window:
		return b.window(n)
	case *plan.Union:
		return b.union(n)
	case *plan.SetOp:
		l, err := b.exact(n.L, n.LMap)
		if err != nil {
			return rel{}, err
		}
		r, err := b.exact(n.R, n.RMap)
		return rel{&SetOp{Except: n.Except, All: n.All, L: l.node, R: r.node}, n.IDs}, err
	case *plan.Single:
		all := plan.SetOf(n.Key...)
		for c := range need {
			all.Add(c)
		}
		in, err := b.build(n.In, all)
		return rel{&Single{In: in.node, Key: in.positions(n.Key)}, in.cols}, err
	case *plan.Apply:
		return rel{}, sqlerr.Unsupported(n.Pos, "this correlated subquery")
	}
	return rel{}, sqlerr.New(sqlerr.InternalError, "no physical form for %T", n)
}

// exact builds n with exactly the columns cols, repetitions too, in that order.
func (b *Builder) exact(n plan.Node, cols []int) (rel, error) {
	r, err := b.build(n, plan.SetOf(cols...))
	if err != nil {
		return rel{}, err
	}
	return b.ordered(r, cols), nil
}

// ordered projects r to cols where it is not so already.
func (b *Builder) ordered(r rel, cols []int) rel {
	if slices.Equal(r.cols, cols) {
		return r
	}
	pos := r.slots()
	es := make([]expr.Expr, len(cols))
	for i, c := range cols {
		es[i] = &expr.Col{ID: pos.of(c), T: b.Meta.Type(c)}
	}
	return rel{projected(r.node, es), cols}
}

// projected is a Project, fused with one below it where it computes nothing itself.
func projected(in Node, es []expr.Expr) Node {
	p, ok := in.(*Project)
	if !ok {
		return &Project{In: in, Exprs: es}
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		switch e := e.(type) {
		case *expr.Col:
			out[i] = p.Exprs[e.ID]
		case *expr.Const:
			out[i] = e
		default:
			return &Project{In: in, Exprs: es}
		}
	}
	return &Project{In: p.In, Exprs: out}
}

// slots are the positions of columns, by their ids.
type slots map[int]int

// of is the position of a column. It panics where there is none: another column's value would be a wrong answer.
func (s slots) of(id int) int {
	at, ok := s[id]
	if !ok {
		panic(fmt.Sprintf("column %d is not among the input's", id))
	}
	return at
}

func (r rel) slots() slots {
	m := make(slots, len(r.cols))
	for i, c := range r.cols {
		if _, dup := m[c]; !dup {
			m[c] = i
		}
	}
	return m
}

func (r rel) positions(ids []int) []int {
	pos := r.slots()
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = pos.of(id)
	}
	return out
}

func (r rel) order(sorts []plan.Sort) []OrderCol { return orderOf(r.cols, sorts) }

// place turns column ids into positions of r.
func (r rel) place(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	pos := r.slots()
	return placeAt(e, pos)
}

// placeAt puts positions in the place of columns' ids.
func placeAt(e expr.Expr, pos slots) expr.Expr {
	return expr.Map(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Col); ok {
			return &expr.Col{ID: pos.of(c.ID), T: c.T}
		}
		return x
	})
}

func (r rel) placeAll(es []expr.Expr) []expr.Expr {
	pos := r.slots()
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = placeAt(e, pos)
	}
	return out
}

func (b *Builder) scan(n *plan.Scan) rel {
	return rel{b.bareScan(n), n.IDs}
}

// bareScan is the whole relation, as everybody shares it.
func (b *Builder) bareScan(n *plan.Scan) *Scan {
	s := &Scan{Relation: n.Relation, Name: n.Name}
	s.Names, s.Cols = b.named(n.IDs)
	return s
}

// named is the names and types of columns.
func (b *Builder) named(ids []int) (names []string, ts []types.Type) {
	for _, id := range ids {
		names, ts = append(names, b.Meta.Name(id)), append(ts, b.Meta.Type(id))
	}
	return names, ts
}

func (b *Builder) recursive(n *plan.Recursive) (rel, error) {
	init, err := b.exact(n.Init.Node, n.Init.Cols)
	if err != nil {
		return rel{}, err
	}
	step, err := b.exact(n.Step.Node, n.Step.Cols)
	names, _ := b.named(n.IDs)
	return rel{&Recursive{Name: n.Name, Names: names, Init: init.node, Step: step.node, All: n.All, Level: n.Level}, n.IDs}, err
}

func (b *Builder) values(n *plan.Values) (rel, error) {
	c := &Constant{}
	for _, id := range n.IDs {
		c.Cols = append(c.Cols, b.Meta.Type(id))
	}
	plain := true
	for _, r := range n.Rows {
		row := make([]types.Datum, len(r))
		for i, e := range r {
			k, ok := e.(*expr.Const)
			if plain = plain && ok; !plain {
				break
			}
			row[i] = k.D
		}
		c.Rows = append(c.Rows, row)
	}
	if plain {
		return rel{c, n.IDs}, nil
	}
	// Rows with parameters or functions are computed: one Project over the row without columns each.
	u := &Union{}
	for _, r := range n.Rows {
		if len(plan.RefsOf(r...)) > 0 {
			return rel{}, sqlerr.Unsupported(-1, "a correlated VALUES list")
		}
		u.Ins = append(u.Ins, &Project{In: &Constant{Rows: [][]types.Datum{{}}}, Exprs: r})
	}
	if len(u.Ins) == 1 {
		return rel{u.Ins[0], n.IDs}, nil
	}
	return rel{u, n.IDs}, nil
}

func (b *Builder) filter(n *plan.Filter, need plan.ColSet) (rel, error) {
	if r, ok := b.byList(n); ok {
		return r, nil
	}
	all := plan.RefsOf(n.Preds...)
	for c := range need {
		all.Add(c)
	}
	in, err := b.build(n.In, all)
	if err != nil || len(n.Preds) == 0 {
		return in, err
	}
	return rel{&Filter{In: in.node, Pred: in.place(plan.Conjoin(n.Preds))}, in.cols}, nil
}

func (b *Builder) project(n *plan.Project) (rel, error) {
	es := plan.Exprs(n)
	in, err := b.build(n.In, plan.RefsOf(es...))
	if err != nil {
		return rel{}, err
	}
	if slices.Equal(n.Cols(), in.cols) && passesAll(n) {
		return in, nil
	}
	return rel{projected(in.node, in.placeAll(es)), n.Cols()}, nil
}

func passesAll(n *plan.Project) bool {
	for _, it := range n.Items {
		if c, ok := it.Expr.(*expr.Col); !ok || c.ID != it.ID {
			return false
		}
	}
	return true
}

func (b *Builder) flatMap(n *plan.FlatMap, need plan.ColSet) (rel, error) {
	all := plan.RefsOf(n.Args...)
	for c := range need {
		all.Add(c)
	}
	in, err := b.build(n.In, all)
	if err != nil {
		return rel{}, err
	}
	out := &FlatMap{In: in.node, Fn: n.Fn, Args: in.placeAll(n.Args), Ordinality: n.Ordinality, Outer: n.Outer}
	return rel{out, append(slices.Clone(in.cols), n.IDs...)}, nil
}

func (b *Builder) reduce(n *plan.Reduce) (rel, error) {
	all := plan.RefsOf(plan.Exprs(n)...)
	all.Add(n.Keys...)
	in, err := b.build(n.In, all)
	if err != nil {
		return rel{}, err
	}
	out := &Reduce{In: in.node, Keys: in.positions(n.Keys), Scalar: n.Scalar}
	for _, a := range n.Aggs {
		out.Aggs = append(out.Aggs, plan.MapAgg(a.Call, in.place))
	}
	return rel{out, n.Cols()}, nil
}

func (b *Builder) topK(n *plan.TopK) (rel, error) {
	in, err := b.exact(n.In, n.In.Cols())
	if err != nil {
		return rel{}, err
	}
	return rel{&TopK{In: in.node, Partition: in.positions(n.Partition), Order: in.order(n.Order), Limit: n.Limit, Offset: n.Offset,
		WithTies: n.WithTies}, in.cols}, nil
}

func (b *Builder) window(n *plan.Window) (rel, error) {
	in, err := b.exact(n.In, n.In.Cols())
	if err != nil {
		return rel{}, err
	}
	out := &Window{In: in.node, Partition: in.positions(n.Partition), Order: in.order(n.Order)}
	for _, c := range n.Calls {
		out.Calls = append(out.Calls, c.Call.Map(in.place))
	}
	return rel{out, n.Cols()}, nil
}

func (b *Builder) union(n *plan.Union) (rel, error) {
	out := &Union{}
	for k, in := range n.Ins {
		r, err := b.exact(in, n.Maps[k])
		if err != nil {
			return rel{}, err
		}
		out.Ins = append(out.Ins, r.node)
	}
	if len(out.Ins) == 1 {
		return rel{out.Ins[0], n.IDs}, nil
	}
	return rel{out, n.IDs}, nil
}
