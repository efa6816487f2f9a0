package expr

func (e *Col) Children() []Expr   { return nil }
func (e *Const) Children() []Expr { return nil }
func (e *Param) Children() []Expr { return nil }
func (e *Call) Children() []Expr  { return e.Args }
func (e *Cast) Children() []Expr  { return []Expr{e.X} }
func (e *And) Children() []Expr   { return e.Args }
func (e *Or) Children() []Expr    { return e.Args }
func (e *Case) Children() []Expr {
	c := make([]Expr, 0, 2*len(e.Whens)+1)
	for _, w := range e.Whens {
		c = append(c, w.Cond, w.Then)
	}
	if e.Else != nil {
		c = append(c, e.Else)
	}
	return c
}
func (e *Coalesce) Children() []Expr   { return e.Args }
func (e *IsNull) Children() []Expr     { return []Expr{e.X} }
func (e *IsTrue) Children() []Expr     { return []Expr{e.X} }
func (e *IsDistinct) Children() []Expr { return []Expr{e.L, e.R} }
func (e *AnyAll) Children() []Expr     { return []Expr{e.X, e.Array} }
func (e *ArrayExpr) Children() []Expr  { return e.Elems }

func (e *Col) WithChildren([]Expr) Expr   { return e }
func (e *Const) WithChildren([]Expr) Expr { return e }
func (e *Param) WithChildren([]Expr) Expr { return e }
func (e *Call) WithChildren(c []Expr) Expr {
	n := *e
	n.Args = c
	return &n
}
func (e *Cast) WithChildren(c []Expr) Expr {
	n := *e
	n.X = c[0]
	return &n
}
func (e *And) WithChildren(c []Expr) Expr { return &And{Args: c} }
func (e *Or) WithChildren(c []Expr) Expr  { return &Or{Args: c} }
func (e *Case) WithChildren(c []Expr) Expr {
	n := &Case{T: e.T, Whens: make([]When, len(e.Whens))}
	for i := range e.Whens {
		n.Whens[i] = When{Cond: c[2*i], Then: c[2*i+1]}
	}
	if e.Else != nil {
		n.Else = c[2*len(e.Whens)]
	}
	return n
}
func (e *Coalesce) WithChildren(c []Expr) Expr { return &Coalesce{Args: c, T: e.T} }
func (e *IsNull) WithChildren(c []Expr) Expr   { return &IsNull{X: c[0], Not: e.Not} }
func (e *IsTrue) WithChildren(c []Expr) Expr   { return &IsTrue{X: c[0], Not: e.Not, Want: e.Want} }
func (e *IsDistinct) WithChildren(c []Expr) Expr {
	return &IsDistinct{L: c[0], R: c[1], Eq: e.Eq, Not: e.Not}
}
func (e *AnyAll) WithChildren(c []Expr) Expr {
	return &AnyAll{X: c[0], Array: c[1], Op: e.Op, All: e.All}
}
func (e *ArrayExpr) WithChildren(c []Expr) Expr { return &ArrayExpr{Elems: c, T: e.T} }
