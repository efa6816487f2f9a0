package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// changing is the execution of a statement that changes rows, in one or several stages. All of them see what there was when it began, and a row is
// changed by one of them only: the first.
type changing struct {
	session *Session
	ctx     context.Context
	eval    *expr.Ctx
	reading engine.Reading
	buffer  *engine.Writes
	stages  []planner.Stage
	ran     []bool                         // which of them
	alone   bool                           // nothing else is in the transaction: the engine's checks of keys and locks at COMMIT do
	locked  []rowlock.Row                  // what it has locked
	touched map[catalog.ID]map[string]bool // by table, the keys of rows that it has changed; nil: none yet
}

// changeRows plans and runs an INSERT, UPDATE or DELETE, or a query with such stages or one that locks rows, inside the open transaction.
func (s *Session) changeRows(ctx context.Context, r *run) (outcome, error) {
	sn, err := s.snapshot()
	if err != nil {
		return outcome{}, err
	}
	defer sn.Close()
	if err := s.planRun(r, sn); err != nil {
		return outcome{}, err
	}
	if err := s.mayWrite(verbOf(r.stmt.Stmt)); err != nil {
		return outcome{}, err
	}
	s.txn.noteReads(sn.Catalog, r.reads)
	x := s.changing(ctx, r, sn)
	x.alone = r.alone && len(planner.HeadOf(r.plan).Stages) == 0
	mark := 0
	if s.txn.writes != nil {
		mark = s.txn.writes.Mark()
	}
	rows, n, err := x.all(r.plan)
	if err == nil && len(x.locked) > 0 {
		err = s.server.engine.Current(sn, x.locked)
	}
	if err != nil {
		if s.txn.writes != nil {
			s.txn.writes.Cut(mark)
		}
		return outcome{}, err
	}
	return outcome{tag: fmt.Sprintf("%s %d", rowsTag(r.stmt.Stmt), n), rows: rows}, nil
}

// changing begins one, in the open transaction if there is one.
func (s *Session) changing(ctx context.Context, r *run, sn *engine.Snapshot) *changing {
	x := &changing{session: s, ctx: ctx, eval: s.exprContext(ctx, r.values)}
	x.reading.Snapshot = sn
	if s.txn != nil && s.txn.writes != nil && !s.txn.writes.Empty() {
		x.reading.Own = s.txn.writes
	}
	return x
}

// prepare makes room for what the statement makes, and computes its values.
func (x *changing) prepare(h *planner.Head) error {
	if h.Slots == 0 {
		return nil
	}
	if x.reading.Own != nil { // it is read again when there is more in it
		x.reading.Own = x.reading.Own.Freeze(x.reading.Snapshot.Catalog, h.Reads)
	}
	x.stages, x.ran = h.Stages, make([]bool, len(h.Stages))
	x.reading.Given = make([][]*batch.Batch, h.Slots)
	x.eval.Params = append(slices.Clone(x.eval.Params), make([]types.Datum, h.Values())...)
	for i := range x.stages {
		if x.stages[i].Value != nil {
			if err := x.stage(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// all runs the statement, before it the stages whose rows it reads, and behind it the others that modify data, of which the last comes first: so
// PostgreSQL has it.
func (x *changing) all(main planner.Statement) (rows []*batch.Batch, n int64, err error) {
	if err := x.prepare(planner.HeadOf(main)); err != nil {
		return nil, 0, err
	}
	rows, n, err = x.statement(main)
	for i := len(x.stages) - 1; i >= 0 && err == nil; i-- {
		if _, query := x.stages[i].Plan.(*planner.Query); !query {
			err = x.stage(i)
		}
	}
	return rows, n, err
}

// stage runs one that has not run yet.
func (x *changing) stage(i int) error {
	if x.ran[i] {
		return nil
	}
	x.ran[i] = true
	st := &x.stages[i]
	rows, _, err := x.statement(st.Plan)
	switch {
	case err != nil:
		return err
	case st.Value != nil:
		x.eval.Params[st.Value.N-1] = rows[0].AppendRowTo(nil, 0)[0]
	case st.Numbered:
		rows = numbered(rows)
	}
	x.reading.Given[st.Slot] = rows
	return err
}

// numbered gives rows one more column, their number.
func numbered(rows []*batch.Batch) []*batch.Batch {
	var out []*batch.Batch
	var n int64
	for _, b := range rows {
		v := &batch.Vec{Type: types.Of(types.Int8), N: b.Len(), Ints: make([]int64, b.Len())}
		for i := range v.Ints {
			n++
			v.Ints[i] = n
		}
		out = append(out, &batch.Batch{Cols: append(slices.Clone(b.Cols), v), W: b.W})
	}
	return out
}

// statement runs one of the statements: the rows that it returns, and how many it has returned (SELECT) or changed.
func (x *changing) statement(p planner.Statement) (rows []*batch.Batch, n int64, err error) {
	for _, i := range planner.HeadOf(p).Needs {
		if err := x.stage(i); err != nil {
			return nil, 0, err
		}
	}
	w := &writer{changing: x}
	switch p := p.(type) {
	case *planner.Query:
		if len(p.Locks) > 0 {
			rows, err = x.lockedQuery(p)
		} else {
			rows, err = x.query(p.Physical)
		}
		for _, b := range rows {
			n += count(b)
		}
		return rows, n, err
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
		return nil, 0, err
	}
	rows, err = w.returns()
	return rows, w.affected, err
}

// query runs a query to its end: what it reads is not to change meanwhile.
func (x *changing) query(q *physical.Query) (all []*batch.Batch, err error) {
	rows, err := x.session.server.engine.Query(x.ctx, x.reading, q, x.eval)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for {
		b, err := rows.Next(x.ctx)
		switch {
		case err != nil && x.ctx.Err() != nil:
			return nil, sqlerr.Canceled(x.ctx)
		case err != nil || b == nil:
			return all, err
		}
		all = append(all, b.Clone())
	}
}

// derived computes a query over rows that the statement has made.
func (x *changing) derived(d *planner.Derived, rows []*batch.Batch) ([]*batch.Batch, error) {
	x.reading.Given[d.Slot] = rows
	return x.query(d.Query)
}
