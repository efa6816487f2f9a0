package operators_test

import (
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/operators/optest"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

var (
	int4 = types.Of(types.Int4)
	int8 = types.Of(types.Int8)
	text = types.Of(types.Text)
)

// benchStore is a temporary store and its ticks.
type benchStore struct {
	*storage.Store
	tick storage.Tick
}

func newBenchStore(b *testing.B) *benchStore {
	s := &benchStore{Store: storage.NewTemp(nil)}
	b.Cleanup(func() { s.Close() })
	return s
}

func (s *benchStore) maps(_ string, spec storage.Spec) storage.Map { return s.Map(s.Create(spec)) }

func (s *benchStore) run(b *testing.B, f func() error) {
	s.tick++
	s.Begin(s.tick)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	s.Publish(s.Seal())
}

func load(a *operators.Arrangement, in *batch.Batch) error {
	if err := a.Step(0, in, nil); err != nil {
		return err
	}
	return a.Finish(nil)
}

// follows is a timeline's shape: a left row (a post) meets fan right rows (followers) of its author.
func follows(authors, fan int) *batch.Batch {
	in := batch.New([]types.Type{int8, int8, text}, authors*fan)
	for a := range authors {
		for f := range fan {
			in.AppendRow([]types.Datum{types.NewInt(int64(a)), types.NewInt(int64(a*7 + f)), types.NewString("a follower")}, 1)
		}
	}
	return in
}

func posts(n, authors int, w int64) *batch.Batch {
	in := batch.New([]types.Type{int8, int8, text}, n)
	for i := range n {
		in.AppendRow([]types.Datum{types.NewInt(int64(i % authors)), types.NewInt(int64(1_000_000 + i)), types.NewString("what a day")}, w)
	}
	return in
}

// BenchmarkJoin is an inner join in which 256 changes a tick fan out; rows/s are output rows.
func BenchmarkJoin(b *testing.B) {
	for _, fan := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint("fan=", fan), func(b *testing.B) { benchJoin(b, operators.Inner, fan, nil) })
	}
	b.Run("left,fan=100", func(b *testing.B) { benchJoin(b, operators.Left, 100, nil) })
	residual := optest.Call("<", &expr.Col{ID: 4, T: int8}, &expr.Col{ID: 1, T: int8})
	b.Run("residual,fan=100", func(b *testing.B) { benchJoin(b, operators.Inner, 100, residual) })
	b.Run("counted,fan=100", func(b *testing.B) { benchJoin(b, operators.Left, 100, residual) })
}

