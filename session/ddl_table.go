package session

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// tableBuilder collects what CREATE TABLE says.
type tableBuilder struct {
	*definer
	table     *catalog.Table
	uniques   []*catalog.Index
	sequences []*catalog.Sequence
	checks    []*ast.Constraint
	defaults  map[int]*ast.Constraint // by column
}

func (d *definer) createTable(x *ast.CreateTable) error {
	schema, name, err := d.target(x.Name, x.Pos, x.Temp)
	if err != nil {
		return err
	}
	if skip, err := d.exists(schema, name, x.IfNotExists); skip || err != nil {
		return err
	}
	for _, o := range x.With {
		return sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("storage parameter %q", o.Name))
	}
	b := &tableBuilder{definer: d, table: &catalog.Table{ID: d.server.engine.NewID(), Schema: schema, Name: name}, defaults: map[int]*ast.Constraint{}}
	if x.AsQuery != nil {
		err = b.columnsOf(x)
	} else {
		err = b.columns(x)
	}
	if err != nil {
		return err
	}
	if err := b.constraints(x); err != nil {
		return err
	}
	b.rowID()
	if err := b.expressions(); err != nil {
		return err
	}
	d.add(engine.DDL{CreateTable: b.table, CreateIndexes: b.uniques})
	for _, q := range b.sequences {
		d.add(engine.DDL{CreateSequence: q})
	}
	return d.onCommit(x, b.table)
}

// columnsOf takes the columns of CREATE TABLE AS from the query.
func (b *tableBuilder) columnsOf(x *ast.CreateTable) error {
	q, err := planner.PlanQuery(b.env(b.catalog, nil, b.run.w), x.AsQuery)
	if err != nil {
		return err
	}
	for i, c := range q.Columns {
		name := c.Name
		if i < len(x.Cols) {
			name = x.Cols[i].Name
		}
		t := c.Type
		if t.Is(types.Unknown) {
			t = types.Of(types.Text)
		}
		if t.Elem().Category() == 'P' {
			return bind.PseudoType(name, t)
		}
		b.table.Columns = append(b.table.Columns, catalog.Column{Name: name, Type: t})
	}
	return nil
}

