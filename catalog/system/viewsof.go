package system

import (
	"strconv"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/types"
)

// typeLengths are the types of types.txt, read once.
var typeLengths = sync.OnceValue(parseTypes)

func tables(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if r.kind == "r" {
			add(row{"schemaname": r.schema, "tablename": r.name, "tableowner": s.User, "hasindexes": s.hasIndex(r), "tablespace": types.Null})
		}
	}
	for _, r := range sorted() {
		if r.Kind == "r" {
			add(row{"schemaname": r.Schema, "tablename": r.Name, "tableowner": s.User, "tablespace": types.Null})
		}
	}
}

func views(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if v, ok := r.object.(*catalog.View); ok && !v.Materialized {
			add(row{"schemaname": r.schema, "viewname": r.name, "viewowner": s.User, "definition": v.Query + ";"})
		}
	}
}

func matviews(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if v, ok := r.object.(*catalog.View); ok && v.Materialized {
			add(row{"schemaname": r.schema, "matviewname": r.name, "matviewowner": s.User, "tablespace": types.Null, "hasindexes": s.hasIndex(r),
				"ispopulated": v.State == catalog.Serving, "definition": v.Query + ";"})
		}
	}
}

func indexView(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if r.kind != "i" {
			continue
		}
		_, on := r.object.Qualified()
		if x, ok := r.object.(*catalog.Index); ok {
			_, on = s.Catalog.Object(x.On).Qualified()
		}
		def, _ := s.IndexDef(r.id)
		add(row{"schemaname": r.schema, "tablename": on, "indexname": r.name, "indexdef": def})
	}
}

func sequenceView(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if q, ok := r.object.(*catalog.Sequence); ok {
			add(row{"schemaname": r.schema, "sequencename": r.name, "sequenceowner": s.User, "data_type": q.Type.OID(), "start_value": q.Start,
				"min_value": q.Min, "max_value": q.Max, "increment_by": q.Increment, "cycle": q.Cycle, "cache_size": 1, "last_value": types.Null})
		}
	}
}

func schemata(s *Source, add func(row)) {
	for _, n := range s.schemas() {
		add(row{"catalog_name": s.Database, "schema_name": n, "schema_owner": s.User})
	}
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

func schemaTables(s *Source, add func(row)) {
	for _, r := range s.relations() {
		kind := map[string]string{"r": "BASE TABLE", "v": "VIEW"}[r.kind]
		if catalog.IsTemporary(r.schema) && kind != "" {
			kind = "LOCAL TEMPORARY"
		}
		if kind != "" { // materialized views are not in it, as in PostgreSQL
			add(row{"table_catalog": s.Database, "table_schema": r.schema, "table_name": r.name, "table_type": kind,
				"is_insertable_into": yesNo(r.kind == "r"), "is_typed": "NO"})
		}
	}
	for _, r := range sorted() {
		kind := map[string]string{"r": "BASE TABLE", "v": "VIEW"}[r.Kind]
		add(row{"table_catalog": s.Database, "table_schema": r.Schema, "table_name": r.Name, "table_type": kind, "is_insertable_into": "NO", "is_typed": "NO"})
	}
}

func schemaViews(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if v, ok := r.object.(*catalog.View); ok && !v.Materialized {
			add(row{"table_catalog": s.Database, "table_schema": r.schema, "table_name": r.name, "view_definition": v.Query + ";",
				"check_option": "NONE", "is_updatable": "NO", "is_insertable_into": "NO"})
		}
	}
}

func schemaColumns(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if r.kind != "r" && r.kind != "v" {
			continue
		}
		for i, c := range r.columns {
			v := row{"table_catalog": s.Database, "table_schema": r.schema, "table_name": r.name, "column_name": c.Name, "ordinal_position": i + 1,
				"is_nullable": yesNo(!c.NotNull), "data_type": dataType(c.Type), "udt_catalog": s.Database, "udt_schema": "pg_catalog",
				"udt_name": internalName(c.Type), "is_identity": yesNo(c.Identity != ""), "is_generated": map[bool]string{true: "ALWAYS", false: "NEVER"}[c.Generated],
				"is_updatable": yesNo(r.kind == "r"), "is_self_referencing": "NO", "identity_cycle": "NO", "dtd_identifier": strconv.Itoa(i + 1)}
			if c.Identity != "" {
				v["identity_generation"] = strings.ToUpper(c.Identity)
			}
			if c.Default != "" {
				v["column_default"] = c.Default
			}
			lengths(v, c.Type)
			add(v)
		}
	}
}

