package engine

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

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
	*catalog.Finish
	view    *catalog.View
	catalog *catalog.Catalog
	types   []types.Type
	key     []operators.OrderCol
	added   []int // keys that the view's query does not output: NULL for every reader

	rows   operators.Reader
	tables []lateTable
	all    []batch.Patch // of all tables, by column
	wanted []batch.Patch // of those that the reader wants columns of

	// What is read from keys: an image of the keyed columns.
	keyed    []types.Type
	keyImage []byte
	keyRow   batch.ImageReader

	// given is the entry that an iterator gave out last before it was closed: a scan that goes on there asks for it by what it was given.
	given finishedEntry
	iter  limitedIter // the memory of an iterator, and
	taken bool        // whether it is in use
}

// lateTable is a table of which columns are looked up.
type lateTable struct {
	late   *catalog.Late
	table  *catalog.Table
	types  []types.Type
	rows   operators.Reader
	wanted bool

	key, next []byte // of the row at hand
	row       batch.ImageReader
}

// finishedEntry is an entry of the tree, and what it is as a row's.
type finishedEntry struct{ stored, whole []byte }

var finishers = sync.Pool{New: func() any { return new(finished) }}

// finish is the reader of v's rows over its tree.
func finish(sn *Snapshot, v *catalog.View, rows operators.Reader) operators.Reader {
	if v.Finish == nil {
		return rows
	}
	f := finishers.Get().(*finished)
	if f.view != v || f.catalog != sn.Catalog {
		f = &finished{Finish: v.Finish, view: v, catalog: sn.Catalog, types: appendTypes(nil, nil, v), key: appendTreeKey(nil, nil, v)}
		f.tables = make([]lateTable, len(v.Finish.Late))
		for i := range f.tables {
			f.tables[i].open(sn.Catalog, v, i)
		}
		for _, c := range v.Finish.Keyed {
			f.keyed = append(f.keyed, f.types[c])
		}
		for i, c := range v.Columns {
			if c.Hidden && !slices.ContainsFunc(f.key, func(k operators.OrderCol) bool { return k.Col == i }) {
				f.added = append(f.added, i)
			}
		}
		f.all = f.patches(true)
	}
	f.rows, f.wanted, f.given.whole, f.iter.loaded = rows, f.all, f.given.whole[:0], false
	for i := range f.tables {
		l := &f.tables[i]
		l.rows, l.wanted, l.key = operators.SnapshotTree(sn.Store, l.table.Tree), true, l.key[:0]
	}
	return f
}

func (l *lateTable) open(c *catalog.Catalog, v *catalog.View, i int) {
	l.late = &v.Finish.Late[i]
	t, ok := c.Object(l.late.Table).(*catalog.Table)
	if !ok {
		panic(sqlerr.New(sqlerr.InternalError, "materialized view %q shows a table that is not there", v.Name))
	}
	l.table, l.types = t, columnTypes(t.Columns)
}

// free gives the reader's memory to the next one of the view.
func (f *finished) free() {
	f.rows = nil
	for i := range f.tables {
		f.tables[i].rows, f.tables[i].row = nil, batch.ImageReader{}
	}
	finishers.Put(f)
}

// want leaves NULL what is looked up for none of the columns cols.
func (f *finished) want(cols []int) {
	some := false
	for i := range f.tables {
		l := &f.tables[i]
		l.wanted = slices.ContainsFunc(l.late.Cols, func(c int) bool { return slices.Contains(cols, c) })
		some = some || !l.wanted
	}
	if some {
		f.wanted = f.patches(false)
	}
}

// patches are what the tables, all or those wanted, put into a row.
func (f *finished) patches(all bool) (out []batch.Patch) {
	for i := range f.tables {
		l := &f.tables[i]
		if !all && !l.wanted {
			continue
		}
		for k, c := range l.late.Cols {
			out = append(out, batch.Patch{Col: c, From: &l.row, At: l.late.From[k]})
		}
	}
	for k, c := range f.Keyed {
		out = append(out, batch.Patch{Col: c, From: &f.keyRow, At: k})
	}
	for _, c := range f.added {
		out = append(out, batch.Patch{Col: c})
	}
	slices.SortFunc(out, func(a, b batch.Patch) int { return a.Col - b.Col })
	return out
}

