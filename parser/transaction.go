package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

func (p *cursor) begin() ast.Stmt {
	x := &ast.Begin{Pos: p.pos(), Start: p.cur().isWord("start")}
	p.next()
	if x.Start {
		p.expectWords("transaction")
	} else {
		p.acceptAny("work", "transaction")
	}
	x.Modes = p.txModes(false)
	return x
}

// txModes reads a list of transaction modes, with commas or without; at least one if required.
func (p *cursor) txModes(required bool) (m ast.TxModes) {
	yes, no := true, false
	for required || p.cur().isAnyWord("isolation", "read", "deferrable", "not") {
		switch {
		case p.acceptWords("isolation", "level"):
			m.Isolation = p.isolationLevel()
		case p.acceptWords("read", "only"):
			m.ReadOnly = &yes
		case p.acceptWords("read", "write"):
			m.ReadOnly = &no
		case p.acceptWords("deferrable"):
			m.Deferrable = &yes
		case p.acceptWords("not", "deferrable"):
			m.Deferrable = &no
		default:
			p.syntax()
			return m
		}
		required = p.accept(",")
	}
	return m
}

func (p *cursor) isolationLevel() string {
	switch {
	case p.acceptWords("serializable"):
		return "serializable"
	case p.acceptWords("repeatable", "read"):
		return "repeatable read"
	case p.acceptWords("read", "committed"):
		return "read committed"
	case p.acceptWords("read", "uncommitted"):
		return "read uncommitted"
	}
	p.syntax()
	return ""
}

// chain reads [WORK | TRANSACTION] [AND [NO] CHAIN].
func (p *cursor) chainClause() bool {
	if !p.acceptWords("and") {
		return false
	}
	no := p.acceptWords("no")
	p.expectWords("chain")
	return !no
}

func (p *cursor) commit() ast.Stmt {
	x := &ast.Commit{Pos: p.pos()}
	p.next()
	if p.cur().isWord("prepared") {
		p.unsupported(p.cur(), "COMMIT PREPARED")
	}
	p.acceptAny("work", "transaction")
	x.Chain = p.chainClause()
	return x
}

func (p *cursor) rollback() ast.Stmt {
	x := &ast.Rollback{Pos: p.pos()}
	abort := p.next().text == "abort"
	if p.cur().isWord("prepared") && !abort {
		p.unsupported(p.cur(), "ROLLBACK PREPARED")
	}
	p.acceptAny("work", "transaction")
	if !abort && p.acceptWords("to") {
		p.acceptWords("savepoint")
		x.To = p.colName().text
		return x
	}
	x.Chain = p.chainClause()
	return x
}

func (p *cursor) savepoint() ast.Stmt {
	x := &ast.Savepoint{Pos: p.pos()}
	p.next()
	x.Name = p.colName().text
	return x
}

func (p *cursor) release() ast.Stmt {
	x := &ast.Release{Pos: p.pos()}
	p.next()
	p.acceptWords("savepoint")
	x.Name = p.colName().text
	return x
}
