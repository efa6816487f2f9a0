// Package system is pg_catalog and information_schema: relations that are computed from the catalog when they are read,
// with the columns that PostgreSQL 15 gives them.
//
// relations.txt lists every relation with its oid, kind and columns as PostgreSQL 15 has them; what streamsql has nothing to
// say about is there and empty, so that a client's query is answered and not refused.
package system

import (
	"bufio"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/types"
)

//go:embed relations.txt types.txt
var files embed.FS

// Source is what the relations are computed from.
type Source struct {
	Catalog  *catalog.Catalog
	Database string
	User     string
	Settings func() [][2]string // name, value
}

// Relation is a system relation at one moment.
type Relation struct {
	Schema  string
	Name    string
	OID     uint32
	Kind    string // "r" or "v"
	Columns []catalog.Column
	source  *Source
}

// Owner is the oid of the one role.
const Owner = 10

// oids of what every database has.
const (
	oidPgCatalog    = 11
	oidPublic       = 2200
	oidInformation  = 13240
	oidDatabase     = 5
	oidOwner        = Owner
	oidHeap         = 2
	oidBtree        = 403
	oidTablespace   = 1663
	oidClass        = 1259
	oidConstraint   = 2606
	firstSchemaOID  = 9_000 // schemas have no id of their own in the catalog: theirs follow their order
	constraintShift = 1 << 30
)

// relations are the descriptions of relations.txt, by qualified name.
var relations = sync.OnceValue(func() map[string]*Relation {
	out := map[string]*Relation{}
	for _, line := range readLines("relations.txt") {
		fields := strings.Fields(line)
		r := &Relation{Schema: "pg_catalog", Name: fields[0], Kind: fields[2]}
		if schema, name, ok := strings.Cut(fields[0], "."); ok {
			r.Schema, r.Name = schema, name
		}
		oid, _ := strconv.ParseUint(fields[1], 10, 32)
		r.OID = uint32(oid)
		for _, c := range fields[3:] {
			name, typ, _ := strings.Cut(c, ":")
			r.Columns = append(r.Columns, catalog.Column{Name: name, Type: columnType(typ)})
		}
		out[r.Schema+"."+r.Name] = r
	}
	return out
})

func readLines(name string) []string {
	f, err := files.Open(name)
	if err != nil {
		panic(fmt.Sprintf("system: %v", err)) // it is embedded
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}

func columnType(name string) types.Type {
	dims := 0
	if elem, ok := strings.CutPrefix(name, "_"); ok {
		name, dims = elem, 1
	}
	if name == "char" {
		t := types.Of(types.Char)
		t.Array = dims > 0
		return t
	}
	t, err := types.FromName(name, nil, dims)
	if err != nil {
		panic(fmt.Sprintf("system: %v", err)) // the file is ours
	}
	return t
}

// Lookup finds a system relation.
func Lookup(schema, name string, s *Source) (*Relation, bool) {
	r, ok := relations()[schema+"."+name]
	if !ok {
		return nil, false
	}
	c := *r
	c.source = s
	return &c, true
}

// row is a row under construction: values by column name.
type row map[string]any

// Rows computes the relation.
func (r *Relation) Rows() [][]types.Datum {
	make := contents[r.Schema+"."+r.Name]
	if make == nil {
		return nil
	}
	var out [][]types.Datum
	make(r.source, func(values row) {
		d := r.datums(values)
		out = append(out, d)
	})
	return out
}

// datums puts a row's values in the order of the columns. A column that was not given is false, zero or empty where PostgreSQL has such columns NOT NULL,
// and NULL otherwise: information_schema has none.
func (r *Relation) datums(values row) []types.Datum {
	out := make([]types.Datum, len(r.Columns))
	for i, c := range r.Columns {
		if v, ok := values[c.Name]; ok || r.Schema != "information_schema" {
			out[i] = datum(c.Type, v)
		}
	}
	return out
}

// vector is an int2vector or oidvector: its elements are counted from 0.
type vector []int64

func datum(t types.Type, v any) types.Datum {
	switch v := v.(type) {
	case string:
		if t.Is(types.Char) {
			return types.NewInt(int64(v[0]))
		}
		return types.NewString(v)
	case bool:
		return types.NewBool(v)
	case int:
		return types.NewInt(int64(v))
	case int64:
		return types.NewInt(v)
	case uint32:
		return types.NewInt(int64(v))
	case catalog.ID:
		return types.NewInt(int64(v))
	case float64:
		return types.NewFloat(v)
	case []int64:
		return newArray(t, ints(v), 1)
	case vector:
		return newArray(t, ints(v), 0)
	case []string:
		elems := make([]types.Datum, len(v))
		for i, x := range v {
			elems[i] = types.NewString(x)
		}
		return newArray(t, elems, 1)
	case types.Datum:
		return v
	}
	if t.Array || t.Rep() == types.RepBytes && t.Kind != types.Name || t.Kind == types.Timestamptz {
		return types.Null
	}
	switch {
	case t.Rep() == types.RepFloat:
		return types.NewFloat(0)
	case t.Rep() == types.RepInt:
		return types.NewInt(0)
	}
	return types.NewString("")
}

func ints(v []int64) []types.Datum {
	out := make([]types.Datum, len(v))
	for i, x := range v {
		out[i] = types.NewInt(x)
	}
	return out
}

// newArray is an array of type t, counted from lower.
func newArray(t types.Type, elems []types.Datum, lower int) types.Datum {
	a := types.Array{Elem: t.Elem(), Elems: elems}
	if len(elems) > 0 {
		a.Dims, a.Lower = []int{len(elems)}, []int{lower}
	}
	return types.NewArray(a)
}

// schemaOID is a schema's oid.
func (s *Source) schemaOID(name string) uint32 {
	switch name {
	case "pg_catalog":
		return oidPgCatalog
	case "information_schema":
		return oidInformation
	case catalog.Public:
		return oidPublic
	}
	for i, n := range s.Catalog.Schemas() {
		if n == name {
			return uint32(firstSchemaOID + i)
		}
	}
	return 0
}
