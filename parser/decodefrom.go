package parser

import (
	"strconv"

	tidb "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/streamsql/streamsql/parser/ast"
)

// commaList undoes TiDB's folding of FROM a, b into joins: a join that was written is in parentheses.
func (d *decoder) commaList(n tidb.ResultSetNode) []ast.From {
	var rev []ast.From
	for {
		j, ok := n.(*tidb.Join)
		if !ok || j.ExplicitParens {
			rev = append(rev, d.from(n))
			break
		}
		if j.Right != nil {
			rev = append(rev, d.from(j.Right))
		}
		n = j.Left
	}
	out := make([]ast.From, 0, len(rev))
	for i := len(rev) - 1; i >= 0; i-- {
		out = append(out, rev[i])
	}
	return out
}

func (d *decoder) from(n tidb.ResultSetNode) ast.From {
	switch x := n.(type) {
	case *tidb.Join:
		if x.Right == nil {
			return d.from(x.Left)
		}
		return d.join(x)
	case *tidb.TableSource:
		return d.tableSource(x)
	}
	d.fail("FROM", n)
	return &ast.Rel{Pos: -1, Name: ast.Name{""}}
}

var joinKinds = map[string]ast.JoinKind{"inner": ast.InnerJoin, "left": ast.LeftJoin, "right": ast.RightJoin,
	"full": ast.FullJoin}

func (d *decoder) join(x *tidb.Join) ast.From {
	j := &ast.Join{Pos: -1, L: d.from(x.Left), R: d.from(x.Right)}
	if x.On == nil {
		d.fail("join without ON", x)
		return j
	}
	on := x.On.Expr
	j.Pos = d.pos(on)
	name, args := call(on)
	if name == "cross_join" {
		j.Kind = ast.CrossJoin
		return j
	}
	j.Kind = joinKinds[d.str(d.arg(args, 0))]
	switch name {
	case "natural_join":
		j.Natural = true
	case "join_on":
		j.On = d.expr(d.arg(args, 1))
	case "join_using":
		j.UsingAs = d.str(d.arg(args, 1))
		j.Using = d.strArgs(args[min(2, len(args)):])
	default:
		d.fail("join", on)
	}
	return j
}

func (d *decoder) tableSource(x *tidb.TableSource) ast.From {
	alias := ast.Alias{Name: decodeName(x.AsName.O), Cols: decodeNames(x.ColumnNames)}
	if alias.Name == noAlias {
		alias.Name = ""
	}
	switch s := x.Source.(type) {
	case *tidb.TableName:
		r := &ast.Rel{Pos: -1, Name: qualified(s.Schema.O, s.Name.O), Alias: alias}
		if len(s.PartitionNames) > 0 {
			if n, err := strconv.Atoi(s.PartitionNames[0].O); err == nil {
				r.Pos = ast.Pos(n)
			}
		}
		return r
	case *tidb.SelectStmt:
		if s.Fields != nil && len(s.Fields.Fields) == 1 {
			return d.wrappedFrom(s.Fields.Fields[0].Expr, alias)
		}
	}
	d.fail("table source", x.Source)
	return &ast.Rel{Pos: -1, Name: ast.Name{""}}
}

// wrappedFrom decodes what wrapped encodes.
func (d *decoder) wrappedFrom(n tidbExpr, alias ast.Alias) ast.From {
	switch name, args := call(n); name {
	case "from_query", "from_lateral":
		return &ast.Derived{Pos: d.pos(n), Query: d.subquery(d.arg(args, 0)), Lateral: name == "from_lateral", Alias: alias}
	case "from_table":
		words := d.strArgs(args)
		if len(words) > 1 {
			return &ast.Rel{Pos: d.pos(n), Name: words[1:], Only: words[0] == "only", Alias: alias}
		}
	case "from_func":
		return d.funcRel(args, alias)
	case "from_join":
		if s := d.selectOf(d.arg(args, 0)); len(s.From) == 1 {
			if j, ok := s.From[0].(*ast.Join); ok {
				j.Alias = alias
				return j
			}
		}
	}
	d.fail("FROM", n)
	return &ast.Rel{Pos: -1, Name: ast.Name{""}}
}

func (d *decoder) funcRel(args []tidbExpr, alias ast.Alias) ast.From {
	first := d.arg(args, 0)
	f := &ast.FuncRel{Pos: d.pos(first), Alias: alias}
	f.Lateral = d.str(d.arg(args, 1)) == "lateral"
	f.Ordinality = d.str(d.arg(args, 2)) == "ordinality"
	f.Defs = d.columnDefs(args[min(3, len(args)):])
	name, list := call(first)
	if name != "rows_from" {
		f.Funcs = []ast.Expr{d.expr(first)}
		f.Pos = startOf(f.Funcs[0])
		return f
	}
	f.RowsFrom = true
	for _, e := range list {
		var defs []ast.ColDef
		if name, typed := call(e); name == "typed" {
			e, defs = d.arg(typed, 0), d.columnDefs(typed[min(1, len(typed)):])
		}
		f.Funcs = append(f.Funcs, d.expr(e))
		f.FuncDefs = append(f.FuncDefs, defs)
	}
	return f
}

func (d *decoder) columnDefs(list []tidbExpr) []ast.ColDef {
	var out []ast.ColDef
	for _, e := range list {
		a := d.args(e, "coldef")
		out = append(out, ast.ColDef{Pos: d.pos(e), Name: d.str(d.arg(a, 0)), Type: d.typeName(d.arg(a, 1))})
	}
	return out
}
