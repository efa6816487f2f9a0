package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// CheckParams refuses parameters whose type nothing determined.
func CheckParams(m *plan.Meta, params []plan.Param) error {
	for _, p := range params {
		if m.Type(p.ID).Is(types.Unknown) {
			return sqlerr.New(sqlerr.IndeterminateDatatype, "could not determine data type of parameter $%s", p.Name).At(p.Pos)
		}
	}
	return nil
}

// Parameterise makes a view's parameters columns. A parameter is an outer column for which there is no domain: it must be equated with a column, by
// a predicate that rejects NULL, on each path that it must come by. Then it joins every group key, partition, DISTINCT and set operation above.
func Parameterise(c *Ctx, n plan.Node, keep []int, params []plan.Param) (*plan.Parameterised, error) {
	ids := make([]int, len(params))
	for i, p := range params {
		ids[i] = p.ID
	}
	n = &plan.Project{In: n, Items: plan.Pass(c.Meta, keep)}
	n, err := Unnest(c, n)
	if err != nil {
		return nil, err
	}
	if n, err = Decorrelate(c, n); err != nil {
		return nil, err
	}
	for _, q := range params {
		if len(c.printed(n, []int{q.ID})) > 0 {
			return nil, sqlerr.Unsupported(q.Pos, "a view parameter of type %s, other than to compare it,", c.Meta.Type(q.ID))
		}
	}
	// Conditions about a parameter go down first, to where its column is.
	c.Params = plan.SetOf(ids...)
	n, err = c.run(Phase{Name: "simplify", Rules: simplify()}, n)
	c.Params = nil
	if err != nil {
		return nil, err
	}
	p := &pusher{c: c, outer: ids, pos: params[0].Pos}
	r, err := p.push(n)
	if err != nil || !r.covers(ids) {
		return nil, refuseParam(c, n, params, r)
	}
	out := &plan.Parameterised{}
	node := r.node
	if r.absent != nil {
		node = c.presentRows(r, ids)
		out.Absent = c.absentRow(r, keep)
	}
	for _, id := range ids {
		out.Params = append(out.Params, r.cols[id])
	}
	proj := &plan.Project{In: node}
	for i, v := range out.Params {
		// The parameter's column may be an output column as well: it gets one of its own.
		id := c.Meta.Add(params[i].Name, c.Meta.Type(v))
		proj.Items = append(proj.Items, plan.Item{ID: id, Expr: c.Meta.Col(v)})
		out.Params[i] = id
	}
	proj.Items = append(proj.Items, plan.Pass(c.Meta, keep)...)
	out.Node = proj
	return out, nil
}

// presentRows computes what stood above an aggregate, for the values that occur.
func (c *Ctx) presentRows(r pushed, outer []int) plan.Node {
	pass := plan.Pass(c.Meta, r.values(outer))
	items := slices.Clone(pass)
	for _, ab := range r.absent {
		items = append(items, plan.Item{ID: ab.id, Expr: c.Meta.Col(ab.from)})
	}
	var n plan.Node = &plan.Project{In: r.node, Items: items}
	with := map[int]expr.Expr{}
	for _, o := range outer {
		with[o] = c.Meta.Col(r.cols[o])
	}
	for _, post := range r.posts {
		next := slices.Clone(pass)
		for _, it := range post {
			next = append(next, plan.Item{ID: it.ID, Expr: plan.Replace(it.Expr, with)})
		}
		n = &plan.Project{In: n, Items: next}
	}
	return n
}

// absentRow computes the columns keep for a value without rows.
func (c *Ctx) absentRow(r pushed, keep []int) []expr.Expr {
	with := map[int]expr.Expr{}
	for _, ab := range r.absent {
		with[ab.id] = ab.empty
	}
	for _, post := range r.posts {
		next := map[int]expr.Expr{}
		for _, it := range post {
			next[it.ID] = plan.Replace(it.Expr, with)
		}
		with = next
	}
	out := make([]expr.Expr, len(keep))
	for i, id := range keep {
		out[i] = with[id]
	}
	return out
}

