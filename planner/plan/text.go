package plan

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// Text prints an expression for people (EXPLAIN, tests), with names for its columns. Unlike String it is not canonical.
func Text(e expr.Expr, col func(int) string) string {
	t := texter{col}
	return t.text(e)
}

type texter struct{ col func(int) string }

func (t texter) list(es []expr.Expr, sep string) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = t.text(e)
	}
	return strings.Join(parts, sep)
}

func (t texter) text(e expr.Expr) string {
	switch e := e.(type) {
	case nil:
		return ""
	case *expr.Col:
		return t.col(e.ID)
	case *expr.Const:
		return constText(e)
	case *expr.Call:
		return t.call(e.Fn.Name, e.Args)
	case *expr.Cast:
		return t.text(e.X) + "::" + e.To.String()
	case *expr.And:
		return "(" + t.list(e.Args, " AND ") + ")"
	case *expr.Or:
		return "(" + t.list(e.Args, " OR ") + ")"
	case *expr.IsNull:
		if e.Not {
			return "(" + t.text(e.X) + " IS NOT NULL)"
		}
		return "(" + t.text(e.X) + " IS NULL)"
	case *expr.IsTrue:
		is := " IS "
		if e.Not {
			is = " IS NOT "
		}
		return "(" + t.text(e.X) + is + strings.ToUpper(strconv.FormatBool(e.Want)) + ")"
	case *expr.IsDistinct:
		if e.Not {
			return "(" + t.text(e.L) + " IS NOT DISTINCT FROM " + t.text(e.R) + ")"
		}
		return "(" + t.text(e.L) + " IS DISTINCT FROM " + t.text(e.R) + ")"
	case *expr.Coalesce:
		return "COALESCE(" + t.list(e.Args, ", ") + ")"
	case *expr.Case:
		var b strings.Builder
		b.WriteString("CASE")
		for _, w := range e.Whens {
			b.WriteString(" WHEN " + t.text(w.Cond) + " THEN " + t.text(w.Then))
		}
		if e.Else != nil {
			b.WriteString(" ELSE " + t.text(e.Else))
		}
		return b.String() + " END"
	case *expr.ArrayExpr:
		return "ARRAY[" + t.list(e.Elems, ", ") + "]"
	case *expr.AnyAll:
		q := "ANY"
		if e.All {
			q = "ALL"
		}
		return "(" + t.text(e.X) + " " + e.Op.Name + " " + q + " (" + t.text(e.Array) + "))"
	case *Subquery:
		return "(subquery)"
	default:
		return e.String()
	}
}

func (t texter) call(name string, args []expr.Expr) string {
	letter := name[0] >= 'a' && name[0] <= 'z' || name[0] == '_' || name[0] == '#'
	switch {
	case !letter && len(args) == 2:
		return "(" + t.text(args[0]) + " " + name + " " + t.text(args[1]) + ")"
	case !letter && len(args) == 1:
		return "(" + name + " " + t.text(args[0]) + ")"
	case name == "not" && len(args) == 1:
		return "(NOT " + t.text(args[0]) + ")"
	}
	return name + "(" + t.list(args, ", ") + ")"
}

func constText(c *expr.Const) string {
	if c.D.IsNull() {
		return "NULL::" + c.T.String()
	}
	if c.T.Is(types.Unknown) {
		return "'" + c.D.String() + "'"
	}
	s := string(types.AppendText(nil, types.DefaultConfig(), c.T, c.D))
	switch {
	case c.T.Array:
		return "'" + s + "'::" + c.T.String()
	case c.T.Kind == types.Bool:
		return map[string]string{"t": "true", "f": "false"}[s]
	case c.T.Kind == types.Int2, c.T.Kind == types.Int4, c.T.Kind == types.Int8, c.T.Kind == types.Numeric, c.T.Kind == types.Float8:
		return s
	case c.T.Kind == types.Text:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'::" + c.T.String()
}
