package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// Func is one overload of a scalar function or operator.
type Func struct {
	Name       string // "lower"; operators by their sign: "+", "~~" (LIKE), "->>"; prefix operators have one argument
	Args       []types.Type
	Variadic   bool // the last argument's type is the element type and repeats
	Ret        types.Type
	Strict     bool // NULL in, NULL out, without a call
	Volatility types.Volatility
	CanFail    bool // some non-null arguments raise an error: not moved below its guards
	// Fields are those of the record that MakeRow makes.
	Fields []types.Field
	// Asks: the answer is the session's or the catalog's, of the moment.
	Asks bool
	// Row computes one value from non-null (if Strict) arguments. It must not keep them; its result may alias them.
	Row func(ctx *Ctx, args []types.Datum) (types.Datum, error)
	// Vec, where present, computes a whole column: for the rows of sel (nil: all) it sets out's slots, already sized and with NULLs
	// of strict arguments set; what it leaves in a NULL slot does not matter, but it must not fail on one. An argument that
	// is the same for all rows has one slot (N == 1); it is not NULL if the function is strict. Bytes must be set in
	// ascending order. Failures go to ctx.Fail.
	Vec func(ctx *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec)

	// bind makes Row for the types at hand, of a polymorphic function.
	bind func(args []types.Type, ret types.Type) rowFunc
}

type (
	rowFunc = func(ctx *Ctx, args []types.Datum) (types.Datum, error)
	vecFunc = func(ctx *Ctx, args []*batch.Vec, sel []int32, out *batch.Vec)
)

// IsOperator tells operators, which are written between or before their arguments, from functions. The subscripts "[]"
// and "[:]" count as functions.
func (f *Func) IsOperator() bool { return isOperatorName(f.Name) }

func isOperatorName(name string) bool {
	if name == "" || name[0] == '[' {
		return false
	}
	c := name[0]
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80)
}

// Signature is "name(argument types) result type", for documentation and messages.
func (f *Func) Signature() string {
	s := Signature(f.Name, f.Args)
	if f.Variadic {
		s = s[:len(s)-1] + "...)"
	}
	return s + " " + f.Ret.String()
}
