package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/catalog/system"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner/bind"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// catalogInfo answers functions that ask about the catalog as the statement sees it: "question:argument". ok is false for
// what is no such question.
func (s *Session) catalogInfo(name string) (d types.Datum, ok bool, err error) {
	what, arg, _ := strings.Cut(name, ":")
	var answer func(*catalog.Catalog) types.Datum
	switch what {
	case "current_schema":
		answer = func(c *catalog.Catalog) types.Datum {
			if path := s.existingPath(c); len(path) > 0 {
				return types.NewString(path[0])
			}
			return types.Null
		}
	case "current_schemas":
		answer = func(c *catalog.Catalog) types.Datum {
			path := s.existingPath(c)
			if arg == "true" && !slices.Contains(path, "pg_catalog") {
				path = slices.Insert(path, 0, "pg_catalog")
			}
			var names []types.Datum
			for _, p := range path {
				names = append(names, types.NewString(p))
			}
			return types.MakeArray(types.Of(types.Name), names)
		}
	case "regclass":
		answer = func(c *catalog.Catalog) types.Datum { return s.regclass(c, arg) }
	case "pg_get_serial_sequence":
		sn, err := s.statementSnapshot()
		if err != nil {
			return types.Null, true, err
		}
		defer sn.Close()
		column, table, _ := strings.Cut(arg, "\x00")
		d, err := s.serialSequence(sn.Catalog, table, column)
		return d, true, err
	case "obj_description":
		answer = func(c *catalog.Catalog) types.Datum { return description(c, arg) }
	case "pg_table_is_visible":
		answer = func(c *catalog.Catalog) types.Datum { return s.visible(c, arg) }
	case "pg_get_indexdef", "pg_get_constraintdef", "pg_get_constraintdef_pretty", "pg_get_viewdef":
		answer = func(c *catalog.Catalog) types.Datum { return definition(c, what, arg) }
	default:
		return types.Null, false, nil
	}
	sn, err := s.statementSnapshot()
	if err != nil {
		return types.Null, true, err
	}
	defer sn.Close()
	return answer(sn.Catalog), true, nil
}

// definition is the SQL of an object, NULL if there is none; an index's arguments may name a column behind a comma.
func definition(c *catalog.Catalog, what, arg string) types.Datum {
	src := &system.Source{Catalog: c}
	number, column, _ := strings.Cut(arg, ",")
	oid, _ := strconv.ParseInt(number, 10, 64)
	var text string
	ok := false
	switch {
	case what == "pg_get_constraintdef", what == "pg_get_constraintdef_pretty":
		text, ok = src.ConstraintDef(oid, what == "pg_get_constraintdef_pretty")
	case what == "pg_get_viewdef":
		text, ok = src.ViewDef(catalog.ID(oid))
	case column != "" && column != "0":
		i, _ := strconv.Atoi(column)
		text, ok = src.IndexColumn(catalog.ID(oid), i)
	default:
		text, ok = src.IndexDef(catalog.ID(oid))
	}
	if !ok {
		return types.Null
	}
	return types.NewString(text)
}

// existingPath is the search path without schemas that there are not.
func (s *Session) existingPath(c *catalog.Catalog) []string {
	return slices.DeleteFunc(s.path(), func(n string) bool {
		return n != "pg_catalog" && n != "information_schema" && !c.HasSchema(n)
	})
}

// lookupPath is the schemas in which a name without a schema is looked up.
func (s *Session) lookupPath(c *catalog.Catalog) []string {
	path := s.existingPath(c)
	if !slices.Contains(path, "pg_catalog") {
		path = slices.Insert(path, 0, "pg_catalog")
	}
	return path
}

// relationIn is the oid of a relation, 0 if there is none.
func relationIn(c *catalog.Catalog, schema, name string) uint32 {
	if r, ok := system.Lookup(schema, name, &system.Source{Catalog: c}); ok {
		return r.OID
	}
	if o := c.Lookup(schema, name); o != nil {
		return uint32(o.ObjectID())
	}
	return 0
}

// visible tells whether the relation is the one that its name alone finds; NULL if there is no such relation.
func (s *Session) visible(c *catalog.Catalog, oid string) types.Datum {
	id, _ := strconv.ParseUint(oid, 10, 32)
	schema, name, ok := (&system.Source{Catalog: c}).RelationName(uint32(id))
	if !ok {
		return types.Null
	}
	for _, p := range s.lookupPath(c) {
		if p == schema {
			return types.NewBool(true)
		}
		if relationIn(c, p, name) != 0 {
			return types.NewBool(false)
		}
	}
	return types.NewBool(false)
}

