package plan

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
)

// Props are what is known of a relation whatever its contents.
type Props struct {
	// Keys are sets of columns on which no two rows are equal. An empty key: at most one row.
	Keys [][]int
	// NotNull are columns that are never NULL.
	NotNull ColSet
}

const maxKeys = 6

// fix takes columns out of the keys that predicates equate with what is no column of the relation: a constant, a parameter, an outer column.
func (p *Props) fix(preds []expr.Expr, cols ColSet) {
	fixed := ColSet{}
	for _, e := range preds {
		l, r, ok := Equality(e)
		if !ok {
			continue
		}
		for range 2 {
			if c, isCol := l.(*expr.Col); isCol && cols.Has(c.ID) && !HasSubquery(r) && !RefsOf(r).HasAny(cols) {
				fixed.Add(c.ID)
			}
			l, r = r, l
		}
	}
	if len(fixed) == 0 {
		return
	}
	keys := make([][]int, len(p.Keys))
	for i, k := range p.Keys {
		keys[i] = slices.DeleteFunc(slices.Clone(k), fixed.Has)
	}
	p.Keys = keys
}

// PropsOf derives the properties of n.
func PropsOf(n Node) Props {
	switch n := n.(type) {
	case *Scan:
		return scanProps(n)
	case *Values:
		p := Props{NotNull: ColSet{}}
		if len(n.Rows) <= 1 {
			p.Keys = [][]int{{}}
		}
		return p
	case *Filter:
		p := PropsOf(n.In)
		p.NotNull = p.NotNull.clone()
		for _, e := range n.Preds {
			RejectsNull(e, p.NotNull)
		}
		p.fix(n.Preds, SetOf(n.In.Cols()...))
		return p
	case *Project:
		return projectProps(n)
	case *Join:
		return joinProps(n.Kind, n.L, n.R, n.On)
	case *Apply:
		p := PropsOf(n.L)
		if !n.Kind.LeftOnly() {
			p.Keys = nil
		}
		return p
	case *FlatMap:
		p := PropsOf(n.In)
		p.Keys = nil
		if n.Ordinality && !n.Outer {
			p.NotNull = p.NotNull.clone()
			p.NotNull.Add(n.IDs[len(n.IDs)-1])
		}
		return p
	case *Reduce:
		return reduceProps(n)
	case *Distinct:
		p := PropsOf(n.In)
		p.addKey(n.Cols())
		return p
	case *TopK:
		p := PropsOf(n.In)
		if n.Limit == 1 && !n.WithTies || n.Limit == 0 {
			p.addKey(n.Partition)
		}
		return p
	case *Window:
		p := PropsOf(n.In)
		p.NotNull = p.NotNull.clone()
		for _, c := range n.Calls {
			if c.Call.Fn.NotNull {
				p.NotNull.Add(c.ID)
			}
			if c.Call.Fn.Name == "row_number" {
				p.addKey(concat(n.Partition, []int{c.ID}))
			}
		}
		return p
	case *Single:
		p := PropsOf(n.In)
		p.addKey(n.Key)
		return p
	case *SetOp:
		p := Props{NotNull: ColSet{}}
		if !n.All {
			p.addKey(n.IDs)
		}
		l := PropsOf(n.L)
		for i, id := range n.IDs {
			if l.NotNull.Has(n.LMap[i]) {
				p.NotNull.Add(id)
			}
		}
		return p
	case *Union:
		p := Props{NotNull: SetOf(n.IDs...)}
		for k, in := range n.Ins {
			ip := PropsOf(in)
			for i, id := range n.IDs {
				if !ip.NotNull.Has(n.Maps[k][i]) {
					delete(p.NotNull, id)
				}
			}
		}
		return p
	}
	return Props{NotNull: ColSet{}}
}

func (s ColSet) clone() ColSet {
	c := make(ColSet, len(s))
	for k := range s {
		c[k] = struct{}{}
	}
	return c
}

func (p *Props) addKey(k []int) {
	if len(p.Keys) < maxKeys && !p.UniqueOn(k) {
		p.Keys = append(slices.Clone(p.Keys), k)
	}
}

// UniqueOn tells whether some key lies within cols.
func (p Props) UniqueOn(cols []int) bool {
	for _, k := range p.Keys {
		in := true
		for _, c := range k {
			in = in && slices.Contains(cols, c)
		}
		if in {
			return true
		}
	}
	return false
}

func scanProps(n *Scan) Props {
	p := Props{NotNull: ColSet{}}
	if n.Table == nil {
		return p
	}
	for i, c := range n.Table.Columns {
		if c.NotNull && !c.Dropped || c.Hidden {
			p.NotNull.Add(n.IDs[i])
		}
	}
	var key []int
	for _, k := range n.Table.PrimaryKey {
		p.NotNull.Add(n.IDs[k])
		key = append(key, n.IDs[k])
	}
	p.Keys = append(p.Keys, key)
	return p
}

