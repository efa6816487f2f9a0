package system

import (
	"strings"
	"sync"

	"github.com/streamsql/streamsql/catalog"
)

var relationNames = sync.OnceValue(func() map[uint32][2]string {
	out := map[uint32][2]string{}
	for _, r := range relations() {
		out[r.OID] = [2]string{r.Schema, r.Name}
	}
	return out
})

// RelationName is the schema and the name of the relation, index or sequence with an oid of pg_class.
func (s *Source) RelationName(oid uint32) (schema, name string, ok bool) {
	if n, ok := relationNames()[oid]; ok {
		return n[0], n[1], true
	}
	if o := s.Catalog.Object(catalog.ID(oid)); o != nil {
		schema, name = o.Qualified()
		return schema, name, true
	}
	// The index of a primary key has no object of its own.
	if oid >= constraintShift {
		if t, ok := s.Catalog.Object(catalog.ID(oid - constraintShift)).(*catalog.Table); ok && t.PrimaryKeyName != "" {
			return t.Schema, t.PrimaryKeyName, true
		}
	}
	return "", "", false
}

// ViewDef is a view's query, as pg_get_viewdef prints it.
func (s *Source) ViewDef(id catalog.ID) (string, bool) {
	v, ok := s.Catalog.Object(id).(*catalog.View)
	if !ok {
		return "", false
	}
	return v.Query + ";", true
}

// ConstraintDef is a constraint as pg_get_constraintdef prints it; pretty leaves out parentheses that nobody needs.
func (s *Source) ConstraintDef(oid int64, pretty bool) (string, bool) {
	for _, c := range s.constraints() {
		if c.oid != oid {
			continue
		}
		if c.kind == "c" && pretty {
			return "CHECK (" + c.text + ")", true
		}
		if c.kind == "c" {
			return "CHECK ((" + c.text + "))", true
		}
		cols := make([]string, len(c.keys))
		for i, k := range c.keys {
			cols[i] = c.table.Columns[k-1].Name
		}
		return map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE"}[c.kind] + " (" + strings.Join(cols, ", ") + ")", true
	}
	return "", false
}

// IndexColumn is the name of an index's column i, from 1.
func (s *Source) IndexColumn(id catalog.ID, i int) (string, bool) {
	for _, r := range s.relations() {
		if r.id == id && r.kind == "i" && i >= 1 && i <= len(r.columns) {
			return r.columns[i-1].Name, true
		}
	}
	return "", false
}

// SchemaName is the schema with an oid of pg_namespace.
func (s *Source) SchemaName(oid uint32) (string, bool) {
	for _, n := range s.schemas() {
		if s.schemaOID(n) == oid {
			return n, true
		}
	}
	return "", false
}

// SchemaOID is the reverse of SchemaName.
func (s *Source) SchemaOID(name string) (uint32, bool) {
	oid := s.schemaOID(name)
	return oid, oid != 0
}

// schemas are all schemas, the system's first.
func (s *Source) schemas() []string {
	return append([]string{"pg_catalog", "information_schema"}, s.Catalog.Schemas()...)
}
