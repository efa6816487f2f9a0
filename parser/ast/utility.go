package ast

type (
	CreateTable struct {
		Pos
		IfNotExists bool
		Name        Name
		Cols        []*ColumnDef
		Constraints []*Constraint
		AsQuery     *Query // CREATE TABLE AS
		With        []Option
		Temp        bool
		OnCommit    string // "", "preserve rows", "delete rows", "drop"
	}
	ColumnDef struct {
		Pos
		Name        string
		Type        *TypeName
		Collate     Name
		Constraints []*Constraint
	}
	Constraint struct {
		Pos
		Name     string
		Kind     ConstraintKind
		Cols     []ColName // of a table constraint
		Expr     Expr      // CHECK, DEFAULT, GENERATED AS (expr)
		ExprText string    // its text as written
		Always   bool      // GENERATED ALWAYS AS IDENTITY, else BY DEFAULT
		Options  []Option  // of an identity's sequence
		RefTable Name
		RefCols  []ColName
	}
	CreateView struct {
		Pos
		OrReplace    bool
		Temp         bool
		Materialized bool
		IfNotExists  bool
		Name         Name
		Cols         []string
		With         []Option
		Query        *Query
		QueryText    string // as written
		NoData       bool
	}
	CreateIndex struct {
		Pos
		Unique      bool
		IfNotExists bool
		Name        string // "" if none
		Table       Name
		Method      string
		Cols        []*IndexCol
		Include     []ColName
		Where       Expr
	}
	IndexCol struct {
		Pos
		Expr  Expr // *ColRef or another expression
		Desc  bool
		Nulls string
	}
	CreateSchema struct {
		Pos
		Name        string
		IfNotExists bool
	}
	CreateSequence struct {
		Pos
		Temp        bool
		Name        Name
		IfNotExists bool
		Options     []Option
	}
	AlterTable struct { // only the words are kept; the session refuses what it does not know
		Pos
		Name     Name
		IfExists bool
		Actions  []AlterAction
	}
	AlterAction struct {
		Pos
		Verb       string // "add column", "drop column", "rename column", "rename to", "add constraint", ...
		Column     *ColumnDef
		Name, To   string
		Constraint *Constraint
		IfExists   bool
	}
	Drop struct {
		Pos
		Kind     string // "table", "view", "materialized view", "index", "sequence", "schema"
		IfExists bool
		Names    []Name
		NamesPos []Pos
		Cascade  bool
	}
	Truncate struct {
		Pos
		Tables          []*Rel
		RestartIdentity bool
		Cascade         bool
	}
	Copy struct {
		Pos
		Table   *Rel   // or
		Query   *Query // COPY (SELECT ...) TO
		Cols    []ColName
		From    bool   // FROM STDIN, else TO STDOUT
		File    string // a file name or program: refused
		Options []Option
		Where   Expr
	}
	// Option is name = value in WITH (...), SET and the like.
	Option struct {
		Pos
		Name  string
		Value Expr // *Const, *ColRef (a bare word), or nil
		List  []Expr
	}
	Begin struct {
		Pos
		Start bool // START TRANSACTION, for the command tag
		Modes TxModes
	}
	TxModes struct {
		Isolation  string // "", "read committed", ...
		ReadOnly   *bool
		Deferrable *bool
	}
	Commit struct {
		Pos
		Chain bool
	}
	Rollback struct {
		Pos
		Chain bool
		To    string // savepoint
	}
	Savepoint struct {
		Pos
		Name string
	}
	Release struct {
		Pos
		Name string
	}
	SetTransaction struct {
		Pos
		Session bool // SET SESSION CHARACTERISTICS
		Modes   TxModes
	}
	Set struct {
		Pos
		Local  bool
		Name   string
		Values []Expr // empty: TO DEFAULT
	}
	Reset struct {
		Pos
		Name string // "all" too
	}
	Show struct {
		Pos
		Name string
	}
	Prepare struct {
		Pos
		Name  string
		Types []*TypeName
		Stmt  Stmt
		Text  string // of Stmt, as written
	}
	Execute struct {
		Pos
		Name string
		Args []Expr
	}
	Deallocate struct {
		Pos
		Name string // "" for ALL
	}
	Discard struct {
		Pos
		What string
	}
	Explain struct {
		Pos
		Analyze bool
		Options []Option
		Stmt    Stmt
	}
	Declare struct {
		Pos
		Name                 string
		Binary, Scroll, Hold bool
		Query                *Query
	}
	Fetch struct {
		Pos
		Move      bool
		Direction string // "next", "forward", "backward", "absolute", ...
		Count     int64  // of rows; -1 for ALL
		Cursor    string
	}
	CloseCursor struct {
		Pos
		Name string // "" for ALL
	}
	// Comment is COMMENT ON an object, or a column of one.
	Comment struct {
		Pos
		Kind   string // as in Drop
		Name   Name
		Column string // "" if none
		Text   string // "": no comment any more
	}
	// Ignored is a statement that PostgreSQL's tools send and that may have no effect here without anybody being
	// wronged: COMMENT, ANALYZE, VACUUM, UNLISTEN and the like. Tag is its command tag.
	Ignored struct {
		Pos
		Tag string
	}
)

// ConstraintKind is the kind of a column or table constraint.
type ConstraintKind uint8

const (
	NotNullConstraint ConstraintKind = iota
	NullConstraint
	PrimaryKeyConstraint
	UniqueConstraint
	CheckConstraint
	DefaultConstraint
	IdentityConstraint
	GeneratedConstraint
	ForeignKeyConstraint
)

func (*CreateTable) stmt()    {}
func (*CreateView) stmt()     {}
func (*CreateIndex) stmt()    {}
func (*CreateSchema) stmt()   {}
func (*CreateSequence) stmt() {}
func (*AlterTable) stmt()     {}
func (*Drop) stmt()           {}
func (*Truncate) stmt()       {}
func (*Copy) stmt()           {}
func (*Begin) stmt()          {}
func (*Commit) stmt()         {}
func (*Rollback) stmt()       {}
func (*Savepoint) stmt()      {}
func (*Release) stmt()        {}
func (*SetTransaction) stmt() {}
func (*Set) stmt()            {}
func (*Reset) stmt()          {}
func (*Show) stmt()           {}
func (*Prepare) stmt()        {}
func (*Execute) stmt()        {}
func (*Deallocate) stmt()     {}
func (*Discard) stmt()        {}
func (*Explain) stmt()        {}
func (*Declare) stmt()        {}
func (*Fetch) stmt()          {}
func (*CloseCursor) stmt()    {}
func (*Ignored) stmt()        {}
func (*Comment) stmt()        {}

// On tells whether a switch is on: it is where no value is given.
func (o *Option) On() bool {
	c, ok := o.Value.(*Const)
	return !ok || c.S != "false" && c.S != "off" && c.S != "0"
}
