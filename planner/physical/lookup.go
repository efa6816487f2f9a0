package physical

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/types"
)

// tree is an ordered structure that a relation can be read through.
type tree struct {
	index   catalog.ID // 0: the relation's own
	name    string
	columns []catalog.IndexColumn
	unique  bool
}

// trees are the relation's own tree and its indexes.
func (b *Builder) trees(s *plan.Scan) []tree {
	var out []tree
	if s.Table != nil {
		t := tree{unique: true, name: s.Table.PrimaryKeyName}
		for _, c := range s.Table.PrimaryKey {
			t.columns = append(t.columns, catalog.IndexColumn{Col: c})
		}
		out = append(out, t)
	} else {
		out = append(out, tree{columns: s.View.Order})
	}
	for _, x := range b.indexes(s.Relation) {
		out = append(out, tree{index: x.ID, name: x.Name, columns: x.Columns, unique: x.Unique})
	}
	return out
}

// bound is a condition on a column: col op value, value without columns.
type bound struct {
	col   int // position in the relation
	op    string
	value expr.Expr
	pred  int // number of the predicate
}

// lookup recognises a query over one relation that a tree answers: equality or range on a prefix of its key, or its order. nil if none helps.
func (b *Builder) lookup(n plan.Node, order []plan.Sort, limited bool) *Lookup {
	var items []plan.Item
	if p, ok := n.(*plan.Project); ok {
		items, n = p.Items, p.In
	}
	var preds []expr.Expr
	if f, ok := n.(*plan.Filter); ok {
		preds, n = f.Preds, f.In
	}
	s, ok := n.(*plan.Scan)
	if !ok {
		return nil
	}
	for _, e := range preds {
		if expr.VolatilityOf(e) == types.Volatile {
			return nil
		}
	}
	bounds := b.bounds(s, preds)
	var best *Lookup
	bestScore := 0
	for i, t := range b.trees(s) {
		l, score := b.through(s, t, preds, bounds, items, order)
		if i == 0 && len(order) == 0 && limited {
			score++ // the relation's own order serves a LIMIT
		}
		if l != nil && score > bestScore {
			best, bestScore = l, score
		}
	}
	if best == nil {
		return nil
	}
	if items == nil {
		items = plan.Pass(b.Meta, s.Cols())
	}
	pos := rel{cols: s.IDs}
	whole := len(items) == len(s.IDs)
	for i, it := range items {
		e := pos.place(it.Expr)
		c, ok := e.(*expr.Col)
		whole = whole && ok && c.ID == i
		best.Project = append(best.Project, e)
	}
	if whole {
		best.Project = nil
	}
	return best
}

// bounds finds the predicates that compare a column with a value of its own type.
func (b *Builder) bounds(s *plan.Scan, preds []expr.Expr) []bound {
	flip := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
	var out []bound
	for i, e := range preds {
		c, ok := e.(*expr.Call)
		if !ok || len(c.Args) != 2 || flip[c.Fn.Name] == "" {
			continue
		}
		l, r, op := c.Args[0], c.Args[1], c.Fn.Name
		if _, ok := l.(*expr.Col); !ok {
			l, r, op = r, l, flip[op]
		}
		col, ok := l.(*expr.Col)
		if !ok || len(plan.RefsOf(r)) > 0 || plan.HasSubquery(r) || expr.VolatilityOf(r) == types.Volatile {
			continue
		}
		at := slices.Index(s.IDs, col.ID)
		v, ok := keyValue(r, col.T)
		if at >= 0 && ok {
			out = append(out, bound{col: at, op: op, value: v, pred: i})
		}
	}
	return out
}

// keyValue makes a value one of the column's type, so that it can be encoded as its key.
func keyValue(v expr.Expr, t types.Type) (expr.Expr, bool) {
	from := v.Type().Base()
	to := t.Base()
	if from == to || stringlike(from) && stringlike(to) {
		return v, true
	}
	c := types.FindCast(from, to)
	if c == nil || c.Volatility != types.Immutable {
		return nil, false
	}
	if k, ok := v.(*expr.Const); ok {
		if k.D.IsNull() {
			return expr.Null(to), true
		}
		// A value that has no exact image in the column's type matches no row, but that is left to the filter.
		back := types.FindCast(to, from)
		d, err := c.Eval(types.DefaultConfig(), k.D, false)
		if err != nil || back == nil {
			return nil, false
		}
		again, err := back.Eval(types.DefaultConfig(), d, false)
		if err != nil || types.Compare(from, again, k.D) != 0 {
			return nil, false
		}
		return &expr.Const{D: d, T: to}, true
	}
	if c.Context != types.Implicit || c.CanFail {
		return nil, false
	}
	return &expr.Cast{X: v, To: to, Conv: c, Pos: -1}, true
}

