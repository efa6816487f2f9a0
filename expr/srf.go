package expr

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/types"
)

// SRF is a set-returning function: for each input row any number of rows of Cols.
type SRF struct {
	Name string
	Args []types.Type
	Cols []SRFCol
	// Rows appends to out (a batch of Cols' types) the rows for non-null-checked args. Strict: any NULL gives no rows.
	Strict     bool
	Volatility types.Volatility
	Rows       func(ctx *Ctx, args []types.Datum, out *batch.Batch) error
}

// SRFCol is an output column of a set-returning function.
type SRFCol struct {
	Name string
	T    types.Type
}

// LookupSRF is Lookup for set-returning functions; fn nil if name is not one's. Polymorphism is resolved in the result's Cols.
func LookupSRF(name string, args []types.Type) (fn *SRF, coerce []types.Type, err error) {
	return nil, nil, nil
}

func srfDocs() []Doc { return nil }
