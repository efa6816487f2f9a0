package plan

import (
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// SubKind is what a subquery in an expression is for.
type SubKind uint8

const (
	// ScalarSub is the value of the only row, NULL without one.
	ScalarSub SubKind = iota
	ExistsSub
	// AnySub and AllSub are Left op ANY|ALL (subquery); IN is = ANY, NOT IN its negation.
	AnySub
	AllSub
	ArraySub
)

// Subquery is a subquery inside an expression, between bind and the Unnest phase.
type Subquery struct {
	Kind SubKind
	Plan Node
	Out  []int  // the subquery's output columns
	Name string // of the only one of ScalarSub
	// Left and Ops compare the left operand with Out (AnySub, AllSub): Cond is the comparison of one row, over Left's columns and Out.
	Cond []expr.Expr
	// Eq says that Cond consists of equalities (IN).
	Order []Sort // of ArraySub
	T     types.Type
	Pos   int
}

func (s *Subquery) Type() types.Type      { return s.T }
func (s *Subquery) Children() []expr.Expr { return s.Cond }
func (s *Subquery) String() string        { return "(subquery " + Format(s.Plan, nil) + ")" }
func (s *Subquery) WithChildren(c []expr.Expr) expr.Expr {
	n := *s
	n.Cond = c
	return &n
}

// HasSubquery tells whether e holds a subquery.
func HasSubquery(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		if _, ok := x.(*Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// ColSet is a set of column ids.
type ColSet map[int]struct{}

// SetOf makes a set.
func SetOf(cols ...int) ColSet {
	s := make(ColSet, len(cols))
	for _, c := range cols {
		s[c] = struct{}{}
	}
	return s
}

// Has tells membership.
func (s ColSet) Has(c int) bool { _, ok := s[c]; return ok }

// Add adds columns.
func (s ColSet) Add(cols ...int) {
	for _, c := range cols {
		s[c] = struct{}{}
	}
}

// HasAll and HasAny tell whether all or any columns of t are in s.
func (s ColSet) HasAll(t ColSet) bool {
	for c := range t {
		if !s.Has(c) {
			return false
		}
	}
	return true
}

func (s ColSet) HasAny(t ColSet) bool {
	for c := range t {
		if s.Has(c) {
			return true
		}
	}
	return false
}

// Refs adds the columns that e refers to, those free in its subqueries too.
func Refs(e expr.Expr, into ColSet) {
	if e == nil {
		return
	}
	expr.Walk(e, func(x expr.Expr) bool {
		switch x := x.(type) {
		case *expr.Col:
			into.Add(x.ID)
		case *Subquery:
			free := Free(x.Plan)
			out := SetOf(x.Out...)
			for c := range free {
				into.Add(c)
			}
			for _, k := range x.Cond {
				sub := ColSet{}
				Refs(k, sub)
				for c := range sub {
					if !out.Has(c) {
						into.Add(c)
					}
				}
			}
			return false
		}
		return true
	})
}

// RefsOf is Refs into a new set.
func RefsOf(es ...expr.Expr) ColSet {
	s := ColSet{}
	for _, e := range es {
		Refs(e, s)
	}
	return s
}

// Free are the columns that n refers to and does not have below: those of outer queries.
func Free(n Node) ColSet {
	used := RefsOf(Exprs(n)...)
	used.Add(structural(n)...)
	free := ColSet{}
	ins := n.Inputs()
	for i, in := range ins {
		cols := SetOf(in.Cols()...)
		for c := range used {
			if cols.Has(c) {
				delete(used, c)
			}
		}
		inner := Free(in)
		if _, ok := n.(*Apply); ok && i == 1 {
			left := SetOf(ins[0].Cols()...)
			for c := range inner {
				if left.Has(c) {
					delete(inner, c)
				}
			}
		}
		for c := range inner {
			free.Add(c)
		}
	}
	for c := range used {
		free.Add(c)
	}
	return free
}

// Exprs are the expressions of a node itself, in a fixed order.
func Exprs(n Node) []expr.Expr {
	switch n := n.(type) {
	case *Values:
		var out []expr.Expr
		for _, r := range n.Rows {
			out = append(out, r...)
		}
		return out
	case *Filter:
		return n.Preds
	case *Project:
		out := make([]expr.Expr, len(n.Items))
		for i, it := range n.Items {
			out[i] = it.Expr
		}
		return out
	case *Join:
		return n.On
	case *Apply:
		if n.Guard != nil {
			return append(n.On[:len(n.On):len(n.On)], n.Guard)
		}
		return n.On
	case *FlatMap:
		return n.Args
	case *Reduce:
		var out []expr.Expr
		for _, a := range n.Aggs {
			out = append(out, AggExprs(a.Call)...)
		}
		return out
	case *Window:
		var out []expr.Expr
		for _, c := range n.Calls {
			out = append(out, c.Call.Exprs()...)
		}
		return out
	}
	return nil
}

// AggExprs are the expressions of an aggregate call: arguments, order, filter.
func AggExprs(c *expr.AggCall) []expr.Expr {
	out := append([]expr.Expr(nil), c.Args...)
	for _, k := range c.Order {
		out = append(out, k.Expr)
	}
	if c.Filter != nil {
		out = append(out, c.Filter)
	}
	return out
}

// MapAgg rebuilds an aggregate call with f applied to its expressions.
func MapAgg(c *expr.AggCall, f func(expr.Expr) expr.Expr) *expr.AggCall {
	n := *c
	n.Args = mapAll(c.Args, f)
	n.Order = make([]expr.SortKey, len(c.Order))
	for i, k := range c.Order {
		k.Expr = f(k.Expr)
		n.Order[i] = k
	}
	if c.Filter != nil {
		n.Filter = f(c.Filter)
	}
	return &n
}

func mapAll(es []expr.Expr, f func(expr.Expr) expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = f(e)
	}
	return out
}

// MapExprs is a copy of n with f applied to its own expressions.
func MapExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	switch n := n.(type) {
	case *Values:
		c := *n
		c.Rows = make([][]expr.Expr, len(n.Rows))
		for i, r := range n.Rows {
			c.Rows[i] = mapAll(r, f)
		}
		return &c
	case *Filter:
		return &Filter{In: n.In, Preds: mapAll(n.Preds, f)}
	case *Project:
		c := &Project{In: n.In, Items: make([]Item, len(n.Items))}
		for i, it := range n.Items {
			c.Items[i] = Item{ID: it.ID, Expr: f(it.Expr)}
		}
		return c
	case *Join:
		c := *n
		c.On = mapAll(n.On, f)
		return &c
	case *Apply:
		c := *n
		c.On = mapAll(n.On, f)
		if n.Guard != nil {
			c.Guard = f(n.Guard)
		}
		return &c
	case *FlatMap:
		c := *n
		c.Args = mapAll(n.Args, f)
		return &c
	case *Reduce:
		c := *n
		c.Aggs = make([]Agg, len(n.Aggs))
		for i, a := range n.Aggs {
			c.Aggs[i] = Agg{ID: a.ID, Call: MapAgg(a.Call, f)}
		}
		return &c
	case *Window:
		c := *n
		c.Calls = make([]WindowItem, len(n.Calls))
		for i, w := range n.Calls {
			c.Calls[i] = WindowItem{ID: w.ID, Call: w.Call.Map(f)}
		}
		return &c
	}
	return n
}

// Replace rewrites column references by with, in e and free ones in its subqueries.
func Replace(e expr.Expr, with map[int]expr.Expr) expr.Expr {
	if e == nil || len(with) == 0 {
		return e
	}
	return expr.Map(e, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Col:
			if r, ok := with[x.ID]; ok {
				return r
			}
		case *Subquery:
			c := *x
			c.Plan = ReplaceIn(x.Plan, with)
			return &c
		}
		return x
	})
}

