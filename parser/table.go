package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) createTable(x *ast.CreateTable) ast.Stmt {
	p.expectWords("table")
	x.IfNotExists = p.ifNotExists()
	x.Name = p.qualifiedName()
	if p.cur().is("(") {
		p.tableElements(x)
	} else if t := p.cur(); t.isWord("of") || t.isWord("partition") {
		p.unsupported(t, "CREATE TABLE .. "+strings.ToUpper(t.text))
	} else if !t.isAnyWord("as", "with", "using", "on") {
		p.syntax()
	}
	p.tableSuffix(x)
	if !p.acceptWords("as") {
		return x
	}
	x.AsQuery = &ast.Query{} // replaced when the pieces are read; EXPLAIN asks for it before
	p.takeQuery(&x.AsQuery)
	if p.cur().isWord("with") && p.peek(1).isWord("no") {
		p.unsupported(p.cur(), "WITH NO DATA")
	}
	p.withData()
	return x
}

// tableElements reads the columns and constraints in parentheses. Bare names, which CREATE TABLE AS may have, become
// columns without a type.
func (p *cursor) tableElements(x *ast.CreateTable) {
	p.expect("(")
	if p.accept(")") {
		return
	}
	for {
		t := p.cur()
		switch {
		case t.isWord("like"):
			p.unsupported(t, "LIKE in CREATE TABLE")
		case p.constraintAhead():
			x.Constraints = append(x.Constraints, p.tableConstraint())
		case p.peek(1).is(",") || p.peek(1).is(")"):
			c := p.colName()
			x.Cols = append(x.Cols, &ast.ColumnDef{Pos: ast.Pos(c.pos), Name: c.text})
		default:
			x.Cols = append(x.Cols, p.columnDef())
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	for _, c := range x.Cols {
		if c.Type == nil && !p.cur().isAnyWord("as", "with", "on", "using") {
			p.syntax()
			break
		}
	}
}

// tableSuffix reads what may stand behind the columns.
func (p *cursor) tableSuffix(x *ast.CreateTable) {
	for {
		t := p.cur()
		switch {
		case t.isAnyWord("inherits", "partition", "using", "tablespace"):
			p.unsupported(t, strings.ToUpper(t.text)+" of a table")
			return
		case t.isWord("with") && p.peek(1).is("("):
			p.next()
			x.With = p.optionList()
		case t.isWord("without") && p.peek(1).isWord("oids"):
			p.i += 2
		case t.isWord("on") && p.peek(1).isWord("commit"):
			p.i += 2
			switch {
			case p.acceptWords("drop"):
				x.OnCommit = "drop"
			case p.acceptWords("delete", "rows"):
				x.OnCommit = "delete rows"
			default:
				p.expectWords("preserve", "rows")
				x.OnCommit = "preserve rows"
			}
		default:
			return
		}
	}
}

func (p *cursor) columnDef() *ast.ColumnDef {
	n := p.colName()
	c := &ast.ColumnDef{Pos: ast.Pos(n.pos), Name: n.text, Type: p.typeName()}
	for {
		if p.acceptWords("collate") {
			c.Collate = p.dotted()
			continue
		}
		k := p.columnConstraint()
		if k == nil {
			return c
		}
		c.Constraints = append(c.Constraints, k)
	}
}

// constraintAhead reports whether a table constraint stands here, rather than a column.
func (p *cursor) constraintAhead() bool {
	return p.cur().isAnyWord("constraint", "check", "unique", "primary", "foreign") ||
		p.cur().isWord("exclude") && p.peek(1).isAnyWord("using") || p.cur().isWord("exclude") && p.peek(1).is("(")
}

// columnConstraint reads one constraint of a column; nil if none stands here.
func (p *cursor) columnConstraint() *ast.Constraint {
	k := &ast.Constraint{Pos: p.pos()}
	named := p.acceptWords("constraint")
	if named {
		k.Name = p.colName().text
	}
	t := p.cur()
	switch {
	case p.acceptWords("not", "null"):
		k.Kind = ast.NotNullConstraint
	case p.acceptWords("null"):
		k.Kind = ast.NullConstraint
	case p.acceptWords("primary", "key"):
		k.Kind = ast.PrimaryKeyConstraint
	case p.acceptWords("unique"):
		k.Kind = ast.UniqueConstraint
		p.uniqueNulls()
	case p.acceptWords("check"):
		p.checkConstraint(k)
	case p.acceptWords("default"):
		k.Kind = ast.DefaultConstraint
		start := p.i
		p.placeExpr(&k.Expr, p.exprAt(levelIs, true))
		k.ExprText = p.textFrom(start)
	case p.acceptWords("generated"):
		p.generated(k)
	case p.acceptWords("references"):
		p.references(k)
	case named:
		p.syntax()
	case t.isAnyWord("storage", "compression"):
		p.unsupported(t, strings.ToUpper(t.text)+" of a column")
	default:
		return nil
	}
	p.constraintAttributes()
	return k
}

func (p *cursor) checkConstraint(k *ast.Constraint) {
	k.Kind = ast.CheckConstraint
	p.expect("(")
	start := p.i
	p.takeExpr(&k.Expr)
	k.ExprText = p.textFrom(start)
	p.expect(")")
	if p.acceptWords("no") {
		p.expectWords("inherit") // nothing inherits
	}
}

// generated reads GENERATED .. AS IDENTITY or AS (expr) STORED, behind GENERATED.
func (p *cursor) generated(k *ast.Constraint) {
	if p.acceptWords("always") {
		k.Always = true
	} else {
		p.expectWords("by", "default")
	}
	p.expectWords("as")
	if p.acceptWords("identity") {
		k.Kind = ast.IdentityConstraint
		if p.accept("(") {
			k.Options = p.sequenceOptions()
			p.expect(")")
		}
		return
	}
	if !k.Always {
		p.syntax()
	}
	k.Kind = ast.GeneratedConstraint
	p.expect("(")
	start := p.i
	p.takeExpr(&k.Expr)
	k.ExprText = p.textFrom(start)
	p.expect(")")
	p.expectWords("stored")
}

// references reads what stands behind REFERENCES.
func (p *cursor) references(k *ast.Constraint) {
	k.Kind = ast.ForeignKeyConstraint
	k.RefTable = p.qualifiedName()
	if p.accept("(") {
		k.RefCols = p.assignedColumns()
	}
	for {
		switch t := p.cur(); {
		case p.acceptWords("match"):
			p.expectAny("simple", "full", "partial")
		case t.isWord("on") && p.peek(1).isAnyWord("delete", "update"):
			event := p.peek(1).text
			p.i += 2
			action := &ast.Const{Pos: p.pos(), Kind: ast.StringConst}
			action.S = p.referentialAction()
			k.Options = append(k.Options, ast.Option{Pos: ast.Pos(t.pos), Name: "on " + event, Value: action})
		default:
			return
		}
	}
}

func (p *cursor) referentialAction() string {
	if p.acceptWords("no") {
		p.expectWords("action")
		return "no action"
	}
	if p.acceptWords("set") {
		return "set " + p.expectAny("null", "default")
	}
	return p.expectAny("restrict", "cascade")
}

func (p *cursor) uniqueNulls() {
	if !p.acceptWords("nulls") {
		return
	}
	if p.cur().isWord("not") {
		p.unsupported(p.cur(), "NULLS NOT DISTINCT")
	}
	p.expectWords("distinct")
}

// constraintAttributes reads what says when a constraint is checked; we check at once, as is the default.
func (p *cursor) constraintAttributes() {
	for {
		t := p.cur()
		switch {
		case p.acceptWords("not", "deferrable"), p.acceptWords("initially", "immediate"):
		case t.isWord("deferrable"), t.isWord("initially"), t.isWord("not") && p.peek(1).isWord("valid"):
			p.unsupported(t, "a constraint that is not checked at once")
		default:
			return
		}
	}
}

func (p *cursor) tableConstraint() *ast.Constraint {
	k := &ast.Constraint{Pos: p.pos()}
	if p.acceptWords("constraint") {
		k.Name = p.colName().text
	}
	t := p.cur()
	switch {
	case p.acceptWords("primary", "key"):
		k.Kind = ast.PrimaryKeyConstraint
		p.keyColumns(k)
	case p.acceptWords("unique"):
		k.Kind = ast.UniqueConstraint
		p.uniqueNulls()
		p.keyColumns(k)
	case p.acceptWords("check"):
		p.checkConstraint(k)
	case p.acceptWords("foreign", "key"):
		p.expect("(")
		k.Cols = p.assignedColumns()
		p.expectWords("references")
		p.references(k)
	case t.isWord("exclude"):
		p.unsupported(t, "EXCLUDE")
	default:
		p.syntax()
	}
	p.constraintAttributes()
	return k
}

func (p *cursor) keyColumns(k *ast.Constraint) {
	if t := p.cur(); t.isWord("using") {
		p.unsupported(t, "USING INDEX")
	}
	p.expect("(")
	k.Cols = p.assignedColumns()
	if t := p.cur(); t.isAnyWord("include", "with", "using") {
		p.unsupported(t, strings.ToUpper(t.text)+" of a constraint")
	}
}
