package optest

import (
	"fmt"
	"math/rand"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// The values that columns take: few, so that keys meet, and equal ones that are not identical.
var domain = map[types.Kind][]string{
	types.Int4:     {"0", "1", "2", "3", "-1"},
	types.Numeric:  {"1", "1.0", "1.00", "2", "0", "NaN"},
	types.Interval: {"1 day", "24 hours", "30 days", "1 mon", "0"},
	types.Float8:   {"0", "-0", "1.5", "NaN", "-Infinity"},
	types.Text:     {"", "a", "b", "ab", "é"},
	types.Int8:     {"1", "2", "9000000000"},
}

var kinds = []types.Kind{types.Int4, types.Int4, types.Numeric, types.Interval, types.Float8, types.Text}

var int4 = types.Of(types.Int4)

// Gen makes random plans, rows and changes.
type Gen struct {
	*rand.Rand
	Bases []*Base
	made  []Plan // what a plan may use twice
}

// NewGen makes two or three base relations.
func NewGen(r *rand.Rand) *Gen {
	g := &Gen{Rand: r}
	for id := range 2 + r.Intn(2) {
		b := &Base{ID: id, Cols: []types.Type{int4}}
		for range 1 + r.Intn(3) {
			b.Cols = append(b.Cols, types.Of(kinds[r.Intn(len(kinds))]))
		}
		if r.Intn(2) == 0 {
			b.Key = r.Perm(len(b.Cols))[:1+r.Intn(2)]
		}
		g.Bases = append(g.Bases, b)
	}
	return g
}

func (g *Gen) chance(percent int) bool { return g.Intn(100) < percent }

// Datum is a random value.
func (g *Gen) Datum(t types.Type, null bool) types.Datum {
	if null && g.chance(15) {
		return types.Null
	}
	if t.Array {
		return types.MakeArray(t.Elem(), []types.Datum{g.Datum(t.Elem(), true)})
	}
	s := domain[t.Kind]
	if len(s) == 0 {
		return types.Null
	}
	d, err := types.ParseText(types.DefaultConfig(), t, s[g.Intn(len(s))])
	if err != nil {
		panic(err)
	}
	return d
}

// Row is a random row of a base relation.
func (g *Gen) Row(b *Base) []types.Datum {
	row := make([]types.Datum, len(b.Cols))
	for i, t := range b.Cols {
		row[i] = g.Datum(t, true)
	}
	for _, k := range b.Key {
		row[k] = g.Datum(b.Cols[k], false)
	}
	return row
}

// Change makes a change of about n rows to what a base relation holds.
func (g *Gen) Change(b *Base, now *Rel, n int) *batch.Batch {
	after := &Rel{Types: b.Cols, Rows: append([]Row{}, now.Rows...), Errs: append([]batch.ErrRow{}, now.Errs...)}
	out := NewRel(b.Cols)
	put := func(d []types.Datum, w int64) {
		after.Rows = append(after.Rows, Row{d, w})
		after.consolidate()
		out.Rows = append(out.Rows, Row{d, w})
	}
	for range n {
		switch g.Intn(8) {
		case 0, 1, 2:
			row, w := g.Row(b), int64(1)
			if b.Key == nil {
				w += int64(g.Intn(2))
			}
			for _, r := range after.Rows {
				if b.Key != nil && after.equalOn(b.Key, r.D, row) { // an update
					put(r.D, -1)
					break
				}
			}
			put(row, w)
		case 3, 4, 5:
			if len(after.Rows) > 0 {
				r := after.Rows[g.Intn(len(after.Rows))]
				put(r.D, -1-int64(g.Intn(int(r.W))))
			}
		case 6: // there and back
			row := g.Row(b)
			out.Rows = append(out.Rows, Row{row, -1}, Row{row, 1})
		case 7:
			if b.Key == nil {
				e := g.errorRow(b)
				if len(after.Errs) > 0 && g.chance(60) {
					e = after.Errs[g.Intn(len(after.Errs))]
					e.W = -e.W
				}
				after.Errs = append(after.Errs, e)
				after.consolidate()
				out.Errs = append(out.Errs, e)
			}
		}
	}
	g.Shuffle(len(out.Rows), func(i, j int) { out.Rows[i], out.Rows[j] = out.Rows[j], out.Rows[i] })
	return out.Batch()
}

func (g *Gen) errorRow(b *Base) batch.ErrRow {
	e := batch.ErrRow{Err: sqlerr.New(sqlerr.DivisionByZero, "division by zero"), W: 1 - 2*int64(g.Intn(2)),
		Cols: make([]types.Datum, len(b.Cols)), Known: make([]bool, len(b.Cols))}
	for i, t := range b.Cols {
		if e.Known[i] = g.chance(50); e.Known[i] {
			e.Cols[i] = g.Datum(t, true)
		}
	}
	return e
}

// Plan is a random plan of a depth.
func (g *Gen) Plan(depth int) Plan {
	if len(g.made) > 0 && g.chance(15) {
		return g.made[g.Intn(len(g.made))]
	}
	p := g.plan(depth)
	g.made = append(g.made, p)
	return p
}

func (g *Gen) plan(depth int) Plan {
	if depth == 0 {
		if g.chance(6) {
			b := g.Bases[0]
			return &Constant{Cols: b.Cols, Rows: [][]types.Datum{g.Row(b), g.Row(b)}}
		}
		return g.Bases[g.Intn(len(g.Bases))]
	}
	if p := g.planOf(g.Intn(numOps), depth); p != nil {
		return p
	}
	return g.Plan(depth - 1)
}

// The operators that planOf can put on top.
const (
	opFilter = iota
	opProject
	opFlatMap
	opJoin
	opJoin2 // twice as likely
	opReduce
	opDistinct
	opTopK
	opWindow
	opUnion
	opSetOp
	opSingle
	opMany
	opRecursive
	numOps
)

// PlanOver puts the operator named by word on top of random inputs; nil if it cannot be made of what is there.
func (g *Gen) planOf(op, depth int) Plan {
	switch op {
	case opFilter:
		in := g.Plan(depth - 1)
		return &Filter{in, g.Pred(in.Types())}
	case opProject:
		return g.project(g.Plan(depth - 1))
	case opFlatMap:
		return g.flatMap(g.Plan(depth - 1))
	case opJoin, opJoin2:
		return g.join(operators.JoinKind(g.Intn(6)), depth)
	case opReduce:
		return g.reduce(g.Plan(depth - 1))
	case opDistinct:
		return &Distinct{g.Plan(depth - 1)}
	case opTopK:
		return g.topK(g.Plan(depth - 1))
	case opWindow:
		return g.window(g.Plan(depth - 1))
	case opUnion:
		l := g.Plan(depth - 1)
		return &Union{[]Plan{l, g.shape(g.Plan(depth-1), l.Types()), l}[:2+g.Intn(2)]}
	case opSetOp:
		l := g.Plan(depth - 1)
		return &SetOp{Except: g.chance(50), All: g.chance(50), L: l, R: g.shape(g.Plan(depth-1), l.Types())}
	case opSingle:
		in := g.Plan(depth - 1)
		return &Single{In: in, Key: g.cols(in, 2)}
	case opMany:
		return g.many()
	case opRecursive:
		return g.recursive(depth)
	}
	panic(op)
}

// cols are up to max different columns.
func (g *Gen) cols(p Plan, max int) []int {
	n := len(p.Types())
	return g.Perm(n)[:g.Intn(min(max, n)+1)]
}

// shape projects a plan onto types.
func (g *Gen) shape(p Plan, ts []types.Type) Plan {
	have := p.Types()
	es := make([]expr.Expr, len(ts))
	for i, t := range ts {
		es[i] = expr.Null(t)
		for _, k := range g.Perm(len(have)) {
			if have[k] == t {
				es[i] = &expr.Col{ID: k, T: t}
				break
			}
		}
	}
	return &Project{p, es}
}

func (g *Gen) project(in Plan) Plan {
	ts := in.Types()
	n := min(4, max(1, len(ts)+1-g.Intn(3)))
	p := &Project{In: in}
	for range n {
		p.Exprs = append(p.Exprs, g.scalar(ts))
	}
	return p
}

// scalar is an expression that may fail.
func (g *Gen) scalar(ts []types.Type) expr.Expr {
	ints := columnsOfType(ts, int4)
	switch {
	case len(ts) == 0:
		return &expr.Const{D: types.NewInt(int64(g.Intn(3))), T: int4}
	case len(ints) > 0 && g.chance(12):
		return Call("/", &expr.Const{D: types.NewInt(6), T: int4}, g.pick(ints, int4))
	case len(ints) > 0 && g.chance(12):
		return Call("+", g.pick(ints, int4), g.pick(ints, int4))
	case g.chance(5):
		return &expr.Const{D: g.Datum(int4, true), T: int4}
	}
	k := g.Intn(len(ts))
	return &expr.Col{ID: k, T: ts[k]}
}

func columnsOfType(ts []types.Type, t types.Type) (cols []int) {
	for i := range ts {
		if ts[i] == t {
			cols = append(cols, i)
		}
	}
	return cols
}

func (g *Gen) pick(cols []int, t types.Type) expr.Expr {
	return &expr.Col{ID: cols[g.Intn(len(cols))], T: t}
}

// Call applies an operator.
func Call(op string, args ...expr.Expr) expr.Expr {
	var ts []types.Type
	for _, a := range args {
		ts = append(ts, a.Type())
	}
	fn, _, ret, err := expr.Lookup(op, true, ts)
	if err != nil {
		panic(fmt.Sprintf("optest: %s %v: %v", op, ts, err))
	}
	return &expr.Call{Fn: fn, Args: args, T: ret}
}

// Pred is a predicate, which may fail.
func (g *Gen) Pred(ts []types.Type) expr.Expr {
	if len(ts) == 0 {
		return expr.Bool(g.chance(80))
	}
	op := [...]string{"=", "<>", "<", ">="}[g.Intn(4)]
	k := g.Intn(len(ts))
	c := &expr.Col{ID: k, T: ts[k]}
	ints := columnsOfType(ts, int4)
	switch {
	case g.chance(10):
		return &expr.IsNull{X: c, Not: g.chance(50)}
	case len(ints) > 0 && g.chance(20):
		return Call(op, Call("/", &expr.Const{D: types.NewInt(6), T: int4}, g.pick(ints, int4)), g.pick(ints, int4))
	case g.chance(40):
		return Call(op, c, &expr.Const{D: g.Datum(c.T, false), T: c.T})
	}
	return Call(op, c, g.pick(columnsOfType(ts, c.T), c.T))
}

// countdown gives n rows for n, and fails on -1.
var countdown = &expr.SRF{
	Name: "countdown", Args: []types.Type{int4}, Cols: []expr.SRFCol{{Name: "n", T: int4}}, Strict: true,
	Rows: func(_ *expr.Ctx, args []types.Datum, out *batch.Batch) error {
		n := args[0].Int()
		if n < 0 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "cannot count down from %d", n)
		}
		for ; n > 0; n-- {
			out.AppendRow([]types.Datum{types.NewInt(n)}, 1)
		}
		return nil
	},
}

