package parser

import (
	"strings"

	tidb "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/streamsql/streamsql/parser/ast"
)

// reserved decodes a call in the reserved schema that stands for an expression.
func (d *decoder) reserved(x *tidb.FuncCallExpr, name string, a []tidbExpr, pos ast.Pos) ast.Expr {
	base, not := strings.CutPrefix(name, "not_")
	e := func(i int) ast.Expr { return d.expr(d.arg(a, i)) }
	s := func(i int) string { return d.str(d.arg(a, i)) }
	switch base {
	case "op":
		o := &ast.Op{Pos: pos, Schema: s(0), Name: s(1)}
		if len(a) == 3 {
			o.R = e(2)
		} else {
			o.L, o.R = e(2), e(3)
		}
		return o
	case "cast":
		return &ast.Cast{Pos: pos, X: e(0), Type: d.typeName(d.arg(a, 1))}
	case "param":
		return &ast.Param{Pos: pos, N: d.integer(d.arg(a, 0))}
	case "named_param":
		return &ast.Param{Pos: pos, Name: s(0)}
	case "int":
		return &ast.Const{Pos: pos, Kind: ast.IntConst, S: s(0)}
	case "num":
		return &ast.Const{Pos: pos, Kind: ast.FloatConst, S: s(0)}
	case "bit":
		return &ast.Const{Pos: pos, Kind: ast.BitConst, S: s(0)}
	case "unknown":
		return &ast.Is{Pos: pos, X: e(0), Not: not, What: "unknown"}
	case "distinct_from":
		return &ast.IsDistinct{Pos: pos, L: e(0), R: e(1), Not: not}
	case "between_symmetric":
		return &ast.Between{Pos: pos, X: e(0), Lo: e(1), Hi: e(2), Not: not, Symmetric: true}
	case "like", "ilike", "similar":
		l := &ast.Like{Pos: pos, Kind: base, Not: not, X: e(0), Pat: e(1)}
		if len(a) > 2 {
			l.Esc = e(2)
		}
		return l
	case "any_array", "all_array":
		return &ast.AnyAll{Pos: pos, Op: s(0), All: base == "all_array", X: e(1), Array: e(2)}
	case "any_query", "all_query":
		return &ast.AnyAll{Pos: pos, Op: s(0), All: base == "all_query", X: e(1), Sub: d.subquery(d.arg(a, 2))}
	case "collate":
		return &ast.Collate{Pos: pos, X: e(0), Name: d.strArgs(a[min(1, len(a)):])}
	case "subscript", "slice":
		return d.subscript(base, a, pos)
	case "paren":
		return e(0)
	case "none":
		return nil
	case "agg":
		return d.aggregate(a)
	}
	return d.reservedName(x, base, a, pos)
}

// subscript decodes a[i] and a[l:h]. One directly behind another is a further dimension; one behind parentheses is not.
func (d *decoder) subscript(base string, a []tidbExpr, pos ast.Pos) ast.Expr {
	x := d.arg(a, 0)
	s := &ast.Subscript{Pos: pos, X: d.expr(x), I: d.expr(d.arg(a, 1)), Slice: base == "slice"}
	if s.Slice {
		s.Hi = d.expr(d.arg(a, 2))
	}
	inner, _ := call(x)
	s.Chained = inner == "subscript" || inner == "slice"
	return s
}

// reservedName decodes those reserved calls that have a name or a list in them.
func (d *decoder) reservedName(x *tidb.FuncCallExpr, name string, a []tidbExpr, pos ast.Pos) ast.Expr {
	e := func(i int) ast.Expr { return d.expr(d.arg(a, i)) }
	s := func(i int) string { return d.str(d.arg(a, i)) }
	switch name {
	case "field":
		return &ast.Field{Pos: pos, X: e(0), Name: s(1)}
	case "star_of":
		return &ast.StarOf{Pos: pos, X: e(0)}
	case "star":
		return &ast.Star{Pos: pos, Qual: d.strArgs(a)}
	case "array":
		return &ast.Array{Pos: pos, Elems: d.exprs(a)}
	case "array_query":
		return &ast.ArraySub{Pos: pos, Query: d.subquery(d.arg(a, 0))}
	case "row":
		return &ast.Row{Pos: pos, Explicit: true, Elems: d.exprs(a)}
	case "sqlvalue":
		v := &ast.SQLValue{Pos: pos, Name: s(0), Prec: -1}
		if len(a) > 1 {
			v.Prec = d.integer(a[1])
		}
		return v
	case "coalesce", "greatest", "least", "nullif", "grouping", "overlaps", "cube", "rollup", "grouping_sets", "empty_set":
		return &ast.Special{Pos: pos, Name: name, Args: d.exprs(a)}
	case "named":
		return &ast.NamedArg{Pos: pos, Name: s(0), X: e(1)}
	case "variadic":
		return &ast.Variadic{Pos: pos, X: e(0)}
	case "default":
		return &ast.Default{Pos: pos}
	}
	d.fail("reserved call "+name, x)
	return &ast.Const{Pos: pos}
}

// aggregate decodes a call with what may stand behind its arguments.
func (d *decoder) aggregate(a []tidbExpr) ast.Expr {
	f, ok := d.expr(d.arg(a, 0)).(*ast.Func)
	if !ok {
		d.fail("aggregate", a[0])
		return &ast.Const{Pos: -1}
	}
	for _, m := range a[1:] {
		name, args := call(m)
		switch name {
		case "distinct":
			f.Distinct = true
		case "order":
			f.Order = d.sortItems(args)
		case "within":
			f.Within = d.sortItems(args)
		case "filter":
			f.Filter = d.expr(d.arg(args, 0))
		case "over":
			f.Over = d.window(d.arg(args, 0))
		case "over_name":
			f.OverName = d.str(d.arg(args, 0))
		default:
			d.fail("aggregate's "+name, m)
		}
	}
	return f
}

// startOf is where an expression's text begins: an operator's position is its own, in the middle.
func startOf(e ast.Expr) ast.Pos {
	for {
		var l ast.Expr
		switch x := e.(type) {
		case *ast.Op:
			l = x.L
		case *ast.Bool:
			if x.Op != ast.Not {
				l = x.Args[0]
			}
		case *ast.Is:
			l = x.X
		case *ast.IsDistinct:
			l = x.L
		case *ast.Between:
			l = x.X
		case *ast.In:
			l = x.X
		case *ast.Like:
			l = x.X
		case *ast.AnyAll:
			l = x.X
		case *ast.Cast:
			if x.X.Position() < x.Pos { // x::type, not CAST(x AS type) or type 'x'
				l = x.X
			}
		case *ast.Collate:
			l = x.X
		case *ast.Subscript:
			l = x.X
		case *ast.Field:
			l = x.X
		case *ast.StarOf:
			l = x.X
		}
		if l == nil {
			return e.Position()
		}
		e = l
	}
}
