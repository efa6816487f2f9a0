package parser

import (
	"strconv"

	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) declare() ast.Stmt {
	x := &ast.Declare{Pos: p.pos()}
	p.next()
	x.Name = p.colName().text
	for p.cur().isAnyWord("no", "scroll", "binary", "asensitive", "insensitive") {
		switch {
		case p.acceptWords("no"):
			p.expectWords("scroll")
		case p.acceptWords("scroll"):
			x.Scroll = true
		case p.acceptWords("binary"):
			x.Binary = true
		default:
			p.next() // every cursor reads one snapshot
		}
	}
	p.expectWords("cursor")
	if p.acceptWords("with") {
		p.expectWords("hold")
		x.Hold = true
	} else if p.acceptWords("without") {
		p.expectWords("hold")
	}
	p.expectWords("for")
	if t := p.cur(); !t.is("(") && !t.isAnyWord("select", "values", "table", "with") {
		p.syntax()
	}
	p.takeQuery(&x.Query)
	return x
}

// fetch reads FETCH and MOVE. Without a direction it is NEXT; a count alone is one of FORWARD, negative of BACKWARD.
func (p *cursor) fetch() ast.Stmt {
	x := &ast.Fetch{Pos: p.pos(), Move: p.next().text == "move", Direction: "next", Count: 1}
	t := p.cur()
	switch {
	case t.isName() && p.peek(1).endsStatement(): // whatever the word, it is the cursor's name
	case t.isAnyWord("next", "prior", "first", "last"):
		x.Direction = p.next().text
	case t.isAnyWord("absolute", "relative"):
		x.Direction = p.next().text
		x.Count = p.signedInt()
	case t.isAnyWord("forward", "backward"):
		x.Direction = p.next().text
		p.fetchCount(x)
	case t.isWord("all"), t.kind == tokInt, t.isOp("-"), t.isOp("+"):
		x.Direction = "forward"
		p.fetchCount(x)
	}
	p.acceptAny("from", "in")
	x.Cursor = p.colName().text
	return x
}

// fetchCount reads the count of FORWARD and BACKWARD, if there is one.
func (p *cursor) fetchCount(x *ast.Fetch) {
	switch t := p.cur(); {
	case p.acceptWords("all"):
		x.Count = -1
	case t.kind == tokInt, t.isOp("-"), t.isOp("+"):
		if x.Count = p.signedInt(); x.Count < 0 {
			x.Count = -x.Count
			x.Direction = map[string]string{"forward": "backward", "backward": "forward"}[x.Direction]
		}
	}
}

// signedInt reads an integer of 32 bits.
func (p *cursor) signedInt() int64 {
	sign := ""
	if p.cur().isOp("-") || p.cur().isOp("+") {
		sign = p.next().text
	}
	t := p.cur()
	n, err := strconv.ParseInt(sign+t.text, 10, 64)
	if t.kind != tokInt || err != nil || n > 1<<31-1 || n < -(1<<31-1) {
		p.syntax()
	}
	p.next()
	return n
}

func (p *cursor) closeCursor() ast.Stmt {
	x := &ast.CloseCursor{Pos: p.pos()}
	p.next()
	if !p.acceptWords("all") {
		x.Name = p.colName().text
	}
	return x
}
