package expr

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/types"
)

func (e *Col) String() string   { return "#" + strconv.Itoa(e.ID) }
func (e *Param) String() string { return "$" + strconv.Itoa(e.N) + "::" + e.T.String() }

func (e *Const) String() string {
	if e.D.IsNull() {
		return "NULL::" + e.T.String()
	}
	if e.T.Is(types.Bool) {
		return strconv.FormatBool(e.D.Bool())
	}
	text := string(types.AppendText(nil, types.DefaultConfig(), e.T, e.D))
	switch e.T {
	case types.Of(types.Int4):
		return text
	}
	return quoteText(text) + "::" + e.T.String()
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func list(es []Expr, sep string) string {
	s := make([]string, len(es))
	for i, e := range es {
		s[i] = e.String()
	}
	return strings.Join(s, sep)
}

// String names the function and, where overloads could be confused, leaves it to the arguments, which show their types.
func (e *Call) String() string {
	if e.Fn.IsOperator() {
		switch len(e.Args) {
		case 1:
			return "(" + e.Fn.Name + " " + e.Args[0].String() + ")"
		case 2:
			return "(" + e.Args[0].String() + " " + e.Fn.Name + " " + e.Args[1].String() + ")"
		}
	}
	return e.Fn.Name + "(" + list(e.Args, ", ") + ")"
}

func (e *Cast) String() string {
	s := e.X.String() + "::" + e.To.String()
	if !e.Explicit {
		s += "?" // an implicit or assignment cast treats lengths differently
	}
	return s
}

func (e *And) String() string { return "(" + list(e.Args, " AND ") + ")" }
func (e *Or) String() string  { return "(" + list(e.Args, " OR ") + ")" }

func (e *Case) String() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + w.Cond.String() + " THEN " + w.Then.String())
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + e.Else.String())
	}
	return b.String() + " END"
}

func (e *Coalesce) String() string { return "COALESCE(" + list(e.Args, ", ") + ")" }

func not(n bool) string {
	if n {
		return "NOT "
	}
	return ""
}

func (e *IsNull) String() string { return "(" + e.X.String() + " IS " + not(e.Not) + "NULL)" }

func (e *IsTrue) String() string {
	return "(" + e.X.String() + " IS " + not(e.Not) + strings.ToUpper(strconv.FormatBool(e.Want)) + ")"
}

func (e *IsDistinct) String() string {
	return "(" + e.L.String() + " IS " + not(e.Not) + "DISTINCT FROM " + e.R.String() + ")"
}

func (e *AnyAll) String() string {
	q := " ANY "
	if e.All {
		q = " ALL "
	}
	return "(" + e.X.String() + " " + e.Op.Name + q + "(" + e.Array.String() + "))"
}

func (e *ArrayExpr) String() string { return "ARRAY[" + list(e.Elems, ", ") + "]::" + e.T.String() }

func (a *AggCall) String() string {
	var b strings.Builder
	b.WriteString(a.Fn.Name + "(")
	if a.Distinct {
		b.WriteString("DISTINCT ")
	}
	b.WriteString(list(a.Args, ", "))
	for i, k := range a.Order {
		if i == 0 {
			b.WriteString(" ORDER BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(k.String())
	}
	b.WriteString(")")
	if a.Filter != nil {
		b.WriteString(" FILTER (" + a.Filter.String() + ")")
	}
	return b.String()
}

func (k SortKey) String() string {
	s := k.Expr.String()
	if k.Desc {
		s += " DESC"
	}
	if k.NullsFirst != k.Desc {
		if k.NullsFirst {
			return s + " NULLS FIRST"
		}
		return s + " NULLS LAST"
	}
	return s
}
