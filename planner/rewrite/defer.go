package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// Deferred is a table of which a view keeps the primary key: its other columns are looked up when a row is read.
type Deferred struct {
	Table *catalog.Table
	Key   []int       // the columns that the view keeps it in
	Cols  map[int]int // column of the view: position in the table
}

// DeferColumns finds the columns of a view that its rows need not hold. A row that shows a row of a table, and its primary key, has all of that
// row's columns, as of any tick: they are left out where many rows of the view show the same row of the table and texts are among them. So a text
// is stored once, and its update changes no row of the view.
//
//	Project(f.who, t.id, t.text, Join(f, t)) => Project(f.who, t.id, NULL, Join(f, Project(t.id, t))), text looked up by t.id
//
// out are the view's columns, of which those of held must stay. core outputs cols: out, and behind it keys that out has not. No deferred columns:
// core shows what n does.
func DeferColumns(c *Ctx, n plan.Node, out []int, held plan.ColSet) (core plan.Node, cols []int, late []Deferred, err error) {
	d := &deferrer{meta: c.Meta, props: plan.PropsOf(n), held: held, passed: map[int]bool{}}
	shown := map[int][]int{}
	for _, id := range out {
		shown[id] = []int{id}
	}
	d.find(n, shown)
	if len(d.late) == 0 {
		core, err = PruneColumns(c, n)
		return core, out, nil, err
	}
	cols = slices.Clone(out)
	deferred := plan.ColSet{}
	for _, l := range d.late {
		for _, id := range l.Key {
			if !slices.Contains(cols, id) {
				cols = append(cols, id)
			}
		}
		for id := range l.Cols {
			deferred.Add(id)
		}
	}
	items := make([]plan.Item, len(cols))
	for i, id := range cols {
		items[i] = plan.Item{ID: id, Expr: c.Meta.Col(id)}
		if deferred.Has(id) {
			items[i] = plan.Item{ID: c.Meta.Add(c.Meta.Name(id), c.Meta.Type(id)), Expr: expr.Null(c.Meta.Type(id))}
		}
	}
	if core, err = PruneColumns(c, &plan.Project{In: d.pass(n), Items: items}); err != nil {
		return nil, nil, nil, err
	}
	return d.narrow(core), cols, d.late, nil
}

type deferrer struct {
	meta   *plan.Meta
	props  plan.Props
	held   plan.ColSet
	late   []Deferred
	passed map[int]bool // key columns that have to be passed up to the root
	scans  []*plan.Scan // by late
}

// find looks for tables whose rows reach the root as they are. shown tells for a column of n which columns of the root it is.
func (d *deferrer) find(n plan.Node, shown map[int][]int) {
	switch n := n.(type) {
	case *plan.Scan:
		d.scan(n, n, shown)
	case *plan.TopK: // what follows from its partition decides nothing in it
		for _, t := range dependentsOf(n) {
			d.scan(t.shown(), t.scan, shown)
		}
	case *plan.Project:
		below := map[int][]int{}
		for _, it := range n.Items {
			if c, ok := it.Expr.(*expr.Col); ok {
				below[c.ID] = append(below[c.ID], shown[it.ID]...)
			}
		}
		d.find(n.In, below)
	case *plan.Filter, *plan.FlatMap, *plan.Single:
		d.find(n.Inputs()[0], shown)
	case *plan.Join:
		d.find(n.L, shown)
		if !n.Kind.LeftOnly() {
			d.find(n.R, shown)
		}
	}
}

// scan decides about a table, read by a scan at or below s.
func (d *deferrer) scan(s, read *plan.Scan, shown map[int][]int) {
	if s.Table == nil || len(s.Table.PrimaryKey) == 0 {
		return
	}
	l := Deferred{Table: s.Table, Cols: map[int]int{}}
	texts := false
	for i, id := range s.IDs {
		if slices.Contains(s.Table.PrimaryKey, i) || d.held.HasAny(plan.SetOf(shown[id]...)) {
			continue
		}
		for _, at := range shown[id] {
			l.Cols[at] = i
			texts = texts || isText(d.meta.Type(id))
		}
	}
	var key, pass []int
	for _, i := range s.Table.PrimaryKey {
		id := s.IDs[i]
		key = append(key, shown[id]...)
		if at := shown[id]; len(at) > 0 {
			l.Key = append(l.Key, at[0])
		} else {
			l.Key, pass = append(l.Key, id), append(pass, id)
		}
	}
	if !texts || d.props.UniqueOn(append(key, pass...)) {
		return
	}
	for _, id := range pass {
		d.passed[id] = true
	}
	d.late, d.scans = append(d.late, l), append(d.scans, read)
}

