package expr

import (
	"sync"

	"github.com/streamsql/streamsql/types"
)

// Window is one overload of a function that OVER makes one of a row among the rows of its partition: of SQL's window functions, or any aggregate.
type Window struct {
	Name string
	Args []types.Type
	Ret  types.Type
	// Agg is the aggregate, over the rows of the frame; nil: a window function.
	Agg *Agg
	// NotNull: the result never is NULL.
	NotNull bool
	// Preceding: the result depends on nothing but how many rows and peers stand before the row.
	Preceding bool
	// framed functions look at rows of the frame, the others at the partition.
	framed bool

	row windowFunc
}

// windowFunc is the value of a function at row i; it is called for all rows of a partition, in order.
type windowFunc func(w *windowRun, i int) (types.Datum, error)

// WindowCall is a window function in a plan. Partition and order are those of the operator that computes it.
type WindowCall struct {
	Fn     *Window
	Args   []Expr
	Filter Expr // of an aggregate; nil: all rows
	Frame  Frame
	T      types.Type
}

// windowDef is an entry of the table of window functions.
type windowDef struct {
	sig string
	fn  Window
}

func windowDefs() []windowDef {
	count := func(row windowFunc) Window { return Window{NotNull: true, Preceding: true, row: row} }
	share := func(row windowFunc) Window { return Window{NotNull: true, row: row} }
	offset := func(sign int64) Window {
		return Window{row: func(w *windowRun, i int) (types.Datum, error) { return w.offset(i, sign) }}
	}
	framed := func(row windowFunc) Window { return Window{framed: true, row: row} }
	return []windowDef{
		{"row_number() int8", count(func(_ *windowRun, i int) (types.Datum, error) { return types.NewInt(int64(i) + 1), nil })},
		{"rank() int8", count(func(w *windowRun, i int) (types.Datum, error) { return types.NewInt(int64(w.p.first(i)) + 1), nil })},
		{"dense_rank() int8", count(func(w *windowRun, i int) (types.Datum, error) { return types.NewInt(int64(w.p.peers[i]) + 1), nil })},
		{"percent_rank() float8", share((*windowRun).percentRank)},
		{"cume_dist() float8", share((*windowRun).cumeDist)},
		{"ntile(int4) int4", Window{row: (*windowRun).ntile}},
		{"lag(anyelement) anyelement", offset(-1)},
		{"lag(anyelement,int4) anyelement", offset(-1)},
		{"lag(anycompatible,int4,anycompatible) anycompatible", offset(-1)},
		{"lead(anyelement) anyelement", offset(1)},
		{"lead(anyelement,int4) anyelement", offset(1)},
		{"lead(anycompatible,int4,anycompatible) anycompatible", offset(1)},
		{"first_value(anyelement) anyelement", framed((*windowRun).firstValue)},
		{"last_value(anyelement) anyelement", framed((*windowRun).lastValue)},
		{"nth_value(anyelement,int4) anyelement", framed((*windowRun).nthValue)},
	}
}

var windows = sync.OnceValue(func() map[string][]*Window {
	m := map[string][]*Window{}
	defs := windowDefs()
	for i := range defs {
		w := &defs[i].fn
		w.Name, w.Args, _, w.Ret = parseSignature(defs[i].sig)
		m[w.Name] = append(m[w.Name], w)
	}
	return m
})

// IsHypothetical tells whether name is, with arguments and WITHIN GROUP, an aggregate of a row that is not there.
func IsHypothetical(name string) bool {
	w := windows()[name]
	return w != nil && len(w[0].Args) == 0 && name != "row_number"
}

// IsWindow tells whether name is a window function's, which needs OVER.
func IsWindow(name string) bool { return windows()[name] != nil }

// LookupWindow is Lookup for window functions; fn nil if name is not one's.
func LookupWindow(name string, args []types.Type) (fn *Window, coerce []types.Type, err error) {
	all := windows()[name]
	if all == nil {
		return nil, nil, nil
	}
	var found []candidate
	for i, w := range all {
		if len(w.Args) == len(args) {
			found = append(found, candidate{index: i, args: w.Args})
		}
	}
	args = bases(args)
	c, err := choose(name, false, found, args)
	if err != nil {
		return nil, nil, err
	}
	p := polymorph{}
	if err := p.unify(c.args, args); err != nil {
		return nil, nil, err
	}
	w := *all[c.index]
	w.Args, w.Ret = make([]types.Type, len(args)), p.resolve(w.Ret)
	for i, t := range c.args {
		w.Args[i] = p.resolve(t)
	}
	return &w, coercions(w.Args, args), nil
}

// OfAggregate is an aggregate over the rows of a frame.
func OfAggregate(a *Agg) *Window {
	return &Window{Name: a.Name, Args: a.Args, Ret: a.Ret, Agg: a, NotNull: !a.Empty.IsNull(), framed: true}
}

// Framed tells whether the frame means anything to the function.
func (w *Window) Framed() bool { return w.framed }

// Exprs are the call's expressions, in a fixed order.
func (c *WindowCall) Exprs() []Expr {
	out := append([]Expr(nil), c.Args...)
	for _, e := range []Expr{c.Filter, c.Frame.Key, c.Frame.Start.X, c.Frame.Start.Value, c.Frame.End.X, c.Frame.End.Value} {
		if e != nil {
			out = append(out, e)
		}
	}
	return out
}

// Map is the call with f applied to its expressions.
func (c *WindowCall) Map(f func(Expr) Expr) *WindowCall {
	n := *c
	n.Args = make([]Expr, len(c.Args))
	for i, a := range c.Args {
		n.Args[i] = f(a)
	}
	for _, e := range []*Expr{&n.Filter, &n.Frame.Key, &n.Frame.Start.X, &n.Frame.Start.Value, &n.Frame.End.X, &n.Frame.End.Value} {
		if *e != nil {
			*e = f(*e)
		}
	}
	return &n
}

// Text is the call as it is written, without OVER, its expressions by f.
func (c *WindowCall) Text(f func(Expr) string) string {
	s := c.Fn.Name + "("
	for i, a := range c.Args {
		if i > 0 {
			s += ", "
		}
		s += f(a)
	}
	if len(c.Args) == 0 && c.Fn.Agg != nil {
		s += "*"
	}
	s += ")"
	if c.Filter != nil {
		s += " FILTER (WHERE " + f(c.Filter) + ")"
	}
	return s + c.Frame.text(f)
}

func windowDocs() []Doc {
	var out []Doc
	for _, d := range windowDefs() {
		name, args, _, ret := parseSignature(d.sig)
		out = append(out, Doc{Family: "Window functions", Name: name, Signature: Signature(name, args) + " " + ret.String(), Kind: "window function"})
	}
	return out
}
