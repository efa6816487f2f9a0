package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
)

// definer is the execution of one data definition: it looks at the catalog as the transaction sees it, and adds to the
// transaction's DDL, which COMMIT applies.
type definer struct {
	*Session
	ctx     context.Context
	run     *run
	catalog *catalog.Catalog
	sn      *engine.Snapshot
}

// define runs a data definition inside the open transaction.
func (s *Session) define(ctx context.Context, r *run) (outcome, error) {
	sn, err := s.snapshot()
	if err != nil {
		return outcome{}, err
	}
	defer sn.Close()
	d := &definer{Session: s, ctx: ctx, run: r, catalog: sn.Catalog, sn: sn}
	before := len(s.txn.ddl)
	tag, err := d.statement(r.stmt.Stmt)
	if err != nil {
		s.txn.ddl = s.txn.ddl[:before]
		return outcome{}, err
	}
	return outcome{tag: tag}, nil
}

func (d *definer) statement(stmt ast.Stmt) (tag string, err error) {
	switch x := stmt.(type) {
	case *ast.CreateTable:
		tag, err = "CREATE TABLE", d.createTable(x)
		if x.AsQuery != nil && err == nil {
			return d.fillTable(x)
		}
	case *ast.CreateView:
		tag, err = "CREATE VIEW", d.createView(x)
		if x.Materialized {
			tag = "CREATE MATERIALIZED VIEW"
		}
	case *ast.CreateIndex:
		tag, err = "CREATE INDEX", d.createIndex(x)
	case *ast.CreateSchema:
		tag, err = "CREATE SCHEMA", d.createSchema(x)
	case *ast.CreateSequence:
		tag, err = "CREATE SEQUENCE", d.createSequence(x)
	case *ast.Comment:
		tag, err = "COMMENT", d.comment(x)
	case *ast.AlterTable:
		tag, err = "ALTER TABLE", d.alterTable(x)
	case *ast.Drop:
		tag, err = dropTag(x.Kind), d.drop(x)
	default:
		return "", sqlerr.Unsupported(int(stmt.Position()), "this statement")
	}
	if err == nil {
		err = d.mayWrite(tag)
	}
	return tag, err
}

// add buffers a change and makes it visible to the rest of the statement.
func (d *definer) add(x engine.DDL) {
	d.txn.ddl = append(d.txn.ddl, x)
	d.catalog = applyDDL(d.catalog, x)
}

// withDDL shows a transaction its own definitions.
func withDDL(sn *engine.Snapshot, ddl []engine.DDL) *engine.Snapshot {
	for _, x := range ddl {
		sn.Catalog = applyDDL(sn.Catalog, x)
	}
	return sn
}

// applyDDL is the catalog after a change.
func applyDDL(c *catalog.Catalog, x engine.DDL) *catalog.Catalog {
	switch {
	case x.CreateSchema != "":
		c = c.WithSchema(x.CreateSchema)
	case x.CreateTable != nil:
		c = c.With(x.CreateTable)
	case x.AlterTable != nil:
		c = c.With(x.AlterTable)
	case x.Comment != nil:
		c = c.WithComment(x.Comment)
	case x.CreateView != nil:
		c = c.With(x.CreateView)
	case x.ReplaceView != nil:
		c = c.With(x.ReplaceView)
	case x.CreateSequence != nil:
		c = c.With(x.CreateSequence)
	}
	for _, i := range x.CreateIndexes {
		c = c.With(i)
	}
	c = c.Without(x.Drop...)
	if x.DropSchema != "" {
		c = c.WithoutSchema(x.DropSchema)
	}
	return c
}

