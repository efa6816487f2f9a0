package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) alter() ast.Stmt {
	x := &ast.AlterTable{Pos: p.pos()}
	p.next()
	if !p.acceptWords("table") {
		return p.refuseObject("ALTER")
	}
	if p.cur().isWord("all") {
		p.unsupported(p.cur(), "ALTER TABLE ALL")
	}
	x.IfExists = p.ifExists()
	p.acceptWords("only")
	x.Name = p.qualifiedName()
	p.acceptOp("*")
	if p.cur().isWord("rename") {
		x.Actions = []ast.AlterAction{p.rename()}
		return x
	}
	for {
		x.Actions = append(x.Actions, p.alterAction())
		if !p.accept(",") {
			return x
		}
	}
}

func (p *cursor) rename() ast.AlterAction {
	a := ast.AlterAction{Pos: p.pos(), Verb: "rename column"}
	p.next()
	switch {
	case p.acceptWords("to"):
		a.Verb = "rename to"
		a.To = p.colName().text
		return a
	case p.acceptWords("constraint"):
		a.Verb = "rename constraint"
	default:
		p.acceptWords("column")
	}
	a.Name = p.colName().text
	p.expectWords("to")
	a.To = p.colName().text
	return a
}

// alterAction reads one of ALTER TABLE's actions; what is about storage, owners, triggers or inheritance is refused.
func (p *cursor) alterAction() ast.AlterAction {
	a := ast.AlterAction{Pos: p.pos()}
	t := p.cur()
	switch {
	case p.acceptWords("add"):
		if p.constraintAhead() {
			a.Verb = "add constraint"
			a.Constraint = p.tableConstraint()
			return a
		}
		a.Verb = "add column"
		p.acceptWords("column")
		a.IfExists = p.ifNotExists()
		a.Column = p.columnDef()
		a.Name = a.Column.Name
	case p.acceptWords("drop"):
		a.Verb = "drop column"
		if p.acceptWords("constraint") {
			a.Verb = "drop constraint"
		} else {
			p.acceptWords("column")
		}
		a.IfExists = p.ifExists()
		a.Name = p.colName().text
		if p.cascade() {
			a.Verb += " cascade"
		}
	case p.acceptWords("alter"):
		p.acceptWords("column")
		p.alterColumn(&a)
	case t.isAnyWord("set", "reset", "owner", "cluster", "enable", "disable", "force", "no", "inherit", "of", "not",
		"attach", "detach", "replica", "validate"):
		p.unsupported(t, "ALTER TABLE .. "+strings.ToUpper(t.text))
	default:
		p.syntax()
	}
	return a
}

func (p *cursor) alterColumn(a *ast.AlterAction) {
	n := p.colName()
	a.Name = n.text
	t := p.cur()
	switch {
	case p.acceptWords("set", "default"):
		a.Verb = "set default"
		a.Constraint = &ast.Constraint{Pos: p.pos(), Kind: ast.DefaultConstraint}
		start := p.i
		p.takeExpr(&a.Constraint.Expr)
		a.Constraint.ExprText = p.textFrom(start)
	case p.acceptWords("drop", "default"):
		a.Verb = "drop default"
	case p.acceptWords("set", "not", "null"):
		a.Verb = "set not null"
	case p.acceptWords("drop", "not", "null"):
		a.Verb = "drop not null"
	case p.acceptWords("type"), p.acceptWords("set", "data", "type"):
		a.Verb = "set type"
		a.Column = &ast.ColumnDef{Pos: ast.Pos(n.pos), Name: n.text, Type: p.typeName()}
		if p.acceptWords("collate") {
			a.Column.Collate = p.dotted()
		}
		if p.cur().isWord("using") {
			p.unsupported(p.cur(), "ALTER COLUMN TYPE .. USING")
		}
	case t.isAnyWord("set", "drop", "add", "restart", "reset"):
		p.unsupported(t, "ALTER COLUMN .. "+strings.ToUpper(t.text))
	default:
		p.syntax()
	}
}
