package operators_test

import (
	"fmt"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/operators/optest"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// rows makes a delta of one int4 column.
func rows(w int64, vs ...int64) *batch.Batch {
	b := batch.New([]types.Type{int4}, len(vs))
	for _, v := range vs {
		b.AppendRow([]types.Datum{types.NewInt(v)}, w)
	}
	return b
}

func keyOf(v int64) []byte { return types.AppendKey(nil, int4, types.NewInt(v), false, false) }

// read drains a probe: each row as weight and value.
func read(t *testing.T, p *operators.Probe) (s string) {
	t.Helper()
	defer p.Close()
	for p.Next() {
		b := batch.New([]types.Type{int4}, 1)
		if _, err := b.AppendFromImage(p.Image(), p.Weight()); err != nil {
			t.Fatal(err)
		}
		s += fmt.Sprintf("%+d*%d ", p.Weight(), b.Cols[0].Ints[0])
	}
	return s
}

// finish collects what a tick of an operator emits.
func finish(t *testing.T, op operators.Operator) *optest.Rel {
	t.Helper()
	out := optest.NewRel([]types.Type{int4})
	if err := op.Finish(func(b *batch.Batch) error { out.Add(b); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// The example of Side: a scan of two rows a tick over a table that changes.
func TestScanSlices(t *testing.T) {
	table := operators.NewTable([]types.Type{int4}, operators.Ascending([]int{0}), optest.MemMaps)
	var s *operators.Scan
	for i, x := range []struct {
		in   []*batch.Batch
		want string
		done bool
	}{
		{[]*batch.Batch{rows(1, 1, 2, 3, 4)}, "+1 (1)\n+1 (2)", false},
		{[]*batch.Batch{rows(-1, 1, 4)}, "+1 (3)\n-1 (1)", true},
		{[]*batch.Batch{rows(1, 0, 9)}, "+1 (0)\n+1 (9)", true},
		{[]*batch.Batch{rows(-1, 2), rows(1, 2)}, "", true},
	} {
		for _, in := range x.in {
			if err := table.Step(0, in, func(*batch.Batch) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Finish(nil); err != nil {
			t.Fatal(err)
		}
		if s == nil {
			s = operators.NewScan(operators.NewScanSide(&table.Arranged, func() int { return 2 }, optest.MemMaps))
		}
		if got := finish(t, s).String(); got != x.want || s.Side.Done() != x.done {
			t.Errorf("tick %d: done %t, delta\n%s\nwant %t,\n%s", i+1, s.Side.Done(), got, x.done, x.want)
		}
		table.EndTick()
	}
}

// Old is New without the tick's change, for both forms of arrangements, and for a whole key as for a prefix.
func TestOldAndNew(t *testing.T) {
	arr := operators.NewArrangement([]types.Type{int4}, operators.Ascending([]int{0}), false, optest.MemMaps)
	table := operators.NewTable([]types.Type{int4}, operators.Ascending([]int{0}), optest.MemMaps)
	for _, x := range []struct {
		op operators.Ticker
		a  *operators.Arranged
	}{{arr, &arr.Arranged}, {table, &table.Arranged}} {
		for _, in := range []*batch.Batch{rows(1, 1, 2, 3), nil, rows(-1, 2), rows(1, 5)} {
			if in == nil {
				if err := x.op.Finish(nil); err != nil {
					t.Fatal(err)
				}
				x.op.EndTick()
				continue
			}
			if err := x.op.Step(0, in, func(*batch.Batch) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.op.Finish(nil); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			p    *operators.Probe
			want string
		}{
			{x.a.Old(nil, 0), "+1*1 +1*2 +1*3 "},
			{x.a.New(nil, 0), "+1*1 +1*3 +1*5 "},
			{x.a.Old(keyOf(2), 1), "+1*2 "},
			{x.a.New(keyOf(2), 1), ""},
			{x.a.Old(keyOf(5), 1), ""},
			{x.a.New(keyOf(5), 1), "+1*5 "},
			{x.a.Old(keyOf(4), 1), ""},
		} {
			if got := read(t, c.p); got != c.want {
				t.Errorf("%s: got %q, want %q", x.op.Name(), got, c.want)
			}
		}
		x.op.EndTick()
		if got := read(t, x.a.Old(nil, 0)); got != "+1*1 +1*3 +1*5 " {
			t.Errorf("%s after the tick: Old is %q", x.op.Name(), got)
		}
	}
}

// A pinned snapshot is read by the same operators while the store goes on: rows by a scan and a join, errors once.
func TestSnapshot(t *testing.T) {
	store := storage.NewTemp(nil)
	defer store.Close()
	var ids []storage.ID
	maps := func(_ string, spec storage.Spec) storage.Map {
		ids = append(ids, store.Create(spec))
		return store.Map(ids[len(ids)-1])
	}
	ts := []types.Type{int4}
	key := operators.Ascending([]int{0})
	store.Begin(1)
	live := operators.NewArrangement(ts, key, true, maps)
	in := rows(1, 1, 2, 2, 3)
	in.Errs = append(in.Errs, batch.ErrRow{Err: sqlerr.New(sqlerr.DivisionByZero, "division by zero"), W: 1,
		Cols: []types.Datum{types.NewInt(7)}, Known: []bool{true}})
	if err := load(live, in); err != nil {
		t.Fatal(err)
	}
	store.Publish(store.Seal())
	snap := store.Pin()
	defer snap.Close()
	store.Begin(2)
	live.EndTick()
	if err := load(live, rows(-1, 1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	store.Publish(store.Seal())

	a := operators.Snapshot(ts, key, false, operators.SnapshotTree(snap, ids[0]), operators.SnapshotTree(snap, ids[1]))
	rate := func() int { return 2 }
	scan := operators.NewScan(operators.NewScanSide(a, rate, optest.MemMaps))
	join := operators.NewJoin(&expr.Ctx{}, operators.JoinSpec{Kind: operators.Semi, NKeys: 1,
		L: operators.NewScanSide(a, rate, optest.MemMaps), R: operators.NewStandingSide(a, optest.MemMaps)}, optest.MemMaps)
	for _, x := range []struct {
		op   operators.Operator
		want []string
	}{
		{scan, []string{"+1 (1)\n+1 error 22012 at (7)\n+2 (2)", "+1 (3)", ""}},
		{join, []string{"+1 (1)\n+2 (2)\n+2 error 22012 at (7)", "+1 (3)", ""}},
	} {
		for i, want := range x.want {
			if got := finish(t, x.op).String(); got != want {
				t.Errorf("%s, tick %d: got\n%s\nwant\n%s", x.op.Name(), i+1, got, want)
			}
		}
	}
}
