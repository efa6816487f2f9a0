package optest

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// Plan is a tree of relational operators, in the terms of package operators. The meaning of each is Eval's.
type Plan interface {
	Types() []types.Type
	Inputs() []Plan
}

type (
	// Base is a relation that changes. With a Key it is a table with that primary key; without, a multiset with errors.
	Base struct {
		ID   int
		Cols []types.Type
		Key  []int
	}
	Constant struct {
		Rows [][]types.Datum
		Cols []types.Type
	}
	Filter struct {
		In   Plan
		Pred expr.Expr
	}
	Project struct {
		In    Plan
		Exprs []expr.Expr
	}
	FlatMap struct {
		In   Plan
		Spec operators.FlatMapSpec
	}
	Join struct {
		Kind     operators.JoinKind
		L, R     Plan
		LK, RK   []int
		LBy, RBy []int // what orders the arrangements behind the keys
		Residual expr.Expr
		// ScanRight: of an inner join of two standing arrangements the right one is scanned, not the left.
		ScanRight bool
	}
	// Many is an inner join of tables, each of which is made from by a path.
	Many struct {
		Tables []*Base
		Equal  [][2]int // output columns
		Paths  []ManyPath
	}
	ManyPath struct {
		Where expr.Expr
		Steps []ManyStep
	}
	ManyStep struct {
		Table   int
		Key, By []int // output columns, and the table's
		Where   expr.Expr
	}
	Reduce struct {
		In     Plan
		Keys   []int
		Aggs   []*expr.AggCall
		Scalar bool
	}
	Distinct struct{ In Plan }
	TopK     struct {
		In   Plan
		Spec operators.TopKSpec
	}
	Window struct {
		In   Plan
		Spec operators.WindowSpec
	}
	Union struct{ Ins []Plan }
	SetOp struct {
		Except, All bool
		L, R        Plan
	}
	Single struct {
		In  Plan
		Key []int
	}
)

func (p *Base) Types() []types.Type     { return p.Cols }
func (p *Constant) Types() []types.Type { return p.Cols }
func (p *Filter) Types() []types.Type   { return p.In.Types() }
func (p *Distinct) Types() []types.Type { return p.In.Types() }
func (p *TopK) Types() []types.Type     { return p.In.Types() }
func (p *Single) Types() []types.Type   { return p.In.Types() }
func (p *Union) Types() []types.Type    { return p.Ins[0].Types() }
func (p *SetOp) Types() []types.Type    { return p.L.Types() }

func (p *Project) Types() []types.Type {
	var ts []types.Type
	for _, e := range p.Exprs {
		ts = append(ts, e.Type())
	}
	return ts
}

func (p *FlatMap) Types() []types.Type {
	ts := append([]types.Type{}, p.In.Types()...)
	for _, c := range p.Spec.Fn.Cols {
		ts = append(ts, c.T)
	}
	if p.Spec.Ordinality {
		ts = append(ts, types.Of(types.Int8))
	}
	return ts
}

func (p *Join) Types() []types.Type {
	ts := append([]types.Type{}, p.L.Types()...)
	if p.Kind > operators.Full {
		return ts
	}
	return append(ts, p.R.Types()...)
}

func (p *Many) Types() []types.Type {
	var ts []types.Type
	for _, b := range p.Tables {
		ts = append(ts, b.Cols...)
	}
	return ts
}

func (p *Reduce) Types() []types.Type {
	var ts []types.Type
	for _, k := range p.Keys {
		ts = append(ts, p.In.Types()[k])
	}
	for _, a := range p.Aggs {
		ts = append(ts, a.T)
	}
	return ts
}

func (p *Window) Types() []types.Type {
	ts := append([]types.Type{}, p.In.Types()...)
	for _, c := range p.Spec.Calls {
		ts = append(ts, c.T)
	}
	return ts
}

func (p *Base) Inputs() []Plan     { return nil }
func (p *Constant) Inputs() []Plan { return nil }
func (p *Filter) Inputs() []Plan   { return []Plan{p.In} }
func (p *Project) Inputs() []Plan  { return []Plan{p.In} }
func (p *FlatMap) Inputs() []Plan  { return []Plan{p.In} }
func (p *Join) Inputs() []Plan     { return []Plan{p.L, p.R} }
func (p *Many) Inputs() []Plan     { return plansOf(p.Tables) }
func (p *Reduce) Inputs() []Plan   { return []Plan{p.In} }
func (p *Distinct) Inputs() []Plan { return []Plan{p.In} }
func (p *TopK) Inputs() []Plan     { return []Plan{p.In} }
func (p *Window) Inputs() []Plan   { return []Plan{p.In} }
func (p *Union) Inputs() []Plan    { return p.Ins }
func (p *SetOp) Inputs() []Plan    { return []Plan{p.L, p.R} }
func (p *Single) Inputs() []Plan   { return []Plan{p.In} }

func plansOf(bases []*Base) []Plan {
	out := make([]Plan, len(bases))
	for i, b := range bases {
		out[i] = b
	}
	return out
}
