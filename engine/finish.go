package engine

import (
	"bytes"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// finished reads the rows of a view whose tree holds less: it takes the limit of each value of the parameters, and looks columns up. Its entries
// come in the order of the tree: ties are in the order of what the tree holds.
type finished struct {
	rows   operators.Reader
	types  []types.Type
	key    []operators.OrderCol
	params int
	*catalog.Finish

	tables  []lateTable
	patches []batch.Patch // of all tables, by column

	// given is the entry that an iterator gave out last before it was closed: a scan that goes on there asks for it by what it was given.
	given finishedEntry
}

// lateTable is a table of which columns are looked up.
type lateTable struct {
	late  *catalog.Late
	t     *catalog.Table
	types []types.Type
	rows  operators.Reader

	key, next []byte // of the row at hand
	row       batch.ImageReader
}

// finishedEntry is an entry of the tree, and what it is as a row's.
type finishedEntry struct {
	stored, whole []byte
	weight        int64
}

func finish(sn *Snapshot, v *catalog.View, rows operators.Reader) operators.Reader {
	if v.Finish == nil {
		return rows
	}
	f := &finished{rows: rows, types: appendTypes(nil, nil, v), key: appendTreeKey(nil, nil, v), params: v.Params, Finish: v.Finish}
	f.tables = make([]lateTable, len(v.Finish.Late))
	for i := range f.tables {
		l := &v.Finish.Late[i]
		t, ok := sn.Catalog.Object(l.Table).(*catalog.Table)
		if !ok {
			panic(sqlerr.New(sqlerr.InternalError, "materialized view %q shows a table that is not there", v.Name))
		}
		f.tables[i] = lateTable{late: l, t: t, types: columnTypes(t.Columns), rows: operators.SnapshotTree(sn.Store, t.Tree)}
		for k, c := range l.Cols {
			f.patches = append(f.patches, batch.Patch{Col: c, From: &f.tables[i].row, At: l.From[k]})
		}
	}
	slices.SortFunc(f.patches, func(a, b batch.Patch) int { return a.Col - b.Col })
	return f
}

// Get finds an entry by the whole of it.
func (f *finished) Get(key []byte) (value []byte, weight int64, ok bool) {
	it := f.Iter()
	defer it.Close()
	for ok := it.SeekGE(key[:f.keyLen(key)]); ok && bytes.HasPrefix(it.Key(), key[:f.keyLen(key)]); ok = it.Next() {
		if bytes.Equal(it.Key(), key) {
			return nil, it.Weight(), true
		}
	}
	return nil, 0, false
}

func (f *finished) Iter() storage.Iterator {
	it := &finishedIter{f: f, it: f.rows.Iter()}
	if f.Limit >= 0 {
		return &limitedIter{finishedIter: it}
	}
	return it
}

// keyLen is the length of an entry's key.
func (f *finished) keyLen(entry []byte) int { return f.prefixLen(entry, len(f.key)) }

// prefixLen is the length of the first n columns of an entry's key.
func (f *finished) prefixLen(entry []byte, n int) int {
	rest := entry
	for _, k := range f.key[:n] {
		rest = types.SkipKey(rest, f.types[k.Col], k.Desc)
	}
	return len(entry) - len(rest)
}

// complete appends the whole entry to dst.
func (f *finished) complete(dst, stored []byte, r *batch.ImageReader) []byte {
	n := f.keyLen(stored)
	dst = append(dst, stored[:n]...)
	if len(f.tables) == 0 {
		return append(dst, stored[n:]...)
	}
	err := r.Reset(f.types, stored[n:])
	for i := range f.tables {
		if err == nil {
			err = f.tables[i].find(r, f.types)
		}
	}
	if err == nil {
		dst, err = r.AppendPatched(dst, f.patches)
	}
	if err != nil {
		panic(err)
	}
	return dst
}

// find looks the row up whose key r has.
func (l *lateTable) find(r *batch.ImageReader, ts []types.Type) error {
	l.next = l.next[:0]
	null := false
	for _, c := range l.late.Key {
		d, err := r.Datum(c)
		if err != nil {
			return err
		}
		null = null || d.IsNull()
		l.next = types.AppendKey(l.next, ts[c], d, false, false)
	}
	if bytes.Equal(l.next, l.key) {
		return nil
	}
	l.key, l.next = l.next, l.key
	if null { // an outer join found none
		return l.row.Reset(l.types, l.nullImage())
	}
	image, _, ok := l.rows.Get(l.key)
	if !ok {
		return sqlerr.New(sqlerr.InternalError, "a view shows a row of table %q that is not there", l.t.Name).WithHint("This is a bug in streamsql.")
	}
	return l.row.Reset(l.types, image)
}

// nullImage is the image of a row of NULLs.
func (l *lateTable) nullImage() []byte { return bytes.Repeat([]byte{0xFF}, (len(l.types)+7)/8) }

// finishedIter walks the entries as they are stored, and completes those that are looked at.
type finishedIter struct {
	f      *finished
	it     storage.Iterator
	ready  bool
	given  finishedEntry // the entry at hand, if ready; else an earlier one
	reader batch.ImageReader
}

func (i *finishedIter) at(ok bool) bool {
	i.ready = false
	return ok
}

func (i *finishedIter) SeekGE(key []byte) bool { return i.at(i.it.SeekGE(i.stored(key))) }
func (i *finishedIter) SeekLT(key []byte) bool { return i.at(i.it.SeekLT(i.stored(key))) }
func (i *finishedIter) Next() bool             { return i.at(i.it.Next()) }
func (i *finishedIter) Prev() bool             { return i.at(i.it.Prev()) }
func (i *finishedIter) Key() []byte            { return i.give(i.it.Key()) }
func (i *finishedIter) Value() []byte          { return nil }
func (i *finishedIter) Weight() int64          { return i.it.Weight() }

func (i *finishedIter) Close() {
	i.f.given = i.given
	i.it.Close()
}

// stored is the place in the tree of an entry that was given out; other keys are bounds of the tree's own.
func (i *finishedIter) stored(key []byte) []byte {
	if g := &i.f.given; len(g.whole) > 0 && bytes.Equal(key, g.whole) {
		return g.stored
	}
	return key
}

func (i *finishedIter) give(stored []byte) []byte {
	if g := &i.given; !i.ready {
		g.stored = append(g.stored[:0], stored...)
		g.whole, i.ready = i.f.complete(g.whole[:0], stored, &i.reader), true
	}
	return i.given.whole
}
