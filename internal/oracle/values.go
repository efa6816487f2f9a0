package oracle

import "strings"

// kind is a family of types that the generator's expressions move in.
type kind int

const (
	integer kind = iota
	text
	decimal // numeric(8,2): of one scale, so that equal values print alike
	boolean
	double
	instant // timestamp
	numeric // of any scale
	long
	date
	span // interval
	document
	list // int4[]
	words
	bytes      // bytea
	identifier // uuid
	moment     // timestamptz
	clock      // time
	short      // int2
	single     // float4
	padded     // char(3)
	numKinds
)

var typeNames = [numKinds]string{"int4", "text", "numeric(8,2)", "bool", "float8", "timestamp", "numeric", "int8", "date", "interval",
	"jsonb", "int4[]", "text[]", "bytea", "uuid", "timestamptz", "time", "int2", "float4", "char(3)"}

// values are the pools of constants: small, so that keys collide, with the extremes among them.
var values = [numKinds][]string{
	integer:  {"0", "1", "2", "3", "-1", "7"},
	text:     {"'a'", "'b'", "'A'", "''", "'ab'", "'b c'", "'é'"},
	decimal:  {"0.00", "1.00", "2.50", "-1.25", "3.00"},
	boolean:  {"true", "false"},
	double:   {"0", "1.5", "-2.25", "1e10", "'NaN'", "'Infinity'"},
	instant:  {"'2024-01-01 00:00:00'", "'2024-01-01 10:30:00'", "'2024-02-29 23:59:59.5'", "'1999-12-31'", "'infinity'"},
	numeric:  {"0", "1", "2.5", "-1.25", "12345678901234567890.5", "'NaN'"},
	long:     {"0", "1", "2", "-1", "9000000000"},
	date:     {"'2024-01-01'", "'2024-02-29'", "'1999-12-31'"},
	span:     {"'1 hour'", "'90 minutes'", "'-1 hour'", "'00:00:00'", "'23:00'"},
	document: {`'{"a": 1}'`, `'{"a": 1, "b": [1, 2]}'`, `'[]'`, `'[1, "x", null]'`, `'{}'`, `'{"a": "x", "b": null}'`},
	list:     {"'{}'", "'{1}'", "'{1,2}'", "'{2,NULL,2}'", "'{7,3}'"},
	words:    {"'{}'", "'{a}'", "'{a,b}'", "'{b,NULL}'", "'{\"\",a}'"},
	bytes:    {`'\x'`, `'\x00'`, `'\xff00'`, `'\x61'`, `'\x6162'`},
	identifier: {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'0cc175b9-c0f1-b6a8-31c3-99e269772661'",
		"'92eb5ffe-e6ae-2fec-3ad7-1c777531578f'"},
	moment: {"'2024-01-01 00:00:00+00'", "'2024-01-01 12:30:00+02'", "'2024-02-29 23:59:59.5+00'", "'-infinity'"},
	clock:  {"'00:00'", "'10:30'", "'23:59:59.999999'", "'24:00'"},
	short:  {"0", "1", "2", "-1", "32767", "(-32768)"},
	single: {"0", "1.5", "-2.25", "0.1", "1e10", "'NaN'", "'-Infinity'"},
	padded: {"'a'", "'b '", "''", "'ab'", "'abc'"},
}

// extremes are values that arithmetic may not stand.
var extremes = [numKinds][]string{
	integer:  {"2147483647", "(-2147483648)"},
	long:     {"9223372036854775807", "(-9223372036854775808)"},
	text:     {"'" + strings.Repeat("long ", 80) + "'", "'ß😀 a'", "' '", "'\\'", "'a''b'"},
	numeric:  {"1e30", "-1e-30", "'Infinity'"},
	double:   {"1e300", "-1e-300", "'-Infinity'"},
	date:     {"'4713-01-01 BC'", "'5874897-12-31'", "'0001-01-01'"},
	document: {`'{"a": {"a": {"a": [[], {}]}}}'`, `'1e30'`, `'"\u00e9\n"'`},
	words:    {`'{NULL,"NULL","a,b","{}"}'`},
}

// images are values that equal another one and print differently.
var images = [numKinds][]string{
	double:   {"'-0'"},
	numeric:  {"1.0", "1.00", "0.0", "2.50"},
	span:     {"'1 day'", "'24:00:00'", "'30 days'", "'1 mon'"},
	document: {`'{"a": 1.0}'`, `'[1.0, "x", null]'`},
}

// isImage says whether values of the kind may have several images.
func isImage(k kind) bool { return images[k] != nil }

// isOrdered says whether min, max and < make sense in a test.
func isOrdered(k kind) bool { return k != boolean && k != document && k != bytes && k != identifier }

// column is something that an expression can refer to.
type column struct {
	name string // qualified
	kind kind
	// loose: which of several equal images it shows is left to the implementation.
	loose bool
	// stored: of a table. PostgreSQL may know what another column is when it plans, and fail then.
	stored bool
}
