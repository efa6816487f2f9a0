package session

import (
	"context"
	"fmt"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// writer is the execution of one INSERT, UPDATE or DELETE: rows in from a source, checked changes out into the transaction's
// buffer, RETURNING on the way.
type writer struct {
	session   *Session
	ctx       context.Context
	eval      *expr.Ctx
	sn        *engine.Snapshot
	buffer    *engine.Writes
	table     *catalog.Table
	write     *planner.Write
	returning *batch.Batch
	out       []*batch.Batch
	affected  int64
	touched   map[string]bool // keys that this statement has changed
	alone     bool
	keys      map[catalog.ID][]int // all arbiters, once they have been asked for
	key       []byte
}

// runDML plans and runs a write inside the open transaction.
func (s *Session) runDML(ctx context.Context, r *run) (outcome, error) {
	tag := rowsTag(r.stmt.Stmt)
	if err := s.mayWrite(firstWord(tag)); err != nil {
		return outcome{}, err
	}
	sn, err := s.snapshot()
	if err != nil {
		return outcome{}, err
	}
	defer sn.Close()
	if err := s.planRun(r, sn); err != nil {
		return outcome{}, err
	}
	s.txn.noteReads(sn.Catalog, r.reads)
	w := &writer{session: s, ctx: ctx, eval: s.exprContext(ctx, r.values), sn: sn, buffer: s.buffer(sn), alone: r.alone}
	mark := w.buffer.Mark()
	switch p := r.plan.(type) {
	case *planner.Insert:
		w.begin(p.Table, &p.Write)
		err = w.insert(p)
	case *planner.Update:
		w.begin(p.Table, &p.Write)
		err = w.update(p)
	case *planner.Delete:
		w.begin(p.Table, &p.Write)
		err = w.delete(p)
	}
	if err != nil {
		w.buffer.Cut(mark)
		return outcome{}, err
	}
	w.flush()
	return outcome{tag: fmt.Sprintf("%s %d", tag, w.affected), rows: w.out}, nil
}

func firstWord(tag string) string {
	for i := range tag {
		if tag[i] == ' ' {
			return tag[:i]
		}
	}
	return tag
}

func (w *writer) begin(t *catalog.Table, p *planner.Write) {
	w.table, w.write = t, p
	if p.Returning != nil {
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
	rows, err := w.session.server.engine.Query(w.ctx, w.sn, w.session.txn.writes, q, w.eval)
	if err != nil {
		return err
	}
	defer rows.Close()
	// The buffer that the query reads through must not change under it: take all rows first.
	var all []*batch.Batch
	for {
		b, err := rows.Next(w.ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		all = append(all, b.Clone())
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
		return w.insertRow(p, row)
	}
	switch {
	case p.Source != nil:
		return w.source(p.Source, add)
	case p.Values == nil: // DEFAULT VALUES
		return add(nil)
	}
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

// insertRow inserts a complete row, or does what ON CONFLICT says.
func (w *writer) insertRow(p *planner.Insert, row []types.Datum) error {
	if err := w.check(row); err != nil {
		return err
	}
	if p.Conflict != nil {
		handled, err := w.conflict(p, row)
		if handled || err != nil {
			return err
		}
		w.touch(row)
	}
	if err := w.put(row); err != nil {
		return err
	}
	return w.done(row)
}

// arbiters are the primary key (0) and the unique indexes of the table, with their columns.
func (w *writer) arbiters(only []catalog.ID) map[catalog.ID][]int {
	if w.keys == nil {
		w.keys = map[catalog.ID][]int{0: w.table.PrimaryKey}
		for _, x := range w.sn.Catalog.Indexes(w.table.ID) {
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
		old, ok, err := w.buffer.Lookup(w.sn, w.table, id, key)
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
	return engine.DuplicateKey(w.sn.Catalog, w.table, by, row)
}

// conflict handles a row that exists already; false: there is none.
func (w *writer) conflict(p *planner.Insert, row []types.Datum) (handled bool, err error) {
	c := p.Conflict
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
	both := append(append([]types.Datum(nil), old...), row...)
	if c.Where != nil {
		ok, err := expr.EvalRow(w.eval, c.Where, both)
		if err != nil || ok.IsNull() || !ok.Bool() {
			return true, err
		}
	}
	changed, err := w.evalAll(c.Set, both)
	if err != nil {
		return true, err
	}
	return true, w.replace(old, changed)
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
			err = w.buffer.Delete(w.table, old)
		} else {
			err = w.buffer.Update(w.table, old, changed)
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

// replace does what DO UPDATE says.
func (w *writer) replace(old, changed []types.Datum) error {
	if err := w.check(changed); err != nil {
		return err
	}
	w.touch(old)
	w.touch(changed)
	var err error
	if w.movesKey(old, changed) {
		if err = w.buffer.Delete(w.table, old); err == nil {
			err = w.put(changed)
		}
	} else {
		err = w.buffer.Update(w.table, old, changed)
	}
	if err != nil {
		return err
	}
	return w.done(changed)
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
		if err := w.buffer.Delete(w.table, old); err != nil {
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
		w.touched = map[string]bool{}
	}
	w.touched[string(w.primaryKey(row))] = true
}

func (w *writer) isTouched(row []types.Datum) bool {
	return len(w.touched) > 0 && w.touched[string(w.primaryKey(row))]
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

// done counts a row and computes its RETURNING.
func (w *writer) done(row []types.Datum) error {
	w.affected++
	if w.returning == nil {
		return nil
	}
	values, err := w.evalAll(w.write.Returning, row)
	if err != nil {
		return err
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
