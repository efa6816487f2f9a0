package parser

// tokenKind is what the lexer knows about a token.
type tokenKind uint8

const (
	tokEOF    tokenKind = iota
	tokIdent            // unquoted and folded; may be a keyword
	tokQuoted           // quoted identifier: never a keyword
	tokString           // text is the value
	tokBit              // B'..' or X'..'; text begins with b or x
	tokInt              // text is decimal
	tokNum              // with fraction or exponent
	tokParam            // $1; text is the number
	tokNamed            // $name; text is the folded name
	tokOp               // operator
	tokPunct            // ( ) [ ] , ; : . :: .. := =>
)

// token is one lexical element. pos and end are byte offsets in the whole text.
type token struct {
	kind     tokenKind
	keyword  byte // its category in keywords, 0 if it is none
	pos, end int32
	text     string
}

func (t *token) is(punct string) bool { return t.kind == tokPunct && t.text == punct }
func (t *token) isWord(w string) bool { return t.kind == tokIdent && t.text == w }
func (t *token) isOp(op string) bool  { return t.kind == tokOp && t.text == op }
func (t *token) isName() bool         { return t.kind == tokIdent || t.kind == tokQuoted }
func (t *token) category() byte       { return t.keyword &^ 0x20 }
func (t *token) isReserved() bool     { return t.kind == tokIdent && t.category() == 'R' }
func (t *token) endsStatement() bool  { return t.kind == tokEOF || t.is(";") }
func (t *token) isAnyWord(w ...string) bool {
	if t.kind != tokIdent {
		return false
	}
	for _, s := range w {
		if t.text == s {
			return true
		}
	}
	return false
}

// isColumnName reports whether t is a ColId of PostgreSQL's grammar.
func (t *token) isColumnName() bool {
	c := t.category()
	return t.kind == tokQuoted || t.kind == tokIdent && c != 'R' && c != 'T'
}

// isFunctionName reports whether t may name a function or a type.
func (t *token) isFunctionName() bool {
	c := t.category()
	return t.kind == tokQuoted || t.kind == tokIdent && c != 'R' && c != 'C'
}

// isBareLabel reports whether t may be a column label without AS.
func (t *token) isBareLabel() bool {
	return t.kind == tokQuoted || t.kind == tokIdent && (t.keyword == 0 || t.keyword < 'a')
}

// endsExpr reports whether no expression can start at t.
func (t *token) endsExpr() bool {
	return t.kind == tokEOF || t.is(",") || t.is(")") || t.is(";") || t.is("]") || t.endsTargets()
}

// endsTargets reports whether t begins a clause that may follow an empty target list.
func (t *token) endsTargets() bool {
	return t.isAnyWord("from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for",
		"union", "except", "intersect", "into")
}
