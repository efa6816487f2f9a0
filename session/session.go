// Package session is SQL in, results out: settings, prepared statements, portals, transactions and the execution of
// every statement. It knows the engine below and no protocol above.
//
// Where to look: session.go has the life of a session and the two ways in (Query; Prepare, Bind, Execute), transaction.go
// what BEGIN, COMMIT and savepoints mean, execute.go the switch over statements and how one that lost a race runs again, locking.go whom it waits
// for, and the rest a family of statements each.
package session

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"github.com/streamsql/streamsql/catalog"
	"github.com/streamsql/streamsql/engine"
	"github.com/streamsql/streamsql/expr"
	"github.com/streamsql/streamsql/parser"
	"github.com/streamsql/streamsql/result"
	"github.com/streamsql/streamsql/rowlock"
	"github.com/streamsql/streamsql/sqlerr"
	"github.com/streamsql/streamsql/types"
)

// Database is the name of the one database; a connection that names another gets it too.
const Database = "streamsql"

// Server makes the sessions of one engine.
type Server struct {
	engine *engine.Engine
	parses *parser.Cache
	lastID atomic.Uint32
}

// NewServer serves an engine, which the caller closes.
func NewServer(e *engine.Engine) *Server {
	return &Server{engine: e, parses: parser.NewCache(parseCacheSize)}
}

// parseCacheSize is how many texts' syntax trees are kept.
const parseCacheSize = 1024

// Session is one client's conversation. Its methods are called one at a time.
type Session struct {
	server   *Server
	id       uint32
	user     string
	vars     *variables
	prepared map[string]*prepared
	portals  map[string]*portal
	plans    planCache
	sequence sequenceState
	random   *expr.Random          // of random(); nil: not asked yet
	txn      *transaction          // nil: none is open
	locks    *rowlock.Holder       // of the transaction's row locks; nil: it never had any
	temp     string                // the schema of its temporary relations; "": none yet
	atCommit map[catalog.ID]string // what ON COMMIT says of temporary tables
}

// Open starts a session with a client's startup parameters; those that are no settings but user, database and options are
// remembered by pgwire alone.
func (s *Server) Open(_ context.Context, params map[string]string) (*Session, error) {
	se := &Session{
		server:   s,
		id:       s.lastID.Add(1),
		user:     params["user"],
		vars:     newVariables(params["user"]),
		prepared: map[string]*prepared{},
		portals:  map[string]*portal{},
	}
	se.vars.objectName, se.vars.findObject = se.objectName, se.findObject
	for name, value := range params {
		if name == "user" || name == "database" || name == "options" || name == "replication" {
			continue
		}
		if err := se.vars.set(name, value); err != nil {
			return nil, err
		}
	}
	se.vars.makeDefault()
	return se, nil
}

// Close rolls back what is open.
func (s *Session) Close() {
	s.dropPortals()
	s.rollback()
	s.unlock(0)
	s.endTemporary()
}

// Status is the transaction status of ReadyForQuery: 'I' idle, 'T' in a transaction block, 'E' in a failed one.
func (s *Session) Status() byte {
	switch {
	case s.txn == nil || !s.txn.explicit:
		return 'I'
	case s.txn.failed:
		return 'E'
	default:
		return 'T'
	}
}

// Config is the session's settings that values depend on.
func (s *Session) Config() *types.Config { return s.vars.config() }

// Parameters are the settings that clients are told of.
func (s *Session) Parameters() map[string]string { return s.vars.reported() }

// Query runs the simple protocol's text: its statements share one implicit transaction, unless they say BEGIN.
func (s *Session) Query(ctx context.Context, sql string, w result.Writer) (err error) {
	defer s.recoverPanic(&err)
	defer func() {
		if err != nil {
			s.fail()
		}
		s.dropPortal("")
	}()
	instance, stmts, err := s.server.parses.ParseGeneric(sql)
	if err != nil {
		return err
	}
	if instance == nil && len(stmts) == 0 {
		return w.Empty()
	}
	w = s.watch(w)
	if instance != nil {
		r := s.instanceRun(instance)
		r.w, r.announce, r.final = w, true, true
		if err := s.execute(ctx, r); err != nil {
			return err
		}
	}
	for i := range stmts {
		last := i == len(stmts)-1
		p, err := s.prepareSimple(&stmts[i])
		if err != nil {
			return err
		}
		run := &run{prepared: p, w: w, announce: true, final: last}
		if err := s.execute(ctx, run); err != nil {
			return err
		}
	}
	return s.endImplicit(ctx)
}

// Sync ends a batch of the extended protocol: the implicit transaction commits, or rolls back if the batch failed.
func (s *Session) Sync(ctx context.Context, failed bool) (err error) {
	defer s.recoverPanic(&err)
	if failed {
		s.fail()
		return nil
	}
	if err := s.endImplicit(ctx); err != nil {
		s.fail()
		return err
	}
	return nil
}

// recoverPanic ends a statement that could not go on, for want of memory for one, and turns a bug that showed in this session into XX000: the
// session's transaction is lost, the server goes on.
func (s *Session) recoverPanic(err *error) {
	switch r := recover().(type) {
	case nil:
	case *sqlerr.Error:
		*err = r
		s.fail()
	default:
		slog.Error("panic in session", "session", s.id, "panic", r, "stack", string(debug.Stack()))
		*err = sqlerr.New(sqlerr.InternalError, "internal error: %v", r).WithHint("This is a bug in streamsql; the server's log has the details.")
		s.fail()
	}
}

// watch reports changes of the settings that clients follow as they happen.
func (s *Session) watch(w result.Writer) result.Writer {
	s.vars.onChange = func(name, value string) {
		if err := w.Parameter(name, value); err != nil {
			slog.Debug("reporting a setting", "name", name, "err", err)
		}
	}
	return w
}

func (s *Session) String() string { return fmt.Sprintf("session %d (%s)", s.id, s.user) }
