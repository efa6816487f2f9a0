package parser

import (
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// cursor walks over the tokens of a text and translates. After its first error it stands at tokEOF, where every loop
// ends; err is looked at once per statement.
type cursor struct {
	src   string
	toks  []token
	i     int
	depth int
	// labelDepth is the depth of a target's expression: there alone an operator's word may be a column label.
	labelDepth int
	err        *sqlerr.Error

	lexErr *sqlerr.Error // what is wrong behind the last token, if not its end

	match    []int32 // of a '(' the index of its ')', 0 without
	isSelect []int8  // memo of isSelectParen: 0 unknown, 1 yes, 2 no

	types     []*ast.TypeName // core text names a type by its index here
	stmts     []ast.Stmt      // and a data-modifying CTE here
	pieces    []piece         // what TiDB's parser is to read for the statement
	numParams int
}

func newCursor(src string) (*cursor, error) {
	toks, err := lex(src)
	if toks == nil {
		return nil, err
	}
	p := &cursor{src: src, toks: toks, lexErr: err, match: make([]int32, len(toks)), isSelect: make([]int8, len(toks))}
	var open []int
	for i := range toks {
		if toks[i].kind != tokPunct {
			continue
		}
		switch toks[i].text {
		case "(":
			open = append(open, i)
		case ")":
			if n := len(open); n > 0 {
				p.match[open[n-1]] = int32(i)
				open = open[:n-1]
			}
		case ";":
			open = open[:0]
		}
	}
	if p.lexErr != nil { // the rest of the text is not known: what is open may well be closed there
		for _, i := range open {
			p.match[i] = int32(len(toks) - 1)
		}
	}
	return p, nil
}

func (p *cursor) cur() *token { return p.peek(0) }

func (p *cursor) peek(n int) *token {
	if p.i+n < len(p.toks) {
		return &p.toks[p.i+n]
	}
	return &p.toks[len(p.toks)-1]
}

func (p *cursor) next() *token {
	t := p.cur()
	if t.kind != tokEOF {
		p.i++
	}
	return t
}

// pos is the current token's position, for a node that begins here.
func (p *cursor) pos() ast.Pos { return ast.Pos(p.cur().pos) }

// textFrom is the user's text from token index start up to the token before the current one.
func (p *cursor) textFrom(start int) string {
	if p.i <= start || p.err != nil {
		return ""
	}
	return p.src[p.toks[start].pos:p.toks[p.i-1].end]
}

func (p *cursor) fail(err *sqlerr.Error) {
	if p.err == nil {
		p.err = err
		if p.lexErr != nil && p.cur().kind == tokEOF {
			p.err = p.lexErr
		}
	}
	p.i = len(p.toks) - 1
}

func (p *cursor) syntaxAt(t *token) {
	if t.kind == tokEOF {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error at end of input").At(int(t.pos)))
		return
	}
	p.fail(sqlerr.New(sqlerr.SyntaxError, "syntax error at or near \"%s\"", p.src[t.pos:t.end]).At(int(t.pos)))
}

func (p *cursor) syntax() { p.syntaxAt(p.cur()) }

func (p *cursor) unsupported(t *token, what string) {
	p.fail(sqlerr.Unsupported(int(t.pos), "%s", what))
}

// enter counts a level of nesting; leave takes it back.
func (p *cursor) enter() {
	if p.depth++; p.depth > maxDepth {
		p.tooDeep()
	}
}

func (p *cursor) leave() { p.depth-- }

func (p *cursor) tooDeep() {
	p.fail(sqlerr.New(sqlerr.StatementTooComplex, "statement too complex").At(int(p.cur().pos)).
		WithDetail("It nests more than %d levels.", maxDepth))
}

// accept passes the punctuation s if it stands here.
func (p *cursor) accept(s string) bool {
	if p.cur().is(s) {
		p.i++
		return true
	}
	return false
}

// acceptOp passes the operator s if it stands here.
func (p *cursor) acceptOp(s string) bool {
	if p.cur().isOp(s) {
		p.i++
		return true
	}
	return false
}

// acceptWords passes these keywords if all of them stand here.
func (p *cursor) acceptWords(words ...string) bool {
	for n, w := range words {
		if !p.peek(n).isWord(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

// expect passes the punctuation s or fails.
func (p *cursor) expect(s string) *token {
	if !p.cur().is(s) {
		p.syntax()
	}
	return p.next()
}

// expectWords passes these keywords or fails at the first that is another.
func (p *cursor) expectWords(words ...string) {
	for _, w := range words {
		if !p.cur().isWord(w) {
			p.syntax()
			return
		}
		p.i++
	}
}

// acceptAny passes one of these keywords and returns it, "" if none stands here.
func (p *cursor) acceptAny(words ...string) string {
	if p.cur().isAnyWord(words...) {
		return p.next().text
	}
	return ""
}

// expectAny passes one of these keywords or fails.
func (p *cursor) expectAny(words ...string) string {
	w := p.acceptAny(words...)
	if w == "" {
		p.syntax()
	}
	return w
}

// colLabel takes any identifier or keyword.
func (p *cursor) colLabel() *token {
	if !p.cur().isName() {
		p.syntax()
	}
	return p.next()
}

// colName takes an identifier that is no reserved word.
func (p *cursor) colName() *token {
	if !p.cur().isColumnName() {
		p.syntax()
	}
	return p.next()
}

// nonReserved takes what PostgreSQL calls NonReservedWord: an identifier or any keyword that is not reserved.
func (p *cursor) nonReserved() *token {
	if t := p.cur(); !t.isName() || t.isReserved() {
		p.syntax()
	}
	return p.next()
}

// nameList reads the rest of a list in parentheses, behind '('.
func (p *cursor) nameList() []*token {
	var list []*token
	for {
		list = append(list, p.colName())
		if !p.accept(",") {
			p.expect(")")
			return list
		}
	}
}

func quoteNames(list []*token) []*frag {
	out := make([]*frag, len(list))
	for i, t := range list {
		out[i] = leaf(t.pos, quoteName(t.text))
	}
	return out
}

// dotted reads a possibly qualified name whose parts may be any word but the first, which may not be reserved.
func (p *cursor) dotted() ast.Name {
	name := ast.Name{p.colName().text}
	for p.accept(".") {
		name = append(name, p.colLabel().text)
	}
	return name
}

// databaseName is the one database: what a name of three parts must begin with.
const databaseName = "streamsql"

// qualifiedName reads the name of a relation: at most a database, a schema and a name.
func (p *cursor) qualifiedName() ast.Name {
	t := p.cur()
	return p.withoutDatabase(t, p.dotted(), 2)
}

// withoutDatabase takes the database off a name that has one part more than keep.
func (p *cursor) withoutDatabase(t *token, name ast.Name, keep int) ast.Name {
	switch {
	case len(name) <= keep:
		return name
	case len(name) > keep+1:
		p.fail(sqlerr.New(sqlerr.SyntaxError, "improper qualified name (too many dotted names): %s",
			strings.Join(name, ".")).At(int(t.pos)))
	case name[0] != databaseName:
		p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "cross-database references are not implemented: \"%s\"",
			strings.Join(name, ".")).At(int(t.pos)))
	}
	return name[1:]
}

// isSelectParen decides from the tokens alone whether the '(' at index i opens a query, rather than an expression, a
// row or a joined table. Parentheses around a query may be doubled: ((SELECT 1) UNION SELECT 2).
func (p *cursor) isSelectParen(i int) bool {
	j := i
	for p.toks[j].is("(") && p.isSelect[j] == 0 {
		j++
	}
	if t := &p.toks[j]; !t.is("(") {
		opens := t.isAnyWord("select", "with", "table") || t.isWord("values") && p.toks[j+1].is("(")
		if j--; j >= i {
			p.isSelect[j] = 2
			if opens {
				p.isSelect[j] = 1
			}
		}
	}
	for j--; j >= i; j-- {
		p.isSelect[j] = 2
		if p.isSelect[j+1] != 1 || p.match[j+1] == 0 {
			continue
		}
		after := &p.toks[min(int(p.match[j+1])+1, len(p.toks)-1)]
		if after.is(")") || after.isAnyWord("union", "intersect", "except", "order", "limit", "offset", "fetch", "for") {
			p.isSelect[j] = 1
		}
	}
	return p.isSelect[i] == 1
}
