package parser

import (
	"slices"
	"strings"

	"github.com/streamsql/streamsql/parser/ast"
)

// Generic is a statement with parameters in the place of some of its literals, behind the parameters of its own. All texts that differ in these
// literals alone share it, and with it a plan, if the planner finds that it has the same types and the same form with parameters.
type Generic struct {
	Statement
	Own int // parameters of the statement's own
}

// Literal is one that a parameter stands for; the first has number Own+1.
type Literal struct {
	Kind ast.ConstKind // IntConst, FloatConst or StringConst
	Text string        // as in ast.Const
}

// Instance is a text of which there is a Generic.
type Instance struct {
	*Generic
	Literals []Literal
	specific func() []Statement
}

// Specific is the text's statement as it was written.
func (i *Instance) Specific() *Statement { return &i.specific()[0] }

// place is a literal in a template for which a parameter may stand.
type place struct {
	token int
	kind  ast.ConstKind
	sign  string // minus signs that were folded into the constant
}

// maxGenerics bounds the generic statements of one template.
const maxGenerics = 64

// generic finds the generic statement of a text of the template's shape, nil if there is none: it is made when a second text asks for it, as
// literals that stay, those of a select list for one, may be others each time.
func (t *template) generic(sql string, toks []token) *Generic {
	if len(t.places) == 0 {
		return nil
	}
	var b strings.Builder
	for _, i := range t.kept {
		b.WriteString(toks[i].text)
		b.WriteByte(0)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	g, seen := t.generics[b.String()]
	if g != nil {
		return g
	}
	if t.generics == nil || len(t.generics) >= maxGenerics {
		t.generics = map[string]*Generic{}
	}
	if seen {
		c := copier{from: t.toks, to: toks, sql: sql, places: t.places, own: t.stmts[0].NumParams}
		g = &Generic{Statement: t.instance(&c)[0], Own: c.own}
		g.NumParams += len(t.places)
	}
	t.generics[b.String()] = g
	return g
}

func placeOf(places []place, token int) int {
	return slices.IndexFunc(places, func(p place) bool { return p.token == token })
}

// literals are those of a text that t's generic statements have parameters for.
func (t *template) literals(toks []token) []Literal {
	out := make([]Literal, len(t.places))
	for i, p := range t.places {
		out[i] = Literal{p.kind, p.sign + toks[p.token].text}
	}
	return out
}

// findPlaces sets t.places and t.kept, in the order of the text.
func (t *template) findPlaces() {
	if len(t.stmts) != 1 {
		return
	}
	var f placeFinder
	f.stmt(t.stmts[0].Stmt)
	for _, k := range f.found {
		if i, ok := literalOf(t.toks, k); ok && t.free[i] {
			t.places = append(t.places, place{i, k.Kind, strings.TrimSuffix(k.S, t.toks[i].text)})
		}
	}
	slices.SortFunc(t.places, func(a, b place) int { return a.token - b.token })
	for i := range t.free {
		if placeOf(t.places, i) < 0 {
			t.kept = append(t.kept, i)
		}
	}
	slices.Sort(t.kept)
}

// placeFinder finds the literals for which a parameter can stand: operands of comparisons and arithmetic in conditions and assignments, beside
// something with a column, so that nothing is computed from literals alone, and values that go into a column. It is the planner that decides.
type placeFinder struct{ found []*ast.Const }

func (f *placeFinder) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.Query:
		f.query(s)
	case *ast.Insert:
		f.insert(s)
	case *ast.Update:
		f.with(s.With)
		f.assignments(s.Set)
		f.from(s.From)
		f.condition(s.Where)
	case *ast.Delete:
		f.with(s.With)
		f.from(s.Using)
		f.condition(s.Where)
	}
}

func (f *placeFinder) with(list []*ast.CTE) {
	for _, c := range list {
		f.stmt(c.Stmt)
	}
}

