package engine

import (
	"bytes"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// findFilters finds the scans that nobody reads but one filter: of those only the part of a tree that the filter can let pass is read.
func (a *adhoc) findFilters(root physical.Node) error {
	readers := map[string]int{}
	filters := map[string]*physical.Filter{}
	seen := map[string]bool{}
	var walk func(n physical.Node) error
	walk = func(n physical.Node) error {
		text := a.b.texts.Of(n)
		if seen[text] {
			return nil
		}
		seen[text] = true
		for _, in := range n.Inputs() {
			if s, ok := in.(*physical.Scan); ok {
				served := false
				if x, ok := n.(*physical.Arrange); ok {
					var err error
					if _, served, err = a.serving(s, x.Key); err != nil {
						return err
					}
				}
				if !served {
					readers[a.b.texts.Of(s)]++
				}
				if f, ok := n.(*physical.Filter); ok {
					filters[a.b.texts.Of(s)] = f
				}
			}
			if err := walk(in); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(root); err != nil {
		return err
	}
	a.filters = map[string]*physical.Filter{}
	for text, f := range filters {
		if readers[text] == 1 {
			a.filters[text] = f
		}
	}
	return nil
}

// narrow finds the tree of a filtered relation of which least has to be read; ok is false if none helps.
func (a *adhoc) narrow(s *physical.Scan, f *physical.Filter, t *catalog.Table, v *catalog.View) (in input, ok bool) {
	conds := comparisons(f.Pred)
	best := 0
	try := func(key []operators.OrderCol, put bool, rows func() operators.Reader) {
		l, score := rangeOf(key, s.Cols, conds)
		if score <= best {
			return
		}
		r := lookup{l: l, ectx: a.b.ctx, ts: s.Cols, key: key}
		some, err := r.bounds()
		if err != nil { // the filter will say so, if it comes to a row
			return
		}
		best = score
		failing := v
		if v != nil && r.viewErrors(a.rd.Snapshot, v) == nil {
			failing = nil // its errors are of other keys
		}
		in = a.standing(s, key, put, part{rows(), r.lo, r.hi, !some}, failing)
	}
	try(appendTreeKey(nil, t, v), t != nil, func() operators.Reader { return a.tree(s, t, v) })
	for _, x := range a.rd.Snapshot.Catalog.Indexes(s.Relation) {
		try(appendIndexKey(nil, x.Columns), false, func() operators.Reader { return a.rd.index(t, x) })
	}
	return in, best > 0
}

// comparison is a conjunct: column op value.
type comparison struct {
	col   int
	op    string
	value expr.Expr
}

func comparisons(pred expr.Expr) (out []comparison) {
	flip := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
	switch e := pred.(type) {
	case *expr.And:
		for _, x := range e.Args {
			out = append(out, comparisons(x)...)
		}
	case *expr.Call:
		if len(e.Args) != 2 || flip[e.Fn.Name] == "" || !e.Fn.IsOperator() {
			return nil
		}
		l, r, op := e.Args[0], e.Args[1], e.Fn.Name
		if _, ok := l.(*expr.Col); !ok {
			l, r, op = r, l, flip[op]
		}
		if c, ok := l.(*expr.Col); ok && c.T.Base() == r.Type().Base() && isFixed(r) {
			out = append(out, comparison{c.ID, op, r})
		}
	}
	return out
}

// isFixed tells whether e has one value for all rows.
func isFixed(e expr.Expr) bool {
	fixed := expr.VolatilityOf(e) != types.Volatile
	expr.Walk(e, func(e expr.Expr) bool {
		if _, ok := e.(*expr.Col); ok {
			fixed = false
		}
		return fixed
	})
	return fixed
}

// rangeOf is the part of a tree that comparisons leave: equal columns, then a range of the next one. The score is higher for a smaller one.
func rangeOf(key []operators.OrderCol, ts []types.Type, conds []comparison) (l *physical.Lookup, score int) {
	l = &physical.Lookup{}
	for _, k := range key {
		eq := false
		for _, c := range conds {
			if c.col == k.Col && c.op == "=" {
				l.Eq, eq, score = append(l.Eq, c.value), true, score+3
				break
			}
		}
		if eq {
			continue
		}
		for _, c := range conds {
			switch {
			case c.col != k.Col:
			case c.op[0] == '>' && l.Lo == nil:
				l.Lo, l.LoOpen, score = c.value, c.op == ">", score+1
			case c.op[0] == '<' && l.Hi == nil:
				l.Hi, l.HiOpen, score = c.value, c.op == "<", score+1
			}
		}
		break
	}
	return l, score
}

// part is the entries of a tree from lo up to hi, exclusively (nil: to the end).
type part struct {
	operators.Reader
	lo, hi []byte
	empty  bool
}

func (p part) Iter() storage.Iterator { return &partIter{p.Reader.Iter(), p} }

// partIter is an iterator that does not leave its part.
type partIter struct {
	storage.Iterator
	p part
}

func (it *partIter) within(ok bool) bool {
	if !ok || it.p.empty {
		return false
	}
	var key []byte
	if f, ok := it.Iterator.(interface{ storedKey() []byte }); ok { // what a scan goes on at is the last entry given out
		key = f.storedKey()
	} else {
		key = it.Key()
	}
	return bytes.Compare(key, it.p.lo) >= 0 && (it.p.hi == nil || bytes.Compare(key, it.p.hi) < 0)
}

func (it *partIter) SeekGE(key []byte) bool {
	if bytes.Compare(key, it.p.lo) < 0 {
		key = it.p.lo
	}
	return it.within(it.Iterator.SeekGE(key))
}

func (it *partIter) SeekLT(key []byte) bool {
	if it.p.hi != nil && (key == nil || bytes.Compare(key, it.p.hi) > 0) {
		key = it.p.hi
	}
	return it.within(it.Iterator.SeekLT(key))
}

func (it *partIter) Next() bool { return it.within(it.Iterator.Next()) }
func (it *partIter) Prev() bool { return it.within(it.Iterator.Prev()) }
