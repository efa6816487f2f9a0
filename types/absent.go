package types

import "strings"

// absentTypes are the types of PostgreSQL that are not here: a use is refused, where that of a name that nobody knows is an error.
var absentTypes = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`aclitem bit box cid cidr circle datemultirange daterange gtsvector inet int2vector int4multirange
		int4range int8multirange int8range jsonpath line lseg macaddr macaddr8 money nummultirange numrange path pg_lsn pg_node_tree pg_snapshot
		point polygon refcursor regcollation regconfig regdictionary regoper regoperator regprocedure regrole tid timetz tsmultirange tsquery
		tsrange tstzmultirange tstzrange tsvector txid_snapshot varbit xid8 xml record`) {
		if _, ok := kindNames[name]; !ok {
			m[name] = true
		}
	}
	return m
}()

// Collatable says whether a collation may be named for values of the type.
func (t Type) Collatable() bool {
	switch t.Kind {
	case Text, Varchar, BPChar, Name, Unknown:
		return true
	}
	return false
}
