package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/parser/ast"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/storage"
)

// transaction is what a session has open: implicit (one statement, or a batch of the extended protocol) or explicit
// (BEGIN). Writes and DDL are buffered; the engine validates them at COMMIT.
type transaction struct {
	explicit  bool
	isolation isolation
	readOnly  bool
	failed    bool
	started   time.Time

	// fixed is the one snapshot of REPEATABLE READ and SERIALIZABLE. base is the snapshot of the first statement that wrote: what the
	// writes are validated against.
	fixed, base *engine.Snapshot

	writes     *engine.Writes // nil until something is written
	ddl        []engine.DDL
	reads      []engine.ReadRange // that must still hold at COMMIT: those of SERIALIZABLE, and of ALTER TABLE
	savepoints []savepoint
	variables  map[string]string // to go back to
}

type savepoint struct {
	name      string
	mark      int
	ddl       int
	locks     int
	variables map[string]string
}

// isolation is a transaction isolation level; READ UNCOMMITTED is READ COMMITTED.
type isolation uint8

const (
	readCommitted isolation = iota
	repeatableRead
	serializable
)

func (l isolation) String() string {
	return [...]string{"read committed", "repeatable read", "serializable"}[l]
}

func parseIsolation(s string) (isolation, error) {
	switch strings.ToLower(s) {
	case "read committed", "read uncommitted":
		return readCommitted, nil
	case "repeatable read":
		return repeatableRead, nil
	case "serializable":
		return serializable, nil
	}
	return 0, errNoHint
}

// maxLost is how often a statement that lost the race is run again before it runs alone.
const maxLost = 3

// begin opens a transaction.
func (s *Session) begin(explicit bool, modes ast.TxModes) error {
	level, err := parseIsolation(s.vars.values["default_transaction_isolation"])
	if err != nil {
		return err
	}
	t := &transaction{
		explicit:  explicit,
		isolation: level,
		readOnly:  s.vars.values["default_transaction_read_only"] == "on",
		started:   time.Now(),
		variables: s.vars.save(),
	}
	s.txn = t
	return s.setModes(modes)
}

