package expr_test

import "testing"

func TestPattern(t *testing.T) { golden(t, "pattern.txt") }
