// Package plan is the logical algebra: relational operators over columns that have plan-wide ids.
//
// A column's id (expr.Col.ID) is given out once by a Meta and never means two things in one plan, so that rules may move expressions
// without renaming. Nodes are immutable by convention: a rule makes new ones. Where the plan is wrong, look at Format's text of it, phase
// by phase; Check states what every phase must keep.
package plan

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// Node is a relational operator.
type Node interface {
	// Cols are the ids of the output columns, in order.
	Cols() []int
	Inputs() []Node
	// WithInputs is a copy over other inputs, given in the order of Inputs.
	WithInputs(in []Node) Node
}

type (
	// Scan is a relation of the catalog; IDs are given to its columns, the hidden ones too. Keep lists the positions that are output.
	Scan struct {
		Relation catalog.ID
		Name     string
		Table    *catalog.Table // or
		View     *catalog.View
		IDs      []int
		Keep     []int
		Meta     *Meta
		// Absent, for a parameterised view whose query has a row for every value of its parameters (an aggregate without groups), is that row where
		// the value does not occur: by position, over the columns Params that stand for the values. nil: none.
		Absent *Absent
	}
	// Absent is the row of a parameterised view for a value that does not occur.
	Absent struct {
		Params []int
		Row    []expr.Expr
	}
	// Values is a fixed relation; its expressions hold no columns of the plan but may hold parameters and outer columns.
	Values struct {
		Rows [][]expr.Expr
		IDs  []int
	}
	// Filter keeps rows for which all Preds are true, tried in order: earlier ones guard later ones.
	Filter struct {
		In    Node
		Preds []expr.Expr
	}
	// Project computes its items and nothing else is output; a passed column is an item with its own id.
	Project struct {
		In    Node
		Items []Item
	}
	// Join is L x R where all of On hold, by Kind. Semi and anti joins output L's columns only.
	Join struct {
		Kind JoinKind
		L, R Node
		On   []expr.Expr
	}
	// Apply is a join whose right side may refer to columns of the left. Guard, if set, must be true for the right side to be
	// evaluated at all; where it is not, the right side is as if empty.
	Apply struct {
		Kind  JoinKind
		L, R  Node
		On    []expr.Expr
		Guard expr.Expr
		// Pos is where the subquery stands, for refusals.
		Pos int
	}
	// FlatMap puts behind each input row those of a set-returning function; Outer keeps rows that have none.
	FlatMap struct {
		In         Node
		Fn         *expr.SRF
		Args       []expr.Expr
		IDs        []int // of the function's columns, then of the ordinality
		Ordinality bool
		Outer      bool
	}
	// Reduce groups by Keys. Scalar: one row always, even over no input (no keys then).
	Reduce struct {
		In     Node
		Keys   []int
		Aggs   []Agg
		Scalar bool
	}
	// Distinct keeps one of equal rows.
	Distinct struct{ In Node }
	// TopK keeps rows Offset..Offset+Limit of each partition in the order given; Limit < 0: all.
	TopK struct {
		In            Node
		Partition     []int
		Order         []Sort
		Limit, Offset int64
		WithTies      bool
	}
	// Window puts behind each row the values of window functions: of the row among those of its partition, in the order given. Ties are broken by
	// the images of the input's columns.
	Window struct {
		In        Node
		Partition []int
		Order     []Sort
		Calls     []WindowItem
	}
	// Union is UNION ALL: column i is column Maps[k][i] of input k.
	Union struct {
		Ins  []Node
		Maps [][]int
		IDs  []int
	}
	// SetOp is INTERSECT or EXCEPT.
	SetOp struct {
		Except, All bool
		L, R        Node
		LMap, RMap  []int
		IDs         []int
	}
	// Single fails with 21000 for each value of Key with more than one row.
	Single struct {
		In  Node
		Key []int
	}
)

type (
	// Item is a computed column.
	Item struct {
		ID   int
		Expr expr.Expr
	}
	// Agg is a computed aggregate.
	Agg struct {
		ID   int
		Call *expr.AggCall
	}
	// WindowItem is a computed window function.
	WindowItem struct {
		ID   int
		Call *expr.WindowCall
	}
	// Sort is an item of an order.
	Sort struct {
		Col        int
		Desc       bool
		NullsFirst bool
	}
)

// JoinKind is the kind of a join or apply.
type JoinKind uint8

const (
	Inner JoinKind = iota
	Left
	Full
	Semi
	Anti
	// AntiNull is NOT IN's: a row stays if no right row matches or could.
	AntiNull
)

func (k JoinKind) String() string {
	return [...]string{"inner", "left", "full", "semi", "anti", "anti-null"}[k]
}

// LeftOnly tells whether the join outputs the left columns only.
func (k JoinKind) LeftOnly() bool { return k == Semi || k == Anti || k == AntiNull }

// Meta gives out column ids and knows what they are.
type Meta struct {
	cols []column
}

type column struct {
	name string
	t    types.Type
	// fields are those of all records in the column, as far as they are known.
	fields []types.Field
}

// Add makes a column.
func (m *Meta) Add(name string, t types.Type) int {
	m.cols = append(m.cols, column{name: name, t: t})
	return len(m.cols)
}

// Name and Type tell what a column is.
func (m *Meta) Name(id int) string     { return m.cols[id-1].name }
func (m *Meta) Type(id int) types.Type { return m.cols[id-1].t }

