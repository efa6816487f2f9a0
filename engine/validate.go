package engine

import (
	"bytes"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// validation checks one transaction.
type validation struct {
	p *pending
	c *Commit
	// unique is who holds, after the transaction, the unique keys that it changes: index ++ key -> primary key, nil: nobody.
	unique map[string][]byte
	buf    []byte
}

func lostRace() error {
	return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access due to concurrent update")
}

// rows checks that what the transaction changes is still as it saw it, and that no key is there twice: against a frontier, and what was
// accepted after it (nil: nothing).
func (v *validation) rows(sn *Snapshot, l *ledger) error {
	if v.p.writes == nil {
		return nil
	}
	for _, t := range v.p.writes.tables() {
		cat := sn.Catalog
		now, ok := cat.Object(t.ID).(*catalog.Table)
		created := false
		if !ok {
			if now, created = v.created(t.ID); !created {
				return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was dropped", t.Name)
			}
		}
		if !created {
			if t.Version != v.version(now) {
				return alteredMeanwhile(t)
			}
			if err := v.table(sn, l, now); err != nil {
				return err
			}
		}
		if err := v.largeRows(cat, now); err != nil {
			return err
		}
		for _, x := range v.indexes(cat, t.ID) {
			if err := v.uniqueIndex(sn, l, now, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// largeRows refuses rows (54000) that fit into the table but not, behind their key, into one of its indexes.
func (v *validation) largeRows(cat *catalog.Catalog, t *catalog.Table) error {
	if v.p.size.longest < storage.MaxEntry/4 {
		return nil
	}
	return v.p.writes.each(t.ID, func(c change) error {
		if len(c.new) < storage.MaxEntry/4 {
			return nil
		}
		for _, x := range cat.Indexes(t.ID) {
			if err := storage.CheckEntry(newIndexKey(x, columnTypes(t.Columns)).entry(c.new), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// created finds a table that the transaction itself creates.
func (v *validation) created(id catalog.ID) (*catalog.Table, bool) {
	for _, x := range v.c.DDL {
		if x.CreateTable != nil && x.CreateTable.ID == id {
			return x.CreateTable, true
		}
	}
	return nil, false
}

// version is a table's once the transaction has altered it.
func (v *validation) version(t *catalog.Table) int {
	n := t.Version
	for _, x := range v.c.DDL {
		if x.AlterTable != nil && x.AlterTable.ID == t.ID {
			n++
		}
	}
	return n
}

// indexes are the unique indexes of a table, those that the transaction creates too.
func (v *validation) indexes(cat *catalog.Catalog, id catalog.ID) (out []*catalog.Index) {
	for _, x := range cat.Indexes(id) {
		if x.Unique {
			out = append(out, x)
		}
	}
	for _, d := range v.c.DDL {
		for _, x := range d.CreateIndexes {
			if x.On == id && x.Unique {
				out = append(out, x)
			}
		}
	}
	return out
}

func (v *validation) table(sn *Snapshot, l *ledger, t *catalog.Table) error {
	w := v.p.writes
	if w.truncated(t.ID) {
		return nil
	}
	stored := sn.Store.Finder(t.Tree)
	return w.disputable(t.ID, func(c change) error {
		var now []byte
		known := false
		if l != nil {
			now, known = l.row(t.ID, c.hash, c.key)
		}
		if !known {
			now, _, _ = stored.Get(c.key)
		}
		return v.compare(sn.Catalog, t, c, now)
	})
}

func (v *validation) compare(cat *catalog.Catalog, t *catalog.Table, c change, now []byte) error {
	switch {
	case c.old == nil && now != nil:
		return v.duplicate(cat, t, 0, c.new)
	case c.old != nil && !bytes.Equal(c.old, now):
		return lostRace()
	}
	return nil
}

func (v *validation) duplicate(cat *catalog.Catalog, t *catalog.Table, index catalog.ID, image []byte) error {
	row, err := decodeRow(columnTypes(t.Columns), image)
	if err != nil {
		return err
	}
	for _, d := range v.c.DDL { // its own indexes have names too
		for _, x := range d.CreateIndexes {
			cat = cat.With(x)
		}
	}
	return DuplicateKey(cat, t, index, row)
}

// uniqueIndex checks the keys of an index: first all are given up that the transaction's old rows had, then its new rows take theirs.
func (v *validation) uniqueIndex(sn *Snapshot, l *ledger, t *catalog.Table, x *catalog.Index) error {
	w := v.p.writes
	if v.unique == nil {
		v.unique = make(map[string][]byte)
	}
	k := newIndexKey(x, columnTypes(t.Columns))
	_ = w.each(t.ID, func(c change) error {
		if c.old != nil {
			if key, null := k.ofImage(c.old); !null {
				v.unique[string(rowKey(v.buf, x.ID, key))] = nil
			}
		}
		return nil
	})
	var it storage.Iterator
	if x.Tree != 0 && !w.truncated(t.ID) {
		it = sn.Store.Iter(x.Tree)
		defer it.Close()
	}
	return w.each(t.ID, func(c change) error {
		if c.new == nil {
			return nil
		}
		key, null := k.ofImage(c.new)
		if null {
			return nil
		}
		at := string(rowKey(v.buf, x.ID, key))
		holder, known := v.unique[at]
		if !known && l != nil {
			var r ledgerKey
			r, known = l.unique[at]
			holder = r.bytes
		}
		if !known && it != nil && it.SeekGE(key) && bytes.HasPrefix(it.Key(), key) {
			holder = someRow
		}
		if holder != nil {
			return v.duplicate(sn.Catalog, t, x.ID, c.new)
		}
		v.unique[at] = c.key
		return nil
	})
}

// someRow stands for a row of the frontier that holds a key: which one does not matter.
var someRow = []byte{}

// against checks a large transaction, which a frontier was found to allow, against what was accepted after that.
func (v *validation) against(cat *catalog.Catalog, l *ledger) error {
	w := v.p.writes
	for _, p := range l.open {
		for _, t := range w.tables() {
			now, ok := cat.Object(t.ID).(*catalog.Table)
			if !ok || w.truncated(t.ID) {
				continue
			}
			err := p.writes.disputable(t.ID, func(o change) error {
				c, ok := w.changed(t.ID, o.hash, o.key)
				if !ok {
					return nil
				}
				image, _ := l.row(t.ID, o.hash, o.key)
				return v.compare(cat, now, c, image)
			})
			if err != nil {
				return err
			}
		}
	}
	for at, r := range l.unique {
		if mine := v.unique[at]; mine != nil && r.bytes != nil {
			return lostRace() // the next attempt names the duplicate
		}
	}
	return nil
}
