//go:build invariants

package operators

// SliceRows is small here, so that every test goes through what only large outputs reach otherwise.
const SliceRows = 7

const tailBytes = 24
