package optest

import (
	"bytes"
	"slices"
	"sort"

	"github.com/streamsql/streamsql/operators"
	"github.com/streamsql/streamsql/storage"
)

// NewMap makes a storage.Map that is a sorted slice: the model of the real ones.
func NewMap(spec storage.Spec) storage.Map { return &memMap{put: spec.Put} }

// MemMaps gives operators state in memory.
func MemMaps(_ string, spec storage.Spec) storage.Map { return NewMap(spec) }

var _ operators.Maps = MemMaps

type memMap struct {
	put  bool
	list []memEntry
	gen  int // changes, so that iterators that outlive one are found out
	open int // iterators
}

type memEntry struct {
	key, value []byte
	weight     int64
}

func (m *memMap) find(key []byte) (int, bool) {
	i := sort.Search(len(m.list), func(i int) bool { return bytes.Compare(m.list[i].key, key) >= 0 })
	return i, i < len(m.list) && bytes.Equal(m.list[i].key, key)
}

func (m *memMap) Apply(b *storage.Changes) {
	m.gen++
	for k := range b.Len() {
		i, ok := m.find(b.Key(k))
		w := b.Weight(k)
		switch {
		case m.put && w < 0:
			if ok {
				m.list = slices.Delete(m.list, i, i+1)
			}
		case m.put && ok:
			m.list[i].value = bytes.Clone(b.Value(k))
		case m.put:
			m.insert(i, b.Key(k), b.Value(k), 1)
		case ok:
			if m.list[i].weight += w; m.list[i].weight == 0 {
				m.list = slices.Delete(m.list, i, i+1)
			}
		case w != 0:
			m.insert(i, b.Key(k), nil, w)
		}
	}
}

func (m *memMap) insert(i int, key, value []byte, w int64) {
	m.list = slices.Insert(m.list, i, memEntry{append([]byte{}, key...), append([]byte{}, value...), w})
}

func (m *memMap) Each(f func(key, value []byte, weight int64)) {
	for _, e := range m.list {
		f(e.key, e.value, e.weight)
	}
}

func (m *memMap) Get(key []byte) ([]byte, int64, bool) {
	i, ok := m.find(key)
	if !ok {
		return nil, 0, false
	}
	return m.list[i].value, m.list[i].weight, true
}

func (m *memMap) Update(keys *storage.Changes, f func(i int, old []byte) []byte) {
	m.gen++
	for k := keys.Len() - 1; k >= 0; k-- { // any order will do
		i, ok := m.find(keys.Key(k))
		var old []byte
		if ok {
			old = m.list[i].value
		}
		v := f(k, old)
		switch {
		case v == nil && ok:
			m.list = slices.Delete(m.list, i, i+1)
		case v != nil && ok:
			m.list[i].value = append([]byte{}, v...)
		case v != nil:
			m.insert(i, keys.Key(k), v, 1)
		}
	}
}

func (m *memMap) Len() int64   { return int64(len(m.list)) }
func (m *memMap) Bytes() int64 { return 0 }

func (m *memMap) Iter() storage.Iterator {
	m.open++
	return &memIter{m: m, i: -1, gen: m.gen}
}

type memIter struct {
	m   *memMap
	i   int
	gen int
}

func (t *memIter) at(i int) bool {
	if t.gen != t.m.gen {
		panic("optest: an iterator was used after its map had changed")
	}
	if i < 0 || i >= len(t.m.list) {
		t.i = -1
		return false
	}
	t.i = i
	return true
}

func (t *memIter) SeekGE(key []byte) bool {
	i, _ := t.m.find(key)
	return t.at(i)
}

func (t *memIter) SeekLT(key []byte) bool {
	if key == nil {
		return t.at(len(t.m.list) - 1)
	}
	i, _ := t.m.find(key)
	return t.at(i - 1)
}

func (t *memIter) Next() bool {
	if t.i < 0 {
		return false
	}
	return t.at(t.i + 1)
}

func (t *memIter) Prev() bool {
	if t.i < 0 {
		return false
	}
	return t.at(t.i - 1)
}

func (t *memIter) Key() []byte   { return t.m.list[t.i].key }
func (t *memIter) Value() []byte { return t.m.list[t.i].value }
func (t *memIter) Weight() int64 { return t.m.list[t.i].weight }

func (t *memIter) Close() {
	if t.m != nil {
		t.m.open--
		t.m = nil
	}
}
