package bind

import (
	"slices"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// carryRounds makes the step of a view's recursive query carry the round of the row that each of its rows is made of, as its last column: a view
// keeps the rounds apart. What looks at several rows of the working relation looks at those of a round, and goes by it from now on.
func (b *Binder) carryRounds(def *ast.CTE, rec *plan.Recursive) error {
	c := &roundCarrier{b: b, def: def, level: rec.Level, id: b.Meta.Add("round", types.Of(types.Int8))}
	n, _, err := c.carry(rec.Step.Node)
	if err != nil {
		return err
	}
	rec.Step = plan.Part{Node: n, Cols: append(slices.Clone(rec.Step.Cols), c.id)}
	return nil
}

type roundCarrier struct {
	b     *Binder
	def   *ast.CTE
	level int
	id    int // the round
}

// carry is n with the round, if n is over the working relation; else has is false.
func (c *roundCarrier) carry(n plan.Node) (out plan.Node, has bool, err error) {
	switch n := n.(type) {
	case *plan.Working:
		if n.Level != c.level {
			return n, false, nil
		}
		w := *n
		w.IDs = append(slices.Clone(n.IDs), c.id)
		return &w, true, nil
	case *plan.Recursive:
		for _, p := range []plan.Part{n.Init, n.Step} {
			if _, has, err := c.carry(p.Node); has || err != nil {
				return nil, false, c.refuse("another recursive query")
			}
		}
		return n, false, nil
	}
	ins := slices.Clone(n.Inputs())
	at := -1
	for i := range ins {
		in, has, err := c.carry(ins[i])
		if err != nil {
			return nil, false, err
		}
		if has {
			ins[i], at = in, i
		}
	}
	if at < 0 {
		return n, false, nil
	}
	out, err = c.over(n.WithInputs(ins), at)
	return out, true, err
}

// over makes n, whose input at has the round, pass it on.
func (c *roundCarrier) over(n plan.Node, at int) (plan.Node, error) {
	switch n := n.(type) {
	case *plan.Filter, *plan.FlatMap, *plan.Distinct:
		return n, nil
	case *plan.Join:
		if n.Kind == plan.Inner || at == 0 && n.Kind != plan.Full {
			return n, nil
		}
	case *plan.Apply:
		if n.Kind == plan.Inner || at == 0 && n.Kind != plan.Full {
			return n, nil
		}
	case *plan.Project:
		p := *n
		p.Items = append(slices.Clone(n.Items), plan.Item{ID: c.id, Expr: c.b.Meta.Col(c.id)})
		return &p, nil
	case *plan.Window:
		w := *n
		w.Partition = append(slices.Clone(n.Partition), c.id)
		return &w, nil
	case *plan.TopK:
		t := *n
		t.Partition = append(slices.Clone(n.Partition), c.id)
		return &t, nil
	case *plan.Reduce:
		if !n.Scalar {
			r := *n
			r.Keys = append(slices.Clone(n.Keys), c.id)
			return &r, nil
		}
	}
	what := "this"
	switch n.(type) {
	case *plan.Union, *plan.SetOp:
		what = "a set operation"
	}
	return nil, c.refuse(what)
}

func (c *roundCarrier) refuse(what string) error {
	return sqlerr.Unsupported(int(c.def.Pos), what+" over the recursive reference to query \""+c.def.Name+"\" in a materialized view").
		WithHint("Query it where it is read: a plain view may be recursive.")
}
