package parser

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

func itoa(n int) string { return strconv.Itoa(n) }

// number encodes a numeric literal: TiDB's own where it fits int8, else by its text.
func number(t *token) *frag {
	if t.kind == tokInt {
		if v, err := strconv.ParseInt(t.text, 10, 64); err == nil && itoa(int(v)) == t.text {
			return leaf(t.pos, t.text)
		}
		return reserved(t.pos, "int", str(t.text))
	}
	return reserved(t.pos, "num", str(t.text))
}

// primary translates c_expr: what operators apply to.
func (p *cursor) primary() *frag {
	p.enter()
	defer p.leave()
	t := p.cur()
	switch t.kind {
	case tokParam:
		p.next()
		return p.indirection(p.param(t))
	case tokNamed:
		p.next()
		return p.indirection(reserved(t.pos, "named_param", str(t.text)))
	case tokString:
		p.next()
		return leaf(t.pos, quoteString(t.text))
	case tokBit:
		p.next()
		return reserved(t.pos, "bit", str(t.text))
	case tokInt, tokNum:
		p.next()
		return number(t)
	case tokPunct:
		if t.is("(") {
			return p.parenthesized()
		}
	case tokIdent, tokQuoted:
		return p.named()
	}
	p.syntax()
	return nil
}

// maxParam is the highest parameter number that the wire protocol can carry.
const maxParam = 65535

