package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Catalog is an immutable value. Its methods never change it; With and Without return another one.
type Catalog struct {
	Version uint64
	NextID  ID

	objects map[ID]Object
	byName  map[string]map[string]ID // schema -> name -> id, for relations and sequences
	schemas []string                 // sorted, without the system's
}

// Object is *Table, *View, *Index or *Sequence.
type Object interface {
	ObjectID() ID
	// Qualified is schema and name.
	Qualified() (schema, name string)
}

func (t *Table) ObjectID() ID    { return t.ID }
func (v *View) ObjectID() ID     { return v.ID }
func (x *Index) ObjectID() ID    { return x.ID }
func (q *Sequence) ObjectID() ID { return q.ID }

func (t *Table) Qualified() (string, string)    { return t.Schema, t.Name }
func (v *View) Qualified() (string, string)     { return v.Schema, v.Name }
func (x *Index) Qualified() (string, string)    { return x.Schema, x.Name }
func (q *Sequence) Qualified() (string, string) { return q.Schema, q.Name }

// Public is the schema that exists from the start.
const Public = "public"

// TemporaryPrefix is how the names of the schemas of sessions' temporary relations begin.
const TemporaryPrefix = "pg_temp_"

// IsTemporary tells whether a schema is of temporary relations.
func IsTemporary(schema string) bool { return strings.HasPrefix(schema, TemporaryPrefix) }

// New is an empty catalog with schema public.
func New() *Catalog {
	return &Catalog{NextID: FirstUserID, objects: map[ID]Object{}, byName: map[string]map[string]ID{Public: {}}, schemas: []string{Public}}
}

// Object finds by id; nil if there is none.
func (c *Catalog) Object(id ID) Object { return c.objects[id] }

// Lookup finds a relation or sequence by schema and name; nil if there is none.
func (c *Catalog) Lookup(schema, name string) Object { return c.objects[c.byName[schema][name]] }

// Resolve finds name in the first schema of path that has it.
func (c *Catalog) Resolve(path []string, name string) Object {
	for _, s := range path {
		if o := c.Lookup(s, name); o != nil {
			return o
		}
	}
	return nil
}

// HasSchema tells whether a schema exists.
func (c *Catalog) HasSchema(name string) bool { _, ok := c.byName[name]; return ok }

// Schemas are the users' schemas, sorted.
func (c *Catalog) Schemas() []string { return c.schemas }

// Objects are all objects in the order of their ids, which is that of creation.
func (c *Catalog) Objects() []Object {
	ids := slices.Sorted(maps.Keys(c.objects))
	out := make([]Object, len(ids))
	for i, id := range ids {
		out[i] = c.objects[id]
	}
	return out
}

// Indexes of a relation, in the order of creation.
func (c *Catalog) Indexes(on ID) []*Index {
	var out []*Index
	for _, o := range c.Objects() {
		if x, ok := o.(*Index); ok && x.On == on {
			out = append(out, x)
		}
	}
	return out
}

// Dependants are the objects that directly depend on id and must go or be refused when it is dropped: views that read it. Indexes and owned
// sequences go along silently; see Owned.
func (c *Catalog) Dependants(id ID) []Object {
	var out []Object
	for _, o := range c.Objects() {
		if v, ok := o.(*View); ok && slices.Contains(v.DependsOn, id) {
			out = append(out, o)
		}
	}
	return out
}

// Owned are the indexes and sequences that vanish with id.
func (c *Catalog) Owned(id ID) []Object {
	var out []Object
	for _, o := range c.Objects() {
		switch o := o.(type) {
		case *Index:
			if o.On == id {
				out = append(out, o)
			}
		case *Sequence:
			if o.OwnedBy == id {
				out = append(out, o)
			}
		}
	}
	return out
}

func (c *Catalog) clone() *Catalog {
	n := *c
	n.Version++
	n.objects = maps.Clone(c.objects)
	n.byName = make(map[string]map[string]ID, len(c.byName))
	for s, m := range c.byName {
		n.byName[s] = maps.Clone(m)
	}
	n.schemas = slices.Clone(c.schemas)
	return &n
}

// With is the catalog with objects added, or replaced where their id exists (under a new name, too).
func (c *Catalog) With(objects ...Object) *Catalog {
	n := c.clone()
	for _, o := range objects {
		id := o.ObjectID()
		if old := n.objects[id]; old != nil {
			s, name := old.Qualified()
			delete(n.byName[s], name)
		}
		s, name := o.Qualified()
		n.objects[id] = o
		n.byName[s][name] = id
		n.NextID = max(n.NextID, id+1)
	}
	return n
}

// WithSchema is the catalog with one more schema.
func (c *Catalog) WithSchema(name string) *Catalog {
	n := c.clone()
	if n.byName[name] == nil {
		n.byName[name] = map[string]ID{}
		n.schemas = append(n.schemas, name)
		slices.Sort(n.schemas)
	}
	return n
}

// WithoutSchema is the catalog without an empty schema.
func (c *Catalog) WithoutSchema(name string) *Catalog {
	n := c.clone()
	delete(n.byName, name)
	n.schemas = slices.DeleteFunc(n.schemas, func(s string) bool { return s == name })
	return n
}

// Without is the catalog without the objects.
func (c *Catalog) Without(ids ...ID) *Catalog {
	n := c.clone()
	for _, id := range ids {
		o := n.objects[id]
		if o == nil {
			continue
		}
		s, name := o.Qualified()
		if n.byName[s][name] == id {
			delete(n.byName[s], name)
		}
		delete(n.objects, id)
	}
	return n
}

type encoded struct {
	Version   uint64
	NextID    ID
	Schemas   []string
	Tables    []*Table    `json:",omitempty"`
	Views     []*View     `json:",omitempty"`
	Indexes   []*Index    `json:",omitempty"`
	Sequences []*Sequence `json:",omitempty"`
}

// Encode is the catalog as bytes, for the checkpoint and the log.
func (c *Catalog) Encode() ([]byte, error) {
	e := encoded{Version: c.Version, NextID: c.NextID, Schemas: c.schemas}
	for _, o := range c.Objects() {
		switch o := o.(type) {
		case *Table:
			e.Tables = append(e.Tables, o)
		case *View:
			e.Views = append(e.Views, o)
		case *Index:
			e.Indexes = append(e.Indexes, o)
		case *Sequence:
			e.Sequences = append(e.Sequences, o)
		}
	}
	return json.Marshal(e)
}

// Decode is the inverse of Encode.
func Decode(p []byte) (*Catalog, error) {
	var e encoded
	if err := json.Unmarshal(p, &e); err != nil {
		return nil, fmt.Errorf("decoding the catalog: %w", err)
	}
	c := New()
	for _, s := range e.Schemas {
		c = c.WithSchema(s)
	}
	var all []Object
	for _, o := range e.Tables {
		all = append(all, o)
	}
	for _, o := range e.Views {
		all = append(all, o)
	}
	for _, o := range e.Indexes {
		all = append(all, o)
	}
	for _, o := range e.Sequences {
		all = append(all, o)
	}
	c = c.With(all...)
	c.Version, c.NextID = e.Version, max(e.NextID, c.NextID)
	return c, nil
}
