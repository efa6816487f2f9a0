package session

import (
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/catalog/system"
	"github.com/streamsql/streamsql/planner"
)

// virtual resolves the relations of pg_catalog and information_schema.
func (s *Session) virtual(c *catalog.Catalog) func(schema, name string) (*planner.VirtualTable, bool) {
	source := &system.Source{Catalog: c, Database: Database, User: s.user, Settings: func() [][2]string {
		var out [][2]string
		for _, n := range s.vars.names() {
			out = append(out, [2]string{n, s.vars.values[n]})
		}
		return out
	}}
	return func(schema, name string) (*planner.VirtualTable, bool) {
		r, ok := system.Lookup(schema, name, source)
		if !ok {
			return nil, false
		}
		return &planner.VirtualTable{OID: r.OID, Columns: r.Columns, Rows: r.Rows}, true
	}
}
