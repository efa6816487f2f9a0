package session

import (
	"context"
	"errors"
	"slices"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// run is one execution of a prepared statement.
type run struct {
	*prepared
	instance *parser.Instance // of a generic statement; nil: the statement is as it stands
	values   []types.Datum    // of the parameters
	w        result.Writer
	announce bool // simple protocol: the columns go before the rows
	final    bool // nothing else follows in an implicit transaction
	alone    bool // a write that commits before it reports: the engine's check of keys is its own
}

// outcome is what a write reports once it is committed.
type outcome struct {
	tag  string
	rows []*batch.Batch // RETURNING
}

// execute runs a statement.
func (s *Session) execute(ctx context.Context, r *run) error {
	ctx, cancel := s.withTimeout(ctx)
	defer cancel()
	if s.inFailed(r.stmt) {
		return sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	switch x := r.stmt.Stmt.(type) {
	case *ast.Begin, *ast.Commit, *ast.Rollback, *ast.Savepoint, *ast.Release, *ast.SetTransaction:
		return s.executeTransaction(ctx, x, r.w)
	case *ast.Query:
		return s.executeSelect(ctx, r)
	case *ast.Insert, *ast.Update, *ast.Delete:
		return s.executeWrite(ctx, r, s.changeRows)
	case *ast.Truncate:
		return s.executeWrite(ctx, r, s.truncate)
	case *ast.CreateTable, *ast.CreateView, *ast.CreateIndex, *ast.CreateSchema, *ast.CreateSequence, *ast.AlterTable, *ast.Comment, *ast.Drop:
		return s.executeWrite(ctx, r, s.define)
	case *ast.Copy:
		return s.executeCopy(ctx, r, x)
	default:
		return s.executeUtility(ctx, r)
	}
}

// endsFailed tells whether a statement may run in a failed transaction.
func endsFailed(stmt ast.Stmt) bool {
	switch stmt.(type) {
	case *ast.Commit, *ast.Rollback:
		return true
	}
	return false
}

// executeWrite runs a statement that changes or locks something. If it is all of an implicit transaction it commits before its outcome is
// reported, and runs again when it lost a race, three times beside others, then alone, and as often as it had to wait for a row.
func (s *Session) executeWrite(ctx context.Context, r *run, f func(context.Context, *run) (outcome, error)) error {
	if s.txn != nil || !r.final {
		if _, err := s.open(); err != nil {
			return err
		}
		out, err := s.meeting(ctx, func() (outcome, error) { return f(ctx, r) })
		if err != nil {
			return err
		}
		if r.final && !s.txn.explicit {
			if err := s.commit(ctx, r.w); err != nil {
				return err
			}
		}
		return r.report(out)
	}
	r.alone = true
	attempt := func(ctx context.Context) (outcome, error) {
		if _, err := s.open(); err != nil {
			return outcome{}, err
		}
		out, err := f(ctx, r)
		if err != nil {
			s.rollback()
			return out, err
		}
		return out, s.commit(ctx, r.w)
	}
	for lost := 0; ; {
		var out outcome
		var err error
		if lost < maxLost {
			out, err = attempt(ctx)
		} else {
			err = s.server.engine.Exclusive(ctx, func(ctx context.Context) (err error) {
				out, err = attempt(ctx)
				return err
			})
		}
		var met *engine.Met
		switch {
		case err == nil:
			return r.report(out)
		case errors.As(err, &met) && met.Held: // not beside Exclusive, where nobody could give the row back
			if err := s.await(ctx, met); err != nil {
				return err
			}
		case lost < maxLost && r.again(err):
			lost++
		default:
			return err
		}
	}
}

// again tells whether the statement may succeed when it is run again: it lost a race, also one for a key that ON CONFLICT would
// have handled had it seen it.
func (r *run) again(err error) bool {
	return isLostRace(err) || sqlerr.CodeOf(err) == sqlerr.UniqueViolation && upserts(r.plan)
}

// upserts tells whether a planned statement (nil: another one) has ON CONFLICT, in itself or in a stage.
func upserts(p planner.Statement) bool {
	if p == nil {
		return false
	}
	in, ok := p.(*planner.Insert)
	return ok && in.Conflict != nil || slices.ContainsFunc(planner.HeadOf(p).Stages, func(st planner.Stage) bool { return upserts(st.Plan) })
}

// report sends the outcome of a write.
func (r *run) report(out outcome) error {
	if r.columns != nil {
		if r.announce {
			if err := r.w.Columns(r.columns); err != nil {
				return err
			}
		}
		for _, b := range out.rows {
			if err := r.w.Rows(b); err != nil {
				return err
			}
		}
	}
	return r.w.Complete(out.tag)
}

// withTimeout ends a statement after statement_timeout.
func (s *Session) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	d := s.vars.timeout("statement_timeout")
	if d == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, d, sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to statement timeout"))
}