func (g *Gen) flatMap(in Plan) Plan {
	ts := in.Types()
	ints := columnsOfType(ts, int4)
	if len(ints) == 0 {
		return nil
	}
	arg := g.pick(ints, int4)
	if g.chance(20) {
		arg = Call("/", &expr.Const{D: types.NewInt(2), T: int4}, arg)
	}
	spec := operators.FlatMapSpec{In: ts, Fn: countdown, Args: []expr.Expr{arg}, Ordinality: g.chance(30), Outer: g.chance(50)}
	if g.chance(30) {
		spec.Fn, spec.Args = expr.Zip([]*expr.SRF{countdown, countdown}), append(spec.Args, g.pick(ints, int4))
	}
	return &FlatMap{in, spec}
}

func (g *Gen) join(kind operators.JoinKind, depth int) Plan {
	l := g.Plan(depth - 1)
	r := l
	if g.chance(80) {
		r = g.Plan(g.Intn(depth))
	}
	lt, rt := l.Types(), r.Types()
	p := &Join{Kind: kind, L: l, R: r, ScanRight: g.chance(50)}
	for want := g.Intn(4); len(p.LK) < min(want, 2) && len(lt) > 0; want-- {
		k := g.Intn(len(lt))
		if to := columnsOfType(rt, lt[k]); len(to) > 0 {
			p.LK, p.RK = append(p.LK, k), append(p.RK, to[g.Intn(len(to))])
		}
	}
	if g.chance(40) {
		p.Residual = g.Pred(append(append([]types.Type{}, lt...), rt...))
	}
	if g.chance(40) {
		g.within(p)
	}
	if len(p.Types()) > 4 || g.chance(20) {
		return g.project(p)
	}
	return p
}

