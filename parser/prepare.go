package parser

import (
	"sort"

	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) prepare() ast.Stmt {
	x := &ast.Prepare{Pos: p.pos()}
	p.next()
	if t := p.cur(); t.isWord("transaction") && p.peek(1).kind == tokString {
		p.unsupported(t, "PREPARE TRANSACTION")
	}
	x.Name = p.colName().text
	if p.accept("(") {
		for {
			x.Types = append(x.Types, p.typeName())
			if !p.accept(",") {
				p.expect(")")
				break
			}
		}
	}
	p.expectWords("as")
	outer := p.numParams
	start := p.i
	x.Stmt = p.preparable()
	x.Text = p.textFrom(start)
	p.numParams = outer // its parameters are EXECUTE's business
	return x
}

// preparable reads a query, INSERT, UPDATE or DELETE.
func (p *cursor) preparable() ast.Stmt {
	if t := p.cur(); t.is("(") || t.isAnyWord("select", "values", "table", "with", "insert", "update", "delete", "merge") {
		return p.statement()
	}
	p.syntax()
	return nil
}

func (p *cursor) execute() ast.Stmt {
	x := &ast.Execute{Pos: p.pos()}
	p.next()
	x.Name = p.colName().text
	if p.accept("(") {
		p.placeExprs(&x.Args, p.exprs())
		p.expect(")")
	}
	return x
}

func (p *cursor) deallocate() ast.Stmt {
	x := &ast.Deallocate{Pos: p.pos()}
	p.next()
	if !p.peek(1).endsStatement() {
		p.acceptWords("prepare")
	}
	if !p.acceptWords("all") {
		x.Name = p.colName().text
	}
	return x
}

func (p *cursor) explain() ast.Stmt {
	x := &ast.Explain{Pos: p.pos()}
	p.next()
	if p.cur().is("(") && !p.isSelectParen(p.i) {
		x.Options = p.utilityOptions((*cursor).explainOption)
	} else {
		for _, words := range [][]string{{"analyze", "analyse"}, {"verbose"}} {
			pos := p.pos()
			if p.acceptAny(words...) != "" {
				x.Options = append(x.Options, ast.Option{Pos: pos, Name: words[0]})
			}
		}
	}
	for i := range x.Options {
		o := &x.Options[i]
		if o.Name == "analyse" {
			o.Name = "analyze"
		}
		if o.Name == "analyze" {
			x.Analyze = o.On()
		}
	}
	switch t := p.cur(); {
	case t.isAnyWord("create", "declare", "execute", "refresh"):
		x.Stmt = p.statement()
		switch s := x.Stmt.(type) {
		case *ast.CreateView:
			if s.Materialized {
				return x
			}
		case *ast.CreateTable:
			if s.AsQuery != nil {
				return x
			}
			if len(s.Cols) > 0 && s.Cols[0].Type != nil { // CREATE TABLE AS has names only
				p.syntaxAt(p.tokenAt(s.Cols[0].Type.Pos))
			}
			p.syntax()
		case *ast.Declare, *ast.Execute:
			return x
		}
		p.syntaxAt(p.tokenAt(ast.Pos(t.end)))
	default:
		x.Stmt = p.preparable()
	}
	return x
}

// tokenAt is the first token that begins at pos or later.
func (p *cursor) tokenAt(pos ast.Pos) *token {
	i := sort.Search(len(p.toks)-1, func(i int) bool { return ast.Pos(p.toks[i].pos) >= pos })
	return &p.toks[i]
}

// explainOption takes an option's name, which is reserved for ANALYZE only.
func (p *cursor) explainOption() *token {
	if p.cur().isAnyWord("analyze", "analyse") {
		return p.next()
	}
	return p.nonReserved()
}

// utilityOptions reads (name [value], ..) as EXPLAIN, COPY and VACUUM have it.
func (p *cursor) utilityOptions(name func(*cursor) *token) []ast.Option {
	p.expect("(")
	var list []ast.Option
	for {
		t := name(p)
		o := ast.Option{Pos: ast.Pos(t.pos), Name: t.text}
		switch v := p.cur(); {
		case v.is(","), v.is(")"):
		case v.isOp("*"):
			p.next()
			o.Value = &ast.Star{Pos: ast.Pos(v.pos)}
		case p.accept("("):
			for {
				o.List = append(o.List, p.settingValue())
				if !p.accept(",") {
					p.expect(")")
					break
				}
			}
		default:
			o.Value = p.settingValue()
		}
		list = append(list, o)
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}