func benchJoin(b *testing.B, kind operators.JoinKind, fan int, residual expr.Expr) {
	const authors = 64
	s := newBenchStore(b)
	var l, r *operators.Arrangement
	var j *operators.Join
	s.run(b, func() error {
		right := follows(authors, fan)
		left := posts(1, authors, 1)
		l = operators.NewArrangement(left.Types(), operators.Ascending([]int{0}), false, s.maps)
		r = operators.NewArrangement(right.Types(), operators.Ascending([]int{0}), false, s.maps)
		j = operators.NewJoin(&expr.Ctx{Config: types.DefaultConfig()}, operators.JoinSpec{Kind: kind, L: operators.NewSide(&l.Arranged),
			R: operators.NewSide(&r.Arranged), NKeys: 1, Residual: residual}, s.maps)
		return load(r, right)
	})
	r.EndTick()
	in := [2]*batch.Batch{posts(256, authors, 1), posts(256, authors, -1)}
	rows, i := 0, 0
	sink := func(o *batch.Batch) error { rows += o.Len(); return nil }
	b.ReportAllocs()
	for b.Loop() {
		s.run(b, func() error {
			if err := load(l, in[i&1]); err != nil {
				return err
			}
			return j.Finish(sink)
		})
		l.EndTick()
		i++
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkTimeline is a tick of 256 posts that fan out to 100 followers each, into a tree by follower of a million rows: what
// a view's output costs from the join to its tree.
func BenchmarkTimeline(b *testing.B) {
	const authors, fan = 640, 100
	s := newBenchStore(b)
	right := follows(authors, fan)
	var l, r, view *operators.Arrangement
	var j *operators.Join
	ctx := &expr.Ctx{Config: types.DefaultConfig()}
	col := func(i int, t types.Type) expr.Expr { return &expr.Col{ID: i, T: t} }
	p := operators.NewProject(ctx, []expr.Expr{col(4, int8), col(1, int8), col(2, text)})
	out := func(x *batch.Batch) error {
		return p.Step(0, x, func(x *batch.Batch) error { return view.Step(0, x, nil) })
	}
	tick := func(in *batch.Batch) {
		s.run(b, func() error {
			if err := load(l, in); err != nil {
				return err
			}
			if err := j.Finish(out); err != nil {
				return err
			}
			return view.Finish(nil)
		})
		l.EndTick()
		view.EndTick()
	}
	s.run(b, func() error {
		ts := posts(1, 1, 1).Types()
		l = operators.NewArrangement(ts, operators.Ascending([]int{0}), false, s.maps)
		r = operators.NewArrangement(right.Types(), operators.Ascending([]int{0}), false, s.maps)
		view = operators.NewArrangement([]types.Type{int8, int8, text}, operators.Ascending([]int{0, 1}), true, s.maps)
		j = operators.NewJoin(ctx, operators.JoinSpec{L: operators.NewSide(&l.Arranged), R: operators.NewSide(&r.Arranged), NKeys: 1}, s.maps)
		return load(r, right)
	})
	r.EndTick()
	tick(posts(10_000, authors, 1))
	in := batch.New(right.Types(), 256)
	for i := range 256 {
		in.AppendRow([]types.Datum{types.NewInt(int64(i * 5 % authors)), types.NewInt(int64(2_000_000 + i)), types.NewString("what a day")}, 1)
	}
	rows := 0
	b.ReportAllocs()
	for b.Loop() {
		tick(in)
		rows += 256 * fan
		for i := range in.W {
			in.W[i] = -in.W[i]
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkFilterProject is WHERE b > 100 SELECT a, b + a, c over slices; rows/s are input rows, half of which pass.
func BenchmarkFilterProject(b *testing.B) {
	in := batch.New([]types.Type{int4, int4, text}, operators.SliceRows)
	for i := range operators.SliceRows {
		in.AppendRow([]types.Datum{types.NewInt(int64(i)), types.NewInt(int64(i * 37 % 200)), types.NewString("some text")}, 1)
	}
	ctx := &expr.Ctx{Config: types.DefaultConfig()}
	col := func(i int, t types.Type) expr.Expr { return &expr.Col{ID: i, T: t} }
	f := operators.NewFilter(ctx, in.Types(), optest.Call(">", col(1, int4), &expr.Const{D: types.NewInt(100), T: int4}))
	p := operators.NewProject(ctx, []expr.Expr{col(0, int4), optest.Call("+", col(1, int4), col(0, int4)), col(2, text)})
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		err := f.Step(0, in, func(x *batch.Batch) error {
			return p.Step(0, x, func(*batch.Batch) error { n += in.Len(); return nil })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkArrange is a tick of 256 rows into an arrangement that holds 100,000.
func BenchmarkArrange(b *testing.B) {
	s := newBenchStore(b)
	var a *operators.Arrangement
	s.run(b, func() error {
		in := follows(1000, 100)
		a = operators.NewArrangement(in.Types(), operators.Ascending([]int{0}), false, s.maps)
		return load(a, in)
	})
	in := [2]*batch.Batch{posts(256, 1000, 1), posts(256, 1000, -1)}
	n, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		s.run(b, func() error { return load(a, in[i&1]) })
		n += 256
		i++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
