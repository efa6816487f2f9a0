package engine

import (
	"bytes"
	"slices"
	"sort"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/storage"
)

// tableReader reads a table's tree (primary key to image) with w's changes. w may be nil. The reader does not see what w changes later.
func (w *Writes) tableReader(sn *Snapshot, t *catalog.Table) operators.Reader {
	return w.overlaid(operators.SnapshotTree(sn.Store, t.Tree), t.ID, nil)
}

// indexReader is tableReader for the tree of one of the table's indexes: a multiset of key ++ image.
//
// Where another transaction has changed a row since w read it, both rows show; w cannot commit then.
func (w *Writes) indexReader(sn *Snapshot, t *catalog.Table, x *catalog.Index) operators.Reader {
	return w.overlaid(operators.SnapshotTree(sn.Store, x.Tree), t.ID, x)
}

func (w *Writes) overlaid(base operators.Reader, id catalog.ID, x *catalog.Index) operators.Reader {
	if w == nil || !w.Touches(id) {
		return base
	}
	tw := w.part(id)
	if tw.set.truncated {
		base = nil
	}
	return &ownReader{base: base, over: tw.overlay(x), put: x == nil}
}

// Freeze is w as it is now, for reading some tables, of catalog c, alone: what w changes later does not show.
func (w *Writes) Freeze(c *catalog.Catalog, tables []catalog.ID) *Writes {
	out := &Writes{e: w.e}
	for _, tw := range w.touched {
		if tw.set.empty() || !slices.Contains(tables, tw.t.ID) {
			continue
		}
		f := &tableWrites{t: tw.t, types: tw.types, set: &rowSet{truncated: tw.set.truncated}, frozen: map[catalog.ID]*ownTree{0: tw.overlay(nil)}}
		for _, x := range c.Indexes(tw.t.ID) {
			f.frozen[x.ID] = tw.overlay(x)
		}
		out.touched = append(out.touched, f)
	}
	return out
}

// ownTree is what w has of a tree, in the order of the tree: a two-level tree, of which a new version shares the chunks that did not
// change. It is immutable.
type ownTree struct {
	arena  [][]byte
	chunks [][]entry // none is empty
}

// entry changes the weight of an entry of the tree. In a table, a positive weight replaces the value and a negative one hides the key.
type entry struct {
	key, value uint64
	klen, vlen uint32
	weight     int64
}

const chunkEntries = 256

func (o *ownTree) key(e *entry) []byte { return at(o.arena, e.key, e.klen) }

// seek finds the first entry >= key; it may be behind the last one.
func (o *ownTree) seek(key []byte) (c, i int) {
	c = sort.Search(len(o.chunks), func(k int) bool { return bytes.Compare(o.key(&o.chunks[k][0]), key) > 0 })
	if c == 0 {
		return 0, 0
	}
	l := o.chunks[c-1]
	i = sort.Search(len(l), func(k int) bool { return bytes.Compare(o.key(&l[k]), key) >= 0 })
	if i == len(l) {
		return c, 0
	}
	return c - 1, i
}

func (o *ownTree) find(key []byte) *entry {
	c, i := o.seek(key)
	if c == len(o.chunks) || !bytes.Equal(o.key(&o.chunks[c][i]), key) {
		return nil
	}
	return &o.chunks[c][i]
}

// ownTreeMaker keeps the overlay of a tree up with the rows, by what changed since the last time.
type ownTreeMaker struct {
	ownTree
	set  *rowSet
	log  int       // how far it has read the log
	recs int       // how many records it knows
	x    *indexKey // nil: the table itself
	keys arena     // of an index: its entries
	was  []image   // of an index: the image of each record that is merged
	next []entry
}

type image struct {
	at uint64
	n  uint32
}

// overlay is that of an index; nil: of the table.
func (tw *tableWrites) overlay(x *catalog.Index) *ownTree {
	s, id := tw.set, catalog.ID(0)
	if x != nil {
		id = x.ID
	}
	if tw.frozen != nil {
		return tw.frozen[id]
	}
	m := s.overlays[id]
	if m == nil {
		m = &ownTreeMaker{set: s, log: len(s.log)}
		if x != nil {
			m.x = newIndexKey(x, tw.types)
		}
		if s.overlays == nil {
			s.overlays = map[catalog.ID]*ownTreeMaker{}
		}
		s.overlays[id] = m
	}
	m.refresh()
	o := m.ownTree
	return &o
}

