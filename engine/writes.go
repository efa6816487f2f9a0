package engine

import (
	"bytes"
	"math"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/storage"
	"github.com/streamsql/streamsql/types"
)

// Writes is what a transaction has changed and not committed: per table and key the row before (as of the transaction's first touch) and the row
// after. It is compact (no pointer per row): a COPY of a million rows goes through it. Savepoints mark and cut it.
//
// One goroutine uses it at a time. Readers that it has handed out stay as of then, and may be used beside it.
type Writes struct {
	e       *Engine
	touched []*tableWrites // in order of first touch
	undo    []undo
	dropped []*rowSet // what a truncate put aside, for undo
	sealed  int       // undo records up to here belong to a mark and do not grow

	key, image []byte
	row        []types.Datum
	reader     batch.ImageReader
}

// tableWrites is the part of one table.
type tableWrites struct {
	t     *catalog.Table
	types []types.Type
	set   *rowSet
	n     uint32 // its number
	// frozen, of a Freeze, is all that there is of it, by index (0: the table itself); else nil.
	frozen map[catalog.ID]*ownTree
}

// undo is how to take back one change, or the making of consecutive records. A record's old image never changes.
type undo struct {
	table uint32
	made  uint32 // records made, the last of the set; 0: record rec had the image new; truncation: the set was put aside
	rec   uint32
	nlen  uint32
	new   uint64
}

const truncation = math.MaxUint32

// change is what became of a row: images, of which old is nil when it was inserted and new when it was deleted. They are valid as long as the
// Writes that it is from.
type change struct {
	key, old, new []byte
	hash          uint32 // of the key
}

// NewWrites begins a transaction's buffer.
func (e *Engine) NewWrites() *Writes { return &Writes{e: e} }

// table is the part of t, with t as the catalog has it now.
func (w *Writes) table(t *catalog.Table) *tableWrites {
	tw := w.part(t.ID)
	if tw == nil {
		tw = &tableWrites{set: new(rowSet), n: uint32(len(w.touched))}
		w.touched = append(w.touched, tw)
	}
	if tw.t != t {
		tw.t, tw.types = t, make([]types.Type, len(t.Columns))
		for i, c := range t.Columns {
			tw.types[i] = c.Type
		}
	}
	return tw
}

func (w *Writes) part(id catalog.ID) *tableWrites {
	for i := len(w.touched) - 1; i >= 0; i-- {
		if w.touched[i].t.ID == id {
			return w.touched[i]
		}
	}
	return nil
}

// hidden tells whether the table has row ids instead of a declared key.
func (tw *tableWrites) hidden() bool { return tw.t.Columns[len(tw.t.Columns)-1].Hidden }

func (tw *tableWrites) appendKey(dst []byte, row []types.Datum) []byte {
	for _, c := range tw.t.PrimaryKey {
		dst = types.AppendKey(dst, tw.types[c], row[c], false, false)
	}
	return dst
}

// encode is the key and the image of a row, valid until the next call.
func (w *Writes) encode(tw *tableWrites, row []types.Datum) (key, image []byte, err error) {
	w.key = tw.appendKey(w.key[:0], row)
	w.image = batch.AppendRowImage(w.image[:0], tw.types, row)
	return w.key, w.image, storage.CheckEntry(w.key, w.image)
}

// Insert, Update and Delete buffer the change of one row; rows are of all the table's columns. They check nothing but what is in w: inserting
// a key that w itself holds fails with 23505. base rows are as read by the statement. A row id that is NULL is given here.
func (w *Writes) Insert(t *catalog.Table, row []types.Datum) error {
	tw := w.table(t)
	if last := len(row) - 1; tw.hidden() && row[last].IsNull() {
		w.row = append(w.row[:0], row...)
		w.row[last] = types.NewInt(w.e.rowID.Add(1))
		row = w.row
	}
	key, image, err := w.encode(tw, row)
	if err != nil {
		return err
	}
	if !w.insert(tw, key, image) {
		return DuplicateKey(nil, t, 0, row)
	}
	return nil
}

// insert returns false when w holds a row of that key.
func (w *Writes) insert(tw *tableWrites, key, image []byte) bool {
	s, hash := tw.set, hashOf(key)
	k := s.find(hash, key)
	switch {
	case k < 0:
		w.add(tw, hash, key, nil, image)
	case s.rec(k).nlen > 0:
		return false
	default:
		w.set(tw, k, image)
	}
	return true
}

