package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// query translates a query without parentheses around it. What TiDB's grammar has no place for rides behind its ORDER
// BY as reserved calls; tail holds those of the caller.
func (p *cursor) query(tail []*frag) *frag {
	p.enter()
	defer p.leave()
	t := p.cur()
	if !t.isWord("with") {
		return p.queryBehindWith(nil, tail)
	}
	with := p.with()
	f := p.queryBehindWith(with, tail)
	if f.with { // of the query in parentheses that is all of the body
		p.fail(sqlerr.New(sqlerr.SyntaxError, "multiple WITH clauses not allowed").At(int(t.pos)))
	}
	f.with = true
	return f
}

func (p *cursor) queryBehindWith(with *frag, tail []*frag) *frag {
	body, selTail := p.setExpr(0)
	tail = append(tail, selTail...)
	var order []*frag
	if p.acceptWords("order") {
		p.expectWords("by")
		order = p.sortList()
	}
	order = append(append(order, tail...), p.limitClauses()...)
	if len(order) > 0 {
		with := body != nil && body.with
		body = cat(body, raw(" ORDER BY "), join(order, ", "))
		body.with = with
	}
	if with == nil {
		return body
	}
	f := cat(with, body)
	f.with = body != nil && body.with
	return f
}

// limitClauses translates LIMIT, OFFSET, FETCH and the locking clauses, in any order.
func (p *cursor) limitClauses() (tail []*frag) {
	haveLimit, haveOffset, haveLock := false, false, false
	for {
		t := p.cur()
		switch {
		case t.isWord("limit") && !haveLimit:
			haveLimit = true
			tail = append(tail, p.limit())
		case t.isWord("offset") && !haveOffset:
			haveOffset = true
			p.next()
			tail = append(tail, reserved(t.pos, "offset", p.expr()))
			p.acceptAny("row", "rows")
		case t.isWord("fetch") && !haveLimit:
			haveLimit = true
			tail = append(tail, p.fetchFirst())
		case t.isWord("for") && (!haveLock || p.peek(1).isAnyWord("update", "no", "share", "key")):
			haveLock = true
			p.next()
			if !p.acceptWords("read", "only") {
				tail = append(tail, p.locking(t))
			}
		default:
			return tail
		}
	}
}

func (p *cursor) limit() *frag {
	t := p.next()
	if p.acceptWords("all") {
		return reserved(t.pos, "limit", raw("NULL"))
	}
	n := p.expr()
	if p.cur().is(",") {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "LIMIT #,# syntax is not supported").At(int(t.pos)).
			WithHint("Use separate LIMIT and OFFSET clauses."))
	}
	return reserved(t.pos, "limit", n)
}

// fetchFirst translates FETCH FIRST n ROWS ONLY and WITH TIES.
func (p *cursor) fetchFirst() *frag {
	t := p.next()
	p.expectAny("first", "next")
	n := raw("1")
	if !p.cur().isAnyWord("row", "rows") {
		n = p.signedPrimary()
	}
	p.expectAny("row", "rows")
	if p.acceptWords("with", "ties") {
		return reserved(t.pos, "limit_ties", n)
	}
	p.expectWords("only")
	return reserved(t.pos, "limit", n)
}

// signedPrimary is c_expr, or a number with a sign.
func (p *cursor) signedPrimary() *frag {
	t := p.cur()
	if !t.isOp("-") && !t.isOp("+") {
		return p.primary()
	}
	p.next()
	n := p.next()
	if n.kind != tokInt && n.kind != tokNum {
		p.syntaxAt(n)
		return nil
	}
	return cat(leaf(t.pos, "("+t.text+" "), number(n), raw(")"))
}

// locking translates FOR UPDATE and its kin, behind FOR.
func (p *cursor) locking(t *token) *frag {
	strength := ""
	switch {
	case p.acceptWords("update"):
		strength = "update"
	case p.acceptWords("no", "key", "update"):
		strength = "no key update"
	case p.acceptWords("share"):
		strength = "share"
	case p.acceptWords("key", "share"):
		strength = "key share"
	default:
		p.syntax()
	}
	var of []*frag
	if p.acceptWords("of") {
		for {
			of = append(of, str(strings.Join(p.qualifiedName(), ".")))
			if !p.accept(",") {
				break
			}
		}
	}
	wait := ""
	if p.acceptWords("nowait") {
		wait = "nowait"
	} else if p.acceptWords("skip", "locked") {
		wait = "skip locked"
	}
	return reserved(t.pos, "lock", append([]*frag{str(strength), str(wait)}, of...)...)
}

