package session

import (
	"context"
	"errors"
	"math"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Row locks. A SELECT FOR UPDATE locks the rows that it returns, and a write in a transaction block those that it changes, until the transaction
// ends. A statement that meets a row which another transaction holds waits for that, and then runs again, on a snapshot that shows what the other
// one did; what it has locked it keeps. A single statement holds nothing: at COMMIT the engine looks whether it meets anybody.

// maxLocks is how many rows a write of a block locks: beyond that it meets others at COMMIT.
const maxLocks = 1 << 16

// locker is the holder of the session's locks.
func (s *Session) locker() *rowlock.Holder {
	if s.locks == nil {
		s.locks = rowlock.NewHolder(s.id)
	}
	return s.locks
}

// unlock gives back what was locked since a mark.
func (s *Session) unlock(mark int) { s.server.engine.Locks().Release(s.locks, mark) }

// meeting runs f until it meets nobody at a row: it waits for who holds one, and READ COMMITTED looks again at what has changed.
func (s *Session) meeting(ctx context.Context, f func() (outcome, error)) (outcome, error) {
	for {
		out, err := f()
		var met *engine.Met
		if !errors.As(err, &met) || !met.Held && s.txn.isolation != readCommitted {
			return out, err
		}
		if err := s.await(ctx, met); err != nil {
			return outcome{}, err
		}
	}
}

// await waits for who holds a row, and locks it.
func (s *Session) await(ctx context.Context, met *engine.Met) error {
	switch {
	case ctx.Err() != nil:
		return sqlerr.Canceled(ctx)
	case !met.Held:
		return nil
	}
	if d := s.vars.timeout("lock_timeout"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d, sqlerr.New(sqlerr.LockNotAvailable, "canceling statement due to lock timeout"))
		defer cancel()
	}
	err := s.server.engine.Locks().Wait(ctx, s.locker(), met.Row, met.Strength)
	if err != nil && ctx.Err() != nil {
		return sqlerr.Canceled(ctx)
	}
	return err
}

// lock makes a row the transaction's; false: another one holds it.
func (x *changing) lock(r rowlock.Row, s rowlock.Strength) bool {
	locks := x.session.server.engine.Locks()
	if !locks.Try(x.session.locker(), r, s) {
		return false
	}
	x.locked = append(x.locked, r)
	return true
}

// mayChange fails (*engine.Met) if another transaction holds a row of the table that is to be changed.
func (w *writer) mayChange(row []types.Datum, s rowlock.Strength) error {
	locks := w.session.server.engine.Locks()
	if w.alone && !locks.Any() {
		return nil
	}
	r := rowlock.Row{Table: w.table.ID, Key: string(w.primaryKey(row))}
	var free bool
	if w.alone || len(w.locked) >= maxLocks || locks.Full() {
		free = !locks.Blocked(w.session.locks, r, s)
	} else {
		free = w.lock(r, s)
	}
	if !free {
		return &engine.Met{Row: r, Strength: s, Held: true}
	}
	return nil
}

// lockedQuery runs a query and locks rows of those that it returns. Its LIMIT counts rows that it gets.
func (x *changing) lockedQuery(q *planner.Query) ([]*batch.Batch, error) {
	offset, limit, err := engine.Limits(q.Physical, x.eval)
	if err != nil {
		return nil, err
	}
	need := int64(math.MaxInt64)
	if limit >= 0 && offset <= math.MaxInt64-limit {
		need = offset + limit
	}
	all := *q.Physical
	all.Offset = nil
	for extra := x.othersLocks(q); ; extra = 2*extra + 1 {
		ask := need
		if need < math.MaxInt64-extra {
			ask = need + extra
			all.Limit = &expr.Const{D: types.NewInt(ask), T: types.Of(types.Int8)}
		}
		rows, err := x.query(&all)
		if err != nil {
			return nil, err
		}
		upTo := need
		if all.WithTies {
			upTo = math.MaxInt64 // the query itself says where to end
		}
		out, got, skipped, err := x.lockRows(q, rows, upTo)
		if err != nil {
			return nil, err
		}
		if got >= need || skipped == 0 || got+skipped < ask {
			return []*batch.Batch{visible(out, len(q.Columns), offset)}, nil
		}
	}
}

// othersLocks is how many rows a query may have to skip, about.
func (x *changing) othersLocks(q *planner.Query) (n int64) {
	for _, l := range q.Locks {
		if l.Wait == planner.SkipLocked {
			n += int64(x.session.server.engine.Locks().Locked(l.Table.ID))
		}
	}
	return n
}

// lockRows locks rows until it has as many as are needed, and tells how many it got and how many it skipped.
func (x *changing) lockRows(q *planner.Query, rows []*batch.Batch, need int64) (out *batch.Batch, got, skipped int64, err error) {
	out = batch.New(q.Physical.Root.Types()[:q.Physical.Visible], 0)
	for _, b := range rows {
		for i, n := range b.W {
			if got >= need {
				return out, got, skipped, nil
			}
			ok, err := x.lockRow(q, b, i)
			switch {
			case err != nil:
				return nil, 0, 0, err
			case ok:
				n = min(n, need-got)
				out.AppendFrom(b, i, n)
				got += n
			default:
				skipped += n
			}
		}
	}
	return out, got, skipped, nil
}

// lockRow locks what a row of a query comes from; false: it is skipped.
func (x *changing) lockRow(q *planner.Query, b *batch.Batch, i int) (ok bool, err error) {
	for _, l := range q.Locks {
		if x.session.server.engine.Locks().Full() {
			return false, sqlerr.New(sqlerr.OutOfMemory, "too many rows are locked").WithHint("All transactions together lock up to %d rows.", rowlock.MostRows)
		}
		r := rowlock.Row{Table: l.Table.ID, Key: string(b.AppendKey(nil, i, l.Key))}
		switch {
		case x.lock(r, l.Strength):
		case l.Wait == planner.SkipLocked:
			return false, nil
		case l.Wait == planner.NoWait:
			return false, sqlerr.New(sqlerr.LockNotAvailable, "could not obtain lock on row in relation %q", l.Table.Name)
		default:
			return false, &engine.Met{Row: r, Strength: l.Strength, Held: true}
		}
	}
	return true, nil
}

// visible is the first columns of rows, without the first rows.
func visible(b *batch.Batch, columns int, offset int64) *batch.Batch {
	out := batch.New(b.Types()[:columns], 0)
	b = &batch.Batch{Cols: b.Cols[:columns], W: b.W}
	for i, w := range b.W {
		skip := min(w, offset)
		offset -= skip
		if w > skip {
			out.AppendFrom(b, i, w-skip)
		}
	}
	return out
}