func (w *Writes) Update(t *catalog.Table, old, new []types.Datum) error {
	tw := w.table(t)
	key, image, err := w.encode(tw, new)
	if err != nil {
		return err
	}
	was := tw.appendKey(nil, old)
	if bytes.Equal(was, key) {
		w.replace(tw, key, old, image)
		return nil
	}
	if k := tw.set.find(hashOf(key), key); k >= 0 && tw.set.rec(k).nlen > 0 {
		return DuplicateKey(nil, t, 0, new)
	}
	w.replace(tw, was, old, nil)
	w.insert(tw, key, image)
	return nil
}

func (w *Writes) Delete(t *catalog.Table, old []types.Datum) error {
	tw := w.table(t)
	w.key = tw.appendKey(w.key[:0], old)
	w.replace(tw, w.key, old, nil)
	return nil
}

// replace gives the row of a key another image; nil: none. old is the stored row if w has not touched it yet.
func (w *Writes) replace(tw *tableWrites, key []byte, old []types.Datum, image []byte) {
	hash := hashOf(key)
	if k := tw.set.find(hash, key); k >= 0 {
		w.set(tw, k, image)
		return
	}
	w.add(tw, hash, key, batch.AppendRowImage(nil, tw.types, old), image)
}

func (w *Writes) add(tw *tableWrites, hash uint32, key, old, new []byte) {
	tw.set.add(hash, key, old, new)
	w.made(tw)
}

// made notes for undo that a record was added.
func (w *Writes) made(tw *tableWrites) {
	if n := len(w.undo); n > w.sealed {
		if u := &w.undo[n-1]; u.table == tw.n && u.made > 0 && u.made < truncation-1 {
			u.made++
			return
		}
	}
	w.undo = append(w.undo, undo{table: tw.n, made: 1})
}

func (w *Writes) set(tw *tableWrites, k int, image []byte) {
	r := tw.set.rec(k)
	w.undo = append(w.undo, undo{table: tw.n, rec: uint32(k), new: r.new, nlen: r.nlen})
	tw.set.set(k, image)
}

// InsertBatch inserts rows, each as often as its weight says. The row id of a table that has one may be left out, or NULL.
func (w *Writes) InsertBatch(t *catalog.Table, b *batch.Batch) error {
	tw := w.table(t)
	b = single(b)
	if tw.hidden() {
		b = w.giveRowIDs(tw, b)
	}
	s := tw.set
	s.reserve(b.Len())
	for i := range b.Len() {
		row := b.AppendKey(s.arena.room(), i, t.PrimaryKey)
		klen := len(row)
		row = b.AppendImage(row, i, nil)
		key, image := row[:klen], row[klen:]
		if err := storage.CheckEntry(key, image); err != nil {
			return err
		}
		hash := hashOf(key)
		switch k := s.find(hash, key); {
		case k < 0:
			s.addNew(hash, row, klen)
			w.made(tw)
		case s.rec(k).nlen > 0:
			return DuplicateKey(nil, t, 0, b.AppendRowTo(nil, i))
		default:
			w.set(tw, k, image)
		}
	}
	return nil
}

// single is b with every row as often as its weight says, and of weight 1.
func single(b *batch.Batch) *batch.Batch {
	plain := true
	for _, n := range b.W {
		plain = plain && n == 1
	}
	if plain {
		return b
	}
	var rows []int32
	for i, n := range b.W {
		for range n {
			rows = append(rows, int32(i))
		}
	}
	out := &batch.Batch{W: make([]batch.Weight, len(rows))}
	for i := range out.W {
		out.W[i] = 1
	}
	for _, c := range b.Cols {
		out.Cols = append(out.Cols, c.Select(rows))
	}
	return out
}

// giveRowIDs is b with the row ids that it lacks.
func (w *Writes) giveRowIDs(tw *tableWrites, b *batch.Batch) *batch.Batch {
	last := len(tw.types) - 1
	var given *batch.Vec
	if len(b.Cols) > last {
		given = b.Cols[last]
	}
	ids := &batch.Vec{Type: tw.types[last], N: b.Len(), Ints: make([]int64, b.Len())}
	next := w.e.rowID.Add(int64(b.Len())) - int64(b.Len())
	for i := range ids.Ints {
		next++
		ids.Ints[i] = next
		if given != nil && !given.IsNull(i) {
			ids.Ints[i] = given.Ints[i]
		}
	}
	return &batch.Batch{Cols: append(append([]*batch.Vec(nil), b.Cols[:last]...), ids), W: b.W}
}

