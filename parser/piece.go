package parser

import (
	"github.com/streamsql/streamsql/parser/ast"
)

// A statement's own words are read by hand; the queries and expressions in it are translated and collected as pieces,
// which TiDB's parser then reads in one go as the targets of one SELECT. set puts the decoded piece into its place.
type piece struct {
	text *frag
	set  func(*decoder, tidbExpr)
}

func (p *cursor) addPiece(text *frag, set func(*decoder, tidbExpr)) {
	p.pieces = append(p.pieces, piece{text, set})
}

// takeExpr reads an expression into dst. dst must stay where it is until the statement is finished.
func (p *cursor) takeExpr(dst *ast.Expr) { p.placeExpr(dst, p.expr()) }

// placeExpr puts what f decodes to into dst.
func (p *cursor) placeExpr(dst *ast.Expr, f *frag) {
	p.addPiece(f, func(d *decoder, n tidbExpr) { *dst = d.expr(n) })
}

// placeExprs puts what the fragments decode to into dst.
func (p *cursor) placeExprs(dst *[]ast.Expr, list []*frag) {
	p.addPiece(reserved(-1, "list", list...), func(d *decoder, n tidbExpr) { *dst = d.exprs(d.args(n, "list")) })
}

// takeQuery reads a query into dst.
func (p *cursor) takeQuery(dst **ast.Query) { p.placeQuery(dst, p.query(nil)) }

func (p *cursor) placeQuery(dst **ast.Query, f *frag) {
	p.addPiece(inParens(f), func(d *decoder, n tidbExpr) { *dst = d.subquery(n) })
}

func inParens(f *frag) *frag {
	if f == nil || f.paren {
		return f
	}
	return cat(raw("("), f, raw(")"))
}

// takeTargets reads a target list, as RETURNING has it, into dst.
func (p *cursor) takeTargets(dst *[]*ast.Target) {
	pos := p.cur().pos
	p.addPiece(cat(leaf(pos, "(SELECT "), reserved(pos, "select"), raw(", "), join(p.targets(), ", "), raw(")")),
		func(d *decoder, n tidbExpr) { *dst = d.selectOf(n).Targets })
}

// takeFrom reads a FROM list into dst.
func (p *cursor) takeFrom(dst *[]ast.From) {
	pos := p.cur().pos
	p.addPiece(cat(leaf(pos, "(SELECT "), reserved(pos, "select"), raw(" FROM "), p.fromList(), raw(")")),
		func(d *decoder, n tidbExpr) { *dst = d.selectOf(n).From })
}

// placeWith puts a translated WITH clause, which belongs to an INSERT, UPDATE or DELETE, into dst.
func (p *cursor) placeWith(clause *frag, dst *[]*ast.CTE, recursive *bool) {
	pos := p.cur().pos
	p.addPiece(cat(raw("("), clause, leaf(pos, "SELECT "), reserved(pos, "select"), raw(")")),
		func(d *decoder, n tidbExpr) {
			q := d.subquery(n)
			*dst, *recursive = q.With, q.Recursive
		})
}

// resolvePieces lets TiDB's parser read the pieces collected so far, and empties the list.
func (p *cursor) resolvePieces(sizeHint int) error {
	pieces := p.pieces
	p.pieces = nil
	if len(pieces) == 0 {
		return nil
	}
	list := make([]*frag, len(pieces))
	for i := range pieces {
		list[i] = pieces[i].text
	}
	text := flatten(cat(raw("SELECT "), join(list, ", ")), 3*sizeHint+64)
	return decodePieces(p, text, pieces)
}