func (p *cursor) param(t *token) *frag {
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || n > maxParam {
		p.fail(sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%s", t.text).At(int(t.pos)))
		return nil
	}
	p.numParams = max(p.numParams, n)
	return reserved(t.pos, "param", raw(itoa(n)))
}

// parenthesized translates a scalar subquery, a row, or an expression in parentheses.
func (p *cursor) parenthesized() *frag {
	t := p.cur()
	if p.isSelectParen(p.i) {
		return p.indirection(p.subqueryText())
	}
	p.next()
	list := p.exprList()
	switch {
	case len(list) > 1:
		return cat(leaf(t.pos, "("), join(list, ", "), raw(")"))
	case p.cur().is("["): // (a[1])[2] is not a[1][2]
		return p.indirection(reserved(t.pos, "paren", list[0]))
	}
	return p.indirection(list[0])
}

// indirection translates [i], [l:u], .name and .* behind a column, a parameter or something in parentheses.
func (p *cursor) indirection(f *frag) *frag {
	for n := 0; ; n++ {
		if n >= maxDepth {
			p.tooDeep()
		}
		t := p.cur()
		switch {
		case t.is("["):
			f = p.subscript(f)
		case t.is("."):
			p.next()
			if p.acceptOp("*") {
				return reserved(t.pos, "star_of", f)
			}
			name := p.colLabel()
			f = reserved(name.pos, "field", f, str(name.text))
		default:
			return f
		}
	}
}

func (p *cursor) subscript(f *frag) *frag {
	t := p.next()
	none := reserved(-1, "none")
	low, high, slice := none, none, false
	if !p.cur().is(":") {
		low = p.expr()
	}
	if p.accept(":") {
		slice = true
		if !p.cur().is("]") {
			high = p.expr()
		}
	}
	p.expect("]")
	if slice {
		return reserved(t.pos, "slice", f, low, high)
	}
	return reserved(t.pos, "subscript", f, low)
}

// sqlValues are the functions that are called without parentheses.
var sqlValues = map[string]bool{"current_date": true, "current_time": true, "current_timestamp": true,
	"localtime": true, "localtimestamp": true, "current_role": true, "current_user": true, "user": true,
	"session_user": true, "current_catalog": true, "current_schema": true}

// typeWords are the keywords that begin a type's name.
var typeWords = map[string]bool{"int": true, "integer": true, "smallint": true, "bigint": true, "real": true,
	"boolean": true, "decimal": true, "dec": true, "numeric": true, "float": true, "double": true, "bit": true,
	"character": true, "char": true, "varchar": true, "national": true, "nchar": true, "timestamp": true,
	"time": true, "interval": true}

// named translates what begins with a name: a keyword's construct, a column, a call, or a typed literal.
func (p *cursor) named() *frag {
	t := p.cur()
	if t.keyword != 0 {
		if f, ok := p.keywordExpr(); ok {
			return f
		}
		if t.isReserved() {
			p.syntax()
			return nil
		}
	}
	start := p.i
	parts := []string{p.next().text}
	star := false
	for !star && p.accept(".") {
		if star = p.acceptOp("*"); !star {
			parts = append(parts, p.colLabel().text)
		}
	}
	c := p.cur()
	switch {
	case !star && c.is("("):
		if len(parts) == 1 && t.category() == 'C' {
			p.syntaxAt(c)
			return nil
		}
		return p.call(t, parts, start)
	case !star && c.kind == tokString && (t.isFunctionName() || len(parts) > 1):
		p.i = start
		if f := p.typedLiteral(); f != nil {
			return f
		}
		p.syntaxAt(c)
		return nil
	case !t.isColumnName():
		p.syntaxAt(c)
		return nil
	case star:
		return reserved(t.pos, "star", strs(p.withoutDatabase(t, parts, 2))...)
	case len(parts) > 4:
		p.tooManyNames(t, parts)
		return nil
	}
	return p.indirection(leaf(t.pos, quoteQualified(p.withoutDatabase(t, parts, 3))))
}

// keywordExpr translates a construct that its first keyword announces; false if the keyword is an ordinary name here.
func (p *cursor) keywordExpr() (*frag, bool) {
	t := p.cur()
	paren := p.peek(1).is("(")
	switch t.text {
	case "true", "false", "null":
		p.next()
		return leaf(t.pos, strings.ToUpper(t.text)), true
	case "case":
		return p.caseExpr(), true
	case "cast":
		p.next()
		p.expect("(")
		e := p.expr()
		p.expectWords("as")
		typ := p.typeName()
		p.expect(")")
		return reserved(t.pos, "cast", e, p.typeIndex(typ)), true
	case "array":
		p.next()
		if p.cur().is("(") {
			return reserved(t.pos, "array_query", p.subqueryText()), true
		}
		return p.arrayLiteral(t), true
	case "collation":
		if p.peek(1).isWord("for") {
			p.i += 2
			p.expect("(")
			e := p.expr()
			p.expect(")")
			return catalogCall(t.pos, "pg_collation_for", e), true
		}
	}
	if sqlValues[t.text] && !(t.text == "current_schema" && paren) {
		return p.sqlValue(), true
	}
	if paren && t.category() == 'C' {
		if f := p.specialCall(t); f != nil || p.err != nil {
			return f, true
		}
	}
	if typeWords[t.text] {
		if f := p.typedLiteral(); f != nil {
			return f, true
		}
	}
	return nil, false
}

// sqlValue translates CURRENT_DATE and its kin, with a precision where there may be one.
func (p *cursor) sqlValue() *frag {
	t := p.next()
	args := []*frag{str(t.text)}
	if strings.HasSuffix(t.text, "time") || strings.HasSuffix(t.text, "timestamp") {
		if p.accept("(") {
			n := p.next()
			if n.kind != tokInt || len(n.text) > 9 {
				p.syntaxAt(n)
			}
			args = append(args, raw(n.text))
			p.expect(")")
		}
	}
	return reserved(t.pos, "sqlvalue", args...)
}

func (p *cursor) caseExpr() *frag {
	t := p.next()
	out := []*frag{leaf(t.pos, "(CASE")}
	if !p.cur().isWord("when") {
		out = append(out, raw(" "), p.expr())
	}
	if !p.cur().isWord("when") {
		p.syntax()
	}
	for p.acceptWords("when") {
		out = append(out, raw(" WHEN "), p.expr())
		p.expectWords("then")
		out = append(out, raw(" THEN "), p.expr())
	}
	if p.acceptWords("else") {
		out = append(out, raw(" ELSE "), p.expr())
	}
	p.expectWords("end")
	return cat(append(out, raw(" END)"))...)
}

// arrayLiteral translates the [..] of ARRAY[..], nested for more dimensions.
func (p *cursor) arrayLiteral(t *token) *frag {
	p.enter()
	defer p.leave()
	p.expect("[")
	var list []*frag
	if p.accept("]") {
		return reserved(t.pos, "array")
	}
	for {
		if e := p.cur(); e.is("[") {
			list = append(list, p.arrayLiteral(e))
		} else {
			list = append(list, p.expr())
		}
		if !p.accept(",") {
			p.expect("]")
			return reserved(t.pos, "array", list...)
		}
	}
}
