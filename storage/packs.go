package storage

import (
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/s2"
)

// A checkpoint writes what changed of a page since the checkpoint before, its delta, together with those of other pages: a record for each
// would cost more than what it says. The deltas of one checkpoint are its pack, in chunks:
//
//	chunk  s2 of (page uvarint | length uvarint | delta)*
//
// A stored page is its full image and the deltas of all packs after it, in order. So the packs are read when the store is opened, and there must
// not be too many of them: see sweep.go.

// packChunk is about how large a chunk is before it is compressed.
const packChunk = 256 << 10

// pack is what the manifest says of a pack.
type pack struct {
	epoch  uint64
	chunks uint32
	size   int64 // before compression
}

func packKey(epoch uint64, chunk uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64([]byte{'d'}, epoch), chunk)
}

// packWriter writes the pack of a checkpoint.
type packWriter struct {
	pack
	wb    *pageBatch
	chunk []byte
}

// add takes the delta of a page.
func (w *packWriter) add(id uint32, delta []byte) error {
	w.chunk = binary.AppendUvarint(w.chunk, uint64(id))
	w.chunk = binary.AppendUvarint(w.chunk, uint64(len(delta)))
	w.chunk = append(w.chunk, delta...)
	if len(w.chunk) < packChunk {
		return nil
	}
	return w.flush()
}

func (w *packWriter) flush() error {
	if len(w.chunk) == 0 {
		return nil
	}
	if err := w.wb.set(packKey(w.epoch, w.chunks), s2.Encode(nil, w.chunk)); err != nil {
		return err
	}
	w.chunks++
	w.size += int64(len(w.chunk))
	w.chunk = w.chunk[:0]
	return nil
}

// packed is what the packs of an opened store say. It never changes: a page that is resident does not need it any more.
type packed struct {
	chunks []packedChunk
	last   []uint32 // by page: its newest delta, counted from 1; 0: none
	deltas []packedDelta
}

type packedChunk struct {
	epoch uint64
	data  []byte
}

// packedDelta is where a delta lies, and which one of its page comes before it, counted from 1; 0: none.
type packedDelta struct{ chunk, off, n, before uint32 }

// each calls f for the deltas to a page that came after epoch, oldest first.
func (k *packed) each(id uint32, epoch uint64, f func(delta []byte) error) error {
	if k == nil || int(id) >= len(k.last) {
		return nil
	}
	var few [64]uint32
	todo := few[:0]
	for i := k.last[id]; i != 0 && k.chunks[k.deltas[i-1].chunk].epoch > epoch; i = k.deltas[i-1].before {
		todo = append(todo, i-1)
	}
	for _, i := range slices.Backward(todo) {
		x := &k.deltas[i]
		if err := f(k.chunks[x.chunk].data[x.off : x.off+x.n]); err != nil {
			return err
		}
	}
	return nil
}

// has tells whether there are deltas to a page.
func (k *packed) has(id uint32) bool { return k.last[id] != 0 }

// loadPacks reads packs, oldest first, of a store with pages below nextPage. Chunks are decoded on all processors.
func loadPacks(db *pageDB, packs []pack, nextPage uint32) (*packed, error) {
	k := &packed{last: make([]uint32, nextPage)}
	var keys [][]byte
	size := int64(0)
	for _, x := range packs {
		for i := range x.chunks {
			keys = append(keys, packKey(x.epoch, i))
			k.chunks = append(k.chunks, packedChunk{epoch: x.epoch})
		}
		size += x.size
	}
	var next atomic.Int64
	errs := make([]error, len(keys))
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(keys)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(keys); i = int(next.Add(1)) - 1 {
				k.chunks[i].data, errs[i] = loadChunk(db, keys[i])
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	const usual = 48 // bytes of a delta
	k.deltas = make([]packedDelta, 0, size/usual)
	for i := range k.chunks {
		if !k.index(uint32(i)) {
			return nil, damagedPack()
		}
	}
	return k, nil
}

func loadChunk(db *pageDB, key []byte) (data []byte, err error) {
	found, err := db.get(key, func(v []byte) error {
		data, err = s2.Decode(nil, v)
		return err
	})
	if err == nil && !found {
		err = damagedPack()
	}
	return data, err
}

// index notes the deltas of a chunk, after those of the chunks before it; false: it is damaged.
func (k *packed) index(chunk uint32) bool {
	b := k.chunks[chunk].data
	for off := 0; off < len(b); {
		id, n1 := binary.Uvarint(b[off:])
		if n1 <= 0 {
			return false
		}
		n, n2 := binary.Uvarint(b[off+n1:])
		off += n1 + n2
		if n2 <= 0 || n > uint64(len(b)-off) {
			return false
		}
		if id < uint64(len(k.last)) { // else it is of a page that was freed since, and not used again
			k.deltas = append(k.deltas, packedDelta{chunk, uint32(off), uint32(n), k.last[id]})
			k.last[id] = uint32(len(k.deltas))
		}
		off += int(n)
	}
	return true
}