// Truncate empties the table: stored rows count as deleted, and own ones are gone.
func (w *Writes) Truncate(t *catalog.Table) {
	tw := w.table(t)
	w.undo = append(w.undo, undo{table: tw.n, made: truncation})
	w.dropped = append(w.dropped, tw.set)
	tw.set = &rowSet{truncated: true}
}

// Empty tells whether nothing was changed; Touches, whether nothing of a table was.
func (w *Writes) Empty() bool {
	for _, tw := range w.touched {
		if !tw.set.empty() {
			return false
		}
	}
	return true
}

func (w *Writes) Touches(t catalog.ID) bool {
	tw := w.part(t)
	return tw != nil && (tw.frozen != nil || !tw.set.empty())
}

// Mark is a point that Cut returns to, any number of times.
func (w *Writes) Mark() int {
	w.sealed = len(w.undo)
	return w.sealed
}

// Cut takes back everything since the mark.
func (w *Writes) Cut(mark int) {
	for len(w.undo) > mark {
		u := w.undo[len(w.undo)-1]
		w.undo = w.undo[:len(w.undo)-1]
		tw := w.touched[u.table]
		switch u.made {
		case truncation:
			last := len(w.dropped) - 1
			tw.set, w.dropped = w.dropped[last], w.dropped[:last]
			continue
		case 0:
			tw.set.unset(int(u.rec), u.new, u.nlen)
		default:
			for range u.made {
				tw.set.drop()
			}
		}
		tw.set.forget()
	}
	w.sealed = mark
}

// tables are those touched, in order of first touch.
func (w *Writes) tables() []*catalog.Table {
	var out []*catalog.Table
	for _, tw := range w.touched {
		if !tw.set.empty() {
			out = append(out, tw.t)
		}
	}
	return out
}

// without is w but for its changes of some tables.
func (w *Writes) without(tables []catalog.ID) *Writes {
	c := *w
	c.touched = nil
	for _, tw := range w.touched {
		if !slices.Contains(tables, tw.t.ID) {
			c.touched = append(c.touched, tw)
		}
	}
	return &c
}

// each calls f with every change of a table, in order of first touch. Of a truncated table, stored rows are not among them.
func (w *Writes) each(id catalog.ID, f func(c change) error) error {
	tw := w.part(id)
	if tw == nil {
		return nil
	}
	s := tw.set
	for i := range s.n {
		r := s.rec(i)
		if s.unchanged(r) {
			continue
		}
		if err := f(s.change(r)); err != nil {
			return err
		}
	}
	return nil
}

// disputable calls f with the changes of a table that another transaction may want to make, too. A row whose id is new is nobody else's.
func (w *Writes) disputable(id catalog.ID, f func(c change) error) error {
	tw := w.part(id)
	if tw == nil || tw.hidden() && !tw.set.stood {
		return nil
	}
	return w.each(id, func(c change) error {
		if tw.hidden() && c.old == nil {
			return nil
		}
		return f(c)
	})
}

// changed is the change of one key, if there is one. Once the transaction is over, any goroutine may ask.
func (w *Writes) changed(id catalog.ID, hash uint32, key []byte) (c change, ok bool) {
	tw := w.part(id)
	if tw == nil {
		return change{}, false
	}
	s := tw.set
	k := s.find(hash, key)
	if k < 0 || s.unchanged(s.rec(k)) {
		return change{}, false
	}
	return s.change(s.rec(k)), true
}

// truncated tells whether the table was emptied: what w has of it came afterwards.
func (w *Writes) truncated(id catalog.ID) bool {
	tw := w.part(id)
	return tw != nil && tw.set.truncated
}

// bytes is the memory that w takes.
func (w *Writes) bytes() int64 {
	n := int64(cap(w.undo)) * 24
	for _, tw := range w.touched {
		n += tw.set.size()
	}
	for _, s := range w.dropped {
		n += s.size()
	}
	return n
}
