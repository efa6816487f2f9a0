package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) create() ast.Stmt {
	pos := p.pos()
	p.next()
	replace := p.acceptWords("or", "replace")
	temp := false
	switch t := p.cur(); {
	case t.isAnyWord("temp", "temporary"):
		temp = true
		p.next()
	case t.isWord("local") && p.peek(1).isAnyWord("temp", "temporary"):
		temp = true
		p.i += 2
	case t.isAnyWord("unlogged", "global"):
		p.unsupported(t, strings.ToUpper(t.text)+" relations")
	}
	t := p.cur()
	switch {
	case t.isWord("view"), t.isWord("materialized") && p.peek(1).isWord("view"):
		if temp && t.isWord("materialized") {
			p.syntax()
			return nil
		}
		return p.createView(&ast.CreateView{Pos: pos, OrReplace: replace, Temp: temp})
	case replace:
	case t.isWord("table"):
		return p.createTable(&ast.CreateTable{Pos: pos, Temp: temp})
	case t.isWord("sequence"):
		return p.createSequence(&ast.CreateSequence{Pos: pos, Temp: temp})
	case temp:
	case t.isWord("index"), t.isWord("unique") && p.peek(1).isWord("index"):
		return p.createIndex(&ast.CreateIndex{Pos: pos})
	case t.isWord("schema"):
		return p.createSchema(&ast.CreateSchema{Pos: pos})
	}
	return p.refuseObject("CREATE")
}

// objectWords are the kinds of objects that PostgreSQL has and we do not.
var objectWords = map[string]bool{"access": true, "aggregate": true, "cast": true, "collation": true,
	"constraint": true, "conversion": true, "database": true, "default": true, "domain": true, "event": true,
	"extension": true, "foreign": true, "function": true, "group": true, "language": true, "large": true,
	"operator": true, "owned": true, "policy": true, "procedural": true, "procedure": true, "publication": true,
	"recursive": true, "role": true, "routine": true, "rule": true, "schema": true, "sequence": true, "server": true,
	"statistics": true, "subscription": true, "system": true, "tablespace": true, "text": true, "transform": true,
	"trigger": true, "trusted": true, "type": true, "user": true, "view": true, "materialized": true, "index": true}

// refuseObject refuses a kind of object that PostgreSQL knows; anything else is a syntax error.
func (p *cursor) refuseObject(verb string) ast.Stmt {
	t := p.cur()
	if t.kind == tokIdent && objectWords[t.text] {
		p.unsupported(t, verb+" "+strings.ToUpper(t.text))
	} else {
		p.syntax()
	}
	return nil
}

// ifNotExists reads [IF NOT EXISTS].
func (p *cursor) ifNotExists() bool {
	if !p.acceptWords("if") {
		return false
	}
	p.expectWords("not", "exists")
	return true
}

// ifExists reads [IF EXISTS].
func (p *cursor) ifExists() bool {
	if !p.acceptWords("if") {
		return false
	}
	p.expectWords("exists")
	return true
}

func (p *cursor) createView(x *ast.CreateView) ast.Stmt {
	x.Materialized = p.acceptWords("materialized")
	p.expectWords("view")
	x.IfNotExists = p.ifNotExists()
	x.Name = p.qualifiedName()
	if p.accept("(") {
		for _, c := range p.nameList() {
			x.Cols = append(x.Cols, c.text)
		}
	}
	if p.acceptWords("using") {
		p.unsupported(p.cur(), "a table access method")
	}
	if p.acceptWords("with") {
		x.With = p.optionList()
	}
	if p.cur().isWord("tablespace") {
		p.unsupported(p.cur(), "TABLESPACE")
	}
	p.expectWords("as")
	start := p.i
	p.takeQuery(&x.Query)
	x.QueryText = p.textFrom(start)
	if t := p.cur(); x.Materialized {
		x.NoData = p.withData()
	} else if t.isWord("with") {
		p.unsupported(t, "WITH CHECK OPTION")
	}
	return x
}

// withData reads [WITH [NO] DATA]; true for NO DATA.
func (p *cursor) withData() (no bool) {
	if !p.acceptWords("with") {
		return false
	}
	no = p.acceptWords("no")
	p.expectWords("data")
	return no
}

