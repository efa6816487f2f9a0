package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

// set reads SET and what begins like it: SET TRANSACTION, SET SESSION CHARACTERISTICS.
func (p *cursor) set() ast.Stmt {
	x := &ast.Set{Pos: p.pos()}
	p.next()
	if p.acceptWords("session", "characteristics") {
		p.expectWords("as", "transaction")
		return &ast.SetTransaction{Pos: x.Pos, Session: true, Modes: p.txModes(true)}
	}
	if p.cur().isWord("session") && !p.peek(1).isWord("authorization") && !p.assigns(1) {
		p.next()
	} else if p.cur().isWord("local") && !p.assigns(1) {
		p.next()
		x.Local = true
	}
	switch t := p.cur(); {
	case p.assigns(1):
	case t.isWord("transaction") && p.peek(1).isWord("snapshot"):
		p.unsupported(t, "SET TRANSACTION SNAPSHOT")
	case p.acceptWords("transaction"):
		return &ast.SetTransaction{Pos: x.Pos, Modes: p.txModes(true)}
	case p.acceptWords("time", "zone"):
		return p.setTimeZone(x)
	case p.acceptWords("schema"):
		return p.setTo(x, "search_path", p.stringConst())
	case t.isWord("catalog"):
		p.next()
		p.stringConst()
		p.unsupported(t, "another database")
	case p.acceptWords("names"):
		if p.cur().endsStatement() || p.acceptWords("default") {
			return p.setTo(x, "client_encoding")
		}
		return p.setTo(x, "client_encoding", p.stringConst())
	case p.acceptWords("role"):
		return p.setTo(x, "role", p.wordOrString())
	case p.acceptWords("session", "authorization"):
		if p.acceptWords("default") {
			return p.setTo(x, "session_authorization")
		}
		return p.setTo(x, "session_authorization", p.wordOrString())
	case p.acceptWords("xml", "option"):
		pos := p.pos()
		return p.setTo(x, "xmloption", &ast.Const{Pos: pos, Kind: ast.StringConst, S: p.expectAny("document", "content")})
	}
	x.Name = p.settingName()
	if p.cur().isWord("from") && p.peek(1).isWord("current") {
		p.unsupported(p.cur(), "SET .. FROM CURRENT")
	}
	if !p.acceptWords("to") && !p.acceptOp("=") {
		p.syntax()
	}
	if p.acceptWords("default") {
		return x
	}
	for {
		x.Values = append(x.Values, p.settingValue())
		if !p.accept(",") {
			return x
		}
	}
}

// assigns reports whether the n-th token from here is the TO or = of a plain SET, before which every word is a name.
func (p *cursor) assigns(n int) bool { return p.peek(n).isWord("to") || p.peek(n).isOp("=") }

func (p *cursor) setTo(x *ast.Set, name string, values ...ast.Expr) ast.Stmt {
	x.Name, x.Values = name, values
	return x
}

func (p *cursor) setTimeZone(x *ast.Set) ast.Stmt {
	switch t := p.cur(); {
	case t.isAnyWord("default", "local"):
		p.next()
		return p.setTo(x, "timezone")
	case t.isWord("interval"):
		p.unsupported(t, "SET TIME ZONE INTERVAL")
		return x
	}
	return p.setTo(x, "timezone", p.settingValue())
}

// settingName reads the name of a setting; an extension's has dots.
func (p *cursor) settingName() string {
	name := p.colName().text
	for p.accept(".") {
		name += "." + p.colName().text
	}
	return name
}

// namedSetting reads a setting as SHOW and RESET name it: also by words of its own, or ALL.
func (p *cursor) namedSetting() string {
	switch {
	case p.acceptWords("all"):
		return "all"
	case p.acceptWords("time", "zone"):
		return "timezone"
	case p.acceptWords("transaction", "isolation", "level"):
		return "transaction_isolation"
	case p.acceptWords("session", "authorization"):
		return "session_authorization"
	}
	return p.settingName()
}

// settingValue reads a number, a string, or a word, which is a string, too.
func (p *cursor) settingValue() ast.Expr {
	switch t := p.cur(); {
	case t.kind == tokInt, t.kind == tokNum, t.isOp("-"), t.isOp("+"):
		return p.optionValue()
	case t.isAnyWord("true", "false", "on"):
		p.next()
		return &ast.Const{Pos: ast.Pos(t.pos), Kind: ast.StringConst, S: t.text}
	}
	return p.wordOrString()
}

// wordOrString reads a string or a word that is not reserved, as a string.
func (p *cursor) wordOrString() ast.Expr {
	t := p.cur()
	if t.kind == tokString {
		p.next()
	} else {
		p.nonReserved()
	}
	return &ast.Const{Pos: ast.Pos(t.pos), Kind: ast.StringConst, S: t.text}
}

func (p *cursor) stringConst() *ast.Const {
	t := p.cur()
	if t.kind != tokString {
		p.syntax()
	}
	p.next()
	return &ast.Const{Pos: ast.Pos(t.pos), Kind: ast.StringConst, S: t.text}
}

func (p *cursor) reset() ast.Stmt {
	x := &ast.Reset{Pos: p.pos()}
	p.next()
	x.Name = p.namedSetting()
	return x
}

func (p *cursor) show() ast.Stmt {
	x := &ast.Show{Pos: p.pos()}
	p.next()
	x.Name = p.namedSetting()
	return x
}

func (p *cursor) discard() ast.Stmt {
	x := &ast.Discard{Pos: p.pos()}
	p.next()
	x.What = strings.TrimSuffix(p.expectAny("all", "plans", "sequences", "temp", "temporary"), "orary")
	return x
}