// target is the schema and name of an object to be created.
func (d *definer) target(name ast.Name, pos ast.Pos, temp bool) (schema, last string, err error) {
	last = name.Last()
	if len(name) > 1 {
		schema = name[len(name)-2]
		switch own := schema == bind.TemporarySchema || schema == d.temp; {
		case own:
			return d.temporary(), last, nil
		case temp:
			return "", "", sqlerr.New(sqlerr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema").At(int(pos))
		}
		if !d.catalog.HasSchema(schema) {
			return "", "", sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", schema).At(int(pos))
		}
		return schema, last, nil
	}
	if temp {
		return d.temporary(), last, nil
	}
	for _, s := range d.vars.searchPath(d.user) {
		if s == bind.TemporarySchema {
			return d.temporary(), last, nil
		}
		if d.catalog.HasSchema(s) {
			return s, last, nil
		}
	}
	return "", "", sqlerr.New(sqlerr.InvalidSchemaName, "no schema has been selected to create in").At(int(pos))
}

// exists handles a name that is taken: with IF NOT EXISTS a notice, else an error.
func (d *definer) exists(schema, name string, ifNotExists bool) (skip bool, err error) {
	if d.catalog.Lookup(schema, name) == nil {
		return false, nil
	}
	if ifNotExists {
		return true, d.run.w.Notice(sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists, skipping", name))
	}
	return true, sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name)
}

// relation finds an existing relation.
func (d *definer) relation(name ast.Name, pos ast.Pos) (catalog.Object, error) {
	path := d.path()
	if len(name) > 1 {
		path = []string{name[len(name)-2]}
		if path[0] == bind.TemporarySchema {
			path[0] = d.temp
		}
	}
	o := d.catalog.Resolve(path, name.Last())
	if o == nil {
		return nil, bind.NoRelation(d.catalog, path, name, pos)
	}
	return o, nil
}

func joinName(n ast.Name) string {
	s := n[0]
	for _, p := range n[1:] {
		s += "." + p
	}
	return s
}

func (d *definer) createSchema(x *ast.CreateSchema) error {
	if d.catalog.HasSchema(x.Name) {
		if x.IfNotExists {
			return d.run.w.Notice(sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists, skipping", x.Name))
		}
		return sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists", x.Name)
	}
	if len(x.Name) >= 3 && x.Name[:3] == "pg_" {
		return sqlerr.New(sqlerr.ReservedName, "unacceptable schema name %q", x.Name).
			WithDetail(`The prefix "pg_" is reserved for system schemas.`)
	}
	d.add(engine.DDL{CreateSchema: x.Name})
	return nil
}

// createView makes a view, materialized or not.
func (d *definer) createView(x *ast.CreateView) error {
	schema, name, err := d.target(x.Name, x.Pos, x.Temp)
	if err != nil {
		return err
	}
	if x.NoData {
		return sqlerr.Unsupported(int(x.Pos), "WITH NO DATA").WithHint("A materialized view is always up to date.")
	}
	for _, o := range x.With {
		return sqlerr.Unsupported(int(o.Pos), fmt.Sprintf("view option %q", o.Name))
	}
	p, err := planner.PlanView(d.env(d.catalog, nil, d.run.w), x)
	if err != nil && sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		return err
	}
	if p != nil && !catalog.IsTemporary(schema) && slices.ContainsFunc(p.DependsOn, d.isTemporary) {
		if x.Materialized {
			return sqlerr.New(sqlerr.FeatureNotSupported, "materialized views must not use temporary tables or views")
		}
		schema = d.temporary()
		if err := d.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "view %q will be a temporary view", name)); err != nil {
			return err
		}
	}
	old := d.catalog.Lookup(schema, name)
	if old == nil || !x.OrReplace {
		if skip, err := d.exists(schema, name, x.IfNotExists); skip || err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	v := &catalog.View{
		ID: d.server.engine.NewID(), Schema: schema, Name: name, Columns: p.Columns,
		Query: x.QueryText, ColumnNames: x.Cols, Materialized: x.Materialized,
		Params: len(p.ParamNames), ParamNames: p.ParamNames, DependsOn: p.DependsOn, Settings: d.vars.captured(),
	}
	if old != nil {
		return d.replaceView(old, v)
	}
	if p.Physical != nil {
		for _, o := range p.Physical.Order {
			v.Order = append(v.Order, catalog.IndexColumn{Col: o.Col, Desc: o.Desc, NullsFirst: o.NullsFirst})
		}
		v.Fingerprint = p.Physical.Fingerprint()
	}
	d.add(engine.DDL{CreateView: v, Plan: p.Physical})
	return nil
}

