package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) fromList() *frag {
	var list []*frag
	for {
		list = append(list, p.tableRef())
		if !p.accept(",") {
			return join(list, ", ")
		}
	}
}

func (t *token) startsJoin() bool {
	return t.isAnyWord("join", "inner", "left", "right", "full", "cross", "natural")
}

// tableRef translates one item of FROM with the joins that hang on it. Every join is in parentheses, so that a bare
// one in TiDB's tree is a comma.
func (p *cursor) tableRef() *frag {
	p.enter()
	defer p.leave()
	return p.joins(p.tablePrimary())
}

func (p *cursor) joins(f *frag) *frag {
	for n := 0; p.cur().startsJoin(); n++ {
		if n >= maxChain {
			p.tooDeep()
		}
		f = p.join(f)
	}
	return f
}

// join translates one join. Its kind and condition are a reserved call in TiDB's ON, named by the kind, with the
// position of the first word.
func (p *cursor) join(l *frag) *frag {
	t := p.cur()
	natural := p.acceptWords("natural")
	kind := "inner"
	switch k := p.cur(); {
	case k.isAnyWord("left", "right", "full"):
		kind = p.next().text
		p.acceptWords("outer")
	case k.isWord("cross") && !natural:
		kind = p.next().text
	default:
		p.acceptWords("inner")
	}
	p.expectWords("join")
	on := func(r, cond *frag) *frag {
		return cat(raw("("), l, raw(" JOIN "), r, raw(" ON "), cond, raw(")"))
	}
	switch {
	case kind == "cross":
		return on(p.tablePrimary(), reserved(t.pos, "cross_join"))
	case natural:
		return on(p.tablePrimary(), reserved(t.pos, "natural_join", str(kind)))
	}
	r := p.tableRef() // greedy: its own ON comes first, as in a JOIN b JOIN c ON .. ON ..
	switch {
	case p.acceptWords("on"):
		return on(r, reserved(t.pos, "join_on", str(kind), p.expr()))
	case p.acceptWords("using"):
		p.expect("(")
		cols := p.nameList()
		alias := ""
		if p.acceptWords("as") {
			alias = p.colName().text
		}
		args := []*frag{str(kind), str(alias)}
		for _, c := range cols {
			args = append(args, str(c.text))
		}
		return on(r, reserved(t.pos, "join_using", args...))
	}
	p.syntax()
	return nil
}

// alias is [AS] name [(column, ..)], or behind a function AS [name] (column type, ..).
type alias struct {
	name *frag
	cols []*frag
	defs []*frag
}

func (p *cursor) alias(withDefs bool) (a alias) {
	as := p.acceptWords("as")
	t := p.cur()
	if as && withDefs && p.accept("(") {
		a.defs = p.columnDefs()
		return a
	}
	if !t.isColumnName() {
		if as {
			p.syntax()
		}
		return a
	}
	p.next()
	a.name = leaf(t.pos, quoteName(t.text))
	if !p.accept("(") {
		return a
	}
	if withDefs && !p.peek(1).is(",") && !p.peek(1).is(")") {
		a.defs = p.columnDefs()
		return a
	}
	a.cols = quoteNames(p.nameList())
	return a
}

