package engine

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
)

// node is an operator in a graph and what follows it.
type node struct {
	op    operators.Operator
	sides []*operators.Side
	loop  *loop // of a recursive query
	out   []edge
	emit  operators.Out
}

// edge leads to an input of a node.
type edge struct {
	to   *node
	port int
}

// feed makes to the reader of n's output.
func (n *node) feed(to *node, port int) { n.out = append(n.out, edge{to, port}) }

func newNode(op operators.Operator, sides ...*operators.Side) *node {
	n := &node{op: op, sides: sides}
	n.emit = n.send
	return n
}

// scanning tells whether a side of n has more to read.
func (n *node) scanning() bool {
	for _, s := range n.sides {
		if !s.Done() {
			return true
		}
	}
	return false
}

// input is an arrangement that a plan reads. fresh: it begins empty together with its reader.
type input struct {
	arranged *operators.Arranged
	fresh    bool
}

// source gives a builder the arrangements that are not its own.
type source interface {
	relation(s *physical.Scan) (input, error)
	arrange(a *physical.Arrange) (input, error)
	// recursive and working make the nodes of recursive queries, given that of what a statement has made before, which only queries have.
	recursive(b *builder, p *physical.Recursive) (*node, error)
	working(b *builder, p *physical.Working) (*node, error)
	given(p *physical.Given) (*node, error)
}

// builder makes the operators of a plan down to the arrangements that it reads. It is the one place that knows both physical
// nodes and operators. Nodes are in topological order.
type builder struct {
	from source
	ctx  *expr.Ctx
	maps operators.Maps
	rate func() int // rows that a scan reads at a tick
	// wrap, if set, stands in front of each operator: tests break them.
	wrap  func(operators.Operator) operators.Operator
	nodes []*node
	// sides are the kinds of the sides in the order of their making; after a restart they are given, as what stood then is history.
	sides []sideKind
	given bool
	used  int

	texts physical.Texts
	made  map[string]*node
	// complete tells whether what the flow reads is hydrated.
	complete func() bool
	loop     *loop // whose operators are being made; nil: none's
}

// sideKind is how a side begins.
type sideKind byte

const (
	sideFresh    sideKind = 'f'
	sideStanding sideKind = 's'
	sideScan     sideKind = 'r'
)

func (b *builder) side(in input, kind sideKind) *operators.Side {
	if b.given {
		kind = b.sides[b.used]
		b.used++
	} else {
		if in.fresh {
			kind = sideFresh
		}
		b.sides = append(b.sides, kind)
	}
	var s *operators.Side
	switch kind {
	case sideFresh:
		s = operators.NewSide(in.arranged)
	case sideStanding:
		s = operators.NewStandingSide(in.arranged, b.maps)
	default:
		s = operators.NewScanSide(in.arranged, b.rate, b.maps)
	}
	return b.onceATick(in, s)
}

// onceATick has a loop, if one is being made, show a side's change in the first round of a tick alone. What is fresh belongs to the loop.
func (b *builder) onceATick(in input, s *operators.Side) *operators.Side {
	if b.loop != nil && !in.fresh {
		b.loop.others = append(b.loop.others, s)
	}
	return s
}

// build makes the operators of p, or finds those that it made for the same plan.
func (b *builder) build(p physical.Node) (*node, error) {
	text := b.texts.Of(p)
	if n, ok := b.made[text]; ok {
		return n, nil
	}
	var ins []*node
	switch p.(type) {
	case *physical.Join, *physical.Delta, *physical.Arrange: // read arrangements
	default:
		for _, in := range p.Inputs() {
			n, err := b.build(in)
			if err != nil {
				return nil, err
			}
			ins = append(ins, n)
		}
	}
	n, err := b.operator(p)
	if err != nil {
		return nil, err
	}
	if b.wrap != nil {
		n.op = b.wrap(n.op)
	}
	for port, in := range ins {
		in.feed(n, port)
	}
	b.nodes = append(b.nodes, n)
	if b.made == nil {
		b.made = make(map[string]*node)
	}
	b.made[text] = n
	return n, nil
}