func (b *tableBuilder) columns(x *ast.CreateTable) error {
	for _, c := range x.Cols {
		if slices.ContainsFunc(b.table.Columns, func(o catalog.Column) bool { return o.Name == c.Name }) {
			return sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		if len(c.Collate) > 0 && c.Collate.Last() != "C" && c.Collate.Last() != "default" && c.Collate.Last() != "POSIX" {
			return sqlerr.Unsupported(int(c.Pos), fmt.Sprintf("collation %q", joinName(c.Collate))).WithHint(`Text sorts by bytes, as collation "C" does.`)
		}
		col := catalog.Column{Name: c.Name}
		n := c.Type.Name.Last()
		if width, ok := serials[n]; ok {
			col.Type, col.NotNull, col.Identity = types.Of(width), true, "by default"
			b.sequence(&col, nil)
		} else {
			t, err := bind.ResolveType(b.catalog, c.Type)
			if err != nil {
				return err
			}
			if t.Elem().Category() == 'P' {
				return bind.PseudoType(c.Name, t)
			}
			if len(c.Collate) > 0 && !t.Collatable() {
				return sqlerr.New(sqlerr.DatatypeMismatch, "collations are not supported by type %s", t.Base()).At(int(c.Type.Pos))
			}
			col.Type = t
		}
		b.table.Columns = append(b.table.Columns, col)
	}
	return nil
}

var serials = map[string]types.Kind{
	"serial": types.Int4, "serial4": types.Int4, "bigserial": types.Int8, "serial8": types.Int8, "smallserial": types.Int2, "serial2": types.Int2,
}

// sequence makes the sequence of an identity column.
func (b *tableBuilder) sequence(col *catalog.Column, options []ast.Option) error {
	q := &catalog.Sequence{ID: b.server.engine.NewID(), Schema: b.table.Schema, OwnedBy: b.table.ID,
		Name: b.freeName(b.table.Schema, b.table.Name+"_"+col.Name+"_seq"), Type: col.Type}
	if err := sequenceOptions(q, options); err != nil {
		return err
	}
	col.Sequence = q.ID
	b.sequences = append(b.sequences, q)
	return nil
}

func (b *tableBuilder) constraints(x *ast.CreateTable) error {
	for i, c := range x.Cols {
		if x.AsQuery != nil {
			break
		}
		for _, k := range c.Constraints {
			if err := b.columnConstraint(i, k); err != nil {
				return err
			}
		}
	}
	for _, k := range x.Constraints {
		cols := make([]int, len(k.Cols))
		for i, c := range k.Cols {
			n := slices.IndexFunc(b.table.Columns, func(o catalog.Column) bool { return o.Name == c.Name })
			if n < 0 {
				return sqlerr.New(sqlerr.UndefinedColumn, "column %q named in key does not exist", c.Name).At(int(c.Pos))
			}
			cols[i] = n
		}
		if err := b.constraint(k, cols); err != nil {
			return err
		}
	}
	return nil
}

func (b *tableBuilder) columnConstraint(i int, k *ast.Constraint) error {
	col := &b.table.Columns[i]
	switch k.Kind {
	case ast.NotNullConstraint:
		col.NotNull = true
	case ast.NullConstraint:
		if col.NotNull {
			return sqlerr.New(sqlerr.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", col.Name, b.table.Name).At(int(k.Pos))
		}
	case ast.DefaultConstraint, ast.GeneratedConstraint:
		if b.defaults[i] != nil || col.Identity != "" {
			return sqlerr.New(sqlerr.SyntaxError, "multiple default values specified for column %q of table %q", col.Name, b.table.Name).At(int(k.Pos))
		}
		col.Default, col.Generated = k.ExprText, k.Kind == ast.GeneratedConstraint
		b.defaults[i] = k
	case ast.IdentityConstraint:
		if k := col.Type.Kind; col.Type.Array || k != types.Int2 && k != types.Int4 && k != types.Int8 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
		}
		col.NotNull, col.Identity = true, "by default"
		if k.Always {
			col.Identity = "always"
		}
		return b.sequence(col, k.Options)
	default:
		return b.constraint(k, []int{i})
	}
	return nil
}

// indexable refuses a key of a type without an order.
func indexable(t types.Type) error {
	if t.Kind != types.JSON {
		return nil
	}
	return sqlerr.New(sqlerr.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", t.Base()).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// constraint handles what a column and a table can both have.
func (b *tableBuilder) constraint(k *ast.Constraint, cols []int) error {
	if k.Kind == ast.PrimaryKeyConstraint || k.Kind == ast.UniqueConstraint {
		for _, c := range cols {
			if err := indexable(b.table.Columns[c].Type); err != nil {
				return err
			}
		}
	}
	switch k.Kind {
	case ast.PrimaryKeyConstraint:
		if len(b.table.PrimaryKey) > 0 {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", b.table.Name).At(int(k.Pos))
		}
		b.table.PrimaryKey, b.table.PrimaryKeyName = cols, k.Name
		if k.Name == "" {
			b.table.PrimaryKeyName = b.table.Name + "_pkey"
		}
		for _, c := range cols {
			b.table.Columns[c].NotNull = true
		}
	case ast.UniqueConstraint:
		ix := &catalog.Index{ID: b.server.engine.NewID(), Name: k.Name, Schema: b.table.Schema, On: b.table.ID, Unique: true, Constraint: true}
		name := b.table.Name
		for _, c := range cols {
			ix.Columns = append(ix.Columns, catalog.IndexColumn{Col: c})
			name += "_" + b.table.Columns[c].Name
		}
		if ix.Name == "" {
			ix.Name = b.freeName(b.table.Schema, name+"_key")
		}
		b.uniques = append(b.uniques, ix)
	case ast.CheckConstraint:
		b.table.Checks = append(b.table.Checks, catalog.Check{Name: k.Name, Expr: k.ExprText}) // expressions names it
		b.checks = append(b.checks, k)
	case ast.ForeignKeyConstraint:
		return sqlerr.Unsupported(int(k.Pos), "a foreign key").WithHint("Leave it out: streamsql does not check references yet.")
	default:
		return sqlerr.Unsupported(int(k.Pos), "this constraint")
	}
	return nil
}

// checkName names a CHECK after the table, and the column if it is about one.
func (b *tableBuilder) checkName(x expr.Expr) string {
	var cols []int
	expr.Walk(x, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Col); ok && !slices.Contains(cols, c.ID) {
			cols = append(cols, c.ID)
		}
		return true
	})
	name := b.table.Name
	if len(cols) == 1 {
		name += "_" + b.table.Columns[cols[0]].Name
	}
	name += "_check"
	free := name
	for i := 1; slices.ContainsFunc(b.table.Checks, func(c catalog.Check) bool { return c.Name == free }); i++ {
		free = name + strconv.Itoa(i)
	}
	return free
}

// rowID gives a table without a primary key its hidden key.
func (b *tableBuilder) rowID() {
	if len(b.table.PrimaryKey) > 0 {
		return
	}
	b.table.Columns = append(b.table.Columns, catalog.Column{Name: "#rowid", Type: types.Of(types.Int8), NotNull: true, Hidden: true})
	b.table.PrimaryKey = []int{len(b.table.Columns) - 1}
}

// expressions verifies that defaults and checks bind.
func (b *tableBuilder) expressions() error {
	env := b.env(b.catalog.With(b.table), nil, b.run.w)
	for i, k := range b.defaults {
		col := b.table.Columns[i]
		of := (*catalog.Table)(nil)
		if col.Generated {
			of = b.table
		}
		if _, err := planner.BindScalar(env, k.Expr, of, col.Type); err != nil {
			if of == nil && sqlerr.CodeOf(err) == sqlerr.UndefinedColumn {
				return sqlerr.New(sqlerr.FeatureNotSupported, "cannot use column reference in DEFAULT expression").At(sqlerr.From(err).Position)
			}
			return err
		}
	}
	for i, k := range b.checks {
		x, err := planner.BindScalar(env, k.Expr, b.table, types.Of(types.Bool))
		if err != nil {
			return err
		}
		if k.Name == "" {
			b.table.Checks[i].Name = b.checkName(x)
		}
	}
	return nil
}

// fillTable inserts the rows of CREATE TABLE AS.
func (d *definer) fillTable(x *ast.CreateTable) (string, error) {
	schema, name, err := d.target(x.Name, x.Pos, x.Temp)
	if err != nil {
		return "", err
	}
	t := d.catalog.Lookup(schema, name).(*catalog.Table)
	q, err := planner.PlanQuery(d.env(d.sn.Catalog, nil, d.run.w), x.AsQuery)
	if err != nil {
		return "", err
	}
	rows, err := d.query(d.ctx, d.sn, q, d.run)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	buffer := d.buffer(d.sn)
	var n int64
	for {
		b, err := rows.Next(d.ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			return fmt.Sprintf("SELECT %d", n), nil
		}
		n += count(b)
		full := batch.New(columnTypes(t.Columns), b.Len())
		for i := range b.Len() {
			row := append(b.AppendRowTo(nil, i), types.Null) // the row id is the engine's to give
			for range b.W[i] {
				full.AppendRow(row, 1)
			}
		}
		if err := buffer.InsertBatch(t, full); err != nil {
			return "", err
		}
	}
}

func columnTypes(cols []catalog.Column) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	return ts
}

