package engine

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
)

// flowSource finds what a flow reads among the other flows, or makes it.
type flowSource struct {
	g     *graph
	f     *flow
	scope *viewScope
}

func (s *flowSource) relation(p *physical.Scan) (input, error) {
	of := s.g.relation(p.Relation)
	if of == nil {
		return input{}, fmt.Errorf("no relation %s (%d)", p.Name, p.Relation)
	}
	if in, err := s.read(of); err != nil || of.whole == nil {
		return in, err
	}
	// The view's own flow stays an input: what reads a view fails with it, and is not ahead of it.
	of, err := s.g.rowsOf(of)
	if err != nil {
		return input{}, err
	}
	return s.read(of)
}

func (s *flowSource) read(of *flow) (input, error) {
	if of.failed != nil {
		return input{}, of.failed
	}
	if !slices.Contains(s.f.inputs, of) {
		s.f.inputs = append(s.f.inputs, of)
		of.users++
		if of.ctx != s.scope.ctx { // who waits for its first user may go
			of.unwatched()
		}
	}
	return input{of.arranged, of.fresh && !s.f.late}, nil
}

func (s *flowSource) arrange(p *physical.Arrange) (input, error) {
	if scan, ok := p.In.(*physical.Scan); ok {
		if of := s.g.relation(scan.Relation); of != nil && servesKey(of.arranged.Key, p.Key) {
			return s.relation(scan)
		}
	}
	key := s.scope.texts.Of(p) + s.scope.suffix(p)
	of := s.g.flows[key]
	if of == nil {
		var err error
		if p.Thin {
			of, err = s.g.addThin(key, p, s.scope)
		} else {
			of, err = s.g.addFlow(key, p.In, operators.Ascending(p.Key), false, s.scope)
		}
		if err != nil {
			return input{}, err
		}
		of.users-- // nobody serves it
	}
	return s.read(of)
}

// wholeView is how the rows of a view are made whose tree holds less: for flows that read it, by a flow of its own that stands while one does.
type wholeView struct {
	key   string
	root  physical.Node
	order []operators.OrderCol
	scope *viewScope
}

// rowsOf is the flow of a relation's rows for a reader that is counted by read.
func (g *graph) rowsOf(of *flow) (*flow, error) {
	w := of.whole
	if w == nil {
		return of, nil
	}
	f := g.flows[w.key]
	if f == nil {
		var err error
		if f, err = g.addFlow(w.key, w.root, w.order, false, w.scope); err != nil {
			return nil, err
		}
		f.users-- // nobody serves it
	}
	return f, nil
}
