// Package parser reads PostgreSQL's dialect into package ast.
//
// A text goes through five steps, all of them here:
//
//	text -> lexer (lex.go) -> translator (cursor.go and on: one pass of recursive descent that writes text and offset
//	marks and builds no tree) -> core dialect (core.go) -> TiDB's parser (tidb.go) -> decoder (decode.go) -> ast
//
// The core dialect is the part of TiDB's grammar in which nothing is ambiguous: every identifier is folded and
// back-quoted, every operator application is in parentheses, every function call is quoted, and what only PostgreSQL
// has is a call in the reserved schema `#`. Utility statements and the words of INSERT, UPDATE and DELETE are read by
// hand; only the queries and expressions in them go through TiDB's parser, all of a statement at once (piece.go).
//
// Where to look when it breaks: a wrong verdict or error position is the translator's, a wrong tree the decoder's, and
// XX000 "core dialect" means that the two disagree.
package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

const (
	// maxLength is the longest text in bytes. Positions are 32 bits and the core text is a few times longer.
	maxLength = 64 << 20
	// maxTokens bounds the memory of a parse, about 400 bytes a token.
	maxTokens = 4 << 20
	// maxDepth bounds nesting, since everything behind the parser recurses over the tree.
	maxDepth = 2000
	// maxChain bounds a chain of left-associative operators, joins or set operations, whose tree is as deep.
	maxChain = 4000
	// maxTerms bounds a chain of AND or OR, which the tree has flat but TiDB's tree has as deep.
	maxTerms = 200_000
)

// Statement is one statement of a text.
type Statement struct {
	ast.Stmt
	Text      string // as written, without the semicolon; positions in the tree are offsets into the whole text
	Start     int    // of Text in the whole text
	NumParams int    // the highest $n
}

// Parse reads a text of any number of statements separated by semicolons. Errors are *sqlerr.Error in PostgreSQL's words
// with positions. Safe for concurrent use.
func Parse(sql string) ([]Statement, error) {
	p, err := open(sql)
	if err != nil {
		return nil, err
	}
	var list []Statement
	for {
		for p.accept(";") {
		}
		if p.cur().kind == tokEOF {
			if p.lexErr != nil {
				return nil, p.lexErr
			}
			return list, nil
		}
		start := p.i
		p.numParams, p.types, p.stmts = 0, nil, nil
		stmt := p.statement()
		if !p.cur().endsStatement() {
			p.syntax()
		}
		if p.err != nil {
			return nil, p.err
		}
		text := p.textFrom(start)
		if err := p.resolvePieces(len(text)); err != nil {
			return nil, err
		}
		if p.err != nil { // found by what looks at the finished tree
			return nil, p.err
		}
		list = append(list, Statement{Stmt: stmt, Text: text, Start: int(p.toks[start].pos), NumParams: p.numParams})
	}
}

// ParseExpr reads one expression, as a CHECK or DEFAULT stored in the catalog has it.
func ParseExpr(sql string) (ast.Expr, error) {
	p, err := open(sql)
	if err != nil {
		return nil, err
	}
	var e ast.Expr
	p.takeExpr(&e)
	if p.cur().kind != tokEOF || p.lexErr != nil {
		p.syntax()
	}
	if p.err != nil {
		return nil, p.err
	}
	if err := p.resolvePieces(len(sql)); err != nil {
		return nil, err
	}
	return e, nil
}

func open(sql string) (*cursor, error) {
	if len(sql) > maxLength {
		return nil, sqlerr.New(sqlerr.StatementTooComplex, "statement too complex").
			WithDetail("It has %d bytes, more than %d.", len(sql), maxLength).WithHint("Split it, or use COPY.")
	}
	return newCursor(sql)
}
