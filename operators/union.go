package operators

import "github.com/streamsql/streamsql/batch"

// Union is UNION ALL: d(L + R) = dL + dR, also of their errors.
//
//	L +1, R +1 -1 -> +1 +1 -1
type Union struct{}

// NewUnion unites any number of inputs of the same types.
func NewUnion() Union { return Union{} }

func (Union) Name() string     { return "union" }
func (Union) Finish(Out) error { return nil }

func (Union) Step(_ int, in *batch.Batch, out Out) error {
	if in.Empty() {
		return nil
	}
	return out(in)
}
