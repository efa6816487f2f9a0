package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) drop() ast.Stmt {
	x := &ast.Drop{Pos: p.pos()}
	p.next()
	switch t := p.cur(); {
	case t.isAnyWord("table", "view", "sequence", "schema"):
		x.Kind = p.next().text
	case p.acceptWords("materialized", "view"):
		x.Kind = "materialized view"
	case p.acceptWords("index"):
		x.Kind = "index"
		p.acceptWords("concurrently") // nobody waits for it either way
	default:
		return p.refuseObject("DROP")
	}
	x.IfExists = p.ifExists()
	for {
		x.NamesPos = append(x.NamesPos, p.pos())
		if x.Kind == "schema" {
			x.Names = append(x.Names, ast.Name{p.colName().text})
		} else {
			x.Names = append(x.Names, p.qualifiedName())
		}
		if !p.accept(",") {
			break
		}
	}
	x.Cascade = p.cascade()
	return x
}
