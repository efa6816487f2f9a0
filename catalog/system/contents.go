package system

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/types"
)

// contents computes the relations that are not empty.
var contents = map[string]func(*Source, func(row)){
	"pg_catalog.pg_am":          access,
	"pg_catalog.pg_attrdef":     defaults,
	"pg_catalog.pg_attribute":   attributes,
	"pg_catalog.pg_authid":      roles,
	"pg_catalog.pg_class":       classes,
	"pg_catalog.pg_collation":   collations,
	"pg_catalog.pg_constraint":  constraints,
	"pg_catalog.pg_database":    databases,
	"pg_catalog.pg_depend":      depends,
	"pg_catalog.pg_index":       indexes,
	"pg_catalog.pg_description": descriptions,
	"pg_catalog.pg_indexes":     indexView,
	"pg_catalog.pg_language":    languages,
	"pg_catalog.pg_matviews":    matviews,
	"pg_catalog.pg_namespace":   namespaces,
	"pg_catalog.pg_roles":       roles,
	"pg_catalog.pg_sequence":    sequences,
	"pg_catalog.pg_sequences":   sequenceView,
	"pg_catalog.pg_settings":    settings,
	"pg_catalog.pg_tables":      tables,
	"pg_catalog.pg_tablespace":  tablespaces,
	"pg_catalog.pg_type":        typeRows,
	"pg_catalog.pg_user":        users,
	"pg_catalog.pg_views":       views,

	"information_schema.columns":           schemaColumns,
	"information_schema.key_column_usage":  keyColumns,
	"information_schema.schemata":          schemata,
	"information_schema.sequences":         schemaSequences,
	"information_schema.table_constraints": tableConstraints,
	"information_schema.tables":            schemaTables,
	"information_schema.views":             schemaViews,
}

// relation is a user's relation in the terms of pg_class.
type relation struct {
	id      catalog.ID
	schema  string
	name    string
	kind    string
	columns []catalog.Column
	object  catalog.Object
}

// relations are the users' relations, indexes and sequences.
func (s *Source) relations() []relation {
	var out []relation
	for _, o := range s.Catalog.Objects() {
		r := relation{id: o.ObjectID(), object: o}
		r.schema, r.name = o.Qualified()
		switch o := o.(type) {
		case *catalog.Table:
			r.kind, r.columns = "r", o.Columns
		case *catalog.View:
			r.kind, r.columns = "v", o.Columns
			if o.Materialized {
				r.kind = "m"
			}
		case *catalog.Index:
			r.kind = "i"
			on := s.columnsOf(o.On)
			for _, c := range o.Columns {
				r.columns = append(r.columns, catalog.Column{Name: on[c.Col].Name, Type: on[c.Col].Type})
			}
		case *catalog.Sequence:
			r.kind = "S"
			r.columns = []catalog.Column{{Name: "last_value", Type: types.Of(types.Int8)}, {Name: "log_cnt", Type: types.Of(types.Int8)}, {Name: "is_called", Type: types.Of(types.Bool)}}
		}
		r.columns = slices.DeleteFunc(slices.Clone(r.columns), func(c catalog.Column) bool { return !c.Visible() })
		out = append(out, r)
	}
	return append(out, s.primaryKeys()...)
}

// primaryKeys are the tables' primary keys as indexes: they have no object of their own.
func (s *Source) primaryKeys() []relation {
	var out []relation
	for _, o := range s.Catalog.Objects() {
		if t, ok := o.(*catalog.Table); ok && t.PrimaryKeyName != "" {
			r := relation{id: t.ID + constraintShift, schema: t.Schema, name: t.PrimaryKeyName, kind: "i", object: o}
			for _, c := range t.PrimaryKey {
				r.columns = append(r.columns, t.Columns[c])
			}
			out = append(out, r)
		}
	}
	return out
}

func (s *Source) columnsOf(id catalog.ID) []catalog.Column {
	switch o := s.Catalog.Object(id).(type) {
	case *catalog.Table:
		return o.Columns
	case *catalog.View:
		return o.Columns
	}
	return nil
}

// persistence is "t" of what goes with its session.
func persistence(schema string) string {
	if catalog.IsTemporary(schema) {
		return "t"
	}
	return "p"
}

