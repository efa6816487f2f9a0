package expr_test

import (
	"testing"

	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

func TestPattern(t *testing.T) { golden(t, "pattern.txt") }

// TestPatternCanFail: a constant pattern that is well formed makes a predicate that may move.
func TestPatternCanFail(t *testing.T) {
	text := types.Of(types.Text)
	col := &expr.Col{T: text}
	for _, c := range []struct {
		op      string
		pattern expr.Expr
		want    bool
	}{
		{"~~", &expr.Const{D: types.NewString("a%"), T: text}, false},
		{"~~", &expr.Const{D: types.NewString(`a\\`), T: text}, false},
		{"~~", &expr.Const{D: types.NewString(`a\`), T: text}, true},
		{"~~", col, true},
		{"~", &expr.Const{D: types.NewString("a+"), T: text}, false},
		{"~", &expr.Const{D: types.NewString("(a"), T: text}, true},
		{"~", col, true},
		{"substring", &expr.Const{D: types.NewString("a=(.*)"), T: text}, false},
		{"substring", &expr.Const{D: types.NewString("(a"), T: text}, true},
		{"substring", col, true},
	} {
		fn, _, ret, err := expr.Lookup(c.op, c.op[0] == '~', []types.Type{text, text})
		if err != nil {
			t.Fatal(err)
		}
		if e := (&expr.Call{Fn: fn, Args: []expr.Expr{col, c.pattern}, T: ret}); expr.CanFail(e) != c.want {
			t.Errorf("CanFail(%s) is not %v", e, c.want)
		}
	}
}