// setExpr translates a tree of set operations that bind tighter than min. tail carries the WINDOW definitions and the
// like of a lone SELECT.
func (p *cursor) setExpr(min int) (f *frag, tail []*frag) {
	p.enter()
	defer p.leave()
	f, tail = p.setPrimary()
	for n := 0; ; n++ {
		t := p.cur()
		level := 0
		switch {
		case t.isAnyWord("union", "except"):
			level = 1
		case t.isWord("intersect"):
			level = 2
		}
		if level <= min {
			return f, tail
		}
		if n >= maxChain {
			p.tooDeep()
			return f, tail
		}
		p.next()
		all := ""
		if p.acceptWords("all") {
			all = " ALL"
		} else {
			p.acceptWords("distinct")
		}
		r, rtail := p.setExpr(level)
		f = cat(arm(f, tail), raw(" "), leaf(t.pos, strings.ToUpper(t.text)+all+" "), arm(r, rtail))
		tail = nil
	}
}

// arm puts an arm of a set operation in parentheses; TiDB's grammar rejects doubled ones.
func arm(f *frag, tail []*frag) *frag {
	if f == nil || f.paren {
		return f
	}
	if len(tail) > 0 {
		f = cat(f, raw(" ORDER BY "), join(tail, ", "))
	}
	return cat(raw("("), f, raw(")"))
}

func (p *cursor) setPrimary() (*frag, []*frag) {
	t := p.cur()
	switch {
	case t.is("("):
		if !p.isSelectParen(p.i) {
			p.next()
			p.syntax()
			return nil, nil
		}
		p.next()
		q := p.query(nil)
		p.expect(")")
		if q == nil || q.paren {
			return q, nil
		}
		return &frag{pos: -1, kids: []*frag{raw("("), q, raw(")")}, paren: true, with: q.with}, nil
	case t.isWord("select"):
		return p.selectCore()
	case t.isWord("values"):
		return p.values(), nil
	case t.isWord("table"):
		p.next()
		return cat(leaf(t.pos, "SELECT "), reserved(t.pos, "table"), raw(", * FROM "), p.relation()), nil
	}
	p.syntax()
	return nil, nil
}

// values translates VALUES. Its first row is a marker that carries the position.
func (p *cursor) values() *frag {
	t := p.next()
	rows := []*frag{cat(raw("ROW("), reserved(t.pos, "values"), raw(")"))}
	for {
		open := p.expect("(")
		rows = append(rows, cat(leaf(open.pos, "ROW("), join(p.exprList(), ", "), raw(")")))
		if !p.accept(",") {
			return cat(leaf(t.pos, "VALUES "), join(rows, ", "))
		}
	}
}

// with translates a WITH clause. The last sort item of each query carries the CTE's position and what was said about
// materialisation; a data-modifying statement stays outside and leaves its index.
func (p *cursor) with() *frag {
	t := p.next()
	words := "WITH "
	if p.acceptWords("recursive") {
		words = "WITH RECURSIVE "
	}
	var list []*frag
	for {
		list = append(list, p.cte())
		if !p.accept(",") {
			return cat(leaf(t.pos, words), join(list, ", "), raw(" "))
		}
	}
}

func (p *cursor) cte() *frag {
	n := p.colName()
	out := []*frag{leaf(n.pos, quoteName(n.text))}
	if p.accept("(") {
		out = append(out, raw("("), join(quoteNames(p.nameList()), ", "), raw(")"))
	}
	p.expectWords("as")
	materialized := ""
	if p.acceptWords("materialized") {
		materialized = "yes"
	} else if p.acceptWords("not", "materialized") {
		materialized = "no"
	}
	p.expect("(")
	var body *frag
	if p.cur().isAnyWord("insert", "update", "delete") || p.withLeadsToDML() {
		p.stmts = append(p.stmts, p.statement())
		body = cat(raw("SELECT "), reserved(n.pos, "dml", raw(itoa(len(p.stmts)-1))),
			raw(" ORDER BY "), reserved(n.pos, "cte", str(materialized)))
	} else {
		body = p.query([]*frag{reserved(n.pos, "cte", str(materialized))})
	}
	out = append(out, raw(" AS ("), body, raw(")"))
	p.expect(")")
	if p.cur().isAnyWord("search", "cycle") {
		p.unsupported(p.cur(), strings.ToUpper(p.cur().text))
	}
	return cat(out...)
}

