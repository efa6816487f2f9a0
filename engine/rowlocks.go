package engine

import (
	"bytes"
	"slices"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/rowlock"
)

// Locks are those of rows. Who changes rows looks at them when its statement runs, and waits there; COMMIT looks again, and does not wait: what a
// transaction has locked is not changed by another one, whichever way that goes.
func (e *Engine) Locks() *rowlock.Table { return &e.locks }

// Met is the error 40001 of who has met another transaction at a row.
type Met struct {
	Row      rowlock.Row
	Strength rowlock.Strength // that the row was wanted with
	Held     bool             // the other one holds the row; else it has changed it, and Snapshot shows that
}

func (m *Met) Error() string { return m.Unwrap().Error() }

// Unwrap is what a client is told.
func (m *Met) Unwrap() error { return lostRace() }

// Current fails (*Met) if rows that a statement has read from sn, and has locked then, are not as it saw them.
func (e *Engine) Current(sn *Snapshot, rows []rowlock.Row) error {
	for some := range slices.Chunk(rows, largeCommit) {
		if err := e.current(sn, some); err != nil {
			e.awaitAccepted()
			return err
		}
	}
	return nil
}

func (e *Engine) current(sn *Snapshot, rows []rowlock.Row) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.Snapshot()
	defer now.Close()
	if now.Tick == sn.Tick && len(e.ledger.open) == 0 {
		return nil
	}
	for _, r := range rows {
		t, ok := sn.Catalog.Object(r.Table).(*catalog.Table)
		if !ok {
			continue
		}
		key := []byte(r.Key)
		is, known := e.ledger.row(t.ID, hashOf(key), key)
		if !known {
			is, _, _ = now.Store.Get(t.Tree, key)
		}
		if was, _, _ := sn.Store.Get(t.Tree, key); !bytes.Equal(was, is) {
			return &Met{Row: r}
		}
	}
	return nil
}

// locked fails (*Met) if another transaction holds a row that this one changes.
func (v *validation) locked(locks *rowlock.Table, cat *catalog.Catalog) error {
	w := v.p.writes
	if w == nil || !locks.Any() {
		return nil
	}
	for _, t := range w.tables() {
		if locks.Locked(t.ID) == 0 {
			continue
		}
		if w.truncated(t.ID) {
			if r, ok := locks.Other(v.c.Holder, t.ID); ok {
				return &Met{Row: r, Strength: rowlock.Update, Held: true}
			}
		}
		var keys []*indexKey
		for _, x := range v.indexes(cat, t.ID) {
			keys = append(keys, newIndexKey(x, columnTypes(t.Columns)))
		}
		err := w.disputable(t.ID, func(c change) error {
			if c.old == nil {
				return nil
			}
			m := &Met{Row: rowlock.Row{Table: t.ID, Key: string(c.key)}, Strength: rowlock.NoKeyUpdate, Held: true}
			if c.new == nil || slices.ContainsFunc(keys, func(k *indexKey) bool { return k.moves(c.old, c.new) }) {
				m.Strength = rowlock.Update
			}
			if locks.Blocked(v.c.Holder, m.Row, m.Strength) {
				return m
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moves tells whether a row's entry in the index is under another key once the row has changed.
func (k *indexKey) moves(old, new []byte) bool {
	was, _ := k.ofImage(old)
	was = slices.Clone(was)
	is, _ := k.ofImage(new)
	return !bytes.Equal(was, is)
}
