package expr_test

import "testing"

func TestBytea(t *testing.T) { golden(t, "bytea.txt") }