// withLeadsToDML reports whether a WITH clause stands here that belongs to an INSERT, UPDATE or DELETE.
func (p *cursor) withLeadsToDML() bool {
	if !p.cur().isWord("with") {
		return false
	}
	for i := p.i; i < len(p.toks); i++ {
		switch t := &p.toks[i]; {
		case t.is("("):
			if p.match[i] == 0 {
				return false
			}
			i = int(p.match[i])
		case t.isAnyWord("insert", "update", "delete"):
			// Behind the parenthesis that closes the last CTE; elsewhere it is a name.
			return p.toks[i-1].is(")")
		case t.endsStatement(), t.is(")"), t.isAnyWord("select", "values", "table"):
			return false
		}
	}
	return false
}

// sortList translates the items of an ORDER BY for TiDB's ORDER BY.
func (p *cursor) sortList() []*frag {
	var list []*frag
	for {
		list = append(list, p.sortItem())
		if !p.accept(",") {
			return list
		}
	}
}

// sortItem is always a reserved call, which also keeps TiDB from reading ORDER BY 1 as a position of its own.
func (p *cursor) sortItem() *frag {
	e := p.expr()
	dir, nulls := "", ""
	switch {
	case p.acceptWords("asc"):
	case p.acceptWords("desc"):
		dir = "desc"
	case p.acceptWords("using"):
		dir = "using " + p.catalogOperator()
	}
	if p.cur().isWord("nulls") && p.peek(1).isAnyWord("first", "last") {
		nulls = p.peek(1).text
		p.i += 2
	}
	return reserved(-1, "sort", e, str(dir), str(nulls))
}

// windowSpec translates a window definition in parentheses.
func (p *cursor) windowSpec() *frag {
	open := p.expect("(")
	base, partition, order, frame := "", reserved(-1, "partition"), reserved(-1, "order"), reserved(-1, "frame")
	if t := p.cur(); t.isColumnName() && !t.isAnyWord("partition", "range", "rows", "groups") {
		base = p.next().text
	}
	if p.acceptWords("partition") {
		p.expectWords("by")
		partition = reserved(-1, "partition", p.exprs()...)
	}
	if p.acceptWords("order") {
		p.expectWords("by")
		order = reserved(-1, "order", p.sortList()...)
	}
	if p.cur().isAnyWord("range", "rows", "groups") {
		frame = p.frame()
	}
	p.expect(")")
	return reserved(open.pos, "window", str(base), partition, order, frame)
}

func (p *cursor) frame() *frag {
	t := p.next()
	args := []*frag{str(t.text)}
	if p.acceptWords("between") {
		args = append(args, p.frameBound()...)
		p.expectWords("and")
		args = append(args, p.frameBound()...)
	} else {
		args = append(append(args, p.frameBound()...), str(""), reserved(-1, "none"))
	}
	exclude := ""
	if p.acceptWords("exclude") {
		switch {
		case p.acceptWords("current", "row"):
			exclude = "current row"
		case p.acceptWords("no", "others"):
			exclude = "no others"
		default:
			exclude = p.expectAny("group", "ties")
		}
	}
	return reserved(t.pos, "frame", append(args, str(exclude))...)
}

// frameBound is the bound's words and its offset.
func (p *cursor) frameBound() []*frag {
	for _, words := range [][]string{{"unbounded", "preceding"}, {"unbounded", "following"}, {"current", "row"}} {
		if p.acceptWords(words...) {
			return []*frag{str(strings.Join(words, " ")), reserved(-1, "none")}
		}
	}
	e := p.expr()
	return []*frag{str(p.expectAny("preceding", "following")), e}
}

// relation translates the name of a relation as TiDB's table factor. TiDB keeps no position of it; the PARTITION clause
// carries that.
func (p *cursor) relation() *frag {
	t := p.cur()
	name := p.qualifiedName()
	return cat(leaf(t.pos, quoteQualified(name)), raw(" PARTITION (`"+itoa(int(t.pos))+"`)"))
}

func quoteQualified(name ast.Name) string {
	parts := make([]string, len(name))
	for i := range name {
		parts[i] = quoteName(name[i])
	}
	return strings.Join(parts, ".")
}
