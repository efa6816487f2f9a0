package system

import (
	_ "embed"
	"strings"
	"sync"
)

// relationText has the system relations of PostgreSQL 15, a line each: schema.name.
//
//go:embed pgrelations.txt
var relationText string

var postgresRelations = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.Lines(relationText) {
		m[strings.TrimSpace(name)] = true
	}
	return m
})

// Absent says that PostgreSQL has a system relation of that name and we have none: a use is refused, where one of a name that nobody knows is
// an error.
func Absent(schema, name string) bool {
	full := schema + "." + name
	return postgresRelations()[full] && relations()[full] == nil
}