func stringlike(t types.Type) bool {
	return !t.Array && (t.Kind == types.Text || t.Kind == types.Varchar)
}

// through tries a tree; a higher score reads less.
func (b *Builder) through(s *plan.Scan, t tree, preds []expr.Expr, bounds []bound, items []plan.Item, order []plan.Sort) (*Lookup, int) {
	l := &Lookup{Relation: s.Relation, Index: t.index, Via: t.name}
	used := map[int]bool{}
	eq := 0
	for _, c := range t.columns {
		i := slices.IndexFunc(bounds, func(x bound) bool { return x.col == c.Col && x.op == "=" && !used[x.pred] })
		if i < 0 {
			break
		}
		used[bounds[i].pred] = true
		l.Eq = append(l.Eq, bounds[i].value)
		eq++
	}
	score := 10 * eq
	if eq < len(t.columns) {
		score += b.ranged(l, t.columns[eq], bounds, used)
	}
	if t.unique && eq == len(t.columns) {
		score += 1000
		l.Sorted = true
	} else if fits, backward, ties := b.serves(s, t, eq, items, order); fits {
		l.Sorted, l.Backward, l.Ties = true, backward, ties
		if len(order) > 0 {
			score += 5
		}
	}
	pos := rel{cols: s.IDs}
	var rest []expr.Expr
	for i, p := range preds {
		if !used[i] {
			rest = append(rest, pos.place(p))
		}
	}
	l.Filter = plan.Conjoin(rest)
	return l, score
}

// ranged sets the bounds of the tree column behind the equal ones.
func (b *Builder) ranged(l *Lookup, c catalog.IndexColumn, bounds []bound, used map[int]bool) int {
	score := 0
	for _, x := range bounds {
		if x.col != c.Col || x.op == "=" || used[x.pred] {
			continue
		}
		switch {
		case x.op[0] == '>' && l.Lo == nil:
			l.Lo, l.LoOpen = x.value, x.op == ">"
		case x.op[0] == '<' && l.Hi == nil:
			l.Hi, l.HiOpen = x.value, x.op == "<"
		default:
			continue
		}
		used[x.pred] = true
		score += 3
	}
	return score
}

// serves tells whether the tree, behind eq equal columns, has the order asked for, forwards or backwards, and whether ties are left to be put in order.
func (b *Builder) serves(s *plan.Scan, t tree, eq int, items []plan.Item, order []plan.Sort) (ok, backward, ties bool) {
	if len(order) == 0 {
		return true, false, false
	}
	source := map[int]int{} // output column -> position in the relation
	for i, id := range s.IDs {
		source[id] = i
	}
	for _, it := range items {
		if c, ok := it.Expr.(*expr.Col); ok {
			if at, ok := source[c.ID]; ok {
				source[it.ID] = at
			}
		}
	}
	fixed := map[int]bool{}
	for _, c := range t.columns[:eq] {
		fixed[c.Col] = true
	}
	at := eq
	decided := false
	for _, o := range order {
		col, known := source[o.Col]
		if !known {
			return false, false, false
		}
		if fixed[col] {
			continue
		}
		if at == len(t.columns) || t.columns[at].Col != col {
			return false, false, false
		}
		c := t.columns[at]
		back := o.Desc != c.Desc
		nulls := c.NullsFirst != back
		if nulls != o.NullsFirst && !b.notNull(s, col) || decided && back != backward {
			return false, false, false
		}
		backward, decided = back, true
		fixed[col] = true
		at++
	}
	return true, backward, !(t.unique && at == len(t.columns))
}

func (b *Builder) notNull(s *plan.Scan, col int) bool {
	return s.Table != nil && (s.Table.Columns[col].NotNull || slices.Contains(s.Table.PrimaryKey, col))
}
