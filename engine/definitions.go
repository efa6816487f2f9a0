package engine

import (
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// checkDefinitions checks the definitions of a transaction against the catalog as it is now, which may be newer than the one that they were
// made with. Nothing else is in flight.
func (e *Engine) checkDefinitions(ddl []DDL, own *Writes) error {
	c := e.version.Load().catalog
	for _, x := range ddl {
		var created []catalog.Object
		switch {
		case x.CreateTable != nil:
			created = append(created, x.CreateTable)
		case x.CreateView != nil:
			if err := standing(c, x.CreateView.DependsOn...); err != nil {
				return err
			}
			created = append(created, x.CreateView)
		case x.CreateSequence != nil:
			created = append(created, x.CreateSequence)
		case x.ReplaceView != nil:
			if err := standing(c, append([]catalog.ID{x.ReplaceView.ID}, x.ReplaceView.DependsOn...)...); err != nil {
				return err
			}
			c = c.With(x.ReplaceView)
		case x.CreateSchema != "":
			if c.HasSchema(x.CreateSchema) {
				return sqlerr.New(sqlerr.DuplicateSchema, "schema %q already exists", x.CreateSchema)
			}
			c = c.WithSchema(x.CreateSchema)
		case x.Comment != nil:
			if err := standing(c, x.Comment.On); err != nil {
				return err
			}
		case x.AlterTable != nil:
			if err := standing(c, x.AlterTable.ID); err != nil {
				return err
			}
			if err := alterable(c, x.AlterTable); err != nil {
				return err
			}
			c = c.With(x.AlterTable)
		}
		for _, o := range created {
			if err := free(c, o); err != nil {
				return err
			}
			c = c.With(o)
		}
		for _, i := range x.CreateIndexes {
			if err := standing(c, i.On); err != nil {
				return err
			}
			if v, ok := c.Object(i.On).(*catalog.View); ok && v.State == catalog.Failed {
				return v.FailedError()
			}
			if err := free(c, i); err != nil {
				return err
			}
			if err := e.checkDuplicates(c, i, own); err != nil {
				return err
			}
			c = c.With(i)
		}
		if len(x.Drop) > 0 {
			if err := droppable(c, x.Drop); err != nil {
				return err
			}
			c = c.Without(x.Drop...)
		}
		if x.DropSchema != "" {
			if err := emptySchema(c, x.DropSchema); err != nil {
				return err
			}
			c = c.WithoutSchema(x.DropSchema)
		}
	}
	return nil
}

func standing(c *catalog.Catalog, ids ...catalog.ID) error {
	for _, id := range ids {
		if c.Object(id) == nil {
			return sqlerr.New(sqlerr.SerializationFailure, "a relation that this statement uses was dropped by another transaction")
		}
	}
	return nil
}

func free(c *catalog.Catalog, o catalog.Object) error {
	schema, name := o.Qualified()
	if c.Lookup(schema, name) != nil {
		return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", name)
	}
	return nil
}

// alterable checks that a table still is what its alteration was made of, and that its name is not taken.
func alterable(c *catalog.Catalog, t *catalog.Table) error {
	if now := c.Object(t.ID).(*catalog.Table); now.Version != t.Version-1 {
		return alteredMeanwhile(t)
	}
	if o := c.Lookup(t.Schema, t.Name); o != nil && o.ObjectID() != t.ID {
		return sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", t.Name)
	}
	return nil
}

func alteredMeanwhile(t *catalog.Table) error {
	return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was altered", t.Name)
}

// emptySchema checks that a schema that is dropped is there, and that nobody has put something into it since the statement looked.
func emptySchema(c *catalog.Catalog, schema string) error {
	if !c.HasSchema(schema) {
		return sqlerr.New(sqlerr.SerializationFailure, "schema %q was dropped by another transaction", schema)
	}
	for _, o := range c.Objects() {
		if s, name := o.Qualified(); s == schema {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop schema %s because other objects depend on it", schema).
				WithDetail("%s is in schema %s", name, schema)
		}
	}
	return nil
}

// droppable checks that what is dropped is there and that nothing else, made since the statement looked, depends on it.
func droppable(c *catalog.Catalog, ids []catalog.ID) error {
	for _, id := range ids {
		o := c.Object(id)
		if o == nil {
			return sqlerr.New(sqlerr.SerializationFailure, "an object that this statement drops was dropped by another transaction")
		}
		for _, d := range c.Dependants(id) {
			if !slices.Contains(ids, d.ObjectID()) {
				_, name := o.Qualified()
				_, other := d.Qualified()
				return sqlerr.New(sqlerr.DependentObjectsExist, "cannot drop %s because other objects depend on it", name).
					WithDetail("%s depends on %s", other, name)
			}
		}
	}
	return nil
}

// checkDuplicates refuses a unique index over rows of which two have the same key, with what the transaction has changed. Rows of a table
// that it has made are checked as those of any commit.
func (e *Engine) checkDuplicates(c *catalog.Catalog, x *catalog.Index, own *Writes) error {
	t, ok := c.Object(x.On).(*catalog.Table)
	if !ok || !x.Unique || t.Tree == 0 {
		return nil
	}
	sn := e.Snapshot()
	defer sn.Close()
	temp := storage.NewTemp(e.store)
	defer temp.Close()
	temp.Begin(1)
	seen := temp.Map(temp.Create(storage.Spec{Put: true}))
	k := newIndexKey(x, columnTypes(t.Columns))
	it := own.tableReader(sn, t).Iter()
	defer it.Close()
	var batch storage.Changes
	add := func() (err error) {
		n, before := int64(batch.Len()), seen.Len()
		if err := e.store.Reserve(int64(batch.Size()) * 2); err != nil {
			return err
		}
		if seen.Apply(&batch); seen.Len() != before+n {
			err = sqlerr.New(sqlerr.UniqueViolation, "could not create unique index %q", x.Name).
				WithDetail("Some keys are duplicated.").OfConstraint(t.Name, x.Name)
		}
		batch.Reset()
		return err
	}
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		if key, null := k.ofImage(it.Value()); !null {
			batch.Add(key, nil, 1)
		}
		if batch.Len() >= operators.SliceRows {
			if err := add(); err != nil {
				return err
			}
		}
	}
	return add()
}