func (m *ownTreeMaker) refresh() {
	s := m.set
	m.next = m.next[:0]
	if m.log < len(s.log) {
		changed := slices.Clone(s.log[m.log:])
		slices.Sort(changed)
		for _, k := range slices.Compact(changed) {
			if int(k) < m.recs {
				m.take(int(k))
			}
		}
	}
	for k := m.recs; k < s.n; k++ {
		m.take(k)
	}
	m.log, m.recs = len(s.log), s.n
	rows := s.arena.pin()
	m.arena = rows
	if m.x != nil {
		m.arena = m.keys.chunks
	}
	if len(m.next) > 0 {
		slices.SortStableFunc(m.next, func(a, b entry) int { return bytes.Compare(m.key(&a), m.key(&b)) })
		m.merge(m.next)
	}
}

// take notes how the entries of record k change.
func (m *ownTreeMaker) take(k int) {
	s, r := m.set, m.set.rec(k)
	if m.x == nil {
		e := entry{key: r.key, klen: r.klen, value: r.new, vlen: r.nlen, weight: 1}
		if r.nlen == 0 {
			e.weight = -1
		}
		m.next = append(m.next, e)
		return
	}
	if k >= m.recs {
		m.was = append(m.was, image{r.old, r.olen})
	}
	was := m.was[k]
	m.add(at(s.arena.chunks, was.at, was.n), -1)
	m.add(s.newImage(r), 1)
	m.was[k] = image{r.new, r.nlen}
}

// add notes an entry of the index.
func (m *ownTreeMaker) add(image []byte, weight int64) {
	if image == nil {
		return
	}
	e := m.x.entry(image)
	m.next = append(m.next, entry{key: m.keys.add(e), klen: uint32(len(e)), weight: weight})
}

// merge applies sorted entries. Chunks that none of them belongs to stay.
func (m *ownTreeMaker) merge(next []entry) {
	var out [][]entry
	old := m.chunks
	for len(next) > 0 {
		var chunk []entry
		n := len(next)
		if len(old) > 0 {
			first := m.key(&next[0])
			k := max(1, sort.Search(len(old), func(k int) bool { return bytes.Compare(m.key(&old[k][0]), first) > 0 }))
			out = append(out, old[:k-1]...)
			chunk, old = old[k-1], old[k:]
		}
		if len(old) > 0 {
			end := m.key(&old[0][0])
			n = sort.Search(len(next), func(k int) bool { return bytes.Compare(m.key(&next[k]), end) >= 0 })
		}
		out = m.join(out, chunk, next[:n])
		next = next[n:]
	}
	m.chunks = append(out, old...)
}

// join appends the chunks that a chunk becomes.
func (m *ownTreeMaker) join(out [][]entry, chunk, next []entry) [][]entry {
	both := make([]entry, 0, len(chunk)+len(next))
	for i := range next {
		key := m.key(&next[i])
		for len(chunk) > 0 && bytes.Compare(m.key(&chunk[0]), key) <= 0 {
			both = append(both, chunk[0])
			chunk = chunk[1:]
		}
		if n := len(both); n > 0 && bytes.Equal(m.key(&both[n-1]), key) {
			weight := next[i].weight
			if m.x != nil {
				weight += both[n-1].weight
			}
			both[n-1] = next[i]
			both[n-1].weight = weight
			continue
		}
		both = append(both, next[i])
	}
	both = append(both, chunk...)
	both = slices.DeleteFunc(both, func(e entry) bool { return e.weight == 0 })
	pieces := (len(both) + chunkEntries - 1) / chunkEntries
	for k := range pieces {
		out = append(out, both[len(both)*k/pieces:len(both)*(k+1)/pieces])
	}
	return out
}

// ownReader is a tree with an overlay.
type ownReader struct {
	base operators.Reader // nil: truncated
	over *ownTree
	put  bool
}

func (r *ownReader) Get(key []byte) (value []byte, weight int64, ok bool) {
	e := r.over.find(key)
	if e != nil && r.put {
		if e.weight < 0 {
			return nil, 0, false
		}
		return at(r.over.arena, e.value, e.vlen), 1, true
	}
	if r.base != nil {
		value, weight, _ = r.base.Get(key)
	}
	if e != nil {
		weight += e.weight
	}
	if weight <= 0 {
		return nil, 0, false
	}
	return value, weight, true
}

func (r *ownReader) Iter() storage.Iterator {
	it := &mergeIterator{over: r.over, put: r.put}
	if r.base != nil {
		it.base = r.base.Iter()
	}
	return it
}

