package storage

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"

	"github.com/streamsql/streamsql/sqlerr"
)

// manifest is what a checkpoint says beside the pages. In the database it is a head, and chunks that the head names with
// their number, length and checksum.
type manifest struct {
	epoch      uint64
	tick       Tick
	nextPage   uint32
	nextID     ID
	structures []structure
	orphans    []orphan
	free       []byte // bitmap of page ids
	sweeper    sweeper
	meta       []byte
}

const manifestChunk = 512 << 10

// captureManifest runs on the writer between ticks.
func (s *Store) captureManifest(epoch uint64, meta []byte) manifest {
	m := manifest{epoch: epoch, tick: s.last.tick, nextPage: s.nextPage, nextID: ID(len(s.structures))}
	for _, t := range s.structures {
		if t != nil {
			m.structures = append(m.structures, structure{id: t.id, spec: t.spec, root: t.root, entries: t.entries, pages: t.pages})
		}
	}
	m.orphans = append(m.orphans, s.orphans...)
	m.free = make([]byte, (s.nextPage+7)/8)
	for _, id := range s.free {
		m.free[id>>3] |= 1 << (id & 7)
	}
	for _, d := range s.dead[s.deadHead:] {
		m.free[d.id>>3] |= 1 << (d.id & 7)
	}
	m.meta = append([]byte(nil), meta...)
	return m
}

const (
	specOrdered = 1 << iota
	specPublished
	specPut
)

func (p Spec) encode() (b byte) {
	for i, set := range []bool{p.Ordered, p.Published, p.Put} {
		if set {
			b |= 1 << i
		}
	}
	return b
}

func decodeSpec(b byte) Spec {
	return Spec{Ordered: b&specOrdered != 0, Published: b&specPublished != 0, Put: b&specPut != 0}
}

// encode gives the head, and the body in chunks that the database takes.
func (m *manifest) encode() (head []byte, chunks [][]byte) {
	var b []byte
	num := func(v uint64) { b = binary.AppendUvarint(b, v) }
	num(uint64(m.tick))
	num(uint64(m.nextPage))
	num(uint64(m.nextID))
	num(uint64(len(m.structures)))
	for i := range m.structures {
		t := &m.structures[i]
		num(uint64(t.id))
		b = append(b, t.spec.encode())
		num(uint64(t.root))
		num(uint64(t.entries))
		num(uint64(t.pages))
	}
	num(uint64(len(m.orphans)))
	for _, o := range m.orphans {
		num(uint64(o.page))
		b = append(b, Spec{Published: o.published}.encode())
	}
	free := s2.Encode(nil, m.free)
	num(uint64(len(free)))
	b = append(b, free...)
	b = m.sweeper.encode(b)
	num(uint64(len(m.meta)))
	b = append(b, m.meta...)

	sum := xxhash.Sum64(b)
	n := len(b)
	for len(b) > 0 {
		k := min(len(b), manifestChunk)
		chunks = append(chunks, b[:k])
		b = b[k:]
	}
	head = binary.AppendUvarint(head, m.epoch)
	head = binary.AppendUvarint(head, uint64(len(chunks)))
	head = binary.AppendUvarint(head, uint64(n))
	head = binary.LittleEndian.AppendUint64(head, sum)
	return head, chunks
}

func damagedManifest() error {
	return sqlerr.New(sqlerr.DataCorrupted, "the checkpoint's manifest is damaged").
		WithHint("Restore the data directory from a backup.")
}

func damagedPack() error {
	return sqlerr.New(sqlerr.DataCorrupted, "a pack of deltas of the checkpoint is damaged").
		WithHint("Restore the data directory from a backup.")
}

// loadManifest reads the last durable checkpoint's; nil when there is none.
func loadManifest(db *pageDB) (*manifest, error) {
	var head []byte
	found, err := db.get(manifestKey, func(v []byte) error { head = append(head, v...); return nil })
	if err != nil || !found {
		return nil, err
	}
	r := reader{b: head}
	m := &manifest{epoch: r.num()}
	chunks, n, sum := r.num(), r.num(), r.word()
	if r.bad || n > chunks*manifestChunk {
		return nil, damagedManifest()
	}
	body := make([]byte, 0, n)
	for i := range chunks {
		if _, err := db.getAt(m.epoch, pageKey('M', uint32(i)), func(v []byte) error { body = append(body, v...); return nil }); err != nil {
			return nil, err
		}
	}
	if uint64(len(body)) != n || xxhash.Sum64(body) != sum || !m.decode(body) {
		return nil, damagedManifest()
	}
	return m, nil
}

func (m *manifest) decode(body []byte) bool {
	r := reader{b: body}
	m.tick, m.nextPage, m.nextID = Tick(r.num()), uint32(r.num()), ID(r.num())
	for n := r.num(); n > 0 && !r.bad; n-- {
		t := structure{id: ID(r.num())}
		t.spec = decodeSpec(r.byte())
		t.root, t.entries, t.pages = uint32(r.num()), int64(r.num()), int64(r.num())
		if t.id >= m.nextID {
			return false
		}
		m.structures = append(m.structures, t)
	}
	for n := r.num(); n > 0 && !r.bad; n-- {
		page := uint32(r.num())
		m.orphans = append(m.orphans, orphan{page, decodeSpec(r.byte()).Published})
	}
	free, err := s2.Decode(nil, r.bytes(r.num()))
	if err != nil {
		return false
	}
	m.free = free
	m.sweeper = decodeSweeper(&r)
	m.meta = append([]byte(nil), r.bytes(r.num())...)
	return !r.bad && len(r.b) == 0 && len(free) == int(m.nextPage+7)/8
}

// eachFree calls f for the page ids in the bitmap.
func (m *manifest) eachFree(f func(id uint32)) {
	for i, b := range m.free {
		for ; b != 0; b &= b - 1 {
			if id := uint32(i*8 + bits.TrailingZeros8(b)); id > 0 && id < m.nextPage {
				f(id)
			}
		}
	}
}

// reader reads what encode wrote; bad when it ends too early.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) num() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if v := r.bytes(1); v != nil {
		return v[0]
	}
	return 0
}

func (r *reader) word() uint64 {
	if v := r.bytes(8); v != nil {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}
