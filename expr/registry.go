package expr

import (
	"slices"
	"strings"
	"sync"

	"github.com/streamsql/streamsql/types"
)

// def is an entry of the tables in which functions stand, one table per family: "name(types) result" and what it does.
// A last argument type with "..." is variadic.
type def struct {
	sig   string
	flags flags
	row   rowFunc
	vec   vecFunc
	bind  func(args []types.Type, ret types.Type) rowFunc
}

type flags uint8

const (
	canFail flags = 1 << iota
	lenient       // called with NULLs too: not strict
	stable
	volatile
	asking // of the session or the catalog: its answer is of the moment
)

// families are the tables, in the order of documentation.
func families() []family {
	return []family{
		{"Comparison", join(comparisonDefs(), greatestDefs())},
		{"Integers", intDefs()},
		{"Floating point", floatDefs()},
		{"Boolean", boolDefs()},
		{"Numeric", numericDefs()},
		{"Mathematics", mathDefs()},
		{"Text", textDefs()},
		{"Pattern matching", patternDefs()},
		{"Bytes", byteaDefs()},
		{"Date and time", datetimeDefs()},
		{"Formatting", formatDefs()},
		{"JSON", jsonDefs()},
		{"Arrays", arrayDefs()},
		{"Records", recordDefs()},
		{"System information", infoDefs()},
		{"Sequences", sequenceDefs()},
	}
}

type family struct {
	name string
	defs []def
}

// overloads is the functions by name, made when the first name is looked up.
var overloads = sync.OnceValue(func() map[string][]*Func {
	m := make(map[string][]*Func)
	for _, fam := range families() {
		for i := range fam.defs {
			f := fam.defs[i].function()
			m[f.Name] = append(m[f.Name], f)
		}
	}
	return m
})

func (d *def) function() *Func {
	name, args, variadic, ret := parseSignature(d.sig)
	f := &Func{Name: name, Args: args, Variadic: variadic, Ret: ret, Strict: d.flags&lenient == 0,
		CanFail: d.flags&canFail != 0, Asks: d.flags&asking != 0, Row: d.row, Vec: d.vec, bind: d.bind}
	switch {
	case d.flags&volatile != 0:
		f.Volatility = types.Volatile
	case d.flags&stable != 0:
		f.Volatility = types.Stable
	}
	return f
}

// parseSignature reads "name(t1,t2...) ret". A type that does not exist is a bug of a table, found by any test.
func parseSignature(sig string) (name string, args []types.Type, variadic bool, ret types.Type) {
	open, end := strings.LastIndexByte(sig, '('), strings.LastIndexByte(sig, ')')
	name = sig[:open]
	if inner := sig[open+1 : end]; inner != "" {
		inner, variadic = strings.CutSuffix(inner, "...")
		for _, a := range strings.Split(inner, ",") {
			args = append(args, typeNamed(a))
		}
	}
	return name, args, variadic, typeNamed(sig[end+1:])
}

func typeNamed(s string) types.Type {
	s = strings.TrimSpace(s)
	base, array := strings.CutSuffix(s, "[]")
	dims := 0
	if array {
		dims = 1
	}
	t, err := types.FromName(base, nil, dims)
	if err != nil {
		panic("expr: no type " + s)
	}
	return t
}

// Doc is an overload as documentation lists it.
type Doc struct {
	Family, Name, Signature string
	Volatility              types.Volatility
	Kind                    string // "function", "operator", "aggregate", "set-returning function", "window function"
}

// Functions lists all that Lookup, LookupAgg and LookupSRF find, by family and in the order of the tables.
func Functions() []Doc {
	var out []Doc
	for _, fam := range families() {
		for i := range fam.defs {
			f := fam.defs[i].function()
			kind := "function"
			if f.IsOperator() {
				kind = "operator"
			}
			out = append(out, Doc{Family: fam.name, Name: f.Name, Signature: f.Signature(), Volatility: f.Volatility, Kind: kind})
		}
	}
	out = append(out, aggDocs()...)
	out = append(out, srfDocs()...)
	return append(out, windowDocs()...)
}

// join concatenates tables.
func join(parts ...[]def) []def { return slices.Concat(parts...) }
