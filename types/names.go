package types

import (
	"strconv"
	"strings"

	"github.com/streamsql/streamsql/sqlerr"
)

// info is what pg_type says of a kind.
type info struct {
	typname  string // pg_type.typname, also what FromName finds
	format   string // format_type
	oid      uint32
	arrayOID uint32 // 0: no arrays of it
	length   int16  // typlen
	category byte   // typcategory
}

var infos = [numKinds]info{
	Unknown:      {"unknown", "unknown", 705, 0, -2, 'X'},
	Bool:         {"bool", "boolean", 16, 1000, 1, 'B'},
	Int2:         {"int2", "smallint", 21, 1005, 2, 'N'},
	Int4:         {"int4", "integer", 23, 1007, 4, 'N'},
	Int8:         {"int8", "bigint", 20, 1016, 8, 'N'},
	Float4:       {"float4", "real", 700, 1021, 4, 'N'},
	Float8:       {"float8", "double precision", 701, 1022, 8, 'N'},
	Numeric:      {"numeric", "numeric", 1700, 1231, -1, 'N'},
	Text:         {"text", "text", 25, 1009, -1, 'S'},
	Varchar:      {"varchar", "character varying", 1043, 1015, -1, 'S'},
	BPChar:       {"bpchar", "character", 1042, 1014, -1, 'S'},
	Bytea:        {"bytea", "bytea", 17, 1001, -1, 'U'},
	Date:         {"date", "date", 1082, 1182, 4, 'D'},
	Time:         {"time", "time without time zone", 1083, 1183, 8, 'D'},
	Timestamp:    {"timestamp", "timestamp without time zone", 1114, 1115, 8, 'D'},
	Timestamptz:  {"timestamptz", "timestamp with time zone", 1184, 1185, 8, 'D'},
	Interval:     {"interval", "interval", 1186, 1187, 16, 'T'},
	UUID:         {"uuid", "uuid", 2950, 2951, 16, 'U'},
	JSON:         {"json", "json", 114, 199, -1, 'U'},
	JSONB:        {"jsonb", "jsonb", 3802, 3807, -1, 'U'},
	Char:         {"char", `"char"`, 18, 1002, 1, 'Z'},
	Name:         {"name", "name", 19, 1003, 64, 'S'},
	OID:          {"oid", "oid", 26, 1028, 4, 'N'},
	Regclass:     {"regclass", "regclass", 2205, 2210, 4, 'N'},
	Regtype:      {"regtype", "regtype", 2206, 2211, 4, 'N'},
	Regproc:      {"regproc", "regproc", 24, 1008, 4, 'N'},
	Regnamespace: {"regnamespace", "regnamespace", 4089, 4090, 4, 'N'},
	Regrole:      {"regrole", "regrole", 4096, 4097, 4, 'N'},
	Void:         {"void", "void", 2278, 0, 4, 'P'},
	Record:       {"record", "record", 2249, 2287, -1, 'P'},
	AnyElement:   {"anyelement", "anyelement", 2283, 0, 4, 'P'},
	AnyArray:     {"anyarray", "anyarray", 2277, 0, -1, 'P'},
	Any:          {"any", `"any"`, 2276, 0, 4, 'P'},

	AnyNonArray:        {"anynonarray", "anynonarray", 2776, 0, 4, 'P'},
	AnyCompatible:      {"anycompatible", "anycompatible", 5077, 0, 4, 'P'},
	AnyCompatibleArray: {"anycompatiblearray", "anycompatiblearray", 5078, 0, -1, 'P'},
}

// kindNames are the names of types that FromName finds beside pg_type's: the words of PostgreSQL's grammar.
var kindNames = func() map[string]Kind {
	m := map[string]Kind{
		"boolean": Bool, "smallint": Int2, "integer": Int4, "int": Int4, "bigint": Int8, "real": Float4, "float": Float8,
		"double precision": Float8, "decimal": Numeric, "dec": Numeric, "character varying": Varchar, "character": BPChar,
		"time without time zone": Time, "timestamp without time zone": Timestamp, "timestamp with time zone": Timestamptz,
		`"char"`: Char, `"any"`: Any,
	}
	for k := range infos {
		m[infos[k].typname] = Kind(k)
	}
	return m
}()

var oidTypes = func() map[uint32]Type {
	m := make(map[uint32]Type)
	for k := range infos {
		m[infos[k].oid] = Of(Kind(k))
		if a := infos[k].arrayOID; a != 0 {
			m[a] = ArrayOf(Of(Kind(k)))
		}
	}
	return m
}()

// OID is the type's PostgreSQL OID (array types have their own).
func (t Type) OID() uint32 {
	if int(t.Kind) >= len(infos) {
		return 0
	}
	if t.Array {
		return infos[t.Kind].arrayOID
	}
	return infos[t.Kind].oid
}

// FromOID finds a type by its PostgreSQL OID.
func FromOID(oid uint32) (Type, bool) {
	t, ok := oidTypes[oid]
	return t, ok
}

