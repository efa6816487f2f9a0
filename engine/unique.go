package engine

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// DuplicateKey is the error for a row whose key a unique index, or the primary key (index 0), has already. c is needed for an index only.
func DuplicateKey(c *catalog.Catalog, t *catalog.Table, index catalog.ID, row []types.Datum) error {
	name, cols := t.PrimaryKeyName, t.PrimaryKey
	if index != 0 {
		if x, ok := c.Object(index).(*catalog.Index); ok {
			name, cols = x.Name, nil
			for _, k := range x.Columns {
				cols = append(cols, k.Col)
			}
		}
	}
	var names, values []byte
	for i, k := range cols {
		if i > 0 {
			names, values = append(names, ", "...), append(values, ", "...)
		}
		names = append(names, expr.QuoteIdent(t.Columns[k].Name)...)
		if row[k].IsNull() {
			values = append(values, "null"...)
		} else {
			values = types.AppendText(values, types.DefaultConfig(), t.Columns[k].Type, row[k])
		}
	}
	return sqlerr.New(sqlerr.UniqueViolation, "duplicate key value violates unique constraint %q", name).
		WithDetail("Key (%s)=(%s) already exists.", names, values).OfConstraint(t.Name, name)
}

// indexKey makes the entries of an index from images of its table's rows.
type indexKey struct {
	x      *catalog.Index
	types  []types.Type
	reader batch.ImageReader
	buf    []byte
}

func newIndexKey(x *catalog.Index, ts []types.Type) *indexKey { return &indexKey{x: x, types: ts} }

// ofImage is the key of a row, valid until the next call; null: a column of it is NULL, so that it is equal to none. An image that w has
// made is not damaged.
func (k *indexKey) ofImage(image []byte) (key []byte, null bool) {
	if err := k.reader.Reset(k.types, image); err != nil {
		panic(err)
	}
	k.buf = k.buf[:0]
	for _, c := range k.x.Columns {
		d, err := k.reader.Datum(c.Col)
		if err != nil {
			panic(err)
		}
		null = null || d.IsNull()
		k.buf = types.AppendKey(k.buf, k.types[c.Col], d, c.Desc, c.NullsFirst)
	}
	return k.buf, null
}

// entry is key ++ image, valid until the next call.
func (k *indexKey) entry(image []byte) []byte {
	k.ofImage(image)
	k.buf = append(k.buf, image...)
	return k.buf
}

// ofValues is the key of the index's columns.
func (k *indexKey) ofValues(values []types.Datum) (key []byte, null bool) {
	for i, c := range k.x.Columns {
		null = null || values[i].IsNull()
		key = types.AppendKey(key, k.types[c.Col], values[i], c.Desc, c.NullsFirst)
	}
	return key, null
}

// ownKeys finds the rows that are there now by the key of a unique index. Records stay entered when they change; who finds one looks whether it
// still has the key.
type ownKeys struct {
	indexKey
	slots []uint64 // open addressing: hash<<32 | record+1; 0: free
	used  int
}

// uniqueKeys makes the finder of an index when it is first asked for.
func (tw *tableWrites) uniqueKeys(x *catalog.Index) *ownKeys {
	s := tw.set
	o := s.keys[x.ID]
	if o != nil {
		return o
	}
	o = &ownKeys{indexKey: indexKey{x: x, types: tw.types}}
	o.rebuild(s)
	if s.keys == nil {
		s.keys = map[catalog.ID]*ownKeys{}
	}
	s.keys[x.ID] = o
	return o
}

// rebuild enters all records, and with that forgets what they were.
func (o *ownKeys) rebuild(s *rowSet) {
	o.slots, o.used = make([]uint64, max(16, 1<<bits.Len(uint(s.n*2)))), 0
	for k := range s.n {
		o.put(s, k)
	}
}

// enter enters record k as it is now.
func (o *ownKeys) enter(s *rowSet, k int) {
	if o.used*4 >= len(o.slots)*3 {
		o.rebuild(s)
		return
	}
	o.put(s, k)
}

func (o *ownKeys) put(s *rowSet, k int) {
	image := s.newImage(s.rec(k))
	if image == nil {
		return
	}
	key, null := o.ofImage(image)
	if null {
		return
	}
	h, mask := hashOf(key), uint32(len(o.slots)-1)
	slot := uint64(h)<<32 | uint64(k+1)
	i := h & mask
	for o.slots[i] != 0 {
		if o.slots[i] == slot {
			return
		}
		i = (i + 1) & mask
	}
	o.slots[i] = slot
	o.used++
}

