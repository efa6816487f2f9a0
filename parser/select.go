package parser

// selectCore translates SELECT up to its WINDOW clause. The first target is always a reserved call, which carries the
// position and DISTINCT ON; tail is what has to ride behind an ORDER BY.
func (p *cursor) selectCore() (f *frag, tail []*frag) {
	t := p.next()
	out := []*frag{leaf(t.pos, "SELECT ")}
	var marker *frag
	distinct := p.acceptWords("distinct")
	if distinct {
		out = append(out, raw("DISTINCT "))
	} else {
		p.acceptWords("all")
	}
	if distinct && p.acceptWords("on") {
		p.expect("(")
		marker = reserved(t.pos, "select", p.exprList()...)
	} else {
		marker = reserved(t.pos, "select")
	}
	fields := []*frag{marker}
	if n := p.cur(); !n.endsStatement() && !n.is(")") && !n.endsTargets() {
		fields = append(fields, p.targets()...)
	} else if distinct {
		p.syntax()
	}
	out = append(out, join(fields, ", "))
	if p.cur().isWord("into") {
		p.unsupported(p.cur(), "SELECT INTO")
	}
	from := p.acceptWords("from")
	if from {
		out = append(out, raw(" FROM "), p.fromList())
	}
	if p.acceptWords("where") {
		if !from {
			out = append(out, raw(" FROM DUAL"))
		}
		out = append(out, raw(" WHERE "), p.expr())
	}
	if p.acceptWords("group") {
		p.expectWords("by")
		out = append(out, raw(" GROUP BY "), p.groupBy())
	}
	if h := p.cur(); p.acceptWords("having") {
		tail = append(tail, reserved(h.pos, "having", p.expr()))
	}
	if p.acceptWords("window") {
		for {
			n := p.colName()
			p.expectWords("as")
			tail = append(tail, reserved(n.pos, "windef", str(n.text), p.windowSpec()))
			if !p.accept(",") {
				break
			}
		}
	}
	return cat(out...), tail
}

// targets translates a target list, of SELECT or RETURNING.
func (p *cursor) targets() []*frag {
	var list []*frag
	for {
		list = append(list, p.target())
		if !p.accept(",") {
			return list
		}
	}
}

func (p *cursor) target() *frag {
	t := p.cur()
	if p.acceptOp("*") {
		return reserved(t.pos, "star")
	}
	outer := p.labelDepth
	p.labelDepth = p.depth + 1
	e := p.expr()
	p.labelDepth = outer
	if p.acceptWords("as") {
		a := p.colLabel()
		return cat(e, leaf(a.pos, " AS "+quoteName(a.text)))
	}
	if a := p.cur(); a.isBareLabel() {
		p.next()
		return cat(e, leaf(a.pos, " AS "+quoteName(a.text)))
	}
	return e
}

func (p *cursor) groupBy() *frag {
	var list []*frag
	if g := p.cur(); p.acceptWords("distinct") {
		list = append(list, reserved(g.pos, "group_distinct"))
	} else {
		p.acceptWords("all")
	}
	return join(append(list, p.groupList()...), ", ")
}

func (p *cursor) groupList() []*frag {
	var list []*frag
	for {
		list = append(list, p.groupItem())
		if !p.accept(",") {
			return list
		}
	}
}

// groupItem hides what TiDB would take for a position or a direction of its own.
func (p *cursor) groupItem() *frag {
	p.enter()
	defer p.leave()
	t := p.cur()
	switch {
	case t.is("(") && p.peek(1).is(")"):
		p.i += 2
		return reserved(t.pos, "empty_set")
	case t.isAnyWord("cube", "rollup") && p.peek(1).is("("):
		p.i += 2
		return reserved(t.pos, t.text, p.exprList()...)
	case t.isWord("grouping") && p.peek(1).isWord("sets"):
		p.i += 2
		p.expect("(")
		list := p.groupList()
		p.expect(")")
		return reserved(t.pos, "grouping_sets", list...)
	}
	return reserved(-1, "paren", p.expr())
}
