package operators

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Reader is what an arrangement's rows are read from: a storage.Map, or a tree of a snapshot (see Snapshot).
type Reader interface {
	Get(key []byte) (value []byte, weight int64, ok bool)
	Iter() storage.Iterator
}

// Arranged is a relation indexed by a key, for reading: the rows and errors as of now (New), and what the current tick
// changed of them, so that Old = New minus the change is there too. Many readers share it.
//
// Rows lie in one of three forms. A multiset's entries are key ++ image, the weight is the number of copies. A table's tree
// maps the primary key to the image. A thin arrangement has keys that end with the primary key, and takes images from the table.
type Arranged struct {
	Types []types.Type
	Key   []OrderCol

	rows Reader
	errs Reader // multiset of encoded error rows; nil: none
	put  bool
	// Of a thin arrangement: the table that has the rows, and where in Key its primary key lies.
	table   *Arranged
	primary []int
	scratch []byte

	d, derr delta // this tick's change of rows and errors
	without []int // columns that images have as NULL
	known   []int // columns that errors know at most, as for mapErr; nil: all
}

// Snapshot is a relation as a published tree has it, for ad-hoc queries: complete, and nothing changes. put: the tree
// maps primary keys to images. errs may be nil.
func Snapshot(ts []types.Type, key []OrderCol, put bool, rows, errs Reader) *Arranged {
	return &Arranged{Types: ts, Key: key, rows: rows, errs: errs, put: put}
}

// SnapshotTree reads a tree of a pinned snapshot.
func SnapshotTree(s *storage.Snapshot, id storage.ID) Reader { return snapshotTree{s, id} }

type snapshotTree struct {
	s  *storage.Snapshot
	id storage.ID
}

func (t snapshotTree) Get(key []byte) ([]byte, int64, bool) { return t.s.Get(t.id, key) }
func (t snapshotTree) Iter() storage.Iterator               { return t.s.Iter(t.id) }

// Arrangement maintains an Arranged multiset. It emits nothing: its readers read it after its Finish.
type Arrangement struct {
	Arranged
	rowMap, errMap storage.Map
	changes        storage.Changes
	done           bool // Finish was called; the next Step begins a tick
}

// NewArrangement indexes a relation of types ts by key. served: rows and errors are published to snapshots (a view's own
// tree, an index). Roles: rows, errs.
func NewArrangement(ts []types.Type, key []OrderCol, served bool, maps Maps) *Arrangement {
	spec := specRows
	if served {
		spec = specServe
	}
	a := &Arrangement{rowMap: maps("rows", spec), errMap: maps("errs", spec)}
	a.Arranged = Arranged{Types: ts, Key: key, rows: a.rowMap, errs: a.errMap}
	return a
}

// Without makes the images leave out columns, in ascending order, that the reader of the tree has from the key. No operator may read the arrangement
// then.
func (a *Arrangement) Without(cols []int) { a.without = cols }

// ErrorsOf makes errors know no columns but cols: the reader takes a limit, of which a row that failed could have pushed any other one out that has
// these in common with it.
func (a *Arrangement) ErrorsOf(cols []int) {
	a.known = unknown(len(a.Types))
	for _, c := range cols {
		a.known[c] = c
	}
}

func (a *Arrangement) Name() string { return "arrange" }

func (a *Arrangement) Step(_ int, in *batch.Batch, _ Out) error {
	if a.done {
		a.EndTick()
	}
	a.collect(in)
	return nil
}

func (a *Arrangement) Finish(Out) error {
	if a.done {
		a.EndTick()
	}
	a.done = true
	a.d.seal()
	a.derr.seal()
	a.d.addTo(a.rowMap, &a.changes)
	a.derr.addTo(a.errMap, &a.changes)
	return nil
}

// EndTick forgets the tick's change: New and Old are the same from now on.
func (a *Arrangement) EndTick() {
	a.d.reset()
	a.derr.reset()
	a.done = false
}

// collect adds a slice to the tick's change.
func (a *Arranged) collect(in *batch.Batch) {
	for i, w := range in.W {
		a.collectRow(in, i, w)
	}
	for i := range in.Errs {
		off, e := len(a.derr.buf), in.Errs[i]
		if a.known != nil {
			e = mapErr(&e, a.known)
		}
		a.derr.buf = appendErr(a.derr.buf, &e)
		a.derr.push(off, len(a.derr.buf)-off, e.W)
	}
}

// collectRow adds row i of in, with weight w, to the tick's change.
func (a *Arranged) collectRow(in *batch.Batch, i int, w int64) {
	off := len(a.d.buf)
	a.d.buf = in.AppendOrderKey(a.d.buf, i, a.Key)
	klen := len(a.d.buf) - off
	if a.without == nil {
		a.d.buf = in.AppendImage(a.d.buf, i, nil)
	} else {
		a.d.buf = in.AppendImageWithout(a.d.buf, i, a.without)
	}
	a.d.push(off, klen, w)
}

// Changed tells whether this tick changed anything.
func (a *Arranged) Changed() bool { return a.d.len() > 0 || a.derr.len() > 0 }

// Delta calls f with the tick's change in order of the key, until f returns false. key and image are valid during the call.
func (a *Arranged) Delta(f func(key, image []byte, w int64) bool) {
	for i := range a.d.ents {
		if !f(a.d.key(i), a.d.image(i), a.d.weight(i)) {
			return
		}
	}
}

// DeltaErrs appends the tick's change of the errors to dst.
func (a *Arranged) DeltaErrs(dst []batch.ErrRow) []batch.ErrRow {
	for i := range a.derr.ents {
		dst = append(dst, decodeErr(a.derr.full(i), a.derr.weight(i)))
	}
	return dst
}

// Errs appends all errors, as of New, to dst.
func (a *Arranged) Errs(dst []batch.ErrRow) []batch.ErrRow {
	if a.errs == nil {
		return dst
	}
	it := a.errs.Iter()
	defer it.Close()
	for ok := it.SeekGE(nil); ok; ok = it.Next() {
		dst = append(dst, decodeErr(it.Key(), it.Weight()))
	}
	return dst
}

// split divides an entry of the rows into key and image.
func (a *Arranged) split(key, value []byte) (k, image []byte) {
	if a.put {
		return key, value
	}
	rest := skipKey(key, a.Types, a.Key, len(a.Key))
	return key[:len(key)-len(rest)], rest
}
