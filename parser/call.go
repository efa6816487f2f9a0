package parser

import (
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// call translates a function call whose name parts begin at token start. What is not name and arguments goes into a
// reserved call around it.
func (p *cursor) call(t *token, parts []string, start int) *frag {
	if len(parts) > 2 {
		parts = p.withoutDatabase(t, parts, 2)
	}
	p.expect("(")
	args, mods := p.callArgs()
	if p.cur().kind == tokString && len(mods) == 0 { // type(modifier) 'literal'
		p.i = start
		if f := p.typedLiteral(); f != nil {
			return f
		}
	}
	name := quoteName(parts[len(parts)-1])
	if len(parts) == 2 {
		name = quoteSchema(parts[0]) + "." + name
	}
	f := cat(leaf(t.pos, name+"("), join(args, ", "), raw(")"))
	if p.cur().isWord("within") && p.peek(1).isWord("group") {
		p.i += 2
		p.expect("(")
		p.expectWords("order", "by")
		mods = append(mods, reserved(-1, "within", p.sortList()...))
		p.expect(")")
	}
	if p.cur().isWord("filter") && p.peek(1).is("(") {
		p.i += 2
		p.expectWords("where")
		mods = append(mods, reserved(-1, "filter", p.expr()))
		p.expect(")")
	}
	if o := p.cur(); o.isWord("over") && (p.peek(1).is("(") || p.peek(1).isColumnName()) {
		p.next()
		if p.cur().is("(") {
			mods = append(mods, reserved(o.pos, "over", p.windowSpec()))
		} else {
			mods = append(mods, reserved(o.pos, "over_name", str(p.next().text)))
		}
	}
	if len(mods) > 0 {
		f = reserved(t.pos, "agg", append([]*frag{f}, mods...)...)
	}
	return f
}

// callArgs translates the arguments behind '(', with the DISTINCT and ORDER BY among them.
func (p *cursor) callArgs() (args, mods []*frag) {
	if p.accept(")") {
		return nil, nil
	}
	if p.cur().isOp("*") && p.peek(1).is(")") {
		pos := p.cur().pos
		p.i += 2
		return []*frag{reserved(pos, "star")}, nil
	}
	if p.acceptWords("distinct") {
		mods = append(mods, reserved(-1, "distinct"))
	} else {
		p.acceptWords("all")
	}
	variadic := false
	for {
		if variadic { // VARIADIC is the last argument's
			p.syntax()
		}
		variadic = p.cur().isWord("variadic")
		args = append(args, p.arg())
		if !p.cur().is(",") {
			break
		}
		if variadic {
			p.syntax()
		}
		p.accept(",")
	}
	if p.acceptWords("order", "by") {
		mods = append(mods, reserved(-1, "order", p.sortList()...))
	}
	p.expect(")")
	return args, mods
}

func (p *cursor) arg() *frag {
	t := p.cur()
	switch {
	case t.isWord("variadic"):
		p.next()
		return reserved(t.pos, "variadic", p.expr())
	case t.isName() && !t.isReserved() && (p.peek(1).is("=>") || p.peek(1).is(":=")):
		p.i += 2
		return reserved(t.pos, "named", str(t.text), p.expr())
	}
	return p.expr()
}

// specialCall translates what looks like a call but has a grammar of its own; nil if t is none of these.
func (p *cursor) specialCall(t *token) *frag {
	switch t.text {
	case "exists":
		p.next()
		if !p.isSelectParen(p.i) {
			p.next()
			p.syntax()
			return nil
		}
		return cat(leaf(t.pos, "(EXISTS "), p.subqueryText(), raw(")"))
	case "coalesce", "greatest", "least", "grouping":
		p.i += 2
		return reserved(t.pos, t.text, p.exprList()...)
	case "nullif":
		p.i += 2
		a := p.expr()
		p.expect(",")
		b := p.expr()
		p.expect(")")
		return reserved(t.pos, "nullif", a, b)
	case "row":
		p.i += 2
		if p.accept(")") {
			return reserved(t.pos, "row")
		}
		return reserved(t.pos, "row", p.exprList()...)
	case "extract":
		return p.extract()
	case "position":
		p.i += 2
		a := p.exprAt(levelIs, true)
		p.expectWords("in")
		b := p.exprAt(levelIs, true)
		p.expect(")")
		return catalogCall(t.pos, "position", b, a)
	case "overlay":
		return p.overlay()
	case "substring":
		return p.substring()
	case "trim":
		return p.trim()
	case "normalize", "treat", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot",
		"xmlserialize", "xmltable":
		p.unsupported(t, strings.ToUpper(t.text)+"()")
	}
	return nil
}

// extract translates EXTRACT(field FROM x).
func (p *cursor) extract() *frag {
	t := p.cur()
	p.i += 2
	f := p.next()
	if f.kind != tokString && f.kind != tokQuoted && !(f.kind == tokIdent && f.keyword == 0) &&
		!f.isAnyWord("year", "month", "day", "hour", "minute", "second") {
		p.syntaxAt(f)
		return nil
	}
	p.expectWords("from")
	e := p.expr()
	p.expect(")")
	return catalogCall(t.pos, "extract", leaf(f.pos, quoteString(f.text)), e)
}

// overlay translates OVERLAY(a PLACING b FROM c FOR d), and the plain call.
func (p *cursor) overlay() *frag {
	t := p.cur()
	p.i += 2
	args := []*frag{p.expr()}
	if !p.acceptWords("placing") {
		return p.plainCall(t, args)
	}
	args = append(args, p.expr())
	p.expectWords("from")
	args = append(args, p.expr())
	if p.acceptWords("for") {
		args = append(args, p.expr())
	}
	p.expect(")")
	return catalogCall(t.pos, "overlay", args...)
}

// plainCall reads the rest of an ordinary argument list behind the first argument.
func (p *cursor) plainCall(t *token, args []*frag) *frag {
	for p.accept(",") {
		args = append(args, p.expr())
	}
	p.expect(")")
	return cat(leaf(t.pos, quoteName(t.text)+"("), join(args, ", "), raw(")"))
}

// substring translates SUBSTRING(a FROM b FOR c), SIMILAR .. ESCAPE, and the plain call.
func (p *cursor) substring() *frag {
	t := p.cur()
	p.i += 2
	if p.accept(")") {
		return catalogCall(t.pos, "substring")
	}
	args := []*frag{p.expr()}
	if !p.cur().isAnyWord("from", "for", "similar") {
		return p.plainCall(t, args)
	}
	if p.acceptWords("similar") {
		args = append(args, p.expr())
		p.expectWords("escape")
		args = append(args, p.expr())
		p.expect(")")
		return catalogCall(t.pos, "substring", args...)
	}
	var from, length *frag
	for range 2 {
		switch {
		case from == nil && p.acceptWords("from"):
			from = p.expr()
		case length == nil && p.acceptWords("for"):
			length = p.expr()
		}
	}
	p.expect(")")
	switch {
	case from != nil && length != nil:
		args = append(args, from, length)
	case from != nil:
		args = append(args, from)
	default: // as the grammar does: a length that is no int4 must fail here
		args = append(args, raw("1"), reserved(-1, "cast", length, p.typeIndex(builtinType(-1, "int4"))))
	}
	return catalogCall(t.pos, "substring", args...)
}

// trim translates TRIM([LEADING | TRAILING | BOTH] [a] FROM b), and with a plain list.
func (p *cursor) trim() *frag {
	t := p.cur()
	p.i += 2
	name := "btrim"
	switch p.acceptAny("leading", "trailing", "both") {
	case "leading":
		name = "ltrim"
	case "trailing":
		name = "rtrim"
	}
	var args []*frag
	if p.acceptWords("from") {
		args = p.exprs()
	} else if first := p.expr(); p.acceptWords("from") {
		args = append(p.exprs(), first)
	} else {
		args = []*frag{first}
		for p.accept(",") {
			args = append(args, p.expr())
		}
	}
	p.expect(")")
	return catalogCall(t.pos, name, args...)
}

// typedLiteral translates type 'literal'; nil, with nothing passed, when the tokens turn out to be something else.
func (p *cursor) typedLiteral() *frag {
	save := p.i
	t := p.cur()
	var failed *sqlerr.Error
	typ := p.simpleType(true)
	if s := p.cur(); p.err == nil && s.kind == tokString {
		p.next()
		if t.isWord("interval") && len(typ.Mods) == 0 && typ.Field == "" {
			typ.Field = p.intervalFields(&typ.Mods)
		}
		if p.err == nil {
			return reserved(t.pos, "cast", leaf(s.pos, quoteString(s.text)), p.typeIndex(typ))
		}
		return nil
	}
	if failed = p.err; failed != nil && failed.Code != sqlerr.SyntaxError {
		return nil
	}
	p.err, p.i = nil, save
	return nil
}
