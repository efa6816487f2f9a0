package engine

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
)

// given is a relation of rows that are there before the query begins.
type given struct {
	name string
	rows []*batch.Batch
}

func (a *adhoc) given(p *physical.Given) (*node, error) {
	return newNode(&given{name: "given", rows: a.rd.Given[p.Slot]}), nil
}

func (g *given) Name() string                                { return g.name }
func (g *given) Step(int, *batch.Batch, operators.Out) error { return nil }

func (g *given) Finish(out operators.Out) error {
	for len(g.rows) > 0 {
		b := g.rows[0]
		g.rows = g.rows[1:]
		if err := out(b); err != nil {
			return err
		}
	}
	return nil
}

// What a statement has made is for its own queries.
func (*flowSource) given(*physical.Given) (*node, error) {
	return nil, sqlerr.New(sqlerr.InternalError, "rows of a statement in a dataflow")
}
