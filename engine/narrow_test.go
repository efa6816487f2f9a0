package engine

import (
	"slices"
	"testing"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// tapped is an operator that is told which columns anybody looks at.
type tapped struct {
	operators.Union
	cols operators.Columns
}

func (s *tapped) Narrow(cols operators.Columns) { s.cols = cols }

// The readers of a source decide together what it decodes; one that says nothing looks at all.
func TestNarrow(t *testing.T) {
	int4 := types.Of(types.Int4)
	ts := []types.Type{int4, int4, int4, int4}
	col := func(id int) expr.Expr { return &expr.Col{ID: id, T: int4} }
	project := func(ids ...int) *node {
		var es []expr.Expr
		for _, id := range ids {
			es = append(es, col(id))
		}
		return newNode(operators.NewProject(&expr.Ctx{}, es))
	}
	filter := func(id int) *node {
		return newNode(operators.NewFilter(&expr.Ctx{}, ts, &expr.IsNull{X: col(id)}))
	}
	for name, c := range map[string]struct {
		readers []*node
		behind  *node // of the first reader
		want    operators.Columns
	}{
		"one":                     {[]*node{project(1)}, nil, operators.Columns{false, true}},
		"two":                     {[]*node{project(1), project(3, 0)}, nil, operators.Columns{true, true, false, true}},
		"filter, then project":    {[]*node{filter(2)}, project(0), operators.Columns{true, false, true, false}},
		"filter, then all":        {[]*node{filter(2)}, newNode(operators.NewUnion()), nil},
		"filter at the end":       {[]*node{filter(2)}, nil, nil},
		"one says nothing":        {[]*node{project(1), newNode(operators.NewUnion())}, nil, nil},
		"a count looks at none":   {[]*node{project()}, nil, operators.Columns{}},
		"nobody knows its reader": {nil, nil, nil},
	} {
		s := &tapped{}
		from := newNode(s)
		nodes := append([]*node{from}, c.readers...)
		for _, r := range c.readers {
			from.feed(r, 0)
		}
		if c.behind != nil {
			c.readers[0].feed(c.behind, 0)
			nodes = append(nodes, c.behind)
		}
		narrow(nodes)
		if !slices.Equal(s.cols, c.want) || (s.cols == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, s.cols, c.want)
		}
	}
}
