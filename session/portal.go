package session

import (
	"context"
	"fmt"

	"github.com/streamsql/streamsql/batch"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// portal is a statement with its parameters' values, and how far it has been run.
type portal struct {
	*prepared
	values []types.Datum
	cursor *cursor // of a statement that returns rows, once it runs
	done   bool
}

// cursor yields the rows of a running query in portions of the client's choosing.
type cursor struct {
	next    func(ctx context.Context) (*batch.Batch, error)
	close   func()
	pending *batch.Batch
	row     int          // first row of pending that was not given out
	copies  batch.Weight // copies of it that were
}

// take gives up to max rows (0: all) to w and tells how many there were and whether there may be more.
func (c *cursor) take(ctx context.Context, max int64, w func(*batch.Batch) error) (n int64, more bool, err error) {
	for {
		if c.pending == nil {
			if c.pending, err = c.next(ctx); err != nil {
				return n, false, err
			}
			if c.pending == nil {
				return n, false, nil
			}
			c.row, c.copies = 0, 0
		}
		b := c.pending
		if total := count(b); c.row == 0 && c.copies == 0 && (max == 0 || total <= max-n) {
			c.pending = nil
			n += total
			if err := w(b); err != nil {
				return n, false, err
			}
			continue
		}
		part := batch.New(b.Types(), 0)
		for ; c.row < b.Len() && (max == 0 || n < max); c.row++ {
			k := b.W[c.row] - c.copies
			if max > 0 && k > max-n {
				part.AppendFrom(b, c.row, max-n)
				c.copies += max - n
				n = max
				break
			}
			part.AppendFrom(b, c.row, k)
			n += k
			c.copies = 0
		}
		if c.row == b.Len() {
			c.pending = nil
		}
		if err := w(part); err != nil {
			return n, false, err
		}
		if max > 0 && n == max {
			return n, true, nil
		}
	}
}

// count is the number of rows of a result batch, copies included.
func count(b *batch.Batch) (n int64) {
	for _, w := range b.W {
		n += w
	}
	return n
}

// Bind implements the Bind message.
func (s *Session) Bind(ctx context.Context, name, statement string, values []types.Datum) (err error) {
	defer s.failOn(&err)
	p, err := s.find(statement)
	if err != nil {
		return err
	}
	if p.stmt != nil && s.inFailed(p.stmt) {
		return sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if len(values) != len(p.params) {
		return sqlerr.New(sqlerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(values), statement, len(p.params))
	}
	if _, exists := s.portals[name]; exists && name != "" {
		return sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", name)
	}
	s.dropPortal(name)
	if err := s.foldConstants(ctx, p, values); err != nil {
		return err
	}
	s.portals[name] = &portal{prepared: p, values: values}
	return nil
}

// DescribePortal implements Describe of a portal; nil: it returns no rows.
func (s *Session) DescribePortal(_ context.Context, name string) (_ []result.Column, err error) {
	defer s.failOn(&err)
	p, err := s.portal(name)
	if err != nil {
		return nil, err
	}
	return p.columns, nil
}

func (s *Session) portal(name string) (*portal, error) {
	p, ok := s.portals[name]
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidCursorName, "portal %q does not exist", name)
	}
	return p, nil
}

// Execute implements the Execute message.
func (s *Session) Execute(ctx context.Context, name string, maxRows int64, final bool, w result.Writer) (suspended bool, err error) {
	defer s.recoverPanic(&err)
	defer s.failOn(&err)
	p, err := s.portal(name)
	if err != nil {
		return false, err
	}
	if p.stmt == nil {
		return false, w.Empty()
	}
	w = s.watch(w)
	switch {
	case p.cursor != nil: // a suspended one goes on
	case p.done:
		return false, sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "portal %q cannot be run", name)
	case maxRows > 0 && p.columns != nil:
		if err := s.openCursor(ctx, p, w); err != nil {
			return false, err
		}
	default:
		p.done = true
		return false, s.execute(ctx, &run{prepared: p.prepared, instance: p.instance, values: p.values, w: w, final: final})
	}
	n, more, err := p.cursor.take(ctx, maxRows, w.Rows)
	if err != nil || more {
		return more, err
	}
	return false, w.Complete(fmt.Sprintf("%s %d", rowsTag(p.stmt.Stmt), n))
}

// openCursor starts a statement whose rows are fetched in portions. A SELECT runs as they are fetched; anything else runs now.
func (s *Session) openCursor(ctx context.Context, p *portal, w result.Writer) error {
	r := &run{prepared: p.prepared, instance: p.instance, values: p.values, w: w}
	if isSelect(p.stmt.Stmt) {
		if _, err := s.open(); err != nil {
			return err
		}
		rows, err := s.startSelect(ctx, r)
		if err != nil {
			return err
		}
		if rows != nil {
			p.cursor = &cursor{next: rows.Next, close: rows.Close}
			return nil
		}
	}
	kept := &collector{Writer: w}
	r.w = kept
	p.done = true
	if err := s.execute(ctx, r); err != nil {
		return err
	}
	p.cursor = kept.cursor()
	return nil
}

// collector keeps the rows of a statement instead of sending them.
type collector struct {
	result.Writer
	rows []*batch.Batch
	tag  string
}

func (c *collector) Columns([]result.Column) error { return nil }
func (c *collector) Complete(tag string) error     { c.tag = tag; return nil }

func (c *collector) Rows(b *batch.Batch) error {
	c.rows = append(c.rows, b.Clone())
	return nil
}

func (c *collector) cursor() *cursor {
	return &cursor{
		next: func(context.Context) (*batch.Batch, error) {
			if len(c.rows) == 0 {
				return nil, nil
			}
			b := c.rows[0]
			c.rows = c.rows[1:]
			return b, nil
		},
		close: func() {},
	}
}

// ClosePortal forgets a portal; one that does not exist is no error.
func (s *Session) ClosePortal(name string) { s.dropPortal(name) }

func (s *Session) dropPortal(name string) {
	if p, ok := s.portals[name]; ok {
		if p.cursor != nil {
			p.cursor.close()
		}
		delete(s.portals, name)
	}
}

// dropPortals ends all portals: they live no longer than their transaction.
func (s *Session) dropPortals() {
	for name := range s.portals {
		s.dropPortal(name)
	}
}

// snapshotRows closes the snapshot with the rows that are read from it.
type snapshotRows struct {
	engine.Rows
	snapshot *engine.Snapshot
}

func (r snapshotRows) Close() {
	r.Rows.Close()
	r.snapshot.Close()
}
