package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

// statement reads one statement up to its semicolon. nil only with an error.
func (p *cursor) statement() ast.Stmt {
	p.enter()
	defer p.leave()
	t := p.cur()
	if t.kind != tokIdent {
		if t.is("(") {
			return p.queryStatement()
		}
		p.syntax()
		return nil
	}
	switch t.text {
	case "select", "values", "table":
		return p.queryStatement()
	case "with":
		if !p.withLeadsToDML() {
			return p.queryStatement()
		}
		return p.dmlBehindWith()
	case "insert":
		return p.insert(&ast.Insert{Pos: p.pos()})
	case "update":
		return p.update(&ast.Update{Pos: p.pos()})
	case "delete":
		return p.delete(&ast.Delete{Pos: p.pos()})
	case "create":
		return p.create()
	case "alter":
		return p.alter()
	case "drop":
		return p.drop()
	case "truncate":
		return p.truncate()
	case "copy":
		return p.copy()
	case "begin", "start":
		return p.begin()
	case "commit", "end":
		return p.commit()
	case "rollback", "abort":
		return p.rollback()
	case "savepoint":
		return p.savepoint()
	case "release":
		return p.release()
	case "set":
		return p.set()
	case "reset":
		return p.reset()
	case "show":
		return p.show()
	case "prepare":
		return p.prepare()
	case "execute":
		return p.execute()
	case "deallocate":
		return p.deallocate()
	case "discard":
		return p.discard()
	case "explain":
		return p.explain()
	case "declare":
		return p.declare()
	case "fetch", "move":
		return p.fetch()
	case "close":
		return p.closeCursor()
	}
	return p.otherStatement()
}

func (p *cursor) queryStatement() ast.Stmt {
	q := &ast.Query{}
	p.addPiece(inParens(p.query(nil)), func(d *decoder, n tidbExpr) { *q = *d.subquery(n) })
	return q
}

// dmlBehindWith reads WITH .. INSERT, UPDATE or DELETE.
func (p *cursor) dmlBehindWith() ast.Stmt {
	pos := p.pos()
	clause := p.with()
	switch t := p.cur(); {
	case t.isWord("insert"):
		x := &ast.Insert{Pos: pos}
		p.placeWith(clause, &x.With, &x.Recursive)
		return p.insert(x)
	case t.isWord("update"):
		x := &ast.Update{Pos: pos}
		p.placeWith(clause, &x.With, &x.Recursive)
		return p.update(x)
	case t.isWord("delete"):
		x := &ast.Delete{Pos: pos}
		p.placeWith(clause, &x.With, &x.Recursive)
		return p.delete(x)
	}
	p.syntax()
	return nil
}
