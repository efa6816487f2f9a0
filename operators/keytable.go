package operators

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// keyTable numbers the distinct keys of a tick: 0, 1, 2... in the order in which they come. Open addressing over one arena,
// so that it costs the collector nothing and is cheap to empty.
type keyTable struct {
	slots []uint32 // number+1, 0: free
	hash  []uint32 // by number
	off   []int    // by number; the key is arena[off[i]:off[i+1]]
	arena []byte
}

func (t *keyTable) len() int         { return max(0, len(t.off)-1) }
func (t *keyTable) key(i int) []byte { return t.arena[t.off[i]:t.off[i+1]] }

func (t *keyTable) reset() {
	if cap(t.arena) > keepBytes || cap(t.hash) > keepRows {
		*t = keyTable{}
		return
	}
	n := t.len()
	if n*8 < len(t.slots) { // few keys in a large table: free their slots one by one
		for i := range n {
			t.slots[t.slot(i)] = 0
		}
	} else {
		clear(t.slots)
	}
	t.hash, t.off, t.arena = t.hash[:0], t.off[:0], t.arena[:0]
}

// slot is where key i stands.
func (t *keyTable) slot(i int) uint32 {
	mask := uint32(len(t.slots) - 1)
	s := t.hash[i] & mask
	for t.slots[s] != uint32(i+1) {
		s = (s + 1) & mask
	}
	return s
}

// add numbers a key; fresh tells that it is new.
func (t *keyTable) add(key []byte) (i int, fresh bool) {
	if 2*len(t.hash) >= len(t.slots) {
		t.grow()
	}
	h := uint32(xxhash.Sum64(key))
	mask := uint32(len(t.slots) - 1)
	s := h & mask
	for ; t.slots[s] != 0; s = (s + 1) & mask {
		i = int(t.slots[s] - 1)
		if t.hash[i] == h && bytes.Equal(t.key(i), key) {
			return i, false
		}
	}
	i = len(t.hash)
	t.slots[s] = uint32(i + 1)
	t.hash = append(t.hash, h)
	if i == 0 {
		t.off = append(t.off[:0], 0)
	}
	t.arena = append(t.arena, key...)
	t.off = append(t.off, len(t.arena))
	return i, true
}

func (t *keyTable) grow() {
	t.slots = make([]uint32, max(64, 2*len(t.slots)))
	mask := uint32(len(t.slots) - 1)
	for i, h := range t.hash {
		s := h & mask
		for t.slots[s] != 0 {
			s = (s + 1) & mask
		}
		t.slots[s] = uint32(i + 1)
	}
}
