package expr_test

import "testing"

func TestNumeric(t *testing.T) { golden(t, "numeric.txt") }
