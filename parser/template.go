package parser

import (
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/parser/ast"
)

// shape is what all texts have in common whose tokens are the same but for literals. A literal that is a constant of the
// tree is free: a text with another one has the same tree with that constant changed. The others are fixed, as are those
// of type modifiers and interval fields, and there is a template for each choice of them.
type shape struct {
	fixed []int // token indices

	mu        sync.Mutex
	templates map[string]*template // by the fixed literals
}

// maxTemplates bounds the templates of one shape.
const maxTemplates = 16

// template is a parsed text from which those of the same shape and fixed literals are made.
type template struct {
	toks  []token
	stmts []Statement
	first []int // token index of each statement
	last  []int
	free  map[int]bool // token indices of literals that are constants of the tree

	places   []place // of them, those for which a parameter may stand,
	kept     []int   // and the token indices of the others
	mu       sync.Mutex
	generics map[string]*Generic // by the other free literals; nil: seen once
}

// shapeOf is the key of the tokens without their literals.
func shapeOf(toks []token) string {
	var b strings.Builder
	b.Grow(1 + 8*len(toks))
	b.WriteByte('s')
	for i := range toks {
		t := &toks[i]
		b.WriteByte(byte(t.kind))
		if !t.isLiteral() {
			b.WriteString(t.text)
		}
		b.WriteByte(0) // in no token: the text has none
	}
	return b.String()
}

// isLiteral reports whether t may be free. A number with leading zeros is not kept as it is written.
func (t *token) isLiteral() bool {
	return t.kind == tokString || t.kind == tokNum || t.kind == tokInt && (t.text[0] != '0' || len(t.text) == 1)
}

func newShape(t *template) *shape {
	s := &shape{templates: map[string]*template{}}
	for i := range t.toks {
		if t.toks[i].isLiteral() && !t.free[i] {
			s.fixed = append(s.fixed, i)
		}
	}
	return s
}

func (s *shape) fixedKey(toks []token) string {
	var b strings.Builder
	for _, i := range s.fixed {
		b.WriteString(toks[i].text)
		b.WriteByte(0)
	}
	return b.String()
}

// add keeps a template, if it has the shape's fixed literals.
func (s *shape) add(toks []token, t *template) {
	for _, i := range s.fixed {
		if t.free[i] {
			return
		}
	}
	if len(newShape(t).fixed) != len(s.fixed) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.templates) >= maxTemplates {
		clear(s.templates)
	}
	s.templates[s.fixedKey(toks)] = t
}

// template finds the one for a text's fixed literals, nil if there is none.
func (s *shape) template(toks []token) *template {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.templates[s.fixedKey(toks)]
}

// instance is the statements of a text.
func (t *template) instance(c *copier) []Statement {
	out := make([]Statement, len(t.stmts))
	for i, st := range t.stmts {
		start, end := c.to[t.first[i]].pos, c.to[t.last[i]].end
		out[i] = Statement{Stmt: c.stmt(st.Stmt), Text: c.sql[start:end], Start: int(start), NumParams: st.NumParams}
	}
	return out
}

// newTemplate makes a template of a text's statements, nil if they are no queries or DML, or a position in them is that of no
// token.
func newTemplate(toks []token, stmts []Statement) *template {
	t := &template{toks: toks, stmts: stmts, free: map[int]bool{}}
	for _, s := range stmts {
		switch s.Stmt.(type) {
		case *ast.Query, *ast.Insert, *ast.Update, *ast.Delete:
		default:
			return nil
		}
		first, ok := tokenIndex(toks, ast.Pos(s.Start))
		last := sort.Search(len(toks), func(i int) bool { return int(toks[i].end) >= s.Start+len(s.Text) })
		if !ok || !t.take(reflect.ValueOf(s.Stmt)) {
			return nil
		}
		t.first, t.last = append(t.first, first), append(t.last, last)
	}
	t.findPlaces()
	return t
}