func (f *placeFinder) insert(s *ast.Insert) {
	f.with(s.With)
	if s.Source != nil {
		if v, ok := s.Source.Body.(*ast.Values); ok && len(s.Source.Order) == 0 && s.Source.Limit == nil && s.Source.Offset == nil {
			for _, row := range v.Rows {
				for _, e := range row {
					f.value(e)
				}
			}
		} else {
			f.query(s.Source)
		}
	}
	if s.Conflict != nil {
		f.assignments(s.Conflict.Update)
		f.condition(s.Conflict.UpdateWhere)
	}
}

func (f *placeFinder) assignments(list []*ast.Assign) {
	for _, a := range list {
		if !a.Multi {
			f.value(a.Value)
		}
	}
}

// value is what goes into a column.
func (f *placeFinder) value(e ast.Expr) {
	f.operand(e)
	f.condition(e)
}

func (f *placeFinder) query(q *ast.Query) {
	f.with(q.With)
	switch b := q.Body.(type) {
	case *ast.Query:
		f.query(b)
	case *ast.SetOp:
		f.query(b.L)
		f.query(b.R)
	case *ast.Select:
		f.from(b.From)
		f.condition(b.Where)
	}
}

func (f *placeFinder) from(list []ast.From) {
	for _, r := range list {
		switch r := r.(type) {
		case *ast.Derived:
			f.query(r.Query)
		case *ast.Join:
			f.from([]ast.From{r.L, r.R})
			f.condition(r.On)
		}
	}
}

// condition finds the places below a condition, or below an operand.
func (f *placeFinder) condition(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Bool:
		for _, a := range e.Args {
			f.condition(a)
		}
	case *ast.Is:
		f.condition(e.X)
	case *ast.Op:
		if e.L != nil && e.Schema == "" && (isComparison(e.Name) || isArithmetic(e.Name)) {
			f.pair(e.L, e.R)
		}
	case *ast.IsDistinct:
		f.pair(e.L, e.R)
	case *ast.Between:
		f.beside(e.X, e.Lo, e.Hi)
	case *ast.In:
		f.beside(e.X, e.List...)
		f.subquery(e.Sub)
	case *ast.Like:
		if e.Kind != "similar" && e.Esc == nil {
			f.beside(e.X, e.Pat)
		}
	case *ast.AnyAll:
		f.subquery(e.Sub)
	case *ast.Exists:
		f.subquery(e.Query)
	case *ast.SubQuery:
		f.subquery(e.Query)
	}
}

func (f *placeFinder) subquery(q *ast.Query) {
	if q != nil {
		f.query(q)
	}
}

func (f *placeFinder) pair(l, r ast.Expr) {
	f.beside(l, r)
	f.beside(r, l)
}

// beside takes the operands that stand beside x, if that has a column.
func (f *placeFinder) beside(x ast.Expr, operands ...ast.Expr) {
	f.condition(x)
	if !hasColumn(x) {
		return
	}
	for _, o := range operands {
		f.operand(o)
	}
}

// operand takes a literal, also one with a type.
func (f *placeFinder) operand(e ast.Expr) {
	if c, ok := e.(*ast.Cast); ok {
		e = c.X
	}
	if k, ok := e.(*ast.Const); ok && (k.Kind == ast.IntConst || k.Kind == ast.FloatConst || k.Kind == ast.StringConst) {
		f.found = append(f.found, k)
	}
}

func hasColumn(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.ColRef:
		return true
	case *ast.Op:
		return e.L != nil && hasColumn(e.L) || hasColumn(e.R)
	case *ast.Cast:
		return hasColumn(e.X)
	case *ast.Subscript:
		return hasColumn(e.X)
	case *ast.Func:
		return slices.ContainsFunc(e.Args, hasColumn)
	}
	return false
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

func isArithmetic(op string) bool {
	switch op {
	case "+", "-", "*", "/", "%":
		return true
	}
	return false
}
