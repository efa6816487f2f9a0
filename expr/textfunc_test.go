package expr_test

import "testing"

func TestText(t *testing.T) { golden(t, "text.txt") }