// mergeIterator walks a tree and its overlay together. Both stand at the current key or beyond it in the direction of the walk; to turn
// is to seek both anew.
type mergeIterator struct {
	base storage.Iterator // nil: none
	over *ownTree
	put  bool

	dir        int // 1 up, -1 down, 0: stands nowhere
	atBase     bool
	atOver     bool // which of the two stand at the current key
	weight     int64
	baseKey    []byte // nil: at its end
	overKey    []byte
	chunk, pos int // in the overlay
	turnKey    []byte
}

func (m *mergeIterator) entry() *entry { return &m.over.chunks[m.chunk][m.pos] }

func (m *mergeIterator) setBase(ok bool) {
	m.baseKey = nil
	if ok {
		m.baseKey = m.base.Key()
		if m.baseKey == nil {
			m.baseKey = []byte{}
		}
	}
}

func (m *mergeIterator) setOver() {
	m.overKey = nil
	if m.chunk >= 0 && m.chunk < len(m.over.chunks) {
		m.overKey = m.over.key(m.entry())
	}
}

// seek puts both at the first entry >= key or the last one < key.
func (m *mergeIterator) seek(key []byte, dir int) {
	m.dir = dir
	if m.base != nil {
		if dir > 0 {
			m.setBase(m.base.SeekGE(key))
		} else {
			m.setBase(m.base.SeekLT(key))
		}
	}
	switch {
	case key != nil:
		m.chunk, m.pos = m.over.seek(key)
	case dir > 0:
		m.chunk, m.pos = 0, 0
	default:
		m.chunk, m.pos = len(m.over.chunks), 0
	}
	if dir < 0 {
		m.moveOver()
	} else {
		m.setOver()
	}
}

func (m *mergeIterator) moveOver() {
	m.pos += m.dir
	switch {
	case m.pos < 0:
		m.chunk--
		if m.chunk >= 0 {
			m.pos = len(m.over.chunks[m.chunk]) - 1
		}
	case m.pos >= len(m.over.chunks[m.chunk]):
		m.chunk, m.pos = m.chunk+1, 0
	}
	m.setOver()
}

// settle finds the entry that is current: the nearer of the two, or both together, unless they come to nothing.
func (m *mergeIterator) settle() bool {
	for {
		switch {
		case m.baseKey == nil && m.overKey == nil:
			m.dir, m.atBase, m.atOver = 0, false, false
			return false
		case m.baseKey == nil:
			m.atBase, m.atOver = false, true
		case m.overKey == nil:
			m.atBase, m.atOver = true, false
		default:
			order := bytes.Compare(m.baseKey, m.overKey) * m.dir
			m.atBase, m.atOver = order <= 0, order >= 0
		}
		m.weight = 0
		if m.atBase {
			m.weight = m.base.Weight()
		}
		if m.atOver {
			if m.put {
				m.weight = 0
			}
			m.weight += m.entry().weight
		}
		if m.weight > 0 {
			return true
		}
		m.advance()
	}
}

// advance moves on what stands at the current key.
func (m *mergeIterator) advance() {
	if m.atBase {
		if m.dir > 0 {
			m.setBase(m.base.Next())
		} else {
			m.setBase(m.base.Prev())
		}
	}
	if m.atOver {
		m.moveOver()
	}
}

func (m *mergeIterator) step(dir int) bool {
	if m.dir == 0 {
		return false
	}
	if m.dir != dir {
		m.turnKey = append(m.turnKey[:0], m.Key()...)
		m.seek(m.turnKey, dir)
		m.atBase = dir > 0 && m.baseKey != nil && bytes.Equal(m.baseKey, m.turnKey)
		m.atOver = dir > 0 && m.overKey != nil && bytes.Equal(m.overKey, m.turnKey)
	}
	m.advance()
	return m.settle()
}

func (m *mergeIterator) SeekGE(key []byte) bool { m.seek(key, 1); return m.settle() }
func (m *mergeIterator) SeekLT(key []byte) bool { m.seek(key, -1); return m.settle() }
func (m *mergeIterator) Next() bool             { return m.step(1) }
func (m *mergeIterator) Prev() bool             { return m.step(-1) }

func (m *mergeIterator) Key() []byte {
	if m.atOver {
		return m.overKey
	}
	return m.baseKey
}

func (m *mergeIterator) Value() []byte {
	switch {
	case !m.put:
		return nil
	case m.atOver:
		return at(m.over.arena, m.entry().value, m.entry().vlen)
	}
	return m.base.Value()
}

func (m *mergeIterator) Weight() int64 { return m.weight }

func (m *mergeIterator) Close() {
	if m.base != nil {
		m.base.Close()
		m.base = nil
	}
	m.baseKey, m.overKey, m.dir = nil, nil, 0
}