// dataType is information_schema's word for a type: without modifier, ARRAY for any array.
func dataType(t types.Type) string {
	if t.Array {
		return "ARRAY"
	}
	return t.Base().String()
}

// internalName is pg_type.typname.
func internalName(t types.Type) string {
	oid := int64(t.OID())
	for _, r := range typeLengths() {
		if r.oid == oid {
			return r.name
		}
	}
	return ""
}

// lengths fills in what a type and its modifier say of lengths and precisions.
func lengths(v row, t types.Type) {
	if t.Array {
		return
	}
	number := func(precision, radix int) { v["numeric_precision"], v["numeric_precision_radix"] = precision, radix }
	switch t.Kind {
	case types.Varchar, types.BPChar, types.Text:
		v["character_octet_length"] = 1 << 30
		if t.Mod >= 4 {
			v["character_maximum_length"], v["character_octet_length"] = int(t.Mod-4), 4*int(t.Mod-4)
		}
	case types.Numeric:
		v["numeric_precision_radix"] = 10
		if t.Mod >= 4 {
			number(int((t.Mod-4)>>16), 10)
			v["numeric_scale"] = int((t.Mod - 4) & 0x7ff)
		}
	case types.Int2, types.Int4, types.Int8:
		number(integerBits(t), 2)
		v["numeric_scale"] = 0
	case types.Float4:
		number(24, 2)
	case types.Float8:
		number(53, 2)
	case types.Date:
		v["datetime_precision"] = 0
	case types.Time, types.Timestamp, types.Timestamptz, types.Interval:
		v["datetime_precision"] = 6
		if p := t.Typmod() & 0xffff; t.Typmod() >= 0 && p <= 6 {
			v["datetime_precision"] = int(p)
		}
	}
}

// integerBits is the precision of an integer type.
func integerBits(t types.Type) int {
	return map[types.Kind]int{types.Int2: 16, types.Int4: 32, types.Int8: 64}[t.Kind]
}

var constraintWords = map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE", "c": "CHECK"}

// nullsDistinct is NULL for all but UNIQUE.
var nullsDistinct = map[string]types.Datum{"u": types.NewString("YES")}

func tableConstraints(s *Source, add func(row)) {
	for _, c := range s.constraints() {
		add(row{"constraint_catalog": s.Database, "constraint_schema": c.table.Schema, "constraint_name": c.name, "table_catalog": s.Database,
			"table_schema": c.table.Schema, "table_name": c.table.Name, "constraint_type": constraintWords[c.kind], "is_deferrable": "NO",
			"initially_deferred": "NO", "enforced": "YES", "nulls_distinct": nullsDistinct[c.kind]})
	}
}

func keyColumns(s *Source, add func(row)) {
	for _, c := range s.constraints() {
		for i, k := range c.keys {
			add(row{"constraint_catalog": s.Database, "constraint_schema": c.table.Schema, "constraint_name": c.name, "table_catalog": s.Database,
				"table_schema": c.table.Schema, "table_name": c.table.Name, "column_name": c.table.Columns[k-1].Name, "ordinal_position": i + 1,
				"position_in_unique_constraint": types.Null})
		}
	}
}

func schemaSequences(s *Source, add func(row)) {
	for _, r := range s.relations() {
		if q, ok := r.object.(*catalog.Sequence); ok {
			add(row{"sequence_catalog": s.Database, "sequence_schema": r.schema, "sequence_name": r.name, "data_type": q.Type.String(),
				"numeric_precision": integerBits(q.Type), "numeric_precision_radix": 2, "numeric_scale": 0, "start_value": strconv.FormatInt(q.Start, 10),
				"minimum_value": strconv.FormatInt(q.Min, 10), "maximum_value": strconv.FormatInt(q.Max, 10),
				"increment": strconv.FormatInt(q.Increment, 10), "cycle_option": yesNo(q.Cycle)})
		}
	}
}