// Fields are those of all records in a column, nil if they are not known; SetFields says so.
func (m *Meta) Fields(id int) []types.Field            { return m.cols[id-1].fields }
func (m *Meta) SetFields(id int, fields []types.Field) { m.cols[id-1].fields = fields }

// SetType corrects the type of a column that was unknown when it was made.
func (m *Meta) SetType(id int, t types.Type) { m.cols[id-1].t = t }

// Col is a reference to a column.
func (m *Meta) Col(id int) *expr.Col { return &expr.Col{ID: id, T: m.Type(id)} }

func (n *Scan) Cols() []int {
	out := make([]int, len(n.Keep))
	for i, k := range n.Keep {
		out[i] = n.IDs[k]
	}
	return out
}
func (n *Values) Cols() []int { return n.IDs }
func (n *Filter) Cols() []int { return n.In.Cols() }
func (n *Project) Cols() []int {
	out := make([]int, len(n.Items))
	for i, it := range n.Items {
		out[i] = it.ID
	}
	return out
}
func (n *Join) Cols() []int    { return joinCols(n.Kind, n.L, n.R) }
func (n *Apply) Cols() []int   { return joinCols(n.Kind, n.L, n.R) }
func (n *FlatMap) Cols() []int { return concat(n.In.Cols(), n.IDs) }
func (n *Reduce) Cols() []int {
	out := append([]int(nil), n.Keys...)
	for _, a := range n.Aggs {
		out = append(out, a.ID)
	}
	return out
}
func (n *Distinct) Cols() []int { return n.In.Cols() }
func (n *TopK) Cols() []int     { return n.In.Cols() }
func (n *Window) Cols() []int {
	out := n.In.Cols()
	for _, c := range n.Calls {
		out = append(out[:len(out):len(out)], c.ID)
	}
	return out
}
func (n *Union) Cols() []int  { return n.IDs }
func (n *SetOp) Cols() []int  { return n.IDs }
func (n *Single) Cols() []int { return n.In.Cols() }

func joinCols(k JoinKind, l, r Node) []int {
	if k.LeftOnly() {
		return l.Cols()
	}
	return concat(l.Cols(), r.Cols())
}

func concat(a, b []int) []int {
	return append(append(make([]int, 0, len(a)+len(b)), a...), b...)
}

func (n *Scan) Inputs() []Node     { return nil }
func (n *Values) Inputs() []Node   { return nil }
func (n *Filter) Inputs() []Node   { return []Node{n.In} }
func (n *Project) Inputs() []Node  { return []Node{n.In} }
func (n *Join) Inputs() []Node     { return []Node{n.L, n.R} }
func (n *Apply) Inputs() []Node    { return []Node{n.L, n.R} }
func (n *FlatMap) Inputs() []Node  { return []Node{n.In} }
func (n *Reduce) Inputs() []Node   { return []Node{n.In} }
func (n *Distinct) Inputs() []Node { return []Node{n.In} }
func (n *TopK) Inputs() []Node     { return []Node{n.In} }
func (n *Window) Inputs() []Node   { return []Node{n.In} }
func (n *Union) Inputs() []Node    { return n.Ins }
func (n *SetOp) Inputs() []Node    { return []Node{n.L, n.R} }
func (n *Single) Inputs() []Node   { return []Node{n.In} }

func (n *Scan) WithInputs([]Node) Node       { return n }
func (n *Values) WithInputs([]Node) Node     { return n }
func (n *Filter) WithInputs(in []Node) Node  { c := *n; c.In = in[0]; return &c }
func (n *Project) WithInputs(in []Node) Node { c := *n; c.In = in[0]; return &c }
func (n *Join) WithInputs(in []Node) Node    { c := *n; c.L, c.R = in[0], in[1]; return &c }
func (n *Apply) WithInputs(in []Node) Node   { c := *n; c.L, c.R = in[0], in[1]; return &c }
func (n *FlatMap) WithInputs(in []Node) Node { c := *n; c.In = in[0]; return &c }
func (n *Reduce) WithInputs(in []Node) Node  { c := *n; c.In = in[0]; return &c }
func (n *Distinct) WithInputs(in []Node) Node {
	return &Distinct{In: in[0]}
}
func (n *TopK) WithInputs(in []Node) Node   { c := *n; c.In = in[0]; return &c }
func (n *Window) WithInputs(in []Node) Node { c := *n; c.In = in[0]; return &c }
func (n *Union) WithInputs(in []Node) Node  { c := *n; c.Ins = in; return &c }
func (n *SetOp) WithInputs(in []Node) Node  { c := *n; c.L, c.R = in[0], in[1]; return &c }
func (n *Single) WithInputs(in []Node) Node { c := *n; c.In = in[0]; return &c }

// One is the relation of one row without columns: SELECT without FROM.
func One() *Values { return &Values{Rows: [][]expr.Expr{{}}} }

// Empty is the relation without rows with the given columns.
func Empty(cols []int) *Values { return &Values{IDs: cols} }

// IsOne tells whether n is One.
func IsOne(n Node) bool {
	v, ok := n.(*Values)
	return ok && len(v.Rows) == 1 && len(v.IDs) == 0
}

// Pass makes items that pass columns through.
func Pass(m *Meta, cols []int) []Item {
	out := make([]Item, len(cols))
	for i, c := range cols {
		out[i] = Item{ID: c, Expr: m.Col(c)}
	}
	return out
}
