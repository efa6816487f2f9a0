package expr_test

import "testing"

func TestFormat(t *testing.T) { golden(t, "format.txt") }
