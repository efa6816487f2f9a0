// Package types is SQL's data types as PostgreSQL has them: what a value looks like in memory, how values compare,
// convert, print and parse, and how they are encoded so that bytes sort as values do.
//
// A value has one of three physical representations (Rep): a 64-bit integer, a float64, or bytes. Everything else is
// a matter of its Type. Three encodings exist: the text and binary forms of the wire protocol; the *image*, which keeps
// everything that prints (1.0 and 1.00 differ); and the *key*, in which values that are equal in SQL are equal and
// bytes.Compare orders them as ORDER BY does.
package types

// Kind is the base of a type, without array-ness and modifier.
type Kind uint8

const (
	Unknown Kind = iota // an untyped literal or NULL
	Bool
	Int2
	Int4
	Int8
	Float4
	Float8
	Numeric
	Text
	Varchar
	BPChar // char(n)
	Bytea
	Date
	Time
	Timestamp
	Timestamptz
	Interval
	UUID
	JSON
	JSONB
	Char // "char", one byte
	Name
	OID
	Regclass
	Regtype
	Regproc
	Regnamespace
	Regrole
	Void
	Record
	// Pseudo-types, in signatures of functions only.
	AnyElement
	AnyArray
	Any
	AnyNonArray
	AnyCompatible
	AnyCompatibleArray
	numKinds
)

// Type is an SQL type. It is comparable.
type Type struct {
	Kind  Kind
	Array bool // a one-dimensional array of Kind (values may carry more dimensions, as in PostgreSQL)

	// Mod is PostgreSQL's atttypmod: -1 for none, else n+4 for varchar(n) and char(n), ((p<<16)|s)+4 for numeric(p,s), p
	// for the fractional seconds of time types. 0 is none too, but for time types it is timestamp(0): make types by Of.
	Mod int32
}

// Rep is how a value lies in memory.
type Rep uint8

const (
	RepInt   Rep = iota + 1 // int64: Bool (0/1), Int2/4/8, Date (days since 2000-01-01), Time (us), Timestamp[tz] (us since 2000-01-01), OID, Reg*, Char
	RepFloat                // float64: Float4 (already rounded to float32), Float8
	RepBytes                // bytes: all else. Text types: UTF-8. See the codec of each type for its image.
)

// Of is the type of kind k without a modifier.
func Of(k Kind) Type { return Type{Kind: k, Mod: -1} }

// ArrayOf is the array type of elem.
func ArrayOf(elem Type) Type { elem.Array = true; return elem }

// Elem is the element type of an array type.
func (t Type) Elem() Type { t.Array = false; return t }

// WithMod is t with modifier m.
func (t Type) WithMod(m int32) Type { t.Mod = m; return t }

// Base is t without its modifier, which is what overload resolution and comparison look at.
func (t Type) Base() Type { t.Mod = -1; return t }

// Is tells whether t is the non-array type of kind k.
func (t Type) Is(k Kind) bool { return t.Kind == k && !t.Array }

// Rep is the representation of t's values.
func (t Type) Rep() Rep {
	if t.Array {
		return RepBytes
	}
	switch t.Kind {
	case Bool, Int2, Int4, Int8, Date, Time, Timestamp, Timestamptz, OID, Regclass, Regtype, Regproc, Regnamespace, Regrole, Char:
		return RepInt
	case Float4, Float8:
		return RepFloat
	default:
		return RepBytes
	}
}