// optionList reads (name [= value], ..) as WITH has it.
func (p *cursor) optionList() []ast.Option {
	p.expect("(")
	var list []ast.Option
	for {
		t := p.colLabel()
		o := ast.Option{Pos: ast.Pos(t.pos), Name: t.text}
		for p.accept(".") {
			o.Name += "." + p.colLabel().text
		}
		if p.acceptOp("=") {
			o.Value = p.optionValue()
		}
		list = append(list, o)
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}

// optionValue reads a constant or a bare word.
func (p *cursor) optionValue() ast.Expr {
	t := p.cur()
	sign := ""
	if t.isOp("-") || t.isOp("+") {
		sign = strings.TrimPrefix(p.next().text, "+")
	}
	pos := ast.Pos(t.pos)
	switch v := p.next(); {
	case v.kind == tokInt:
		return &ast.Const{Pos: pos, Kind: ast.IntConst, S: sign + v.text}
	case v.kind == tokNum:
		return &ast.Const{Pos: pos, Kind: ast.FloatConst, S: sign + v.text}
	case v != t:
		p.syntaxAt(v)
	case v.kind == tokString:
		return &ast.Const{Pos: pos, Kind: ast.StringConst, S: v.text}
	case v.isAnyWord("true", "false"):
		return &ast.Const{Pos: pos, Kind: ast.BoolConst, S: v.text}
	case v.isName():
		return &ast.ColRef{Pos: pos, Parts: []string{v.text}}
	default:
		p.syntaxAt(v)
	}
	return &ast.Const{Pos: pos}
}

func (p *cursor) createIndex(x *ast.CreateIndex) ast.Stmt {
	x.Unique = p.acceptWords("unique")
	p.expectWords("index")
	p.acceptWords("concurrently") // building an index does not hold up writers
	x.IfNotExists = p.ifNotExists()
	if !p.cur().isWord("on") {
		x.Name = p.colName().text
	} else if x.IfNotExists {
		p.syntax()
	}
	p.expectWords("on")
	p.acceptWords("only")
	x.Table = p.qualifiedName()
	if p.acceptWords("using") {
		x.Method = p.colName().text
	}
	p.expect("(")
	for {
		x.Cols = append(x.Cols, p.indexColumn())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	if p.acceptWords("include") {
		p.expect("(")
		x.Include = p.assignedColumns()
	}
	if p.cur().isAnyWord("nulls", "with", "tablespace") {
		p.unsupported(p.cur(), strings.ToUpper(p.cur().text)+" of an index")
	}
	if p.acceptWords("where") {
		p.takeExpr(&x.Where)
	}
	return x
}

func (p *cursor) indexColumn() *ast.IndexCol {
	c := &ast.IndexCol{Pos: p.pos()}
	p.placeExpr(&c.Expr, p.indexElement())
	if t := p.cur(); t.isWord("collate") {
		p.unsupported(t, "COLLATE of an index")
	} else if t.isName() && !t.isAnyWord("asc", "desc", "nulls") {
		p.unsupported(t, "an operator class")
	}
	c.Desc = p.acceptAny("asc", "desc") == "desc"
	if p.acceptWords("nulls") {
		c.Nulls = p.expectAny("first", "last")
	}
	return c
}

func (p *cursor) createSchema(x *ast.CreateSchema) ast.Stmt {
	p.next()
	x.IfNotExists = p.ifNotExists()
	if p.cur().isWord("authorization") {
		p.unsupported(p.cur(), "AUTHORIZATION")
	}
	x.Name = p.colName().text
	if !p.cur().endsStatement() {
		p.unsupported(p.cur(), "more than a name in CREATE SCHEMA")
	}
	return x
}

func (p *cursor) createSequence(x *ast.CreateSequence) ast.Stmt {
	p.next()
	x.IfNotExists = p.ifNotExists()
	x.Name = p.qualifiedName()
	x.Options = p.sequenceOptions()
	return x
}

// sequenceOptions reads the options of a sequence under canonical names: as, increment, minvalue, maxvalue, start,
// restart, cache, cycle and owned by. MINVALUE and MAXVALUE without a value mean NO MINVALUE and NO MAXVALUE; cycle has
// true or false.
func (p *cursor) sequenceOptions() []ast.Option {
	var list []ast.Option
	for {
		o := ast.Option{Pos: p.pos()}
		no := p.cur().isWord("no") && p.peek(1).isAnyWord("minvalue", "maxvalue", "cycle")
		if no {
			p.next()
		}
		switch o.Name = p.acceptAny("as", "increment", "minvalue", "maxvalue", "start", "restart", "cache", "cycle",
			"owned", "sequence"); o.Name {
		case "":
			return list
		case "as":
			t := p.typeName()
			o.Value = &ast.ColRef{Pos: t.Pos, Parts: t.Name}
		case "increment":
			p.acceptWords("by")
			o.Value = p.sequenceNumber()
		case "start":
			p.acceptWords("with")
			o.Value = p.sequenceNumber()
		case "restart":
			if p.acceptWords("with") || p.cur().kind == tokInt || p.cur().isOp("-") {
				o.Value = p.sequenceNumber()
			}
		case "minvalue", "maxvalue":
			if !no {
				o.Value = p.sequenceNumber()
			}
		case "cache":
			o.Value = p.sequenceNumber()
		case "cycle":
			o.Value = &ast.Const{Pos: o.Pos, Kind: ast.BoolConst, S: boolText(!no)}
		case "owned":
			p.expectWords("by")
			o.Name = "owned by"
			o.Value = &ast.ColRef{Pos: p.pos(), Parts: p.dotted()}
		case "sequence": // of an identity column: SEQUENCE NAME n
			p.expectWords("name")
			o.Name = "sequence name"
			o.Value = &ast.ColRef{Pos: p.pos(), Parts: p.dotted()}
		}
		list = append(list, o)
	}
}

func (p *cursor) sequenceNumber() ast.Expr {
	t := p.cur()
	v := p.optionValue()
	if c, ok := v.(*ast.Const); !ok || c.Kind != ast.IntConst && c.Kind != ast.FloatConst {
		p.syntaxAt(t)
	}
	return v
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