// within makes the rows of one side of a join lie within bounds that those of the other one give, mostly in the order of the column that is bounded. A
// bound may fail.
func (g *Gen) within(p *Join) {
	lt, rt := p.L.Types(), p.R.Types()
	if len(lt) == 0 {
		return
	}
	k := g.Intn(len(lt))
	to := columnsOfType(rt, lt[k])
	if len(to) == 0 {
		return
	}
	x := &expr.Col{ID: k, T: lt[k]}
	and := &expr.And{}
	for range 1 + g.Intn(2) {
		i := to[g.Intn(len(to))]
		var y expr.Expr = &expr.Col{ID: len(lt) + i, T: lt[k]}
		if g.chance(70) && !slices.Contains(p.RK, i) {
			p.RBy = []int{i}
		}
		if lt[k] == int4 && g.chance(20) {
			y = Call("/", &expr.Const{D: types.NewInt(6), T: int4}, y)
		}
		cond := []expr.Expr{x, y}
		if g.chance(50) {
			slices.Reverse(cond)
		}
		and.Args = append(and.Args, Call([...]string{"<", "<=", ">", ">="}[g.Intn(4)], cond...))
	}
	if g.chance(70) && !slices.Contains(p.LK, k) {
		p.LBy = []int{k}
	}
	if p.Residual != nil && g.chance(50) {
		and.Args = append(and.Args, p.Residual)
	}
	p.Residual = and
}

