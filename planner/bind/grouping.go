package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// groupingCall is a GROUPING(...) and the column that stands for it until the grouping sets are known.
type groupingCall struct {
	id   int
	args []expr.Expr
	pos  []ast.Pos
}

// grouping binds GROUPING(...): a column stands for it until the sets are known.
func (b *Binder) grouping(c *context, e *ast.Special) (expr.Expr, error) {
	switch {
	case len(e.Args) > maxGroupingBits:
		return nil, sqlerr.New(sqlerr.TooManyArguments, "GROUPING must have fewer than 32 arguments").At(int(e.Pos))
	case c.inAgg:
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate function calls cannot be nested").At(int(e.Pos))
	case c.aggs == nil:
		return nil, sqlerr.New(sqlerr.GroupingError, "grouping operations are not allowed in %s", c.clause).At(int(e.Pos))
	}
	args, pos, err := b.scalars(&context{sc: c.sc, clause: c.clause}, e.Args)
	if err != nil {
		return nil, err
	}
	id := b.Meta.Add("grouping", types.Of(types.Int4))
	c.aggs.groupings = append(c.aggs.groupings, groupingCall{id: id, args: args, pos: pos})
	return b.Meta.Col(id), nil
}

// bindGroupings says what each GROUPING() is: a bit per argument, set where the row's set does not hold it.
func (sel *selection) bindGroupings(x *expansion) (map[int]expr.Expr, error) {
	out := map[int]expr.Expr{}
	for _, call := range sel.aggs.groupings {
		masks := make([]int64, len(sel.sets))
		for i, a := range call.args {
			n := slices.IndexFunc(sel.groups, func(g group) bool { return g.expr.String() == a.String() })
			if n < 0 {
				return nil, sqlerr.New(sqlerr.GroupingError, noGroupingExprs).At(int(call.pos[i]))
			}
			for k, s := range sel.sets {
				masks[k] <<= 1
				if !slices.Contains(s, n) {
					masks[k]++
				}
			}
		}
		t := types.Of(types.Int4)
		value := &expr.Case{T: t, Else: &expr.Const{D: types.NewInt(masks[0]), T: t}}
		for _, mask := range slices.Compact(slices.Sorted(slices.Values(masks))) {
			if mask == masks[0] {
				continue
			}
			var sets []int
			for k := range masks {
				if masks[k] == mask {
					sets = append(sets, k)
				}
			}
			cond, err := x.isOneOf(sel.b, sets)
			if err != nil {
				return nil, err
			}
			value.Whens = append(value.Whens, expr.When{Cond: cond, Then: &expr.Const{D: types.NewInt(mask), T: t}})
		}
		out[call.id] = value
		if len(value.Whens) == 0 {
			out[call.id] = value.Else
		}
	}
	return out, nil
}
