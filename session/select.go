package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/planner"
	"github.com/streamsql/streamsql/planner/physical"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

func isSelect(stmt ast.Stmt) bool { _, ok := stmt.(*ast.Query); return ok }

// verbOf is what a statement that may not run in a read-only transaction is called.
func verbOf(stmt ast.Stmt) string {
	if q, ok := stmt.(*ast.Query); ok && len(q.Locks) > 0 {
		return "SELECT FOR " + strings.ToUpper(q.Locks[0].Strength)
	}
	verb, _, _ := strings.Cut(rowsTag(stmt), " ")
	return verb
}

// rowsTag is the word of a command tag that counts rows.
func rowsTag(stmt ast.Stmt) string {
	switch stmt.(type) {
	case *ast.Insert:
		return "INSERT 0"
	case *ast.Update:
		return "UPDATE"
	case *ast.Delete:
		return "DELETE"
	case *ast.Fetch:
		return "FETCH"
	}
	return "SELECT"
}

// executeSelect runs a query to its end.
func (s *Session) executeSelect(ctx context.Context, r *run) error {
	if !r.final {
		if _, err := s.open(); err != nil {
			return err
		}
	}
	sn, err := s.planSelect(r)
	if err != nil {
		return err
	}
	defer sn.Close()
	if !planner.Reads(r.plan) {
		return s.executeWrite(ctx, r, s.changeRows)
	}
	if err := s.foldConstants(ctx, r.prepared, r.values); err != nil {
		return err
	}
	if r.announce {
		if err := r.w.Columns(r.columns); err != nil {
			return err
		}
	}
	rows, err := s.query(ctx, sn, r.plan.(*planner.Query), r)
	if err != nil {
		return err
	}
	defer rows.Close()
	var n int64
	for {
		b, err := rows.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return sqlerr.Canceled(ctx)
			}
			return err
		}
		if b == nil {
			return r.w.Complete(fmt.Sprintf("SELECT %d", n))
		}
		n += count(b)
		if err := r.w.Rows(b); err != nil {
			return err
		}
	}
}

// planSelect plans a query if need be, for the statement's snapshot.
func (s *Session) planSelect(r *run) (*engine.Snapshot, error) {
	sn, err := s.statementSnapshot()
	if err != nil {
		return nil, err
	}
	if err := s.planRun(r, sn); err != nil {
		sn.Close()
		return nil, err
	}
	return sn, nil
}

// startSelect plans a query if need be and starts it on the statement's snapshot, with the transaction's own writes. One that changes or locks rows
// is not started: nil.
func (s *Session) startSelect(ctx context.Context, r *run) (engine.Rows, error) {
	sn, err := s.planSelect(r)
	if err != nil {
		return nil, err
	}
	if !planner.Reads(r.plan) {
		sn.Close()
		return nil, nil
	}
	rows, err := s.query(ctx, sn, r.plan.(*planner.Query), r)
	if err != nil {
		sn.Close()
		return nil, err
	}
	return snapshotRows{rows, sn}, nil
}

// query runs a planned query, which reads only, on a snapshot.
func (s *Session) query(ctx context.Context, sn *engine.Snapshot, q *planner.Query, r *run) (engine.Rows, error) {
	rd := engine.Reading{Snapshot: sn}
	if s.txn != nil {
		rd.Own = s.txn.writes
		s.txn.noteReads(sn.Catalog, q.Reads)
	}
	if len(q.Stages) == 0 {
		return s.server.engine.Query(ctx, rd, q.Physical, s.exprContext(ctx, r.values))
	}
	x := s.changing(ctx, r, sn)
	if err := x.prepare(&q.Head); err != nil {
		return nil, err
	}
	return s.server.engine.Query(ctx, x.reading, q.Physical, x.eval)
}

// foldConstants finds the error of a SELECT without FROM before anything is sent, as PostgreSQL does, which folds constants when it plans.
func (s *Session) foldConstants(ctx context.Context, p *prepared, values []types.Datum) error {
	q, ok := p.plan.(*planner.Query)
	if !ok {
		return nil
	}
	project, ok := q.Physical.Root.(*physical.Project)
	if !ok {
		return nil
	}
	if one, ok := project.In.(*physical.Constant); !ok || len(one.Rows) != 1 || len(one.Cols) > 0 {
		return nil
	}
	c := s.exprContext(ctx, values)
	for _, e := range project.Exprs {
		if _, folded := e.(*expr.Const); folded || expr.VolatilityOf(e) != types.Immutable {
			continue
		}
		if _, err := expr.EvalRow(c, e, nil); err != nil {
			return err
		}
	}
	return nil
}
