package optest

import (
	"slices"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// windowCall is a window function or an aggregate over arguments of its types.
func windowCall(name string, args ...expr.Expr) *expr.WindowCall {
	var ts []types.Type
	for _, a := range args {
		ts = append(ts, a.Type())
	}
	fn, _, err := expr.LookupWindow(name, ts)
	if fn == nil && err == nil {
		var agg *expr.Agg
		if agg, _, _, err = expr.LookupAgg(name, ts); err == nil {
			fn = expr.OfAggregate(agg)
		}
	}
	if err != nil {
		panic(err)
	}
	return &expr.WindowCall{Fn: fn, Args: args, T: fn.Ret, Frame: expr.DefaultFrame()}
}

func (g *Gen) window(in Plan) Plan {
	ts := in.Types()
	if len(ts) == 0 {
		return nil
	}
	s := operators.WindowSpec{Partition: g.cols(in, 2)}
	for _, c := range g.cols(in, 2) {
		s.Order = append(s.Order, operators.OrderCol{Col: c, Desc: g.chance(50), NullsFirst: g.chance(50)})
	}
	for range 1 + g.Intn(2) {
		s.Calls = append(s.Calls, g.windowCall(ts))
	}
	return &Window{in, s}
}

func (g *Gen) windowCall(ts []types.Type) *expr.WindowCall {
	switch name := [...]string{"row_number", "rank", "lag", "first_value", "last_value", "count", "sum", "min", "array_agg"}[g.Intn(9)]; name {
	case "row_number", "rank":
		return windowCall(name)
	case "sum", "min":
		ints := columnsOfType(ts, int4)
		if len(ints) == 0 {
			return windowCall("row_number")
		}
		return g.framed(windowCall(name, g.pick(ints, int4)))
	default:
		return g.framed(windowCall(name, g.scalar(ts)))
	}
}

// framed gives a call a random frame of rows or groups.
func (g *Gen) framed(c *expr.WindowCall) *expr.WindowCall {
	bound := func(from, to int) expr.Bound {
		b := expr.Bound{Kind: expr.BoundKind(from + g.Intn(to-from+1))}
		if b.Kind == expr.Preceding || b.Kind == expr.Following {
			b.X = &expr.Const{D: types.NewInt(int64(g.Intn(3))), T: types.Of(types.Int8)}
		}
		return b
	}
	start := bound(int(expr.UnboundedPreceding), int(expr.Following))
	c.Frame = expr.Frame{Unit: expr.Rows + expr.FrameUnit(g.Intn(2)), Start: start,
		End: bound(max(int(start.Kind), int(expr.Preceding)), int(expr.UnboundedFollowing))}
	if g.chance(30) {
		c.Frame.Exclude = expr.Exclusion(1 + g.Intn(3))
	}
	return c
}

// evalWindow computes each row of a partition from the whole of it, by what the functions mean.
func evalWindow(s operators.WindowSpec, in *Rel, g []Row, out *Rel) {
	var rows [][]types.Datum
	for _, row := range g {
		for range row.W {
			rows = append(rows, row.D)
		}
	}
	slices.SortFunc(rows, func(a, b []types.Datum) int { return in.order(s.Order, a, b) })
	peers := make([]int, len(rows)) // by row: the number of its group of peers
	for i := 1; i < len(rows); i++ {
		peers[i] = peers[i-1]
		if in.orderCols(s.Order, rows[i-1], rows[i]) != 0 {
			peers[i]++
		}
	}
	full := make([][]types.Datum, len(rows))
	for i := range rows {
		full[i] = slices.Clone(rows[i])
	}
	for _, c := range s.Calls {
		for i := range rows {
			v, err := windowValue(c, rows, peers, i)
			if err != nil {
				from := only(s.Partition, len(out.Types))
				out.Errs = append(out.Errs, out.errorOf(err, rows[0], nil, from, 1))
				return
			}
			full[i] = append(full[i], v)
		}
	}
	for _, d := range full {
		out.Rows = append(out.Rows, Row{d, 1})
	}
}

// windowValue is a call's value at row i.
func windowValue(c *expr.WindowCall, rows [][]types.Datum, peers []int, i int) (types.Datum, error) {
	arg := func(k int) (types.Datum, error) { return expr.EvalRow(ctx(), c.Args[0], rows[k]) }
	switch c.Fn.Name {
	case "row_number":
		return types.NewInt(int64(i) + 1), nil
	case "rank":
		return types.NewInt(int64(slices.Index(peers, peers[i])) + 1), nil
	case "lag":
		if i == 0 {
			return types.Null, nil
		}
		return arg(i - 1)
	}
	var frame []int
	for k := range rows {
		if inFrame(c.Frame, peers, i, k) {
			frame = append(frame, k)
		}
	}
	switch {
	case c.Fn.Agg != nil:
		var args []argRow
		for _, k := range frame {
			d, err := arg(k)
			if err != nil {
				return types.Null, err
			}
			if !d.IsNull() || !c.Fn.Agg.Strict {
				args = append(args, argRow{args: []types.Datum{d}, w: 1})
			}
		}
		if len(args) == 0 {
			return c.Fn.Agg.Empty, nil
		}
		call := &expr.AggCall{Fn: c.Fn.Agg, Args: c.Args, T: c.T}
		if c.Fn.Agg.First {
			sortArgs(call, args)
		}
		return foldArgs(call, args)
	case len(frame) == 0:
		return types.Null, nil
	case c.Fn.Name == "first_value":
		return arg(frame[0])
	case c.Fn.Name == "last_value":
		return arg(frame[len(frame)-1])
	}
	return types.Null, sqlerr.New(sqlerr.InternalError, "no meaning of %s", c.Fn.Name)
}

// inFrame tells whether row k is in the frame of row i.
func inFrame(f expr.Frame, peers []int, i, k int) bool {
	at := func(j int) int { return j }
	if f.Unit != expr.Rows {
		at = func(j int) int { return peers[j] }
	}
	away := func(b expr.Bound) int {
		n := 0
		if b.X != nil {
			n = int(b.X.(*expr.Const).D.Int())
		}
		if b.Kind == expr.Preceding {
			return at(k) - (at(i) - n)
		}
		return at(k) - (at(i) + n)
	}
	if f.Start.Kind != expr.UnboundedPreceding && away(f.Start) < 0 || f.End.Kind != expr.UnboundedFollowing && away(f.End) > 0 {
		return false
	}
	switch f.Exclude {
	case expr.ExcludeRow:
		return k != i
	case expr.ExcludeGroup:
		return peers[k] != peers[i]
	case expr.ExcludeTies:
		return k == i || peers[k] != peers[i]
	}
	return true
}
