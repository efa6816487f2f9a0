package bind

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// PostgreSQL's limits of GROUP BY.
const (
	maxGroupingSets  = 4096
	maxCube          = 12
	maxGroupingBits  = 31
	noGroupingExprs  = "arguments to GROUPING must be grouping expressions of the associated query level"
	tooManyGroupSets = "too many grouping sets present (maximum %d)"
)

// bindGroups resolves GROUP BY to expressions and grouping sets of them: what its items stand for, one chosen of each.
func (sel *selection) bindGroups() error {
	sets := [][]int{nil}
	for _, g := range sel.s.GroupBy {
		of, err := sel.groupSets(g)
		if err != nil {
			return err
		}
		if len(sets)*len(of) > maxGroupingSets {
			return sqlerr.New(sqlerr.StatementTooComplex, tooManyGroupSets, maxGroupingSets).At(int(loc(g)))
		}
		var product [][]int
		for _, s := range sets {
			for _, t := range of {
				product = append(product, slices.Concat(s, t))
			}
		}
		sets = product
	}
	if len(sets) > 1 && sel.twice != nil { // which of the two a set leaves out decides which column is NULL
		return sel.twice
	}
	for i, s := range sets {
		slices.Sort(s)
		sets[i] = slices.Compact(s)
	}
	if sel.s.GroupDist {
		slices.SortFunc(sets, slices.Compare)
		sets = slices.CompactFunc(sets, slices.Equal)
	}
	sel.sets = sets
	return nil
}

