package storage

import (
	"encoding/binary"
	"runtime"
	"sync"

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
	arena  []byte
	epochs []uint64
	first  []uint32 // by page: the first of its deltas; those end where the next page's begin
	deltas []packedDelta
}

// packedDelta is where a delta lies in the arena.
type packedDelta struct {
	off  uint64
	n    uint32
	pack uint32
}

// each calls f for the deltas to a page that came after epoch.
func (k *packed) each(id uint32, epoch uint64, f func(delta []byte) error) error {
	if k == nil || int(id)+1 >= len(k.first) {
		return nil
	}
	for _, x := range k.deltas[k.first[id]:k.first[id+1]] {
		if k.epochs[x.pack] <= epoch {
			continue
		}
		if err := f(k.arena[x.off : x.off+uint64(x.n)]); err != nil {
			return err
		}
	}
	return nil
}

// has tells whether there are deltas to a page.
func (k *packed) has(id uint32) bool { return int(id)+1 < len(k.first) && k.first[id] < k.first[id+1] }

// loadPacks reads packs, oldest first, of a store with pages below nextPage.
func loadPacks(db *pageDB, packs []pack, nextPage uint32) (*packed, error) {
	k := &packed{}
	size := int64(0)
	for _, x := range packs {
		size += x.size
		k.epochs = append(k.epochs, x.epoch)
	}
	k.arena = make([]byte, size)
	l := packLoader{db: db, arena: k.arena}
	if err := l.run(packs); err != nil {
		return nil, err
	}
	return k, k.index(packs, nextPage)
}

// packLoader decodes chunks into the arena on all processors.
type packLoader struct {
	db    *pageDB
	arena []byte
	tasks chan packTask

	mu  sync.Mutex
	err error
}

type packTask struct {
	key []byte
	off int64
	end int64 // of the pack
}

func (l *packLoader) run(packs []pack) error {
	l.tasks = make(chan packTask)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for t := range l.tasks {
				l.fail(l.load(t))
			}
		})
	}
	off := int64(0)
	for _, x := range packs {
		end := off + x.size
		for i := range x.chunks {
			n, err := l.length(packKey(x.epoch, i))
			l.fail(err)
			if err != nil || off+n > end {
				break
			}
			l.tasks <- packTask{packKey(x.epoch, i), off, off + n}
			off += n
		}
		if off != end {
			l.fail(damagedPack())
			break
		}
	}
	close(l.tasks)
	workers.Wait()
	return l.err
}

func (l *packLoader) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}

// length is that of a chunk when it is decoded.
func (l *packLoader) length(key []byte) (n int64, err error) {
	found, err := l.db.get(key, func(v []byte) error {
		k, err := s2.DecodedLen(v)
		n = int64(k)
		return err
	})
	if err == nil && !found {
		err = damagedPack()
	}
	return n, err
}

func (l *packLoader) load(t packTask) error {
	_, err := l.db.get(t.key, func(v []byte) error {
		_, err := s2.Decode(l.arena[t.off:t.end:t.end], v)
		return err
	})
	return err
}

// index finds the deltas of each page. Counting comes first, so that all are in one slice, those of a page in the order of their packs.
func (k *packed) index(packs []pack, nextPage uint32) error {
	k.first = make([]uint32, nextPage+1)
	n := 0
	err := k.scan(packs, func(id, _ uint32, _, _ uint64) {
		if id < nextPage {
			k.first[id]++
			n++
		}
	})
	if err != nil {
		return err
	}
	at := uint32(0)
	for id, n := range k.first {
		k.first[id] = at
		at += n
	}
	k.deltas = make([]packedDelta, n)
	_ = k.scan(packs, func(id, pack uint32, off, n uint64) { // what was read without an error is again
		if id < nextPage {
			k.deltas[k.first[id]] = packedDelta{off, uint32(n), pack}
			k.first[id]++
		}
	})
	copy(k.first[1:], k.first)
	k.first[0] = 0
	return nil
}

// scan calls f for all deltas in the arena.
func (k *packed) scan(packs []pack, f func(id, pack uint32, off, n uint64)) error {
	off, end := uint64(0), uint64(0)
	for i := range packs {
		end += uint64(packs[i].size)
		for off < end {
			id, n1 := binary.Uvarint(k.arena[off:end])
			if n1 <= 0 {
				return damagedPack()
			}
			n, n2 := binary.Uvarint(k.arena[off+uint64(n1) : end])
			off += uint64(n1 + n2)
			if n2 <= 0 || n > end-off {
				return damagedPack()
			}
			f(uint32(id), uint32(i), off, n)
			off += n
		}
	}
	return nil
}