// isText tells whether values of a type may be long.
func isText(t types.Type) bool {
	switch t.Kind {
	case types.Text, types.Varchar, types.BPChar, types.Bytea, types.JSON, types.JSONB:
		return true
	}
	return t.Array
}

// pass makes the key columns that are passed part of what n outputs, where it has them.
func (d *deferrer) pass(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		out := *n
		for i, id := range n.IDs {
			if d.passed[id] && !slices.Contains(n.Keep, i) {
				out.Keep = append(slices.Clone(out.Keep), i)
			}
		}
		return &out
	case *plan.Project:
		in := d.pass(n.In)
		items := slices.Clone(n.Items)
		for _, id := range in.Cols() {
			if d.passed[id] && !slices.ContainsFunc(items, func(it plan.Item) bool { return it.ID == id }) {
				items = append(items, plan.Item{ID: id, Expr: d.meta.Col(id)})
			}
		}
		return &plan.Project{In: in, Items: items}
	case *plan.Filter, *plan.FlatMap, *plan.Single:
		return n.WithInputs([]plan.Node{d.pass(n.Inputs()[0])})
	case *plan.Join:
		r := n.R
		if !n.Kind.LeftOnly() {
			r = d.pass(r)
		}
		return n.WithInputs([]plan.Node{d.pass(n.L), r})
	}
	return n
}

// narrow reads of the tables only what is left of them, so that a change of another column is none.
func (d *deferrer) narrow(n plan.Node) plan.Node {
	if s, ok := n.(*plan.Scan); ok {
		if slices.ContainsFunc(d.scans, func(l *plan.Scan) bool { return slices.Equal(l.IDs, s.IDs) }) {
			return &plan.Project{In: s, Items: plan.Pass(d.meta, s.Cols())}
		}
		return s
	}
	out, _ := mapInputs(n, func(in plan.Node) (plan.Node, error) { return d.narrow(in), nil })
	return out
}

// maxTaken is how many rows a limit may look at that is taken when a row is read: all of them are read for one.
const maxTaken = 10_000

// TakeLimit parts the limit at the root of a view's query from the rest: the view's tree is in its order, so that a read takes it. partition are
// the view's parameters, order is its own; ok is false where the limit is another's, or large.
//
//	Project(e, TopK(x)) => Project(e, x), then TopK; no e can fail, for it meets rows that the limit keeps from it
func TakeLimit(n plan.Node, partition []int, order []plan.Sort) (limit *plan.TopK, in plan.Node, ok bool) {
	items := map[int]int{} // column below: column of n
	p, projected := n.(*plan.Project)
	if projected {
		n = p.In
		for _, it := range p.Items {
			if c, ok := it.Expr.(*expr.Col); ok {
				items[c.ID] = it.ID
			}
			if expr.CanFail(it.Expr) {
				return nil, nil, false
			}
		}
	}
	k, ok := n.(*plan.TopK)
	if !ok || k.WithTies || k.Limit < 0 || k.Limit > maxTaken || k.Offset > maxTaken-k.Limit || len(order) == 0 || len(order) != len(k.Order) || len(k.Partition) != len(partition) {
		return nil, nil, false
	}
	above := func(id int) int {
		if projected {
			return items[id]
		}
		return id
	}
	for _, id := range k.Partition {
		if !slices.Contains(partition, above(id)) {
			return nil, nil, false
		}
	}
	for i, s := range k.Order {
		if s.Col = above(s.Col); s != order[i] {
			return nil, nil, false
		}
	}
	in = k.In
	if projected {
		in = &plan.Project{In: in, Items: p.Items}
	}
	return &plan.TopK{Partition: partition, Order: order, Limit: k.Limit, Offset: k.Offset}, in, true
}