// take collects the free literals below v; false if a position is that of no token.
func (t *template) take(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return true
		}
		if c, ok := v.Interface().(*ast.Const); ok && v.Kind() == reflect.Pointer {
			if i, ok := literalOf(t.toks, c); ok {
				if t.free[i] {
					return false // one literal that became two constants
				}
				t.free[i] = true
			}
		}
		return t.take(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !t.take(v.Field(i)) {
				return false
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if !t.take(v.Index(i)) {
				return false
			}
		}
	case reflect.Int:
		if v.Type() == reflect.TypeFor[ast.Pos]() && v.Int() >= 0 {
			_, ok := tokenIndex(t.toks, ast.Pos(v.Int()))
			return ok
		}
	}
	return true
}

func tokenIndex(toks []token, pos ast.Pos) (int, bool) {
	return slices.BinarySearchFunc(toks, pos, func(t token, pos ast.Pos) int { return int(t.pos) - int(pos) })
}

// literalOf is the index of the token whose text is the constant's, behind the minus signs that were folded into it.
func literalOf(toks []token, c *ast.Const) (int, bool) {
	i, ok := tokenIndex(toks, c.Pos)
	if !ok {
		return 0, false
	}
	number := c.Kind == ast.IntConst || c.Kind == ast.FloatConst
	for number && toks[i].isOp("-") {
		i++
	}
	want := map[ast.ConstKind]tokenKind{ast.IntConst: tokInt, ast.FloatConst: tokNum, ast.StringConst: tokString}[c.Kind]
	t := &toks[i]
	ok = want != 0 && t.kind == want && t.isLiteral() && (c.S == t.text || number && c.S == "-"+t.text)
	return i, ok
}

// copier copies a tree of one text into that of another whose tokens differ in free literals only. In places it puts parameters, numbered behind
// the text's own.
type copier struct {
	from, to []token
	sql      string // of to
	places   []place
	own      int
}

func (c *copier) stmt(s ast.Stmt) ast.Stmt { return c.value(reflect.ValueOf(s)).Interface().(ast.Stmt) }

func (c *copier) value(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		if k, ok := v.Interface().(*ast.Const); ok {
			return c.constant(k)
		}
		out := reflect.New(v.Type().Elem())
		c.fields(out.Elem(), v.Elem())
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return c.value(v.Elem())
	case reflect.Slice:
		if v.IsNil() || !holdsNodes(v.Type().Elem()) {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(c.value(v.Index(i)))
		}
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		c.fields(out, v)
		return out
	case reflect.Int:
		if v.Type() == reflect.TypeFor[ast.Pos]() {
			return reflect.ValueOf(c.pos(ast.Pos(v.Int())))
		}
	}
	return v
}

func (c *copier) fields(dst, src reflect.Value) {
	dst.Set(src)
	for i := range src.NumField() {
		if f := src.Field(i); holdsNodes(f.Type()) && !f.IsZero() || f.Type() == reflect.TypeFor[ast.Pos]() {
			dst.Field(i).Set(c.value(f))
		}
	}
}

// holdsNodes reports whether a value of the type may have positions in it.
func holdsNodes(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Struct:
		return true
	case reflect.Pointer, reflect.Slice:
		return holdsNodes(t.Elem())
	}
	return t == reflect.TypeFor[ast.Pos]()
}

func (c *copier) pos(p ast.Pos) ast.Pos {
	if i, ok := tokenIndex(c.from, p); ok {
		return ast.Pos(c.to[i].pos)
	}
	return p
}

func (c *copier) constant(k *ast.Const) reflect.Value {
	i, ok := literalOf(c.from, k)
	if ok {
		if n := placeOf(c.places, i); n >= 0 {
			return reflect.ValueOf(&ast.Param{Pos: c.pos(k.Pos), N: c.own + n + 1})
		}
	}
	out := &ast.Const{Pos: c.pos(k.Pos), Kind: k.Kind, S: k.S}
	if ok {
		out.S = strings.TrimSuffix(k.S, c.from[i].text) + c.to[i].text
	}
	return reflect.ValueOf(out)
}
