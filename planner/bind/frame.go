package bind

import (
	"strings"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// frame binds the frame of a window with that order.
func (b *Binder) frame(c *context, spec *ast.Window, order []expr.SortKey) (expr.Frame, error) {
	f := expr.DefaultFrame()
	s := spec.Frame
	if s == nil {
		return f, nil
	}
	f.Unit = map[string]expr.FrameUnit{"range": expr.Range, "rows": expr.Rows, "groups": expr.Groups}[s.Unit]
	f.Start.Kind = boundKind(s.Start)
	if s.End != "" {
		f.End.Kind = boundKind(s.End)
	}
	f.Exclude = map[string]expr.Exclusion{"current row": expr.ExcludeRow, "group": expr.ExcludeGroup, "ties": expr.ExcludeTies}[s.Exclude]
	refuse := func(text string) (expr.Frame, error) {
		return f, sqlerr.New(sqlerr.WindowingError, "%s", text).At(int(spec.Pos))
	}
	switch start, end := f.Start.Kind, f.End.Kind; {
	case start == expr.UnboundedFollowing:
		return refuse("frame start cannot be UNBOUNDED FOLLOWING")
	case s.End != "" && end == expr.UnboundedPreceding:
		return refuse("frame end cannot be UNBOUNDED PRECEDING")
	case s.End == "" && start == expr.Following:
		return refuse("frame starting from following row cannot end with current row")
	case start == expr.CurrentRow && end == expr.Preceding:
		return refuse("frame starting from current row cannot have preceding rows")
	case start == expr.Following && (end == expr.Preceding || end == expr.CurrentRow):
		return refuse("frame starting from following row cannot have preceding rows")
	case f.Unit == expr.Groups && len(order) == 0:
		return refuse("GROUPS mode requires an ORDER BY clause")
	case f.Unit == expr.Range && (s.StartX != nil || s.EndX != nil) && len(order) != 1:
		return refuse("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	var err error
	for _, end := range []struct {
		bound *expr.Bound
		x     ast.Expr
		which string
	}{{&f.Start, s.StartX, "starting"}, {&f.End, s.EndX, "ending"}} {
		switch {
		case end.x == nil:
		case f.Unit == expr.Range:
			err = b.rangeBound(c, &f, end.bound, end.x, order[0], end.which)
		default:
			end.bound.X, err = b.countBound(c, end.x, strings.ToUpper(s.Unit), end.which)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func boundKind(words string) expr.BoundKind {
	return map[string]expr.BoundKind{"unbounded preceding": expr.UnboundedPreceding, "preceding": expr.Preceding, "current row": expr.CurrentRow,
		"following": expr.Following, "unbounded following": expr.UnboundedFollowing}[words]
}

// offset binds the distance of a frame's bound, which no column may decide.
func (b *Binder) offset(c *context, e ast.Expr, what string) (expr.Expr, error) {
	x, err := b.scalar(&context{sc: c.sc, clause: "window " + what}, e)
	if err != nil {
		return nil, err
	}
	for id := range plan.RefsOf(x) {
		if b.viewParam(id) != nil || c.sc.parent != nil && !c.sc.own()[id] {
			return nil, unsupported(e, "a value of an outer query in a frame")
		}
		return nil, sqlerr.New(sqlerr.InvalidColumnReference, "argument of %s must not contain variables", what).At(int(loc(e)))
	}
	if plan.HasSubquery(x) {
		return nil, unsupported(e, "a subquery in a frame")
	}
	return x, nil
}

// countBound binds the offset of ROWS and GROUPS.
func (b *Binder) countBound(c *context, e ast.Expr, what, which string) (expr.Expr, error) {
	x, err := b.offset(c, e, what)
	if err != nil {
		return nil, err
	}
	t := x.Type()
	x, ok, err := b.coerce(x, types.Of(types.Int8), types.Assignment, loc(e))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "argument of %s must be type bigint, not type %s", what, t).At(int(loc(e)))
	}
	x = b.fold(x)
	if k, ok := x.(*expr.Const); ok {
		return x, expr.CheckOffset(k.D, which)
	}
	return x, nil
}

// rangeTypes are, for the type of a RANGE's order, the type that its values are compared as and that of the offset. Integers are compared as
// numbers that do not overflow, times as what does not wrap around.
func rangeTypes(t types.Type) (key, offset types.Type, ok bool) {
	if t.Array {
		return key, offset, false
	}
	switch t.Kind {
	case types.Int2, types.Int4, types.Int8:
		return types.Of(types.Numeric), types.Of(types.Int8), true
	case types.Numeric:
		return types.Of(types.Numeric), types.Of(types.Numeric), true
	case types.Float4, types.Float8:
		return types.Of(types.Float8), types.Of(types.Float8), true
	case types.Date, types.Timestamp:
		return types.Of(types.Timestamp), types.Of(types.Interval), true
	case types.Timestamptz:
		return t, types.Of(types.Interval), true
	case types.Time, types.Interval:
		return types.Of(types.Interval), types.Of(types.Interval), true
	}
	return key, offset, false
}

// rangeBound binds a RANGE's bound: the value of the order from which on, or up to which, rows are in the frame.
func (b *Binder) rangeBound(c *context, f *expr.Frame, bound *expr.Bound, e ast.Expr, order expr.SortKey, which string) error {
	x, err := b.offset(c, e, "RANGE")
	if err != nil {
		return err
	}
	t, pos := order.Expr.Type(), loc(e)
	keyType, offType, ok := rangeTypes(t)
	if !ok {
		return sqlerr.New(sqlerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", t.Base()).At(int(pos))
	}
	from := x.Type()
	off, ok, err := b.coerce(x, offType, types.Implicit, pos)
	if err != nil {
		return err
	}
	if !ok {
		return sqlerr.New(sqlerr.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", t.Base(), from).
			At(int(pos)).WithHint("Cast the offset value to an appropriate type.")
	}
	bound.X = b.fold(off)
	if k, ok := bound.X.(*expr.Const); ok && k.D.IsNull() {
		return expr.CheckOffset(k.D, which)
	}
	key, _, err := b.coerce(order.Expr, keyType, types.Explicit, pos)
	if err != nil {
		return err
	}
	if keyType.Kind == types.Numeric {
		if off, _, err = b.coerce(off, keyType, types.Explicit, pos); err != nil {
			return err
		}
	}
	op := "+"
	if (bound.Kind == expr.Preceding) != order.Desc {
		op = "-"
	}
	f.Key, f.Desc, f.NullsFirst = key, order.Desc, order.NullsFirst
	bound.Value, err = b.call(op, true, []expr.Expr{key, off}, []ast.Pos{pos, pos}, pos)
	return err
}
