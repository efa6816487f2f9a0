package session

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/sqlerr"
)

func dropTag(kind string) string { return "DROP " + strings.ToUpper(kind) }

// drop resolves what DROP names and what depends on it, and drops it together.
func (d *definer) drop(x *ast.Drop) error {
	if x.Kind == "schema" {
		return d.dropSchemas(x)
	}
	var ids []catalog.ID
	for i, name := range x.Names {
		o, err := d.relation(name, x.NamesPos[i])
		if err != nil {
			if !x.IfExists {
				return dropMissing(x.Kind, name)
			}
			if err := d.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "%s %q does not exist, skipping", x.Kind, joinName(name))); err != nil {
				return err
			}
			continue
		}
		if kind := kindOf(o); kind != x.Kind {
			return wrongKind(x.Kind, kind, name.Last())
		}
		if ix, ok := o.(*catalog.Index); ok && ix.Constraint {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop index %s because constraint %s on table %s requires it", ix.Name, ix.Name, d.nameOf(ix.On)).
				WithHint("A constraint goes with its table.")
		}
		if q, ok := o.(*catalog.Sequence); ok && q.OwnedBy != 0 {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop sequence %s because other objects depend on it", q.Name).
				WithDetail("An identity column of table %s depends on sequence %s", d.nameOf(q.OwnedBy), q.Name)
		}
		ids = append(ids, o.ObjectID())
	}
	all, err := d.withDependants(ids, x)
	if err != nil || len(all) == 0 {
		return err
	}
	d.add(engine.DDL{Drop: all})
	return nil
}

// dropSchemas drops schemas with what is in them, if CASCADE allows that.
func (d *definer) dropSchemas(x *ast.Drop) error {
	for _, n := range x.Names {
		name := n.Last()
		switch {
		case name == "pg_catalog" || name == "information_schema":
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop schema %s because it is required by the database system", name)
		case !d.catalog.HasSchema(name) && !x.IfExists:
			return sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
		case !d.catalog.HasSchema(name):
			if err := d.run.w.Notice(sqlerr.New(sqlerr.SuccessfulCompletion, "schema %q does not exist, skipping", name)); err != nil {
				return err
			}
			continue
		}
		var ids []catalog.ID
		for _, o := range d.catalog.Objects() {
			if schema, _ := o.Qualified(); schema == name {
				ids = append(ids, o.ObjectID())
			}
		}
		if len(ids) > 0 && !x.Cascade {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop schema %s because other objects depend on it", name).
				WithDetail("%s %s depends on schema %s", kindOf(d.catalog.Object(ids[0])), d.nameOf(ids[0]), name).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
		all, err := d.withDependants(ids, x)
		if err != nil {
			return err
		}
		d.add(engine.DDL{Drop: all, DropSchema: name})
	}
	return nil
}

func dropMissing(kind string, name ast.Name) error {
	code := sqlerr.UndefinedTable
	if kind == "index" {
		code = sqlerr.UndefinedObject
	}
	return sqlerr.New(code, "%s %q does not exist", kind, joinName(name))
}

func (d *definer) nameOf(id catalog.ID) string {
	if o := d.catalog.Object(id); o != nil {
		_, name := o.Qualified()
		return name
	}
	return fmt.Sprint(id)
}

func kindOf(o catalog.Object) string {
	switch o := o.(type) {
	case *catalog.Table:
		return "table"
	case *catalog.Index:
		return "index"
	case *catalog.Sequence:
		return "sequence"
	case *catalog.View:
		if o.Materialized {
			return "materialized view"
		}
	}
	return "view"
}

func article(kind string) string {
	if kind == "index" {
		return "an index"
	}
	return "a " + kind
}

func wrongKind(want, is, name string) error {
	return sqlerr.New(sqlerr.WrongObjectType, "%q is not %s", name, article(want)).
		WithHint("Use DROP %s to remove %s.", strings.ToUpper(is), article(is))
}

// withDependants is ids, what depends on them (refused without CASCADE) and what they own.
func (d *definer) withDependants(ids []catalog.ID, x *ast.Drop) ([]catalog.ID, error) {
	named := len(ids)
	var details []string
	for i := 0; i < len(ids); i++ {
		for _, o := range d.catalog.Dependants(ids[i]) {
			if slices.Contains(ids, o.ObjectID()) {
				continue
			}
			_, name := o.Qualified()
			details = append(details, fmt.Sprintf("%s %s depends on %s %s", kindOf(o), name, kindOf(d.catalog.Object(ids[i])), d.nameOf(ids[i])))
			ids = append(ids, o.ObjectID())
		}
	}
	if cascaded := ids[named:]; len(cascaded) > 0 {
		if !x.Cascade {
			return nil, sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s %s because other objects depend on it", x.Kind, d.nameOf(ids[0])).
				WithDetail("%s", strings.Join(details, "\n")).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
		if err := d.run.w.Notice(d.cascadeNotice(cascaded)); err != nil {
			return nil, err
		}
	}
	for _, id := range slices.Clone(ids) {
		for _, o := range d.catalog.Owned(id) {
			ids = append(ids, o.ObjectID())
		}
	}
	return ids, nil
}

func (d *definer) cascadeNotice(ids []catalog.ID) *sqlerr.Error {
	if len(ids) == 1 {
		return sqlerr.New(sqlerr.SuccessfulCompletion, "drop cascades to %s %s", kindOf(d.catalog.Object(ids[0])), d.nameOf(ids[0]))
	}
	var lines []string
	for _, id := range ids {
		lines = append(lines, fmt.Sprintf("drop cascades to %s %s", kindOf(d.catalog.Object(id)), d.nameOf(id)))
	}
	return sqlerr.New(sqlerr.SuccessfulCompletion, "drop cascades to %d other objects", len(ids)).WithDetail("%s", strings.Join(lines, "\n"))
}

// truncate empties tables.
func (s *Session) truncate(_ context.Context, r *run) (outcome, error) {
	x := r.stmt.Stmt.(*ast.Truncate)
	if err := s.mayWrite("TRUNCATE TABLE"); err != nil {
		return outcome{}, err
	}
	if x.RestartIdentity {
		return outcome{}, sqlerr.Unsupported(int(x.Pos), "TRUNCATE ... RESTART IDENTITY")
	}
	sn, err := s.snapshot()
	if err != nil {
		return outcome{}, err
	}
	defer sn.Close()
	d := &definer{Session: s, run: r, catalog: sn.Catalog, sn: sn}
	buffer := s.buffer(sn)
	for _, rel := range x.Tables {
		o, err := d.relation(rel.Name, rel.Pos)
		if err != nil {
			return outcome{}, err
		}
		t, ok := o.(*catalog.Table)
		if !ok {
			return outcome{}, sqlerr.New(sqlerr.WrongObjectType, "%q is not a table", rel.Name.Last())
		}
		buffer.Truncate(t)
	}
	return outcome{tag: "TRUNCATE TABLE"}, nil
}
