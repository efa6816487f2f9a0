package rewrite

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
)

// topK is PruneColumns of a TopK, which keeps whole rows, as all columns break its ties. Those that follow from its partition break none: where
// the partition has the primary key of a table whose rows are joined below, its rows all show the same row of that table. Such columns are left
// out, and what a view needs of them is joined back to what is kept, so that a text does not stand beside each row that competes.
//
//	TopK(p, Join(b, a)), a's key in p  =>  Join(TopK(p, Join(b, a's key)), a) on a's key
func (p pruner) topK(n *plan.TopK, need plan.ColSet) plan.Node {
	below := n.In
	var back []dependent
	if !plan.PropsOf(n.In).UniqueOn(n.Partition) {
		gone := plan.ColSet{}
		for _, d := range dependentsOf(n) {
			b := d.needed(p.c.Meta, need)
			if p.c.View && b.texts {
				back = append(back, b)
			}
			for k, id := range d.cols {
				if b.cols[k] == 0 || p.c.View && b.texts {
					gone.Add(id)
				}
			}
		}
		if len(gone) > 0 {
			below = &plan.Project{In: n.In, Items: plan.Pass(p.c.Meta, slices.DeleteFunc(slices.Clone(n.Cols()), gone.Has))}
		}
	}
	var out plan.Node = n.WithInputs([]plan.Node{p.prune(below, plan.SetOf(below.Cols()...))})
	for _, b := range back {
		joined, err := b.join(p.c, out)
		if err != nil { // no equality for the key's type: it is all kept, as it was
			return n.WithInputs([]plan.Node{p.prune(n.In, plan.SetOf(n.Cols()...))})
		}
		out = joined
	}
	if len(back) > 0 {
		out = &plan.Project{In: out, Items: plan.Pass(p.c.Meta, slices.DeleteFunc(slices.Clone(n.Cols()), func(id int) bool { return !need.Has(id) }))}
	}
	return out
}

// dependent is a table of which the partition of a TopK has the primary key.
type dependent struct {
	scan  *plan.Scan
	key   []int       // the columns of the partition that have it
	cols  map[int]int // position in the table: column of the TopK, of those that decide nothing
	texts bool        // some of cols may be long
}

// dependentsOf finds the tables whose rows reach a TopK as they are, one for all rows of a partition.
func dependentsOf(n *plan.TopK) []dependent {
	f := dependentFinder{topK: n}
	shown := map[int]int{}
	for _, id := range n.Cols() {
		shown[id] = id
	}
	f.find(n.In, shown)
	return f.found
}

type dependentFinder struct {
	topK  *plan.TopK
	found []dependent
}

// find: shown tells for a column of n which column of the TopK it is.
func (f *dependentFinder) find(n plan.Node, shown map[int]int) {
	switch n := n.(type) {
	case *plan.Scan:
		f.scan(n, shown)
	case *plan.Project:
		below := map[int]int{}
		for _, it := range n.Items {
			if c, ok := it.Expr.(*expr.Col); ok && shown[it.ID] != 0 && below[c.ID] == 0 {
				below[c.ID] = shown[it.ID]
			}
		}
		f.find(n.In, below)
	case *plan.Filter, *plan.FlatMap, *plan.Single:
		f.find(n.Inputs()[0], shown)
	case *plan.Join: // not where a missing row would be shown as NULLs
		if n.Kind != plan.Full {
			f.find(n.L, shown)
		}
		if n.Kind == plan.Inner {
			f.find(n.R, shown)
		}
	}
}

func (f *dependentFinder) scan(s *plan.Scan, shown map[int]int) {
	if s.Table == nil || len(s.Table.PrimaryKey) == 0 {
		return
	}
	d := dependent{scan: s, cols: map[int]int{}}
	for _, k := range s.Table.PrimaryKey {
		id := shown[s.IDs[k]]
		if id == 0 || !slices.Contains(f.topK.Partition, id) {
			return
		}
		d.key = append(d.key, id)
	}
	for _, k := range s.Keep {
		id := shown[s.IDs[k]]
		if id != 0 && !slices.Contains(f.topK.Partition, id) && !slices.ContainsFunc(f.topK.Order, func(o plan.Sort) bool { return o.Col == id }) {
			d.cols[k] = id
		}
	}
	f.found = append(f.found, d)
}

// needed is d with those of its columns only that are in need.
func (d dependent) needed(m *plan.Meta, need plan.ColSet) dependent {
	cols := d.cols
	d.cols, d.texts = map[int]int{}, false
	for k, id := range cols {
		if need.Has(id) {
			d.cols[k] = id
			d.texts = d.texts || isText(m.Type(id))
		}
	}
	return d
}

// shown is the table as if it stood above the TopK.
func (d dependent) shown() *plan.Scan {
	s := *d.scan
	s.IDs, s.Keep = make([]int, len(s.IDs)), nil
	for i, k := range s.Table.PrimaryKey {
		s.IDs[k] = d.key[i]
	}
	for k, id := range d.cols {
		s.IDs[k] = id
	}
	return &s
}

// join puts the columns behind those of n.
func (d dependent) join(c *Ctx, n plan.Node) (plan.Node, error) {
	s := *d.scan
	s.IDs, s.Keep = slices.Clone(s.IDs), nil
	for k, id := range s.IDs {
		if back, ok := d.cols[k]; ok {
			s.IDs[k] = back
		} else {
			s.IDs[k] = c.Meta.Add(c.Meta.Name(id), c.Meta.Type(id))
		}
		if d.cols[k] != 0 || slices.Contains(s.Table.PrimaryKey, k) {
			s.Keep = append(s.Keep, k)
		}
	}
	var on []expr.Expr
	for i, k := range s.Table.PrimaryKey {
		eq, err := c.equal(d.key[i], s.IDs[k], true)
		if err != nil {
			return nil, err
		}
		on = append(on, eq)
	}
	return &plan.Join{Kind: plan.Inner, L: n, R: &s, On: on}, nil
}
