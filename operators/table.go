package operators

import (
	"bytes"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Table maintains the tree of a base table, primary key to image, and offers it as an arrangement. Its input is the
// table's change, checked before: after a tick at most one row stands per key. It emits the change as it comes.
type Table struct {
	Arranged
	rowMap  storage.Map
	changes storage.Changes
	done    bool
}

// NewTable makes the table node. key is the primary key (or the hidden row id). Role: rows.
func NewTable(ts []types.Type, key []OrderCol, maps Maps) *Table {
	t := &Table{rowMap: maps("rows", specTable)}
	t.Arranged = Arranged{Types: ts, Key: key, rows: t.rowMap, put: true}
	return t
}

func (t *Table) Name() string { return "table" }

func (t *Table) Step(_ int, in *batch.Batch, out Out) error {
	if t.done {
		t.EndTick()
	}
	if in.Empty() {
		return nil
	}
	t.collect(in)
	return out(in)
}

// Change is Step for one row: it adds weight w of the row with that primary key and image.
func (t *Table) Change(key, image []byte, w int64) {
	if t.done {
		t.EndTick()
	}
	t.d.add(key, image, w)
}

func (t *Table) Finish(Out) error {
	if t.done {
		t.EndTick()
	}
	t.done = true
	t.d.seal()
	if t.d.len() == 0 {
		return nil
	}
	t.changes.Over(t.d.buf)
	for i := 0; i < t.d.len(); {
		end := t.d.group(i)
		t.apply(i, end)
		i = end
	}
	t.d.put(t.rowMap, &t.changes)
	return nil
}

// apply turns the changes i to end of one key into one: the row that was added stands, or none does.
func (t *Table) apply(i, end int) {
	for j := i; j < end; j++ {
		if e := &t.d.ents[j]; e.w > 0 {
			t.changes.AddSpan(e.off, int(e.klen), int(e.n-e.klen), 1)
			return
		}
	}
	// A deletion that matches nothing stored would be a bug of the caller; it deletes nothing then.
	if v, _, ok := t.rowMap.Get(t.d.key(i)); ok && bytes.Equal(v, t.d.image(i)) {
		e := &t.d.ents[i]
		t.changes.AddSpan(e.off, int(e.klen), 0, -1)
	}
}

// EndTick forgets the tick's change: New and Old are the same from now on.
func (t *Table) EndTick() {
	t.d.reset()
	t.derr.reset()
	t.done = false
}