// objectName is the name of a catalog object as a query of this session may write it.
func (s *Session) objectName(k types.Kind, oid uint32) (string, bool) {
	sn, err := s.statementSnapshot()
	if err != nil {
		return "", false
	}
	defer sn.Close()
	src := &system.Source{Catalog: sn.Catalog}
	switch k {
	case types.Regclass:
		schema, name, ok := src.RelationName(oid)
		if !ok {
			return "", false
		}
		if d := s.visible(sn.Catalog, strconv.FormatUint(uint64(oid), 10)); !d.IsNull() && d.Bool() {
			return expr.QuoteIdent(name), true
		}
		return expr.QuoteIdent(schema) + "." + expr.QuoteIdent(name), true
	case types.Regnamespace:
		name, ok := src.SchemaName(oid)
		return expr.QuoteIdent(name), ok
	case types.Regrole:
		return expr.QuoteIdent(s.user), oid == system.Owner
	}
	return "", false
}

// findObject is the reverse of objectName.
func (s *Session) findObject(k types.Kind, text string) (uint32, bool) {
	sn, err := s.statementSnapshot()
	if err != nil {
		return 0, false
	}
	defer sn.Close()
	switch k {
	case types.Regclass:
		d := s.regclass(sn.Catalog, text)
		if d.IsNull() {
			return 0, false
		}
		return uint32(d.Int()), true
	case types.Regnamespace:
		if parts := identifiers(text); len(parts) == 1 {
			return (&system.Source{Catalog: sn.Catalog}).SchemaOID(parts[0])
		}
	case types.Regrole:
		if parts := identifiers(text); len(parts) == 1 && parts[0] == s.user {
			return system.Owner, true
		}
	}
	return 0, false
}

// serialSequence is the sequence that a column owns, NULL if there is none.
func (s *Session) serialSequence(c *catalog.Catalog, table, column string) (types.Datum, error) {
	id := s.regclass(c, table)
	if id.IsNull() {
		return types.Null, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table)
	}
	t, ok := c.Object(catalog.ID(id.Int())).(*catalog.Table)
	if !ok {
		return types.Null, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", column, table)
	}
	for _, col := range t.Columns {
		if col.Name != column || col.Hidden || col.Dropped {
			continue
		}
		if q := c.Object(col.Sequence); col.Sequence != 0 && q != nil {
			schema, name := q.Qualified()
			return types.NewString(expr.QuoteIdent(schema) + "." + expr.QuoteIdent(name)), nil
		}
		return types.Null, nil
	}
	return types.Null, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", column, t.Name)
}

// regclass finds a relation by its name as SQL writes it, or by its number; NULL if there is none.
func (s *Session) regclass(c *catalog.Catalog, text string) types.Datum {
	if id, err := strconv.ParseUint(text, 10, 32); err == nil {
		return types.NewInt(int64(id))
	}
	parts := identifiers(text)
	path := s.lookupPath(c)
	switch len(parts) {
	case 1:
	case 2:
		path = parts[:1]
		if path[0] == bind.TemporarySchema {
			path[0] = s.temp
		}
	default:
		return types.Null
	}
	for _, p := range path {
		if id := relationIn(c, p, parts[len(parts)-1]); id != 0 {
			return types.NewInt(int64(id))
		}
	}
	return types.Null
}

// identifiers are the parts of a name, folded where they are not quoted.
func identifiers(text string) []string {
	var parts []string
	var cur strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			cur.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, cur.String())
			cur.Reset()
		case c >= 'A' && c <= 'Z' && !quoted:
			cur.WriteByte(c + 'a' - 'A')
		default:
			cur.WriteByte(c)
		}
	}
	return append(parts, cur.String())
}

// setConfig is set_config: "name=value", or a name alone to reset it. The answer is the new value.
func (s *Session) setConfig(assignment string, local bool) (types.Datum, error) {
	name, value, assign := strings.Cut(assignment, "=")
	before, known := s.vars.values[canonical(name)]
	var err error
	if assign {
		err = s.vars.set(name, value)
	} else {
		err = s.vars.reset(name)
	}
	if err != nil {
		return types.Null, err
	}
	now, err := s.vars.get(name)
	switch {
	case sqlerr.CodeOf(err) == sqlerr.UndefinedObject: // a custom one, reset
		now, err = "", nil
	case err != nil:
		return types.Null, err
	}
	if !local {
		return types.NewString(now), nil
	}
	switch {
	case s.txn != nil && s.txn.explicit:
		if known {
			s.vars.local(canonical(name), before)
		}
	case known: // the statement is the transaction
		err = s.vars.set(name, before)
	default:
		err = s.vars.reset(name)
	}
	return types.NewString(now), err
}
