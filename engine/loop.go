package engine

import (
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
)

// loop is the operators of a view's recursive query that are run once a round, also several times in a tick: what is between the working rows and
// the query's own node. An arrangement that they fill belongs to them; all others that they read are flows like any other.
type loop struct {
	head   *node // the working rows; nil: the step reads none
	nodes  []*node
	others []*operators.Side // of what is arranged elsewhere, which changes once in a tick
}

// recursive makes the node of a recursive query, and its loop.
func (s *flowSource) recursive(b *builder, p *physical.Recursive) (*node, error) {
	init, err := b.build(p.Init)
	if err != nil {
		return nil, err
	}
	l := &loop{}
	nodes, made, around := b.nodes, b.made, b.loop
	b.nodes, b.made, b.loop = nil, nil, l
	step, err := b.build(p.Step)
	l.nodes, b.nodes, b.made, b.loop = b.nodes, nodes, made, around
	if err != nil {
		return nil, err
	}
	n := newNode(operators.NewRecursive(operators.RecursiveSpec{Name: p.Name, Types: p.Types(), All: p.All, Body: l}, b.maps))
	n.loop = l
	for _, in := range l.nodes {
		n.sides = append(n.sides, in.sides...)
	}
	init.feed(n, 0)
	step.feed(n, 1)
	narrow(l.nodes)
	return n, nil
}

func (s *flowSource) working(b *builder, p *physical.Working) (*node, error) {
	b.loop.head = newNode(operators.NewUnion())
	return b.loop.head, nil
}

// arrange is an arrangement that a join reads: in a loop its own, if it is of working rows.
func (b *builder) arrange(p *physical.Arrange) (input, error) {
	if b.loop == nil || !isWorking(p) {
		return b.from.arrange(p)
	}
	in, err := b.build(p.In)
	if err != nil {
		return input{}, err
	}
	a := operators.NewArrangement(p.Types(), operators.Ascending(p.Key), false, b.maps)
	n := newNode(a)
	in.feed(n, 0)
	b.nodes = append(b.nodes, n)
	return input{&a.Arranged, true}, nil
}

// isWorking tells whether a plan is over working rows.
func isWorking(p physical.Node) bool {
	if _, ok := p.(*physical.Working); ok {
		return true
	}
	return slices.ContainsFunc(p.Inputs(), isWorking)
}

// isRecursive tells whether a flow of plan p has a loop.
func isRecursive(p physical.Node) bool {
	switch p.(type) {
	case *physical.Recursive:
		return true
	case *physical.Arrange: // a flow of its own
		return false
	}
	return slices.ContainsFunc(p.Inputs(), isRecursive)
}

func (l *loop) Step(b *batch.Batch) error {
	if l.head == nil {
		return nil
	}
	return l.head.op.Step(0, b, l.head.emit)
}

func (l *loop) Finish(first bool) error {
	for _, s := range l.others {
		s.Hold(!first)
	}
	for _, n := range l.nodes {
		if err := n.op.Finish(n.emit); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) EndTick() {
	for _, n := range l.nodes {
		if t, ok := n.op.(operators.Ticker); ok {
			t.EndTick()
		}
	}
}
