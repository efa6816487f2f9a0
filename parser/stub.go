package parser

import "github.com/streamsql/streamsql/parser/ast"

func (p *cursor) alter() ast.Stmt          { p.syntax(); return nil }
func (p *cursor) drop() ast.Stmt           { p.syntax(); return nil }
func (p *cursor) copy() ast.Stmt           { p.syntax(); return nil }
func (p *cursor) set() ast.Stmt            { p.syntax(); return nil }
func (p *cursor) reset() ast.Stmt          { p.syntax(); return nil }
func (p *cursor) show() ast.Stmt           { p.syntax(); return nil }
func (p *cursor) prepare() ast.Stmt        { p.syntax(); return nil }
func (p *cursor) execute() ast.Stmt        { p.syntax(); return nil }
func (p *cursor) deallocate() ast.Stmt     { p.syntax(); return nil }
func (p *cursor) discard() ast.Stmt        { p.syntax(); return nil }
func (p *cursor) explain() ast.Stmt        { p.syntax(); return nil }
func (p *cursor) declare() ast.Stmt        { p.syntax(); return nil }
func (p *cursor) fetch() ast.Stmt          { p.syntax(); return nil }
func (p *cursor) closeCursor() ast.Stmt    { p.syntax(); return nil }
func (p *cursor) otherStatement() ast.Stmt { p.syntax(); return nil }
