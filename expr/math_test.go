package expr_test

import (
	"testing"

	"github.com/streamsql/streamsql/expr"
)

func TestMath(t *testing.T) { golden(t, "math.txt") }

// TestRandom compares with what PostgreSQL 15 answers after setseed(0.5).
func TestRandom(t *testing.T) {
	r := expr.NewRandom(0.5)
	for i, want := range []float64{0.9851677175347999, 0.825301858027981} {
		if got := r.Float64(); got != want {
			t.Errorf("number %d: got %v, want %v", i, got, want)
		}
	}
}