// setModes applies the modes of BEGIN or SET TRANSACTION to the open transaction.
func (s *Session) setModes(modes ast.TxModes) error {
	t := s.txn
	if modes.Isolation != "" {
		level, err := parseIsolation(modes.Isolation)
		if err != nil {
			return sqlerr.New(sqlerr.SyntaxError, "unrecognized isolation level %q", modes.Isolation)
		}
		if level != t.isolation && (t.fixed != nil || t.writes != nil) {
			return sqlerr.New(sqlerr.ActiveTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
		}
		t.isolation = level
	}
	if modes.ReadOnly != nil {
		if !*modes.ReadOnly && t.readOnly && (t.fixed != nil || t.writes != nil) {
			return sqlerr.New(sqlerr.ActiveTransaction, "transaction read-write mode must be set before any query")
		}
		t.readOnly = *modes.ReadOnly
	}
	s.vars.write("transaction_isolation", t.isolation.String())
	s.vars.write("transaction_read_only", onOff(t.readOnly))
	return nil
}

// open makes sure that there is a transaction to run in.
func (s *Session) open() (*transaction, error) {
	if s.txn == nil {
		if err := s.begin(false, ast.TxModes{}); err != nil {
			return nil, err
		}
	}
	return s.txn, nil
}

// snapshot is what the next statement sees: the newest frontier, or the transaction's own; the transaction's DDL is applied to its
// catalog. The caller closes it.
func (s *Session) snapshot() (*engine.Snapshot, error) {
	t := s.txn
	if t.isolation == readCommitted {
		return withDDL(s.server.engine.Snapshot(), t.ddl), nil
	}
	if t.fixed == nil {
		t.fixed = s.server.engine.Snapshot()
	}
	return withDDL(t.fixed.Clone(), t.ddl), nil
}

// buffer is where a statement that read from sn puts its writes.
func (s *Session) buffer(sn *engine.Snapshot) *engine.Writes {
	t := s.txn
	if t.writes == nil {
		t.writes = s.server.engine.NewWrites()
		t.base = sn.Clone()
	}
	return t.writes
}

// mayWrite refuses a statement in a read-only transaction.
func (s *Session) mayWrite(tag string) error {
	if s.txn.readOnly {
		return sqlerr.New(sqlerr.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", tag)
	}
	return nil
}

// commit ends the transaction; when it returns nil, its effects are durable and visible. w, if not nil, hears notices.
func (s *Session) commit(ctx context.Context, w result.Writer) error {
	t := s.txn
	if t == nil {
		return nil
	}
	s.dropPortals()
	defer s.end()
	if err := s.settleTemporary(); err != nil {
		return err
	}
	if (t.writes == nil || t.writes.Empty()) && len(t.ddl) == 0 {
		return nil
	}
	c := engine.Commit{
		Snapshot: t.base,
		Writes:   t.writes,
		Holder:   s.locks,
		Reads:    t.reads,
		DDL:      t.ddl,
		Async:    s.vars.values["synchronous_commit"] == "off",
	}
	if w != nil {
		c.Progress, c.Unfinished = s.progress(w), s.unfinished(w)
	}
	if t.isolation == serializable && t.base == nil {
		c.Snapshot = t.fixed
	}
	err := s.server.engine.Commit(ctx, c)
	if err != nil {
		s.vars.restore(t.variables)
		if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			err = sqlerr.Canceled(ctx)
		}
	}
	return err
}

// rollback ends the transaction without effect.
func (s *Session) rollback() {
	if s.txn == nil {
		return
	}
	s.dropPortals()
	s.vars.restore(s.txn.variables)
	s.end()
}

// end frees what a transaction holds. Settings made with SET LOCAL or for one transaction go back.
func (s *Session) end() {
	t := s.txn
	s.txn = nil
	s.unlock(0)
	for _, sn := range []*engine.Snapshot{t.fixed, t.base} {
		if sn != nil {
			sn.Close()
		}
	}
	s.vars.endLocal()
	s.vars.write("transaction_isolation", s.vars.values["default_transaction_isolation"])
	s.vars.write("transaction_read_only", s.vars.values["default_transaction_read_only"])
}

// fail marks an explicit transaction as failed and rolls an implicit one back.
func (s *Session) fail() {
	switch {
	case s.txn == nil:
		s.unlock(0)
	case s.txn.explicit:
		s.txn.failed = true
		s.dropPortals()
		held := 0
		if n := len(s.txn.savepoints); n > 0 {
			held = s.txn.savepoints[n-1].locks
		}
		s.unlock(held)
	default:
		s.rollback()
	}
}

// endImplicit commits an implicit transaction that is still open.
func (s *Session) endImplicit(ctx context.Context) error {
	if s.txn == nil || s.txn.explicit {
		return nil
	}
	return s.commit(ctx, nil)
}

// executeTransaction runs BEGIN, COMMIT and their kin.
func (s *Session) executeTransaction(ctx context.Context, stmt ast.Stmt, w result.Writer) error {
	switch x := stmt.(type) {
	case *ast.Begin:
		return s.executeBegin(x, w)
	case *ast.Commit:
		return s.executeCommit(ctx, x, w)
	case *ast.Rollback:
		return s.executeRollback(x, w)
	case *ast.Savepoint:
		return s.executeSavepoint(x, w)
	case *ast.Release:
		return s.executeRelease(x, w)
	case *ast.SetTransaction:
		return s.executeSetTransaction(x, w)
	}
	return sqlerr.Unsupported(int(stmt.Position()), "this statement")
}

func (s *Session) executeBegin(x *ast.Begin, w result.Writer) error {
	tag := "BEGIN"
	if x.Start {
		tag = "START TRANSACTION"
	}
	if s.txn != nil && s.txn.explicit {
		if err := w.Notice(sqlerr.New(sqlerr.ActiveTransaction, "there is already a transaction in progress")); err != nil {
			return err
		}
		if err := s.setModes(x.Modes); err != nil {
			return err
		}
		return w.Complete(tag)
	}
	if s.txn != nil { // statements before BEGIN in one message belong to the block, as in PostgreSQL
		s.txn.explicit = true
		if err := s.setModes(x.Modes); err != nil {
			return err
		}
		return w.Complete(tag)
	}
	if err := s.begin(true, x.Modes); err != nil {
		return err
	}
	return w.Complete(tag)
}

func (s *Session) executeCommit(ctx context.Context, x *ast.Commit, w result.Writer) error {
	t := s.txn
	if t == nil || !t.explicit {
		if err := w.Notice(sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress")); err != nil {
			return err
		}
	}
	tag, modes := "COMMIT", ast.TxModes{}
	if t != nil {
		modes = ast.TxModes{Isolation: t.isolation.String(), ReadOnly: &t.readOnly}
	}
	if t != nil && t.failed {
		s.rollback()
		tag = "ROLLBACK"
	} else if err := s.commit(ctx, w); err != nil {
		return err
	}
	if x.Chain {
		if err := s.begin(true, modes); err != nil {
			return err
		}
	}
	return w.Complete(tag)
}

func (s *Session) executeRollback(x *ast.Rollback, w result.Writer) error {
	if x.To != "" {
		return s.rollbackTo(x, w)
	}
	t := s.txn
	if t == nil || !t.explicit {
		if err := w.Notice(sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress")); err != nil {
			return err
		}
	}
	s.rollback()
	if x.Chain && t != nil {
		if err := s.begin(true, ast.TxModes{Isolation: t.isolation.String(), ReadOnly: &t.readOnly}); err != nil {
			return err
		}
	}
	return w.Complete("ROLLBACK")
}

func (s *Session) executeSavepoint(x *ast.Savepoint, w result.Writer) error {
	t := s.txn
	if t == nil || !t.explicit {
		return sqlerr.New(sqlerr.NoActiveTransaction, "SAVEPOINT can only be used in transaction blocks")
	}
	sp := savepoint{name: x.Name, mark: -1, ddl: len(t.ddl), locks: s.server.engine.Locks().Mark(s.locks), variables: s.vars.save()}
	if t.writes != nil {
		sp.mark = t.writes.Mark()
	}
	t.savepoints = append(t.savepoints, sp)
	return w.Complete("SAVEPOINT")
}

// findSavepoint is the index of the innermost savepoint of that name.
func (s *Session) findSavepoint(name, statement string) (int, error) {
	if s.txn == nil || !s.txn.explicit {
		return 0, sqlerr.New(sqlerr.NoActiveTransaction, "%s can only be used in transaction blocks", statement)
	}
	for i := len(s.txn.savepoints) - 1; i >= 0; i-- {
		if s.txn.savepoints[i].name == name {
			return i, nil
		}
	}
	return 0, sqlerr.New(sqlerr.InvalidSavepoint, "savepoint %q does not exist", name)
}

func (s *Session) executeRelease(x *ast.Release, w result.Writer) error {
	i, err := s.findSavepoint(x.Name, "RELEASE SAVEPOINT")
	if err != nil {
		return err
	}
	s.txn.savepoints = s.txn.savepoints[:i]
	return w.Complete("RELEASE")
}

func (s *Session) rollbackTo(x *ast.Rollback, w result.Writer) error {
	i, err := s.findSavepoint(x.To, "ROLLBACK TO SAVEPOINT")
	if err != nil {
		return err
	}
	t := s.txn
	s.dropPortals()
	sp := t.savepoints[i]
	t.savepoints = t.savepoints[:i+1]
	t.ddl = t.ddl[:sp.ddl]
	s.unlock(sp.locks)
	switch {
	case t.writes == nil:
	case sp.mark >= 0:
		t.writes.Cut(sp.mark)
	default: // nothing had been written then
		t.writes = nil
		t.base.Close()
		t.base = nil
	}
	s.vars.restore(sp.variables)
	t.failed = false
	return w.Complete("ROLLBACK")
}

func (s *Session) executeSetTransaction(x *ast.SetTransaction, w result.Writer) error {
	if x.Session {
		if x.Modes.Isolation != "" {
			if err := s.vars.set("default_transaction_isolation", x.Modes.Isolation); err != nil {
				return err
			}
		}
		if x.Modes.ReadOnly != nil {
			if err := s.vars.set("default_transaction_read_only", map[bool]string{true: "on", false: "off"}[*x.Modes.ReadOnly]); err != nil {
				return err
			}
		}
		return w.Complete("SET")
	}
	if s.txn == nil || !s.txn.explicit {
		if err := w.Notice(sqlerr.New(sqlerr.NoActiveTransaction, "SET TRANSACTION can only be used in transaction blocks")); err != nil {
			return err
		}
		return w.Complete("SET")
	}
	if err := s.setModes(x.Modes); err != nil {
		return err
	}
	return w.Complete("SET")
}

// noteReads remembers, for SERIALIZABLE, the trees whose content a statement saw: for a view, those of what it is derived from.
func (t *transaction) noteReads(c *catalog.Catalog, relations []catalog.ID) {
	if t.isolation != serializable {
		return
	}
	seen := map[catalog.ID]bool{}
	var visit func(id catalog.ID)
	visit = func(id catalog.ID) {
		if seen[id] {
			return
		}
		seen[id] = true
		switch o := c.Object(id).(type) {
		case *catalog.Table:
			t.noteTree(o.Tree)
		case *catalog.View:
			for _, d := range o.DependsOn {
				visit(d)
			}
		}
	}
	for _, id := range relations {
		visit(id)
	}
}

func (t *transaction) noteTree(id storage.ID) {
	for _, r := range t.reads {
		if r.Tree == id {
			return
		}
	}
	t.reads = append(t.reads, engine.ReadRange{Tree: id})
}

// isLostRace tells whether running the statement again on a newer snapshot may succeed.
func isLostRace(err error) bool { return sqlerr.CodeOf(err) == sqlerr.SerializationFailure }
