// Package catalog is what exists: schemas, tables, views, indexes, sequences, with their ids and dependencies.
//
// A Catalog is an immutable value with a version; changing it makes another one, so that a snapshot names the catalog
// that it was planned with. Changes are encodable: they go into the log, and the whole into the checkpoint.
package catalog

import (
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// ID identifies an object; never reused. It doubles as the object's OID in pg_catalog (user objects start at 16384).
type ID uint32

// FirstUserID is the first id of a user's object.
const FirstUserID ID = 16384

// Column of a relation.
type Column struct {
	Name    string
	Type    types.Type
	NotNull bool
	// Default is the expression's source text, "" for none; Generated: GENERATED ALWAYS AS (Default) STORED.
	Default   string
	Generated bool
	// Identity is "", "always" or "by default"; Sequence then is the id of its sequence.
	Identity string
	Sequence ID
	// Hidden: the row id of a table without a primary key, its last column "#rowid" int8. A scan yields it like any other; * and names
	// do not see it.
	Hidden bool
	// Dropped: ALTER TABLE took the column away. Its place in rows stays, with NULL; nothing sees it.
	Dropped bool `json:",omitempty"`
	// Comment is what COMMENT ON says of it.
	Comment string `json:",omitempty"`
}

// Visible tells whether names and * see the column.
func (c Column) Visible() bool { return !c.Hidden && !c.Dropped }

// Table is a base table.
type Table struct {
	ID      ID
	Comment string `json:",omitempty"`
	Schema  string
	Name    string
	Columns []Column
	// Version counts its alterations: a row that was made for another one is not of this table.
	Version int `json:",omitempty"`
	// PrimaryKey are column numbers; never empty: without a declared one it is the hidden row id column.
	PrimaryKey     []int
	PrimaryKeyName string
	Checks         []Check
	// Tree holds the rows: key types.AppendKey(primary key columns, ascending), value the row's image.
	Tree storage.ID
}

// Check is a CHECK constraint: its source text is evaluated in the table's columns.
type Check struct {
	Name string
	Expr string
}

// Index is a secondary index of a table or materialized view: an arrangement that readers see.
type Index struct {
	ID      ID
	Comment string `json:",omitempty"`
	Name    string
	Schema  string
	On      ID
	Columns []IndexColumn
	Unique  bool
	// Constraint: made by a UNIQUE constraint, dropped only with it.
	Constraint bool
	// Tree is a multiset: key AppendKey(columns) ++ row image.
	Tree storage.ID
}

// IndexColumn is a column of an index.
type IndexColumn struct {
	Col        int
	Desc       bool
	NullsFirst bool
}

// View is a view, materialized or not.
type View struct {
	ID           ID
	Comment      string `json:",omitempty"`
	Schema       string
	Name         string
	Columns      []Column
	Query        string   // the SELECT as written
	ColumnNames  []string // CREATE VIEW v (a, b)
	Materialized bool
	// Params is the number of leading columns that are the view's parameters; ParamNames without "$".
	Params     int
	ParamNames []string
	// Order is the order of the tree of a materialized view: multiset, key AppendKey(Order columns) ++ row image. Errors is the tree
	// of its error rows.
	Order  []IndexColumn
	Tree   storage.ID
	Errors storage.ID
	Finish *Finish `json:",omitempty"`
	// Settings captured at CREATE (TimeZone...), and Options of WITH (...).
	Settings map[string]string
	Options  map[string]string
	// State: what else than serving it may be in.
	State ViewState
	Failure
	// DependsOn are the relations that the query reads.
	DependsOn []ID
	// Fingerprint of the physical plan that made the state; Nodes gives for each stateful node's fingerprint its trees.
	Fingerprint string
}

// Finish is what a read of a materialized view has yet to do with what its tree holds.
type Finish struct {
	// Limit and Offset are taken of the rows of each value of the parameters, in the order of the tree; Limit < 0: all.
	Limit, Offset int64
	// Keyed are columns of the tree's key that are read from it: they are NULL in the image, too.
	Keyed []int  `json:",omitempty"`
	Late  []Late `json:",omitempty"`
}

// Late are columns that are NULL in the tree and are those of a table's row as of the same tick.
type Late struct {
	Table ID
	Key   []int // columns of the view that hold the row's primary key; NULL: there is no row
	Cols  []int // of the view,
	From  []int // of the table
}

// ViewState is where a materialized view stands.
type ViewState uint8

const (
	Serving ViewState = iota
	Hydrating
	Failed
)

// Sequence hands out numbers; what is reserved is in the log, so that none is handed out twice.
type Sequence struct {
	ID        ID
	Comment   string `json:",omitempty"`
	Schema    string
	Name      string
	Type      types.Type
	Start     int64
	Increment int64
	Min, Max  int64
	Cycle     bool
	OwnedBy   ID // table, 0 none
	// Next is the first value not reserved yet.
	Next      int64
	Exhausted bool
}
