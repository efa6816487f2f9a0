package expr

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/types"
)

// procText has the names of PostgreSQL 15's functions (pg_proc), a line each.
//
//go:embed pgproc.txt
var procText string

var procs = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.Lines(procText) {
		m[strings.TrimSpace(name)] = true
	}
	return m
})

// isHere says whether a function, aggregate or set-returning function of that name is here.
func isHere(name string) bool {
	if _, ok := overloads()[name]; ok {
		return true
	}
	return aggregates()[name] != nil || srfOverloads()[name] != nil || orderedByName()[name] != nil
}

// absent says that PostgreSQL has functions of that name and we have none: a call is refused, where one of a name that nobody knows is an
// error.
func absent(name string) bool {
	if _, err := types.FromName(name, nil, 0); err == nil { // a cast, written as a call
		return false
	}
	return procs()[name] && !isHere(name)
}