// Len is pg_type.typlen: the size in bytes, -1 for what varies.
func (t Type) Len() int16 {
	if t.Array {
		return -1
	}
	return infos[t.Kind].length
}

// Category is pg_type.typcategory, which overload resolution goes by: 'N' numeric, 'S' string, 'D' date and time, 'T'
// interval, 'B' boolean, 'A' array, 'U' other, 'X' unknown, 'P' pseudo-type.
func (t Type) Category() byte {
	if t.Array {
		return 'A'
	}
	return infos[t.Kind].category
}

// Preferred is pg_type.typispreferred: what a category's ambiguities are resolved to.
func (t Type) Preferred() bool {
	if t.Array {
		return false
	}
	switch t.Kind {
	case Bool, Float8, Text, Timestamptz, Interval, OID:
		return true
	}
	return false
}

// Name is pg_type.typname: "int4", "_int4".
func (t Type) Name() string {
	if t.Array {
		return "_" + infos[t.Kind].typname
	}
	return infos[t.Kind].typname
}

// All are the types that a column can have, arrays aside.
func All() []Type {
	var out []Type
	for k := range numKinds {
		if c := infos[k].category; c != 'P' && c != 'X' {
			out = append(out, Of(k))
		}
	}
	return out
}

// Typmod is pg_attribute.atttypmod: -1 for none.
func (t Type) Typmod() int32 {
	if !t.hasMod() {
		return -1
	}
	return t.Mod
}

// hasMod tells whether a modifier is set. 0 is one for the time types only: timestamp(0).
func (t Type) hasMod() bool {
	switch t.Kind {
	case Time, Timestamp, Timestamptz:
		return t.Mod >= 0
	}
	return t.Mod > 0
}

// FromName finds a type by name as the parser gives it ("int4", "integer", "varchar", "_int4"...), modifiers as
// written; 42704 if there is none. The modifier of an interval is its precision; WithFields adds the fields.
func FromName(name string, mods []int64, dims int) (Type, error) {
	k, ok := kindNames[name]
	array := dims > 0
	if !ok && strings.HasPrefix(name, "_") {
		k, ok = kindNames[name[1:]]
		array = true
	}
	if !ok && absentTypes[strings.TrimPrefix(name, "_")] {
		return Type{}, sqlerr.New(sqlerr.FeatureNotSupported, `type "%s" is not supported`, name+strings.Repeat("[]", dims))
	}
	if !ok || array && infos[k].arrayOID == 0 {
		return Type{}, sqlerr.New(sqlerr.UndefinedObject, `type "%s" does not exist`, name+strings.Repeat("[]", dims))
	}
	t := Of(k)
	// char is char(1), but "bpchar" has no limit; float(p) chooses the size.
	switch name {
	case "character":
		if len(mods) == 0 {
			mods = []int64{1}
		}
	case "float":
		if len(mods) > 0 {
			var err error
			if t, err = floatOf(mods[0]); err != nil {
				return Type{}, err
			}
			mods = nil
		}
	}
	if len(mods) > 0 {
		m, err := packMod(k, mods)
		if err != nil {
			return Type{}, err
		}
		t.Mod = m
	}
	t.Array = array
	return t, nil
}

func floatOf(p int64) (Type, error) {
	switch {
	case p < 1:
		return Type{}, sqlerr.New(sqlerr.InvalidParameterValue, "precision for type float must be at least 1 bit")
	case p > 53:
		return Type{}, sqlerr.New(sqlerr.InvalidParameterValue, "precision for type float must be less than 54 bits")
	case p <= 24:
		return Of(Float4), nil
	}
	return Of(Float8), nil
}

// String is format_type's output: "integer", "character varying(10)", "numeric(10,2)[]".
func (t Type) String() string {
	if int(t.Kind) >= len(infos) {
		return "???"
	}
	s := infos[t.Kind].format
	if t.Kind == BPChar && !t.hasMod() && t.Mod == -1 && !t.Array {
		s = "character"
	}
	if t.hasMod() {
		mod := t.modText()
		if w, rest, ok := strings.Cut(s, " without"); ok {
			s = w + mod + " without" + rest
		} else if w, rest, ok := strings.Cut(s, " with time"); ok {
			s = w + mod + " with time" + rest
		} else {
			s += mod
		}
	} else if t.Kind == BPChar {
		s = "character"
	}
	if t.Array {
		s += "[]"
	}
	return s
}

// modText is the modifier as format_type shows it.
func (t Type) modText() string {
	switch t.Kind {
	case Varchar, BPChar:
		return "(" + strconv.Itoa(int(t.Mod-modHeader)) + ")"
	case Numeric:
		p, s := t.PrecisionScale()
		return "(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
	case Time, Timestamp, Timestamptz:
		return "(" + strconv.Itoa(int(t.Mod)) + ")"
	case Interval:
		return intervalModText(t.Mod)
	}
	return ""
}