// find is the image of the row that has the key.
func (o *ownKeys) find(s *rowSet, key []byte) []byte {
	h, mask := hashOf(key), uint32(len(o.slots)-1)
	for i := h & mask; o.slots[i] != 0; i = (i + 1) & mask {
		if uint32(o.slots[i]>>32) != h {
			continue
		}
		image := s.newImage(s.rec(int(uint32(o.slots[i])) - 1))
		if image == nil {
			continue
		}
		if k, _ := o.ofImage(image); bytes.Equal(k, key) {
			return image
		}
	}
	return nil
}

// Lookup is the current row of a key as the transaction sees it over sn (own changes first): for ON CONFLICT and RETURNING. The key is given by the
// columns of a unique index or the primary key (index 0) of t. A key with a NULL is equal to none.
func (w *Writes) Lookup(sn *Snapshot, t *catalog.Table, index catalog.ID, key []types.Datum) (row []types.Datum, ok bool, err error) {
	tw := w.table(t)
	var image []byte
	if index == 0 {
		image = w.lookupPrimary(sn, tw, key)
	} else {
		x, ok := sn.Catalog.Object(index).(*catalog.Index)
		if !ok {
			return nil, false, sqlerr.New(sqlerr.InternalError, "no index %d of table %q", index, t.Name)
		}
		if image, err = w.lookupUnique(sn, tw, x, key); err != nil {
			return nil, false, err
		}
	}
	if image == nil {
		return nil, false, nil
	}
	row, err = decodeRow(tw.types, slices.Clone(image))
	return row, err == nil, err
}

func decodeRow(ts []types.Type, image []byte) ([]types.Datum, error) {
	var r batch.ImageReader
	err := r.Reset(ts, image)
	if err != nil {
		return nil, err
	}
	row := make([]types.Datum, len(ts))
	for i := range row {
		if row[i], err = r.Datum(i); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func (w *Writes) lookupPrimary(sn *Snapshot, tw *tableWrites, values []types.Datum) []byte {
	w.key = w.key[:0]
	for i, c := range tw.t.PrimaryKey {
		if values[i].IsNull() {
			return nil
		}
		w.key = types.AppendKey(w.key, tw.types[c], values[i], false, false)
	}
	if k := tw.set.find(hashOf(w.key), w.key); k >= 0 {
		return tw.set.newImage(tw.set.rec(k))
	}
	if tw.set.truncated {
		return nil
	}
	image, _, _ := sn.Store.Get(tw.t.Tree, w.key)
	return image
}

// lookupUnique finds in the index what w has not touched: of a row that it has, what stands in the index is past.
func (w *Writes) lookupUnique(sn *Snapshot, tw *tableWrites, x *catalog.Index, values []types.Datum) ([]byte, error) {
	own := tw.uniqueKeys(x)
	key, null := own.ofValues(values)
	if null {
		return nil, nil
	}
	if image := own.find(tw.set, key); image != nil || tw.set.truncated {
		return image, nil
	}
	it := sn.Store.Iter(x.Tree)
	defer it.Close()
	for ok := it.SeekGE(key); ok; ok = it.Next() {
		e := it.Key()
		if !bytes.HasPrefix(e, key) {
			break
		}
		image := e[len(key):]
		primary, err := w.primaryKey(tw, image)
		if err != nil {
			return nil, err
		}
		if tw.set.find(hashOf(primary), primary) < 0 {
			return slices.Clone(image), nil // the iterator's memory is not ours
		}
	}
	return nil, nil
}

// primaryKey is the primary key of a row's image, valid until the next call.
func (w *Writes) primaryKey(tw *tableWrites, image []byte) ([]byte, error) {
	if err := w.reader.Reset(tw.types, image); err != nil {
		return nil, err
	}
	w.key = w.key[:0]
	for _, c := range tw.t.PrimaryKey {
		d, err := w.reader.Datum(c)
		if err != nil {
			return nil, err
		}
		w.key = types.AppendKey(w.key, tw.types[c], d, false, false)
	}
	return w.key, nil
}