func projectProps(n *Project) Props {
	in := PropsOf(n.In)
	p := Props{NotNull: ColSet{}}
	rename := map[int]int{}
	for _, it := range n.Items {
		if c, ok := it.Expr.(*expr.Col); ok {
			if _, dup := rename[c.ID]; !dup {
				rename[c.ID] = it.ID
			}
		}
		if neverNull(it.Expr, in.NotNull) {
			p.NotNull.Add(it.ID)
		}
	}
	for _, k := range in.Keys {
		out := make([]int, 0, len(k))
		for _, c := range k {
			if r, ok := rename[c]; ok {
				out = append(out, r)
			}
		}
		if len(out) == len(k) {
			p.Keys = append(p.Keys, out)
		}
	}
	return p
}

func neverNull(e expr.Expr, notNull ColSet) bool {
	switch e := e.(type) {
	case *expr.Col:
		return notNull.Has(e.ID)
	case *expr.Const:
		return !e.D.IsNull()
	case *expr.Coalesce:
		for _, a := range e.Args {
			if neverNull(a, notNull) {
				return true
			}
		}
	case *expr.IsNull, *expr.IsDistinct, *expr.IsTrue:
		return true
	case *expr.Cast:
		return neverNull(e.X, notNull)
	}
	return false
}

func joinProps(k JoinKind, l, r Node, on []expr.Expr) Props {
	lp := PropsOf(l)
	if k.LeftOnly() {
		return lp
	}
	rp := PropsOf(r)
	p := Props{NotNull: ColSet{}}
	if k != Full {
		for c := range lp.NotNull {
			p.NotNull.Add(c)
		}
	}
	if k == Inner {
		for c := range rp.NotNull {
			p.NotNull.Add(c)
		}
		for _, e := range on {
			RejectsNull(e, p.NotNull)
		}
	}
	var lk, rk []int
	lset, rset := SetOf(l.Cols()...), SetOf(r.Cols()...)
	for _, e := range on {
		a, b, ok := Equality(e)
		if !ok {
			continue
		}
		ac, ok1 := a.(*expr.Col)
		bc, ok2 := b.(*expr.Col)
		if !ok1 || !ok2 {
			continue
		}
		if rset.Has(ac.ID) {
			ac, bc = bc, ac
		}
		if lset.Has(ac.ID) && rset.Has(bc.ID) {
			lk, rk = append(lk, ac.ID), append(rk, bc.ID)
		}
	}
	// A row of one side that meets at most one of the other keeps that side's keys.
	if rp.UniqueOn(rk) && k != Full {
		p.Keys = append(p.Keys, lp.Keys...)
	}
	if lp.UniqueOn(lk) && k == Inner {
		for _, key := range rp.Keys {
			p.addKey(key)
		}
	}
	if len(p.Keys) == 0 && len(lp.Keys) > 0 && len(rp.Keys) > 0 {
		p.Keys = append(p.Keys, concat(lp.Keys[0], rp.Keys[0]))
	}
	return p
}

func reduceProps(n *Reduce) Props {
	in := PropsOf(n.In)
	p := Props{Keys: [][]int{n.Keys}, NotNull: ColSet{}}
	for _, k := range n.Keys {
		if in.NotNull.Has(k) {
			p.NotNull.Add(k)
		}
	}
	for _, a := range n.Aggs {
		if !a.Call.Fn.Empty.IsNull() {
			p.NotNull.Add(a.ID)
		}
	}
	return p
}

// RejectsNull adds to set the columns that cannot be NULL where the predicate e is true.
func RejectsNull(e expr.Expr, set ColSet) {
	switch e := e.(type) {
	case *expr.And:
		for _, a := range e.Args {
			RejectsNull(a, set)
		}
	case *expr.Or:
		var common ColSet
		for i, a := range e.Args {
			s := ColSet{}
			RejectsNull(a, s)
			if i == 0 {
				common = s
				continue
			}
			for c := range common {
				if !s.Has(c) {
					delete(common, c)
				}
			}
		}
		for c := range common {
			set.Add(c)
		}
	case *expr.IsNull:
		if e.Not {
			nullThrough(e.X, set)
		}
	case *expr.IsTrue:
		if !e.Not {
			nullThrough(e.X, set)
		}
	case *expr.AnyAll: // of an empty array false, whatever is asked: no NULL goes through
		if e.Op.Strict && !e.All {
			nullThrough(e.X, set)
		}
	default:
		nullThrough(e, set)
	}
}

// nullThrough adds the columns whose being NULL makes e NULL.
func nullThrough(e expr.Expr, set ColSet) {
	switch e := e.(type) {
	case *expr.Col:
		set.Add(e.ID)
	case *expr.Call:
		if e.Fn.Strict {
			for _, a := range e.Args {
				nullThrough(a, set)
			}
		}
	case *expr.Cast:
		nullThrough(e.X, set)
	}
}
