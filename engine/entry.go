package engine

import (
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
)

// A log entry is the commits of a tick, one after the other. It holds what replay cannot compute: a row's key and new image; the old
// one is in the table. Parts of a commit:
//
//	'd' length JSON        a definition (definition)
//	't' table              the table is emptied
//	'c' row id, object id  the highest ids handed out so far
//	'r' table count rows   rows: key, then 0 (deleted) or 1 and the image; lengths before both
const (
	partDefinition = 'd'
	partTruncate   = 't'
	partCounters   = 'c'
	partRows       = 'r'
)

// counters are the highest ids handed out: of rows of tables without a primary key, and of objects.
type counters struct {
	Row    int64
	Object catalog.ID
}

func (c counters) append(dst []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(append(dst, partCounters), uint64(c.Row)), uint64(c.Object))
}

// definition is a change of the catalog as the log has it: that of a DDL (plans are made again), or what the engine itself decided.
type definition struct {
	CreateTable    *catalog.Table    `json:",omitempty"`
	CreateIndexes  []*catalog.Index  `json:",omitempty"`
	CreateView     *catalog.View     `json:",omitempty"`
	CreateSequence *catalog.Sequence `json:",omitempty"`
	CreateSchema   string            `json:",omitempty"`
	DropSchema     string            `json:",omitempty"`
	Drop           []catalog.ID      `json:",omitempty"`
	ReplaceView    *catalog.View     `json:",omitempty"`
	AlterTable     *catalog.Table    `json:",omitempty"`
	Comment        *catalog.Comment  `json:",omitempty"`
	// Advance is a sequence of which numbers were reserved.
	Advance *catalog.Sequence `json:",omitempty"`
}

func definitionOf(d DDL) definition {
	return definition{CreateTable: d.CreateTable, CreateIndexes: d.CreateIndexes, CreateView: d.CreateView, CreateSequence: d.CreateSequence,
		CreateSchema: d.CreateSchema, DropSchema: d.DropSchema, Drop: d.Drop, ReplaceView: d.ReplaceView, AlterTable: d.AlterTable, Comment: d.Comment}
}

func appendDefinition(dst []byte, d *definition) []byte {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain structs of plain fields
	}
	dst = binary.AppendUvarint(append(dst, partDefinition), uint64(len(text)))
	return append(dst, text...)
}

// size is what the rows of a transaction amount to.
type size struct {
	rows     int // that change
	disputed int // of these, those that another transaction may want to change, too: see Writes.disputable
	added    int // bytes more than before
	longest  int // image
}

// appendWrites encodes the rows of a transaction.
func appendWrites(dst []byte, w *Writes) ([]byte, size) {
	var all size
	for _, t := range w.tables() {
		if w.truncated(t.ID) {
			dst = binary.AppendUvarint(append(dst, partTruncate), uint64(t.ID))
		}
		at, part := len(dst), w.part(t.ID)
		own := part.hidden()
		dst = slices.Grow(dst, part.set.encoded())
		dst = binary.AppendUvarint(append(dst, partRows), uint64(t.ID))
		dst = append(dst, 0, 0, 0, 0)
		head := len(dst) - 4
		n := uint32(0)
		_ = w.each(t.ID, func(c change) error {
			n++
			if c.old != nil || !own {
				all.disputed++
			}
			all.added += len(c.new) - len(c.old)
			all.longest = max(all.longest, len(c.new))
			dst = binary.AppendUvarint(dst, uint64(len(c.key)))
			dst = append(dst, c.key...)
			if c.new == nil {
				dst = append(dst, 0)
				return nil
			}
			dst = binary.AppendUvarint(append(dst, 1), uint64(len(c.new)))
			dst = append(dst, c.new...)
			return nil
		})
		binary.LittleEndian.PutUint32(dst[head:], n)
		if n == 0 {
			dst = dst[:at]
		}
		all.rows += int(n)
	}
	return dst, all
}

// entryReader reads an entry. Damage that the log's checksum did not see is an error, not a panic.
type entryReader struct {
	b   []byte
	bad bool
}

func (r *entryReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) bytes() []byte { return r.take(r.uvarint()) }

func (r *entryReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *entryReader) byte() byte {
	if s := r.take(1); s != nil {
		return s[0]
	}
	return 0
}

// parts is who takes the parts of an entry.
type parts interface {
	define(d *definition) error
	truncate(table catalog.ID) error
	count(c counters)
	row(table catalog.ID, key, image []byte) error // image nil: deleted
}

// readEntry gives the parts of an entry to p in order.
func readEntry(b []byte, p parts) error {
	r := entryReader{b: b}
	for len(r.b) > 0 {
		var err error
		switch r.byte() {
		case partDefinition:
			var d definition
			if err = json.Unmarshal(r.bytes(), &d); err == nil && !r.bad {
				err = p.define(&d)
			}
		case partTruncate:
			if id := catalog.ID(r.uvarint()); !r.bad {
				err = p.truncate(id)
			}
		case partCounters:
			c := counters{Row: int64(r.uvarint()), Object: catalog.ID(r.uvarint())}
			if !r.bad {
				p.count(c)
			}
		case partRows:
			err = r.rows(p)
		default:
			r.bad = true
		}
		if err != nil {
			return err
		}
		if r.bad {
			return sqlerr.New(sqlerr.DataCorrupted, "the log has an entry that cannot be read")
		}
	}
	return nil
}

func (r *entryReader) rows(p parts) error {
	id := catalog.ID(r.uvarint())
	count := r.take(4)
	if r.bad {
		return nil
	}
	for range binary.LittleEndian.Uint32(count) {
		key := r.bytes()
		var image []byte
		if r.byte() == 1 {
			image = r.bytes()
		}
		if r.bad {
			return nil
		}
		if err := p.row(id, key, image); err != nil {
			return err
		}
	}
	return nil
}