func (d *definer) createSequence(x *ast.CreateSequence) error {
	schema, name, err := d.target(x.Name, x.Pos, x.Temp)
	if err != nil {
		return err
	}
	if skip, err := d.exists(schema, name, x.IfNotExists); skip || err != nil {
		return err
	}
	q := &catalog.Sequence{ID: d.server.engine.NewID(), Schema: schema, Name: name, Type: types.Of(types.Int8)}
	if err := sequenceOptions(q, x.Options); err != nil {
		return err
	}
	d.add(engine.DDL{CreateSequence: q})
	return nil
}

// sequenceOptions applies START, INCREMENT, MINVALUE, MAXVALUE and CYCLE to a sequence and fills in PostgreSQL's defaults.
func sequenceOptions(q *catalog.Sequence, options []ast.Option) error {
	top := map[types.Kind]int64{types.Int2: math.MaxInt16, types.Int4: math.MaxInt32, types.Int8: math.MaxInt64}[q.Type.Kind]
	q.Increment = 1
	var start, lo, hi *int64
	for _, o := range options {
		n, err := optionInt(o)
		if err != nil {
			return err
		}
		switch o.Name {
		case "increment":
			if n == nil || *n == 0 {
				return sqlerr.New(sqlerr.InvalidParameterValue, "INCREMENT must not be zero").At(int(o.Pos))
			}
			q.Increment = *n
		case "start", "restart":
			start = n
		case "minvalue":
			lo = n
		case "maxvalue":
			hi = n
		case "cycle":
			q.Cycle = n == nil || *n != 0
		case "cache", "owned", "as":
			return sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("sequence option %q", o.Name))
		}
	}
	q.Min, q.Max = 1, top
	if q.Increment < 0 {
		q.Min, q.Max = -top-1, -1
	}
	if lo != nil {
		q.Min = *lo
	}
	if hi != nil {
		q.Max = *hi
	}
	q.Start = q.Min
	if q.Increment < 0 {
		q.Start = q.Max
	}
	if start != nil {
		q.Start = *start
	}
	switch {
	case q.Min >= q.Max:
		return sqlerr.New(sqlerr.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	case q.Start < q.Min:
		return sqlerr.New(sqlerr.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	case q.Start > q.Max:
		return sqlerr.New(sqlerr.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	q.Next = q.Start
	return nil
}

// optionInt is an option's integer, nil if it has none (NO MINVALUE).
func optionInt(o ast.Option) (*int64, error) {
	c, ok := o.Value.(*ast.Const)
	if !ok {
		return nil, nil
	}
	switch c.Kind {
	case ast.BoolConst:
		n := int64(0)
		if c.S == "true" {
			n = 1
		}
		return &n, nil
	case ast.NullConst:
		return nil, nil
	}
	n, err := strconv.ParseInt(c.S, 10, 64)
	if err != nil {
		return nil, sqlerr.New(sqlerr.NumericValueOutOfRange, "value %q is out of range for type bigint", c.S).At(int(c.Pos))
	}
	return &n, nil
}