func (p *cursor) columnDefs() []*frag {
	var list []*frag
	for {
		c := p.colName()
		typ := p.typeName()
		if p.cur().isWord("collate") {
			p.unsupported(p.cur(), "COLLATE in a column definition list")
		}
		list = append(list, reserved(c.pos, "coldef", str(c.text), p.typeIndex(typ)))
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}

// noAlias stands for a missing name where TiDB's grammar demands one.
const noAlias = "#"

// wrapped puts an item that TiDB has no syntax for into the one form that can carry anything: LATERAL (SELECT call) AS
// name (columns).
func wrapped(call *frag, a alias) *frag {
	name := a.name
	if name == nil {
		name = raw("`" + noAlias + "`")
	}
	f := cat(raw("LATERAL (SELECT "), call, raw(") AS "), name)
	if len(a.cols) > 0 {
		f = cat(f, raw(" ("), join(a.cols, ", "), raw(")"))
	}
	return f
}

func (p *cursor) tablePrimary() *frag {
	p.enter()
	defer p.leave()
	lateral := p.acceptWords("lateral")
	c := p.cur()
	switch {
	case c.is("(") && p.isSelectParen(p.i):
		return p.derived(lateral)
	case c.is("(") && !lateral:
		return p.joinInParens()
	case c.isWord("rows") && p.peek(1).isWord("from") && p.peek(2).is("("):
		return p.rowsFrom(lateral)
	case lateral && !p.functionAhead() && !c.isReserved():
		p.next()
		p.syntax()
		return nil
	case lateral, p.functionAhead(), c.isReserved() && sqlValues[c.text]:
		return p.functionAlias(p.primary(), lateral)
	}
	return p.table()
}

// derived translates a query in FROM.
func (p *cursor) derived(lateral bool) *frag {
	open := p.next()
	q := p.query(nil)
	p.expect(")")
	a := p.alias(false)
	p.noSample()
	name := "from_query"
	if lateral {
		name = "from_lateral"
	}
	return wrapped(reserved(open.pos, name, cat(raw("("), q, raw(")"))), a)
}

// joinInParens translates a join in parentheses, or what in parentheses leads to one.
func (p *cursor) joinInParens() *frag {
	open := p.next()
	joined := p.cur().is("(") && !p.isSelectParen(p.i)
	f := p.tablePrimary()
	joined = joined || p.cur().startsJoin()
	f = p.joins(f)
	if !joined {
		p.syntax()
	}
	p.expect(")")
	if a := p.alias(false); a.name != nil {
		return wrapped(reserved(open.pos, "from_join", cat(raw("(SELECT "), reserved(open.pos, "select"), raw(" FROM "), f, raw(")"))), a)
	}
	return f
}

// rowsFrom translates ROWS FROM (f(..) [AS (defs)], ..).
func (p *cursor) rowsFrom(lateral bool) *frag {
	t := p.cur()
	p.i += 3
	var list []*frag
	for {
		f := p.expr()
		if p.acceptWords("as") {
			p.expect("(")
			f = reserved(-1, "typed", append([]*frag{f}, p.columnDefs()...)...)
		}
		list = append(list, f)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return p.functionAlias(reserved(t.pos, "rows_from", list...), lateral)
}

func (p *cursor) functionAlias(call *frag, lateral bool) *frag {
	flags := []*frag{str(""), str("")}
	if lateral {
		flags[0] = str("lateral")
	}
	if p.acceptWords("with", "ordinality") {
		flags[1] = str("ordinality")
	}
	a := p.alias(true)
	p.noSample()
	args := append(append([]*frag{call}, flags...), a.defs...)
	return wrapped(reserved(-1, "from_func", args...), a)
}

// table translates a named relation.
func (p *cursor) table() *frag {
	t := p.cur()
	only := p.acceptWords("only")
	paren := only && p.accept("(")
	nameAt := p.cur()
	name := p.qualifiedName()
	if paren {
		p.expect(")")
	}
	if !only {
		p.acceptOp("*")
	}
	a := p.alias(false)
	p.noSample()
	if only || len(a.cols) > 0 {
		flag := ""
		if only {
			flag = "only"
		}
		return wrapped(reserved(t.pos, "from_table", append([]*frag{str(flag)}, strs(name)...)...), a)
	}
	f := cat(leaf(nameAt.pos, quoteQualified(name)), raw(" PARTITION (`"+itoa(int(nameAt.pos))+"`)"))
	if a.name != nil {
		f = cat(f, raw(" AS "), a.name)
	}
	return f
}

func (p *cursor) noSample() {
	if t := p.cur(); t.isWord("tablesample") {
		p.unsupported(t, "TABLESAMPLE")
	}
}

// functionAhead reports whether a possibly qualified name and '(' stand here.
func (p *cursor) functionAhead() bool {
	for k := 0; p.peek(k).isName(); k += 2 {
		if p.peek(k + 1).is("(") {
			return true
		}
		if !p.peek(k + 1).is(".") {
			return false
		}
	}
	return false
}

// targetTable reads the relation that an INSERT, UPDATE or DELETE is about, with its alias unless noAlias.
func (p *cursor) targetTable(withAlias bool) *ast.Rel {
	r := &ast.Rel{Pos: p.pos(), Only: p.acceptWords("only")}
	paren := r.Only && p.accept("(")
	r.Name = p.qualifiedName()
	if paren {
		p.expect(")")
	} else if !r.Only {
		p.acceptOp("*")
	}
	if !withAlias {
		return r
	}
	if p.acceptWords("as") {
		r.Alias.Name = p.colName().text
	} else if t := p.cur(); t.isColumnName() && !t.isWord("set") {
		r.Alias.Name = p.next().text
	}
	return r
}
