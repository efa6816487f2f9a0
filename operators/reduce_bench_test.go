package operators_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/operators/optest"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

var (
	benchGroups = flag.Int("groups", 10_000, "groups of BenchmarkReduce")
	benchEvents = flag.Int("events", 0, "events before BenchmarkReduce measures; 0: two a group")
)

// events makes ticks of (key, value, price) with a tenth of retractions of earlier events.
type events struct {
	r       *rand.Rand
	groups  int
	history [][3]int64
	in      *batch.Batch
}

var (
	int8Type  = types.Of(types.Int8)
	floatType = types.Of(types.Float8)
	eventCols = []types.Type{int8Type, int8Type, floatType}
)

func newEvents(groups int) *events {
	return &events{r: rand.New(rand.NewPCG(1, 2)), groups: groups, in: batch.New(eventCols, operators.SliceRows)}
}

func (e *events) slice(n int) *batch.Batch {
	e.in.Reset()
	for range n {
		w := int64(1)
		var row [3]int64
		if k := len(e.history); k > 0 && e.r.IntN(10) == 0 {
			i := e.r.IntN(k)
			row, w = e.history[i], -1
			e.history[i] = e.history[k-1]
			e.history = e.history[:k-1]
		} else {
			row = [3]int64{int64(e.r.IntN(e.groups)), int64(e.r.IntN(1_000_000)), int64(e.r.IntN(100_000))}
			e.history = append(e.history, row)
		}
		e.in.Cols[0].AppendInt(row[0])
		e.in.Cols[1].AppendInt(row[1])
		e.in.Cols[2].AppendFloat(float64(row[2]) / 100)
		e.in.W = append(e.in.W, w)
	}
	return e.in
}

func call(tb testing.TB, name string, col int) *expr.AggCall {
	tb.Helper()
	var args []types.Type
	var exprs []expr.Expr
	if col >= 0 {
		args = []types.Type{eventCols[col]}
		exprs = []expr.Expr{&expr.Col{ID: col, T: eventCols[col]}}
	}
	fn, _, ret, err := expr.LookupAgg(name, args)
	if err != nil {
		tb.Fatal(err)
	}
	return &expr.AggCall{Fn: fn, Args: exprs, T: ret}
}

// orderedCall is an ordered-set aggregate over a column of events.
func orderedCall(tb testing.TB, name string, col int, direct ...float64) *expr.AggCall {
	tb.Helper()
	c := &expr.AggCall{Args: []expr.Expr{&expr.Col{ID: col, T: eventCols[col]}}}
	var ts []types.Type
	var ds []types.Datum
	for _, f := range direct {
		d := types.NewFloat(f)
		ts, ds = append(ts, floatType), append(ds, d)
		c.Direct = append(c.Direct, &expr.Const{D: d, T: floatType})
	}
	o, _, err := expr.LookupOrdered(name, append(ts, eventCols[col]))
	if err != nil {
		tb.Fatal(err)
	}
	if c.Fn, err = o.Bind(ds, false); err != nil {
		tb.Fatal(err)
	}
	c.T = o.Ret
	return c
}

// BenchmarkReduce is the cost of an event through a Reduce over the real store, in ticks of a slice: of all the operator does, its
// output included. The map does the arithmetic only, without retracting a maximum, for comparison.
//
//	go test ./operators -run - -bench Reduce -benchtime 1000000x -groups 1000000
func BenchmarkReduce(b *testing.B) {
	for _, c := range []struct {
		name string
		aggs []*expr.AggCall
	}{
		{"count", []*expr.AggCall{call(b, "count", -1)}},
		{"count,sum", []*expr.AggCall{call(b, "count", -1), call(b, "sum", 1)}},
		{"count,sum(float),avg(float)", []*expr.AggCall{call(b, "count", -1), call(b, "sum", 2), call(b, "avg", 2)}},
		{"count,sum,max", []*expr.AggCall{call(b, "count", -1), call(b, "sum", 1), call(b, "max", 1)}},
		{"percentile_cont", []*expr.AggCall{orderedCall(b, "percentile_cont", 2, 0.9)}},
		{"mode", []*expr.AggCall{orderedCall(b, "mode", 1)}},
	} {
		b.Run(fmt.Sprintf("%s/groups=%d", c.name, *benchGroups), func(b *testing.B) {
			store := storage.NewTemp(nil)
			defer store.Close()
			state := optest.NewState(store)
			var r *operators.Reduce
			if err := state.Tick(func() error {
				r = operators.NewReduce(&expr.Ctx{}, operators.ReduceSpec{In: eventCols, Keys: []int{0}, Aggs: c.aggs}, state.Maps)
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			e := newEvents(*benchGroups)
			out := func(*batch.Batch) error { return nil }
			tick := func(n int) {
				in := e.slice(n)
				b.StartTimer()
				defer b.StopTimer()
				err := state.Tick(func() error {
					if err := r.Step(0, in, out); err != nil {
						return err
					}
					return r.Finish(out)
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			before := *benchEvents
			if before == 0 {
				before = 2 * *benchGroups
			}
			for n := 0; n < before; n += operators.SliceRows {
				tick(operators.SliceRows)
			}
			b.ResetTimer()
			b.StopTimer()
			for n := 0; n < b.N; n += operators.SliceRows {
				tick(min(operators.SliceRows, b.N-n))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	b.Run(fmt.Sprintf("map/groups=%d", *benchGroups), func(b *testing.B) {
		type group struct{ n, sum int64 }
		m := map[int64]group{}
		e := newEvents(*benchGroups)
		b.StopTimer()
		for n := 0; n < b.N; n += operators.SliceRows {
			in := e.slice(min(operators.SliceRows, b.N-n))
			b.StartTimer()
			for i, k := range in.Cols[0].Ints {
				g := m[k]
				m[k] = group{g.n + in.W[i], g.sum + in.W[i]*in.Cols[1].Ints[i]}
			}
			b.StopTimer()
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
