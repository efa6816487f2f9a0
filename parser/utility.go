package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// refused are the statements that PostgreSQL has and we do not, by their first word.
var refused = map[string]string{"call": "CALL", "cluster": "CLUSTER", "do": "DO", "grant": "GRANT",
	"import": "IMPORT FOREIGN SCHEMA", "listen": "LISTEN", "load": "LOAD", "lock": "LOCK TABLE", "merge": "MERGE", "notify": "NOTIFY",
	"reassign": "REASSIGN OWNED", "reindex": "REINDEX", "revoke": "REVOKE", "security": "SECURITY LABEL"}

// otherStatement reads what may be ignored and refuses what PostgreSQL has besides.
func (p *cursor) otherStatement() ast.Stmt {
	t := p.cur()
	x := &ast.Ignored{Pos: p.pos(), Tag: strings.ToUpper(t.text)}
	switch t.text {
	case "analyze", "analyse":
		x.Tag = "ANALYZE"
		p.next()
		p.maintenance("verbose")
	case "vacuum":
		p.next()
		p.maintenance("full", "freeze", "verbose", "analyze")
	case "checkpoint":
		p.next()
	case "unlisten":
		p.next()
		if !p.acceptOp("*") {
			p.colName()
		}
	case "comment":
		return p.comment()
	case "refresh":
		p.expectWords("refresh", "materialized", "view")
		p.fail(sqlerr.Unsupported(int(t.pos), "REFRESH MATERIALIZED VIEW").WithHint("Materialized views are always up to date."))
	default:
		if what := refused[t.text]; what != "" {
			p.unsupported(t, what)
		} else {
			p.syntax()
		}
	}
	return x
}

// maintenance reads what may follow ANALYZE and VACUUM: options in parentheses, or these words in this order; then tables.
func (p *cursor) maintenance(words ...string) {
	if p.cur().is("(") {
		p.utilityOptions((*cursor).explainOption)
	} else {
		for _, w := range words {
			p.acceptWords(w)
		}
	}
	if p.cur().endsStatement() {
		return
	}
	for {
		p.qualifiedName()
		if p.accept("(") {
			p.nameList()
		}
		if !p.accept(",") {
			return
		}
	}
}

// comment reads COMMENT ON for the objects that we have.
func (p *cursor) comment() ast.Stmt {
	x := &ast.Comment{Pos: p.pos()}
	p.expectWords("comment", "on")
	t := p.cur()
	x.Kind = p.acceptAny("table", "view", "index", "sequence", "column")
	switch {
	case x.Kind == "column":
		x.Name = p.dotted()
		if len(x.Name) < 2 {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "column name must be qualified").At(int(t.pos)))
			return nil
		}
		last := len(x.Name) - 1
		x.Name, x.Column = x.Name[:last], x.Name[last]
	case x.Kind != "":
		x.Name = p.qualifiedName()
	case p.acceptWords("materialized", "view"):
		x.Kind, x.Name = "materialized view", p.qualifiedName()
	default:
		return p.refuseObject("COMMENT ON")
	}
	p.expectWords("is")
	if !p.acceptWords("null") {
		x.Text = p.stringConst().S
	}
	return x
}