func (b *builder) operator(p physical.Node) (*node, error) {
	switch p := p.(type) {
	case *physical.Scan:
		in, err := b.from.relation(p)
		if err != nil {
			return nil, err
		}
		s := b.side(in, sideScan)
		return newNode(operators.NewScan(s), s), nil
	case *physical.Join:
		return b.join(p)
	case *physical.Delta:
		return b.delta(p)
	case *physical.Recursive:
		return b.from.recursive(b, p)
	case *physical.Working:
		return b.from.working(b, p)
	case *physical.Given:
		return b.from.given(p)
	case *physical.Constant:
		return newNode(operators.NewConstant(p.Cols, p.Rows, b.maps)), nil
	case *physical.Filter:
		return newNode(operators.NewFilter(b.ctx, p.In.Types(), p.Pred)), nil
	case *physical.Project:
		return newNode(operators.NewProject(b.ctx, p.Exprs)), nil
	case *physical.FlatMap:
		return newNode(operators.NewFlatMap(b.ctx, operators.FlatMapSpec{
			In: p.In.Types(), Fn: p.Fn, Args: p.Args, Ordinality: p.Ordinality, Outer: p.Outer})), nil
	case *physical.Reduce:
		return newNode(operators.NewReduce(b.ctx, operators.ReduceSpec{
			In: p.In.Types(), Keys: p.Keys, Aggs: p.Aggs, Scalar: p.Scalar}, b.maps)), nil
	case *physical.Distinct:
		return newNode(operators.NewDistinct(p.In.Types(), b.maps)), nil
	case *physical.TopK:
		return newNode(operators.NewTopK(p.In.Types(), operators.TopKSpec{
			Partition: p.Partition, Order: orderCols(p.Order), Limit: p.Limit, Offset: p.Offset, WithTies: p.WithTies}, b.maps)), nil
	case *physical.Window:
		return newNode(operators.NewWindow(b.ctx, p.In.Types(), operators.WindowSpec{
			Partition: p.Partition, Order: orderCols(p.Order), Calls: p.Calls}, b.maps)), nil
	case *physical.Union:
		return newNode(operators.NewUnion()), nil
	case *physical.SetOp:
		return newNode(operators.NewSetOp(p.L.Types(), p.Except, p.All, b.maps)), nil
	case *physical.Single:
		return newNode(operators.NewSingle(p.In.Types(), p.Key, b.maps)), nil
	}
	return nil, fmt.Errorf("no operator for %T", p)
}

// join chooses which sides are scanned: what JoinKind.MustScan asks for, and of an inner join the left one where both stand.
func (b *builder) join(p *physical.Join) (*node, error) {
	l, err := b.arrange(p.L)
	if err != nil {
		return nil, err
	}
	r, err := b.arrange(p.R)
	if err != nil {
		return nil, err
	}
	kind := operators.JoinKind(p.Kind)
	left, right := kind.MustScan()
	if kind == operators.Inner && r.fresh {
		left = false
	}
	ls, rs := b.side(l, scanIf(left)), b.side(r, scanIf(right))
	return newNode(operators.NewJoin(b.ctx, operators.JoinSpec{
		Kind: kind, L: ls, R: rs, NKeys: p.Keys, Residual: p.Residual}, b.maps), ls, rs), nil
}

// delta scans the first table, also where it is a new one: the join begins when all arrangements are there.
func (b *builder) delta(p *physical.Delta) (*node, error) {
	spec := operators.DeltaSpec{Ready: b.complete}
	for i, t := range p.Tables {
		in, err := b.from.relation(t)
		if err != nil {
			return nil, err
		}
		in.fresh = false
		if i == 0 {
			spec.Tables = append(spec.Tables, b.side(in, sideScan))
		} else {
			spec.Tables = append(spec.Tables, b.onceATick(in, operators.NewSide(in.arranged)))
		}
	}
	for _, path := range p.Paths {
		d := operators.DeltaPath{Where: path.Where}
		for _, s := range path.Steps {
			in, err := b.from.arrange(s.In)
			if err != nil {
				return nil, err
			}
			d.Steps = append(d.Steps, operators.DeltaStep{Table: s.Table, In: in.arranged, Key: s.Key, Where: s.Where})
		}
		spec.Paths = append(spec.Paths, d)
	}
	return newNode(operators.NewDeltaJoin(b.ctx, spec), spec.Tables...), nil
}

func scanIf(must bool) sideKind {
	if must {
		return sideScan
	}
	return sideStanding
}

// narrow tells the sources of rows which columns anybody looks at, once all readers are there. Nodes are in topological order; what is behind
// the last one, and what reads without saying what, looks at all.
func narrow(nodes []*node) {
	looked := make(map[*node]operators.Columns)
	for _, n := range slices.Backward(nodes) {
		cols := readColumns(n, looked)
		if cols == nil {
			continue
		}
		looked[n] = cols
		if s, ok := n.op.(operators.Narrower); ok {
			s.Narrow(cols)
		}
	}
}

// readColumns are the columns of a node's output that somebody looks at; nil: all.
func readColumns(n *node, looked map[*node]operators.Columns) operators.Columns {
	var cols operators.Columns
	for _, e := range n.out {
		r, ok := e.to.op.(operators.ColumnReader)
		if !ok {
			return nil
		}
		more := r.Reads(looked[e.to])
		if more == nil {
			return nil
		}
		cols = cols.With(more)
	}
	return cols
}

func orderCols(order []physical.OrderCol) []operators.OrderCol {
	out := make([]operators.OrderCol, len(order))
	for i, o := range order {
		out[i] = operators.OrderCol(o)
	}
	return out
}

// send passes a slice on to all that read n.
func (n *node) send(b *batch.Batch) error {
	for _, e := range n.out {
		if err := e.to.op.Step(e.port, b, e.to.emit); err != nil {
			return err
		}
	}
	return nil
}

// servesKey tells whether an arrangement in the order of key can be probed by the equality of columns cols.
func servesKey(key []operators.OrderCol, cols []int) bool {
	if len(cols) > len(key) {
		return false
	}
	for i, c := range cols {
		if key[i] != (operators.OrderCol{Col: c}) {
			return false
		}
	}
	return true
}
