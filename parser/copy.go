package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// copy reads COPY. Its options come out under the names of the newer form: BINARY is format binary, DELIMITERS delimiter.
func (p *cursor) copy() ast.Stmt {
	x := &ast.Copy{Pos: p.pos()}
	p.next()
	if t := p.cur(); t.is("(") {
		if !p.isSelectParen(p.i) && p.peek(1).isAnyWord("insert", "update", "delete", "merge", "with") {
			p.unsupported(p.peek(1), "COPY of a statement that writes")
		}
		p.next()
		p.takeQuery(&x.Query)
		p.expect(")")
		p.expectWords("to")
	} else {
		if t.isWord("binary") && p.peek(1).isColumnName() {
			p.next()
			x.Options = append(x.Options, wordOption(t, "format", "binary"))
		}
		x.Table = &ast.Rel{Pos: p.pos()}
		x.Table.Name = p.qualifiedName()
		if p.accept("(") {
			x.Cols = p.assignedColumns()
		}
		x.From = p.expectAny("from", "to") == "from"
	}
	p.copyEnd(x)
	if x.Table != nil && (p.cur().isWord("using") || p.cur().isWord("delimiters")) {
		p.acceptWords("using")
		t := p.cur()
		p.expectWords("delimiters")
		x.Options = append(x.Options, ast.Option{Pos: ast.Pos(t.pos), Name: "delimiter", Value: p.stringConst()})
	}
	p.acceptWords("with")
	if p.cur().is("(") {
		x.Options = append(x.Options, p.utilityOptions((*cursor).colLabel)...)
	} else {
		p.oldCopyOptions(x)
	}
	p.onceOnly(x.Options)
	if t := p.cur(); x.Table != nil && p.acceptWords("where") {
		p.takeExpr(&x.Where)
		if !x.From {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "WHERE clause not allowed with COPY TO").
				At(int(t.pos)).WithHint("Try the COPY (SELECT ... WHERE ...) TO variant."))
		}
	}
	return x
}

// copyEnd reads where the rows come from or go to.
func (p *cursor) copyEnd(x *ast.Copy) {
	program := p.acceptWords("program")
	t := p.cur()
	switch {
	case t.kind == tokString:
		x.File = p.next().text
		if program || x.File == "" {
			p.unsupported(t, "COPY with a program or a nameless file")
		}
	case !t.isAnyWord("stdin", "stdout"):
		p.syntax()
	case program:
		p.fail(sqlerr.New(sqlerr.SyntaxError, "STDIN/STDOUT not allowed with PROGRAM").At(int(t.pos)))
	default:
		p.next()
	}
}

func wordOption(t *token, name, word string) ast.Option {
	return ast.Option{Pos: ast.Pos(t.pos), Name: name, Value: &ast.Const{Pos: ast.Pos(t.pos), Kind: ast.StringConst, S: word}}
}

// oldCopyOptions reads the options as they were before PostgreSQL 9.0: words without parentheses and commas.
func (p *cursor) oldCopyOptions(x *ast.Copy) {
	for {
		t := p.cur()
		o := ast.Option{Pos: ast.Pos(t.pos), Name: t.text}
		switch {
		case p.acceptAny("binary", "csv") != "":
			o = wordOption(t, "format", t.text)
		case p.acceptAny("freeze", "header") != "":
			o.Value = &ast.Const{Pos: o.Pos, Kind: ast.BoolConst, S: "true"}
		case p.acceptAny("delimiter", "null", "quote", "escape") != "":
			p.acceptWords("as")
			o.Value = p.stringConst()
		case p.acceptWords("encoding"):
			o.Value = p.stringConst()
		case p.acceptWords("force", "quote"):
			o.Name = "force_quote"
			if s := p.cur(); p.acceptOp("*") {
				o.Value = &ast.Star{Pos: ast.Pos(s.pos)}
			} else {
				o.List = p.columnWords()
			}
		case p.acceptWords("force", "not", "null"):
			o.Name, o.List = "force_not_null", p.columnWords()
		case p.acceptWords("force", "null"):
			o.Name, o.List = "force_null", p.columnWords()
		default:
			return
		}
		x.Options = append(x.Options, o)
	}
}

// columnWords reads column names, as the strings that the newer form has.
func (p *cursor) columnWords() []ast.Expr {
	var list []ast.Expr
	for {
		t := p.colName()
		list = append(list, &ast.Const{Pos: ast.Pos(t.pos), Kind: ast.StringConst, S: t.text})
		if !p.accept(",") {
			return list
		}
	}
}

// onceOnly refuses an option that stands twice.
func (p *cursor) onceOnly(options []ast.Option) {
	seen := make(map[string]bool, len(options))
	for _, o := range options {
		if seen[o.Name] {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(int(o.Pos)))
		}
		seen[o.Name] = true
	}
}
