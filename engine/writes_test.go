package engine

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// fixture is a table t (a int8, b text, c int8, PRIMARY KEY (c, a)) with a unique index on b DESC NULLS FIRST, c, over a store.
type fixture struct {
	e     *Engine
	store *storage.Store
	sn    *Snapshot
	t     *catalog.Table
	x     *catalog.Index
	types []types.Type
}

func newFixture(tb testing.TB, rows [][]types.Datum) *fixture {
	f := &fixture{e: new(Engine), store: storage.NewTemp(nil)}
	f.t = &catalog.Table{ID: 20000, Schema: "public", Name: "t", PrimaryKey: []int{2, 0}, PrimaryKeyName: "t_pkey", Columns: []catalog.Column{
		{Name: "a", Type: types.Of(types.Int8)}, {Name: "b", Type: types.Of(types.Text)}, {Name: "c", Type: types.Of(types.Int8)}}}
	f.x = &catalog.Index{ID: 20001, Schema: "public", Name: "t_b_c_idx", On: f.t.ID, Unique: true,
		Columns: []catalog.IndexColumn{{Col: 1, Desc: true, NullsFirst: true}, {Col: 2}}}
	for _, c := range f.t.Columns {
		f.types = append(f.types, c.Type)
	}
	f.store.Begin(1)
	f.t.Tree = f.store.Create(storage.Spec{Ordered: true, Published: true, Put: true})
	f.x.Tree = f.store.Create(storage.Spec{Ordered: true, Published: true})
	var table, index storage.Changes
	for _, row := range rows {
		table.Add([]byte(f.key(row)), []byte(f.image(row)), 1)
		index.Add([]byte(f.entry(row)), nil, 1)
	}
	f.store.Map(f.t.Tree).Apply(&table)
	f.store.Map(f.x.Tree).Apply(&index)
	f.store.Publish(f.store.Seal())
	f.sn = &Snapshot{Tick: 1, Catalog: catalog.New().With(f.t, f.x), Store: f.store.Pin()}
	tb.Cleanup(func() {
		f.sn.Store.Close()
		if err := f.store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return f
}

func (f *fixture) key(row []types.Datum) string {
	var k []byte
	for _, c := range f.t.PrimaryKey {
		k = types.AppendKey(k, f.types[c], row[c], false, false)
	}
	return string(k)
}

func (f *fixture) image(row []types.Datum) string {
	return string(batch.AppendRowImage(nil, f.types, row))
}

// indexed is the key of a row in the index, entry the whole entry.
func (f *fixture) indexed(row []types.Datum) string {
	var k []byte
	for _, c := range f.x.Columns {
		k = types.AppendKey(k, f.types[c.Col], row[c.Col], c.Desc, c.NullsFirst)
	}
	return string(k)
}

func (f *fixture) entry(row []types.Datum) string { return f.indexed(row) + f.image(row) }

func row(a int, b string, c int) []types.Datum {
	r := []types.Datum{types.NewInt(int64(a)), types.NewString(b), types.NewInt(int64(c))}
	if b == "" {
		r[1] = types.Null
	}
	return r
}

// show prints a row; nil is none.
func show(x []types.Datum) string {
	if x == nil {
		return "none"
	}
	return fmt.Sprintf("(%d, %.20q, %d)", x[0].Int(), x[1].String(), x[2].Int())
}

// rows are a table's, by primary key. A row does not change.
type rows map[string][]types.Datum

// state is what a transaction should see at one point.
type state struct {
	rows      rows
	truncated bool
}

type run struct {
	*testing.T
	*rand.Rand
	*fixture
	seed, step int
	base       rows
	now        state
	w          *Writes
	marks      []mark
	held       []heldReader
}

type mark struct {
	mark int
	was  state
}

func (r *run) failf(format string, args ...any) {
	r.Helper()
	r.Fatalf("seed %d step %d: %s\nagain: go test ./engine -run '%s'", r.seed, r.step, fmt.Sprintf(format, args...), r.Name())
}

func (r *run) row() []types.Datum {
	b := ""
	switch r.Intn(8) {
	case 0:
	case 1:
		b = fmt.Sprintf("%0*d", 500+r.Intn(5000), r.Intn(9))
	default:
		b = fmt.Sprintf("b%d", r.Intn(60))
	}
	return row(r.Intn(200)-20, b, r.Intn(3))
}

// standing is a row that the transaction sees; nil: there is none.
func (r *run) standing() []types.Datum {
	if len(r.now.rows) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(r.now.rows))
	return r.now.rows[keys[r.Intn(len(keys))]]
}

// ownsLive tells whether w holds a row of the key itself.
func (r *run) ownsLive(key string) bool {
	set := r.w.table(r.t).set
	k := set.find(hashOf([]byte(key)), []byte(key))
	return k >= 0 && set.newImage(set.rec(k)) != nil
}

func (r *run) change() {
	switch n := r.Intn(100); {
	case n < 35:
		r.insert(r.row())
	case n < 60:
		if old := r.standing(); old != nil {
			r.update(old)
		}
	case n < 80:
		if old := r.standing(); old != nil {
			r.ok(r.w.Delete(r.t, old))
			delete(r.now.rows, r.key(old))
		}
	case n < 85:
		r.insertBatch()
	case n < 86:
		r.w.Truncate(r.t)
		r.now = state{rows: rows{}, truncated: true}
	case n < 95:
		r.marks = append(r.marks, mark{r.w.Mark(), state{maps.Clone(r.now.rows), r.now.truncated}})
	case len(r.marks) > 0:
		i := r.Intn(len(r.marks))
		m := r.marks[i]
		r.marks = r.marks[:i+1]
		r.w.Cut(m.mark)
		r.now = state{maps.Clone(m.was.rows), m.was.truncated}
	}
}

func (r *run) ok(err error) {
	r.Helper()
	if err != nil {
		r.failf("%v", err)
	}
}

// insert inserts a row; one whose key only the store has is not tried, as the caller would have found it.
func (r *run) insert(x []types.Datum) {
	key := r.key(x)
	if r.now.rows[key] != nil && !r.ownsLive(key) {
		return
	}
	err := r.w.Insert(r.t, x)
	if r.now.rows[key] != nil {
		if sqlerr.CodeOf(err) != sqlerr.UniqueViolation {
			r.failf("insert of a key that is there: %v", err)
		}
		return
	}
	r.ok(err)
	r.now.rows[key] = x
}

func (r *run) update(old []types.Datum) {
	x := r.row()
	if r.Intn(3) > 0 {
		x[0], x[2] = old[0], old[2]
	}
	if r.Intn(6) == 0 && r.base[r.key(old)] != nil {
		x = r.base[r.key(old)] // back to what it was
	}
	from, to := r.key(old), r.key(x)
	if from != to && r.now.rows[to] != nil && !r.ownsLive(to) {
		return
	}
	err := r.w.Update(r.t, old, x)
	if from != to && r.now.rows[to] != nil {
		if sqlerr.CodeOf(err) != sqlerr.UniqueViolation {
			r.failf("update to a key that is there: %v", err)
		}
		return
	}
	r.ok(err)
	delete(r.now.rows, from)
	r.now.rows[to] = x
}

func (r *run) insertBatch() {
	b := batch.New(r.types, 0)
	fresh := rows{}
	for range r.Intn(400) {
		x := row(1000+r.Intn(3000), "batch", r.Intn(3))
		if k := r.key(x); r.now.rows[k] == nil && fresh[k] == nil {
			fresh[k] = x
			b.AppendRow(x, 1)
		}
	}
	r.ok(r.w.InsertBatch(r.t, b))
	maps.Copy(r.now.rows, fresh)
}

// checkChanges compares each, find and the counts.
func (r *run) checkChanges() {
	base := r.base
	if r.now.truncated {
		base = nil
	}
	want := map[string][2]string{}
	for k, x := range base {
		if y := r.now.rows[k]; y == nil || r.image(y) != r.image(x) {
			want[k] = [2]string{r.image(x), ""}
		}
	}
	for k, y := range r.now.rows {
		if x := base[k]; x == nil || r.image(x) != r.image(y) {
			want[k] = [2]string{want[k][0], r.image(y)}
		}
	}
	got := map[string][2]string{}
	r.ok(r.w.each(r.t.ID, func(c change) error {
		if (c.old == nil) != (len(c.old) == 0) || (c.new == nil) != (len(c.new) == 0) {
			return errors.New("an image that is empty but not nil")
		}
		got[string(c.key)] = [2]string{string(c.old), string(c.new)}
		return nil
	}))
	if !maps.Equal(got, want) {
		r.failf("changes: got %d, want %d: %q, want %q", len(got), len(want), got, want)
	}
	for k, v := range want {
		c, ok := r.w.changed(r.t.ID, hashOf([]byte(k)), []byte(k))
		if !ok || string(c.old) != v[0] || string(c.new) != v[1] {
			r.failf("find %q: %q, want %q", k, [][]byte{c.old, c.new}, v)
		}
	}
	if rowsOf(r.w) != len(want) || r.w.truncated(r.t.ID) != r.now.truncated {
		r.failf("%d rows, truncated %v; want %d, %v", rowsOf(r.w), r.w.truncated(r.t.ID), len(want), r.now.truncated)
	}
	if touched := len(want) > 0 || r.now.truncated; touched && (r.w.Empty() || !r.w.Touches(r.t.ID) || len(r.w.tables()) != 1) {
		r.failf("changes, but Empty")
	}
}

// checkLookups looks up rows that are there, and some that may not be, by both keys.
func (r *run) checkLookups() {
	for range 10 {
		x := r.row()
		if y := r.standing(); y != nil && r.Intn(2) == 0 {
			x = y
		}
		got, ok, err := r.w.Lookup(r.sn, r.t, 0, []types.Datum{x[2], x[0]})
		r.ok(err)
		want := r.now.rows[r.key(x)]
		if ok != (want != nil) || ok && r.image(got) != r.image(want) {
			r.failf("lookup of %s: %s, want %s", show(x), show(got), show(want))
		}
		got, ok, err = r.w.Lookup(r.sn, r.t, r.x.ID, []types.Datum{x[1], x[2]})
		r.ok(err)
		there := false
		for _, y := range r.now.rows {
			there = there || !x[1].IsNull() && r.indexed(y) == r.indexed(x)
		}
		if ok != there {
			r.failf("lookup of %s in the index: %v, want %v", show(x), ok, there)
		}
		if !ok {
			continue
		}
		if y := r.now.rows[r.key(got)]; r.indexed(got) != r.indexed(x) || y == nil || r.image(y) != r.image(got) {
			r.failf("lookup of %s in the index: %s, but the table has %s", show(x), show(got), show(y))
		}
	}
}

func TestWrites(t *testing.T) {
	for seed := range 8 {
		r := &run{T: t, Rand: rand.New(rand.NewSource(int64(seed))), seed: seed}
		r.base = rows{}
		r.fixture = newFixture(t, nil)
		for range []int{0, 3, 150, 150}[seed%4] {
			x := r.row()
			r.base[r.key(x)] = x
		}
		r.fixture = newFixture(t, slices.Collect(maps.Values(r.base)))
		for range 6 { // transactions
			r.w, r.marks, r.held = r.e.NewWrites(), nil, nil
			r.now = state{rows: maps.Clone(r.base)}
			every := 1 + r.Intn(20)
			for range r.Intn(250) {
				r.step++
				r.change()
				if r.Intn(every) == 0 {
					r.checkChanges()
					r.checkLookups()
					r.checkReaders()
				}
			}
			r.checkHeld()
			r.w.Cut(0)
			if !r.w.Empty() || r.w.Touches(r.t.ID) || len(r.w.tables()) != 0 || rowsOf(r.w) != 0 {
				r.failf("not empty after all was cut")
			}
		}
	}
}

// rowsOf is the number of changed rows of a transaction.
func rowsOf(w *Writes) int {
	_, size := appendWrites(nil, w)
	return size.rows
}

func TestDuplicateKey(t *testing.T) {
	f := newFixture(t, nil)
	f.t.Columns[0].Name = "A a"
	w := f.e.NewWrites()
	if err := w.Insert(f.t, row(1, "x", 2)); err != nil {
		t.Fatal(err)
	}
	b := batch.New(f.types, 0)
	b.AppendRow(row(1, "y", 2), 1)
	for name, err := range map[string]error{
		"insert": w.Insert(f.t, row(1, "", 2)),
		"update": w.Update(f.t, row(7, "", 7), row(1, "", 2)),
		"batch":  w.InsertBatch(f.t, b),
	} {
		e := sqlerr.From(err)
		if e == nil || e.Code != "23505" || e.Message != `duplicate key value violates unique constraint "t_pkey"` ||
			e.Detail != `Key (c, "A a")=(2, 1) already exists.` || e.Table != "t" || e.Constraint != "t_pkey" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if n := rowsOf(w); n != 1 {
		t.Errorf("%d rows after failures", n)
	}
	e := sqlerr.From(DuplicateKey(f.sn.Catalog, f.t, f.x.ID, row(1, "x, y", 2)))
	if e.Message != `duplicate key value violates unique constraint "t_b_c_idx"` || e.Detail != `Key (b, c)=(x, y, 2) already exists.` ||
		e.Constraint != "t_b_c_idx" {
		t.Errorf("%+v", e)
	}
}

// TestRowIDs inserts into a table without a primary key: equal rows are as many rows, and every one has its id.
func TestRowIDs(t *testing.T) {
	e := new(Engine)
	int8 := types.Of(types.Int8)
	tab := &catalog.Table{ID: 20000, Name: "t", PrimaryKey: []int{1}, Columns: []catalog.Column{
		{Name: "a", Type: int8}, {Name: "#rowid", Type: int8, NotNull: true, Hidden: true}}}
	w := e.NewWrites()
	given := []types.Datum{types.NewInt(5), types.Null}
	for range 2 {
		if err := w.Insert(tab, given); err != nil {
			t.Fatal(err)
		}
	}
	if !given[1].IsNull() {
		t.Error("the caller's row has changed")
	}
	without, with := batch.New([]types.Type{int8}, 0), batch.New([]types.Type{int8, int8}, 0)
	without.AppendRow([]types.Datum{types.NewInt(5)}, 3)
	with.AppendRow([]types.Datum{types.NewInt(5), types.Null}, 2)
	with.AppendRow([]types.Datum{types.NewInt(5), types.NewInt(77)}, 1)
	for _, b := range []*batch.Batch{without, with} {
		if err := w.InsertBatch(tab, b); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[int64]bool{}
	if err := w.each(tab.ID, func(c change) error {
		row, err := decodeRow([]types.Type{int8, int8}, c.new)
		if err != nil {
			return err
		}
		if row[0].Int() != 5 || row[1].IsNull() {
			t.Errorf("row %v", row)
		}
		ids[row[1].Int()] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(ids) != 8 || !ids[77] {
		t.Errorf("row ids %v", ids)
	}
}

func TestRowTooLarge(t *testing.T) {
	f := newFixture(t, nil)
	w := f.e.NewWrites()
	huge := []types.Datum{types.NewInt(1), types.NewBytes(make([]byte, storage.MaxEntry)), types.NewInt(1)}
	small := row(1, "", 1)
	b := batch.New(f.types, 0)
	b.AppendRow(huge, 1)
	for name, err := range map[string]error{"insert": w.Insert(f.t, huge), "update": w.Update(f.t, small, huge), "batch": w.InsertBatch(f.t, b)} {
		if sqlerr.CodeOf(err) != sqlerr.ProgramLimitExceeded {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !w.Empty() {
		t.Error("something was kept")
	}
}

// TestCutMany cuts across growth of the hash index and of the chunks, so that what stays must be found and what went must not.
func TestCutMany(t *testing.T) {
	f := newFixture(t, nil)
	w := f.e.NewWrites()
	fill := func(from, to int) {
		b := batch.New(f.types, to-from)
		for i := from; i < to; i++ {
			b.AppendRow(row(i, "some text", 1), 1)
		}
		if err := w.InsertBatch(f.t, b); err != nil {
			t.Fatal(err)
		}
	}
	check := func(n, outside int) {
		t.Helper()
		for i := range outside {
			key := []byte(f.key(row(i, "", 1)))
			if c, ok := w.changed(f.t.ID, hashOf(key), key); ok != (i < n) || ok && string(c.new) != f.image(row(i, "some text", 1)) {
				t.Fatalf("%d rows: row %d: %q %v", n, i, c.new, ok)
			}
		}
		if rowsOf(w) != n {
			t.Fatalf("%d rows, want %d", rowsOf(w), n)
		}
	}
	fill(0, 3000)
	size := w.bytes()
	first := w.Mark()
	fill(3000, 9000)
	second := w.Mark()
	fill(9000, 30000)
	check(30000, 31000)
	w.Cut(second)
	check(9000, 31000)
	fill(9000, 20000)
	w.Cut(first)
	check(3000, 21000)
	if n := w.bytes(); n > 2*size+1<<20 {
		t.Errorf("%d bytes after the cut, %d before what was cut", n, size)
	}
	w.Cut(0)
	check(0, 5000)
	fill(0, 10000)
	check(10000, 10001)
}

func BenchmarkInsertBatch(b *testing.B) {
	const n, slice = 1 << 20, 4096
	ts := []types.Type{types.Of(types.Int8), types.Of(types.Text), types.Of(types.Int8)}
	f := newFixture(b, nil)
	f.t.PrimaryKey = []int{0}
	var batches []*batch.Batch
	for from := 0; from < n; from += slice {
		x := batch.New(ts, slice)
		for i := range slice {
			x.AppendRow(row(from+i, "some text of a row", i), 1)
		}
		batches = append(batches, x)
	}
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			w := f.e.NewWrites()
			for _, x := range batches {
				if err := w.InsertBatch(f.t, x); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(w.bytes())/n, "bytes/row")
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
	})
	// What one pass over the data costs at least: the images and nothing else.
	b.Run("images", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			for _, x := range batches {
				for i := range x.Len() {
					buf = x.AppendImage(x.AppendKey(buf[:0], i, f.t.PrimaryKey), i, nil)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
	})
}
