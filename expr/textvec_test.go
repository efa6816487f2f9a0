package expr_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/types"
)

// TestTextColumns compares the functions of text over columns with the same ones row by row, with constant and varying second
// arguments, NULLs and selections.
func TestTextColumns(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 1))
	text := types.Of(types.Text)
	random := func(alphabet string) types.Datum {
		if r.IntN(8) == 0 {
			return types.Null
		}
		var b strings.Builder
		letters := []rune(alphabet)
		for range r.IntN(5) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return types.NewString(b.String())
	}
	for _, f := range []struct {
		name, patterns string
		args           int
	}{
		{"lower", "", 1}, {"upper", "", 1}, {"initcap", "", 1}, {"reverse", "", 1}, {"md5", "", 1}, {"quote_ident", "", 1}, {"length", "", 1},
		{"octet_length", "", 1}, {"||", "abñ", 2}, {"~~", "aBñ%_%\\", 2}, {"!~~", "aBñ%_%\\", 2}, {"~~*", "aBñ%_%", 2}, {"!~~*", "aBñ%_", 2},
		{"~", "aBñ.*(|$", 2}, {"!~*", "aBñ.*?", 2}, {"~<~", "aBñ", 2},
	} {
		sig := []types.Type{text, text}[:f.args]
		operator := !(f.name[0] >= 'a' && f.name[0] <= 'z')
		fn, _, ret, err := expr.Lookup(f.name, operator, sig)
		if err != nil {
			t.Fatal(err)
		}
		for round := range 60 {
			n := 1 + r.IntN(70)
			b := &batch.Batch{Cols: []*batch.Vec{batch.NewVec(text, n), batch.NewVec(text, n)}}
			for range n {
				b.Cols[0].Append(random("aAbBñÑ 1"))
				b.Cols[1].Append(random(f.patterns + "a"))
			}
			args := []expr.Expr{&expr.Col{ID: 0, T: text}, &expr.Col{ID: 1, T: text}}[:f.args]
			if f.args == 2 && round%2 == 0 {
				args[1] = &expr.Const{D: b.Cols[1].Datum(0), T: text}
			}
			var sel []int32
			if round%3 == 0 {
				sel = []int32{}
				for i := range n {
					if r.IntN(2) == 0 {
						sel = append(sel, int32(i))
					}
				}
			}
			compareColumns(t, &expr.Call{Fn: fn, Args: args, T: ret}, b, sel)
		}
	}
}

func compareColumns(t *testing.T, call *expr.Call, b *batch.Batch, sel []int32) {
	t.Helper()
	n := b.Cols[0].Len()
	b.W = make([]batch.Weight, n)
	ctx := &expr.Ctx{}
	out := expr.Eval(ctx, call, b, sel)
	if sel == nil {
		for i := range n {
			sel = append(sel, int32(i))
		}
	}
	for _, i := range sel {
		row := []types.Datum{b.Cols[0].Datum(int(i)), b.Cols[1].Datum(int(i))}
		want, err := expr.EvalRow(&expr.Ctx{}, call, row)
		got, gotErr := out.Datum(int(i)), ctx.Err(int(i))
		if (err != nil) != (gotErr != nil) || err != nil && err.Error() != gotErr.Error() {
			t.Fatalf("%s of %q: column fails with %v, row with %v", call, row, gotErr, err)
		}
		if err == nil && (got.IsNull() != want.IsNull() || !got.IsNull() && types.Compare(call.T, got, want) != 0) {
			t.Fatalf("%s of %q: column gives %v, row %v", call, row, got, want)
		}
	}
}
