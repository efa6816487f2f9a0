package bind

import (
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// windowCall is a function with OVER and the column that holds it.
type windowCall struct {
	partition []expr.Expr
	order     []expr.SortKey
	call      *expr.WindowCall
	id        int
}

// exprs are all expressions of the call and its window.
func (w *windowCall) exprs() []expr.Expr {
	out := slices.Concat(w.partition, w.call.Exprs())
	for _, k := range w.order {
		out = append(out, k.Expr)
	}
	return out
}

// rewrite applies f to them.
func (w *windowCall) rewrite(f func(expr.Expr) expr.Expr) {
	for i, p := range w.partition {
		w.partition[i] = f(p)
	}
	for i := range w.order {
		w.order[i].Expr = f(w.order[i].Expr)
	}
	w.call = w.call.Map(f)
}

// spec tells windows apart by partition and order: functions over the same ones are computed together.
func (w *windowCall) spec() string {
	s := ""
	for _, p := range w.partition {
		s += "|" + p.String()
	}
	for _, k := range w.order {
		s += fmt.Sprintf("|order %s %t %t", k.Expr, k.Desc, k.NullsFirst)
	}
	return s
}

// window binds a function with OVER.
func (b *Binder) window(c *context, e *ast.Func, name string) (expr.Expr, error) {
	switch {
	case c.inWindow:
		return nil, sqlerr.New(sqlerr.WindowingError, "window function calls cannot be nested").At(int(e.Pos))
	case c.inAgg:
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate function calls cannot contain window function calls").At(int(e.Pos))
	case c.windowed == nil:
		return nil, sqlerr.New(sqlerr.WindowingError, "window functions are not allowed in %s", c.clause).At(int(e.Pos))
	}
	w := windowCall{}
	var err error
	if w.call, err = b.windowFunction(c, e, name); err != nil {
		return nil, err
	}
	spec := e.Over
	if spec == nil {
		if spec, err = c.namedWindow(e.OverName, e.Pos); err != nil {
			return nil, err
		}
	}
	if err := b.windowSpec(c, spec, &w); err != nil {
		return nil, err
	}
	text := func(w *windowCall) string {
		return fmt.Sprint(w.spec(), "#", w.call.Fn.Args, w.call.Text(expr.Expr.String))
	}
	volatile := slices.ContainsFunc(w.exprs(), func(x expr.Expr) bool { return expr.VolatilityOf(x) == types.Volatile })
	for _, o := range *c.windowed { // one call, written twice
		if !volatile && text(&o) == text(&w) {
			return b.Meta.Col(o.id), nil
		}
	}
	w.id = b.Meta.Add(name, w.call.T)
	*c.windowed = append(*c.windowed, w)
	return b.Meta.Col(w.id), nil
}

// windowFunction binds what stands before OVER: a window function or an aggregate.
func (b *Binder) windowFunction(c *context, e *ast.Func, name string) (*expr.WindowCall, error) {
	inner := &context{sc: c.sc, clause: c.clause, aggs: c.aggs, inWindow: true}
	refuse := func(format string, args ...any) error {
		return sqlerr.New(sqlerr.FeatureNotSupported, format, args...).At(int(e.Pos))
	}
	call := &expr.WindowCall{}
	var f foundAgg
	fn, _, _, err := expr.LookupAgg(name, nil)
	switch {
	case len(e.Within) > 0 && (fn != nil || expr.IsHypothetical(name)):
		return nil, refuse("OVER is not supported for ordered-set aggregate %s", name)
	case expr.IsWindow(name):
		if f.args, f.pos, err = b.scalars(inner, e.Args); err != nil {
			return nil, err
		}
		if call.Fn, f.coerce, err = expr.LookupWindow(name, typesOf(f.args)); err != nil {
			return nil, b.hypothetical(e, name, err)
		}
		call.T = call.Fn.Ret
	case len(e.Within) > 0:
		return nil, refuse("OVER is not supported for ordered-set aggregate %s", name)
	case fn == nil && err == nil:
		return nil, b.notWindow(inner, e, name)
	default:
		if f, err = b.findAgg(inner, e, name); err != nil {
			return nil, err
		}
		if len(f.args) == 0 && !e.Star {
			return nil, sqlerr.New(sqlerr.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", name).At(int(e.Pos))
		}
		call.Fn, call.T = expr.OfAggregate(f.fn), f.ret
	}
	switch {
	case e.Distinct:
		return nil, refuse("DISTINCT is not implemented for window functions")
	case len(e.Order) > 0:
		return nil, refuse("aggregate ORDER BY is not implemented for window functions")
	case e.Filter != nil && call.Fn.Agg == nil:
		return nil, refuse("FILTER is not implemented for non-aggregate window functions")
	}
	if call.Args, err = b.coerceArgs(f.args, f.coerce, f.pos); err != nil {
		return nil, err
	}
	for i := range call.Args {
		if call.Args[i], err = b.known(call.Args[i], f.pos[i]); err != nil {
			return nil, err
		}
	}
	if e.Filter != nil {
		filter := &context{sc: c.sc, clause: "FILTER"}
		if call.Filter, err = b.condition(filter, e.Filter, "FILTER"); err != nil {
			return nil, err
		}
	}
	return call, nil
}

// notWindow is why a function cannot have OVER.
func (b *Binder) notWindow(c *context, e *ast.Func, name string) error {
	args, pos, err := b.scalars(c, e.Args)
	if err != nil {
		return err
	}
	if _, err := b.call(name, false, args, pos, e.Pos); err != nil {
		return err
	}
	return sqlerr.New(sqlerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name).At(int(e.Pos))
}

// withoutOver is why a window function cannot stand without OVER.
func (b *Binder) withoutOver(c *context, e *ast.Func, name string) error {
	args, _, err := b.scalars(c, e.Args)
	if err != nil {
		return err
	}
	if _, _, err := expr.LookupWindow(name, typesOf(args)); err != nil {
		return b.hypothetical(e, name, err)
	}
	return sqlerr.New(sqlerr.WrongObjectType, "window function %s requires an OVER clause", name).At(int(e.Pos))
}

// hypothetical is err, found for a window function with arguments, but where it is an aggregate with these.
func (b *Binder) hypothetical(e *ast.Func, name string, err error) error {
	if len(e.Args) > 0 && expr.IsHypothetical(name) {
		return sqlerr.New(sqlerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name).At(int(e.Pos))
	}
	return at(err, e.Pos)
}

// namedWindow is the window that WINDOW defines by a name.
func (c *context) namedWindow(name string, pos ast.Pos) (*ast.Window, error) {
	i := slices.IndexFunc(c.named, func(d *ast.WindowDef) bool { return d.Name == name })
	if i < 0 {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "window %q does not exist", name).At(int(pos))
	}
	// A definition sees those before it.
	before := *c
	before.named = c.named[:i]
	return before.resolved(c.named[i].Spec, false)
}

// resolved is a window with what it takes over from the one that it names.
func (c *context) resolved(spec *ast.Window, over bool) (*ast.Window, error) {
	if spec.Base == "" {
		return spec, nil
	}
	base, err := c.namedWindow(spec.Base, spec.Pos)
	if err != nil {
		return nil, err
	}
	refuse := func(format string) error {
		return sqlerr.New(sqlerr.WindowingError, format, spec.Base).At(int(spec.Pos))
	}
	out := *base
	switch {
	case len(spec.Partition) > 0:
		return nil, refuse("cannot override PARTITION BY clause of window %q")
	case len(spec.Order) > 0 && len(base.Order) > 0:
		return nil, refuse("cannot override ORDER BY clause of window %q")
	case base.Frame != nil && over && len(spec.Order) == 0 && spec.Frame == nil:
		return nil, sqlerr.New(sqlerr.WindowingError, "cannot copy window %q because it has a frame clause", spec.Base).At(int(spec.Pos)).
			WithHint("Omit the parentheses in this OVER clause.")
	case base.Frame != nil:
		return nil, refuse("cannot copy window %q because it has a frame clause")
	case len(spec.Order) > 0:
		out.Order = spec.Order
	}
	out.Frame, out.Base = spec.Frame, ""
	return &out, nil
}

// windowSpec binds a window's partition, order and frame.
func (b *Binder) windowSpec(c *context, spec *ast.Window, w *windowCall) error {
	spec, err := c.resolved(spec, true)
	if err != nil {
		return err
	}
	inner := &context{sc: c.sc, clause: "window definitions", aggs: c.aggs}
	for _, p := range spec.Partition {
		x, err := b.typedScalar(inner, p)
		if err != nil {
			return err
		}
		if err := b.hasEquality(x, int(loc(p))); err != nil {
			return err
		}
		w.partition = append(w.partition, x)
	}
	for _, it := range spec.Order {
		k, err := b.sortKey(inner, it)
		if err != nil {
			return err
		}
		w.order = append(w.order, k)
	}
	frame, err := b.frame(c, spec, w.order)
	if w.call.Fn.Framed() {
		w.call.Frame = frame
	} else {
		w.call.Frame = expr.DefaultFrame()
	}
	return err
}

// applyWindows puts window functions over the node.
func (sel *selection) applyWindows() {
	done := make([]bool, len(sel.windows))
	for i := range sel.windows {
		if done[i] {
			continue
		}
		n := sel.windowNode(&sel.windows[i])
		for k := i; k < len(sel.windows); k++ {
			if w := &sel.windows[k]; w.spec() == sel.windows[i].spec() {
				n.Calls = append(n.Calls, plan.WindowItem{ID: w.id, Call: w.call})
				done[k] = true
			}
		}
		sel.node = n
	}
}

// windowNode is a window over the node, without functions. Ties of its order are broken by the columns that this query level uses, whatever is
// pruned later.
func (sel *selection) windowNode(w *windowCall) *plan.Window {
	m := sel.b.Meta
	cols := plan.SetOf(sel.node.Cols()...)
	var keep []int
	for _, c := range sel.node.Cols() {
		if sel.mentions(c) || slices.ContainsFunc(sel.windows, func(w windowCall) bool { return w.id == c }) {
			keep = append(keep, c)
		}
	}
	items := plan.Pass(m, keep)
	column := func(e expr.Expr) int {
		if c, ok := e.(*expr.Col); ok && cols.Has(c.ID) {
			return c.ID
		}
		id := m.Add("window", e.Type())
		items = append(items, plan.Item{ID: id, Expr: e})
		return id
	}
	n := &plan.Window{}
	for _, p := range w.partition {
		n.Partition = append(n.Partition, column(p))
	}
	for _, k := range w.order {
		n.Order = append(n.Order, plan.Sort{Col: column(k.Expr), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	n.In = &plan.Project{In: sel.node, Items: items}
	return n
}
