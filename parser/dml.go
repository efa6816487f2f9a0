package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) insert(x *ast.Insert) ast.Stmt {
	p.expectWords("insert", "into")
	x.Table = p.targetTable(false)
	if p.acceptWords("as") {
		x.Table.Alias.Name = p.colName().text
	}
	if p.cur().is("(") && !p.isSelectParen(p.i) {
		p.next()
		x.Cols = p.assignedColumns()
	}
	if p.acceptWords("overriding") {
		x.Overriding = p.expectAny("user", "system")
		p.expectWords("value")
	}
	if !p.acceptWords("default", "values") {
		p.takeQuery(&x.Source)
	}
	if p.cur().isWord("on") {
		x.Conflict = p.onConflict()
	}
	p.returning(&x.Returning)
	return x
}

// assignedColumns reads a column list behind '('.
func (p *cursor) assignedColumns() []ast.ColName {
	var list []ast.ColName
	for {
		list = append(list, p.assignedColumn())
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}

func (p *cursor) assignedColumn() ast.ColName {
	c := p.colName()
	if p.cur().is("[") || p.cur().is(".") {
		p.unsupported(p.cur(), "assignment to an array element or a field")
	}
	return ast.ColName{Pos: ast.Pos(c.pos), Name: c.text}
}

func (p *cursor) onConflict() *ast.OnConflict {
	c := &ast.OnConflict{Pos: p.pos()}
	p.expectWords("on", "conflict")
	if p.acceptWords("on") {
		p.expectWords("constraint")
		c.Constraint = p.colName().text
	} else if p.accept("(") {
		p.placeExprs(&c.Cols, p.conflictTarget())
		if p.acceptWords("where") {
			p.takeExpr(&c.Where)
		}
	}
	p.expectWords("do")
	if p.acceptWords("nothing") {
		return c
	}
	p.expectWords("update", "set")
	c.Update = p.assignments()
	if p.acceptWords("where") {
		p.takeExpr(&c.UpdateWhere)
	}
	return c
}

// conflictTarget reads index elements behind '(': a column, a call, or an expression in parentheses.
func (p *cursor) conflictTarget() []*frag {
	var list []*frag
	for {
		list = append(list, p.indexElement())
		if t := p.cur(); !t.is(",") && !t.is(")") && (t.isWord("collate") || t.isName()) {
			p.unsupported(t, "a collation or operator class in ON CONFLICT")
		}
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}

// indexElement translates what an index may be on: a column, a call, or an expression in parentheses.
func (p *cursor) indexElement() *frag {
	t := p.cur()
	switch {
	case t.is("("):
		p.next()
		e := p.expr()
		p.expect(")")
		return e
	case p.functionAhead():
		return p.primary()
	}
	p.colName()
	return leaf(t.pos, quoteName(t.text))
}

func (p *cursor) assignments() []*ast.Assign {
	var list []*ast.Assign
	for {
		a := &ast.Assign{Pos: p.pos()}
		if p.accept("(") {
			a.Multi = true
			a.Cols = p.assignedColumns()
		} else {
			a.Cols = []ast.ColName{p.assignedColumn()}
		}
		if !p.acceptOp("=") {
			p.syntax()
		}
		p.takeExpr(&a.Value)
		list = append(list, a)
		if !p.accept(",") {
			return list
		}
	}
}

func (p *cursor) returning(dst *[]*ast.Target) {
	if p.acceptWords("returning") {
		p.takeTargets(dst)
	}
}

func (p *cursor) update(x *ast.Update) ast.Stmt {
	p.expectWords("update")
	x.Table = p.targetTable(true)
	p.expectWords("set")
	x.Set = p.assignments()
	if p.acceptWords("from") {
		p.takeFrom(&x.From)
	}
	p.where(&x.Where)
	p.returning(&x.Returning)
	return x
}

func (p *cursor) where(dst *ast.Expr) {
	if !p.acceptWords("where") {
		return
	}
	if p.cur().isWord("current") && p.peek(1).isWord("of") {
		p.unsupported(p.cur(), "WHERE CURRENT OF")
		return
	}
	p.takeExpr(dst)
}

func (p *cursor) delete(x *ast.Delete) ast.Stmt {
	p.expectWords("delete", "from")
	x.Table = p.targetTable(true)
	if p.acceptWords("using") {
		p.takeFrom(&x.Using)
	}
	p.where(&x.Where)
	p.returning(&x.Returning)
	return x
}

func (p *cursor) truncate() ast.Stmt {
	x := &ast.Truncate{Pos: p.pos()}
	p.next()
	p.acceptWords("table")
	for {
		x.Tables = append(x.Tables, p.targetTable(false))
		if !p.accept(",") {
			break
		}
	}
	if p.acceptWords("restart", "identity") {
		x.RestartIdentity = true
	} else {
		p.acceptWords("continue", "identity")
	}
	x.Cascade = p.cascade()
	return x
}

// cascade reads [CASCADE | RESTRICT].
func (p *cursor) cascade() bool { return p.acceptAny("cascade", "restrict") == "cascade" }
