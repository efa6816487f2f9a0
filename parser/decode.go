package parser

import (
	"sort"
	"strings"

	tidb "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// decoder turns TiDB's tree of a core text into ours. But for those of
// refuse, its errors mean that translator and decoder disagree, a bug: XX000.
type decoder struct {
	text  *coreText
	toks  []token // of the user's text, for positions that TiDB's tree does not keep
	types []*ast.TypeName
	stmts []ast.Stmt
	err   *sqlerr.Error
}

// decodePieces reads a core text whose targets are the pieces, and puts each where it belongs.
func decodePieces(p *cursor, text *coreText, pieces []piece) error {
	stmt, release, err := parseCore(text)
	if err != nil {
		return err
	}
	defer release()
	d := &decoder{text: text, toks: p.toks, types: p.types, stmts: p.stmts}
	sel, ok := stmt.(*tidb.SelectStmt)
	if !ok || sel.Fields == nil || len(sel.Fields.Fields) != len(pieces) {
		d.fail("statement", stmt)
		return d.err
	}
	for i, f := range sel.Fields.Fields {
		pieces[i].set(d, f.Expr)
	}
	if d.err != nil {
		return d.err
	}
	return nil
}

// refuse reports a user's error that only the finished tree shows.
func (d *decoder) refuse(err *sqlerr.Error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) fail(what string, n any) {
	if d.err == nil {
		d.err = sqlerr.New(sqlerr.InternalError, "the core dialect was not understood: %s %T", what, n).
			WithDetail("%.1000s", d.text.sql)
	}
}

// pos is where n begins in the user's text.
func (d *decoder) pos(n tidb.Node) ast.Pos { return ast.Pos(d.text.source(n.OriginTextPosition())) }

// tokenBefore is the position of the last token before pos for which ok holds; -1 if there is none.
func (d *decoder) tokenBefore(pos ast.Pos, ok func(*token) bool) ast.Pos {
	i := sort.Search(len(d.toks), func(i int) bool { return ast.Pos(d.toks[i].pos) >= pos })
	for i--; i >= 0; i-- {
		if ok(&d.toks[i]) {
			return ast.Pos(d.toks[i].pos)
		}
	}
	return -1
}

func decodeName(s string) string { return strings.TrimSuffix(s, nameGuard) }

func decodeNames(list []tidb.CIStr) []string {
	var out []string
	for _, c := range list {
		out = append(out, decodeName(c.O))
	}
	return out
}

// qualified joins the parts of a name that are there.
func qualified(parts ...string) []string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, decodeName(s))
		}
	}
	return out
}

// call is a call in the reserved schema: its name is "" if n is none.
func call(n tidbExpr) (name string, args []tidbExpr) {
	if f, ok := n.(*tidb.FuncCallExpr); ok && f.Schema.O == "#" {
		return f.FnName.O, f.Args
	}
	return "", nil
}

// args are the arguments of a reserved call that must be there.
func (d *decoder) args(n tidbExpr, name string) []tidbExpr {
	got, args := call(n)
	if got != name {
		d.fail("a call of "+name+", not", n)
		return nil
	}
	return args
}

// arg is the i-th argument, or a failure and NULL.
func (d *decoder) arg(args []tidbExpr, i int) tidbExpr {
	if i < len(args) {
		return args[i]
	}
	d.fail("missing argument "+itoa(i), nil)
	return &literal{}
}

func (d *decoder) str(n tidbExpr) string {
	if l, ok := n.(*literal); ok {
		if s, ok := l.v.(string); ok {
			return s
		}
	}
	d.fail("string", n)
	return ""
}

func (d *decoder) strArgs(list []tidbExpr) []string {
	var out []string
	for _, n := range list {
		out = append(out, d.str(n))
	}
	return out
}

func (d *decoder) integer(n tidbExpr) int {
	if l, ok := n.(*literal); ok {
		if v, ok := l.v.(int64); ok {
			return int(v)
		}
	}
	d.fail("integer", n)
	return 0
}

func (d *decoder) typeName(n tidbExpr) *ast.TypeName {
	if i := d.integer(n); i >= 0 && i < len(d.types) {
		return d.types[i]
	}
	d.fail("type", n)
	return &ast.TypeName{Name: ast.Name{""}}
}

// subquery decodes a query in parentheses.
func (d *decoder) subquery(n tidbExpr) *ast.Query {
	for {
		switch x := n.(type) {
		case *tidb.ParenthesesExpr:
			n = x.Expr
		case *tidb.SubqueryExpr:
			return d.query(x.Query)
		default:
			d.fail("subquery", n)
			return &ast.Query{Pos: -1, Body: &ast.Select{Pos: -1}}
		}
	}
}

// selectOf decodes a subquery that is a plain SELECT.
func (d *decoder) selectOf(n tidbExpr) *ast.Select {
	if s, ok := d.subquery(n).Body.(*ast.Select); ok {
		return s
	}
	d.fail("plain SELECT", n)
	return &ast.Select{Pos: -1}
}