func (g *Gen) topK(in Plan) Plan {
	s := operators.TopKSpec{Partition: g.cols(in, 2), Limit: int64(g.Intn(5)) - 1, Offset: max(0, int64(g.Intn(5))-2), WithTies: g.chance(25)}
	if s.WithTies && s.Limit < 0 {
		s.Limit = 2
	}
	for _, c := range g.cols(in, 2) {
		s.Order = append(s.Order, operators.OrderCol{Col: c, Desc: g.chance(50), NullsFirst: g.chance(50)})
	}
	return &TopK{in, s}
}

func (g *Gen) reduce(in Plan) Plan {
	ts := in.Types()
	p := &Reduce{In: in, Keys: g.cols(in, 2)}
	p.Scalar = len(p.Keys) == 0
	for range g.Intn(3) {
		if a := g.agg(ts); a != nil {
			p.Aggs = append(p.Aggs, a)
		}
	}
	if len(p.Keys)+len(p.Aggs) == 0 {
		return nil
	}
	return p
}

// agg is a random aggregate; nil if there is none of the name for a type.
func (g *Gen) agg(ts []types.Type) *expr.AggCall {
	name := [...]string{"count", "sum", "min", "max", "array_agg", "count"}[g.Intn(6)]
	var args []expr.Expr
	var at []types.Type
	if name != "count" || g.chance(50) {
		e := g.scalar(ts)
		args, at = append(args, e), append(at, e.Type())
	}
	fn, coerce, ret, err := expr.LookupAgg(name, at)
	if err != nil || fn == nil {
		return nil
	}
	for i, t := range coerce {
		if t != (types.Type{}) && t.Kind != types.Any && t != at[i] {
			return nil
		}
	}
	a := &expr.AggCall{Fn: fn, Args: args, T: ret, Distinct: len(args) > 0 && g.chance(30)}
	if g.chance(20) {
		a.Filter = g.Pred(ts)
	}
	if fn.OrderSensitive && !a.Distinct && g.chance(50) {
		a.Order = []expr.SortKey{{Expr: g.scalar(ts), Desc: g.chance(50), NullsFirst: g.chance(50)}}
	}
	return a
}
