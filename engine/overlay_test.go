package engine

import (
	"fmt"
	"slices"
	"sort"
	"testing"

	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// pair is an entry that a reader shows.
type pair struct{ key, value string }

// heldReader is a reader that was opened a while ago and must not see what happened since.
type heldReader struct {
	reader operators.Reader
	want   []pair
	step   int
}

func (r *run) wantTable() []pair {
	var out []pair
	for k, x := range r.now.rows {
		out = append(out, pair{k, r.image(x)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

func (r *run) wantIndex() []pair {
	var out []pair
	for _, x := range r.now.rows {
		out = append(out, pair{r.entry(x), ""})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

func (r *run) checkReaders() {
	table, index := r.w.tableReader(r.sn, r.t), r.w.indexReader(r.sn, r.t, r.x)
	r.checkReader("table", table, r.wantTable())
	r.checkReader("index", index, r.wantIndex())
	if len(r.held) < 6 {
		r.held = append(r.held, heldReader{table, r.wantTable(), r.step}, heldReader{index, r.wantIndex(), r.step})
	}
	r.checkHeld()
}

func (r *run) checkHeld() {
	for _, h := range r.held {
		r.checkReader(fmt.Sprintf("reader of step %d", h.step), h.reader, h.want)
	}
}

// checkReader reads all forwards and backwards, then walks at random, then looks keys up.
func (r *run) checkReader(name string, reader operators.Reader, want []pair) {
	r.Helper()
	it := reader.Iter()
	defer it.Close()
	var up, down []pair
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		up = append(up, here(it))
	}
	for ok := it.SeekLT(nil); ok; ok = it.Prev() {
		down = append(down, here(it))
	}
	slices.Reverse(down)
	if !slices.Equal(up, want) || !slices.Equal(down, want) {
		r.failf("%s: up %q, down %q, want %q", name, up, down, want)
	}
	r.walk(name, it, want)
	for range 5 {
		key := r.someKey(want)
		i, there := find(want, key)
		v, weight, ok := reader.Get([]byte(key))
		if ok != there || ok && (string(v) != want[i].value || weight != 1) {
			r.failf("%s: Get %q: %q %d %v, want %v", name, key, v, weight, ok, there)
		}
	}
}

func here(it storage.Iterator) pair {
	if it.Weight() != 1 {
		return pair{fmt.Sprintf("weight %d", it.Weight()), ""}
	}
	return pair{string(it.Key()), string(it.Value())}
}

func find(l []pair, key string) (int, bool) {
	i := sort.Search(len(l), func(i int) bool { return l[i].key >= key })
	return i, i < len(l) && l[i].key == key
}

// someKey is the key of an entry that is there, was or could be, or beside it.
func (r *run) someKey(want []pair) string {
	var key string
	switch x := r.row(); {
	case len(want) > 0 && r.Intn(2) == 0:
		key = want[r.Intn(len(want))].key
	case r.Intn(2) == 0:
		key = r.key(x)
	default:
		key = r.entry(x)
	}
	switch r.Intn(6) {
	case 0:
		key += "\x00"
	case 1:
		key = key[:len(key)-1]
	}
	return key
}

// walk moves at random and turns on the way.
func (r *run) walk(name string, it storage.Iterator, want []pair) {
	r.Helper()
	at, ok := -1, false
	trace := ""
	for range 60 {
		switch n := r.Intn(10); {
		case n == 0 || !ok && n < 5:
			key := r.someKey(want)
			trace += fmt.Sprintf(" SeekGE(%.20q)", key)
			ok = it.SeekGE([]byte(key))
			at, _ = find(want, key)
		case n == 1 || !ok:
			key := r.someKey(want)
			trace += fmt.Sprintf(" SeekLT(%.20q)", key)
			ok = it.SeekLT([]byte(key))
			at, _ = find(want, key)
			at--
		case n < 6:
			trace += " Next"
			ok = it.Next()
			at++
		default:
			trace += " Prev"
			ok = it.Prev()
			at--
		}
		if there := at >= 0 && at < len(want); ok != there || ok && here(it) != want[at] {
			r.failf("%s:%s: %v, want %v", name, trace, ok, there)
		}
		if !ok && (it.Next() || it.Prev()) {
			r.failf("%s:%s: moves from nowhere", name, trace)
		}
	}
}

// TestOverlayShares makes many changes with a read after each: a new version costs the chunks that changed, not all of them.
func TestOverlayShares(t *testing.T) {
	f := newFixture(t, nil)
	w := f.e.NewWrites()
	const n = 5000
	for i := range n {
		if err := w.Insert(f.t, row(i*7919%n, "x", 1)); err != nil {
			t.Fatal(err)
		}
	}
	before := w.tableReader(f.sn, f.t).(*ownReader).over
	if err := w.Update(f.t, row(n/2, "x", 1), row(n/2, "y", 1)); err != nil {
		t.Fatal(err)
	}
	after := w.tableReader(f.sn, f.t).(*ownReader).over
	if len(before.chunks) < n/chunkEntries || len(before.chunks) != len(after.chunks) {
		t.Fatalf("%d chunks, then %d", len(before.chunks), len(after.chunks))
	}
	same := 0
	for i := range before.chunks {
		if &before.chunks[i][0] == &after.chunks[i][0] {
			same++
		}
	}
	if same != len(before.chunks)-1 {
		t.Errorf("%d of %d chunks are shared after one change", same, len(before.chunks))
	}
}

// TestReadBeside reads in another goroutine while the transaction goes on, and back: for the race detector, and what is read stays.
func TestReadBeside(t *testing.T) {
	f := newFixture(t, [][]types.Datum{row(1, "stored", 1), row(2, "stored", 2)})
	w := f.e.NewWrites()
	begin := w.Mark()
	for round := range 3 {
		mark := w.Mark()
		for i := range 600 {
			if err := w.Insert(f.t, row(10+i, "own", round+10)); err != nil {
				t.Fatal(err)
			}
		}
		want := 2 + 600*(round+1)
		done := make(chan string)
		for _, r := range []operators.Reader{w.tableReader(f.sn, f.t), w.indexReader(f.sn, f.t, f.x)} {
			go func() {
				for range 5 {
					n := 0
					it := r.Iter()
					for ok := it.SeekGE(nil); ok; ok = it.Next() {
						n++
					}
					it.Close()
					if n != want {
						done <- fmt.Sprintf("%d rows, want %d", n, want)
						return
					}
				}
				done <- ""
			}()
		}
		fill := func(k int) {
			for i := range 600 {
				if err := w.Insert(f.t, row(10_000+i, "later", k)); err != nil {
					t.Error(err)
				}
			}
		}
		for i := range 600 {
			if err := w.Update(f.t, row(10+i, "own", round+10), row(10+i, "changed", round+10)); err != nil {
				t.Error(err)
			}
		}
		fill(1)
		w.Cut(mark)
		fill(2)
		w.tableReader(f.sn, f.t)
		w.indexReader(f.sn, f.t, f.x)
		w.Truncate(f.t)
		fill(3)
		w.Cut(mark)
		for i := range 600 {
			if err := w.Insert(f.t, row(10+i, "own", round+10)); err != nil {
				t.Error(err)
			}
		}
		for range 2 {
			if problem := <-done; problem != "" {
				t.Error(problem)
			}
		}
	}
	w.Cut(begin)
}

// BenchmarkReadAfterWrite updates a row and opens both readers, in a transaction that has changed many already.
func BenchmarkReadAfterWrite(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFixture(b, nil)
			w := f.e.NewWrites()
			for i := range n {
				if err := w.Insert(f.t, row(i, "x", 1)); err != nil {
					b.Fatal(err)
				}
			}
			for i := 0; b.Loop(); i++ {
				k := i * 7919 % n
				if err := w.Update(f.t, row(k, "x", 1), row(k, "y", i)); err != nil {
					b.Fatal(err)
				}
				if err := w.Delete(f.t, row(k, "y", i)); err != nil {
					b.Fatal(err)
				}
				if err := w.Insert(f.t, row(k, "x", 1)); err != nil {
					b.Fatal(err)
				}
				w.tableReader(f.sn, f.t)
				w.indexReader(f.sn, f.t, f.x)
			}
		})
	}
}
