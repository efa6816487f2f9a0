package session

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// arbiters are the primary key (0) and the unique indexes of the table, with their columns.
func (w *writer) arbiters(only []catalog.ID) map[catalog.ID][]int {
	if w.keys == nil {
		w.keys = map[catalog.ID][]int{0: w.table.PrimaryKey}
		for _, x := range w.reading.Snapshot.Catalog.Indexes(w.table.ID) {
			if x.Unique {
				cols := make([]int, len(x.Columns))
				for i, c := range x.Columns {
					cols[i] = c.Col
				}
				w.keys[x.ID] = cols
			}
		}
	}
	if len(only) == 0 {
		return w.keys
	}
	some := map[catalog.ID][]int{}
	for _, id := range only {
		some[id] = w.keys[id]
	}
	return some
}

// existing finds a row that has row's value in a unique key. A NULL in a key is equal to nothing.
func (w *writer) existing(row []types.Datum, only []catalog.ID) (old []types.Datum, by catalog.ID, err error) {
	for id, cols := range w.arbiters(only) {
		key := make([]types.Datum, len(cols))
		null := false
		for i, c := range cols {
			key[i] = row[c]
			null = null || key[i].IsNull()
		}
		if null {
			continue
		}
		old, ok, err := w.buffer.Lookup(w.reading.Snapshot, w.table, id, key)
		if err != nil || ok {
			return old, id, err
		}
	}
	return nil, 0, nil
}

func (w *writer) unique(row []types.Datum) error {
	old, by, err := w.existing(row, nil)
	if err != nil || old == nil {
		return err
	}
	return engine.DuplicateKey(w.reading.Snapshot.Catalog, w.table, by, row)
}

// conflict handles a row that exists already; false: there is none.
func (w *writer) conflict(c *planner.Conflict, row, computed []types.Datum) (handled bool, err error) {
	old, _, err := w.existing(row, c.Arbiters)
	if err != nil || old == nil {
		return false, err
	}
	if c.Nothing {
		return true, nil
	}
	if w.isTouched(old) {
		return true, sqlerr.New(sqlerr.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	changed, err := w.resolve(c, append(append([]types.Datum(nil), old...), row...), computed)
	if err != nil || changed == nil {
		return true, err
	}
	return true, w.replace(old, changed)
}

// resolve is what becomes of a row that exists already, both being that row and the proposed one; nil: it stays as it is.
func (w *writer) resolve(c *planner.Conflict, both, computed []types.Datum) ([]types.Datum, error) {
	where := types.NewBool(true)
	switch {
	case c.Computed != nil && len(computed) > len(w.table.Columns):
		where, computed = computed[0], computed[1:]
	case c.Where != nil:
		var err error
		if where, err = expr.EvalRow(w.eval, c.Where, both); err != nil {
			return nil, err
		}
	}
	if where.IsNull() || !where.Bool() {
		return nil, nil
	}
	if c.Computed != nil {
		return computed, nil
	}
	return w.evalAll(c.Set, both)
}

// insertComputed inserts rows of which those that exist already become what one query says for all of them. Which these are does not change on the
// way: a row that the statement itself has put there may not be changed by it.
func (w *writer) insertComputed(p *planner.Insert, rows [][]types.Datum) error {
	c := p.Conflict
	in := batch.New(c.Computed.Types, 0)
	for i, row := range rows {
		old, _, err := w.existing(row, c.Arbiters)
		if err != nil {
			return err
		}
		if old != nil {
			in.AppendRow(append(append(old, row...), types.NewInt(int64(i))), 1)
		}
	}
	out, err := w.derived(c.Computed, []*batch.Batch{in})
	if err != nil {
		return err
	}
	computed := make([][]types.Datum, len(rows))
	k := 0
	for _, b := range out {
		for i := range b.Len() {
			n := in.Cols[len(in.Cols)-1].Ints[k]
			computed[n] = b.AppendRowTo(nil, i)
			k++
		}
	}
	for i, row := range rows {
		if err := w.insertRow(p, row, computed[i]); err != nil {
			return err
		}
	}
	return nil
}

// replace does what DO UPDATE says.
func (w *writer) replace(old, changed []types.Datum) error {
	if err := w.check(changed); err != nil {
		return err
	}
	w.touch(old)
	w.touch(changed)
	var err error
	if w.movesKey(old, changed) {
		if err = w.remove(old); err == nil {
			err = w.put(changed)
		}
	} else {
		err = w.change(old, changed)
	}
	if err != nil {
		return err
	}
	return w.done(changed)
}
