package parser

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

// typeIndex keeps a type for the decoder; core text names it by its index.
func (p *cursor) typeIndex(t *ast.TypeName) *frag {
	p.types = append(p.types, t)
	return raw(itoa(len(p.types) - 1))
}

// builtinType is one of PostgreSQL's own types, for which its grammar has words.
func builtinType(pos int32, name string, mods ...int64) *ast.TypeName {
	return &ast.TypeName{Pos: ast.Pos(pos), Name: ast.Name{name}, Mods: mods}
}

// typeName reads a type with SETOF and array bounds.
func (p *cursor) typeName() *ast.TypeName {
	setof := p.acceptWords("setof")
	t := p.simpleType(false)
	t.Setof = setof
	if p.acceptWords("array") {
		t.Dims++
		if p.accept("[") {
			p.arrayBound(true)
		}
		return t
	}
	for p.accept("[") {
		t.Dims++
		p.arrayBound(false)
	}
	return t
}

// arrayBound passes the bound of an array, which means nothing, and ']'.
func (p *cursor) arrayBound(required bool) {
	if p.cur().kind == tokInt {
		p.next()
	} else if required {
		p.syntax()
	}
	p.expect("]")
}

// simpleType reads a type's name and modifiers, canonical where the grammar has its own words. In front of a literal
// char has no implied length.
func (p *cursor) simpleType(literal bool) *ast.TypeName {
	t := p.next()
	if !t.isName() {
		p.syntaxAt(t)
		return builtinType(t.pos, "")
	}
	if t.kind == tokIdent {
		if typ := p.wordType(t, literal); typ != nil {
			return typ
		}
		if t.isReserved() || t.category() == 'C' {
			p.syntaxAt(t)
		}
	}
	name := ast.Name{t.text}
	for p.accept(".") {
		name = append(name, p.colLabel().text)
	}
	typ := &ast.TypeName{Pos: ast.Pos(t.pos), Name: name}
	if k := p.peek(1); p.cur().text == "(" && k.kind != tokInt && !k.isOp("-") { // modifiers that no type of ours has
		p.fail(sqlerr.New(sqlerr.UndefinedObject, "type \"%s\" does not exist", strings.Join(name, ".")).At(int(t.pos)))
	}
	typ.Mods = p.typeMods()
	return typ
}

// wordTypes are the types whose word needs nothing more said.
var wordTypes = map[string]string{"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8",
	"real": "float4", "boolean": "bool"}

// wordType reads a type that is in the grammar, behind its first word; nil if t is no such word.
func (p *cursor) wordType(t *token, literal bool) *ast.TypeName {
	if name, ok := wordTypes[t.text]; ok {
		return builtinType(t.pos, name)
	}
	switch t.text {
	case "double":
		if p.acceptWords("precision") {
			return builtinType(t.pos, "float8")
		}
	case "decimal", "dec", "numeric":
		return builtinType(t.pos, "numeric", p.typeMods()...)
	case "float":
		return p.floatType(t)
	case "bit":
		if p.acceptWords("varying") {
			return builtinType(t.pos, "varbit", p.typeMods()...)
		}
		return p.fixedType(t, "bit", literal)
	case "national":
		p.expectAny("char", "character")
		return p.charType(t, literal)
	case "char", "character", "nchar":
		return p.charType(t, literal)
	case "varchar":
		return builtinType(t.pos, "varchar", p.typeMods()...)
	case "timestamp", "time":
		mods := p.typeMods()
		name := t.text
		if p.acceptWords("with", "time", "zone") {
			name += "tz"
		} else {
			p.acceptWords("without", "time", "zone")
		}
		return builtinType(t.pos, name, mods...)
	case "interval":
		typ := builtinType(t.pos, "interval", p.typeMods()...)
		if len(typ.Mods) == 0 {
			typ.Field = p.intervalFields(&typ.Mods)
		}
		return typ
	}
	return nil
}

func (p *cursor) charType(t *token, literal bool) *ast.TypeName {
	if p.acceptWords("varying") {
		return builtinType(t.pos, "varchar", p.typeMods()...)
	}
	return p.fixedType(t, "bpchar", literal)
}

// fixedType is a type whose length is 1 where it is not said, except in front of a literal.
func (p *cursor) fixedType(t *token, name string, literal bool) *ast.TypeName {
	mods := p.typeMods()
	if mods == nil && !literal {
		mods = []int64{1}
	}
	return builtinType(t.pos, name, mods...)
}

// floatType chooses by the precision in bits.
func (p *cursor) floatType(t *token) *ast.TypeName {
	at := p.peek(1)
	mods := p.typeMods()
	switch {
	case len(mods) == 0:
		return builtinType(t.pos, "float8")
	case len(mods) > 1:
		p.syntaxAt(at)
	case mods[0] < 1:
		p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "precision for type float must be at least 1 bit").At(int(at.pos)))
	case mods[0] > 53:
		p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "precision for type float must be less than 54 bits").At(int(at.pos)))
	case mods[0] <= 24:
		return builtinType(t.pos, "float4")
	}
	return builtinType(t.pos, "float8")
}

// typeMods reads (n, ..) if it stands here.
func (p *cursor) typeMods() []int64 {
	if !p.accept("(") {
		return nil
	}
	var mods []int64
	for {
		minus := p.acceptOp("-")
		t := p.next()
		v, err := strconv.ParseInt(t.text, 10, 32)
		switch {
		case t.kind != tokInt && t.kind != tokNum && t.kind != tokString && !t.isName():
			p.syntaxAt(t)
			return nil
		case t.kind != tokInt || err != nil:
			p.fail(sqlerr.New(sqlerr.SyntaxError, "type modifiers must be integers").At(int(t.pos)))
			return nil
		case minus:
			v = -v
		}
		mods = append(mods, v)
		if !p.accept(",") {
			p.expect(")")
			return mods
		}
	}
}

// intervalFields reads YEAR TO MONTH and the like; mods gets the precision of SECOND.
func (p *cursor) intervalFields(mods *[]int64) string {
	from := p.acceptAny("year", "month", "day", "hour", "minute", "second")
	fields := from
	if from != "" && from != "second" && p.acceptWords("to") {
		to := map[string]string{"year": "month", "day": "hour minute second", "hour": "minute second", "minute": "second"}
		end := p.expectAny(strings.Fields(to[from])...)
		fields += " to " + end
	}
	if strings.HasSuffix(fields, "second") {
		*mods = p.typeMods()
	}
	return fields
}