// Get finds rows by the whole of their entry.
func (f *finished) Get(key []byte) (value []byte, weight int64, ok bool) {
	it := f.Iter()
	defer it.Close()
	prefix := key[:f.keyLen(key)]
	for ok := it.SeekGE(prefix); ok && bytes.HasPrefix(it.Key(), prefix); ok = it.Next() {
		if bytes.Equal(it.Key(), key) {
			weight += it.Weight()
		}
	}
	return nil, weight, weight > 0
}

func (f *finished) Iter() storage.Iterator {
	it := &f.iter
	if f.taken {
		it = new(limitedIter)
	} else {
		f.taken = true
	}
	it.f, it.it, it.ready, it.given.whole = f, f.rows.Iter(), false, it.given.whole[:0]
	if f.Limit >= 0 {
		return it
	}
	return &it.finishedIter
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

// complete appends the entry to dst with what is looked up, all or what is wanted.
func (f *finished) complete(dst, stored []byte, r *batch.ImageReader, all bool) []byte {
	patches := f.wanted
	if all {
		patches = f.all
	}
	if len(patches) == 0 {
		return append(dst, stored...)
	}
	image, err := f.cutKey(stored)
	if err == nil {
		err = r.Reset(f.types, image)
	}
	for i := range f.tables {
		if l := &f.tables[i]; err == nil && (all || l.wanted) {
			err = l.find(r, f)
		}
	}
	if err == nil {
		dst, err = r.AppendPatched(append(dst, stored[:len(stored)-len(image)]...), patches)
	}
	if err != nil {
		panic(err)
	}
	return dst
}

// cutKey makes the row of the keyed columns of an entry, and gives its image.
func (f *finished) cutKey(stored []byte) (image []byte, err error) {
	row := append(f.keyImage[:0], make([]byte, (len(f.keyed)+7)/8)...)
	n := 0
	for _, k := range f.key {
		if n == len(f.keyed) || f.Keyed[n] != k.Col {
			stored = types.SkipKey(stored, f.types[k.Col], k.Desc)
			continue
		}
		d, rest, ok := types.CutIntKey(stored, k.Desc)
		switch {
		case !ok:
			return nil, sqlerr.New(sqlerr.DataCorrupted, "a key of materialized view %q is damaged", f.view.Name)
		case d.IsNull():
			row[n>>3] |= 1 << (n & 7)
		default:
			row = binary.AppendVarint(row, d.Int())
		}
		stored = rest
		n++
	}
	f.keyImage = row
	return stored, f.keyRow.Reset(f.keyed, row)
}

// find looks the row up whose key r has, or that of the keyed columns.
func (l *lateTable) find(r *batch.ImageReader, f *finished) error {
	l.next = l.next[:0]
	null := false
	for _, c := range l.late.Key {
		from, at := r, c
		if k := slices.Index(f.Keyed, c); k >= 0 {
			from, at = &f.keyRow, k
		}
		d, err := from.Datum(at)
		if err != nil {
			return err
		}
		null = null || d.IsNull()
		l.next = types.AppendKey(l.next, f.types[c], d, false, false)
	}
	if bytes.Equal(l.next, l.key) {
		return nil
	}
	l.key, l.next = l.next, l.key
	if null { // an outer join found none
		return l.row.Reset(l.types, bytes.Repeat([]byte{0xFF}, (len(l.types)+7)/8))
	}
	image, _, ok := l.rows.Get(l.key)
	if !ok {
		return sqlerr.New(sqlerr.InternalError, "a view shows a row of table %q that is not there", l.table.Name).WithHint("This is a bug in streamsql.")
	}
	return l.row.Reset(l.types, image)
}

// finishedIter walks the entries as they are stored, and completes those that are looked at.
type finishedIter struct {
	f      *finished
	it     storage.Iterator
	ready  bool
	given  finishedEntry // the entry at hand, if ready; else an earlier one
	reader batch.ImageReader
}

// storedKey is the entry at hand as the tree has it: of the same key, and not completed, nor given out.
func (i *finishedIter) storedKey() []byte { return i.it.Key() }

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
	if i.it == nil {
		return
	}
	i.it.Close()
	i.it = nil
	if g := &i.f.given; len(i.given.whole) > 0 {
		g.stored, g.whole = append(g.stored[:0], i.given.stored...), append(g.whole[:0], i.given.whole...)
	}
	if i == &i.f.iter.finishedIter {
		i.f.taken = false
	}
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
		g.whole, i.ready = i.f.complete(g.whole[:0], stored, &i.reader, false), true
	}
	return i.given.whole
}