// AbsentRow adds the row of a value that does not occur, where a parameterised view of aggregates is read by value.
//
//	Filter(p = k, v) => Filter(p = k, Union(Filter(p = k, v), Anti(row of k, Filter(p = k, v))))
//
// The outer filter stays, for a k that is NULL.
func AbsentRow(c *Ctx, n plan.Node) (plan.Node, bool, error) {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n, false, nil
	}
	s, ok := f.In.(*plan.Scan)
	if !ok || s.Absent == nil {
		return n, false, nil
	}
	keys := constants(f)
	var vals []expr.Expr
	for i := range s.Absent.Params {
		k := keys[s.IDs[i]]
		if k == nil {
			return n, false, nil
		}
		vals = append(vals, k.Args[1])
	}
	return &plan.Filter{In: c.withAbsent(s, vals, keys), Preds: f.Preds}, true, nil
}

// withAbsent is the rows of view s for the values, or the row for values that do not occur.
func (c *Ctx) withAbsent(s *plan.Scan, vals []expr.Expr, eqs map[int]*expr.Call) plan.Node {
	present, again := *s, *s
	present.Absent, again.Absent = nil, nil
	present.IDs, again.IDs = c.fresh(s.IDs), c.fresh(s.IDs)
	by := func(s2 *plan.Scan) plan.Node {
		f := &plan.Filter{In: s2}
		for i := range vals {
			e := *eqs[s.IDs[i]]
			e.Args = []expr.Expr{c.Meta.Col(s2.IDs[i]), vals[i]}
			f.Preds = append(f.Preds, &e)
		}
		return f
	}
	with := map[int]expr.Expr{}
	for i, p := range s.Absent.Params {
		with[p] = vals[i]
	}
	row := &plan.Project{In: &plan.Join{Kind: plan.Anti, L: plan.One(), R: by(&again)}}
	u := &plan.Union{IDs: s.Cols()}
	maps := [2][]int{}
	for _, k := range s.Keep {
		var e expr.Expr
		if k < len(vals) {
			e = vals[k]
		} else {
			e = plan.Replace(s.Absent.Row[k-len(vals)], with)
		}
		id := c.Meta.Add(c.Meta.Name(s.IDs[k]), c.Meta.Type(s.IDs[k]))
		row.Items = append(row.Items, plan.Item{ID: id, Expr: e})
		maps[0], maps[1] = append(maps[0], present.IDs[k]), append(maps[1], id)
	}
	u.Ins, u.Maps = []plan.Node{by(&present), row}, [][]int{maps[0], maps[1]}
	return u
}

func (c *Ctx) fresh(ids []int) []int {
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = c.Meta.Add(c.Meta.Name(id), c.Meta.Type(id))
	}
	return out
}

// ReadByValue is AbsentRow for v(values) in FROM, where NULL is a value like any other.
func ReadByValue(c *Ctx, s *plan.Scan, vals []expr.Expr, eqs []*expr.Call) plan.Node {
	m := map[int]*expr.Call{}
	for i, e := range eqs {
		m[s.IDs[i]] = e
	}
	return c.withAbsent(s, vals, m)
}

// refuseParam names the parameter that could not be carried through.
func refuseParam(c *Ctx, n plan.Node, params []plan.Param, r pushed) error {
	p := params[0]
	for _, q := range params {
		if _, ok := r.cols[q.ID]; !ok && r.node != nil {
			p = q
			break
		}
	}
	return sqlerr.New(sqlerr.FeatureNotSupported, "view parameter $%s is not supported here", p.Name).At(p.Pos).
		WithDetail("A parameter must be equated with a column, as in WHERE follower_id = $%s, in a condition that holds for every row of the result.", p.Name)
}
