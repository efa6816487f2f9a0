package engine

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// TestLedger compares the ledger with the list of all accepted transactions: for every key, the newest state by one that is not settled; of what
// is settled, it may say either. A transaction in five counts as large, some change nothing of a row that they touch. With half of the seeds all rows
// of a small ledger share one place.
func TestLedger(t *testing.T) {
	f := newFixture(t, nil)
	for seed := range 30 {
		rng := rand.New(rand.NewSource(int64(seed)))
		keys := 1 << rng.Intn(12)
		l := ledger{recent: make([]touch, minRecent)}
		hash := func(key []byte) uint32 {
			h := hashOf(key)
			for seed%2 == 0 {
				if at, _ := l.place(f.t.ID, h); at == (*[ways]touch)(l.recent) {
					break
				}
				h++
			}
			return h
		}
		var accepted []*pending
		settled, held := 0, 0
		for step := range 300 {
			switch n := rng.Intn(10); {
			case n < 5:
				p := ledgerWrites(f, rng, keys, hash)
				if rng.Intn(5) == 0 {
					p.size.disputed += largeCommit + 1
				}
				l.enter(p, nil)
				accepted = append(accepted, p)
			case n < 8 && settled < len(accepted):
				for range 1 + rng.Intn(len(accepted)-settled) {
					l.settle(accepted[settled], storage.Tick(step))
					settled++
				}
			case held > 0:
				l.keep(-1)
				held--
			default:
				l.keep(1)
				held++
			}
			for range 20 {
				r := row(rng.Intn(keys), "x", 1)
				key := []byte(f.key(r))
				image, known := l.row(f.t.ID, hash(key), key)
				want := lastChange(accepted, f, hash(key), key)
				if known && (want < 0 || string(image) != lastImage(accepted[want], f, hash(key), key)) || !known && want >= settled {
					t.Fatalf("seed %d, step %d: key %q: %q %v, want that of transaction %d; settled %d", seed, step, key, image, known, want, settled)
				}
			}
		}
		for ; held > 0; held-- {
			l.keep(-1)
		}
		for ; settled < len(accepted); settled++ {
			l.settle(accepted[settled], 1000)
		}
		if len(l.open) != 0 || len(l.large) != 0 || l.rows != 0 || len(l.writing) != 0 {
			t.Fatalf("seed %d: left over: %+v", seed, l)
		}
	}
}

// ledgerWrites is a transaction that inserts, deletes, or leaves rows as they were.
func ledgerWrites(f *fixture, rng *rand.Rand, keys int, hash func(key []byte) uint32) *pending {
	w := f.e.NewWrites()
	tw := w.table(f.t)
	for range 1 + rng.Intn(40) {
		r := row(rng.Intn(keys), fmt.Sprint(rng.Intn(100)), 1)
		key, image := []byte(f.key(r)), []byte(f.image(r))
		h := hash(key)
		if tw.set.find(h, key) >= 0 {
			continue
		}
		switch rng.Intn(3) {
		case 0:
			w.add(tw, h, key, nil, image)
		case 1:
			w.add(tw, h, key, image, nil)
		default:
			w.add(tw, h, key, image, image)
		}
	}
	p := &pending{writes: w}
	p.entry, p.size = appendWrites(nil, w)
	return p
}

// lastChange is the last transaction that changed a key, -1: none.
func lastChange(accepted []*pending, f *fixture, hash uint32, key []byte) int {
	for i := len(accepted) - 1; i >= 0; i-- {
		if _, ok := accepted[i].writes.changed(f.t.ID, hash, key); ok {
			return i
		}
	}
	return -1
}

func lastImage(p *pending, f *fixture, hash uint32, key []byte) string {
	c, _ := p.writes.changed(f.t.ID, hash, key)
	return string(c.new)
}

// TestLargeAgainstLarge: of two large transactions that changed the same row from the same state, one has lost, also where rows have no key but
// their ids. New rows of two transactions never collide there.
func TestLargeAgainstLarge(t *testing.T) {
	f := newFixture(t, nil)
	f.t.PrimaryKey = []int{2}
	f.t.Columns[2].Hidden = true
	cat := f.sn.Catalog.Without(f.t.ID).With(f.t)
	large := func(change func(w *Writes)) *pending {
		w := f.e.NewWrites()
		change(w)
		p := &pending{writes: w}
		p.entry, p.size = appendWrites(nil, w)
		p.size.disputed += largeCommit + 1
		return p
	}
	update := func(w *Writes) {
		if err := w.Update(f.t, row(1, "x", 7), row(2, "x", 7)); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(w *Writes) {
		if err := w.Insert(f.t, []types.Datum{types.NewInt(1), types.Null, types.Null}); err != nil {
			t.Fatal(err)
		}
	}
	var l ledger
	l.enter(large(update), nil)
	l.enter(large(insert), nil)
	for name, c := range map[string]struct {
		change func(w *Writes)
		code   sqlerr.Code
	}{"update": {update, sqlerr.SerializationFailure}, "insert": {insert, ""}} {
		v := validation{p: large(c.change), c: &Commit{}}
		if err := v.against(cat, &l); err != nil && sqlerr.CodeOf(err) != c.code || err == nil && c.code != "" {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// TestNewRowsOfTheirOwn: rows whose ids are new are not entered, those that stood are.
func TestNewRowsOfTheirOwn(t *testing.T) {
	f := newFixture(t, nil)
	f.t.PrimaryKey = []int{2}
	f.t.Columns[2].Hidden = true
	w := f.e.NewWrites()
	b := batch.New(f.types, 3)
	for i := range int64(3) {
		b.AppendRow([]types.Datum{types.NewInt(i), types.Null, types.Null}, 1)
	}
	if err := w.InsertBatch(f.t, b); err != nil {
		t.Fatal(err)
	}
	disputed := func() (keys []string) {
		_ = w.disputable(f.t.ID, func(c change) error { keys = append(keys, string(c.key)); return nil })
		if _, size := appendWrites(nil, w); size.disputed != len(keys) {
			t.Errorf("disputed are %d rows, counted %d", len(keys), size.disputed)
		}
		return keys
	}
	if got := disputed(); len(got) != 0 {
		t.Errorf("new rows are disputed: %q", got)
	}
	stood := row(7, "x", 70)
	if err := w.Delete(f.t, stood); err != nil {
		t.Fatal(err)
	}
	if got := disputed(); len(got) != 1 || got[0] != f.key(stood) {
		t.Errorf("disputed are %q, want only %q", got, f.key(stood))
	}
}
