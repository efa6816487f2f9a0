package expr

import (
	"github.com/streamsql/streamsql/types"
)

// SortKey is an item of ORDER BY over an input's columns.
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// Agg is one overload of an aggregate function.
type Agg struct {
	Name string
	Args []types.Type
	Ret  types.Type
	// Linear aggregates (count, sum, avg, bool_and, stddev...) keep a small state to which rows are added with a weight, and from which
	// they are taken away again exactly: Step then Final.
	Linear bool
	// Otherwise the aggregate is computed from the group's ordered multiset of arguments. First: only its first
	// non-null entry in the given order matters (min; max is First with Desc).
	First, Desc bool
	// OrderSensitive: ORDER BY inside the call matters (array_agg, string_agg, jsonb_agg...).
	OrderSensitive bool
	Strict         bool        // rows with a NULL argument do not count
	Empty          types.Datum // the value over no rows (count: 0), else NULL

	// Step adds weight w of the argument row to state (nil: empty) and returns the new state, in place where it can. Linear only.
	Step func(ctx *Ctx, state []byte, args []types.Datum, w int64) ([]byte, error)
	// StepVec, where present, is Step for the common fixed-size states over a column; see its implementation's comment.
	// StateSize is the fixed size of a state, 0 if it varies.
	StateSize int
	Final     func(ctx *Ctx, state []byte) (types.Datum, error)
	// Fold computes the aggregate from an iteration over the ordered multiset: next returns false at the end.
	Fold func(ctx *Ctx, next func() (args []types.Datum, w int64, ok bool)) (types.Datum, error)
}

// AggCall is an aggregate in a plan: over the rows of a group for which Filter is true.
type AggCall struct {
	Fn       *Agg
	Args     []Expr
	Distinct bool
	Order    []SortKey
	Filter   Expr // nil: all rows
	T        types.Type
}

// LookupAgg is Lookup for aggregates; fn nil if name is not an aggregate's.
func LookupAgg(name string, args []types.Type) (fn *Agg, coerce []types.Type, ret types.Type, err error) {
	return nil, nil, ret, nil
}

func aggDocs() []Doc { return nil }
