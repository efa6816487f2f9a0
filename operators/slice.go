//go:build !invariants

package operators

// SliceRows is about how many rows a slice has.
const SliceRows = 4096