// groupSets are the grouping sets that an item of GROUP BY stands for.
func (sel *selection) groupSets(g ast.Expr) ([][]int, error) {
	sp, ok := g.(*ast.Special)
	if !ok {
		set, err := sel.groupSet(g)
		return [][]int{set}, err
	}
	var sets [][]int
	switch sp.Name {
	case "empty_set":
		return [][]int{nil}, nil
	case "grouping_sets":
		for _, a := range sp.Args {
			of, err := sel.groupSets(a)
			if err != nil {
				return nil, err
			}
			if sets = append(sets, of...); len(sets) > maxGroupingSets {
				return nil, sqlerr.New(sqlerr.StatementTooComplex, tooManyGroupSets, maxGroupingSets).At(int(sp.Pos))
			}
		}
		return sets, nil
	case "rollup", "cube":
	default:
		set, err := sel.groupSet(g)
		return [][]int{set}, err
	}
	units := make([][]int, len(sp.Args))
	for i, a := range sp.Args {
		var err error
		if units[i], err = sel.groupSet(a); err != nil {
			return nil, err
		}
	}
	if sp.Name == "rollup" {
		for n := len(units); n >= 0; n-- {
			sets = append(sets, slices.Concat(units[:n]...))
		}
		return sets, nil
	}
	if len(units) > maxCube {
		return nil, sqlerr.New(sqlerr.TooManyColumns, "CUBE is limited to %d elements", maxCube).At(int(sp.Pos))
	}
	for chosen := 1<<len(units) - 1; chosen >= 0; chosen-- {
		var set []int
		for i, u := range units {
			if chosen&(1<<i) != 0 {
				set = append(set, u...)
			}
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// groupSet binds one expression, or those of a list in parentheses.
func (sel *selection) groupSet(g ast.Expr) ([]int, error) {
	if row, ok := g.(*ast.Row); ok && !row.Explicit {
		var set []int
		for _, e := range row.Elems {
			of, err := sel.groupSet(e)
			if err != nil {
				return nil, err
			}
			set = append(set, of...)
		}
		return set, nil
	}
	x, item, err := sel.groupItem(g)
	if err != nil {
		return nil, err
	}
	if x, err = sel.b.known(x, loc(g)); err != nil {
		return nil, err
	}
	if err := sel.b.hasEquality(x, int(loc(g))); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(sel.groups, func(o group) bool { return o.expr.String() == x.String() })
	if i < 0 {
		i = len(sel.groups)
		sel.groups = append(sel.groups, group{expr: x, target: item})
	} else if sel.groups[i].target != item {
		sel.twice = sqlerr.Unsupported(int(loc(g)), "an item of GROUPING SETS that is the same as another of the select list")
	}
	return []int{i}, nil
}

// expansion is what grouping by several sets needs of the Reduce.
type expansion struct {
	keys   []int
	common []int // those that are in every set
	// set is the column with a set's number, 0: there is only one set.
	set int
	// real, if set, is false in the rows that stand for empty input; it and the columns of their union replace those that the aggregates refer to.
	real    int
	renamed map[int]expr.Expr
}

// expandSets puts each row once for every grouping set, the expressions that are not in the set NULL, so that one Reduce by these and the set's
// number serves all sets:
//
//	a  b      GROUP BY ROLLUP (a, b)      set  a     b
//	1  2      =>                          0    1     2
//	                                      1    1     NULL
//	                                      2    NULL  NULL
//
// The empty set has a group even over no rows: a row of NULLs makes it, which no aggregate counts.
func (sel *selection) expandSets() (*expansion, error) {
	x := &expansion{}
	if len(sel.sets) == 1 {
		for _, i := range sel.sets[0] {
			x.keys = append(x.keys, sel.groups[i].id)
		}
		x.common = x.keys
		return x, nil
	}
	b := sel.b
	args := []expr.Expr{setNumber(0), setNumber(len(sel.sets) - 1)}
	fn, _, err := expr.LookupSRF("generate_series", typesOf(args))
	if err != nil {
		return nil, err
	}
	x.set = b.Meta.Add("set", types.Of(types.Int4))
	outs := sel.node.Cols()
	sel.node = &plan.FlatMap{In: sel.node, Fn: fn, Args: args, IDs: []int{x.set}}
	items := plan.Pass(b.Meta, append(slices.Clone(outs), x.set))
	x.keys = []int{x.set}
	for i := range sel.groups {
		g := &sel.groups[i]
		in := sel.setsWith(i)
		if len(in) == len(sel.sets) {
			x.keys, x.common = append(x.keys, g.id), append(x.common, g.id)
			continue
		}
		when, err := x.isOneOf(b, in)
		if err != nil {
			return nil, err
		}
		t := g.expr.Type()
		item := plan.Item{ID: b.Meta.Add(b.Meta.Name(g.id), t), Expr: &expr.Case{Whens: []expr.When{{Cond: when, Then: b.Meta.Col(g.id)}}, T: t}}
		items = append(items, item)
		g.id = item.ID
		x.keys = append(x.keys, item.ID)
	}
	sel.node = &plan.Project{In: sel.node, Items: items}
	sel.addEmptyInput(x, items)
	return x, nil
}

// setsWith are the numbers of the sets that group i is in.
func (sel *selection) setsWith(i int) []int {
	var in []int
	for k, s := range sel.sets {
		if slices.Contains(s, i) {
			in = append(in, k)
		}
	}
	return in
}

// isOneOf tells whether the row at hand is of one of some sets.
func (x *expansion) isOneOf(b *Binder, sets []int) (expr.Expr, error) {
	args := make([]expr.Expr, len(sets))
	for i, n := range sets {
		eq, err := b.call("=", true, []expr.Expr{b.Meta.Col(x.set), setNumber(n)}, make([]ast.Pos, 2), -1)
		if err != nil {
			return nil, err
		}
		args[i] = eq
	}
	if len(args) == 1 {
		return args[0], nil
	}
	return &expr.Or{Args: args}, nil
}

// addEmptyInput adds a row of NULLs for each empty set.
func (sel *selection) addEmptyInput(x *expansion, items []plan.Item) {
	m := sel.b.Meta
	values := &plan.Values{}
	for k, s := range sel.sets {
		if len(s) > 0 {
			continue
		}
		var row []expr.Expr
		for _, it := range items {
			if it.ID == x.set {
				row = append(row, setNumber(k))
			} else {
				row = append(row, expr.Null(m.Type(it.ID)))
			}
		}
		values.Rows = append(values.Rows, append(row, expr.Bool(false)))
	}
	if len(values.Rows) == 0 {
		return
	}
	x.real = m.Add("real", types.Of(types.Bool))
	items = append(items, plan.Item{ID: x.real, Expr: expr.Bool(true)})
	expanded := &plan.Project{In: sel.node.(*plan.Project).In, Items: items}
	union := &plan.Union{Ins: []plan.Node{expanded, values}, Maps: make([][]int, 2)}
	renamed := map[int]int{}
	x.renamed = map[int]expr.Expr{}
	for _, it := range items {
		name, t := m.Name(it.ID), m.Type(it.ID)
		v, u := m.Add(name, t), m.Add(name, t)
		values.IDs, union.IDs = append(values.IDs, v), append(union.IDs, u)
		union.Maps[0], union.Maps[1] = append(union.Maps[0], it.ID), append(union.Maps[1], v)
		renamed[it.ID], x.renamed[it.ID] = u, m.Col(u)
	}
	x.real, x.set = renamed[x.real], renamed[x.set]
	for i := range x.keys {
		x.keys[i] = renamed[x.keys[i]]
	}
	for i := range sel.groups {
		sel.groups[i].id = renamed[sel.groups[i].id]
	}
	sel.node = union
}

func setNumber(n int) expr.Expr {
	return &expr.Const{D: types.NewInt(int64(n)), T: types.Of(types.Int4)}
}

// aggregates are the calls over what the expansion made of their input.
func (x *expansion) aggregates(aggs []plan.Agg) []plan.Agg {
	if x.real == 0 {
		return aggs
	}
	out := make([]plan.Agg, len(aggs))
	for i, a := range aggs {
		call := plan.MapAgg(a.Call, func(e expr.Expr) expr.Expr { return plan.Replace(e, x.renamed) })
		real := &expr.Col{ID: x.real, T: types.Of(types.Bool)}
		call.Filter = plan.Conjoin(append([]expr.Expr{real}, plan.Conjuncts(call.Filter)...))
		out[i] = plan.Agg{ID: a.ID, Call: call}
	}
	return out
}