// replaceView is CREATE OR REPLACE VIEW: columns may be added at the end, nothing else of them may change.
func (d *definer) replaceView(old catalog.Object, v *catalog.View) error {
	was, ok := old.(*catalog.View)
	if !ok || was.Materialized {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not a view", v.Name)
	}
	if len(v.Columns) < len(was.Columns) {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range was.Columns {
		if n := v.Columns[i]; n.Name != c.Name {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot change name of view column %q to %q", c.Name, n.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		} else if n.Type != c.Type {
			return sqlerr.New(sqlerr.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", c.Name, c.Type, n.Type)
		}
	}
	if deps := d.catalog.Dependants(was.ID); len(deps) > 0 {
		_, name := deps[0].Qualified()
		return sqlerr.New(sqlerr.FeatureNotSupported, "replacing a view that other views read is not supported").
			WithDetail("View %q depends on view %q.", name, v.Name)
	}
	v.ID = was.ID
	d.add(engine.DDL{ReplaceView: v})
	return nil
}

func (d *definer) createIndex(x *ast.CreateIndex) error {
	o, err := d.relation(x.Table, x.Pos)
	if err != nil {
		return err
	}
	schema, relName := o.Qualified()
	var columns []catalog.Column
	switch r := o.(type) {
	case *catalog.Table:
		columns = r.Columns
	case *catalog.View:
		if r.Materialized && !x.Unique {
			columns = r.Columns
			break
		}
		if r.Materialized {
			return sqlerr.Unsupported(int(x.Pos), "a unique index on a materialized view")
		}
	}
	if columns == nil {
		return sqlerr.New(sqlerr.WrongObjectType, "cannot create index on relation %q", relName)
	}
	switch {
	case x.Method != "" && x.Method != "btree":
		return sqlerr.Unsupported(int(x.Pos), fmt.Sprintf("index method %q", x.Method)).WithHint("Indexes are ordered: use btree.")
	case x.Where != nil:
		return sqlerr.Unsupported(int(x.Where.Position()), "a partial index")
	case len(x.Include) > 0: // an index holds whole rows: what is to be included is there
	}
	ix := &catalog.Index{ID: d.server.engine.NewID(), Schema: schema, On: o.ObjectID(), Unique: x.Unique}
	for _, c := range x.Cols {
		ref, ok := c.Expr.(*ast.ColRef)
		if !ok {
			return sqlerr.Unsupported(int(c.Pos), "an index on an expression").WithHint("Index a materialized view that computes it.")
		}
		i, err := findColumn(columns, ref.Parts[len(ref.Parts)-1], ref.Pos)
		if err != nil {
			return err
		}
		ix.Columns = append(ix.Columns, catalog.IndexColumn{Col: i, Desc: c.Desc, NullsFirst: c.Nulls == "first" || c.Nulls == "" && c.Desc})
	}
	ix.Name = x.Name
	if ix.Name == "" {
		ix.Name = d.freeName(schema, indexName(relName, columns, ix.Columns))
	}
	if skip, err := d.exists(schema, ix.Name, x.IfNotExists); skip || err != nil {
		return err
	}
	d.add(engine.DDL{CreateIndexes: []*catalog.Index{ix}})
	return nil
}

func indexName(rel string, columns []catalog.Column, keys []catalog.IndexColumn) string {
	name := rel
	for _, k := range keys {
		name += "_" + columns[k.Col].Name
	}
	return name + "_idx"
}

// freeName is name, with a number behind it if it is taken.
func (d *definer) freeName(schema, name string) string {
	free := name
	for i := 1; d.catalog.Lookup(schema, free) != nil; i++ {
		free = fmt.Sprintf("%s%d", name, i)
	}
	return free
}

func findColumn(columns []catalog.Column, name string, pos ast.Pos) (int, error) {
	for i, c := range columns {
		if c.Name == name && !c.Hidden && !c.Dropped {
			return i, nil
		}
	}
	return 0, sqlerr.New(sqlerr.UndefinedColumn, "column %q does not exist", name).At(int(pos))
}

// progress tells the client how far the hydration of a new view is.
func (s *Session) progress(w result.Writer) func(string, float64) {
	return func(view string, share float64) {
		_ = w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "hydrating %q: %d %%", view, int(share*100))) // a client that is gone shows elsewhere
	}
}

// unfinished tells of a view that could not be built before its transaction, which has other effects, was over.
func (s *Session) unfinished(w result.Writer) func(view string, err error) {
	return func(view string, err error) {
		e := sqlerr.New(sqlerr.Warning, "the transaction is committed, and materialized view %q is still being hydrated", view)
		var known *sqlerr.Error
		if errors.As(err, &known) && known.Code != sqlerr.QueryCanceled {
			e = sqlerr.New(sqlerr.Warning, "the transaction is committed, but %s", known.Message).WithDetail("%s", known.Detail)
		}
		_ = w.Notice(e) // a client that is gone shows elsewhere
	}
}
