package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Maps gives an operator its state, a structure per role. It is called by constructors only, in an order that depends on
// nothing but the constructor's arguments, so that after a restart the same roles find the same structures.
type Maps func(role string, spec storage.Spec) storage.Map

// The kinds of structure that operators ask for.
var (
	specRows  = storage.Spec{Ordered: true} // a multiset that is scanned in order
	specHash  = storage.Spec{Put: true}     // key to value, never scanned
	specServe = storage.Spec{Ordered: true, Published: true}
	specTable = storage.Spec{Ordered: true, Published: true, Put: true}
)

// OrderCol is a column of an order or of an arrangement's key.
type OrderCol = batch.KeyCol

// Ascending is the equality key of columns: ascending, NULLs last, as joins and groups use it.
func Ascending(cols []int) []OrderCol {
	key := make([]OrderCol, len(cols))
	for i, c := range cols {
		key[i].Col = c
	}
	return key
}

// allCols are the columns of a row of n columns.
func allCols(n int) []int {
	cols := make([]int, n)
	for i := range cols {
		cols[i] = i
	}
	return cols
}

// keyNull is the first byte of a NULL's key in an ascending key; no value's key begins with it.
const keyNull = 0xFF

// skipKey gives what follows the first n columns of key in b.
func skipKey(b []byte, ts []types.Type, key []OrderCol, n int) []byte {
	for _, k := range key[:n] {
		b = types.SkipKey(b, ts[k.Col], k.Desc)
	}
	return b
}

// hasNull tells whether one of the first n columns of an ascending key is NULL: such a key matches nothing in a join.
func hasNull(b []byte, ts []types.Type, key []OrderCol, n int) bool {
	for _, k := range key[:n] {
		if b[0] == keyNull {
			return true
		}
		if n == 1 {
			return false
		}
		b = types.SkipKey(b, ts[k.Col], k.Desc)
	}
	return false
}