func classes(s *Source, add func(row)) {
	for _, r := range s.relations() {
		am := 0
		switch r.kind {
		case "r", "m":
			am = oidHeap
		case "i":
			am = oidBtree
		}
		add(row{"oid": r.id, "relname": r.name, "relnamespace": s.schemaOID(r.schema), "relowner": oidOwner, "relam": am, "relfilenode": r.id,
			"reltuples": -1.0, "relhasindex": s.hasIndex(r), "relpersistence": persistence(r.schema), "relkind": r.kind, "relnatts": len(r.columns), "relispopulated": true,
			"relreplident": "d", "relchecks": checksOf(r), "relhasrules": r.kind == "v" || r.kind == "m"})
	}
	for _, r := range sorted() {
		add(row{"oid": r.OID, "relname": r.Name, "relnamespace": s.schemaOID(r.Schema), "relowner": oidOwner, "reltuples": -1.0, "relpersistence": "p",
			"relkind": r.Kind, "relnatts": len(r.Columns), "relispopulated": true, "relreplident": "n"})
	}
}

// sorted are the system relations in the order of their names.
func sorted() []*Relation {
	all := relations()
	out := make([]*Relation, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}

func checksOf(r relation) int {
	if t, ok := r.object.(*catalog.Table); ok && r.kind == "r" {
		return len(t.Checks)
	}
	return 0
}

func (s *Source) hasIndex(r relation) bool {
	t, ok := r.object.(*catalog.Table)
	return r.kind != "i" && (ok && t.PrimaryKeyName != "" || len(s.Catalog.Indexes(r.id)) > 0)
}

func attributes(s *Source, add func(row)) {
	each := func(rel any, cols []catalog.Column, notNull bool) {
		for i, c := range cols {
			identity, generated := "", ""
			if c.Identity != "" {
				identity = map[string]string{"always": "a", "by default": "d"}[c.Identity]
			}
			if c.Generated {
				generated = "s"
			}
			dims := 0
			if c.Type.Array {
				dims = 1
			}
			add(row{"attrelid": rel, "attname": c.Name, "atttypid": c.Type.OID(), "attstattarget": -1, "attlen": lengthOf(c.Type), "attnum": i + 1,
				"attndims": dims, "attcacheoff": -1, "atttypmod": int(c.Type.Mod), "attnotnull": c.NotNull && notNull, "atthasdef": c.Default != "",
				"attidentity": charOrZero(identity), "attgenerated": charOrZero(generated), "attislocal": true, "attalign": "i", "attstorage": storageOf(lengthOf(c.Type), internalName(c.Type)),
				"attcollation": collationOf(c.Type)})
		}
	}
	for _, r := range s.relations() {
		each(r.id, r.columns, r.kind == "r") // of a view's columns PostgreSQL does not say it
	}
	for _, r := range sorted() {
		each(r.OID, r.Columns, false)
	}
}

// charOrZero is a "char" column's value: ” is the zero byte.
func charOrZero(s string) types.Datum {
	if s == "" {
		return types.NewInt(0)
	}
	return types.NewInt(int64(s[0]))
}

func collationOf(t types.Type) int { return typeCollation(internalName(t)) }

// typeCollation is that of a type or of an array of it.
func typeCollation(name string) int {
	switch strings.TrimPrefix(name, "_") {
	case "text", "varchar", "bpchar":
		return 100
	case "name":
		return 950
	}
	return 0
}

// storageOf is how PostgreSQL would store a type's values: plain, main or extended.
func storageOf(length int64, name string) string {
	switch {
	case length > 0:
		return "p"
	case name == "numeric":
		return "m"
	}
	return "x"
}

// typeRow is a line of types.txt.
type typeRow struct {
	oid, length, relid, elem, array int64
	name                            string
	fields                          []string
}

func parseTypes() []typeRow {
	var out []typeRow
	for _, line := range readLines("types.txt") {
		f := strings.Fields(line)
		n := func(i int) int64 { v, _ := strconv.ParseInt(f[i], 10, 64); return v }
		out = append(out, typeRow{oid: n(0), name: f[1], length: n(2), relid: n(8), elem: n(9), array: n(10), fields: f})
	}
	return out
}

func typeRows(_ *Source, add func(row)) {
	for _, t := range parseTypes() {
		f := t.fields
		add(row{"oid": t.oid, "typname": t.name, "typnamespace": oidPgCatalog, "typowner": oidOwner, "typlen": t.length, "typbyval": f[3] == "true",
			"typtype": f[4], "typcategory": f[5], "typispreferred": f[6] == "true", "typisdefined": true, "typdelim": f[7], "typrelid": t.relid,
			"typelem": t.elem, "typarray": t.array, "typalign": f[15], "typstorage": storageOf(t.length, t.name), "typtypmod": -1,
			"typcollation": typeCollation(t.name)})
	}
}

func lengthOf(t types.Type) int64 {
	oid := int64(t.OID())
	for _, r := range typeLengths() {
		if r.oid == oid {
			return r.length
		}
	}
	return -1
}

func namespaces(s *Source, add func(row)) {
	for _, n := range s.schemas() {
		add(row{"oid": s.schemaOID(n), "nspname": n, "nspowner": oidOwner})
	}
}

func databases(s *Source, add func(row)) {
	add(row{"oid": oidDatabase, "datname": s.Database, "datdba": oidOwner, "encoding": 6, "datlocprovider": "c", "datallowconn": true, "datconnlimit": -1,
		"dattablespace": oidTablespace, "datcollate": "C", "datctype": "C"})
}

func roles(s *Source, add func(row)) {
	add(row{"oid": oidOwner, "rolname": s.User, "rolsuper": true, "rolinherit": true, "rolcreaterole": true, "rolcreatedb": true, "rolcanlogin": true,
		"rolconnlimit": -1, "rolbypassrls": true})
}

func users(s *Source, add func(row)) {
	add(row{"usename": s.User, "usesysid": oidOwner, "usecreatedb": true, "usesuper": true})
}

func settings(s *Source, add func(row)) {
	for _, v := range s.Settings() {
		add(row{"name": v[0], "setting": v[1], "context": "user", "vartype": "string", "source": "default", "category": "", "short_desc": "", "boot_val": v[1], "reset_val": v[1]})
	}
}

func access(_ *Source, add func(row)) {
	add(row{"oid": oidHeap, "amname": "heap", "amtype": "t"})
	add(row{"oid": oidBtree, "amname": "btree", "amtype": "i"})
}

func collations(_ *Source, add func(row)) {
	for _, c := range []struct {
		oid  int
		name string
	}{{100, "default"}, {950, "C"}, {951, "POSIX"}} {
		add(row{"oid": c.oid, "collname": c.name, "collnamespace": oidPgCatalog, "collowner": oidOwner, "collprovider": "c", "collisdeterministic": true, "collencoding": -1})
	}
}

func languages(_ *Source, add func(row)) {
	add(row{"oid": 14, "lanname": "sql", "lanowner": oidOwner, "lanpltrusted": true})
}

func tablespaces(_ *Source, add func(row)) {
	add(row{"oid": oidTablespace, "spcname": "pg_default", "spcowner": oidOwner})
}

func defaults(s *Source, add func(row)) {
	for _, r := range s.relations() {
		for i, c := range r.columns {
			if c.Default != "" && r.kind == "r" {
				add(row{"oid": int64(r.id)<<8 + int64(i), "adrelid": r.id, "adnum": i + 1, "adbin": c.Default})
			}
		}
	}
}

// numbers are column numbers from 1.
func numbers(cols []int) []int64 {
	out := make([]int64, len(cols))
	for i, c := range cols {
		out[i] = int64(c + 1)
	}
	return out
}

func indexNumbers(cols []catalog.IndexColumn) []int64 {
	out := make([]int64, len(cols))
	for i, c := range cols {
		out[i] = int64(c.Col + 1)
	}
	return out
}

func indexes(s *Source, add func(row)) {
	entry := func(id, on catalog.ID, keys, options vector, unique, primary bool) {
		add(row{"indexrelid": id, "indrelid": on, "indnatts": len(keys), "indnkeyatts": len(keys), "indisunique": unique, "indisprimary": primary,
			"indimmediate": true, "indisvalid": true, "indisready": true, "indislive": true, "indkey": keys, "indoption": options})
	}
	for _, o := range s.Catalog.Objects() {
		switch o := o.(type) {
		case *catalog.Table:
			if o.PrimaryKeyName != "" {
				entry(o.ID+constraintShift, o.ID, numbers(o.PrimaryKey), make([]int64, len(o.PrimaryKey)), true, true)
			}
		case *catalog.Index:
			options := make([]int64, len(o.Columns))
			for i, c := range o.Columns {
				if c.Desc {
					options[i] |= 1
				}
				if c.NullsFirst {
					options[i] |= 2
				}
			}
			entry(o.ID, o.On, indexNumbers(o.Columns), options, o.Unique, false)
		}
	}
}

// constraint is a table's constraint in the terms of pg_constraint.
type constraint struct {
	oid   int64
	name  string
	kind  string
	table *catalog.Table
	keys  []int64
	index catalog.ID
	text  string
}

func (s *Source) constraints() []constraint {
	var out []constraint
	for _, o := range s.Catalog.Objects() {
		t, ok := o.(*catalog.Table)
		if !ok {
			continue
		}
		if t.PrimaryKeyName != "" {
			out = append(out, constraint{int64(t.ID) + constraintShift, t.PrimaryKeyName, "p", t, numbers(t.PrimaryKey), t.ID + constraintShift, ""})
		}
		for i, c := range t.Checks {
			out = append(out, constraint{int64(t.ID)<<8 + int64(i) + constraintShift, c.Name, "c", t, nil, 0, c.Expr})
		}
		for _, x := range s.Catalog.Indexes(t.ID) {
			if x.Constraint {
				out = append(out, constraint{int64(x.ID) + constraintShift, x.Name, "u", t, indexNumbers(x.Columns), x.ID, ""})
			}
		}
	}
	return out
}

func constraints(s *Source, add func(row)) {
	for _, c := range s.constraints() {
		r := row{"oid": c.oid, "conname": c.name, "connamespace": s.schemaOID(c.table.Schema), "contype": c.kind, "convalidated": true, "conrelid": c.table.ID,
			"conindid": c.index, "conislocal": true, "connoinherit": true, "confupdtype": " ", "confdeltype": " ", "confmatchtype": " "}
		if c.keys != nil {
			r["conkey"] = c.keys
		}
		if c.text != "" {
			r["conbin"] = c.text
		}
		add(r)
	}
}

func sequences(s *Source, add func(row)) {
	for _, o := range s.Catalog.Objects() {
		if q, ok := o.(*catalog.Sequence); ok {
			add(row{"seqrelid": q.ID, "seqtypid": q.Type.OID(), "seqstart": q.Start, "seqincrement": q.Increment, "seqmax": q.Max, "seqmin": q.Min, "seqcache": 1, "seqcycle": q.Cycle})
		}
	}
}

// descriptions are the comments on relations and their columns.
func descriptions(s *Source, add func(row)) {
	for _, r := range s.relations() {
		for i := -1; i < len(r.columns); i++ {
			if text := s.Catalog.CommentOn(r.id, i); text != "" {
				add(row{"objoid": r.id, "classoid": oidClass, "objsubid": i + 1, "description": text})
			}
		}
	}
}

// depends tells which columns own sequences.
func depends(s *Source, add func(row)) {
	for _, o := range s.Catalog.Objects() {
		t, ok := o.(*catalog.Table)
		if !ok {
			continue
		}
		for i, c := range t.Columns {
			if c.Sequence != 0 {
				add(row{"classid": oidClass, "objid": c.Sequence, "refclassid": oidClass, "refobjid": t.ID, "refobjsubid": i + 1, "deptype": "i"})
			}
		}
	}
}

// IndexDef is the CREATE INDEX of an index, as pg_get_indexdef prints it.
func (s *Source) IndexDef(id catalog.ID) (string, bool) {
	for _, r := range s.relations() {
		if r.id != id || r.kind != "i" {
			continue
		}
		unique, on, cols := "", "", []string(nil)
		switch o := r.object.(type) {
		case *catalog.Table:
			unique, on = "UNIQUE ", o.Name
			for _, c := range o.PrimaryKey {
				cols = append(cols, o.Columns[c].Name)
			}
		case *catalog.Index:
			if o.Unique {
				unique = "UNIQUE "
			}
			_, on = s.Catalog.Object(o.On).Qualified()
			names := s.columnsOf(o.On)
			for _, c := range o.Columns {
				cols = append(cols, names[c.Col].Name+orderText(c))
			}
		}
		return fmt.Sprintf("CREATE %sINDEX %s ON %s.%s USING btree (%s)", unique, r.name, r.schema, on, strings.Join(cols, ", ")), true
	}
	return "", false
}

func orderText(c catalog.IndexColumn) string {
	switch {
	case c.Desc && c.NullsFirst:
		return " DESC"
	case c.Desc:
		return " DESC NULLS LAST"
	case c.NullsFirst:
		return " NULLS FIRST"
	}
	return ""
}
