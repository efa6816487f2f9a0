// Package ast is the syntax tree of a statement: what the user wrote, with the byte offset of every node, and nothing
// resolved. Names are already folded as PostgreSQL folds them.
package ast

// Pos is a 0-based byte offset in the user's text; -1 where there is none.
type Pos int

// Position makes Pos embeddable.
func (p Pos) Position() Pos { return p }

// Node is anything with a position.
type Node interface{ Position() Pos }

// Stmt is a statement: *Query or one of those in stmt.go and utility.go.
type Stmt interface {
	Node
	stmt()
}

type (
	// Query is one query level: a body and what hangs on it.
	Query struct {
		Pos
		With      []*CTE
		Recursive bool
		Body      Body // *Select, *Values, *SetOp, *TableCmd; a query in parentheses that is all of another is merged with it
		Order     []*SortItem
		Limit     Expr // nil: none; LIMIT ALL is nil
		WithTies  bool
		Offset    Expr
		Locks     []*Lock
	}
	Body interface {
		Node
		body()
	}
	CTE struct {
		Pos
		Name         string
		Cols         []string
		Materialized *bool // nil: not said
		Stmt         Stmt  // *Query; *Insert, *Update, *Delete
	}
	Lock struct {
		Pos
		Strength string // "update", "no key update", "share", "key share"
		Wait     string // "", "nowait", "skip locked"
		Of       []string
	}
	SetOp struct {
		Pos
		Op   SetOpKind
		All  bool
		L, R *Query
	}
	Values struct {
		Pos
		Rows [][]Expr
	}
	TableCmd struct { // TABLE t
		Pos
		Name Name
	}
	Select struct {
		Pos
		Distinct   bool
		DistinctOn []Expr
		Targets    []*Target
		From       []From // comma list
		Where      Expr
		GroupBy    []Expr // may hold *Special rollup, cube, grouping_sets, empty_set
		GroupDist  bool
		Having     Expr
		Windows    []*WindowDef
	}
	Target struct {
		Pos
		Expr  Expr
		As    string // "" if none
		HasAs bool
	}
	WindowDef struct {
		Pos
		Name string
		Spec *Window
	}
	Window struct {
		Pos
		Base      string
		Partition []Expr
		Order     []*SortItem
		Frame     *Frame
	}
	Frame struct {
		Unit, Start, End, Exclude string
		StartX, EndX              Expr
	}
	SortItem struct {
		Pos
		Expr  Expr
		Desc  bool
		Using string // USING operator, "" if none
		Nulls string // "", "first", "last"
	}

	// From is *Rel, *Derived, *FuncRel or *Join.
	From interface {
		Node
		from()
	}
	Alias struct {
		Name string // "" if none
		Cols []string
	}
	Rel struct {
		Pos
		Name Name
		Only bool
		Alias
	}
	Derived struct {
		Pos
		Query   *Query
		Lateral bool
		Alias
	}
	FuncRel struct {
		Pos
		Funcs      []Expr // one, or those of ROWS FROM
		RowsFrom   bool
		Defs       []ColDef   // AS t(a int, b text)
		FuncDefs   [][]ColDef // ROWS FROM (f() AS (a int))
		Lateral    bool
		Ordinality bool
		Alias
	}
	ColDef struct {
		Pos
		Name string
		Type *TypeName
	}
	Join struct {
		Pos
		Kind    JoinKind
		Natural bool
		L, R    From
		On      Expr
		Using   []string
		UsingAs string
		Alias   // of a join in parentheses
	}
)

// SetOpKind is UNION, INTERSECT or EXCEPT.
type SetOpKind uint8

const (
	Union SetOpKind = iota
	Intersect
	Except
)

// JoinKind is the kind of a join as written; a comma is a CrossJoin.
type JoinKind uint8

const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

// Name is a possibly qualified name, outermost part first: {"public", "t"}.
type Name []string

// Last is the unqualified part.
func (n Name) Last() string { return n[len(n)-1] }

// TypeName is a type as written.
type TypeName struct {
	Pos
	Name  Name    // "int4", "numeric", {"pg_catalog", "bpchar"}: canonical where the grammar has its own words
	Mods  []int64 // numeric(10,2): {10, 2}
	Dims  int     // [] count
	Setof bool
	// Field is what an interval is limited to ("year to month"), "" for none.
	Field string
}

func (*Query) stmt() {}

func (*Query) body()    {}
func (*Select) body()   {}
func (*Values) body()   {}
func (*SetOp) body()    {}
func (*TableCmd) body() {}

func (*Rel) from()     {}
func (*Derived) from() {}
func (*FuncRel) from() {}
func (*Join) from()    {}
