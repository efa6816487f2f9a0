package optest

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/types"
)

// TestLarge runs each operator over outputs of many full slices, that come and go in one tick each.
func TestLarge(t *testing.T) {
	small := &Base{ID: 0, Cols: []types.Type{int4, int4}}
	keyed := &Base{ID: 1, Cols: []types.Type{int4, int4}, Key: []int{1}}
	big := &Base{ID: 2, Cols: []types.Type{int4, int4}}
	col := func(i int) expr.Expr { return &expr.Col{ID: i, T: int4} }
	plans := map[string]Plan{
		"scan":     big,
		"filter":   &Filter{big, Call("<>", Call("/", &expr.Const{D: types.NewInt(6), T: int4}, col(0)), col(1))},
		"project":  &Project{big, []expr.Expr{Call("/", &expr.Const{D: types.NewInt(6), T: int4}, col(0)), col(1)}},
		"flat map": &FlatMap{big, operators.FlatMapSpec{In: big.Cols, Fn: countdown, Args: []expr.Expr{col(0)}, Outer: true}},
		"distinct": &Distinct{big},
		"union":    &Union{[]Plan{big, big}},
		"except":   &SetOp{Except: true, All: true, L: big, R: &Project{big, []expr.Expr{col(0), col(0)}}},
		"single":   &Single{In: big, Key: []int{1}},
		"top-k":    &TopK{big, operators.TopKSpec{Partition: []int{0}, Order: []operators.OrderCol{{Col: 1, Desc: true}}, Limit: operators.SliceRows / 2, Offset: 3}},
		"window":   &Window{big, operators.WindowSpec{Partition: []int{1}, Order: []operators.OrderCol{{Col: 0}}, Calls: []*expr.WindowCall{windowCall("lag", col(0))}}},
		"reduce":   &Reduce{In: big, Keys: []int{1}},
	}
	for kind := operators.Inner; kind <= operators.AntiNull; kind++ {
		for _, keys := range []int{0, 1, 2} {
			for _, residual := range []expr.Expr{nil, Call("<", col(1), col(3))} {
				lk, rk := []int{0, 1}[:keys], []int{0, 1}[:keys]
				plans[fmt.Sprintf("%s by %d, residual %t", kind, keys, residual != nil)] =
					&Join{Kind: kind, L: small, R: keyed, LK: lk, RK: rk, Residual: residual}
			}
		}
	}
	for name, p := range plans {
		t.Run(name, func(t *testing.T) { large(t, p, small, keyed, big) })
	}
}

func large(t *testing.T, p Plan, bases ...*Base) {
	r := rand.New(rand.NewSource(1))
	g := NewGraph(MemMaps, bases)
	g.Rand, g.Lazy = r, true
	v := g.Add(p)
	now := map[int]*Rel{}
	side := 10 + int(1.5*math.Sqrt(operators.SliceRows))
	sizes := []int{side, side, operators.SliceRows * 11 / 10}
	for tick, share := range []float64{1, 0.5, 1, 0} {
		changes := map[int]*batch.Batch{}
		for _, b := range bases {
			if now[b.ID] == nil {
				now[b.ID] = NewRel(b.Cols)
			}
			next := NewRel(b.Cols)
			for i := range sizes[b.ID] {
				if r.Float64() < share {
					row := []types.Datum{types.NewInt(int64(i % 3)), types.NewInt(int64(i))}
					if i%17 == 0 {
						row[0] = types.Null
					}
					next.Rows = append(next.Rows, Row{row, 1})
				}
			}
			d := NewRel(b.Cols)
			for _, row := range now[b.ID].Rows {
				d.Rows = append(d.Rows, Row{row.D, -row.W})
			}
			d.Rows = append(d.Rows, next.Rows...)
			d.consolidate()
			changes[b.ID], now[b.ID] = d.Batch(), next
		}
		if err := g.Tick(changes); err != nil {
			t.Fatal(err)
		}
		for changes = nil; !v.Done(); {
			if err := g.Tick(nil); err != nil {
				t.Fatal(err)
			}
		}
		want := Eval(p, func(id int) *Rel { return now[id] })
		if got := v.Output(); got.String() != want.String() {
			t.Fatalf("tick %d: %d rows and %d errors, want %d and %d", tick, len(got.Rows), len(got.Errs), len(want.Rows), len(want.Errs))
		}
	}
}
