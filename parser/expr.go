package parser

import (
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// Binding levels of PostgreSQL's grammar, loosest first.
const (
	levelOr = iota + 1
	levelAnd
	levelNot
	levelIs
	levelCompare
	levelIn
	levelEscape
	levelOther // any other operator
	levelAdd
	levelMul
	levelPower
	levelAt
	levelCollate
	levelUnary
)

func operatorLevel(op string) int {
	switch op {
	case "+", "-":
		return levelAdd
	case "*", "/", "%":
		return levelMul
	case "^":
		return levelPower
	case "<", ">", "=", "<=", ">=", "<>":
		return levelCompare
	}
	return levelOther
}

func (p *cursor) expr() *frag { return p.exprAt(0, false) }

func (p *cursor) exprs() []*frag {
	var list []*frag
	for {
		list = append(list, p.expr())
		if !p.accept(",") {
			return list
		}
	}
}

// exprList reads the rest of a list in parentheses, behind '('.
func (p *cursor) exprList() []*frag {
	list := p.exprs()
	p.expect(")")
	return list
}

// operand is the left side of the operator that comes next, as operator precedence parsing builds it.
type operand struct {
	f     *frag
	stuck int // the level of a non-associative operator just reduced, which may not follow itself
}

// exprAt translates an expression whose operators all bind at level min or tighter. restricted is b_expr, the form
// without AND, IN and their like inside BETWEEN x AND.
func (p *cursor) exprAt(min int, restricted bool) *frag {
	p.enter()
	defer p.leave()
	l := operand{f: p.prefix(restricted)}
	for n := 0; p.infixAt(&l, min, restricted); n++ {
		if n >= maxChain {
			p.tooDeep()
		}
	}
	return l.f
}

// infixAt applies the operator that stands here to l; false if it binds too loosely or there is none.
func (p *cursor) infixAt(l *operand, min int, restricted bool) bool {
	t := p.cur()
	switch {
	case t.kind == tokOp, t.isWord("operator") && p.peek(1).is("("):
		return p.binary(l, min, restricted)
	case t.is("::"):
		p.next()
		l.f, l.stuck = reserved(t.pos, "cast", l.f, p.typeIndex(p.typeName())), 0
		return true
	case t.kind != tokIdent, restricted && !t.isWord("is"):
		return false
	case t.keyword >= 'A' && t.keyword <= 'Z' && t.category() != 'U' && p.depth == p.labelDepth && p.peek(1).endsExpr():
		return false // an operator's word with nothing behind it is a bare column label
	}
	level := wordLevel(t, p.peek(1), p.peek(2))
	if level == 0 || level < min {
		return false
	}
	if level == l.stuck && (level == levelIs || level == levelIn) && !t.isAnyWord("isnull", "notnull") {
		p.syntax()
		return false
	}
	l.stuck = 0
	switch t.text {
	case "or":
		l.f = p.chain(l.f, "or", " OR ", levelAnd)
	case "and":
		l.f = p.chain(l.f, "and", " AND ", levelNot)
	case "is":
		l.f, l.stuck = p.is(l.f, restricted)
	case "isnull":
		p.next()
		l.f = cat(leaf(t.pos, "("), l.f, raw(" IS NULL)"))
	case "notnull":
		p.next()
		l.f = cat(leaf(t.pos, "("), l.f, raw(" IS NOT NULL)"))
	case "at":
		p.i += 3
		l.f = catalogCall(t.pos, "timezone", p.exprAt(levelAt+1, false), l.f)
	case "collate":
		p.next()
		l.f = reserved(t.pos, "collate", append([]*frag{l.f}, strs(p.dotted())...)...)
	case "overlaps":
		p.next()
		l.f = reserved(t.pos, "overlaps", l.f, p.exprAt(levelOther+1, false))
	default:
		l.f, l.stuck = p.predicate(l.f)
	}
	return true
}

// wordLevel is the level of an operator that is a keyword, 0 if t is none.
func wordLevel(t, second, third *token) int {
	switch t.text {
	case "or":
		return levelOr
	case "and":
		return levelAnd
	case "is", "isnull", "notnull":
		return levelIs
	case "between", "in", "like", "ilike":
		return levelIn
	case "similar": // TO; without it the word belongs to SUBSTRING
		if second.isWord("to") {
			return levelIn
		}
	case "not":
		if second.isAnyWord("between", "in", "like", "ilike", "similar") {
			return levelIn
		}
	case "at":
		if second.isWord("time") && third.isWord("zone") {
			return levelAt
		}
	case "collate":
		return levelCollate
	case "overlaps":
		return levelOther
	}
	return 0
}

// binary applies an operator made of operator characters, or OPERATOR(..).
func (p *cursor) binary(l *operand, min int, restricted bool) bool {
	t := p.cur()
	level := levelOther
	if t.kind == tokOp {
		level = operatorLevel(t.text)
	}
	if level < min {
		return false
	}
	if level == l.stuck {
		p.syntax()
		return false
	}
	plain := t.kind == tokOp
	schema, op := p.operator()
	l.stuck = 0
	if p.cur().isAnyWord("any", "some", "all") && !restricted {
		if schema != "" && schema != "pg_catalog" {
			p.unsupported(t, "an operator of another schema with ANY")
		}
		l.f = p.anyAll(t.pos, op, l.f)
		return true
	}
	r := p.exprAt(level+1, restricted)
	if plain && level != levelOther && level != levelPower {
		l.f = infix(t.pos, l.f, " "+op+" ", r)
	} else {
		l.f = reserved(t.pos, "op", str(schema), str(op), l.f, r)
	}
	if level == levelCompare {
		l.stuck = level
	}
	return true
}

// chain keeps a AND b AND c flat, so that thousands of terms do not nest.
func (p *cursor) chain(l *frag, word, sep string, level int) *frag {
	t := p.cur()
	list := []*frag{l}
	for p.cur().isWord(word) {
		p.next()
		list = append(list, p.exprAt(level, false))
	}
	if len(list) > maxTerms {
		p.tooDeep()
	}
	return cat(leaf(t.pos, "("), join(list, sep), raw(")"))
}

// is translates what begins with IS.
func (p *cursor) is(l *frag, restricted bool) (f *frag, stuck int) {
	t := p.next()
	not := p.acceptWords("not")
	word := " IS "
	if not {
		word = " IS NOT "
	}
	w := p.next()
	switch {
	case w.isAnyWord("null", "true", "false") && !restricted:
		return cat(leaf(t.pos, "("), l, raw(word+strings.ToUpper(w.text)+")")), 0
	case w.isWord("unknown") && !restricted:
		return reserved(t.pos, notPrefix(not)+"unknown", l), 0
	case w.isWord("distinct"):
		p.expectWords("from")
		return reserved(t.pos, notPrefix(not)+"distinct_from", l, p.exprAt(levelIs+1, restricted)), levelIs
	case w.isAnyWord("document", "normalized", "nfc", "nfd", "nfkc", "nfkd", "json"):
		p.unsupported(w, "IS "+strings.ToUpper(w.text))
	default:
		p.syntaxAt(w)
	}
	return nil, 0
}

func notPrefix(not bool) string {
	if not {
		return "not_"
	}
	return ""
}

// operator reads an operator, or OPERATOR(schema.op).
func (p *cursor) operator() (schema, op string) {
	t := p.next()
	if t.kind == tokOp {
		return "", t.text
	}
	if !t.isWord("operator") || !p.accept("(") {
		p.syntaxAt(t)
		return "", ""
	}
	for p.cur().isName() {
		if schema != "" {
			p.syntax()
		}
		schema = p.next().text
		p.expect(".")
	}
	o := p.next()
	if o.kind != tokOp {
		p.syntaxAt(o)
	}
	p.expect(")")
	return schema, o.text
}

// catalogOperator reads an operator where the tree has no place for a schema.
func (p *cursor) catalogOperator() string {
	t := p.cur()
	schema, op := p.operator()
	if schema != "" && schema != "pg_catalog" {
		p.unsupported(t, "an operator of another schema here")
	}
	return op
}

func (p *cursor) anyAll(pos int32, op string, l *frag) *frag {
	name := "any"
	if p.next().text == "all" {
		name = "all"
	}
	if !p.cur().is("(") {
		p.syntax()
		return nil
	}
	if p.isSelectParen(p.i) {
		return reserved(pos, name+"_query", str(op), l, p.subqueryText())
	}
	p.next()
	r := p.expr()
	p.expect(")")
	return reserved(pos, name+"_array", str(op), l, r)
}

// subqueryText translates a query in parentheses.
func (p *cursor) subqueryText() *frag {
	open := p.expect("(")
	q := p.query(nil)
	p.expect(")")
	if q != nil && q.paren { // TiDB's grammar rejects doubled parentheses in places
		return q
	}
	return cat(leaf(open.pos, "("), q, raw(")"))
}

// predicate translates [NOT] IN, BETWEEN, LIKE, ILIKE and SIMILAR TO.
func (p *cursor) predicate(l *frag) (f *frag, stuck int) {
	t := p.cur()
	not, word := p.acceptWords("not"), ""
	if not {
		word = "NOT "
	}
	switch w := p.next(); w.text {
	case "in":
		if !p.cur().is("(") {
			p.syntax()
			return nil, 0
		}
		if p.isSelectParen(p.i) {
			return cat(leaf(t.pos, "("), l, raw(" "+word+"IN "), p.subqueryText(), raw(")")), 0
		}
		p.next()
		return cat(leaf(t.pos, "("), l, raw(" "+word+"IN ("), join(p.exprList(), ", "), raw("))")), 0
	case "between":
		symmetric := p.acceptWords("symmetric")
		if !symmetric {
			p.acceptWords("asymmetric")
		}
		low := p.exprAt(levelIs, true)
		p.expectWords("and")
		high := p.exprAt(levelIn+1, false)
		if symmetric {
			return reserved(t.pos, notPrefix(not)+"between_symmetric", l, low, high), levelIn
		}
		return cat(leaf(t.pos, "("), l, raw(" "+word+"BETWEEN "), low, raw(" AND "), high, raw(")")), levelIn
	default:
		return p.like(t, w.text, not, l)
	}
}

// like translates what stands behind LIKE, ILIKE and SIMILAR.
func (p *cursor) like(t *token, kind string, not bool, l *frag) (f *frag, stuck int) {
	if kind == "similar" {
		p.expectWords("to")
	} else if p.cur().isAnyWord("any", "some", "all") {
		op := "~~"
		if kind == "ilike" {
			op = "~~*"
		}
		if not {
			op = "!" + op
		}
		return p.anyAll(t.pos, op, l), 0
	}
	args := []*frag{l, p.exprAt(levelIn+1, false)}
	if p.acceptWords("escape") {
		args = append(args, p.exprAt(levelIn+1, false))
	}
	return reserved(t.pos, notPrefix(not)+kind, args...), levelIn
}

// prefix translates a prefix operator and its operand, or a primary.
func (p *cursor) prefix(restricted bool) *frag {
	t := p.cur()
	switch {
	case t.isOp("-"), t.isOp("+"):
		p.next()
		return cat(leaf(t.pos, "("+t.text+" "), p.exprAt(levelUnary, restricted), raw(")"))
	case t.kind == tokOp && operatorLevel(t.text) == levelOther, t.isWord("operator") && p.peek(1).is("("):
		schema, op := p.operator()
		return reserved(t.pos, "op", str(schema), str(op), p.exprAt(levelOther+1, restricted))
	case t.isWord("not") && !restricted:
		p.next()
		return cat(leaf(t.pos, "(NOT "), p.exprAt(levelNot, false), raw(")"))
	case t.isWord("default") && !restricted: // an expression to the grammar; the binder refuses it where it has no meaning
		p.next()
		return reserved(t.pos, "default")
	}
	return p.primary()
}

// tooManyNames is the error for a name with more parts than any object has.
func (p *cursor) tooManyNames(t *token, parts []string) {
	p.fail(sqlerr.New(sqlerr.SyntaxError, "improper qualified name (too many dotted names): %s",
		strings.Join(parts, ".")).At(int(t.pos)))
}
