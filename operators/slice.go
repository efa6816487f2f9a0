//go:build !invariants

package operators

// SliceRows is about how many rows a slice has.
const SliceRows = 4096

// tailBytes is how long the tails of a group may get, together.
const tailBytes = 256
