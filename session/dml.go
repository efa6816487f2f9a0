package session

import (
	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// writer is the execution of one INSERT, UPDATE or DELETE: rows in from a source, checked changes out into the transaction's
// buffer, RETURNING on the way.
type writer struct {
	*changing
	table     *catalog.Table
	write     *planner.Write
	returning *batch.Batch
	out       []*batch.Batch
	affected  int64
	keys      map[catalog.ID][]int // all arbiters, once they have been asked for
	key       []byte
}

func (w *writer) begin(t *catalog.Table, p *planner.Write) {
	w.table, w.write = t, p
	w.buffer = w.session.buffer(w.reading.Snapshot)
	switch {
	case p.Returned != nil:
		w.returning = batch.New(p.Returned.Types, 16)
	case p.Returning != nil:
		w.returning = batch.New(typesOf(p.Returning), 16)
	}
}

func typesOf(es []expr.Expr) []types.Type {
	ts := make([]types.Type, len(es))
	for i, e := range es {
		ts[i] = e.Type()
	}
	return ts
}

// source runs f for each row of a query, as often as its weight says.
func (w *writer) source(q *physical.Query, f func(row []types.Datum) error) error {
	all, err := w.query(q)
	if err != nil {
		return err
	}
	var row []types.Datum
	for _, b := range all {
		if err := w.ctx.Err(); err != nil {
			return sqlerr.Canceled(w.ctx)
		}
		for i := range b.Len() {
			row = b.AppendRowTo(row[:0], i)
			for range b.W[i] {
				if err := f(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// insert runs an INSERT.
func (w *writer) insert(p *planner.Insert) error {
	var proposed [][]types.Datum // where conflicts are computed for all of them at once
	add := func(values []types.Datum) error {
		row := make([]types.Datum, len(w.table.Columns))
		given := make([]bool, len(row))
		for i, c := range p.Targets {
			// A generated column can be given nothing but DEFAULT.
			row[c], given[c] = values[i], !w.table.Columns[c].Generated
		}
		if err := w.defaults(row, given, p.Defaults); err != nil {
			return err
		}
		if p.Conflict != nil && p.Conflict.Computed != nil {
			proposed = append(proposed, row)
			return nil
		}
		return w.insertRow(p, row, nil)
	}
	var err error
	switch {
	case p.Source != nil:
		err = w.source(p.Source, add)
	case p.Values == nil: // DEFAULT VALUES
		err = add(nil)
	default:
		err = w.values(p, add)
	}
	if err != nil || proposed == nil {
		return err
	}
	return w.insertComputed(p, proposed)
}

// values runs add for each row of VALUES.
func (w *writer) values(p *planner.Insert, add func([]types.Datum) error) error {
	var err error
	values := make([]types.Datum, len(p.Targets))
	for _, exprs := range p.Values {
		for i, e := range exprs {
			if values[i], err = expr.EvalRow(w.eval, e, nil); err != nil {
				return err
			}
		}
		if err := add(values); err != nil {
			return err
		}
	}
	return nil
}

// defaults fills what was not given; generated columns come last, as they see the others.
func (w *writer) defaults(row []types.Datum, given []bool, defaults []expr.Expr) error {
	var err error
	for pass := range 2 {
		for i := range row {
			generated := w.table.Columns[i].Generated
			if given[i] || defaults == nil || defaults[i] == nil || generated != (pass == 1) {
				continue
			}
			if row[i], err = expr.EvalRow(w.eval, defaults[i], row); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertRow inserts a complete row, or does what ON CONFLICT says; computed is what its query gave for the row.
func (w *writer) insertRow(p *planner.Insert, row, computed []types.Datum) error {
	if err := w.check(row); err != nil {
		return err
	}
	if p.Conflict != nil {
		handled, err := w.conflict(p.Conflict, row, computed)
		if handled || err != nil {
			return err
		}
	}
	if p.Conflict != nil || len(w.stages) > 0 {
		w.touch(row)
	}
	if err := w.put(row); err != nil {
		return err
	}
	return w.done(row)
}

// update runs an UPDATE. A row that several rows of FROM match is updated once. Rows whose keys change are taken out first and put back when
// all have been seen, so that id = id + 1 does not depend on an order of rows.
func (w *writer) update(p *planner.Update) error {
	n := len(w.table.Columns)
	var moved [][]types.Datum
	err := w.source(p.Source, func(row []types.Datum) error {
		old := row[:n:n]
		if w.isTouched(old) {
			return nil
		}
		changed, err := w.evalAll(p.Set, row)
		if err != nil {
			return err
		}
		if err := w.check(changed); err != nil {
			return err
		}
		w.touch(old)
		if w.movesKey(old, changed) {
			moved = append(moved, changed)
			err = w.remove(old)
		} else {
			err = w.change(old, changed)
		}
		if err != nil {
			return err
		}
		return w.done(append(changed[:n:n], row[n:]...))
	})
	for _, row := range moved {
		if err == nil {
			err = w.put(row)
		}
	}
	return err
}

// remove takes a row away, and change gives it other values under the same keys.
func (w *writer) remove(old []types.Datum) error {
	if err := w.mayChange(old, rowlock.Update); err != nil {
		return err
	}
	return w.buffer.Delete(w.table, old)
}

func (w *writer) change(old, changed []types.Datum) error {
	if err := w.mayChange(old, rowlock.NoKeyUpdate); err != nil {
		return err
	}
	return w.buffer.Update(w.table, old, changed)
}

// put inserts a row whose key must be free.
func (w *writer) put(row []types.Datum) error {
	if !w.alone {
		// At COMMIT the engine checks all keys; where other statements may follow first, the client learns it here.
		if err := w.unique(row); err != nil {
			return err
		}
	}
	return w.buffer.Insert(w.table, row)
}

// movesKey tells whether a unique key of the row changes.
func (w *writer) movesKey(old, changed []types.Datum) bool {
	for _, cols := range w.arbiters(nil) {
		for _, c := range cols {
			if t := w.table.Columns[c].Type; old[c].IsNull() != changed[c].IsNull() || !old[c].IsNull() && types.Compare(t, old[c], changed[c]) != 0 {
				return true
			}
		}
	}
	return false
}

// delete runs a DELETE.
func (w *writer) delete(p *planner.Delete) error {
	n := len(w.table.Columns)
	return w.source(p.Source, func(row []types.Datum) error {
		old := row[:n:n]
		if w.isTouched(old) {
			return nil
		}
		w.touch(old)
		if err := w.remove(old); err != nil {
			return err
		}
		return w.done(row)
	})
}

func (w *writer) evalAll(es []expr.Expr, row []types.Datum) ([]types.Datum, error) {
	out := make([]types.Datum, len(es))
	for i, e := range es {
		v, err := expr.EvalRow(w.eval, e, row)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// primaryKey encodes a row's primary key.
func (w *writer) primaryKey(row []types.Datum) []byte {
	w.key = w.key[:0]
	for _, c := range w.table.PrimaryKey {
		w.key = types.AppendKey(w.key, w.table.Columns[c].Type, row[c], false, false)
	}
	return w.key
}

func (w *writer) touch(row []types.Datum) {
	if w.touched == nil {
		w.touched = map[catalog.ID]map[string]bool{}
	}
	keys := w.touched[w.table.ID]
	if keys == nil {
		keys = map[string]bool{}
		w.touched[w.table.ID] = keys
	}
	keys[string(w.primaryKey(row))] = true
}

func (w *writer) isTouched(row []types.Datum) bool {
	keys := w.touched[w.table.ID]
	return len(keys) > 0 && keys[string(w.primaryKey(row))]
}

// check verifies NOT NULL and CHECK constraints of a new row.
func (w *writer) check(row []types.Datum) error {
	for i, c := range w.table.Columns {
		if c.NotNull && !c.Hidden && row[i].IsNull() {
			e := sqlerr.New(sqlerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", c.Name, w.table.Name).
				WithDetail("Failing row contains (%s).", w.describe(row))
			e.Table, e.Column = w.table.Name, c.Name
			return e
		}
	}
	for _, c := range w.write.Checks {
		ok, err := expr.EvalRow(w.eval, c.Expr, row)
		if err != nil {
			return err
		}
		if !ok.IsNull() && !ok.Bool() {
			return sqlerr.New(sqlerr.CheckViolation, "new row for relation %q violates check constraint %q", w.table.Name, c.Name).
				WithDetail("Failing row contains (%s).", w.describe(row)).OfConstraint(w.table.Name, c.Name)
		}
	}
	return nil
}

// describe prints a row as error details show it: values of more than 64 characters are cut.
func (w *writer) describe(row []types.Datum) string {
	var b []byte
	for i, c := range w.table.Columns {
		if c.Hidden || c.Dropped {
			continue
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		if row[i].IsNull() {
			b = append(b, "null"...)
			continue
		}
		text := types.AppendText(nil, w.eval.Config, c.Type, row[i])
		if r := []rune(string(text)); len(r) > 64 {
			text = append([]byte(string(r[:64])), "..."...)
		}
		b = append(b, text...)
	}
	return string(b)
}

// done counts a row and computes its RETURNING, or keeps the row for the query that does.
func (w *writer) done(row []types.Datum) error {
	w.affected++
	if w.returning == nil {
		return nil
	}
	values := row
	if w.write.Returned != nil {
		values = append(row[:len(row):len(row)], types.NewInt(w.affected))
	} else {
		var err error
		if values, err = w.evalAll(w.write.Returning, row); err != nil {
			return err
		}
	}
	w.returning.AppendRow(values, 1)
	if w.returning.Len() >= batchRows {
		w.flush()
	}
	return nil
}

// batchRows is how many rows go into a batch of results.
const batchRows = 1024

func (w *writer) flush() {
	if w.returning != nil && w.returning.Len() > 0 {
		w.out = append(w.out, w.returning)
		w.returning = batch.New(w.returning.Types(), 16)
	}
}

// returns is what RETURNING gives.
func (w *writer) returns() ([]*batch.Batch, error) {
	w.flush()
	if w.write.Returned == nil {
		return w.out, nil
	}
	return w.derived(w.write.Returned, w.out)
}
