package parser

import (
	"strconv"
	"strings"

	tidb "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"

	"github.com/streamsql/streamsql/parser/ast"
)

func (d *decoder) exprs(list []tidbExpr) []ast.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(list))
	for i, e := range list {
		out[i] = d.expr(e)
	}
	return out
}

func (d *decoder) expr(n tidbExpr) ast.Expr {
	if x, ok := n.(*tidb.ParenthesesExpr); ok {
		// The translator alone writes parentheses, at the position of the node inside.
		return d.exprAt(x.Expr, d.pos(x))
	}
	if n == nil {
		d.fail("expression", n)
		return &ast.Const{Pos: -1}
	}
	return d.exprAt(n, d.pos(n))
}

// exprAt decodes an expression whose position is pos.
func (d *decoder) exprAt(n tidbExpr, pos ast.Pos) ast.Expr {
	switch x := n.(type) {
	case *tidb.ParenthesesExpr:
		return d.expr(x)
	case *tidb.ColumnNameExpr:
		return &ast.ColRef{Pos: pos, Parts: qualified(x.Name.Schema.O, x.Name.Table.O, x.Name.Name.O)}
	case *literal:
		return d.constant(x, pos)
	case *tidb.BinaryOperationExpr:
		return d.binary(x, pos)
	case *tidb.UnaryOperationExpr:
		return d.unary(x, pos)
	case *tidb.IsNullExpr:
		return &ast.Is{Pos: pos, X: d.expr(x.Expr), Not: x.Not, What: "null"}
	case *tidb.IsTruthExpr:
		return &ast.Is{Pos: pos, X: d.expr(x.Expr), Not: x.Not, What: strconv.FormatBool(x.True == 1)}
	case *tidb.BetweenExpr:
		return &ast.Between{Pos: pos, X: d.expr(x.Expr), Lo: d.expr(x.Left), Hi: d.expr(x.Right), Not: x.Not}
	case *tidb.PatternInExpr:
		in := &ast.In{Pos: pos, X: d.expr(x.Expr), Not: x.Not}
		if x.Sel != nil {
			in.Sub = d.subquery(x.Sel)
		} else {
			in.List = d.exprs(x.List)
		}
		return in
	case *tidb.CaseExpr:
		return d.caseExpr(x, pos)
	case *tidb.ExistsSubqueryExpr:
		return d.exists(x, pos)
	case *tidb.SubqueryExpr:
		return &ast.SubQuery{Pos: pos, Query: d.query(x.Query)}
	case *tidb.RowExpr:
		return &ast.Row{Pos: pos, Elems: d.exprs(x.Values)}
	case *tidb.FuncCallExpr:
		if name, args := call(x); name != "" {
			return d.reserved(x, name, args, pos)
		}
		return d.function(x, pos)
	}
	d.fail("expression", n)
	return &ast.Const{Pos: pos}
}

func (d *decoder) constant(x *literal, pos ast.Pos) ast.Expr {
	c := &ast.Const{Pos: pos}
	switch v := x.v.(type) {
	case nil:
	case bool:
		c.Kind, c.S = ast.BoolConst, strconv.FormatBool(v)
	case int64:
		c.Kind, c.S = ast.IntConst, strconv.FormatInt(v, 10)
	case string:
		c.Kind, c.S = ast.StringConst, v
	default:
		d.fail("literal", v)
	}
	return c
}

var binaryOperators = map[opcode.Op]string{opcode.Plus: "+", opcode.Minus: "-", opcode.Mul: "*", opcode.Div: "/",
	opcode.Mod: "%", opcode.EQ: "=", opcode.NE: "<>", opcode.LT: "<", opcode.GT: ">", opcode.LE: "<=", opcode.GE: ">="}

