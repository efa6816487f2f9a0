// Package bind turns a syntax tree into a logical plan: it resolves names, types every expression by PostgreSQL's coercion rules, and
// finds what a query means (grouping, ordinals, merged columns, correlation). It decides nothing about how to run it.
//
// Errors carry PostgreSQL's SQLSTATE, words and position. What is not supported is refused here, at its position.
package bind

import (
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner/plan"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Env is what planning depends on.
type Env struct {
	Catalog    *catalog.Catalog
	Config     *types.Config
	SearchPath []string
	// Temporary is the schema of the session's temporary relations, which goes by the name of TemporarySchema too; "": none.
	Temporary string
	// ParamTypes are the types that the client gave to $1, $2...; Unknown ones are inferred and filled in.
	ParamTypes []types.Type
	// NoParams: the statement is of the simple protocol, where $1 is nothing.
	NoParams bool
	// Expand names materialized views that must be evaluated by their definition, because the transaction has written to what they depend on.
	Expand func(catalog.ID) bool
	// Virtual resolves pg_catalog and information_schema relations to their contents; nil: none.
	Virtual func(schema, name string) (*VirtualTable, bool)
	Notice  func(*sqlerr.Error)
}

// TemporarySchema is the name by which each session knows the schema of its temporary relations.
const TemporarySchema = "pg_temp"

// relation finds a relation by schema and name; nil if there is none.
func (e *Env) relation(schema, name string) catalog.Object {
	if schema == TemporarySchema {
		schema = e.Temporary
	}
	return e.Catalog.Lookup(schema, name)
}

// VirtualTable is a relation computed when it is planned.
type VirtualTable struct {
	OID     uint32
	Columns []catalog.Column
	Rows    func() [][]types.Datum
}

// Binder binds one statement.
type Binder struct {
	// Stages are the parts of the statement that run by themselves, in their order, and Slots how many relations of rows it makes before queries read them.
	Stages []*Stage
	Slots  int
	// level is in how many steps of recursive queries the binder is.
	level    int
	env      *Env
	rewriter Rewriter
	Meta     *plan.Meta
	Reads    []catalog.ID
	Clock    bool // a literal's value depends on the clock
	params   []types.Type
	// ViewParams are the $name parameters met, in order of appearance; nil map: not allowed here.
	ViewParams []*ViewParam
	allowNamed bool
	// inView: the statement defines a materialized view, so that expressions must be immutable, settings aside.
	inView bool

	refs    map[*expr.Col]colRef
	origins map[int]origin
	depth   int
	// expanding are the views being expanded, to cut cycles that a bug could make.
	expanding []catalog.ID
}

// ViewParam is a parameter $name of a view: an outer column without a relation.
type ViewParam struct {
	Name string
	ID   int
	Pos  int
}

// colRef is where a column reference stands in the text, and how it was written.
type colRef struct {
	pos  int
	name string
}

// origin is the table column that a plan column comes from.
type origin struct {
	table  uint32
	attnum int16
}

// Rewriter is what bind needs of the rules, which stand above it, to read parameterised views.
type Rewriter interface {
	// Parameterise makes the parameters of a view's query columns.
	Parameterise(m *plan.Meta, n plan.Node, keep []int, params []plan.Param) (*plan.Parameterised, error)
	// ReadByValue is a view of aggregates at values of its parameters, with the row of values that do not occur; eqs equate the parameters' columns.
	ReadByValue(m *plan.Meta, s *plan.Scan, vals []expr.Expr, eqs []*expr.Call) plan.Node
}

// New makes a binder for a statement.
func New(env *Env, r Rewriter) *Binder {
	b := &Binder{env: env, rewriter: r, Meta: &plan.Meta{}, refs: map[*expr.Col]colRef{}, origins: map[int]origin{}}
	b.params = append(b.params, env.ParamTypes...)
	if b.env.Config == nil {
		c := *env
		c.Config = types.DefaultConfig()
		b.env = &c
	}
	return b
}

// ForView makes the binder take $name parameters and refuse what a materialized view cannot maintain.
func (b *Binder) ForView() {
	b.allowNamed, b.inView = true, true
	// The clock may not be read, not even by a literal 'now'.
	env, cfg := *b.env, *b.env.Config
	cfg.Now = time.Time{}
	env.Config = &cfg
	b.env = &env
}

// Params are the types of $1..., inferred ones included. One that nothing determined: 42P18.
func (b *Binder) Params() ([]types.Type, error) {
	for i, t := range b.params {
		if t.Is(types.Unknown) {
			return nil, sqlerr.New(sqlerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	return b.params, nil
}

// Query is a bound query. Order, limit and offset of the outermost level are not part of Node: the caller decides how to apply them.
type Query struct {
	Node plan.Node
	Cols []OutCol
	// Order refers to Node's columns, of which Cols are some.
	Order         []plan.Sort
	Limit, Offset expr.Expr
	WithTies      bool
	Locks         []Lock
}

// OutCol is an output column of a query.
type OutCol struct {
	Name string
	ID   int
	T    types.Type
	// Rel is the name of the relation that it comes from, "" if computed: to tell duplicates apart.
	Rel string
	pos int
}

// Columns describes output columns to a client.
func (b *Binder) Columns(cols []OutCol) []result.Column {
	out := make([]result.Column, len(cols))
	for i, c := range cols {
		o := b.origins[c.ID]
		out[i] = result.Column{Name: c.Name, Type: c.T, TableOID: o.table, Attnum: o.attnum}
	}
	return out
}

func (b *Binder) read(id catalog.ID) {
	for _, r := range b.Reads {
		if r == id {
			return
		}
	}
	b.Reads = append(b.Reads, id)
}

// enter guards recursion; leave undoes it.
func (b *Binder) enter(pos ast.Pos) error {
	if b.depth++; b.depth > maxDepth {
		return sqlerr.New(sqlerr.StatementTooComplex, "stack depth limit exceeded").At(int(pos))
	}
	return nil
}

func (b *Binder) leave() { b.depth-- }

const maxDepth = 4000

// at sets the position of an error that has none yet.
func at(err error, pos ast.Pos) error {
	if err == nil {
		return nil
	}
	e := sqlerr.From(err)
	if e.Position == 0 {
		c := *e
		return c.At(int(pos))
	}
	return e
}

func unsupported(n ast.Node, format string, args ...any) *sqlerr.Error {
	return sqlerr.Unsupported(int(n.Position()), format, args...)
}
