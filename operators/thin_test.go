package operators

import (
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// TestThin: a thin arrangement stores keys, finds the rows as they are and as they were, and stores nothing for an update of another column.
func TestThin(t *testing.T) {
	store := storage.NewTemp(nil)
	defer store.Close()
	maps := func(_ string, spec storage.Spec) storage.Map { return store.Map(store.Create(spec)) }
	ts := []types.Type{types.Of(types.Int4), types.Of(types.Int4), types.Of(types.Text)}
	store.Begin(1)
	table := NewTable(ts, Ascending([]int{0}), maps)
	thin := NewThin(NewSide(&table.Arranged), []int{1}, maps)
	tick := func(rows ...any) {
		t.Helper()
		b := batch.New(ts, 0)
		for i := 0; i < len(rows); i += 4 {
			b.AppendRow([]types.Datum{types.NewInt(int64(rows[i].(int))), types.NewInt(int64(rows[i+1].(int))), types.NewBytes([]byte(rows[i+2].(string)))}, int64(rows[i+3].(int)))
		}
		none := func(*batch.Batch) error { return nil }
		for _, err := range []error{table.Step(0, b, none), table.Finish(none), thin.Finish(none)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(p *Probe) (s string) {
		t.Helper()
		defer p.Close()
		row := batch.New(ts, 0)
		for p.Next() {
			if _, err := row.AppendFromImage(p.Image(), p.Weight()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range row.Len() {
			s += string(row.Cols[2].Bytes(i)) + " "
		}
		return s
	}
	key := types.AppendKey(nil, ts[1], types.NewInt(7), false, false)
	tick(1, 7, "a", 1, 2, 7, "b", 1)
	bytes := thin.rowMap.Bytes()
	tick(2, 7, "b", -1, 2, 7, "c", 1, 3, 8, "d", 1)
	if now, was := read(thin.New(key, 1)), read(thin.Old(key, 1)); now != "a c " || was != "a b " {
		t.Errorf("rows %q, before %q", now, was)
	}
	if thin.rowMap.Len() != 3 || thin.rowMap.Bytes() != bytes {
		t.Errorf("%d entries, want 3", thin.rowMap.Len())
	}
	if n := thin.d.len(); n != 3 {
		t.Errorf("%d changes, want 3", n)
	}
	store.Publish(store.Seal())
}
