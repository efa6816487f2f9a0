package expr_test

import "testing"

func TestJSON(t *testing.T) { golden(t, "json.txt") }