// ReplaceIn rewrites column references in every expression of n and below. Columns that n itself makes are not renamed.
func ReplaceIn(n Node, with map[int]expr.Expr) Node {
	ins := n.Inputs()
	if len(ins) > 0 {
		c := make([]Node, len(ins))
		for i, in := range ins {
			c[i] = ReplaceIn(in, with)
		}
		n = n.WithInputs(c)
	}
	return MapExprs(n, func(e expr.Expr) expr.Expr { return Replace(e, with) })
}

// Volatile tells whether evaluating n twice may give two answers.
func Volatile(n Node) bool {
	for _, e := range Exprs(n) {
		if expr.VolatilityOf(e) == types.Volatile {
			return true
		}
		found := false
		expr.Walk(e, func(x expr.Expr) bool {
			if s, ok := x.(*Subquery); ok {
				found = found || Volatile(s.Plan)
			}
			return !found
		})
		if found {
			return true
		}
	}
	if f, ok := n.(*FlatMap); ok && f.Fn.Volatility == types.Volatile {
		return true
	}
	for _, in := range n.Inputs() {
		if Volatile(in) {
			return true
		}
	}
	return false
}

// Conjuncts splits an AND into its arguments; nil has none.
func Conjuncts(e expr.Expr) []expr.Expr {
	if e == nil {
		return nil
	}
	if a, ok := e.(*expr.And); ok {
		var out []expr.Expr
		for _, x := range a.Args {
			out = append(out, Conjuncts(x)...)
		}
		return out
	}
	return []expr.Expr{e}
}

// Conjoin is the AND of preds; nil for none.
func Conjoin(preds []expr.Expr) expr.Expr {
	switch len(preds) {
	case 0:
		return nil
	case 1:
		return preds[0]
	}
	return &expr.And{Args: preds}
}

// IsTrue and IsFalse recognise constants; FALSE or NULL count as false, as in a filter.
func IsTrue(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && !c.D.IsNull() && c.T.Is(types.Bool) && c.D.Bool()
}

func IsFalse(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && (c.D.IsNull() || c.T.Is(types.Bool) && !c.D.Bool())
}

// Equality takes apart l = r.
func Equality(e expr.Expr) (l, r expr.Expr, ok bool) {
	c, is := e.(*expr.Call)
	if !is || c.Fn.Name != "=" || len(c.Args) != 2 {
		return nil, nil, false
	}
	return c.Args[0], c.Args[1], true
}
