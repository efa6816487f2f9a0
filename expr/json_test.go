package expr_test

import "testing"

func TestJSON(t *testing.T)  { golden(t, "json.txt") }
func TestArray(t *testing.T) { golden(t, "array.txt") }
func TestInfo(t *testing.T)  { golden(t, "info.txt") }
