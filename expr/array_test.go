package expr_test

import "testing"

func TestArray(t *testing.T) { golden(t, "array.txt") }
