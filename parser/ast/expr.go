package ast

// Expr is a scalar expression.
type Expr interface {
	Node
	expr()
}

type (
	ColRef struct { // a, t.a, s.t.a
		Pos
		Parts []string
	}
	Star struct { // *, t.*
		Pos
		Qual []string
	}
	Const struct {
		Pos
		Kind ConstKind
		S    string // digits as written, the string's value, "true"/"false"; "" for null
	}
	Param struct { // $1; or $name, a view's parameter
		Pos
		N    int    // 1-based; 0 if named
		Name string // folded
	}
	Op struct { // an operator; L nil for a prefix operator
		Pos    // of the operator
		Name   string
		Schema string // OPERATOR(pg_catalog.+)
		L, R   Expr
	}
	Bool struct { // AND, OR, NOT (one argument)
		Pos
		Op   BoolOp
		Args []Expr
	}
	Is struct { // IS [NOT] NULL, TRUE, FALSE, UNKNOWN
		Pos
		X    Expr
		Not  bool
		What string // "null", "true", "false", "unknown"
	}
	IsDistinct struct { // IS [NOT] DISTINCT FROM
		Pos
		L, R Expr
		Not  bool
	}
	Between struct {
		Pos
		X, Lo, Hi      Expr
		Not, Symmetric bool
	}
	In struct {
		Pos
		X    Expr
		List []Expr // or
		Sub  *Query
		Not  bool
	}
	Like struct {
		Pos
		Kind        string // "like", "ilike", "similar"
		Not         bool
		X, Pat, Esc Expr
	}
	AnyAll struct { // x op ANY (array or subquery)
		Pos
		Op    string
		All   bool
		X     Expr
		Array Expr // or
		Sub   *Query
	}
	Cast struct {
		Pos
		X    Expr
		Type *TypeName
	}
	Collate struct {
		Pos
		X    Expr
		Name Name
	}
	Subscript struct {
		Pos
		X, I, Hi Expr // a[I], a[I:Hi]; I or Hi nil where left out of a slice
		Slice    bool
		Chained  bool // X is a subscript and this its next dimension: a[1][2], not (a[1])[2]
	}
	Field struct { // (x).name
		Pos
		X    Expr
		Name string
	}
	StarOf struct { // (x).*
		Pos
		X Expr
	}
	Array struct { // ARRAY[...], nested for more dimensions
		Pos
		Elems []Expr
	}
	ArraySub struct { // ARRAY(SELECT ...)
		Pos
		Query *Query
	}
	Row struct {
		Pos
		Explicit bool
		Elems    []Expr
	}
	Case struct {
		Pos
		X     Expr // nil for CASE WHEN
		Whens []When
		Else  Expr
	}
	When   struct{ Cond, Then Expr }
	Exists struct {
		Pos
		Query *Query
	}
	SubQuery struct { // scalar subquery
		Pos
		Query *Query
	}
	SQLValue struct { // current_date, current_user, localtimestamp(n), ...
		Pos
		Name string
		Prec int // -1 if none
	}
	// Special is what looks like a function but is syntax: coalesce, greatest, least, nullif, grouping, overlaps; in
	// GROUP BY cube, rollup, grouping_sets, empty_set.
	Special struct {
		Pos
		Name string
		Args []Expr
	}
	NamedArg struct { // f(a => x)
		Pos
		Name string
		X    Expr
	}
	Variadic struct { // f(VARIADIC x)
		Pos
		X Expr
	}
	Default struct{ Pos } // DEFAULT in VALUES or SET
	Func    struct {
		Pos
		Name     Name
		Args     []Expr
		Star     bool // count(*)
		Distinct bool
		Order    []*SortItem // ORDER BY inside
		Within   []*SortItem // WITHIN GROUP (ORDER BY ...)
		Filter   Expr
		Over     *Window
		OverName string
	}
)

// ConstKind is the kind of a literal.
type ConstKind uint8

const (
	NullConst ConstKind = iota
	BoolConst
	IntConst   // fits no fraction or exponent; may exceed int8
	FloatConst // with fraction or exponent: numeric
	StringConst
	BitConst // B'101', X'1F'; S begins with b or x
)

// BoolOp is AND, OR or NOT.
type BoolOp uint8

const (
	And BoolOp = iota
	Or
	Not
)

func (*ColRef) expr()     {}
func (*Star) expr()       {}
func (*Const) expr()      {}
func (*Param) expr()      {}
func (*Op) expr()         {}
func (*Bool) expr()       {}
func (*Is) expr()         {}
func (*IsDistinct) expr() {}
func (*Between) expr()    {}
func (*In) expr()         {}
func (*Like) expr()       {}
func (*AnyAll) expr()     {}
func (*Cast) expr()       {}
func (*Collate) expr()    {}
func (*Subscript) expr()  {}
func (*Field) expr()      {}
func (*StarOf) expr()     {}
func (*Array) expr()      {}
func (*ArraySub) expr()   {}
func (*Row) expr()        {}
func (*Case) expr()       {}
func (*Exists) expr()     {}
func (*SubQuery) expr()   {}
func (*SQLValue) expr()   {}
func (*Special) expr()    {}
func (*NamedArg) expr()   {}
func (*Variadic) expr()   {}
func (*Default) expr()    {}
func (*Func) expr()       {}
