package system

import (
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
