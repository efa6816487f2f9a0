package operators

import (
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Thin is an arrangement of a base table that keeps keys alone: the join key, then what it has not of the primary key. The row itself is found
// by the primary key in the table's own tree, which is of the same tick. So an entry is small however wide the rows are, and every view that
// joins the table by this key shares it.
//
//	table  1 -> (1, 7, 'a')   2 -> (2, 7, 'b')     by the second column:  7 1    7 2
//
// To its readers it is a table with a longer key. The tick's change has whole rows. An update that leaves the key alone changes nothing that is stored.
type Thin struct {
	Arranged
	from   *Side
	keys   *batch.Batch
	cols   Columns // of keys
	rowMap storage.Map
	c      storage.Changes
	done   bool
}

// NewThin arranges the table that from reads by columns key. Its one input is the side. Role: rows.
func NewThin(from *Side, key []int, maps Maps) *Thin {
	table := from.A
	whole := slices.Clone(key)
	for _, k := range table.Key {
		if !slices.Contains(whole, k.Col) {
			whole = append(whole, k.Col)
		}
	}
	t := &Thin{from: from, keys: batch.New(table.Types, 1), cols: make(Columns, len(table.Types)), rowMap: maps("rows", specRows)}
	for _, c := range whole {
		t.cols[c] = true
	}
	t.Arranged = Arranged{Types: table.Types, Key: Ascending(whole), rows: t.rowMap, put: true, table: table}
	for _, k := range table.Key {
		t.primary = append(t.primary, slices.Index(whole, k.Col))
	}
	return t
}

func (t *Thin) Name() string                      { return "arrange" }
func (t *Thin) Step(int, *batch.Batch, Out) error { return nil }

func (t *Thin) Finish(Out) error {
	if t.done {
		t.EndTick()
	}
	t.done = true
	t.from.advance()
	for i, d := 0, t.from.change; i < d.len(); i++ {
		t.keys.Reset()
		image := d.image(i)
		if err := t.keys.AppendFromImageOnly(image, t.cols, 1); err != nil {
			return err
		}
		off := len(t.d.buf)
		t.d.buf = t.keys.AppendOrderKey(t.d.buf, 0, t.Key)
		klen := len(t.d.buf) - off
		t.d.buf = append(t.d.buf, image...)
		t.d.push(off, klen, d.weight(i))
	}
	t.d.seal()
	t.c.Over(t.d.buf)
	for i := 0; i < t.d.len(); {
		w, end := int64(0), t.d.group(i)
		for j := i; j < end; j++ {
			w += t.d.weight(j)
		}
		if w != 0 {
			t.c.AddSpan(t.d.ents[i].off, int(t.d.ents[i].klen), 0, w)
		}
		i = end
	}
	t.d.put(t.rowMap, &t.c)
	return nil
}

// EndTick forgets the tick's change: New and Old are the same from now on.
func (t *Thin) EndTick() {
	t.d.reset()
	t.done = false
}

// primaryKey is the table's key of the row with an entry of a thin arrangement; where it is not one piece of it, until the next call.
func (a *Arranged) primaryKey(entry []byte) []byte {
	lead := len(a.Key) - len(a.primary)
	if a.primary[0] == lead && slices.IsSorted(a.primary) {
		return skipKey(entry, a.Types, a.Key, lead)
	}
	a.scratch = a.scratch[:0]
	for _, k := range a.primary {
		at := skipKey(entry, a.Types, a.Key, k)
		rest := skipKey(at, a.Types, a.Key[k:], 1)
		a.scratch = append(a.scratch, at[:len(at)-len(rest)]...)
	}
	return a.scratch
}

// stored is the image of a row of a table, or of a thin arrangement of it, whose entry has value.
func (a *Arranged) stored(entry, value []byte) []byte {
	if a.table == nil {
		return value
	}
	v, _, _ := a.table.rows.Get(a.primaryKey(entry))
	return v
}

// keyedRow makes images of the keys of a thin arrangement, for a reader that looks at integers of the key alone: the table is not looked at.
type keyedRow struct {
	read Columns
	row  []types.Datum
	buf  []byte
}

// keyedRow is nil where the reader needs the table's row.
func (a *Arranged) keyedRow(read Columns) *keyedRow {
	if a.table == nil || read == nil {
		return nil
	}
	for c, ok := range read {
		if ok && (a.Types[c].Rep() != types.RepInt || !slices.ContainsFunc(a.Key, func(k OrderCol) bool { return k.Col == c })) {
			return nil
		}
	}
	return &keyedRow{read: read, row: make([]types.Datum, len(a.Types))}
}

func (r *keyedRow) image(a *Arranged, entry []byte) []byte {
	for _, k := range a.Key {
		if k.Col < len(r.read) && r.read[k.Col] {
			r.row[k.Col], entry, _ = types.CutIntKey(entry, k.Desc)
		} else {
			entry = types.SkipKey(entry, a.Types[k.Col], k.Desc)
		}
	}
	r.buf = batch.AppendRowImage(r.buf[:0], a.Types, r.row)
	return r.buf
}