func (d *decoder) binary(x *tidb.BinaryOperationExpr, pos ast.Pos) ast.Expr {
	switch x.Op {
	case opcode.LogicAnd:
		return d.junction(x, ast.And, pos)
	case opcode.LogicOr:
		return d.junction(x, ast.Or, pos)
	}
	name := binaryOperators[x.Op]
	if name == "" {
		d.fail("operator "+x.Op.String(), x)
	}
	return &ast.Op{Pos: pos, Name: name, L: d.expr(x.L), R: d.expr(x.R)}
}

// junction flattens a AND b AND c, which leans to the left in TiDB's tree; so does (a AND b) AND c, as in PostgreSQL.
func (d *decoder) junction(x *tidb.BinaryOperationExpr, op ast.BoolOp, pos ast.Pos) ast.Expr {
	var rev []tidbExpr
	var first tidbExpr = x
	for {
		b, ok := first.(*tidb.BinaryOperationExpr)
		if !ok || b.Op != x.Op {
			break
		}
		rev = append(rev, b.R)
		first = b.L
	}
	out := &ast.Bool{Pos: pos, Op: op}
	head := d.expr(first)
	if b, ok := head.(*ast.Bool); ok && b.Op == op {
		out.Pos, out.Args = b.Pos, b.Args
	} else {
		out.Args = []ast.Expr{head}
	}
	for i := len(rev) - 1; i >= 0; i-- {
		out.Args = append(out.Args, d.expr(rev[i]))
	}
	return out
}

func (d *decoder) unary(x *tidb.UnaryOperationExpr, pos ast.Pos) ast.Expr {
	v := d.expr(x.V)
	switch x.Op {
	case opcode.Not, opcode.Not2:
		return &ast.Bool{Pos: pos, Op: ast.Not, Args: []ast.Expr{v}}
	case opcode.Plus:
		return &ast.Op{Pos: pos, Name: "+", R: v}
	case opcode.Minus:
		return negate(v, pos)
	}
	d.fail("unary operator", x)
	return v
}

// negate folds a minus into a numeric constant, as PostgreSQL's doNegate does: - 9223372036854775808 is an int8.
func negate(v ast.Expr, pos ast.Pos) ast.Expr {
	c, ok := v.(*ast.Const)
	if !ok || c.Kind != ast.IntConst && c.Kind != ast.FloatConst {
		return &ast.Op{Pos: pos, Name: "-", R: v}
	}
	s, minus := strings.CutPrefix(c.S, "-")
	if !minus {
		s = "-" + s
	}
	return &ast.Const{Pos: pos, Kind: c.Kind, S: s}
}

func (d *decoder) caseExpr(x *tidb.CaseExpr, pos ast.Pos) ast.Expr {
	c := &ast.Case{Pos: pos}
	if x.Value != nil {
		c.X = d.expr(x.Value)
	}
	for _, w := range x.WhenClauses {
		c.Whens = append(c.Whens, ast.When{Cond: d.expr(w.Expr), Then: d.expr(w.Result)})
	}
	if x.ElseClause != nil {
		c.Else = d.expr(x.ElseClause)
	}
	return c
}

// exists decodes EXISTS; TiDB folds a NOT before it into the node.
func (d *decoder) exists(x *tidb.ExistsSubqueryExpr, pos ast.Pos) ast.Expr {
	e := &ast.Exists{Pos: pos, Query: d.subquery(x.Sel)}
	if !x.Not {
		return e
	}
	e.Pos = d.tokenBefore(e.Query.Pos, func(t *token) bool { return t.isWord("exists") })
	return &ast.Bool{Pos: pos, Op: ast.Not, Args: []ast.Expr{e}}
}

func (d *decoder) function(x *tidb.FuncCallExpr, pos ast.Pos) *ast.Func {
	schema := x.Schema.O
	if strings.HasPrefix(schema, "##") {
		schema = schema[1:]
	}
	f := &ast.Func{Pos: pos, Name: qualified(schema, x.FnName.O)}
	if len(x.Args) == 1 {
		if name, args := call(x.Args[0]); name == "star" && len(args) == 0 {
			f.Star = true
			return f
		}
	}
	f.Args = d.exprs(x.Args)
	return f
}
